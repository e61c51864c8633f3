//! Does a change of the balance follow from what is known to have happened in between?
//!
//! Everything here is about one number: the **total**, `confirmed + unconfirmed + deposited` (section 5.12). What only
//! moves between the three does not change it: the deposit of a deal, its return, an on-chain amount that becomes
//! confirmed.
//!
//! # What it cannot know
//!
//! - It holds the balance against what the marketplace itself says of payments and deals. A marketplace that lies
//!   about both in the same way is not found out here; contradictions and receipts are for that.
//! - The fee of a payment received is nowhere stated (section 20.4): anything from nothing to the published percent is
//!   taken as explained.
//! - How an initiator's deal was settled is not in [`Deal`]: the bitcoin may have gone to or come from the balance, a
//!   promise, an address or Lightning (section 13.3). The range covers both.
//! - A payment of one's own that left no trace of how it was paid is taken as paid from the balance. By a promise
//!   without change, or with the change put on the balance, it looks the same; more is found than expected then.
//! - Deposits that became confirmed between the two readings, withdrawals, promises, Lightning, the fee of a private
//!   invoice of one's own (taken when it is made, section 1) and what is bought outside of payments are not derived
//!   from anything here: whoever knows of them adds [`Movement::other`]. Until then they show as unexplained, which
//!   is a fact and not an accusation.

use jiff::{SignedDuration, Timestamp};

use crate::{
    balance::Balance,
    deal::{Deal, DealStatus},
    id::UserId,
    money::Sats,
    payment::{Payment, PaymentStatus},
};

/// Published fee of deals and of payments on public invoices: one part in so many (section 1).
const FEE_PART: i64 = 100;

/// A balance as the marketplace gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// What it said.
    pub balance: Balance,
    /// When it was read, by the clock of this computer.
    pub at: Timestamp,
}

impl From<(Balance, Timestamp)> for Reading {
    fn from((balance, at): (Balance, Timestamp)) -> Self {
        Self { balance, at }
    }
}

/// `confirmed + unconfirmed + deposited`, satoshi. Wide, because the parts are the server's and the sum of [`Sats`]
/// saturates.
fn total(balance: &Balance) -> i128 {
    [balance.confirmed, balance.unconfirmed, balance.deposited]
        .into_iter()
        .map(wide)
        .sum()
}

fn wide(amount: Sats) -> i128 {
    i128::from(amount.get())
}

/// A fee of which only the bounds are known; both are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeBounds {
    /// At least.
    pub least: Sats,
    /// At most.
    pub most: Sats,
}

impl FeeBounds {
    /// No fee.
    pub const NONE: Self = Self {
        least: Sats::ZERO,
        most: Sats::ZERO,
    };

    /// A fee that is stated.
    pub fn exactly(fee: Sats) -> Self {
        Self {
            least: fee,
            most: fee,
        }
    }

    /// From nothing to so much.
    pub fn up_to(most: Sats) -> Self {
        Self {
            least: Sats::ZERO,
            most,
        }
    }
}

/// What moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// A payment of one's own from the balance: the amount goes (section 7.3).
    Spent(Sats),
    /// A payment received: the amount comes, less the fee (sections 1, 7.3).
    Received {
        /// What the buyer paid.
        amount: Sats,
        /// What the marketplace keeps of it.
        fee: FeeBounds,
    },
    /// A payment of one's own that a deal funds: the deal's bitcoin comes and the payment takes it in the same step.
    /// The two differ by what the rounding of the fiat sum leaves (section 7.4).
    Funded {
        /// The bitcoin of the deal.
        brought: Sats,
        /// The amount of the payment.
        spent: Sats,
    },
    /// A deal in which the person gives bitcoin: the amount and the fee go when it completes (section 13.3).
    Sold {
        /// The bitcoin of the deal.
        amount: Sats,
        /// The fee, if the person owns the advertisement.
        fee: FeeBounds,
    },
    /// A deal in which the person gets bitcoin: the amount comes, less the fee (section 13.3).
    Bought {
        /// The bitcoin of the deal.
        amount: Sats,
        /// The fee, if the person owns the advertisement.
        fee: FeeBounds,
    },
    /// Anything else: the total changes by something from `low` to `high`, satoshi, both included.
    Other {
        /// The least, negative where the total falls.
        low: i64,
        /// The most.
        high: i64,
    },
}

/// Something that moved the total, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    kind: MovementKind,
    certain: bool,
}

impl Movement {
    fn new(kind: MovementKind) -> Self {
        Self { kind, certain: true }
    }

    /// So much was paid from the balance.
    pub fn spent(amount: Sats) -> Self {
        Self::new(MovementKind::Spent(amount))
    }

    /// The total changed by something from `low` to `high`, satoshi; in whichever order they are given.
    pub fn other(low: i64, high: i64) -> Self {
        Self::new(MovementKind::Other {
            low: low.min(high),
            high: low.max(high),
        })
    }

    /// What a payment does to the total of this user: `None` if nothing, or if it is not theirs.
    ///
    /// A Pending one may have been paid since it was read. Leave it out if it was read later than the second balance.
    pub fn of_payment(payment: &Payment, me: UserId) -> Option<Self> {
        let movement = if payment.invoice.is_owned_by(me) {
            Self::new(MovementKind::Received {
                amount: payment.amount,
                fee: received_fee(payment),
            })
        } else if payment.buyer.id != me {
            return None;
        } else if let Some(deal) = payment.deal.as_deref() {
            Self::new(MovementKind::Funded {
                brought: deal.amount,
                spent: payment.amount,
            })
        } else if payment.lightning_request.is_some() || payment.change_promise.is_some() {
            // What came through Lightning, or was in the promise, is taken in the same step (sections 7.7, 7.8).
            return None;
        } else {
            Self::spent(payment.amount)
        };
        match payment.status {
            PaymentStatus::Paid => Some(movement),
            PaymentStatus::Pending => Some(movement.perhaps()),
            PaymentStatus::Canceled => None,
        }
    }

    /// What a deal does to the total of this user: `None` if nothing, if it is not theirs, or if it funds a payment of
    /// theirs, which [`Movement::of_payment`] accounts for.
    ///
    /// An open one may have been completed since it was read. Leave it out if it was read later than the second
    /// balance.
    pub fn of_deal(deal: &Deal, me: UserId) -> Option<Self> {
        let owner = deal.owner.id == me;
        if deal.payment.is_some() || !(owner || deal.initiator.id == me) {
            return None;
        }
        // The fee is always the owner's (section 1).
        let fee = if owner {
            deal.fee
                .map_or_else(|| FeeBounds::up_to(part_up(deal.amount)), FeeBounds::exactly)
        } else {
            FeeBounds::NONE
        };
        let amount = deal.amount;
        let movement = Self::new(if deal.pays_fiat(me) {
            MovementKind::Bought { amount, fee }
        } else {
            MovementKind::Sold { amount, fee }
        });
        match deal.status {
            DealStatus::Completed if owner => Some(movement),
            // An initiator's bitcoin need not have touched the balance; an open deal may have ended.
            DealStatus::Completed | DealStatus::Opened | DealStatus::Disputed => Some(movement.perhaps()),
            DealStatus::Canceled | DealStatus::WaitDeposit => None,
        }
    }

    /// The same, of which it is not known whether it happened, or whether it happened between the two readings: an
    /// operation without an outcome, a payment whose moment is uncertain.
    pub fn perhaps(self) -> Self {
        Self {
            certain: false,
            ..self
        }
    }

    /// The part it has between two readings, given the moments between which it happened.
    ///
    /// All of it, if that is strictly between the readings; `None`, if it is strictly outside of them; otherwise it
    /// [may](Movement::perhaps) belong there.
    pub fn between(self, happened: Span, readings: Span) -> Option<Self> {
        if happened.to < readings.from || happened.from > readings.to {
            None
        } else if happened.from > readings.from && happened.to < readings.to {
            Some(self)
        } else {
            Some(self.perhaps())
        }
    }

    /// What moved.
    pub fn kind(&self) -> MovementKind {
        self.kind
    }

    /// It certainly happened between the two readings.
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    /// By how much the total changes: least and most, satoshi.
    pub fn range(&self) -> (i128, i128) {
        let (low, high) = match self.kind {
            MovementKind::Spent(amount) => (-wide(amount), -wide(amount)),
            MovementKind::Received { amount, fee } | MovementKind::Bought { amount, fee } => {
                (wide(amount) - wide(fee.most), wide(amount) - wide(fee.least))
            }
            MovementKind::Funded { brought, spent } => {
                let net = wide(brought) - wide(spent);
                (net, net)
            }
            MovementKind::Sold { amount, fee } => (
                -(wide(amount) + wide(fee.most)),
                -(wide(amount) + wide(fee.least)),
            ),
            MovementKind::Other { low, high } => (i128::from(low), i128::from(high)),
        };
        if self.certain {
            (low, high)
        } else {
            (low.min(0), high.max(0))
        }
    }
}

/// The most that is kept of a payment received: one percent of the unit price, rounded, times the pieces (section 1).
/// Private invoices were charged when they were made; refunds and what the marketplace sells itself are free.
fn received_fee(payment: &Payment) -> FeeBounds {
    let invoice = &payment.invoice;
    if invoice.private || invoice.service || payment.refund || invoice.refund_of.is_some() {
        return FeeBounds::NONE;
    }
    let pieces = i64::from(payment.pieces.max(1));
    let unit = Sats::new(divide_up(payment.amount.get(), pieces)).unwrap_or(payment.amount);
    let most = part_up(unit)
        .times(payment.pieces.max(1))
        .unwrap_or(payment.amount);
    FeeBounds::up_to(most.min(payment.amount))
}

/// The published percent, rounded up: no rounding of the marketplace's gives more.
fn part_up(amount: Sats) -> Sats {
    Sats::new(divide_up(amount.get(), FEE_PART)).unwrap_or(amount)
}

/// Rounded up. Neither is negative and the divisor is not 0.
fn divide_up(number: i64, divisor: i64) -> i64 {
    number / divisor + i64::from(number % divisor != 0)
}

/// Two moments and what is between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Not before.
    pub from: Timestamp,
    /// Not after.
    pub to: Timestamp,
}

impl Span {
    /// One moment.
    pub fn at(moment: Timestamp) -> Self {
        Self {
            from: moment,
            to: moment,
        }
    }

    /// Wider by so much on both sides: a time of the server's is not of the clock of this computer.
    pub fn widened(self, by: SignedDuration) -> Self {
        Self {
            from: self.from.checked_sub(by).unwrap_or(Timestamp::MIN),
            to: self.to.checked_add(by).unwrap_or(Timestamp::MAX),
        }
    }
}

/// What the total should be by what is known, and what it is. Satoshi; signed and wide, so that nothing that does not
/// add up is bent into something that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reckoning {
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The total it started from.
    pub before: i128,
    /// The least that follows from what is known. Below zero if what is known cannot all be so.
    pub expected_low: i128,
    /// The most that follows from what is known.
    pub expected_high: i128,
    /// The total that the marketplace gives.
    pub found: i128,
}

impl Reckoning {
    /// Adds up what is known to have happened between two readings of the balance.
    ///
    /// Incoming on-chain amounts announce themselves in `unconfirmed`: at least its rise has come in between, and at
    /// most all that is unconfirmed at the end. A deposit that came and was confirmed in between is not seen there.
    pub fn new(
        before: impl Into<Reading>,
        after: impl Into<Reading>,
        movements: impl IntoIterator<Item = Movement>,
    ) -> Self {
        let (before, after) = (before.into(), after.into());
        let start = total(&before.balance);
        let unconfirmed = wide(after.balance.unconfirmed);
        let came = (unconfirmed - wide(before.balance.unconfirmed)).max(0);
        // Each addend is below 2^65 in size: no number of movements that fits into memory overflows.
        let (expected_low, expected_high) = movements
            .into_iter()
            .map(|movement| movement.range())
            .fold((start + came, start + unconfirmed), |sum, range| {
                (sum.0 + range.0, sum.1 + range.1)
            });
        Self {
            since: before.at,
            until: after.at,
            before: start,
            expected_low,
            expected_high,
            found: total(&after.balance),
        }
    }

    /// Does what was found follow from what is known?
    pub fn explains(&self) -> bool {
        self.unexplained() == 0
    }

    /// What remains without an explanation, satoshi: above zero, more was found than can be explained; below, less.
    pub fn unexplained(&self) -> i128 {
        if self.found > self.expected_high {
            self.found - self.expected_high
        } else if self.found < self.expected_low {
            self.found - self.expected_low
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests;
