//! Deals with their chat.

use kvit_domain::{Timestamp, deal as domain, id::UserId};
use kvit_engine::{SeenDeal, turn_of_deal};
use serde::Serialize;
use specta::Type;

use crate::{
    invoice::FiatSum,
    pay::AdCard,
    payment::{FeedbackCard, Turn},
    person::{PersonCard, time},
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
    /// What the person said of the other side.
    pub feedback_mine: Option<FeedbackCard>,
    /// What the other side said of the person.
    pub feedback_theirs: Option<FeedbackCard>,
    /// The person may say something of the other side now.
    pub can_give_feedback: bool,
    /// The person may say "I paid" now.
    pub can_declare: bool,
    /// The person may cancel now.
    pub can_cancel: bool,
    /// The chat takes messages now.
    pub can_write: bool,
    /// When this was read.
    pub as_of: String,
}

impl From<domain::DealStatus> for DealStatus {
    fn from(status: domain::DealStatus) -> Self {
        use domain::DealStatus as Status;
        match status {
            Status::Opened => Self::Opened,
            Status::Completed => Self::Completed,
            Status::Canceled => Self::Canceled,
            Status::Disputed => Self::Disputed,
            Status::WaitDeposit => Self::WaitDeposit,
        }
    }
}

impl DealSummary {
    /// A deal in a list, as this person sees it.
    pub fn new(deal: &domain::Deal, me: UserId) -> Self {
        Self {
            id: deal.id.to_string(),
            status: deal.status.into(),
            counterparty: deal.counterparty(me).into(),
            fiat: deal.fiat.into(),
            sats: deal.amount.to_string(),
            i_pay_fiat: deal.pays_fiat(me),
            fiat_declared: deal.fiat_declared,
            payment_type: deal.ad.payment_type.clone(),
            payment: deal.payment.map(|id| id.to_string()),
            created: time(deal.created),
            turn: turn_of_deal(deal, me).as_ref().map(Turn::from),
            messages: u32::try_from(deal.messages.len()).unwrap_or(u32::MAX),
        }
    }
}

impl DealDetail {
    /// The whole of a deal, as this person sees it now.
    pub fn new(seen: &SeenDeal, now: Timestamp) -> Self {
        let deal = &seen.deal;
        Self {
            summary: DealSummary::new(deal, seen.me),
            ad: AdCard::new(&deal.ad, deal.fiat),
            window_ends: time(deal.window_ends()),
            fiat_declared_at: deal.fiat_declared_at.map(time),
            completed: deal.completed.map(time),
            canceled: deal.canceled.map(time),
            disputed: deal.disputed.map(time),
            fee_sats: deal.fee.map(|fee| fee.to_string()),
            feedback_mine: deal.feedback_by(seen.me).map(FeedbackCard::from),
            feedback_theirs: deal
                .feedback_by(deal.counterparty(seen.me).id)
                .map(FeedbackCard::from),
            can_give_feedback: deal.can_give_feedback(seen.me),
            can_declare: deal.can_declare(seen.me),
            can_cancel: deal.can_cancel(now),
            can_write: deal.can_write(),
            as_of: time(seen.read),
        }
    }
}
