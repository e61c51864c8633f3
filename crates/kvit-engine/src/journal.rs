//! The journal of an account: its open operations in a small file, written whole and synced before the first byte of
//! an act leaves, so that an app that is killed still knows what it may have done.
//!
//! Only open operations are kept: what is settled the marketplace itself can tell. A journal that cannot be read,
//! wholly or in part, says so: then nothing may be begun before the latest moment at which what it held could arrive.

use std::path::PathBuf;

use kvit_domain::{
    Timestamp,
    fault::Fault,
    money::{Fiat, Sats},
};
use serde::{Deserialize, Serialize};

use crate::{
    account::AccountId,
    files::Files,
    operation::{Act, Intent, Operation, OperationId},
};

/// The journal of one account.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    files: Files,
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

/// Name of the file in the folder of the account.
const NAME: &str = "operations.json";

impl Journal {
    pub(crate) fn new(files: Files, account: AccountId) -> Self {
        Self { files, account }
    }

    fn name(&self) -> PathBuf {
        Files::account_name(self.account).join(NAME)
    }

    /// The operations that were open when the app ended. Whether they happened nobody knows yet.
    pub(crate) fn read(&self) -> Found {
        let Ok(entries) = self.files.read_whole::<Vec<serde_json::Value>>(self.name()) else {
            return Found {
                operations: Vec::new(),
                whole: false,
            };
        };
        let number = entries.len();
        let operations: Vec<Operation> = entries
            .into_iter()
            .filter_map(|entry| serde_json::from_value::<Kept>(entry).ok()?.to_operation())
            .collect();
        let whole = operations.len() == number;
        if !whole {
            tracing::error!("an operation in the journal cannot be read; set aside");
            self.files.set_aside(self.name());
            if let Err(fault) = self.write(operations.iter()) {
                tracing::error!(%fault, "the rest of the journal is not written");
            }
        }
        Found { operations, whole }
    }

    /// Writes the open ones among `operations`; when it returns they are on the disk.
    ///
    /// # Errors
    /// `SettingsUnwritable`; then the file is as it was.
    pub(crate) fn write<'a>(&self, operations: impl Iterator<Item = &'a Operation>) -> Result<(), Fault> {
        let kept: Vec<Kept> = operations
            .filter(|one| one.state.is_open())
            .map(Kept::from)
            .collect();
        self.files.account(self.account)?;
        self.files.write(self.name(), &kept)
    }
}

/// An operation as the file has it: everything as text, so that nothing depends on our types.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    id: OperationId,
    act: KeptAct,
    sent: String,
    invoice: Option<String>,
    payment: Option<String>,
    deal: Option<String>,
    pieces: Option<u32>,
    sats: Option<String>,
    fiat: Option<(String, String)>,
    ad: Option<String>,
    counterparty: Option<String>,
    mark: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptAct {
    PayFromBalance,
    PayByDeal,
    PayByBestDeal,
    CancelPayment,
    DeclarePaid,
    CancelDeal,
}

impl From<&Operation> for Kept {
    fn from(operation: &Operation) -> Self {
        let intent = &operation.intent;
        Self {
            id: operation.id,
            act: match intent.act {
                Act::PayFromBalance => KeptAct::PayFromBalance,
                Act::PayByDeal => KeptAct::PayByDeal,
                Act::PayByBestDeal => KeptAct::PayByBestDeal,
                Act::CancelPayment => KeptAct::CancelPayment,
                Act::DeclarePaid => KeptAct::DeclarePaid,
                Act::CancelDeal => KeptAct::CancelDeal,
            },
            sent: operation.sent.to_string(),
            invoice: intent.invoice.map(|id| id.to_string()),
            payment: intent.payment.map(|id| id.to_string()),
            deal: intent.deal.map(|id| id.to_string()),
            pieces: intent.pieces,
            sats: intent.amount.map(|amount| amount.to_string()),
            fiat: intent
                .fiat
                .map(|fiat| (fiat.amount_text(), fiat.currency().to_string())),
            ad: intent.ad.map(|id| id.to_string()),
            counterparty: intent.counterparty.clone(),
            mark: intent.mark.map(|id| id.to_string()),
        }
    }
}

impl Kept {
    /// The operation, its outcome not known; `None` if a field is not what it should be.
    fn to_operation(&self) -> Option<Operation> {
        fn read<T: std::str::FromStr>(text: Option<&String>) -> Option<Option<T>> {
            text.map_or(Some(None), |text| text.parse().ok().map(Some))
        }
        let fiat = match &self.fiat {
            Some((amount, currency)) => Some(Fiat::new(amount.parse().ok()?, currency.parse().ok()?).ok()?),
            None => None,
        };
        let intent = Intent {
            act: match self.act {
                KeptAct::PayFromBalance => Act::PayFromBalance,
                KeptAct::PayByDeal => Act::PayByDeal,
                KeptAct::PayByBestDeal => Act::PayByBestDeal,
                KeptAct::CancelPayment => Act::CancelPayment,
                KeptAct::DeclarePaid => Act::DeclarePaid,
                KeptAct::CancelDeal => Act::CancelDeal,
            },
            invoice: read(self.invoice.as_ref())?,
            payment: read(self.payment.as_ref())?,
            deal: read(self.deal.as_ref())?,
            pieces: self.pieces,
            amount: read::<Sats>(self.sats.as_ref())?,
            fiat,
            ad: read(self.ad.as_ref())?,
            counterparty: self.counterparty.clone(),
            mark: read(self.mark.as_ref())?,
        };
        let mut operation = Operation::new(self.id, intent, self.sent.parse::<Timestamp>().ok()?);
        operation.silence();
        Some(operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::OperationState;
    use kvit_domain::id::{AdvertisementId, DealId, InvoiceId, PaymentId};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_intended_comes_back_and_its_outcome_is_not_known(
            act in 0u8..6,
            numbers in proptest::array::uniform5(proptest::option::of(1u64..=i64::MAX as u64)),
            pieces in proptest::option::of(0u32..),
            sats in proptest::option::of(0i64..=2_100_000_000_000_000),
            cents in proptest::option::of(0i64..100_000_000_000_000),
            counterparty in proptest::option::of("\\PC{0,20}"),
            second in 0i64..4_000_000_000,
        ) {
            let [invoice, payment, deal, ad, mark] = numbers;
            let intent = Intent {
                act: [
                    Act::PayFromBalance, Act::PayByDeal, Act::PayByBestDeal,
                    Act::CancelPayment, Act::DeclarePaid, Act::CancelDeal,
                ][act as usize],
                invoice: invoice.and_then(InvoiceId::new),
                payment: payment.and_then(PaymentId::new),
                deal: deal.and_then(DealId::new),
                pieces,
                amount: sats.map(|count| Sats::new(count).unwrap()),
                fiat: cents.map(|cents| {
                    Fiat::new(kvit_domain::Decimal::new(cents, 2), "EUR".parse().unwrap()).unwrap()
                }),
                ad: ad.and_then(AdvertisementId::new),
                counterparty,
                mark: mark.and_then(PaymentId::new),
            };
            let sent = Timestamp::from_second(second).unwrap();
            let mut operation = Operation::new(OperationId::new_v4(), intent, sent);
            let folder = tempfile::tempdir().unwrap();
            let files = Files::open(folder.path().join("kvit")).unwrap();
            let account = AccountId::new_v4();
            let journal = Journal::new(files, account);
            journal.write([&operation].into_iter()).unwrap();
            let read = journal.read();
            operation.silence();
            prop_assert!(read.whole);
            prop_assert_eq!(&read.operations, &[operation.clone()]);
            let unknown = matches!(read.operations[0].state, OperationState::Unknown { .. });
            prop_assert!(unknown, "whether it happened nobody knows");
            operation.done(None);
            journal.write([&operation].into_iter()).unwrap();
            prop_assert!(journal.read().operations.is_empty(), "what is settled is not kept");
        }
    }

    #[test]
    fn one_bad_entry_costs_no_other_and_is_kept_aside() {
        let intent = Intent {
            act: Act::CancelDeal,
            invoice: None,
            payment: None,
            deal: DealId::new(7),
            pieces: None,
            amount: None,
            fiat: None,
            ad: None,
            counterparty: None,
            mark: None,
        };
        let operation = Operation::new(OperationId::new_v4(), intent, Timestamp::UNIX_EPOCH);
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().to_owned()).unwrap();
        let account = AccountId::new_v4();
        let journal = Journal::new(files.clone(), account);
        journal.write([&operation].into_iter()).unwrap();
        assert!(journal.read().whole);

        let mut entries: Vec<serde_json::Value> = files.read(journal.name());
        entries.push(serde_json::json!({ "act": "of_a_later_version" }));
        files.write(journal.name(), &entries).unwrap();
        let found = journal.read();
        assert!(!found.whole);
        assert_eq!(found.operations.len(), 1);
        let aside = journal.name().with_extension("damaged.json");
        assert_eq!(files.read::<Vec<serde_json::Value>>(aside), entries);
        assert_eq!(
            journal.read().operations,
            found.operations,
            "the good one stays written"
        );
    }
}
