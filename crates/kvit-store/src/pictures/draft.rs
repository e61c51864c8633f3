//! Pictures of drafts, and of messages on their way.

use kvit_domain::{message::Talk, picture::PictureId};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{PictureRow, PictureState, bytes_of, pictures, refused};
use crate::{
    fault::StoreFault,
    outgoing,
    store::{Level, Store},
};

/// Gives pictures of the draft of a talk to a message on its way, in this order.
pub(crate) fn queue(
    step: &Connection,
    talk: Talk,
    ids: &[PictureId],
    outgoing: i64,
) -> Result<(), StoreFault> {
    let mut statement = step.prepare_cached(
        "UPDATE pictures SET state = 'queued', place = ?3, outgoing = ?4 WHERE id = ?1 AND talk = ?2 AND state = 'draft'",
    )?;
    for (place, id) in ids.iter().enumerate() {
        let place = u32::try_from(place).map_err(|_| refused("too many pictures"))?;
        if statement.execute(params![bytes_of(*id), talk.to_string(), place, outgoing])? == 0 {
            return Err(refused("the picture is not in the draft of this talk"));
        }
    }
    Ok(())
}

/// Deletes the pictures of a message that failed. Their names are never used again.
pub(crate) fn drop_of(step: &Connection, outgoing: i64) -> Result<(), StoreFault> {
    let ids: Vec<Vec<u8>> = step
        .prepare_cached("UPDATE pictures SET outgoing = NULL WHERE outgoing = ?1 RETURNING id")?
        .query_map([outgoing], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    ids.iter().try_for_each(|id| delete(step, id))
}

fn delete(step: &Connection, id: &[u8]) -> Result<(), StoreFault> {
    step.prepare_cached("DELETE FROM picture_bytes WHERE picture = ?1")?
        .execute([id])?;
    step.prepare_cached("DELETE FROM pictures WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

impl Store {
    /// Pictures of the draft of a talk, in their order.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn draft_pictures(&self, talk: Talk) -> Result<Vec<PictureRow>, StoreFault> {
        self.read(|look| {
            pictures(
                look,
                "WHERE state = 'draft' AND talk = ?1 ORDER BY place, made, id",
                &[&talk.to_string()],
            )
        })
    }

    /// Takes a picture out of a draft, and deletes it; `false`: it is in none. On the disk when it returns.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is deleted then.
    pub fn remove_draft_picture(&self, id: PictureId) -> Result<bool, StoreFault> {
        self.write(Level::Durable, "picture_removed", |step| {
            let draft =
                super::kept(step, id)?.is_some_and(|(_, state)| state == PictureState::Draft(0).word());
            if draft {
                delete(step, &bytes_of(id))?;
            }
            Ok(draft)
        })
    }

    /// Pictures that a message on its way takes along, in their order, uploaded or not.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn outgoing_pictures(&self, id: Uuid) -> Result<Vec<PictureRow>, StoreFault> {
        self.read(|look| match outgoing::row_of(look, id)? {
            Some(row) => pictures(look, "WHERE outgoing = ?1 ORDER BY place", &[&row]),
            None => Ok(Vec::new()),
        })
    }
}
