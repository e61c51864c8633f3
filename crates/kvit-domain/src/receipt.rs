//! A receipt: the first verified confirmation of a payment, kept for ever.

use jiff::Timestamp;

use crate::{
    id::{InvoiceId, PaymentId},
    money::Sats,
};

/// A verified confirmation (section 11), with what it says.
///
/// The marketplace signs anew at every read (section 11.3), so a later text is compared by fields, never by bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The payment.
    pub payment: PaymentId,
    /// The text exactly as received.
    pub text: String,
    /// When it was first seen and verified here.
    pub first_seen: Timestamp,
    /// Full fingerprint of the pinned key, upper-case hexadecimal.
    pub key: String,
    /// When the signature says it was made.
    pub signed: Timestamp,
    /// Pieces; none in a private invoice's confirmation.
    pub pieces: Option<u32>,
    /// The invoice.
    pub invoice: InvoiceId,
    /// What was paid.
    pub amount: Sats,
    /// When the payment was made, whole seconds.
    pub created: Timestamp,
    /// Login name of the buyer.
    pub payer: String,
    /// Login name of the seller.
    pub owner: String,
}
