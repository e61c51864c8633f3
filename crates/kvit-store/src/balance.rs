//! The balance, as it changed.

use kvit_domain::{Timestamp, balance::Balance};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{
    fault::StoreFault,
    rows::{sats, stamp, time},
    store::{Level, Store},
};

struct Columns {
    at: String,
    counts: [i64; 3],
}

impl Columns {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get(0)?,
            counts: [row.get(1)?, row.get(2)?, row.get(3)?],
        })
    }

    fn balance(&self) -> Result<(Balance, Timestamp), StoreFault> {
        let [confirmed, unconfirmed, deposited] = self.counts;
        let balance = Balance {
            confirmed: sats("confirmed balance", confirmed)?,
            unconfirmed: sats("unconfirmed balance", unconfirmed)?,
            deposited: sats("deposited balance", deposited)?,
        };
        Ok((balance, time("time of a balance", &self.at)?))
    }
}

fn newest(look: &Connection) -> Result<Option<(Balance, Timestamp)>, StoreFault> {
    look.prepare_cached(
        "SELECT read, confirmed, unconfirmed, deposited FROM balances ORDER BY number DESC LIMIT 1",
    )?
    .query_row([], Columns::of)
    .optional()?
    .map(|columns| columns.balance())
    .transpose()
}

impl Store {
    /// Keeps a balance as it came: a new row where it changed, otherwise the time of its last reading. Whether it changed.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn keep_balance(&self, balance: Balance, at: Timestamp) -> Result<bool, StoreFault> {
        self.write(Level::Copy, "balance", |step| {
            let same = newest(step)?.is_some_and(|(kept, _)| kept == balance);
            if same {
                step.prepare_cached(
                    "UPDATE balances SET read = ?1 WHERE number = (SELECT max(number) FROM balances)",
                )?
                .execute([stamp(at)])?;
            } else {
                step.prepare_cached(
                    "INSERT INTO balances (at, read, confirmed, unconfirmed, deposited) VALUES (?1, ?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    stamp(at),
                    balance.confirmed.get(),
                    balance.unconfirmed.get(),
                    balance.deposited.get()
                ])?;
            }
            Ok(!same)
        })
    }

    /// The balance as last read, and when.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn balance(&self) -> Result<Option<(Balance, Timestamp)>, StoreFault> {
        self.read(newest)
    }

    /// What the balance became, and when that was first read: the last `count` changes since then, oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn balances(&self, since: Timestamp, count: u32) -> Result<Vec<(Balance, Timestamp)>, StoreFault> {
        self.read(|look| {
            let mut statement = look.prepare_cached(
                "SELECT at, confirmed, unconfirmed, deposited FROM balances WHERE at >= ?1 ORDER BY number DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![stamp(since), count])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(Columns::of(row)?.balance()?);
            }
            found.reverse();
            Ok(found)
        })
    }
}
