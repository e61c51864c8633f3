//! The operations of a session: who may start one, and how silence is resolved.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    id::{DealId, InvoiceId, PaymentId},
    money::Sats,
};

use crate::operation::{Intent, Look, Operation, OperationId, OperationState};

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

/// All operations of a session, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    all: Mutex<BTreeMap<(Timestamp, OperationId), Operation>>,
}

impl Operations {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Timestamp, OperationId), Operation>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an operation, unless another one on the same invoice, payment or deal is open. Looking and taking are
    /// one step: two windows that press at once get one operation.
    pub(crate) fn begin(&self, intent: Intent, now: Timestamp) -> Result<Operation, Fault> {
        let mut all = self.lock();
        if let Some(other) = all
            .values()
            .find(|op| op.state.is_open() && touches(&op.intent, &intent))
        {
            return Err(Fault::new(FaultCode::OperationInProgress)
                .with("operation", other.id)
                .money_unknown());
        }
        let operation = Operation::new(OperationId::new_v4(), intent, now);
        all.insert((now, operation.id), operation.clone());
        Ok(operation)
    }

    /// Changes an operation; gives it back as it is then.
    pub(crate) fn change(&self, id: OperationId, change: impl FnOnce(&mut Operation)) -> Option<Operation> {
        let mut all = self.lock();
        let operation = all.values_mut().find(|op| op.id == id)?;
        change(operation);
        Some(operation.clone())
    }

    /// One operation.
    pub(crate) fn get(&self, id: OperationId) -> Option<Operation> {
        self.lock().values().find(|op| op.id == id).cloned()
    }

    /// Those that are not settled.
    pub(crate) fn open(&self) -> Vec<Operation> {
        self.lock()
            .values()
            .filter(|op| op.state.is_open())
            .cloned()
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

    /// Looks until the operation is settled or a person is needed, at most `looks` times when given.
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
            let OperationState::Unknown { looks, .. } = operation.state else {
                return;
            };
            if most.is_some_and(|most| made >= most) {
                return;
            }
            tokio::time::sleep(wait_before(looks)).await;
            let began = now();
            let found = look().await;
            if let Some(operation) = self.change(id, |op| op.looked(&found, began)) {
                report(&operation);
            }
            made += 1;
        }
    }
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
            counterparty: None,
            mark: None,
        }
    }

    #[test]
    fn an_invoice_with_an_open_operation_takes_no_second_one() {
        let operations = Operations::default();
        let now = Timestamp::UNIX_EPOCH;
        let first = operations.begin(paying(88), now).unwrap();
        assert_eq!(
            operations.begin(paying(88), now).unwrap_err().code,
            FaultCode::OperationInProgress
        );
        assert!(operations.begin(paying(89), now).is_ok());
        operations.change(first.id, Operation::silence);
        assert_eq!(
            operations.begin(paying(88), now).unwrap_err().code,
            FaultCode::OperationInProgress
        );
        assert_eq!(operations.unresolved(), Sats::new(500).unwrap());
        operations.change(first.id, |op| op.done(PaymentId::new(1)));
        assert!(operations.begin(paying(88), now).is_ok());
    }
}
