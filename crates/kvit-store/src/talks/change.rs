//! What the person does with talks: begins, reads, deletes.

use std::collections::HashSet;

use kvit_domain::{Timestamp, id::MessageId, message::Talk, person::Person};
use rusqlite::{OptionalExtension as _, params};

use super::{
    keep::{insert, is_kept, unread},
    unknown,
};
use crate::{
    fault::StoreFault,
    rows::{keep_person, number, read_person},
    store::{Level, Store},
};

impl Store {
    /// Makes a talk that exists here only, as its first message is being written. One that is there already is only brought
    /// back where it was hidden.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn begin_talk(
        &self,
        talk: Talk,
        with: &Person,
        subject: &str,
        at: Timestamp,
    ) -> Result<(), StoreFault> {
        self.write(Level::Copy, "talk", |step| {
            if is_kept(step, talk)? {
                step.prepare_cached("UPDATE talks SET hidden = 0 WHERE name = ?1 AND hidden = 1")?
                    .execute([talk.to_string()])?;
                return Ok(());
            }
            // How they stand may have been read later than this.
            if read_person(step, with.id)?.is_none() {
                keep_person(step, with, at, &mut HashSet::new())?;
            }
            insert(step, talk, with, subject, at).map(|_| ())
        })
    }

    /// The person has read a talk up to this message; whether that is news. It never goes back, nor beyond the newest
    /// message that is kept. A loss of power may take the last change.
    ///
    /// # Errors
    /// `Invalid` for a talk that is not kept; damage; the disk. Nothing is kept then.
    pub fn read_up_to(&self, talk: Talk, message: MessageId) -> Result<bool, StoreFault> {
        self.write(Level::Copy, "talk_read", |step| {
            let (row, read_to, last): (i64, i64, i64) = step
                .prepare_cached("SELECT number, read_to, last FROM talks WHERE name = ?1")?
                .query_row([talk.to_string()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?
                .ok_or_else(unknown)?;
            let read = number(message.get()).min(last);
            if read <= read_to {
                return Ok(false);
            }
            step.prepare_cached("UPDATE talks SET read_to = ?2 WHERE number = ?1")?
                .execute([row, read])?;
            step.prepare_cached("UPDATE talks SET unread = ?2 WHERE number = ?1")?
                .execute(params![row, unread(step, row)?])?;
            Ok(true)
        })
    }

    /// The person has read all there is, or was told of it elsewhere, as before the first synchronisation; whether
    /// anything was unread.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn read_all_talks(&self) -> Result<bool, StoreFault> {
        self.write(Level::Copy, "talks_read", |step| {
            let read = step
                .prepare_cached("UPDATE talks SET read_to = last, unread = 0 WHERE unread > 0")?
                .execute([])?;
            Ok(read > 0)
        })
    }

    /// Hides a talk, or brings it back. On the disk when it returns.
    ///
    /// # Errors
    /// `Invalid` for a talk that is not kept; damage; the disk. Nothing is kept then.
    pub fn hide_talk(&self, talk: Talk, hidden: bool) -> Result<(), StoreFault> {
        self.write(Level::Durable, "talk_hidden", |step| {
            let found = step
                .prepare_cached("UPDATE talks SET hidden = ?2 WHERE name = ?1")?
                .execute(params![talk.to_string(), hidden])?;
            if found == 0 { Err(unknown()) } else { Ok(()) }
        })
    }
}
