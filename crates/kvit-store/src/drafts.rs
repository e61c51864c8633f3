//! What the person began to write.

use rusqlite::{OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    store::{Level, Store},
};

/// Longest draft, and longest name of a place, in bytes.
const TEXT_LIMIT: usize = 64 * 1024;
const PLACE_LIMIT: usize = 200;

impl Store {
    /// Puts a draft on the disk, in the place of the earlier one there; an empty one goes.
    ///
    /// # Errors
    /// `Invalid` for what is too long; damage; the disk. Nothing is kept then.
    pub fn keep_draft(&self, place: &str, text: &str) -> Result<(), StoreFault> {
        if text.len() > TEXT_LIMIT || place.len() > PLACE_LIMIT {
            return Err(StoreFault::Invalid("the draft is too long".to_owned()));
        }
        self.write(Level::Durable, "drafts", |step| {
            if text.is_empty() {
                step.prepare_cached("DELETE FROM drafts WHERE place = ?1")?
                    .execute([place])?;
            } else {
                step.prepare_cached(
                    "INSERT INTO drafts (place, text) VALUES (?1, ?2) ON CONFLICT (place) DO UPDATE SET text = excluded.text",
                )?
                .execute(params![place, text])?;
            }
            Ok(())
        })
    }

    /// The draft of a place.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn draft(&self, place: &str) -> Result<Option<String>, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT text FROM drafts WHERE place = ?1")?
                .query_row([place], |row| row.get(0))
                .optional()?)
        })
    }
}
