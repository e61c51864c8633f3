//! Payments: rows of the list and the whole of one.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    deal::DealSummary,
    invoice::{FiatSum, InvoiceCard},
    person::PersonCard,
    proof::{Seal, SealState},
};

/// Which way money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// The person is the buyer.
    FromMe,
    /// The person owns the invoice.
    ToMe,
}

/// Status of a payment (marketplace reference, section 7.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PaymentStatus {
    /// Started, waiting for payment.
    Pending,
    /// Complete.
    Paid,
    /// Canceled.
    Canceled,
}

/// What of the list is wanted.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentsQuery {
    /// One direction only.
    pub direction: Option<Direction>,
    /// One status only.
    pub status: Option<PaymentStatus>,
    /// Number of a payment or an invoice, part of a name or of the invoice's words; empty: all.
    pub text: String,
    /// Older than this payment; none: from the newest.
    pub before: Option<String>,
}

/// A page of the list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentsPage {
    /// The rows.
    pub rows: Vec<PaymentRow>,
    /// `before` of the next page; none at the end.
    pub next: Option<String>,
    /// When this was read.
    pub as_of: Option<String>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRow {
    /// Number.
    pub id: String,
    /// Which way.
    pub direction: Direction,
    /// The other side.
    pub person: String,
    /// What the invoice says. A stranger's text.
    pub comment: String,
    /// Invoice number.
    pub invoice: String,
    /// Satoshi.
    pub sats: String,
    /// The deal's fiat, or an estimate by the average rate.
    pub fiat: Option<FiatSum>,
    /// `fiat` is an estimate.
    pub fiat_estimated: bool,
    /// Pieces.
    pub pieces: u32,
    /// It pays a refund.
    pub refund: bool,
    /// Status.
    pub status: PaymentStatus,
    /// Seal.
    pub seal: SealState,
    /// The person has to act, until when.
    pub turn: Option<Turn>,
    /// Created.
    pub created: String,
}

/// Who must act, by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// What is waited for.
    pub waits_for: WaitsFor,
    /// Until when.
    pub until: Option<String>,
    /// The sum it is about.
    pub fiat: Option<FiatSum>,
}

/// What a pending payment or an open deal waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum WaitsFor {
    /// The person sends the fiat and says so.
    MyTransfer,
    /// The counterparty sends the fiat.
    TheirTransfer,
    /// The counterparty confirms that the fiat came.
    TheirConfirmation,
    /// The person confirms that the fiat came.
    MyConfirmation,
    /// The deal is being funded over Lightning.
    Funding,
    /// An arbiter decides.
    Arbiter,
}

/// The whole of a payment (marketplace reference, section 5.7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetail {
    /// Number.
    pub id: String,
    /// Which way.
    pub direction: Direction,
    /// Status.
    pub status: PaymentStatus,
    /// Satoshi.
    pub sats: String,
    /// The deal's fiat, or an estimate.
    pub fiat: Option<FiatSum>,
    /// `fiat` is an estimate.
    pub fiat_estimated: bool,
    /// Pieces bought.
    pub pieces: u32,
    /// Created.
    pub created: String,
    /// Buyer.
    pub buyer: PersonCard,
    /// The invoice (seller inside): live for private ones, as of the purchase for public ones.
    pub invoice: InvoiceCard,
    /// What the seller said of the buyer.
    pub seller_feedback: Option<FeedbackCard>,
    /// What the buyer said of the seller.
    pub buyer_feedback: Option<FeedbackCard>,
    /// The deal that funds it; buyer only.
    pub deal: Option<DealSummary>,
    /// It pays a refund invoice.
    pub refund: bool,
    /// Refund invoices made for it; seller only.
    pub refunds: Vec<InvoiceCard>,
    /// Pieces given back.
    pub refunded: u32,
    /// Pieces being given back.
    pub refunding: u32,
    /// A promise with the change is there; its text is shown only on request.
    pub has_change_promise: bool,
    /// What was bought. Fewer than `pieces`: contact the seller.
    pub secrets: Vec<SecretCard>,
    /// A Lightning request to pay; buyer only.
    pub lightning_request: Option<String>,
    /// The seal with its comparison.
    pub seal: Seal,
    /// Who must act.
    pub turn: Option<Turn>,
    /// The person may cancel it now.
    pub can_cancel: bool,
    /// When this was read.
    pub as_of: String,
}

/// A secret bought. A stranger's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SecretCard {
    /// Text.
    pub text: String,
    /// Link, inert until the person has seen its host.
    pub url: Option<String>,
    /// How many pictures belong to it.
    pub pictures: u32,
}

/// Feedback. A stranger's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackCard {
    /// Good or bad.
    pub positive: bool,
    /// Words.
    pub text: String,
    /// When.
    pub created: Option<String>,
}
