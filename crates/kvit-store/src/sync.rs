//! How far the copies are.

use kvit_domain::{Timestamp, id::PaymentId};
use rusqlite::{OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    payments::payment_id,
    rows::{number, stamp, time},
    store::{Level, Store},
};

/// How far reading all payments is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncState {
    /// All were read once.
    pub first_done: bool,
    /// Where the first reading goes on: below this one.
    pub before: Option<PaymentId>,
    /// How many were taken by it.
    pub taken: u64,
    /// When a reading was last finished.
    pub finished: Option<Timestamp>,
}

impl Store {
    /// How far it is; the default: nothing was read.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn sync_state(&self) -> Result<SyncState, StoreFault> {
        self.read(|look| {
            let row: Option<(bool, Option<i64>, u64, Option<String>)> = look
                .prepare_cached("SELECT first_done, before, taken, finished FROM sync")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?;
            let Some((first_done, before, taken, finished)) = row else {
                return Ok(SyncState::default());
            };
            Ok(SyncState {
                first_done,
                before: before.map(payment_id).transpose()?,
                taken,
                finished: match finished {
                    Some(text) => Some(time("end of a reading", &text)?),
                    None => None,
                },
            })
        })
    }

    /// Keeps how far it is. Commits come to the disk in their order, so it is never ahead of the copies.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn keep_sync_state(&self, state: &SyncState) -> Result<(), StoreFault> {
        self.write(Level::Copy, "sync", |step| {
            step.prepare_cached(
                "INSERT INTO sync (one, first_done, before, taken, finished) VALUES (1, ?1, ?2, ?3, ?4)
                 ON CONFLICT (one) DO UPDATE SET first_done = excluded.first_done, before = excluded.before,
                                                 taken = excluded.taken, finished = excluded.finished",
            )?
            .execute(params![
                state.first_done,
                state.before.map(|id| number(id.get())),
                number(state.taken),
                state.finished.map(stamp),
            ])?;
            Ok(())
        })
    }
}
