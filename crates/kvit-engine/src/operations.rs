//! The operations of an account: who may start one, and how silence is resolved.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    id::{DealId, InvoiceId, PaymentId},
    money::Sats,
};
use tokio::time::Instant;

use crate::{
    journal::Journal,
    look::Sight,
    operation::{Intent, Look, Operation, OperationId, OperationState, Step, StepKind},
    pace::Pace,
};

/// Settled operations that are held; the journal has them all.
const SETTLED_HELD: usize = 200;

/// Settled operations looked through at the start for those that are still to be watched.
const LOOKED_THROUGH: u32 = 200;

/// Looks written down one by one; of a long wait only every so manieth after that.
const LOOKS_NOTED: u32 = 20;

/// All open operations of an account, those settled lately, and the journal that has every one.
pub(crate) struct Operations {
    all: Mutex<BTreeMap<u64, Entry>>,
    journal: Journal,
    pace: Pace,
    /// Something of the journal is missing: until then what it held may still arrive, and nobody knows what that is.
    doubt: Option<Instant>,
    /// The account is being removed. Changed only while `all` is locked.
    closed: AtomicBool,
}

#[derive(Debug)]
struct Entry {
    operation: Operation,
    /// When it was written down or, if that was in an earlier run, found in the journal.
    began: Instant,
    /// Since when nothing is heard, by a clock that nobody sets.
    quiet: Option<Instant>,
    /// Found in the journal at the start, and nobody looks after it yet.
    orphan: bool,
}

/// The moment a person pressed the button: what was read for them from here on is younger than every operation
/// before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    number: u64,
    /// What was read for it may be older than a call that is missing in the journal.
    doubtful: bool,
}

type All = BTreeMap<u64, Entry>;

fn next(all: &All) -> u64 {
    all.last_key_value().map_or(0, |(last, _)| last.saturating_add(1))
}

impl Operations {
    /// The operations of a journal; begins with those that were open when the app ended and those that are still to be
    /// watched. In `doubt` something of the journal may be missing.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn kept_in(journal: Journal, pace: Pace, doubt: bool, now: Timestamp) -> Result<Self, Fault> {
        let found = journal.open()?;
        let mut operations = journal.unwatched(LOOKED_THROUGH)?;
        operations.extend(found.operations);
        operations.sort_by_key(|operation| operation.prepared);
        for operation in operations.iter().filter(|one| one.state.is_open()) {
            journal.change(operation, &[Step::new(StepKind::Resumed, now)])?;
        }
        // The app that wrote them has ended, so the last call left before now.
        let began = Instant::now();
        let entry = |operation| Entry {
            operation,
            began,
            quiet: Some(began),
            orphan: true,
        };
        Ok(Self {
            all: Mutex::new((0..).zip(operations.into_iter().map(entry)).collect()),
            journal,
            pace,
            doubt: (doubt || !found.whole).then(|| began + pace.last_arrival),
            closed: AtomicBool::new(false),
        })
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The journal.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// To be called before anything is read for an act.
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt {
            number: next(&self.lock()),
            doubtful: self.in_doubt(),
        }
    }

    /// Something of the journal is missing, and what it held may still arrive.
    pub(crate) fn in_doubt(&self) -> bool {
        self.doubt.is_some_and(|end| Instant::now() < end)
    }

    /// Begins an operation, unless another one on the same invoice, payment or deal is open, or was done since the
    /// attempt began (what was read for this one is older than that), or was met with silence and can still be
    /// repeated by the front proxy (what it then makes could not be told from what this one makes). Looking and
    /// taking are one step: two windows that press at once get one operation, however slow one of them reads.
    ///
    /// When it returns, the operation is on the disk.
    ///
    /// # Errors
    /// `OperationInProgress`, with value `operation` unless a damaged journal does not tell which;
    /// `AccountNotFound` once [`Operations::close`]d; a fault of the store if it cannot be written down.
    pub(crate) fn begin(&self, intent: Intent, now: Timestamp, attempt: Attempt) -> Result<Operation, Fault> {
        if attempt.doubtful {
            return Err(Fault::new(FaultCode::OperationInProgress).money_unknown());
        }
        let mut all = self.lock();
        if self.closed.load(Ordering::Relaxed) {
            return Err(FaultCode::AccountNotFound.into());
        }
        let in_the_way = all.iter().find(|(number, entry)| {
            let Entry { operation, .. } = entry;
            let done_meanwhile =
                **number >= attempt.number && matches!(operation.state, OperationState::Done(_));
            let may_be_repeated = operation.was_silent && !operation.watched && operation.intent.act.makes();
            (operation.state.is_open() || done_meanwhile || may_be_repeated)
                && touches(&operation.intent, &intent)
        });
        if let Some((_, other)) = in_the_way {
            return Err(in_progress(&other.operation));
        }
        let operation = Operation::new(OperationId::new_v4(), self.journal.account(), intent, now);
        // What cannot be written down is not sent.
        self.journal.begin(&operation)?;
        let number = next(&all);
        let entry = Entry {
            operation: operation.clone(),
            began: Instant::now(),
            quiet: None,
            orphan: false,
        };
        all.insert(number, entry);
        let settled = |entry: &Entry| !entry.operation.state.is_open() && entry.operation.watched;
        let surplus = all.values().filter(|entry| settled(entry)).count();
        if surplus > SETTLED_HELD
            && let Some(oldest) = all
                .iter()
                .find(|(_, entry)| settled(entry))
                .map(|(number, _)| *number)
        {
            all.remove(&oldest);
        }
        Ok(operation)
    }

    /// Lets nothing be begun any more.
    ///
    /// # Errors
    /// `OperationInProgress` while one is open; then everything is as it was.
    pub(crate) fn close(&self) -> Result<(), Fault> {
        let all = self.lock();
        match all.values().find(|entry| entry.operation.state.is_open()) {
            Some(entry) => Err(in_progress(&entry.operation)),
            None => {
                self.closed.store(true, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Takes [`Operations::close`] back.
    pub(crate) fn reopen(&self) {
        let _all = self.lock();
        self.closed.store(false, Ordering::Relaxed);
    }

    /// Changes an operation and writes it down with its steps; gives it back as it is then.
    pub(crate) fn change(
        &self,
        id: OperationId,
        now: Timestamp,
        mut steps: Vec<Step>,
        change: impl FnOnce(&mut Operation),
    ) -> Option<Operation> {
        let mut all = self.lock();
        let entry = all.values_mut().find(|entry| entry.operation.id == id)?;
        let before = entry.operation.clone();
        change(&mut entry.operation);
        if matches!(entry.operation.state, OperationState::Unknown { .. }) {
            entry.quiet.get_or_insert_with(Instant::now);
        }
        if before.state.is_open() && !entry.operation.state.is_open() {
            entry.operation.settled = Some(now);
            if entry.operation.state == OperationState::ProvenAbsent || !entry.operation.intent.act.makes() {
                // Proven by looks later than anything can arrive; or nothing that could be made twice.
                entry.operation.watched = true;
            }
        }
        steps.extend(consequence(&before, &entry.operation, now));
        let operation = entry.operation.clone();
        let only_looked = matches!(
            (&before.state, &operation.state),
            (OperationState::Unknown { .. }, OperationState::Unknown { .. })
        ) && before.doubles == operation.doubles
            && before.refunds == operation.refunds;
        let only_sent = operation.state == OperationState::Sent;
        if only_looked {
            for step in &steps {
                self.journal.note(id, step);
            }
        } else if only_sent {
            // The row says "prepared", which at the next start means the same: whether it left nobody can tell. One
            // sync before the call is enough.
        } else if let Err(fault) = self
            .journal
            .note_twins(&before, &operation)
            .and_then(|()| self.journal.change(&operation, &steps))
        {
            // At the next start it is looked after once more; nothing worse.
            tracing::warn!(%fault, operation = %id, "the journal still has it as it was");
        }
        Some(operation)
    }

    /// Those that the journal had and nobody looks after; from now on the caller does.
    pub(crate) fn take_orphans(&self) -> Vec<Operation> {
        self.lock()
            .values_mut()
            .filter_map(|entry| std::mem::take(&mut entry.orphan).then(|| entry.operation.clone()))
            .collect()
    }

    /// One operation, whenever it was.
    ///
    /// # Errors
    /// `OperationNotFound`, or a fault of the store.
    pub(crate) fn get(&self, id: OperationId) -> Result<Operation, Fault> {
        let held = self.held(id);
        held.map_or_else(|| self.journal.operation(id), Ok)
    }

    fn held(&self, id: OperationId) -> Option<Operation> {
        self.lock()
            .values()
            .find(|entry| entry.operation.id == id)
            .map(|entry| entry.operation.clone())
    }

    /// How long nothing has been heard of an operation.
    fn quiet(&self, id: OperationId) -> Duration {
        self.lock()
            .values()
            .find(|entry| entry.operation.id == id)
            .and_then(|entry| entry.quiet)
            .map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How long an operation must still be watched.
    pub(crate) fn to_watch(&self, id: OperationId) -> Duration {
        self.lock()
            .values()
            .find(|entry| entry.operation.id == id)
            .map_or(Duration::ZERO, |entry| {
                self.pace.last_arrival.saturating_sub(entry.began.elapsed())
            })
    }

    /// Those that are not settled, oldest first.
    pub(crate) fn open(&self) -> Vec<Operation> {
        self.lock()
            .values()
            .filter(|entry| entry.operation.state.is_open())
            .map(|entry| entry.operation.clone())
            .collect()
    }

    /// The one that stands in the way of paying this invoice.
    pub(crate) fn on_invoice(&self, invoice: InvoiceId) -> Option<Operation> {
        self.open()
            .into_iter()
            .find(|op| op.intent.invoice == Some(invoice))
    }

    /// The open one about this payment.
    pub(crate) fn on_payment(&self, payment: PaymentId) -> Option<Operation> {
        self.open()
            .into_iter()
            .find(|op| op.intent.payment == Some(payment))
    }

    /// Did another operation make this payment, or was it found to be another one's double?
    pub(crate) fn is_of_another(&self, id: OperationId, payment: PaymentId) -> bool {
        let claims = |operation: &Operation| {
            operation.id != id
                && operation.intent.act.pays()
                && (operation.state == OperationState::Done(Some(payment))
                    || operation.doubles.contains(&payment))
        };
        self.lock().values().any(|entry| claims(&entry.operation))
            || self
                .journal
                .about(payment)
                .is_ok_and(|found| found.iter().any(claims))
    }

    /// Did another operation on the same payment make this refund, or was it found to be another one's double?
    pub(crate) fn refund_is_of_another(
        &self,
        id: OperationId,
        payment: Option<PaymentId>,
        refund: InvoiceId,
    ) -> bool {
        let claims = |operation: &Operation| operation.id != id && operation.refunds.contains(&refund);
        self.lock().values().any(|entry| claims(&entry.operation))
            || payment.is_some_and(|payment| {
                self.journal
                    .about(payment)
                    .is_ok_and(|found| found.iter().any(claims))
            })
    }

    /// The payment of the intent that this one is a double of.
    pub(crate) fn twin_of(&self, payment: PaymentId) -> Option<PaymentId> {
        self.journal.twin_of(payment)
    }

    /// Satoshi in operations whose outcome is not known.
    pub(crate) fn unresolved(&self) -> Sats {
        self.open()
            .iter()
            .filter(|op| !matches!(op.state, OperationState::Prepared | OperationState::Sent))
            .filter_map(|op| op.intent.amount)
            .sum()
    }

    /// Looks until the operation is settled, at most `most` times when given.
    ///
    /// `look` finds out whether the act happened; `report` hears of every change.
    pub(crate) async fn resolve<L, F, N, R>(
        &self,
        id: OperationId,
        look: L,
        now: N,
        report: R,
        most: Option<u32>,
    ) where
        L: Fn() -> F,
        F: Future<Output = Sight>,
        N: Fn() -> Timestamp,
        R: Fn(&Operation),
    {
        let mut made = 0;
        loop {
            let Some(operation) = self.held(id) else { return };
            let looks = match operation.state {
                OperationState::Unknown { looks, .. } => looks,
                OperationState::NeedsAPerson => u32::MAX,
                _ => return,
            };
            if most.is_some_and(|most| made >= most) {
                return;
            }
            tokio::time::sleep(self.pace.wait_before(looks)).await;
            crate::point!("act.look");
            let (began, quiet) = (now(), self.quiet(id));
            let sight = look().await;
            let worth_noting =
                looks < LOOKS_NOTED || looks % LOOKS_NOTED == 0 || matches!(sight.look, Look::Found(_));
            let late = operation.is_late(began, quiet, &self.pace);
            let steps = if worth_noting {
                vec![looked(&sight, late, began)]
            } else {
                Vec::new()
            };
            let settle = |op: &mut Operation| {
                op.looked(&sight.look, began, quiet, &self.pace);
                if let OperationState::Done(payment) = op.state {
                    op.made_too(sight.beyond(payment), &sight.refunds);
                    op.otherwise = sight.otherwise;
                }
            };
            if let Some(operation) = self.change(id, now(), steps, settle) {
                report(&operation);
            }
            made += 1;
        }
    }
}

/// A look, for the record.
pub(crate) fn looked(sight: &Sight, late: bool, began: Timestamp) -> Step {
    let found = match sight.look {
        Look::Found(_) => "found",
        Look::Nothing => "nothing",
        Look::Failed => "failed",
    };
    let mut step = Step::new(StepKind::Looked, began)
        .with("found", found)
        .with("late", if late { "yes" } else { "no" });
    if let Some(newest) = sight.newest {
        step = step.with("newest", newest);
    }
    if let Some(balance) = sight.balance {
        step = step.with("balance", balance);
    }
    if let Some(refund) = sight.refunds.first() {
        step = step.with("invoice", refund);
    }
    step
}

/// What a change means, for the record.
fn consequence(before: &Operation, after: &Operation, now: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    if std::mem::discriminant(&before.state) != std::mem::discriminant(&after.state) {
        match &after.state {
            OperationState::Done(payment) => {
                let mut step = Step::new(StepKind::Done, now);
                if let Some(payment) = payment {
                    step = step.with("payment", payment);
                }
                if let Some(refund) = after.refunds.first() {
                    step = step.with("invoice", refund);
                }
                steps.push(step);
            }
            OperationState::Refused(fault) => {
                steps.push(Step::new(StepKind::Refused, now).with("code", fault.code.name()));
            }
            OperationState::ProvenAbsent => steps.push(Step::new(StepKind::ProvenAbsent, now)),
            OperationState::NeedsAPerson => steps.push(Step::new(StepKind::NeedsAPerson, now)),
            OperationState::Prepared | OperationState::Sent | OperationState::Unknown { .. } => {}
        }
    }
    for double in after
        .doubles
        .iter()
        .filter(|payment| !before.doubles.contains(payment))
    {
        steps.push(Step::new(StepKind::Double, now).with("payment", double));
    }
    for double in after
        .refunds
        .iter()
        .skip(1)
        .filter(|refund| !before.refunds.contains(refund))
    {
        steps.push(Step::new(StepKind::Double, now).with("invoice", double));
    }
    let differs = |operation: &Operation| operation.taken.is_some_and(|taken| taken.differs);
    if (differs(after) && !differs(before)) || (after.otherwise && !before.otherwise) {
        steps.push(Step::new(StepKind::Differs, now));
    }
    steps
}

/// The fault of an act that another one stands in the way of.
pub(crate) fn in_progress(other: &Operation) -> Fault {
    Fault::new(FaultCode::OperationInProgress)
        .with("operation", other.id)
        .money_unknown()
}

/// Are two acts in each other's way? What is said of somebody is in the way of what else is said there, not of money.
fn touches(one: &Intent, other: &Intent) -> bool {
    fn same<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
        matches!((one, other), (Some(one), Some(other)) if one == other)
    }
    if one.act.says() != other.act.says() {
        return false;
    }
    same::<InvoiceId>(one.invoice, other.invoice)
        || same::<PaymentId>(one.payment, other.payment)
        || same::<DealId>(one.deal, other.deal)
}

#[cfg(test)]
mod tests {
    use kvit_store::Store;

    use super::*;
    use crate::{account::AccountId, operation::Act};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn operations() -> Operations {
        let journal = Journal::new(Store::in_memory(NOW).unwrap(), AccountId::nil());
        Operations::kept_in(journal, Pace::REAL, false, NOW).unwrap()
    }

    fn paying(invoice: u64) -> Intent {
        Intent {
            invoice: InvoiceId::new(invoice),
            pieces: Some(1),
            amount: Some(Sats::new(500).unwrap()),
            ..Intent::of(Act::PayFromBalance)
        }
    }

    fn change(operations: &Operations, id: OperationId, change: impl FnOnce(&mut Operation)) {
        operations.change(id, NOW, Vec::new(), change).unwrap();
    }

    #[test]
    fn an_invoice_with_an_open_operation_takes_no_second_one() {
        let operations = operations();
        let begin = |invoice| operations.begin(paying(invoice), NOW, operations.attempt());
        let first = begin(88).unwrap();
        assert_eq!(begin(88).unwrap_err().code, FaultCode::OperationInProgress);
        assert!(begin(89).is_ok());
        change(&operations, first.id, Operation::sent);
        assert_eq!(operations.unresolved(), Sats::ZERO, "on its way, not unknown");
        change(&operations, first.id, Operation::silence);
        assert_eq!(begin(88).unwrap_err().code, FaultCode::OperationInProgress);
        assert_eq!(operations.unresolved(), Sats::new(500).unwrap());
        change(&operations, first.id, |op| op.done(PaymentId::new(1)));
        assert_eq!(
            begin(88).unwrap_err().code,
            FaultCode::OperationInProgress,
            "after silence the front proxy may still repeat it"
        );
        change(&operations, first.id, |op| op.watched = true);
        assert!(begin(88).is_ok());
    }

    #[test]
    fn after_an_answer_the_same_invoice_can_be_paid_again_at_once() {
        let operations = operations();
        let first = operations.begin(paying(88), NOW, operations.attempt()).unwrap();
        change(&operations, first.id, |op| op.done(PaymentId::new(1)));
        assert!(operations.begin(paying(88), NOW, operations.attempt()).is_ok());
    }

    /// A double click whose second half read everything before the first half paid, and begins after it was done.
    #[test]
    fn what_was_read_before_another_one_was_done_is_too_old() {
        let operations = operations();
        let (one, two) = (operations.attempt(), operations.attempt());
        let first = operations.begin(paying(88), NOW, one).unwrap();
        change(&operations, first.id, |op| op.done(PaymentId::new(1)));
        let refused = operations.begin(paying(88), NOW, two).unwrap_err();
        assert_eq!(refused.code, FaultCode::OperationInProgress);
        assert_eq!(refused.value("operation"), Some(first.id.to_string().as_str()));
        assert!(operations.begin(paying(89), NOW, two).is_ok(), "another invoice");
    }

    #[test]
    fn a_refusal_meanwhile_stands_in_nobody_s_way() {
        let operations = operations();
        let attempt = operations.attempt();
        let first = operations.begin(paying(88), NOW, attempt).unwrap();
        change(&operations, first.id, |op| {
            op.refused(FaultCode::InsufficientBalance.into())
        });
        assert!(operations.begin(paying(88), NOW, attempt).is_ok());
    }

    #[test]
    fn a_payment_belongs_to_the_operation_that_made_it() {
        let operations = operations();
        let seven = PaymentId::new(7).unwrap();
        let first = operations.begin(paying(88), NOW, operations.attempt()).unwrap();
        change(&operations, first.id, |op| op.done(Some(seven)));
        assert!(!operations.is_of_another(first.id, seven));
        let second = operations.begin(paying(88), NOW, operations.attempt()).unwrap();
        assert!(operations.is_of_another(second.id, seven));
    }

    #[test]
    fn in_doubt_nothing_is_begun() {
        let journal = Journal::new(Store::in_memory(NOW).unwrap(), AccountId::nil());
        let operations = Operations::kept_in(journal, Pace::REAL, true, NOW).unwrap();
        let refused = operations
            .begin(paying(88), NOW, operations.attempt())
            .unwrap_err();
        assert_eq!(refused.code, FaultCode::OperationInProgress);
    }

    /// The journal has what is not held any more.
    #[test]
    fn what_was_settled_long_ago_is_still_found() {
        let operations = operations();
        let mut ids = Vec::new();
        for number in 1..=210 {
            let op = operations
                .begin(paying(number), NOW, operations.attempt())
                .unwrap();
            change(&operations, op.id, |op| {
                op.done(PaymentId::new(number));
                op.watched = true;
            });
            ids.push(op.id);
        }
        assert!(operations.lock().len() <= SETTLED_HELD + 2);
        assert!(operations.held(ids[0]).is_none());
        let first = operations.get(ids[0]).unwrap();
        assert_eq!(first.state, OperationState::Done(PaymentId::new(1)));
        assert_eq!(operations.journal().page(None, 500).unwrap().len(), 210);
    }

    #[test]
    fn every_step_is_on_record() {
        let operations = operations();
        let op = operations.begin(paying(88), NOW, operations.attempt()).unwrap();
        change(&operations, op.id, Operation::sent);
        let silence = Step::new(StepKind::Silence, NOW).with("code", "TimedOut");
        operations
            .change(op.id, NOW, vec![silence], Operation::silence)
            .unwrap();
        change(&operations, op.id, |op| op.done(PaymentId::new(7)));
        change(&operations, op.id, |op| op.doubles.extend(PaymentId::new(8)));
        let kinds: Vec<_> = operations
            .journal()
            .steps(op.id)
            .unwrap()
            .iter()
            .map(|step| step.kind)
            .collect();
        assert_eq!(
            kinds,
            [
                StepKind::Prepared,
                StepKind::Silence,
                StepKind::Done,
                StepKind::Double
            ]
        );
    }
}
