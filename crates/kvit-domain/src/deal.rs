//! Deals: one trade on an advertisement, with a chat and a payment window.

use jiff::{SignedDuration, Timestamp};

use crate::{
    advertisement::Advertisement,
    feedback::Feedback,
    id::{DealId, PaymentId, UserId},
    message::Message,
    money::{Fiat, Sats},
    person::Person,
};

/// Status (section 13.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DealStatus {
    /// Running.
    Opened,
    /// Done.
    Completed,
    /// Canceled.
    Canceled,
    /// Arbiter called.
    Disputed,
    /// Waits for Lightning funding.
    WaitDeposit,
}

impl DealStatus {
    /// Every status, in the order of the contract.
    pub const ALL: [Self; 5] = [
        Self::Opened,
        Self::Completed,
        Self::Canceled,
        Self::Disputed,
        Self::WaitDeposit,
    ];

    /// May a deal go from here to there? The same again is no change and allowed.
    pub fn may_become(self, next: Self) -> bool {
        use DealStatus::*;
        self == next
            || matches!(
                (self, next),
                (WaitDeposit, Opened | Canceled)
                    | (Opened, Completed | Canceled | Disputed)
                    | (Disputed, Completed | Canceled)
            )
    }

    /// Still running in some way.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Opened | Self::Disputed | Self::WaitDeposit)
    }
}

/// A deal (section 5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// Number.
    pub id: DealId,
    /// Fiat side.
    pub fiat: Fiat,
    /// BTC side.
    pub amount: Sats,
    /// Created; the window runs from here.
    pub created: Timestamp,
    /// Status.
    pub status: DealStatus,
    /// Completed at.
    pub completed: Option<Timestamp>,
    /// Canceled at.
    pub canceled: Option<Timestamp>,
    /// Disputed at.
    pub disputed: Option<Timestamp>,
    /// The fiat payer declared the transfer.
    pub fiat_declared: bool,
    /// When.
    pub fiat_declared_at: Option<Timestamp>,
    /// The advertisement.
    pub ad: Advertisement,
    /// Owner of the advertisement.
    pub owner: Person,
    /// Who created the deal.
    pub initiator: Person,
    /// The chat, by number.
    pub messages: Vec<Message>,
    /// Fee in satoshi; always the owner's.
    pub fee: Option<Sats>,
    /// The owner's words about the initiator.
    pub owner_feedback: Option<Feedback>,
    /// The initiator's words about the owner.
    pub initiator_feedback: Option<Feedback>,
    /// The invoice payment it funds, if it is the caller's.
    pub payment: Option<PaymentId>,
}

impl Deal {
    /// The end of the payment window: `window` minutes from creation.
    pub fn window_ends(&self) -> Timestamp {
        let window = SignedDuration::from_mins(i64::from(self.ad.window_minutes));
        self.created.checked_add(window).unwrap_or(Timestamp::MAX)
    }

    /// Does this user pay the fiat? The initiator does on sell advertisements, the owner on buy ones.
    pub fn pays_fiat(&self, me: UserId) -> bool {
        if self.ad.owner_buys {
            self.owner.id == me
        } else {
            self.initiator.id == me
        }
    }

    /// The other side.
    pub fn counterparty(&self, me: UserId) -> &Person {
        if self.owner.id == me {
            &self.initiator
        } else {
            &self.owner
        }
    }

    /// May this user say "I paid" now? The fiat payer, once, while it runs (section 13.5).
    pub fn can_declare(&self, me: UserId) -> bool {
        matches!(self.status, DealStatus::Opened | DealStatus::Disputed)
            && self.pays_fiat(me)
            && !self.fiat_declared
    }

    /// May it be canceled now, by either side? Not while fiat is declared and the window is open.
    pub fn can_cancel(&self, now: Timestamp) -> bool {
        match self.status {
            DealStatus::WaitDeposit => true,
            DealStatus::Opened => !self.fiat_declared || self.window_ends() <= now,
            DealStatus::Completed | DealStatus::Canceled | DealStatus::Disputed => false,
        }
    }

    /// Does the chat take messages?
    pub fn can_write(&self) -> bool {
        matches!(self.status, DealStatus::Opened | DealStatus::Disputed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completed_and_canceled_are_final() {
        for next in DealStatus::ALL {
            for end in [DealStatus::Completed, DealStatus::Canceled] {
                assert_eq!(end.may_become(next), end == next, "{end:?} to {next:?}");
            }
        }
        assert!(DealStatus::Disputed.may_become(DealStatus::Completed));
        assert!(!DealStatus::Disputed.may_become(DealStatus::Opened));
    }
}
