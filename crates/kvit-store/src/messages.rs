//! Messages of talks, page by page.

use std::collections::HashMap;

use kvit_domain::{
    Timestamp,
    id::{MessageId, UserId},
    message::{Message, Talk},
};
use rusqlite::{Connection, OptionalExtension as _, ToSql};

use crate::{
    fault::StoreFault,
    rows::{SaidIn, message_id, number, time, user_bytes},
    store::Store,
};

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// As the marketplace gives it now, or gave it last.
    pub message: Message,
    /// When it was read first.
    pub first_seen: Timestamp,
    /// What the marketplace gave under this number at other times, oldest first.
    pub former: Vec<Message>,
}

/// Which part of a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    /// Its end.
    Last,
    /// What stands right before this message.
    Before(MessageId),
    /// What stands right after it.
    After(MessageId),
    /// This message with what is around it.
    Around(MessageId),
}

/// The row of a talk.
fn row_of(look: &Connection, talk: Talk) -> Result<Option<i64>, StoreFault> {
    Ok(look
        .prepare_cached("SELECT number FROM talks WHERE name = ?1")?
        .query_row([talk.to_string()], |row| row.get(0))
        .optional()?)
}

/// Messages that a condition finds, without what they were before.
fn read(look: &Connection, rest: &str, values: &[&dyn ToSql]) -> Result<Vec<(i64, KeptMessage)>, StoreFault> {
    let mut statement = look.prepare_cached(&format!(
        "SELECT number, first_seen, author, created, text, pictures FROM messages WHERE {rest}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let kept = KeptMessage {
            message: SaidIn::from_row(row, 2)?.message(message_id(number)?)?,
            first_seen: time("time of a message", &row.get::<_, String>(1)?)?,
            former: Vec::new(),
        };
        found.push((number, kept));
    }
    Ok(found)
}

/// The last ones up to this number, in their order.
fn up_to(look: &Connection, talk: i64, last: i64, count: u32) -> Result<Vec<(i64, KeptMessage)>, StoreFault> {
    let mut found = read(
        look,
        "talk = ?1 AND number <= ?2 ORDER BY number DESC LIMIT ?3",
        &[&talk, &last, &count],
    )?;
    found.reverse();
    Ok(found)
}

/// The first ones above this number, in their order.
fn above(look: &Connection, talk: i64, mark: i64, count: u32) -> Result<Vec<(i64, KeptMessage)>, StoreFault> {
    read(
        look,
        "talk = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
        &[&talk, &mark, &count],
    )
}

/// Adds what messages were before, for all of a page at once.
fn with_former(
    look: &Connection,
    talk: i64,
    mut found: Vec<(i64, KeptMessage)>,
) -> Result<Vec<KeptMessage>, StoreFault> {
    if let (Some((first, _)), Some((last, _))) = (found.first(), found.last()) {
        let mut former: HashMap<i64, Vec<SaidIn>> = HashMap::new();
        let mut statement = look.prepare_cached(
            "SELECT m.number, f.author, f.created, f.text, f.pictures
             FROM former_messages f JOIN messages m ON m.row = f.message
             WHERE m.talk = ?1 AND m.number BETWEEN ?2 AND ?3 ORDER BY f.row",
        )?;
        let mut rows = statement.query([talk, *first, *last])?;
        while let Some(row) = rows.next()? {
            former
                .entry(row.get(0)?)
                .or_default()
                .push(SaidIn::from_row(row, 1)?);
        }
        for (number, kept) in &mut found {
            for said in former.remove(number).unwrap_or_default() {
                let was = said.message(kept.message.id)?;
                // It may say again what it said before.
                if was != kept.message {
                    kept.former.push(was);
                }
            }
        }
    }
    Ok(found.into_iter().map(|(_, kept)| kept).collect())
}

impl Store {
    /// Messages of a talk in their order, at most `count`. Empty: there are none there, or the talk is not kept.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn messages(&self, talk: Talk, page: Page, count: u32) -> Result<Vec<KeptMessage>, StoreFault> {
        self.read(|look| {
            let Some(talk) = row_of(look, talk)? else {
                return Ok(Vec::new());
            };
            let place = |id: MessageId| number(id.get());
            let found = match page {
                Page::Last => up_to(look, talk, i64::MAX, count)?,
                Page::Before(id) => up_to(look, talk, place(id).saturating_sub(1), count)?,
                Page::After(id) => above(look, talk, place(id), count)?,
                Page::Around(id) => {
                    let before = place(id).saturating_sub(1);
                    let mut found = up_to(look, talk, before, count / 2)?;
                    let rest = count.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
                    found.extend(above(look, talk, before, rest)?);
                    found
                }
            };
            with_former(look, talk, found)
        })
    }

    /// How many messages of a talk are kept.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn message_count(&self, talk: Talk) -> Result<u64, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached(
                    "SELECT count(*) FROM messages WHERE talk = (SELECT number FROM talks WHERE name = ?1)",
                )?
                .query_row([talk.to_string()], |row| row.get(0))?)
        })
    }

    /// The newest message that is kept of a talk; `None`: nothing was said there, as far as is known.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn newest_message(&self, talk: Talk) -> Result<Option<MessageId>, StoreFault> {
        self.read(|look| {
            let last: Option<i64> = look
                .prepare_cached("SELECT last FROM talks WHERE name = ?1 AND last > 0")?
                .query_row([talk.to_string()], |row| row.get(0))
                .optional()?;
            last.map(message_id).transpose()
        })
    }

    /// Messages of this person above a mark, as the marketplace gives them now, in their order; no mark: all.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn own_messages_above(
        &self,
        talk: Talk,
        mark: Option<MessageId>,
        me: UserId,
    ) -> Result<Vec<Message>, StoreFault> {
        let mark = mark.map_or(0, |id| number(id.get()));
        self.read(|look| {
            let Some(talk) = row_of(look, talk)? else {
                return Ok(Vec::new());
            };
            Ok(read(
                look,
                "talk = ?1 AND number > ?2 AND author = ?3 ORDER BY number",
                &[&talk, &mark, &user_bytes(me)],
            )?
            .into_iter()
            .map(|(_, kept)| kept.message)
            .collect())
        })
    }
}
