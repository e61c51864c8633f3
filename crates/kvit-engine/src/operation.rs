//! An act that moves money or cannot be undone, as a state machine. Pure.
//!
//! ```text
//!  Prepared    written down and synced; nothing has left this computer
//!     │ the call is made
//!     ▼      ┌────────► Done(payment or nothing)
//!   Sent ────┼────────► Refused(why)          the marketplace said no, and a look confirms it
//!            │
//!            └─silence─► Unknown ──┬──► Done            a look found it
//!                           ▲ ▲    ├──► ProvenAbsent    two looks after the last moment it could arrive
//!                           │ │    └──► NeedsAPerson    a day without one: a person is told
//!                           │ └─────────────┘ a look is possible again
//!                           └── looks that could not be made
//! ```
//!
//! Nothing leads back to Sent: a money call is never repeated. What the journal has as Prepared or Sent at the start of
//! the app is Unknown: whether the call left nobody can tell. Absence is proven by looks alone, late ones, and late
//! by a clock that nobody sets: the wall's may be set while a call is on its way. That clock may stand still while
//! the computer sleeps, and begins anew with the app, so it never says more than has passed.
//!
//! One thing corrects a settled one: a payment that only it could have made, found while it is watched, after it was taken
//! for refused. That is Done, and the steps keep what was believed before.
//!
//! After it is settled an act that makes something is *watched* until the last moment at which the marketplace's front
//! proxy could have repeated it (section 2.1): a second payment or refund of the same intent is a double, and is shown
//! as such.
//!
//! What each act is, how it is proven and what of it is compared afterwards stands in a file of its own below.

pub mod cancel_deal;
pub mod cancel_payment;
pub mod create_refund;
pub mod declare_paid;
pub mod give_deal_feedback;
pub mod give_payment_feedback;
pub(crate) mod look_for_payment;
pub mod pay_by_best_deal;
pub mod pay_by_deal;
pub mod pay_from_balance;
pub mod withdraw_refund;

use std::{collections::BTreeMap, time::Duration};

use kvit_domain::{
    Timestamp,
    fault::Fault,
    feedback::Feedback,
    id::{AdvertisementId, DealId, InvoiceId, PaymentId},
    money::{Fiat, Sats},
    payment::Payment,
};

use crate::{account::AccountId, pace::Pace};

/// Number of an operation: random, made here.
pub type OperationId = uuid::Uuid;

/// So many looks later than [`Pace::last_arrival`] and [`Pace::last_repeat`] that find nothing prove absence.
pub const LOOKS_FOR_ABSENCE: u32 = 2;

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
    /// Say something of the other side of a payment.
    GivePaymentFeedback,
    /// Say something of the other side of a deal.
    GiveDealFeedback,
    /// Make a refund of a payment, which is then paid like an invoice.
    CreateRefund,
    /// Withdraw a refund that is not paid.
    WithdrawRefund,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 10] = [
        Self::PayFromBalance,
        Self::PayByDeal,
        Self::PayByBestDeal,
        Self::CancelPayment,
        Self::DeclarePaid,
        Self::CancelDeal,
        Self::GivePaymentFeedback,
        Self::GiveDealFeedback,
        Self::CreateRefund,
        Self::WithdrawRefund,
    ];

    /// Does it make a payment?
    pub fn pays(self) -> bool {
        matches!(self, Self::PayFromBalance | Self::PayByDeal | Self::PayByBestDeal)
    }

    /// Does it make something, of which a repetition would make a second one?
    pub fn makes(self) -> bool {
        self.pays() || self == Self::CreateRefund
    }

    /// Is it about what parties say of each other, and not about money?
    pub fn says(self) -> bool {
        matches!(self, Self::GivePaymentFeedback | Self::GiveDealFeedback)
    }
}

/// What it is about: fixed before the first byte leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// What it does.
    pub act: Act,
    /// Invoice.
    pub invoice: Option<InvoiceId>,
    /// Payment it is about (cancel, refund, feedback).
    pub payment: Option<PaymentId>,
    /// The payment that the invoice gives back, if it is a refund.
    pub refund_of: Option<PaymentId>,
    /// Highest refund of the payment known before.
    pub known_refund: Option<InvoiceId>,
    /// What is said of the other side.
    pub said: Option<Feedback>,
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
    /// Spendable balance before.
    pub balance: Option<Sats>,
}

impl Intent {
    /// An intent that says nothing but what it does.
    pub fn of(act: Act) -> Self {
        Self {
            act,
            invoice: None,
            payment: None,
            refund_of: None,
            known_refund: None,
            said: None,
            deal: None,
            pieces: None,
            amount: None,
            fiat: None,
            ad: None,
            counterparty: None,
            mark: None,
            balance: None,
        }
    }

    /// Could this payment be what the intent makes? Above the mark, on the invoice, with so many pieces, and paid the
    /// way it was to be paid: a person may pay the same invoice in another way on another computer meanwhile. Whether it
    /// pays a refund the number of the invoice says; what the marketplace calls it is compared afterwards.
    pub fn could_make(&self, payment: &Payment) -> bool {
        Some(payment.invoice.id) == self.invoice
            && Some(payment.pieces) == self.pieces
            && self.mark.is_none_or(|mark| payment.id > mark)
            && match self.act {
                Act::PayFromBalance => pay_from_balance::could_be(payment),
                Act::PayByDeal => pay_by_deal::could_be(payment),
                Act::PayByBestDeal => pay_by_best_deal::could_be(payment),
                _ => false,
            }
    }

    /// Whether what was taken is what the person agreed to.
    pub fn agrees_with(&self, paid: &Payment) -> bool {
        match self.act {
            Act::PayFromBalance => pay_from_balance::as_agreed(self, paid),
            Act::PayByDeal => pay_by_deal::as_agreed(self, paid),
            Act::PayByBestDeal => pay_by_best_deal::as_agreed(self, paid),
            _ => true,
        }
    }
}

/// The parts of an agreement that every way to pay shares: the invoice, its pieces, the amount, and whether it gives
/// something back.
pub(crate) fn same_purchase(intent: &Intent, paid: &Payment) -> bool {
    Some(paid.invoice.id) == intent.invoice
        && Some(paid.pieces) == intent.pieces
        && Some(paid.amount) == intent.amount
        && paid.refund == intent.refund_of.is_some()
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationState {
    /// Written down; the call is about to be made.
    Prepared,
    /// On its way.
    Sent,
    /// Silence.
    Unknown {
        /// Looks made so far, whatever they found.
        looks: u32,
        /// Looks later than [`Pace::last_arrival`] that found nothing.
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
        matches!(
            self,
            Self::Prepared | Self::Sent | Self::Unknown { .. } | Self::NeedsAPerson
        )
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

/// What the marketplace took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenSum {
    /// Bitcoin.
    pub amount: Sats,
    /// Fiat of the deal.
    pub fiat: Option<Fiat>,
    /// Not what the person agreed to.
    pub differs: bool,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Number here.
    pub id: OperationId,
    /// The account it is of.
    pub account: AccountId,
    /// What it is about.
    pub intent: Intent,
    /// When it was written down, just before it was sent.
    pub prepared: Timestamp,
    /// Where it stands.
    pub state: OperationState,
    /// When it was settled.
    pub settled: Option<Timestamp>,
    /// What was taken, once known.
    pub taken: Option<TakenSum>,
    /// Payments of the same intent beyond the one: the marketplace carried it out again.
    pub doubles: Vec<PaymentId>,
    /// Refunds that it made. The first is the one that was meant; the others the marketplace made by carrying it out
    /// again.
    pub refunds: Vec<InvoiceId>,
    /// Something was said of the other side, and in other words than these: it was there before.
    pub otherwise: bool,
    /// Once nothing was heard of it.
    pub was_silent: bool,
    /// Nothing of it can arrive any more, and that was looked at.
    pub watched: bool,
}

impl Operation {
    /// A new one, about to be sent.
    pub fn new(id: OperationId, account: AccountId, intent: Intent, prepared: Timestamp) -> Self {
        Self {
            id,
            account,
            intent,
            prepared,
            state: OperationState::Prepared,
            settled: None,
            taken: None,
            doubles: Vec::new(),
            refunds: Vec::new(),
            otherwise: false,
            was_silent: false,
            watched: false,
        }
    }

    /// The call is being made.
    pub fn sent(&mut self) {
        if self.state == OperationState::Prepared {
            self.state = OperationState::Sent;
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
        if matches!(self.state, OperationState::Prepared | OperationState::Sent) {
            self.state = OperationState::Refused(fault);
        }
    }

    /// No answer came.
    pub fn silence(&mut self) {
        if matches!(self.state, OperationState::Prepared | OperationState::Sent) {
            self.state = OperationState::Unknown { looks: 0, absent: 0 };
            self.was_silent = true;
        }
    }

    /// It was taken for not carried out, and a payment that only it could have made is there: the front proxy's first try
    /// was slower than the look after the refusal of its second one. What is on record is corrected; the steps keep both.
    pub fn found_after_all(&mut self, payment: PaymentId) {
        if matches!(
            self.state,
            OperationState::Refused(_) | OperationState::ProvenAbsent
        ) {
            self.state = OperationState::Done(Some(payment));
        }
    }

    /// What it made beyond what was known of it: payments that are doubles, refunds in the order they were made.
    pub fn made_too(&mut self, doubles: impl IntoIterator<Item = PaymentId>, refunds: &[InvoiceId]) {
        self.doubles.extend(doubles);
        self.doubles.sort_unstable();
        self.doubles.dedup();
        for refund in refunds {
            if !self.refunds.contains(refund) {
                self.refunds.push(*refund);
            }
        }
    }

    /// The payment it made, or that it is about.
    pub fn payment(&self) -> Option<PaymentId> {
        match self.state {
            OperationState::Done(payment) => payment,
            _ => self.intent.payment,
        }
    }

    /// Whether a look **begun** at `began`, `quiet` after the silence began, is late enough to count for absence.
    pub fn is_late(&self, began: Timestamp, quiet: Duration, pace: &Pace) -> bool {
        pace.is_late(self.prepared, began, quiet)
    }

    /// Takes in what a look **begun** at `began` found, `quiet` after the silence began.
    pub fn looked(&mut self, look: &Look, began: Timestamp, quiet: Duration, pace: &Pace) {
        let (looks, absent) = match self.state {
            OperationState::Unknown { looks, absent } => (looks, absent),
            OperationState::NeedsAPerson if *look == Look::Failed => return,
            OperationState::NeedsAPerson => (0, 0),
            _ => return,
        };
        let late = self.is_late(began, quiet, pace);
        let looks = looks.saturating_add(1);
        self.state = match look {
            Look::Found(payment) => OperationState::Done(*payment),
            Look::Nothing if late && absent + 1 >= LOOKS_FOR_ABSENCE => OperationState::ProvenAbsent,
            Look::Nothing if late => OperationState::Unknown {
                looks,
                absent: absent + 1,
            },
            Look::Failed if quiet > pace.look_for => OperationState::NeedsAPerson,
            Look::Nothing | Look::Failed => OperationState::Unknown { looks, absent },
        };
    }

    /// What was taken is known: kept with whether it is what the person agreed to.
    pub fn took(&mut self, paid: &Payment) {
        self.taken = Some(TakenSum {
            amount: paid.amount,
            fiat: paid.deal.as_deref().map(|deal| deal.fiat),
            differs: !self.intent.agrees_with(paid),
        });
    }
}

/// A step of an operation, for the record: what happened or was looked at, when, and what it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: StepKind,
    /// What it showed, by name.
    pub values: BTreeMap<String, String>,
}

impl Step {
    /// A step with nothing to show.
    pub fn new(kind: StepKind, at: Timestamp) -> Self {
        Self {
            at,
            kind,
            values: BTreeMap::new(),
        }
    }

    /// The same with a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Written down.
    Prepared,
    /// The call was made.
    Sent,
    /// The marketplace answered.
    Answered,
    /// No answer; value `code`.
    Silence,
    /// The marketplace refused; value `code`.
    Refused,
    /// A look; values `found`, `late`, `newest`, `balance`.
    Looked,
    /// It happened; values `payment`, `invoice`.
    Done,
    /// It did not.
    ProvenAbsent,
    /// A person is told.
    NeedsAPerson,
    /// Found in the journal at the start of the app.
    Resumed,
    /// Another payment or refund of the same intent; value `payment` or `invoice`.
    Double,
    /// Another sum than agreed was taken, or other words were there.
    Differs,
}

impl StepKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Prepared,
        Self::Sent,
        Self::Answered,
        Self::Silence,
        Self::Refused,
        Self::Looked,
        Self::Done,
        Self::ProvenAbsent,
        Self::NeedsAPerson,
        Self::Resumed,
        Self::Double,
        Self::Differs,
    ];

    /// Its word in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::Silence => "silence",
            Self::Refused => "refused",
            Self::Looked => "looked",
            Self::Done => "done",
            Self::ProvenAbsent => "proven_absent",
            Self::NeedsAPerson => "needs_a_person",
            Self::Resumed => "resumed",
            Self::Double => "double",
            Self::Differs => "differs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvit_domain::fault::FaultCode;
    use proptest::prelude::*;

    const PACE: Pace = Pace::REAL;

    /// Later than the last repetition.
    const LONG: Duration = Duration::from_secs(60);

    fn operation() -> Operation {
        let intent = Intent {
            invoice: InvoiceId::new(88),
            pieces: Some(1),
            ..Intent::of(Act::PayFromBalance)
        };
        let mut operation = Operation::new(
            OperationId::nil(),
            AccountId::nil(),
            intent,
            Timestamp::UNIX_EPOCH,
        );
        operation.sent();
        operation
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn early_absence_proves_nothing() {
        let mut op = operation();
        op.silence();
        for second in 1..=90 {
            op.looked(&Look::Nothing, at(second), LONG, &PACE);
        }
        assert_eq!(op.state, OperationState::Unknown { looks: 90, absent: 0 });
        op.looked(&Look::Nothing, at(91), LONG, &PACE);
        assert!(op.state.is_open());
        op.looked(&Look::Failed, at(92), LONG, &PACE);
        assert!(op.state.is_open(), "a look that failed is no proof");
        op.looked(&Look::Nothing, at(93), LONG, &PACE);
        assert_eq!(op.state, OperationState::ProvenAbsent);
    }

    #[test]
    fn a_clock_set_forward_proves_nothing() {
        let mut op = operation();
        op.silence();
        for seconds in 0..=45 {
            op.looked(&Look::Nothing, at(7_200), Duration::from_secs(seconds), &PACE);
        }
        assert_eq!(op.state, OperationState::Unknown { looks: 46, absent: 0 });
    }

    #[test]
    fn a_clock_set_back_bars_nothing_for_ever() {
        let mut op = operation();
        op.silence();
        let year_before = at(-365 * 86_400);
        op.looked(&Look::Nothing, year_before, Duration::from_secs(90), &PACE);
        assert_eq!(op.state, OperationState::Unknown { looks: 1, absent: 0 });
        op.looked(&Look::Nothing, year_before, Duration::from_secs(91), &PACE);
        op.looked(&Look::Nothing, year_before, Duration::from_secs(92), &PACE);
        assert_eq!(op.state, OperationState::ProvenAbsent);
    }

    /// The app was killed, and is started again days later: the clock that nobody sets begins anew.
    #[test]
    fn an_old_one_is_looked_after_like_a_new_one() {
        let mut op = operation();
        op.silence();
        let days_later = at(3 * 86_400);
        op.looked(&Look::Failed, days_later, Duration::from_millis(500), &PACE);
        op.looked(&Look::Nothing, days_later, Duration::from_secs(3), &PACE);
        assert_eq!(op.state, OperationState::Unknown { looks: 2, absent: 0 });
        op.looked(&Look::Nothing, days_later, Duration::from_secs(46), &PACE);
        op.looked(&Look::Nothing, days_later, Duration::from_secs(76), &PACE);
        assert_eq!(op.state, OperationState::ProvenAbsent);
    }

    #[test]
    fn a_person_is_told_after_a_day_and_a_late_look_still_counts() {
        let day = PACE.look_for + Duration::from_secs(1);
        let told = || {
            let mut op = operation();
            op.silence();
            op.looked(&Look::Failed, at(100), PACE.look_for, &PACE);
            assert!(matches!(op.state, OperationState::Unknown { .. }));
            op.looked(&Look::Failed, at(100), day, &PACE);
            assert_eq!(op.state, OperationState::NeedsAPerson);
            assert!(op.state.is_open());
            op.looked(&Look::Failed, at(100), day, &PACE);
            assert_eq!(op.state, OperationState::NeedsAPerson);
            op
        };
        let mut found = told();
        found.looked(&Look::Found(PaymentId::new(7)), at(100), day, &PACE);
        assert_eq!(found.state, OperationState::Done(PaymentId::new(7)));
        let mut absent = told();
        absent.looked(&Look::Nothing, at(100), day, &PACE);
        assert!(absent.state.is_open(), "one look is not two");
        absent.looked(&Look::Nothing, at(100), day, &PACE);
        assert_eq!(absent.state, OperationState::ProvenAbsent);
    }

    #[test]
    fn a_payment_found_later_corrects_a_refusal_and_nothing_else() {
        let seven = PaymentId::new(7).unwrap();
        let mut refused = operation();
        refused.refused(FaultCode::ServerSaid.into());
        refused.found_after_all(seven);
        assert_eq!(refused.state, OperationState::Done(Some(seven)));
        let mut done = operation();
        done.done(PaymentId::new(6));
        done.found_after_all(seven);
        assert_eq!(done.state, OperationState::Done(PaymentId::new(6)));
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
                    3 => op.looked(&Look::Nothing, at(second), LONG, &PACE),
                    4 => op.looked(&Look::Failed, at(second), LONG, &PACE),
                    _ => op.looked(&Look::Found(PaymentId::new(2)), at(second), LONG, &PACE),
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
