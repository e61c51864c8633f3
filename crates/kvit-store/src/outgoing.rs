//! Messages on their way: written down before they are sent, kept until it is known what became of them. What they are, their
//! engine knows; here they are rows that do not get lost.

use std::collections::BTreeSet;

use kvit_domain::{Timestamp, id::MessageId, message::Talk, picture::PictureId};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, Transaction, params};
use uuid::Uuid;

use crate::{
    fault::StoreFault,
    operations::{BODY_LIMIT, WORD_LIMIT},
    pictures,
    rows::{self, message_id, number, odd, stamp, time},
    store::{Level, Store},
};

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRow {
    /// Its own id, made before it was sent.
    pub id: Uuid,
    /// Where it goes. Stays as it was put.
    pub talk: Talk,
    /// How far it is.
    pub state: String,
    /// Its outcome is not known.
    pub open: bool,
    /// When the person sent it. Stays as it was put.
    pub made: Timestamp,
    /// What the marketplace made of it, once that is known.
    pub message: Option<MessageId>,
    /// Copies of it that something on the way made, by number.
    pub repeats: Vec<MessageId>,
    /// Everything else, as its engine writes it; at most [`BODY_LIMIT`] bytes.
    pub body: String,
}

impl OutgoingRow {
    fn bounded(&self) -> Result<(), StoreFault> {
        if self.body.len() > BODY_LIMIT || self.state.len() > WORD_LIMIT {
            return Err(StoreFault::Invalid("the message is too long".to_owned()));
        }
        if self.message.is_none() && !self.repeats.is_empty() {
            return Err(StoreFault::Invalid(
                "what did not arrive cannot repeat".to_owned(),
            ));
        }
        Ok(())
    }

    /// Makes the messages that came of it its own, and only those.
    fn claim(&self, step: &Connection, row: i64) -> Result<(), StoreFault> {
        step.prepare_cached("DELETE FROM claims WHERE outgoing = ?1")?
            .execute([row])?;
        let mut claim =
            step.prepare_cached("INSERT INTO claims (talk, message, outgoing) VALUES (?1, ?2, ?3)")?;
        for id in self.message.iter().chain(&self.repeats) {
            claim.execute(params![self.talk.to_string(), number(id.get()), row])?;
        }
        Ok(())
    }
}

fn unknown() -> StoreFault {
    StoreFault::Invalid("there is no such message on its way".to_owned())
}

const COLUMNS: &str = "SELECT number, id, talk, state, open, made, message, body,
            (SELECT json_group_array(c.message) FROM claims c WHERE c.outgoing = outgoing.number) FROM outgoing";

struct Columns {
    number: u64,
    id: Vec<u8>,
    talk: String,
    state: String,
    open: bool,
    made: String,
    message: Option<i64>,
    body: String,
    claims: String,
}

impl Columns {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            id: row.get(1)?,
            talk: row.get(2)?,
            state: row.get(3)?,
            open: row.get(4)?,
            made: row.get(5)?,
            message: row.get(6)?,
            body: row.get(7)?,
            claims: row.get(8)?,
        })
    }

    fn outgoing(self) -> Result<(u64, OutgoingRow), StoreFault> {
        let message = self.message.map(message_id).transpose()?;
        let mut repeats = rows::read::<Vec<i64>>("messages of one on its way", &self.claims)?
            .into_iter()
            .map(message_id)
            .collect::<Result<Vec<_>, _>>()?;
        repeats.retain(|id| Some(*id) != message);
        repeats.sort_unstable();
        let row = OutgoingRow {
            id: Uuid::from_slice(&self.id).map_err(|_| odd("id of a message on its way"))?,
            talk: rows::talk(&self.talk)?,
            state: self.state,
            open: self.open,
            made: time("time of a message on its way", &self.made)?,
            message,
            repeats,
            body: self.body,
        };
        Ok((self.number, row))
    }
}

fn outgoing(
    look: &Connection,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<(u64, OutgoingRow)>, StoreFault> {
    let mut statement = look.prepare_cached(&format!("{COLUMNS} {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Columns::of(row)?.outgoing()?);
    }
    Ok(found)
}

/// The row of a message on its way.
pub(crate) fn row_of(look: &Connection, id: Uuid) -> Result<Option<i64>, StoreFault> {
    Ok(look
        .prepare_cached("SELECT number FROM outgoing WHERE id = ?1")?
        .query_row([id.as_bytes().as_slice()], |row| row.get(0))
        .optional()?)
}

impl Store {
    /// Puts a message on its way on the disk: one transaction, one sync. These pictures of the talk's draft go with it, in
    /// this order, and with `takes_draft` the words of the draft do, too: nothing is both sent and still to be sent. Only
    /// after it returns may its first byte leave. Returns its number, higher than any before.
    ///
    /// # Errors
    /// `Invalid` for an id that is there already, for what is too long, for a picture that is not in the draft of the talk,
    /// and for a message that another one claims; damage; the disk. Nothing is kept then, unless only the sync failed.
    pub fn put_outgoing(
        &self,
        row: &OutgoingRow,
        pictures: &[PictureId],
        takes_draft: bool,
    ) -> Result<u64, StoreFault> {
        row.bounded()?;
        self.write(Level::Durable, "outgoing", |step| {
            let talk = row.talk.to_string();
            let put: i64 = step
                .prepare_cached(
                    "INSERT INTO outgoing (id, talk, state, open, made, message, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING number",
                )?
                .query_row(
                    params![
                        row.id.as_bytes().as_slice(),
                        talk,
                        row.state,
                        row.open,
                        stamp(row.made),
                        row.message.map(|id| number(id.get())),
                        row.body,
                    ],
                    |row| row.get(0),
                )?;
            row.claim(step, put)?;
            pictures::queue(step, row.talk, pictures, put)?;
            if takes_draft {
                step.prepare_cached("DELETE FROM drafts WHERE place = ?1")?
                    .execute([talk])?;
            }
            u64::try_from(put).map_err(|_| odd("number of a message on its way"))
        })
    }

    /// Puts a change of a message on its way on the disk.
    ///
    /// # Errors
    /// `Invalid` for one that was never put, for what is too long, and for a message that another one claims; damage; the
    /// disk. Nothing is kept then.
    pub fn change_outgoing(&self, row: &OutgoingRow) -> Result<(), StoreFault> {
        row.bounded()?;
        self.write(Level::Durable, "outgoing_change", |step| {
            let changed: i64 = step
                .prepare_cached(
                    "UPDATE outgoing SET state = ?3, open = ?4, message = ?5, body = ?6
                     WHERE id = ?1 AND talk = ?2 RETURNING number",
                )?
                .query_row(
                    params![
                        row.id.as_bytes().as_slice(),
                        row.talk.to_string(),
                        row.state,
                        row.open,
                        row.message.map(|id| number(id.get())),
                        row.body,
                    ],
                    |row| row.get(0),
                )
                .optional()?
                .ok_or_else(unknown)?;
            row.claim(step, changed)
        })
    }

    /// A message on its way, or that was, and its number.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn outgoing(&self, id: Uuid) -> Result<Option<(u64, OutgoingRow)>, StoreFault> {
        self.read(|look| {
            Ok(outgoing(look, "WHERE id = ?1", &[&id.as_bytes().as_slice()])?
                .into_iter()
                .next())
        })
    }

    /// Those of a talk of which no message is known, oldest first: on their way, or failed.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn outgoing_of(&self, talk: Talk) -> Result<Vec<(u64, OutgoingRow)>, StoreFault> {
        self.read(|look| {
            outgoing(
                look,
                "WHERE talk = ?1 AND message IS NULL ORDER BY number",
                &[&talk.to_string()],
            )
        })
    }

    /// Those whose outcome is not known, oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn open_outgoing(&self) -> Result<Vec<(u64, OutgoingRow)>, StoreFault> {
        self.read(|look| outgoing(look, "WHERE open = 1 ORDER BY number", &[]))
    }

    /// Messages of a talk that came of what was sent from here, copies made on the way included.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn matched_messages(&self, talk: Talk) -> Result<BTreeSet<MessageId>, StoreFault> {
        self.read(|look| {
            let mut statement = look.prepare_cached("SELECT message FROM claims WHERE talk = ?1")?;
            let mut rows = statement.query([talk.to_string()])?;
            let mut found = BTreeSet::new();
            while let Some(row) = rows.next()? {
                found.insert(message_id(row.get(0)?)?);
            }
            Ok(found)
        })
    }

    /// Copies made on the way among the messages of a talk from one to another, both included: each with the message that it
    /// repeats.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn repetitions(
        &self,
        talk: Talk,
        from: MessageId,
        to: MessageId,
    ) -> Result<Vec<(MessageId, MessageId)>, StoreFault> {
        self.read(|look| {
            let mut statement = look.prepare_cached(
                "SELECT c.message, o.message FROM claims c JOIN outgoing o ON o.number = c.outgoing
                 WHERE c.talk = ?1 AND c.message BETWEEN ?2 AND ?3 AND o.message <> c.message ORDER BY c.message",
            )?;
            let mut rows =
                statement.query(params![talk.to_string(), number(from.get()), number(to.get())])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((message_id(row.get(0)?)?, message_id(row.get(1)?)?));
            }
            Ok(found)
        })
    }

    /// Deletes one that failed, with its pictures; `false`: it is not there, or it is on its way or sent, and stays.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is deleted then.
    pub fn drop_outgoing(&self, id: Uuid) -> Result<bool, StoreFault> {
        self.write(Level::Durable, "outgoing_drop", |step: &Transaction<'_>| {
            let failed: Option<i64> = step
                .prepare_cached("SELECT number FROM outgoing WHERE id = ?1 AND open = 0 AND message IS NULL")?
                .query_row([id.as_bytes().as_slice()], |row| row.get(0))
                .optional()?;
            let Some(row) = failed else {
                return Ok(false);
            };
            pictures::drop_of(step, row)?;
            step.prepare_cached("DELETE FROM outgoing WHERE number = ?1")?
                .execute([row])?;
            Ok(true)
        })
    }
}
