//! Errors as a screen sees them: a code, its values, whether money moved, one next step.

use std::collections::BTreeMap;

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
    AccountExists,
    KeychainMissing,
    KeychainLocked,
    KeychainDenied,
    KeychainBroken,
    FileUnreadable,
    FileTooLarge,
    SettingsUnwritable,
    PracticeFailed,
    Internal,
}
