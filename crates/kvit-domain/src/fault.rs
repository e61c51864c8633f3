//! The closed set of things that go wrong, each with what it says about money.
//!
//! A [`Fault`] is what the engine hands up. Words, in English and Russian, are the screen's; the chain of causes
//! is the log's.

use std::fmt;

/// What went wrong, whether money moved, and what the server said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which of the closed set.
    pub code: FaultCode,
    /// Did money move?
    pub money: MoneyMoved,
    /// Values for the words, by name: `max`, `min`, `path`, `status`.
    pub values: Vec<(&'static str, String)>,
    /// The server's own text, bounded by [`SERVER_TEXT_LIMIT`]; shown only as plain text behind "details".
    pub server_text: Option<String>,
}

/// Longest text of a server that is kept with a fault, in characters.
pub const SERVER_TEXT_LIMIT: usize = 2000;

impl Fault {
    /// A fault that moved no money.
    pub fn new(code: FaultCode) -> Self {
        Self {
            code,
            money: MoneyMoved::No,
            values: Vec::new(),
            server_text: None,
        }
    }

    /// The same with a value for its words.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// The same with the server's text, cut to [`SERVER_TEXT_LIMIT`].
    #[must_use]
    pub fn said(mut self, text: &str) -> Self {
        self.server_text = Some(text.chars().take(SERVER_TEXT_LIMIT).collect());
        self
    }

    /// The same, money not known.
    #[must_use]
    pub fn money_unknown(mut self) -> Self {
        self.money = MoneyMoved::Unknown;
        self
    }

    /// The named value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A call that ended in this fault may have been carried out all the same: silence, not an answer.
    ///
    /// gRPC says of UNAVAILABLE and DEADLINE_EXCEEDED that the server may have acted, and the marketplace's front
    /// proxy repeats failed calls by itself (section 2.1); a malformed answer is an answer to something done. A
    /// refusal in the server's own words aborts the whole call (section 2.7). Where no connection could be made
    /// ([`FaultCode::NameNotFound`], [`FaultCode::ConnectionRefused`], [`FaultCode::Unreachable`],
    /// [`FaultCode::ProxyFailed`], the certificate's) nothing was sent.
    pub fn may_hide_success(&self) -> bool {
        use FaultCode::*;
        matches!(
            self.code,
            TimedOut | ConnectionLost | ServerBusy | Malformed | NotAMarketplace
        )
    }
}

impl From<FaultCode> for Fault {
    fn from(code: FaultCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())?;
        for (name, value) in &self.values {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// Did money move?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyMoved {
    /// Nothing was taken.
    No,
    /// It was.
    Yes,
    /// Not known yet.
    Unknown,
}

macro_rules! fault_codes {
    ($($(#[$doc:meta])* $code:ident,)*) => {
        /// The closed set of errors. The texts of section 17 that lead to each are in `kvit-client`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FaultCode {
            $($(#[$doc])* $code,)*
        }

        impl FaultCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The name of the code, as logs and the journal have it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$code => stringify!($code),)*
                }
            }
        }
    };
}

fault_codes! {
    /// Not an address of a server.
    AddressInvalid,
    /// The name does not resolve.
    NameNotFound,
    /// The computer is there, nobody listens.
    ConnectionRefused,
    /// No way there, or cut before the connection stood: nothing was sent.
    Unreachable,
    /// The SOCKS5 proxy refused or is not there.
    ProxyFailed,
    /// The certificate is not vouched for: expired, other host, unknown issuer.
    CertificateUntrusted,
    /// Another certificate than the pinned one.
    CertificateChanged,
    /// Something answered, but not in the marketplace's protocol.
    NotAMarketplace,
    /// No answer within the deadline.
    TimedOut,
    /// The connection broke while waiting for the answer.
    ConnectionLost,
    /// The front proxy or the server is overloaded or away.
    ServerBusy,
    /// There is no connection now.
    NotConnected,
    /// Not a token: 64 hexadecimal digits (section 2.3).
    TokenInvalid,
    /// No token is at hand; it must be entered.
    TokenMissing,
    /// The server does not take the token: wrong, expired, replaced.
    TokenRejected,
    /// The token lacks scope or role.
    TokenLacksRights,
    /// The token is good, but its user has no account here any more.
    UserGone,
    /// The answer breaks the contract; value `path` names the field.
    Malformed,
    /// The server does not know this call.
    Unsupported,
    /// Not a number or link of an invoice.
    InvoiceNumberInvalid,
    /// Unknown, deleted, or somebody else's private invoice.
    InvoiceNotFound,
    /// Not Active.
    InvoiceNotActive,
    /// Nothing left of its stock.
    InvoiceSoldOut,
    /// A private one past its time.
    InvoiceExpired,
    /// The person's own.
    OwnInvoice,
    /// More pieces than allowed; value `max`.
    TooManyPieces,
    /// Fewer pieces than allowed; value `min`.
    TooFewPieces,
    /// Anonymous users cannot pay private invoices.
    PrivateForAnonymous,
    /// The spendable balance is smaller than the amount.
    InsufficientBalance,
    /// A pending payment of the person on the same invoice exists; value `payment`.
    PaymentPending,
    /// Unknown, or not the person's.
    PaymentNotFound,
    /// Canceled already.
    PaymentCanceled,
    /// Paid already.
    PaymentAlreadyPaid,
    /// The seller's own system failed, so the purchase was not made.
    WebhookFailed,
    /// The price is another than the person saw; values `seen`, `now`.
    PriceChanged,
    /// Not known whether it happened.
    OutcomeUnknown,
    /// An operation on the same invoice is not settled.
    OperationInProgress,
    /// No advertisement fits.
    NoSuitableAd,
    /// Gone, switched off or hidden.
    AdNotFound,
    /// Its price or limits changed since the person saw it; values `seen`, `now`.
    AdChanged,
    /// Above the advertisement's limit.
    DealTooLarge,
    /// Below the advertisement's limit.
    DealTooSmall,
    /// The person's own advertisement.
    OwnAd,
    /// Its owner blocks the person.
    BlockedByOwner,
    /// An open deal on the same advertisement exists.
    DealAlreadyOpen,
    /// The trader cannot cover it any more.
    TraderLacksFunds,
    /// Unknown, or not the person's.
    DealNotFound,
    /// Completed, canceled or disputed.
    DealNotOpen,
    /// Not a party with the right to this.
    DealNotYours,
    /// The fiat was declared: it cannot be canceled while the window is open.
    FiatDeclared,
    /// Declared already.
    AlreadyDeclared,
    /// The chat of a deal that is over takes no messages.
    DealClosedForMessages,
    /// More than 1000 UTF-16 units.
    MessageTooLong,
    /// Nothing to send.
    MessageEmpty,
    /// No such message waits to be sent.
    MessageNotFound,
    /// More pictures than a message may have; value `max`.
    TooManyPictures,
    /// Nobody has written there yet, or it is not the person's.
    ConversationNotFound,
    /// No conversation can be begun or gone on with there.
    ConversationNotAllowed,
    /// Larger than any picture we open, or than the marketplace takes; value `max`, bytes.
    PictureTooLarge,
    /// Not a picture, or of a kind that is not opened here; value `kind` where it is known.
    PictureUnsupported,
    /// Cut short or damaged.
    PictureDamaged,
    /// More points than we open; values `width`, `height`.
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
    /// Said already; it is final.
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
    /// More pieces than are left, or none; value `max`.
    RefundTooMany,
    /// A marketplace with a known defect would take several times the sum; values `amount`, `worst`, `pieces`.
    RefundMayCostMore,
    /// The refund is paid or withdrawn already.
    RefundNotOpen,
    /// Not an evidence bundle.
    BundleUnreadable,
    /// Unknown user.
    UserNotFound,
    /// The server's argument check refused something our checks let through.
    ArgumentRejected,
    /// The server failed inside ("Internal error."); final, not to be repeated.
    ServerFailed,
    /// Five collisions in a row at the server.
    Concurrency,
    /// More than 30 streams of a kind.
    TooManySubscriptions,
    /// A refusal whose text we do not know.
    ServerSaid,
    /// Not an OpenPGP public key.
    KeyUnreadable,
    /// Holds secret key material, which does not belong here.
    KeyIsSecret,
    /// Larger than any key.
    KeyTooLarge,
    /// The fingerprint was not confirmed, or is not this key's.
    FingerprintNotConfirmed,
    /// Not a SHA-256 in hexadecimal digits.
    PinInvalid,
    /// Not `host:port`.
    ProxyInvalid,
    /// No such account here.
    AccountNotFound,
    /// No keychain on this system.
    KeychainMissing,
    /// The keychain is locked.
    KeychainLocked,
    /// Access to the keychain was refused.
    KeychainDenied,
    /// The keychain fails in a way we do not know.
    KeychainBroken,
    /// The file cannot be read.
    FileUnreadable,
    /// The file is larger than anything that belongs here.
    FileTooLarge,
    /// Settings or accounts cannot be written to disk.
    SettingsUnwritable,
    /// The practice marketplace does not start.
    PracticeFailed,
    /// The request names another account than the one in use: nothing was done.
    AccountChanged,
    /// Another Kvit has this account's store (or the app's folder) open.
    StoreTaken,
    /// The store's file is damaged, or is not a store.
    StoreDamaged,
    /// The store was written by a newer Kvit; values `found`, `known`.
    StoreNewer,
    /// The store is there, the key to it is not.
    StoreKeyGone,
    /// The store cannot be written or read: a full disk, missing rights.
    StoreUnwritable,
    /// The store waits for its passphrase.
    StoreLocked,
    /// Not the passphrase of this store (or the file is damaged: nobody can tell the two apart).
    PassphraseWrong,
    /// Shorter than a passphrase has to be; value `min`.
    PassphraseTooShort,
    /// No operation of that number here.
    OperationNotFound,
    /// No receipt of that payment here.
    ReceiptNotFound,
    /// The file cannot be written.
    FileUnwritable,
    /// Our own mistake; see the log.
    Internal,
}

#[cfg(test)]
mod tests {
    use super::{FaultCode::*, *};

    #[test]
    fn every_code_has_a_name_of_its_own() {
        let mut names: Vec<_> = FaultCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FaultCode::ALL.len());
    }

    #[test]
    fn silence_is_told_from_answers_and_from_calls_never_made() {
        for code in [TimedOut, ConnectionLost, ServerBusy, Malformed, NotAMarketplace] {
            assert!(Fault::new(code).may_hide_success(), "{code:?}");
        }
        for never_sent in [
            NameNotFound,
            ConnectionRefused,
            Unreachable,
            ProxyFailed,
            CertificateUntrusted,
            CertificateChanged,
        ] {
            assert!(!Fault::new(never_sent).may_hide_success(), "{never_sent:?}");
        }
        for refused in [
            InvoiceNotFound,
            InsufficientBalance,
            TokenRejected,
            ServerFailed,
            ServerSaid,
        ] {
            assert!(!Fault::new(refused).may_hide_success(), "{refused:?}");
        }
    }

    #[test]
    fn a_server_s_text_is_bounded() {
        let fault = Fault::new(ServerSaid).said(&"я".repeat(SERVER_TEXT_LIMIT + 1));
        assert_eq!(fault.server_text.unwrap().chars().count(), SERVER_TEXT_LIMIT);
    }
}
