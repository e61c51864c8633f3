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

use crate::journal::Journal;
use crate::operation::{Intent, LAST_ARRIVAL, Look, Operation, OperationId, OperationState};

/// Waits between looks: soon at first, then every half minute.
const WAITS: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
];

/// How long to wait before look number `looks` (from 0).
pub(crate) fn wait_before(looks: u32) -> Duration {
    let last = WAITS.len() - 1;
    WAITS
        .get(usize::try_from(looks).unwrap_or(last).min(last))
        .copied()
        .unwrap_or(Duration::from_secs(30))
}

/// All operations of an account, and the journal that has the open ones on disk.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    all: Mutex<BTreeMap<u64, Entry>>,
    journal: Option<Journal>,
    /// The journal was damaged: until then what it held may still arrive, and nobody knows what that is.
    doubt: Option<Instant>,
    /// The account is being removed. Changed only while `all` is locked.
    closed: AtomicBool,
}

#[derive(Debug)]
struct Entry {
    operation: Operation,
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
    /// What was read for it may be older than a call that a damaged journal had.
    doubtful: bool,
}

type All = BTreeMap<u64, Entry>;

fn next(all: &All) -> u64 {
    all.last_key_value().map_or(0, |(last, _)| last.saturating_add(1))
}

impl Operations {
    /// Operations that are kept in a journal; begins with those that were open when the app ended.
    pub(crate) fn kept_in(journal: Journal) -> Self {
        let entry = |operation| Entry {
            operation,
            quiet: Some(Instant::now()),
            orphan: true,
        };
        let found = journal.read();
        let all = (0..).zip(found.operations.into_iter().map(entry)).collect();
        Self {
            all: Mutex::new(all),
            journal: Some(journal),
            // The app that wrote it has ended, so the last call left before now.
            closed: AtomicBool::new(false),
            doubt: (!found.whole).then(|| Instant::now() + LAST_ARRIVAL.unsigned_abs()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be called before anything is read for an act.
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt {
            number: next(&self.lock()),
            doubtful: self.doubt.is_some_and(|end| Instant::now() < end),
        }
    }

    /// Begins an operation, unless another one on the same invoice, payment or deal is open, or was done since the
    /// attempt began: what was read for this one is older than that. Looking and taking are one step: two windows
    /// that press at once get one operation, however slow one of them reads.
    ///
    /// # Errors
    /// `OperationInProgress`, with value `operation` unless a damaged journal does not tell which;
    /// `AccountNotFound` once [`Operations::close`]d; `SettingsUnwritable` if it cannot be written down.
    pub(crate) fn begin(&self, intent: Intent, now: Timestamp, attempt: Attempt) -> Result<Operation, Fault> {
        if attempt.doubtful {
            return Err(Fault::new(FaultCode::OperationInProgress).money_unknown());
        }
        let mut all = self.lock();
        if self.closed.load(Ordering::Relaxed) {
            return Err(FaultCode::AccountNotFound.into());
        }
        let in_the_way = all.iter().find(|(number, entry)| {
            let state = &entry.operation.state;
            let done_meanwhile = **number >= attempt.number && matches!(state, OperationState::Done(_));
            (state.is_open() || done_meanwhile) && touches(&entry.operation.intent, &intent)
        });
        if let Some((_, other)) = in_the_way {
            return Err(in_progress(&other.operation));
        }
        let operation = Operation::new(OperationId::new_v4(), intent, now);
        let number = next(&all);
        let entry = Entry {
            operation: operation.clone(),
            quiet: None,
            orphan: false,
        };
        all.insert(number, entry);
        if let Err(fault) = self.keep(&all) {
            // What cannot be written down is not sent.
            all.remove(&number);
            return Err(fault);
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

    /// Changes an operation; gives it back as it is then.
    pub(crate) fn change(&self, id: OperationId, change: impl FnOnce(&mut Operation)) -> Option<Operation> {
        let mut all = self.lock();
        let entry = all.values_mut().find(|entry| entry.operation.id == id)?;
        let was_open = entry.operation.state.is_open();
        change(&mut entry.operation);
        if matches!(entry.operation.state, OperationState::Unknown { .. }) {
            entry.quiet.get_or_insert_with(Instant::now);
        }
        let operation = entry.operation.clone();
        if was_open != operation.state.is_open()
            && let Err(fault) = self.keep(&all)
        {
            // At the next start it is looked after once more; nothing worse.
            tracing::warn!(%fault, operation = %id, "settled, but the journal still has it as open");
        }
        Some(operation)
    }

    /// Those that the journal had and nobody looks after; from now on the caller does.
    pub(crate) fn take_orphans(&self) -> Vec<OperationId> {
        self.lock()
            .values_mut()
            .filter_map(|entry| std::mem::take(&mut entry.orphan).then_some(entry.operation.id))
            .collect()
    }

    /// Writes the open ones to the journal.
    fn keep(&self, all: &All) -> Result<(), Fault> {
        match &self.journal {
            Some(journal) => journal.write(all.values().map(|entry| &entry.operation)),
            None => Ok(()),
        }
    }

    /// One operation.
    pub(crate) fn get(&self, id: OperationId) -> Option<Operation> {
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

    /// Those that are not settled, oldest first.
    pub(crate) fn open(&self) -> Vec<Operation> {
        self.lock()
            .values()
            .filter(|entry| entry.operation.state.is_open())
            .map(|entry| entry.operation.clone())
            .collect()
    }

    /// The open one on this invoice.
    pub(crate) fn on_invoice(&self, invoice: InvoiceId) -> Option<Operation> {
        self.open()
            .into_iter()
            .find(|op| op.intent.invoice == Some(invoice))
    }

    /// Satoshi in operations whose outcome is not known.
    pub(crate) fn unresolved(&self) -> Sats {
        self.open()
            .iter()
            .filter(|op| !matches!(op.state, OperationState::Sent))
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
        F: Future<Output = Look>,
        N: Fn() -> Timestamp,
        R: Fn(&Operation),
    {
        let mut made = 0;
        loop {
            let Some(operation) = self.get(id) else { return };
            let looks = match operation.state {
                OperationState::Unknown { looks, .. } => looks,
                OperationState::NeedsAPerson => u32::MAX,
                _ => return,
            };
            if most.is_some_and(|most| made >= most) {
                return;
            }
            tokio::time::sleep(wait_before(looks)).await;
            let (began, quiet) = (now(), self.quiet(id));
            let found = look().await;
            if let Some(operation) = self.change(id, |op| op.looked(&found, began, quiet)) {
                report(&operation);
            }
            made += 1;
        }
    }
}

/// The fault of an act that another one stands in the way of.
pub(crate) fn in_progress(other: &Operation) -> Fault {
    Fault::new(FaultCode::OperationInProgress)
        .with("operation", other.id)
        .money_unknown()
}

fn touches(one: &Intent, other: &Intent) -> bool {
    fn same<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
        matches!((one, other), (Some(one), Some(other)) if one == other)
    }
    same::<InvoiceId>(one.invoice, other.invoice)
        || same::<PaymentId>(one.payment, other.payment)
        || same::<DealId>(one.deal, other.deal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Act;

    fn paying(invoice: u64) -> Intent {
        Intent {
            act: Act::PayFromBalance,
            invoice: InvoiceId::new(invoice),
            payment: None,
            deal: None,
            pieces: Some(1),
            amount: Some(Sats::new(500).unwrap()),
            fiat: None,
            ad: None,
            counterparty: None,
            mark: None,
        }
    }

    #[test]
    fn an_invoice_with_an_open_operation_takes_no_second_one() {
        let operations = Operations::default();
        let now = Timestamp::UNIX_EPOCH;
        let begin = |invoice| operations.begin(paying(invoice), now, operations.attempt());
        let first = begin(88).unwrap();
        assert_eq!(begin(88).unwrap_err().code, FaultCode::OperationInProgress);
        assert!(begin(89).is_ok());
        operations.change(first.id, Operation::silence);
        assert_eq!(begin(88).unwrap_err().code, FaultCode::OperationInProgress);
        assert_eq!(operations.unresolved(), Sats::new(500).unwrap());
        operations.change(first.id, |op| op.done(PaymentId::new(1)));
        assert!(begin(88).is_ok());
    }

    /// A double click whose second half read everything before the first half paid, and begins after it was done.
    #[test]
    fn what_was_read_before_another_one_was_done_is_too_old() {
        let operations = Operations::default();
        let now = Timestamp::UNIX_EPOCH;
        let (one, two) = (operations.attempt(), operations.attempt());
        let first = operations.begin(paying(88), now, one).unwrap();
        operations.change(first.id, |op| op.done(PaymentId::new(1)));
        let refused = operations.begin(paying(88), now, two).unwrap_err();
        assert_eq!(refused.code, FaultCode::OperationInProgress);
        assert_eq!(refused.value("operation"), Some(first.id.to_string().as_str()));
        assert!(operations.begin(paying(89), now, two).is_ok(), "another invoice");
    }

    #[test]
    fn a_refusal_meanwhile_stands_in_nobody_s_way() {
        let operations = Operations::default();
        let now = Timestamp::UNIX_EPOCH;
        let attempt = operations.attempt();
        let first = operations.begin(paying(88), now, attempt).unwrap();
        operations.change(first.id, |op| op.refused(FaultCode::InsufficientBalance.into()));
        assert!(operations.begin(paying(88), now, attempt).is_ok());
    }
}
