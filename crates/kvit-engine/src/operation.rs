//! An act that moves money or cannot be undone, as a state machine. Pure.
//!
//! ```text
//!           ┌────────► Done(payment or nothing)
//!           │
//!  Sent ────┼────────► Refused(why)          the marketplace said no, and a look confirms it
//!           │
//!           └─silence─► Unknown ──┬──► Done            a look found it
//!                          ▲ ▲    ├──► ProvenAbsent    two looks after the last moment it could arrive
//!                          │ │    └──► NeedsAPerson    a day without one: a person is told
//!                          │ └─────────────┘ a look is possible again
//!                          └── looks that could not be made
//! ```
//!
//! Nothing leads back to Sent: a money call is never repeated. Absence is proven by looks alone, late ones, and late
//! by a clock that nobody sets: the wall's may be set while a call is on its way. That clock may stand still while
//! the computer sleeps, and begins anew with the app, so it never says more than has passed.

use std::time::Duration;

use jiff::SignedDuration;
use kvit_domain::{
    Timestamp,
    fault::Fault,
    id::{AdvertisementId, DealId, InvoiceId, PaymentId},
    money::{Fiat, Sats},
};

/// Number of an operation in this run of the app.
pub type OperationId = uuid::Uuid;

/// After this long a call cannot arrive any more: our deadline (45 s) and once more the time after which the front
/// proxy gives up (40 s), since it repeats failed calls by itself (marketplace reference, section 2.1).
pub const LAST_ARRIVAL: SignedDuration = SignedDuration::from_secs(90);

/// So long after we gave up waiting the front proxy has given up as well (40 s, section 2.1), by a clock that nobody
/// sets. A computer that slept in the middle of a call sends the rest of it when it wakes.
pub const LAST_REPEAT: Duration = Duration::from_secs(45);

/// So many looks later than [`LAST_ARRIVAL`] and [`LAST_REPEAT`] that find nothing prove absence.
pub const LOOKS_FOR_ABSENCE: u32 = 2;

/// A person is told after this long without a look that could be made, by the clock that nobody sets. Looking goes
/// on.
pub const LOOK_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Pay an invoice from balance.
    PayFromBalance,
    /// Pay an invoice through a chosen advertisement.
    PayByDeal,
    /// Pay an invoice through whatever advertisement is cheapest.
    PayByBestDeal,
    /// Cancel a payment.
    CancelPayment,
    /// Say that the fiat was sent.
    DeclarePaid,
    /// Cancel a deal.
    CancelDeal,
}

/// What it is about: fixed before the first byte leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// What it does.
    pub act: Act,
    /// Invoice.
    pub invoice: Option<InvoiceId>,
    /// Payment it is about (cancel).
    pub payment: Option<PaymentId>,
    /// Deal it is about.
    pub deal: Option<DealId>,
    /// Pieces.
    pub pieces: Option<u32>,
    /// What the person agreed to pay.
    pub amount: Option<Sats>,
    /// What the person agreed to pay in fiat.
    pub fiat: Option<Fiat>,
    /// The chosen advertisement.
    pub ad: Option<AdvertisementId>,
    /// To whom.
    pub counterparty: Option<String>,
    /// Highest own payment known before.
    pub mark: Option<PaymentId>,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationState {
    /// On its way.
    Sent,
    /// Silence.
    Unknown {
        /// Looks made so far, whatever they found.
        looks: u32,
        /// Looks later than [`LAST_ARRIVAL`] that found nothing.
        absent: u32,
    },
    /// It happened; with the payment, if it made one.
    Done(Option<PaymentId>),
    /// The marketplace refused.
    Refused(Fault),
    /// Proven not to have happened.
    ProvenAbsent,
    /// For a day nobody could look: a person is told. Looking goes on.
    NeedsAPerson,
}

impl OperationState {
    /// Not settled: what it touches must not be touched again.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Sent | Self::Unknown { .. } | Self::NeedsAPerson)
    }
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It happened.
    Found(Option<PaymentId>),
    /// No trace.
    Nothing,
    /// The look itself failed.
    Failed,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Number here.
    pub id: OperationId,
    /// What it is about.
    pub intent: Intent,
    /// When it was sent.
    pub sent: Timestamp,
    /// Where it stands.
    pub state: OperationState,
}

impl Operation {
    /// A new one, about to be sent.
    pub fn new(id: OperationId, intent: Intent, sent: Timestamp) -> Self {
        Self {
            id,
            intent,
            sent,
            state: OperationState::Sent,
        }
    }

    /// The marketplace answered: done.
    pub fn done(&mut self, payment: Option<PaymentId>) {
        if self.state.is_open() {
            self.state = OperationState::Done(payment);
        }
    }

    /// The marketplace refused, and nothing contradicts it.
    pub fn refused(&mut self, fault: Fault) {
        if self.state == OperationState::Sent {
            self.state = OperationState::Refused(fault);
        }
    }

    /// No answer came.
    pub fn silence(&mut self) {
        if self.state == OperationState::Sent {
            self.state = OperationState::Unknown { looks: 0, absent: 0 };
        }
    }

    /// Takes in what a look **begun** at `began` found, `quiet` after the silence began.
    pub fn looked(&mut self, look: &Look, began: Timestamp, quiet: Duration) {
        let (looks, absent) = match self.state {
            OperationState::Unknown { looks, absent } => (looks, absent),
            OperationState::NeedsAPerson if *look == Look::Failed => return,
            OperationState::NeedsAPerson => (0, 0),
            _ => return,
        };
        // A wall clock that was set back, now or before the app ended, must not bar the act until it has caught up.
        let old = began.duration_since(self.sent) > LAST_ARRIVAL || quiet > LAST_ARRIVAL.unsigned_abs();
        let late = old && quiet > LAST_REPEAT;
        let looks = looks.saturating_add(1);
        self.state = match look {
            Look::Found(payment) => OperationState::Done(*payment),
            Look::Nothing if late && absent + 1 >= LOOKS_FOR_ABSENCE => OperationState::ProvenAbsent,
            Look::Nothing if late => OperationState::Unknown {
                looks,
                absent: absent + 1,
            },
            Look::Failed if quiet > LOOK_FOR => OperationState::NeedsAPerson,
            Look::Nothing | Look::Failed => OperationState::Unknown { looks, absent },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvit_domain::fault::FaultCode;
    use proptest::prelude::*;

    /// Later than the last repetition.
    const LONG: Duration = Duration::from_secs(60);

    fn operation() -> Operation {
        let intent = Intent {
            act: Act::PayFromBalance,
            invoice: InvoiceId::new(88),
            payment: None,
            deal: None,
            pieces: Some(1),
            amount: None,
            fiat: None,
            ad: None,
            counterparty: None,
            mark: None,
        };
        Operation::new(OperationId::nil(), intent, Timestamp::UNIX_EPOCH)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn early_absence_proves_nothing() {
        let mut op = operation();
        op.silence();
        for second in 1..=90 {
            op.looked(&Look::Nothing, at(second), LONG);
        }
        assert_eq!(op.state, OperationState::Unknown { looks: 90, absent: 0 });
        op.looked(&Look::Nothing, at(91), LONG);
        assert!(op.state.is_open());
        op.looked(&Look::Failed, at(92), LONG);
        assert!(op.state.is_open(), "a look that failed is no proof");
        op.looked(&Look::Nothing, at(93), LONG);
        assert_eq!(op.state, OperationState::ProvenAbsent);
    }

    #[test]
    fn a_clock_set_forward_proves_nothing() {
        let mut op = operation();
        op.silence();
        for seconds in 0..=45 {
            op.looked(&Look::Nothing, at(7_200), Duration::from_secs(seconds));
        }
        assert_eq!(op.state, OperationState::Unknown { looks: 46, absent: 0 });
    }

    #[test]
    fn a_clock_set_back_bars_nothing_for_ever() {
        let mut op = operation();
        op.silence();
        let year_before = at(-365 * 86_400);
        op.looked(&Look::Nothing, year_before, Duration::from_secs(90));
        assert_eq!(op.state, OperationState::Unknown { looks: 1, absent: 0 });
        op.looked(&Look::Nothing, year_before, Duration::from_secs(91));
        op.looked(&Look::Nothing, year_before, Duration::from_secs(92));
        assert_eq!(op.state, OperationState::ProvenAbsent);
    }

    /// The app was killed, and is started again days later: the clock that nobody sets begins anew.
    #[test]
    fn an_old_one_is_looked_after_like_a_new_one() {
        let mut op = operation();
        op.silence();
        let days_later = at(3 * 86_400);
        op.looked(&Look::Failed, days_later, Duration::from_millis(500));
        op.looked(&Look::Nothing, days_later, Duration::from_secs(3));
        assert_eq!(op.state, OperationState::Unknown { looks: 2, absent: 0 });
        op.looked(&Look::Nothing, days_later, Duration::from_secs(46));
        op.looked(&Look::Nothing, days_later, Duration::from_secs(76));
        assert_eq!(op.state, OperationState::ProvenAbsent);
    }

    #[test]
    fn a_person_is_told_after_a_day_and_a_late_look_still_counts() {
        let day = LOOK_FOR + Duration::from_secs(1);
        let told = || {
            let mut op = operation();
            op.silence();
            op.looked(&Look::Failed, at(100), LOOK_FOR);
            assert!(matches!(op.state, OperationState::Unknown { .. }));
            op.looked(&Look::Failed, at(100), day);
            assert_eq!(op.state, OperationState::NeedsAPerson);
            assert!(op.state.is_open());
            op.looked(&Look::Failed, at(100), day);
            assert_eq!(op.state, OperationState::NeedsAPerson);
            op
        };
        let mut found = told();
        found.looked(&Look::Found(PaymentId::new(7)), at(100), day);
        assert_eq!(found.state, OperationState::Done(PaymentId::new(7)));
        let mut absent = told();
        absent.looked(&Look::Nothing, at(100), day);
        assert!(absent.state.is_open(), "one look is not two");
        absent.looked(&Look::Nothing, at(100), day);
        assert_eq!(absent.state, OperationState::ProvenAbsent);
    }

    proptest! {
        /// Whatever happens in whatever order: settled stays settled, and nothing is sent again.
        #[test]
        fn settled_is_final(steps in proptest::collection::vec((0u8..6, 0i64..200_000), 0..40)) {
            let mut op = operation();
            let mut settled: Option<OperationState> = None;
            let mut first = true;
            for (step, second) in steps {
                match step {
                    0 => op.done(PaymentId::new(1)),
                    1 => op.refused(FaultCode::InsufficientBalance.into()),
                    2 => op.silence(),
                    3 => op.looked(&Look::Nothing, at(second), LONG),
                    4 => op.looked(&Look::Failed, at(second), LONG),
                    _ => op.looked(&Look::Found(PaymentId::new(2)), at(second), LONG),
                }
                if !first {
                    prop_assert!(op.state != OperationState::Sent || settled.is_none());
                }
                if let Some(before) = &settled {
                    prop_assert_eq!(&op.state, before);
                }
                if !op.state.is_open() {
                    settled = Some(op.state.clone());
                }
                first = false;
            }
        }
    }
}
