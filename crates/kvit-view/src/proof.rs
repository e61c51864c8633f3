//! The seal: what was checked on this machine, and how it came out.

use serde::Serialize;
use specta::Type;

/// The seal in one word, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SealState {
    /// There is nothing to check yet: the payment is not Paid.
    None,
    /// Being checked.
    Checking,
    /// Signed by the pinned key, and every field is the payment's.
    Verified,
    /// Could not be checked; see the reason.
    NotVerified,
    /// Signed by the pinned key, but it names something else.
    DoesNotMatch,
    /// Not what the key's owner signed.
    Forged,
}

/// Why a confirmation is not verified or is taken for forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SealReason {
    /// The marketplace gave no text, though the payment is Paid.
    NoConfirmation,
    /// No key is pinned for this account.
    NoKey,
    /// Signed by another key than the pinned one.
    UnknownKey,
    /// The pinned key had expired when it signed.
    ExpiredKey,
    /// The pinned key was revoked.
    RevokedKey,
    /// A digest or algorithm that proves nothing today.
    WeakDigest,
    /// The pinned key is a historical one whose private half is public.
    HistoricalKey,
    /// Validly signed, but not a payment confirmation.
    NotAConfirmation,
    /// Validly signed, but written in a form we do not read.
    NotUnderstood,
    /// Longer than any confirmation.
    TooLarge,
    /// Not exactly one clear-signed block in its canonical form.
    BadFrame,
    /// The signature does not fit the text.
    BadSignature,
}

/// The seal with everything behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    /// In one word.
    pub state: SealState,
    /// Why, unless verified.
    pub reason: Option<SealReason>,
    /// Field by field: signed against server. Empty when nothing validly signed is there.
    pub fields: Vec<FieldRow>,
    /// The verified text, and only that.
    pub signed_text: Option<String>,
    /// Fingerprint of the key that signed, in groups of four.
    pub key_groups: Vec<String>,
    /// When the signature says it was made.
    pub signed_at: Option<String>,
    /// The raw text as received, for keeping; show only as plain text.
    pub raw: Option<String>,
}

/// The fields of a confirmation, in its order (marketplace reference, section 11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ProofField {
    /// What kind of text it is.
    Type,
    /// Payment number.
    PaymentId,
    /// Pieces.
    Pieces,
    /// Invoice number.
    InvoiceId,
    /// BTC.
    CryptoAmount,
    /// Created.
    CreatedAt,
    /// Buyer.
    Payer,
    /// Seller.
    InvoiceOwner,
}

/// One field, signed against server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldRow {
    /// Which.
    pub field: ProofField,
    /// As signed; none when the signed text lacks it.
    pub signed: Option<String>,
    /// As the server says; none when there is no payment at hand.
    pub server: Option<String>,
    /// The same? None when there is nothing to compare with.
    pub same: Option<bool>,
}
