//! What can be fetched again is kept within bounds.

use kvit_domain::{Timestamp, picture::PictureId};
use rusqlite::params;

use super::bytes_of;
use crate::{
    fault::StoreFault,
    rows::stamp,
    store::{Level, Store},
};

/// Pictures that the marketplace has, and of which bytes lie here.
const EVICTABLE: &str = "held > 0 AND state IN ('uploaded', 'received')";

impl Store {
    /// A picture was looked at. A loss of power may take this.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn touch_picture(&self, id: PictureId, at: Timestamp) -> Result<(), StoreFault> {
        self.write(Level::Copy, "picture_used", |step| {
            step.prepare_cached("UPDATE pictures SET used = ?2 WHERE id = ?1 AND used < ?2")?
                .execute(params![bytes_of(id), stamp(at)])?;
            Ok(())
        })
    }

    /// Drops the bytes of received and uploaded pictures, those first that were not looked at for longest, until the rest has
    /// at most so many; what is said of them stays. Those that are not at the marketplace yet are never touched. Returns how
    /// many bytes were dropped.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is dropped then.
    pub fn evict_pictures(&self, limit: u64) -> Result<u64, StoreFault> {
        self.write(Level::Copy, "evicted", |step| {
            let mut held: u64 = step
                .prepare_cached(&format!(
                    "SELECT coalesce(sum(held), 0) FROM pictures WHERE {EVICTABLE}"
                ))?
                .query_row([], |row| row.get(0))?;
            let mut dropped: u64 = 0;
            while held > limit {
                let (id, bytes): (Vec<u8>, u64) = step
                    .prepare_cached(&format!(
                        "SELECT id, held FROM pictures WHERE {EVICTABLE} ORDER BY used LIMIT 1"
                    ))?
                    .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                step.prepare_cached("DELETE FROM picture_bytes WHERE picture = ?1")?
                    .execute([&id])?;
                step.prepare_cached("UPDATE pictures SET held = 0 WHERE id = ?1")?
                    .execute([&id])?;
                held = held.saturating_sub(bytes);
                dropped = dropped.saturating_add(bytes);
            }
            Ok(dropped)
        })
    }
}
