//! Numbers by name: how far something was read.

use rusqlite::{OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    store::{Level, Store},
};

/// Longest name of a place, in bytes.
const PLACE_LIMIT: usize = 200;

impl Store {
    /// Keeps the mark of a place, in the place of the earlier one. A loss of power may take the last change.
    ///
    /// # Errors
    /// `Invalid` beyond 2^63-1 and for a name that is too long; damage; the disk. Nothing is kept then.
    pub fn keep_mark(&self, place: &str, number: u64) -> Result<(), StoreFault> {
        let number = i64::try_from(number)
            .ok()
            .filter(|_| place.len() <= PLACE_LIMIT)
            .ok_or_else(|| StoreFault::Invalid("not a mark".to_owned()))?;
        self.write(Level::Copy, "marks", |step| {
            step.prepare_cached(
                "INSERT INTO marks (place, number) VALUES (?1, ?2) ON CONFLICT (place) DO UPDATE SET number = excluded.number",
            )?
            .execute(params![place, number])?;
            Ok(())
        })
    }

    /// The mark of a place.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn mark(&self, place: &str) -> Result<Option<u64>, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT number FROM marks WHERE place = ?1")?
                .query_row([place], |row| row.get(0))
                .optional()?)
        })
    }
}
