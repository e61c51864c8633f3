//! Errors as a screen sees them: a code, its values, whether money moved, one next step.

use std::collections::BTreeMap;

use kvit_domain::fault::{Fault as DomainFault, FaultCode as Code, MoneyMoved as Moved};
use serde::Serialize;
use specta::Type;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// One of the closed set; the words are the screen's.
    pub code: FaultCode,
    /// Did money move?
    pub money: MoneyMoved,
    /// At most one thing to do next.
    pub next: Option<NextStep>,
    /// Values for the words, for instance `max` of too many pieces.
    pub values: BTreeMap<String, String>,
    /// What the server said, as it said it, for "details"; plain text, bounded.
    pub server_text: Option<String>,
}

/// Did money move?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum MoneyMoved {
    /// No: nothing was taken.
    No,
    /// Yes.
    Yes,
    /// Not known yet.
    Unknown,
}

/// The one thing to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum NextStep {
    /// The same again is safe.
    TryAgain,
    /// Look at the account's settings (address, proxy, certificate).
    CheckConnection,
    /// Enter a new token.
    EnterToken,
    /// Open the keychain, then try again.
    UnlockKeychain,
    /// Choose another number of pieces.
    ChangePieces,
    /// Pay with fiat instead, or with less.
    PayAnotherWay,
    /// Choose another country, currency or payment system.
    ChangeSearch,
    /// Look at the new price and decide again.
    ReviewPrice,
    /// Open the payment that is already there.
    OpenPayment,
    /// Wait: the app is looking.
    Wait,
    /// Enter the passphrase of the store.
    EnterPassphrase,
    /// Set the damaged or locked store aside and begin a new one.
    SetAside,
    /// Close the other Kvit.
    CloseOther,
}

/// The closed set of errors. Words in English and Russian: `ui/src/i18n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(
    missing_docs,
    reason = "each variant is documented at its twin in kvit_domain::fault"
)]
pub enum FaultCode {
    // The connection.
    AddressInvalid,
    NameNotFound,
    ConnectionRefused,
    Unreachable,
    ProxyFailed,
    CertificateUntrusted,
    CertificateChanged,
    NotAMarketplace,
    TimedOut,
    ConnectionLost,
    ServerBusy,
    NotConnected,
    // The person's right to be there.
    TokenInvalid,
    TokenMissing,
    TokenRejected,
    TokenLacksRights,
    UserGone,
    // The protocol.
    Malformed,
    Unsupported,
    // Invoices and payments.
    InvoiceNumberInvalid,
    InvoiceNotFound,
    InvoiceNotActive,
    InvoiceSoldOut,
    InvoiceExpired,
    OwnInvoice,
    TooManyPieces,
    TooFewPieces,
    PrivateForAnonymous,
    InsufficientBalance,
    PaymentPending,
    PaymentNotFound,
    PaymentCanceled,
    PaymentAlreadyPaid,
    WebhookFailed,
    PriceChanged,
    OutcomeUnknown,
    OperationInProgress,
    // Advertisements and deals.
    NoSuitableAd,
    AdNotFound,
    AdChanged,
    DealTooLarge,
    DealTooSmall,
    OwnAd,
    BlockedByOwner,
    DealAlreadyOpen,
    TraderLacksFunds,
    DealNotFound,
    DealNotOpen,
    DealNotYours,
    FiatDeclared,
    AlreadyDeclared,
    DealClosedForMessages,
    MessageTooLong,
    MessageEmpty,
    /// No such message waits to be sent.
    MessageNotFound,
    /// More pictures than a message may have, value `max`.
    TooManyPictures,
    /// Nobody has written there yet, or it is not the person's.
    ConversationNotFound,
    /// No conversation can be begun or gone on with there.
    ConversationNotAllowed,
    /// Larger than any picture that is opened or taken, value `max` in bytes.
    PictureTooLarge,
    /// Not a picture, or of a kind that is not opened, value `kind` where it is known.
    PictureUnsupported,
    /// Cut short or damaged.
    PictureDamaged,
    /// More points than are opened, values `width`, `height`.
    PictureTooManyPixels,
    /// Needs more memory or time than a picture may.
    PictureTooHeavy,
    /// Not there (yet), or not for this person.
    PictureNotFound,
    /// The marketplace does not take it for a picture.
    PictureRefused,
    /// A picture of that number is there already.
    PictureExists,
    /// More than 500 UTF-16 units.
    FeedbackTooLong,
    /// Said already: it is final.
    FeedbackGiven,
    /// Not on this payment or deal, or not yet.
    FeedbackNotPossible,
    /// Only a paid payment can be given back.
    PaymentNotPaid,
    /// A refund is not given back.
    RefundOfARefund,
    /// Only the seller gives back.
    RefundNotYours,
    /// Nothing can be given back to an anonymous buyer here.
    RefundToAnonymous,
    /// More pieces than are left, or none, value `max`.
    RefundTooMany,
    /// A marketplace with a known defect would take several times the sum, values `amount`, `worst`, `pieces`.
    RefundMayCostMore,
    /// The refund is paid or withdrawn already.
    RefundNotOpen,
    /// Not an evidence bundle.
    BundleUnreadable,
    // What the server says in general.
    UserNotFound,
    ArgumentRejected,
    ServerFailed,
    Concurrency,
    TooManySubscriptions,
    ServerSaid,
    // This computer.
    KeyUnreadable,
    KeyIsSecret,
    KeyTooLarge,
    FingerprintNotConfirmed,
    PinInvalid,
    ProxyInvalid,
    AccountNotFound,
    KeychainMissing,
    KeychainLocked,
    KeychainDenied,
    KeychainBroken,
    FileUnreadable,
    FileTooLarge,
    SettingsUnwritable,
    PracticeFailed,
    // What is kept.
    AccountChanged,
    StoreTaken,
    StoreDamaged,
    StoreNewer,
    StoreKeyGone,
    StoreUnwritable,
    StoreLocked,
    PassphraseWrong,
    PassphraseTooShort,
    OperationNotFound,
    ReceiptNotFound,
    FileUnwritable,
    Internal,
}

impl FaultCode {
    /// The word that a screen knows it by.
    pub(crate) fn word(self) -> String {
        let name = format!("{self:?}");
        let mut letters = name.chars();
        letters
            .next()
            .map(|first| first.to_ascii_lowercase().to_string() + letters.as_str())
            .unwrap_or_default()
    }
}

impl From<DomainFault> for Fault {
    fn from(fault: DomainFault) -> Self {
        Self {
            next: next_step(fault.code, fault.money),
            code: fault.code.into(),
            money: match fault.money {
                Moved::No => MoneyMoved::No,
                Moved::Yes => MoneyMoved::Yes,
                Moved::Unknown => MoneyMoved::Unknown,
            },
            values: fault
                .values
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            server_text: fault.server_text,
        }
    }
}

/// The one thing to do next. Nothing that could pay twice is ever offered.
fn next_step(code: Code, money: Moved) -> Option<NextStep> {
    if money == Moved::Unknown {
        return Some(NextStep::Wait);
    }
    match code {
        Code::AddressInvalid
        | Code::NameNotFound
        | Code::ConnectionRefused
        | Code::ProxyFailed
        | Code::ProxyInvalid
        | Code::PinInvalid
        | Code::CertificateUntrusted
        | Code::CertificateChanged
        | Code::NotAMarketplace => Some(NextStep::CheckConnection),
        Code::Unreachable
        | Code::TimedOut
        | Code::ConnectionLost
        | Code::ServerBusy
        | Code::NotConnected
        | Code::Concurrency
        | Code::SettingsUnwritable
        | Code::PracticeFailed => Some(NextStep::TryAgain),
        Code::TokenInvalid | Code::TokenMissing | Code::TokenRejected | Code::TokenLacksRights => {
            Some(NextStep::EnterToken)
        }
        Code::KeychainLocked | Code::KeychainDenied => Some(NextStep::UnlockKeychain),
        Code::TooManyPieces | Code::TooFewPieces => Some(NextStep::ChangePieces),
        Code::InsufficientBalance | Code::RefundMayCostMore => Some(NextStep::PayAnotherWay),
        Code::NoSuitableAd
        | Code::AdNotFound
        | Code::DealTooLarge
        | Code::DealTooSmall
        | Code::OwnAd
        | Code::BlockedByOwner
        | Code::DealAlreadyOpen
        | Code::TraderLacksFunds => Some(NextStep::ChangeSearch),
        Code::PriceChanged | Code::AdChanged => Some(NextStep::ReviewPrice),
        Code::PaymentPending => Some(NextStep::OpenPayment),
        Code::OutcomeUnknown | Code::OperationInProgress => Some(NextStep::Wait),
        Code::StoreTaken => Some(NextStep::CloseOther),
        Code::StoreDamaged | Code::StoreKeyGone => Some(NextStep::SetAside),
        Code::StoreUnwritable | Code::FileUnwritable => Some(NextStep::TryAgain),
        Code::StoreLocked | Code::PassphraseWrong | Code::PassphraseTooShort => {
            Some(NextStep::EnterPassphrase)
        }
        _ => None,
    }
}

impl From<Code> for FaultCode {
    fn from(code: Code) -> Self {
        match code {
            Code::AddressInvalid => Self::AddressInvalid,
            Code::NameNotFound => Self::NameNotFound,
            Code::ConnectionRefused => Self::ConnectionRefused,
            Code::Unreachable => Self::Unreachable,
            Code::ProxyFailed => Self::ProxyFailed,
            Code::CertificateUntrusted => Self::CertificateUntrusted,
            Code::CertificateChanged => Self::CertificateChanged,
            Code::NotAMarketplace => Self::NotAMarketplace,
            Code::TimedOut => Self::TimedOut,
            Code::ConnectionLost => Self::ConnectionLost,
            Code::ServerBusy => Self::ServerBusy,
            Code::NotConnected => Self::NotConnected,
            Code::TokenInvalid => Self::TokenInvalid,
            Code::TokenMissing => Self::TokenMissing,
            Code::TokenRejected => Self::TokenRejected,
            Code::TokenLacksRights => Self::TokenLacksRights,
            Code::UserGone => Self::UserGone,
            Code::Malformed => Self::Malformed,
            Code::Unsupported => Self::Unsupported,
            Code::InvoiceNumberInvalid => Self::InvoiceNumberInvalid,
            Code::InvoiceNotFound => Self::InvoiceNotFound,
            Code::InvoiceNotActive => Self::InvoiceNotActive,
            Code::InvoiceSoldOut => Self::InvoiceSoldOut,
            Code::InvoiceExpired => Self::InvoiceExpired,
            Code::OwnInvoice => Self::OwnInvoice,
            Code::TooManyPieces => Self::TooManyPieces,
            Code::TooFewPieces => Self::TooFewPieces,
            Code::PrivateForAnonymous => Self::PrivateForAnonymous,
            Code::InsufficientBalance => Self::InsufficientBalance,
            Code::PaymentPending => Self::PaymentPending,
            Code::PaymentNotFound => Self::PaymentNotFound,
            Code::PaymentCanceled => Self::PaymentCanceled,
            Code::PaymentAlreadyPaid => Self::PaymentAlreadyPaid,
            Code::WebhookFailed => Self::WebhookFailed,
            Code::PriceChanged => Self::PriceChanged,
            Code::OutcomeUnknown => Self::OutcomeUnknown,
            Code::OperationInProgress => Self::OperationInProgress,
            Code::NoSuitableAd => Self::NoSuitableAd,
            Code::AdNotFound => Self::AdNotFound,
            Code::AdChanged => Self::AdChanged,
            Code::DealTooLarge => Self::DealTooLarge,
            Code::DealTooSmall => Self::DealTooSmall,
            Code::OwnAd => Self::OwnAd,
            Code::BlockedByOwner => Self::BlockedByOwner,
            Code::DealAlreadyOpen => Self::DealAlreadyOpen,
            Code::TraderLacksFunds => Self::TraderLacksFunds,
            Code::DealNotFound => Self::DealNotFound,
            Code::DealNotOpen => Self::DealNotOpen,
            Code::DealNotYours => Self::DealNotYours,
            Code::FiatDeclared => Self::FiatDeclared,
            Code::AlreadyDeclared => Self::AlreadyDeclared,
            Code::DealClosedForMessages => Self::DealClosedForMessages,
            Code::MessageTooLong => Self::MessageTooLong,
            Code::MessageEmpty => Self::MessageEmpty,
            Code::MessageNotFound => Self::MessageNotFound,
            Code::TooManyPictures => Self::TooManyPictures,
            Code::ConversationNotFound => Self::ConversationNotFound,
            Code::ConversationNotAllowed => Self::ConversationNotAllowed,
            Code::PictureTooLarge => Self::PictureTooLarge,
            Code::PictureUnsupported => Self::PictureUnsupported,
            Code::PictureDamaged => Self::PictureDamaged,
            Code::PictureTooManyPixels => Self::PictureTooManyPixels,
            Code::PictureTooHeavy => Self::PictureTooHeavy,
            Code::PictureNotFound => Self::PictureNotFound,
            Code::PictureRefused => Self::PictureRefused,
            Code::PictureExists => Self::PictureExists,
            Code::FeedbackTooLong => Self::FeedbackTooLong,
            Code::FeedbackGiven => Self::FeedbackGiven,
            Code::FeedbackNotPossible => Self::FeedbackNotPossible,
            Code::PaymentNotPaid => Self::PaymentNotPaid,
            Code::RefundOfARefund => Self::RefundOfARefund,
            Code::RefundNotYours => Self::RefundNotYours,
            Code::RefundToAnonymous => Self::RefundToAnonymous,
            Code::RefundTooMany => Self::RefundTooMany,
            Code::RefundMayCostMore => Self::RefundMayCostMore,
            Code::RefundNotOpen => Self::RefundNotOpen,
            Code::BundleUnreadable => Self::BundleUnreadable,
            Code::UserNotFound => Self::UserNotFound,
            Code::ArgumentRejected => Self::ArgumentRejected,
            Code::ServerFailed => Self::ServerFailed,
            Code::Concurrency => Self::Concurrency,
            Code::TooManySubscriptions => Self::TooManySubscriptions,
            Code::ServerSaid => Self::ServerSaid,
            Code::KeyUnreadable => Self::KeyUnreadable,
            Code::KeyIsSecret => Self::KeyIsSecret,
            Code::KeyTooLarge => Self::KeyTooLarge,
            Code::FingerprintNotConfirmed => Self::FingerprintNotConfirmed,
            Code::PinInvalid => Self::PinInvalid,
            Code::ProxyInvalid => Self::ProxyInvalid,
            Code::AccountNotFound => Self::AccountNotFound,
            Code::KeychainMissing => Self::KeychainMissing,
            Code::KeychainLocked => Self::KeychainLocked,
            Code::KeychainDenied => Self::KeychainDenied,
            Code::KeychainBroken => Self::KeychainBroken,
            Code::FileUnreadable => Self::FileUnreadable,
            Code::FileTooLarge => Self::FileTooLarge,
            Code::SettingsUnwritable => Self::SettingsUnwritable,
            Code::PracticeFailed => Self::PracticeFailed,
            Code::AccountChanged => Self::AccountChanged,
            Code::StoreTaken => Self::StoreTaken,
            Code::StoreDamaged => Self::StoreDamaged,
            Code::StoreNewer => Self::StoreNewer,
            Code::StoreKeyGone => Self::StoreKeyGone,
            Code::StoreUnwritable => Self::StoreUnwritable,
            Code::StoreLocked => Self::StoreLocked,
            Code::PassphraseWrong => Self::PassphraseWrong,
            Code::PassphraseTooShort => Self::PassphraseTooShort,
            Code::OperationNotFound => Self::OperationNotFound,
            Code::ReceiptNotFound => Self::ReceiptNotFound,
            Code::FileUnwritable => Self::FileUnwritable,
            Code::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_pay_twice_is_offered_while_the_outcome_is_not_known() {
        for code in [
            Code::TimedOut,
            Code::ConnectionLost,
            Code::OutcomeUnknown,
            Code::ServerBusy,
        ] {
            let fault = Fault::from(DomainFault::new(code).money_unknown());
            assert_eq!(
                (fault.money, fault.next),
                (MoneyMoved::Unknown, Some(NextStep::Wait))
            );
        }
    }
}
