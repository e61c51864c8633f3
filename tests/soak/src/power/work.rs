//! A process that uses the store as the engine does, and says on standard output what is acknowledged.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kvit_domain::{Timestamp, id::InvoiceId};
use kvit_store::{OperationRow, StepRow, Store, StoreFault, StoreKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::talk::say;

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Written down: from here on the call may leave.
    Prepared,
    /// Settled.
    Done,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Done => "done",
        }
    }
}

/// The store said that it has this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Number of the operation.
    pub number: u32,
    /// How far it is.
    pub stage: Stage,
}

/// A key for a run of this seed.
pub fn key(seed: u64) -> String {
    format!("{seed:064x}")
}

/// The same as the store takes it.
///
/// # Errors
/// It is no key.
pub fn store_key(key: &str) -> Result<StoreKey> {
    StoreKey::from_hex(&key.to_owned().into()).context("no key")
}

fn id(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

/// How far an operation is by the store.
///
/// # Errors
/// It cannot be read, or is not what was written.
pub fn stage_of(store: &Store, number: u32) -> Result<Option<Stage>, StoreFault> {
    let Some((_, row)) = store.operation(id(number))? else {
        return Ok(None);
    };
    let stage = [Stage::Prepared, Stage::Done]
        .into_iter()
        .find(|stage| row == operation(number, *stage));
    match stage {
        Some(stage) => Ok(Some(stage)),
        None => Err(StoreFault::Damaged(format!("operation {number} is another one"))),
    }
}

fn operation(number: u32, stage: Stage) -> OperationRow {
    let at = Timestamp::from_second(1_772_442_000 + i64::from(number)).unwrap_or(Timestamp::UNIX_EPOCH);
    OperationRow {
        id: id(number),
        act: "pay_from_balance".to_owned(),
        state: stage.word().to_owned(),
        open: stage == Stage::Prepared,
        prepared: at,
        settled: (stage == Stage::Done).then_some(at),
        invoice: InvoiceId::new(u64::from(number) + 1),
        payment: None,
        deal: None,
        // Of different lengths, so that frames of the log begin everywhere in a page.
        body: format!(
            "{{\"note\":\"{}\"}}",
            "x".repeat(usize::try_from(number * 97 % 3_000).unwrap_or_default())
        ),
    }
}

fn step(number: u32, what: &str) -> StepRow {
    let at = Timestamp::from_second(1_772_442_000 + i64::from(number)).unwrap_or(Timestamp::UNIX_EPOCH);
    StepRow {
        at,
        what: what.to_owned(),
        body: "{}".to_owned(),
    }
}

/// Opens the store, writes so many operations in two sessions, and closes it.
///
/// # Errors
/// The store fails.
pub fn work(folder: &Path, key: &str, operations: u32) -> Result<()> {
    let halves = [0..operations / 2, operations / 2..operations];
    for half in halves {
        let opened = Store::open(folder, &store_key(key)?, 0, Timestamp::UNIX_EPOCH)?;
        ensure!(opened.doubt.is_none(), "{:?} from the start", opened.doubt);
        let store = opened.store;
        for number in half {
            store.begin_operation(&operation(number, Stage::Prepared), &step(number, "prepared"))?;
            say(&Acknowledged {
                number,
                stage: Stage::Prepared,
            });
            // Not durable by themselves; they lie between what is.
            store.note_step(id(number), &step(number, "looked"))?;
            store.keep_mark("sync", u64::from(number))?;
            if number % 5 == 4 {
                store.keep_draft("pay", &"words ".repeat(usize::try_from(number)?))?;
            }
            if number % 3 != 2 {
                store.change_operation(&operation(number, Stage::Done), &[step(number, "done")])?;
                say(&Acknowledged {
                    number,
                    stage: Stage::Done,
                });
            }
        }
        store.close();
    }
    Ok(())
}
