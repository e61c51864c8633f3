//! The journal of an account: every operation as a row of its store, written and synced before the first byte of an
//! act leaves, so that an app that is killed still knows what it may have done; and its steps, with what was seen.
//!
//! Rows are text, so that nothing on disk depends on our types. What is settled stays: the journal is a record, and
//! what this computer paid is told from it.

use std::path::Path;

use kvit_domain::{
    fault::{Fault, FaultCode},
    feedback::Feedback,
    id::{AdvertisementId, DealId, InvoiceId, PaymentId},
    money::{Fiat, Sats},
};
use kvit_store::{OperationRow, StepRow, Store};
use serde::{Deserialize, Serialize};

use crate::{
    account::AccountId,
    files,
    kept_fault::KeptFault,
    operation::{Act, Intent, Operation, OperationId, OperationState, Step, StepKind, TakenSum},
    store_faults::fault_of,
};

/// Name of the plain file in the folder of the account in which the first version kept its open operations.
const FIRST_VERSION: &str = "operations.json";

/// The journal of one account.
#[derive(Clone)]
pub(crate) struct Journal {
    store: Store,
    account: AccountId,
}

/// What the journal had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Those that could be read.
    pub(crate) operations: Vec<Operation>,
    /// Nothing was lost.
    pub(crate) whole: bool,
}

impl Journal {
    pub(crate) fn new(store: Store, account: AccountId) -> Self {
        Self { store, account }
    }

    /// The account.
    pub(crate) fn account(&self) -> AccountId {
        self.account
    }

    /// Writes a new operation down; when it returns, it is on the disk.
    ///
    /// # Errors
    /// A fault of the store; then nothing may be sent.
    pub(crate) fn begin(&self, operation: &Operation) -> Result<(), Fault> {
        let step = Step::new(StepKind::Prepared, operation.prepared);
        self.store
            .begin_operation(&row_of(operation)?, &row_of_step(&step)?)
            .map(|_| ())
            .map_err(|error| fault_of(&error))
    }

    /// Writes what became of an operation; when it returns, it is on the disk.
    ///
    /// # Errors
    /// A fault of the store. The row is as it was: at the next start the operation is looked after once more.
    pub(crate) fn change(&self, operation: &Operation, steps: &[Step]) -> Result<(), Fault> {
        let steps = steps.iter().map(row_of_step).collect::<Result<Vec<_>, _>>()?;
        self.store
            .change_operation(&row_of(operation)?, &steps)
            .map_err(|error| fault_of(&error))
    }

    /// Notes of each double that came to light which payment it doubles. It is on the disk when the change of the
    /// operation is, which is written after it.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn note_twins(&self, before: &Operation, after: &Operation) -> Result<(), Fault> {
        let OperationState::Done(Some(made)) = after.state else {
            return Ok(());
        };
        let fresh = after
            .doubles
            .iter()
            .filter(|double| !before.doubles.contains(double));
        for double in fresh {
            self.store
                .keep_mark(&twin_mark(*double), made.get())
                .map_err(|error| fault_of(&error))?;
        }
        Ok(())
    }

    /// The payment of the same intent that was made before this one.
    pub(crate) fn twin_of(&self, double: PaymentId) -> Option<PaymentId> {
        let made = self.store.mark(&twin_mark(double)).ok().flatten()?;
        PaymentId::new(made)
    }

    /// Notes a step that changes nothing: what a look saw. Evidence, not needed to decide; it may be lost in a crash.
    pub(crate) fn note(&self, id: OperationId, step: &Step) {
        let noted = row_of_step(step)
            .and_then(|row| self.store.note_step(id, &row).map_err(|error| fault_of(&error)));
        if let Err(fault) = noted {
            tracing::warn!(%fault, operation = %id, "a step was not noted");
        }
    }

    /// The operations that were open when the app ended. Whether they happened nobody knows yet.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn open(&self) -> Result<Found, Fault> {
        let rows = self.store.open_operations().map_err(|error| fault_of(&error))?;
        let number = rows.len();
        let operations: Vec<Operation> = rows
            .iter()
            .filter_map(|(_, row)| operation_of(row, self.account))
            .map(|mut operation| {
                operation.silence();
                operation
            })
            .collect();
        let whole = operations.len() == number;
        if !whole {
            tracing::error!("an operation in the journal cannot be read");
        }
        Ok(Found { operations, whole })
    }

    /// Settled ones that nobody has watched to the end, newest first.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn unwatched(&self, count: u32) -> Result<Vec<Operation>, Fault> {
        Ok(self
            .page(None, count)?
            .into_iter()
            .map(|(_, operation)| operation)
            .filter(|operation| {
                operation.intent.act.makes() && !operation.state.is_open() && !operation.watched
            })
            .collect())
    }

    /// A page, newest first, with the numbers to go on from.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn page(&self, before: Option<u64>, count: u32) -> Result<Vec<(u64, Operation)>, Fault> {
        let rows = self
            .store
            .operations(before, count)
            .map_err(|error| fault_of(&error))?;
        Ok(rows
            .iter()
            .filter_map(|(number, row)| Some((*number, operation_of(row, self.account)?)))
            .collect())
    }

    /// One operation.
    ///
    /// # Errors
    /// `OperationNotFound`, or a fault of the store.
    pub(crate) fn operation(&self, id: OperationId) -> Result<Operation, Fault> {
        let found = self.store.operation(id).map_err(|error| fault_of(&error))?;
        found
            .and_then(|(_, row)| operation_of(&row, self.account))
            .ok_or_else(|| FaultCode::OperationNotFound.into())
    }

    /// Its steps, in order.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn steps(&self, id: OperationId) -> Result<Vec<Step>, Fault> {
        let rows = self.store.steps(id).map_err(|error| fault_of(&error))?;
        Ok(rows.iter().filter_map(step_of).collect())
    }

    /// The operations that made a payment or were about it, newest first.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn about(&self, payment: PaymentId) -> Result<Vec<Operation>, Fault> {
        let rows = self
            .store
            .operations_about(payment)
            .map_err(|error| fault_of(&error))?;
        Ok(rows
            .iter()
            .rev()
            .filter_map(|(_, row)| operation_of(row, self.account))
            .collect())
    }

    /// Takes over what the first version kept in a plain file beside the store, once. `false`: there was something that
    /// could not be read; the file stays under another name.
    ///
    /// # Errors
    /// A fault of the store; the file stays as it is.
    pub(crate) fn take_over(&self, folder: &Path) -> Result<bool, Fault> {
        let path = folder.join(FIRST_VERSION);
        let Ok(bytes) = files::read_bounded(&path) else {
            return Ok(true);
        };
        let Ok(entries) = serde_json::from_slice::<Vec<serde_json::Value>>(&bytes) else {
            files::set_aside(&path);
            return Ok(false);
        };
        let number = entries.len();
        let kept: Vec<Operation> = entries
            .into_iter()
            .filter_map(|entry| {
                serde_json::from_value::<FirstVersion>(entry)
                    .ok()?
                    .to_operation(self.account)
            })
            .collect();
        for operation in &kept {
            if self.operation(operation.id).is_err() {
                self.begin(operation)?;
            }
        }
        if kept.len() == number {
            files::remove(&path);
            Ok(true)
        } else {
            files::set_aside(&path);
            Ok(false)
        }
    }
}

/// Mark of a payment that was made by a repetition: the number of the one that was meant.
fn twin_mark(double: PaymentId) -> String {
    format!("twin of {double}")
}

/// What the columns do not have, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Body {
    #[serde(flatten)]
    intent: KeptIntent,
    looks: u32,
    made: Option<String>,
    refused: Option<KeptFault>,
    taken_sats: Option<String>,
    taken_fiat: Option<(String, String)>,
    differs: bool,
    doubles: Vec<String>,
    refunds: Vec<String>,
    otherwise: bool,
    was_silent: bool,
    watched: bool,
}

/// An intent as text.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct KeptIntent {
    invoice: Option<String>,
    payment: Option<String>,
    refund_of: Option<String>,
    known_refund: Option<String>,
    said: Option<KeptFeedback>,
    deal: Option<String>,
    pieces: Option<u32>,
    sats: Option<String>,
    fiat: Option<(String, String)>,
    ad: Option<String>,
    counterparty: Option<String>,
    mark: Option<String>,
    balance: Option<String>,
}

/// Feedback that is to be given, as text.
#[derive(Debug, Serialize, Deserialize)]
struct KeptFeedback {
    positive: bool,
    text: String,
}

/// An open operation as the first version's file had it.
#[derive(Debug, Deserialize)]
struct FirstVersion {
    id: OperationId,
    act: String,
    sent: String,
    #[serde(flatten)]
    intent: KeptIntent,
}

impl FirstVersion {
    fn to_operation(&self, account: AccountId) -> Option<Operation> {
        let intent = self.intent.read(act_of(&self.act)?)?;
        Some(Operation::new(self.id, account, intent, self.sent.parse().ok()?))
    }
}

impl KeptIntent {
    fn of(intent: &Intent) -> Self {
        Self {
            invoice: intent.invoice.map(|id| id.to_string()),
            payment: intent.payment.map(|id| id.to_string()),
            refund_of: intent.refund_of.map(|id| id.to_string()),
            known_refund: intent.known_refund.map(|id| id.to_string()),
            said: intent.said.as_ref().map(|said| KeptFeedback {
                positive: said.positive,
                text: said.text.clone(),
            }),
            deal: intent.deal.map(|id| id.to_string()),
            pieces: intent.pieces,
            sats: intent.amount.map(|amount| amount.to_string()),
            fiat: intent.fiat.map(kept_fiat),
            ad: intent.ad.map(|id| id.to_string()),
            counterparty: intent.counterparty.clone(),
            mark: intent.mark.map(|id| id.to_string()),
            balance: intent.balance.map(|amount| amount.to_string()),
        }
    }

    /// `None` if a value that is there cannot be read: half an intent is none.
    fn read(&self, act: Act) -> Option<Intent> {
        Some(Intent {
            act,
            invoice: read::<InvoiceId>(self.invoice.as_deref())?,
            payment: read::<PaymentId>(self.payment.as_deref())?,
            refund_of: read::<PaymentId>(self.refund_of.as_deref())?,
            known_refund: read::<InvoiceId>(self.known_refund.as_deref())?,
            said: self.said.as_ref().map(|said| Feedback {
                positive: said.positive,
                text: said.text.clone(),
                created: None,
            }),
            deal: read::<DealId>(self.deal.as_deref())?,
            pieces: self.pieces,
            amount: read::<Sats>(self.sats.as_deref())?,
            fiat: read_fiat(self.fiat.as_ref())?,
            ad: read::<AdvertisementId>(self.ad.as_deref())?,
            counterparty: self.counterparty.clone(),
            mark: read::<PaymentId>(self.mark.as_deref())?,
            balance: read::<Sats>(self.balance.as_deref())?,
        })
    }
}

fn kept_fiat(fiat: Fiat) -> (String, String) {
    (fiat.amount().to_string(), fiat.currency().to_string())
}

/// `None`: there, but not readable.
fn read<T: std::str::FromStr>(text: Option<&str>) -> Option<Option<T>> {
    match text {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

fn read_fiat(kept: Option<&(String, String)>) -> Option<Option<Fiat>> {
    match kept {
        None => Some(None),
        Some((amount, currency)) => Fiat::new(amount.parse().ok()?, currency.parse().ok()?)
            .ok()
            .map(Some),
    }
}

fn word_of(act: Act) -> &'static str {
    match act {
        Act::PayFromBalance => "pay_from_balance",
        Act::PayByDeal => "pay_by_deal",
        Act::PayByBestDeal => "pay_by_best_deal",
        Act::CancelPayment => "cancel_payment",
        Act::DeclarePaid => "declare_paid",
        Act::CancelDeal => "cancel_deal",
        Act::GivePaymentFeedback => "give_payment_feedback",
        Act::GiveDealFeedback => "give_deal_feedback",
        Act::CreateRefund => "create_refund",
        Act::WithdrawRefund => "withdraw_refund",
    }
}

fn act_of(word: &str) -> Option<Act> {
    Act::ALL.into_iter().find(|act| word_of(*act) == word)
}

fn state_word(state: &OperationState) -> &'static str {
    match state {
        OperationState::Prepared | OperationState::Sent => "prepared",
        OperationState::Unknown { .. } => "unknown",
        OperationState::Done(_) => "done",
        OperationState::Refused(_) => "refused",
        OperationState::ProvenAbsent => "proven_absent",
        OperationState::NeedsAPerson => "needs_a_person",
    }
}

fn internal(error: &dyn std::error::Error) -> Fault {
    tracing::error!(%error, "an operation cannot be written as text");
    FaultCode::Internal.into()
}

fn row_of(operation: &Operation) -> Result<OperationRow, Fault> {
    let mut body = Body {
        intent: KeptIntent::of(&operation.intent),
        doubles: operation.doubles.iter().map(ToString::to_string).collect(),
        refunds: operation.refunds.iter().map(ToString::to_string).collect(),
        otherwise: operation.otherwise,
        was_silent: operation.was_silent,
        watched: operation.watched,
        ..Body::default()
    };
    match &operation.state {
        OperationState::Unknown { looks, .. } => body.looks = *looks,
        OperationState::Done(payment) => body.made = payment.map(|id| id.to_string()),
        OperationState::Refused(fault) => {
            body.refused = Some(KeptFault::of(fault));
        }
        _ => {}
    }
    if let Some(taken) = operation.taken {
        body.taken_sats = Some(taken.amount.to_string());
        body.taken_fiat = taken.fiat.map(kept_fiat);
        body.differs = taken.differs;
    }
    Ok(OperationRow {
        id: operation.id,
        act: word_of(operation.intent.act).to_owned(),
        state: state_word(&operation.state).to_owned(),
        open: operation.state.is_open(),
        prepared: operation.prepared,
        settled: operation.settled,
        invoice: operation.intent.invoice,
        payment: operation.payment(),
        deal: operation.intent.deal,
        body: serde_json::to_string(&body).map_err(|error| internal(&error))?,
    })
}

fn operation_of(row: &OperationRow, account: AccountId) -> Option<Operation> {
    let body: Body = serde_json::from_str(&row.body).ok()?;
    let made = read::<PaymentId>(body.made.as_deref())?;
    let state = match row.state.as_str() {
        "prepared" => OperationState::Prepared,
        "unknown" => OperationState::Unknown {
            looks: body.looks,
            absent: 0,
        },
        "done" => OperationState::Done(made),
        "refused" => OperationState::Refused(body.refused?.read()?),
        "proven_absent" => OperationState::ProvenAbsent,
        "needs_a_person" => OperationState::NeedsAPerson,
        _ => return None,
    };
    let taken = match read::<Sats>(body.taken_sats.as_deref())? {
        None => None,
        Some(amount) => Some(TakenSum {
            amount,
            fiat: read_fiat(body.taken_fiat.as_ref())?,
            differs: body.differs,
        }),
    };
    Some(Operation {
        id: row.id,
        account,
        intent: body.intent.read(act_of(&row.act)?)?,
        prepared: row.prepared,
        state,
        settled: row.settled,
        taken,
        doubles: body.doubles.iter().filter_map(|id| id.parse().ok()).collect(),
        refunds: body.refunds.iter().filter_map(|id| id.parse().ok()).collect(),
        otherwise: body.otherwise,
        was_silent: body.was_silent,
        watched: body.watched,
    })
}

fn row_of_step(step: &Step) -> Result<StepRow, Fault> {
    Ok(StepRow {
        at: step.at,
        what: step.kind.word().to_owned(),
        body: serde_json::to_string(&step.values).map_err(|error| internal(&error))?,
    })
}

fn step_of(row: &StepRow) -> Option<Step> {
    Some(Step {
        at: row.at,
        kind: StepKind::ALL.into_iter().find(|kind| kind.word() == row.what)?,
        values: serde_json::from_str(&row.body).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvit_domain::Timestamp;
    use proptest::prelude::*;

    fn journal() -> Journal {
        Journal::new(Store::in_memory(Timestamp::UNIX_EPOCH).unwrap(), AccountId::nil())
    }

    prop_compose! {
        fn intents()(
            act in 0usize..Act::ALL.len(),
            numbers in proptest::array::uniform7(proptest::option::of(1u64..=i64::MAX as u64)),
            said in proptest::option::of((any::<bool>(), "\\PC{0,20}")),
            pieces in proptest::option::of(0u32..),
            sats in proptest::array::uniform2(proptest::option::of(0i64..=2_100_000_000_000_000)),
            cents in proptest::option::of(0i64..100_000_000_000_000),
            counterparty in proptest::option::of("\\PC{0,20}"),
        ) -> Intent {
            let [invoice, payment, deal, ad, mark, refund_of, known_refund] = numbers;
            let [amount, balance] = sats.map(|count| count.map(|count| Sats::new(count).unwrap()));
            Intent {
                act: Act::ALL[act],
                invoice: invoice.and_then(InvoiceId::new),
                payment: payment.and_then(PaymentId::new),
                refund_of: refund_of.and_then(PaymentId::new),
                known_refund: known_refund.and_then(InvoiceId::new),
                said: said.map(|(positive, text)| Feedback { positive, text, created: None }),
                deal: deal.and_then(DealId::new),
                pieces,
                amount,
                fiat: cents.map(|cents| {
                    Fiat::new(kvit_domain::Decimal::new(cents, 2), "EUR".parse().unwrap()).unwrap()
                }),
                ad: ad.and_then(AdvertisementId::new),
                counterparty,
                mark: mark.and_then(PaymentId::new),
                balance,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_was_intended_comes_back_and_its_outcome_is_not_known(intent in intents(), second in 0i64..4_000_000_000) {
            let prepared = Timestamp::from_second(second).unwrap();
            let mut operation = Operation::new(OperationId::new_v4(), AccountId::nil(), intent, prepared);
            let journal = journal();
            journal.begin(&operation).unwrap();
            let found = journal.open().unwrap();
            operation.silence();
            prop_assert!(found.whole);
            prop_assert_eq!(&found.operations, &[operation.clone()]);
        }

        #[test]
        fn what_is_settled_stays_as_it_was_settled(intent in intents(), end in 0u8..3, made in 1u64..1_000_000, doubles in 0usize..3) {
            let mut operation = Operation::new(OperationId::new_v4(), AccountId::nil(), intent, Timestamp::UNIX_EPOCH);
            let journal = journal();
            journal.begin(&operation).unwrap();
            operation.silence();
            match end {
                0 => operation.done(PaymentId::new(made)),
                1 => operation.state = OperationState::Refused(
                    Fault::new(FaultCode::TooManyPieces).with("max", made).said("The invoice does not have enough pieces."),
                ),
                _ => operation.state = OperationState::ProvenAbsent,
            }
            operation.settled = Some(Timestamp::from_second(9).unwrap());
            operation.doubles = (0..doubles as u64).filter_map(|more| PaymentId::new(made + more + 1)).collect();
            operation.refunds = (0..doubles as u64).filter_map(|more| InvoiceId::new(made + more)).collect();
            operation.otherwise = doubles == 1;
            operation.taken = Some(TakenSum { amount: Sats::new(5).unwrap(), fiat: operation.intent.fiat, differs: true });
            let step = Step::new(StepKind::Looked, Timestamp::UNIX_EPOCH).with("found", "nothing");
            journal.change(&operation, std::slice::from_ref(&step)).unwrap();
            prop_assert!(journal.open().unwrap().operations.is_empty());
            prop_assert_eq!(journal.operation(operation.id).unwrap(), operation.clone());
            prop_assert_eq!(journal.page(None, 10).unwrap().len(), 1);
            let steps = journal.steps(operation.id).unwrap();
            prop_assert_eq!(steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [StepKind::Prepared, StepKind::Looked]);
            prop_assert_eq!(steps.last(), Some(&step));
        }
    }

    #[test]
    fn the_first_version_s_file_is_taken_over_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FIRST_VERSION);
        let id = OperationId::new_v4();
        let entry = serde_json::json!({
            "id": id, "act": "pay_from_balance", "sent": "2026-03-02T09:00:00Z", "invoice": "88",
            "payment": null, "deal": null, "pieces": 2, "sats": "240000", "fiat": null, "ad": null,
            "counterparty": "shop", "mark": "1207",
        });
        std::fs::write(&path, serde_json::to_vec(&[&entry]).unwrap()).unwrap();
        let journal = journal();
        assert_eq!(journal.take_over(folder.path()), Ok(true));
        assert!(!path.exists());
        let found = journal.open().unwrap().operations;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].intent.mark, PaymentId::new(1207));
        assert_eq!(journal.take_over(folder.path()), Ok(true), "once is enough");

        let bad = serde_json::json!({ "act": "of_another_version" });
        std::fs::write(&path, serde_json::to_vec(&[&bad]).unwrap()).unwrap();
        assert_eq!(journal.take_over(folder.path()), Ok(false));
        assert!(folder.path().join("operations.damaged.json").exists());
    }
}
