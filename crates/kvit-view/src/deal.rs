//! Deals with their chat.

use serde::Serialize;
use specta::Type;

use crate::{
    invoice::{AdCard, FiatSum},
    payment::Turn,
    person::PersonCard,
};

/// Status of a deal (marketplace reference, section 13.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum DealStatus {
    /// Running.
    Opened,
    /// Done.
    Completed,
    /// Canceled.
    Canceled,
    /// An arbiter was called.
    Disputed,
    /// Waits for Lightning funding.
    WaitDeposit,
}

/// A deal in a list or on its payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DealSummary {
    /// Number.
    pub id: String,
    /// Status.
    pub status: DealStatus,
    /// The other side.
    pub counterparty: PersonCard,
    /// Fiat side.
    pub fiat: FiatSum,
    /// BTC side, satoshi.
    pub sats: String,
    /// The person pays the fiat (and gets the bitcoin).
    pub i_pay_fiat: bool,
    /// The fiat was declared as sent.
    pub fiat_declared: bool,
    /// Payment system code.
    pub payment_type: String,
    /// The invoice payment it funds.
    pub payment: Option<String>,
    /// Created.
    pub created: String,
    /// Who must act.
    pub turn: Option<Turn>,
    /// Messages in its chat.
    pub messages: u32,
}

/// The whole of a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DealDetail {
    /// What the list shows.
    pub summary: DealSummary,
    /// The advertisement with its terms.
    pub ad: AdCard,
    /// The end of the payment window.
    pub window_ends: String,
    /// Fiat declared at.
    pub fiat_declared_at: Option<String>,
    /// Completed at.
    pub completed: Option<String>,
    /// Canceled at.
    pub canceled: Option<String>,
    /// Disputed at.
    pub disputed: Option<String>,
    /// Fee, satoshi; paid by the owner of the advertisement.
    pub fee_sats: Option<String>,
    /// The chat, oldest first.
    pub messages: Vec<MessageCard>,
    /// The person may say "I paid" now.
    pub can_declare: bool,
    /// The person may cancel now.
    pub can_cancel: bool,
    /// The chat takes messages now.
    pub can_write: bool,
    /// When this was read.
    pub as_of: String,
}

/// A message. A stranger's text, unless it is the person's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MessageCard {
    /// Number.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// Words.
    pub text: String,
    /// How many pictures belong to it.
    pub pictures: u32,
    /// When.
    pub created: String,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Author {
    /// The person.
    Me,
    /// The counterparty.
    Them,
    /// The arbiter.
    Arbiter,
}
