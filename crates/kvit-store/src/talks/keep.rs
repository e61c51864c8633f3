//! Keeping what was said: copies come in any order, any number of times, and nothing that was ever said goes.

use std::collections::{BTreeMap, HashMap, HashSet};

use kvit_domain::{
    Timestamp,
    conversation::{About, Conversation},
    deal::Deal,
    id::{ConversationId, MessageId, UserId},
    message::{Message, Talk},
    person::Person,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Heard, place};
use crate::{
    fault::StoreFault,
    rows::{self, SaidIn, keep_person, number, stamp, time, user_bytes},
    store::{Level, Store},
};

/// A talk as it came.
pub(crate) struct Copied<'a> {
    pub(crate) talk: Talk,
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) with: &'a Person,
    pub(crate) subject: &'a str,
    pub(crate) messages: &'a [Message],
}

impl<'a> Copied<'a> {
    fn of_conversation(conversation: &'a Conversation, me: UserId) -> Self {
        Self {
            talk: conversation.talk(),
            conversation: Some(conversation.id),
            with: conversation.counterparty(me),
            subject: match &conversation.about {
                About::Invoice(invoice) => &invoice.comment,
                About::Payment(payment) => &payment.invoice.comment,
            },
            messages: &conversation.messages,
        }
    }

    /// The chat of a deal; `None`: a deal of others.
    pub(crate) fn of_deal(deal: &'a Deal, me: UserId) -> Option<Self> {
        (deal.owner.id == me || deal.initiator.id == me).then(|| Self {
            talk: Talk::Deal(deal.id),
            conversation: None,
            with: deal.counterparty(me),
            subject: &deal.ad.title,
            messages: &deal.messages,
        })
    }
}

/// Is there a row of this talk?
pub(crate) fn is_kept(look: &Connection, talk: Talk) -> Result<bool, StoreFault> {
    Ok(look
        .prepare_cached("SELECT 1 FROM talks WHERE name = ?1")?
        .exists([talk.to_string()])?)
}

/// The row of a talk, as it is and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    person: Vec<u8>,
    subject: String,
    conversation: Option<i64>,
    last: i64,
    unread: u32,
    hidden: bool,
}

fn head(step: &Connection, name: &str) -> rusqlite::Result<Option<(i64, Head)>> {
    step.prepare_cached(
        "SELECT number, person, subject, conversation, last, unread, hidden FROM talks WHERE name = ?1",
    )?
    .query_row([name], |row| {
        Ok((
            row.get(0)?,
            Head {
                person: row.get(1)?,
                subject: row.get(2)?,
                conversation: row.get(3)?,
                last: row.get(4)?,
                unread: row.get(5)?,
                hidden: row.get(6)?,
            },
        ))
    })
    .optional()
}

/// Makes the row of a talk in which nothing was said yet.
pub(super) fn insert(
    step: &Connection,
    talk: Talk,
    with: &Person,
    subject: &str,
    at: Timestamp,
) -> Result<i64, StoreFault> {
    let (kind, about, buyer) = place(talk);
    let row: i64 = step
        .prepare_cached(
            "INSERT INTO talks (name, kind, about, buyer, person, subject, last, spoken, read_to, unread, hidden, read)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, 0, 0, 0, ?7) RETURNING number",
        )?
        .query_row(
            params![talk.to_string(), kind, about, buyer, user_bytes(with.id), subject, stamp(at)],
            |row| row.get(0),
        )?;
    keep_words(step, row, 0, &title(with, subject))?;
    Ok(row)
}

/// What is searched of a talk beside its messages.
fn title(with: &Person, subject: &str) -> String {
    format!("{}\n{subject}", with.name)
}

/// Keeps a copy of a talk. Its other side has a row of their own already.
pub(crate) fn hear(
    step: &Connection,
    copied: &Copied<'_>,
    me: UserId,
    at: Timestamp,
) -> Result<Heard, StoreFault> {
    let name = copied.talk.to_string();
    let (row, before, made) = match head(step, &name)? {
        Some((row, head)) => (row, head, false),
        None => {
            let row = insert(step, copied.talk, copied.with, copied.subject, at)?;
            let head = head(step, &name)?.ok_or_else(super::unknown)?.1;
            (row, head, true)
        }
    };
    let told = tell(step, row, copied.messages, me, at)?;
    let newest = told.newest.max(before.last);
    let after = Head {
        person: user_bytes(copied.with.id),
        subject: copied.subject.to_owned(),
        conversation: copied
            .conversation
            .map(|id| number(id.get()))
            .or(before.conversation),
        last: newest,
        unread: unread(step, row)?,
        // Whatever is new makes it visible to both sides again (section 8).
        hidden: before.hidden && told.fresh.is_empty(),
    };
    keep_words(step, row, 0, &title(copied.with, copied.subject))?;
    step.prepare_cached(
        "UPDATE talks SET person = ?2, subject = ?3, conversation = ?4, last = ?5, unread = ?6, hidden = ?7, read = ?8
         WHERE number = ?1",
    )?
    .execute(params![
        row,
        after.person,
        after.subject,
        after.conversation,
        after.last,
        after.unread,
        after.hidden,
        stamp(at)
    ])?;
    if !told.fresh.is_empty() || !told.altered.is_empty() {
        keep_spoken(step, row, at)?;
    }
    Ok(Heard {
        talk: copied.talk,
        changed: made || after != before || told.changed,
        fresh: told.fresh,
        altered: told.altered,
    })
}

/// What lists sort by: when the newest message was said, as far as that can be true. A time that is yet to come would stay
/// on top for ever.
fn keep_spoken(step: &Connection, talk: i64, at: Timestamp) -> Result<(), StoreFault> {
    let said: String = step
        .prepare_cached(
            "SELECT m.created FROM talks t JOIN messages m ON m.talk = t.number AND m.number = t.last WHERE t.number = ?1",
        )?
        .query_row([talk], |row| row.get(0))?;
    let said = time("time of a message", &said)?;
    step.prepare_cached("UPDATE talks SET spoken = ?2 WHERE number = ?1")?
        .execute(params![talk, stamp(said.min(at))])?;
    Ok(())
}

/// Messages of others above what the person has read.
pub(super) fn unread(step: &Connection, talk: i64) -> Result<u32, StoreFault> {
    Ok(step
        .prepare_cached(
            "SELECT count(*) FROM messages
             WHERE own = 0 AND talk = ?1 AND number > (SELECT read_to FROM talks WHERE number = ?1)",
        )?
        .query_row([talk], |row| row.get(0))?)
}

/// What became of messages that came.
#[derive(Default)]
struct Told {
    fresh: Vec<MessageId>,
    altered: Vec<MessageId>,
    changed: bool,
    newest: i64,
}

fn tell(
    step: &Connection,
    talk: i64,
    messages: &[Message],
    me: UserId,
    at: Timestamp,
) -> Result<Told, StoreFault> {
    let mut kept: HashMap<i64, (i64, SaidIn)> = HashMap::new();
    {
        let mut statement = step.prepare_cached(
            "SELECT number, row, author, created, text, pictures FROM messages WHERE talk = ?1",
        )?;
        let mut rows = statement.query([talk])?;
        while let Some(row) = rows.next()? {
            kept.insert(row.get(0)?, (row.get(1)?, SaidIn::from_row(row, 2)?));
        }
    }
    // A number that comes twice in one copy: the last one holds, the others are kept as what was said, too.
    let mut came: BTreeMap<i64, Vec<&Message>> = BTreeMap::new();
    for message in messages {
        came.entry(number(message.id.get())).or_default().push(message);
    }
    let mut told = Told::default();
    for (number, versions) in came {
        let Some((message, others)) = versions.split_last() else {
            continue;
        };
        told.newest = told.newest.max(number);
        let now = SaidIn::of(message)?;
        let own = message.author == Some(me);
        let mut altered = false;
        let row = match kept.remove(&number) {
            None => {
                told.fresh.push(message.id);
                add(step, talk, number, own, &now, at)?
            }
            Some((row, before)) => {
                if before != now {
                    told.changed = true;
                    replace(step, row, own, &now)?;
                    keep_words(step, talk, number, &now.text)?;
                    // Pictures that only get their names are the same as before.
                    if before.named(message)? != now {
                        altered = true;
                        keep_former(step, row, &before, at)?;
                    }
                }
                row
            }
        };
        for other in others {
            let other = SaidIn::of(other)?;
            altered |= other != now && keep_former(step, row, &other, at)?;
        }
        if altered {
            told.altered.push(message.id);
        }
    }
    told.changed |= !told.fresh.is_empty() || !told.altered.is_empty();
    Ok(told)
}

fn add(
    step: &Connection,
    talk: i64,
    number: i64,
    own: bool,
    said: &SaidIn,
    at: Timestamp,
) -> Result<i64, StoreFault> {
    let row = step
        .prepare_cached(
            "INSERT INTO messages (talk, number, own, author, created, text, pictures, first_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING row",
        )?
        .query_row(
            params![
                talk,
                number,
                own,
                said.author,
                said.created,
                said.text,
                said.pictures,
                stamp(at)
            ],
            |row| row.get(0),
        )?;
    keep_words(step, talk, number, &said.text)?;
    Ok(row)
}

fn replace(step: &Connection, row: i64, own: bool, said: &SaidIn) -> Result<(), StoreFault> {
    step.prepare_cached(
        "UPDATE messages SET own = ?2, author = ?3, created = ?4, text = ?5, pictures = ?6 WHERE row = ?1",
    )?
    .execute(params![
        row,
        own,
        said.author,
        said.created,
        said.text,
        said.pictures
    ])?;
    Ok(())
}

/// Keeps what a message said at another time, once; whether it is new.
fn keep_former(step: &Connection, message: i64, said: &SaidIn, at: Timestamp) -> Result<bool, StoreFault> {
    let known = step
        .prepare_cached(
            "SELECT 1 FROM former_messages
             WHERE message = ?1 AND author IS ?2 AND created = ?3 AND text = ?4 AND pictures = ?5",
        )?
        .exists(params![
            message,
            said.author,
            said.created,
            said.text,
            said.pictures
        ])?;
    if !known {
        step.prepare_cached(
            "INSERT INTO former_messages (message, noticed, author, created, text, pictures)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            message,
            stamp(at),
            said.author,
            said.created,
            said.text,
            said.pictures
        ])?;
    }
    Ok(!known)
}

/// The words that are searched, and their index.
fn keep_words(step: &Connection, talk: i64, message: i64, text: &str) -> Result<(), StoreFault> {
    // The index ends at such a character.
    let words = text.to_lowercase().replace('\0', " ");
    let before: Option<(i64, String)> = step
        .prepare_cached("SELECT row, words FROM talk_words WHERE talk = ?1 AND message = ?2")?
        .query_row([talk, message], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let row = match before {
        Some((_, before)) if before == words => return Ok(()),
        Some((row, before)) => {
            step.prepare_cached(
                "INSERT INTO talk_trigrams (talk_trigrams, rowid, words) VALUES ('delete', ?1, ?2)",
            )?
            .execute(params![row, before])?;
            step.prepare_cached("UPDATE talk_words SET words = ?2 WHERE row = ?1")?
                .execute(params![row, words])?;
            row
        }
        None => step
            .prepare_cached(
                "INSERT INTO talk_words (talk, message, words) VALUES (?1, ?2, ?3) RETURNING row",
            )?
            .query_row(params![talk, message, words], |row| row.get(0))?,
    };
    step.prepare_cached("INSERT INTO talk_trigrams (rowid, words) VALUES (?1, ?2)")?
        .execute(params![row, words])?;
    Ok(())
}

impl Store {
    /// Keeps conversations as they came, and how the people in them stand, in one transaction; what became of each, in
    /// their order. Those of others, which a marketplace may show (section 20, row 42), are left out.
    ///
    /// Messages are only added: one that is said otherwise now is kept in both versions, and then all is on the disk when
    /// this returns; one that is not there any more stays.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then, unless only the last sync failed.
    pub fn keep_conversations(
        &self,
        conversations: Vec<Conversation>,
        me: UserId,
        at: Timestamp,
    ) -> Result<Vec<Heard>, StoreFault> {
        let heard = self.write(Level::Copy, "talks", |step| {
            let mut people = HashSet::new();
            conversations
                .iter()
                .filter(|conversation| conversation.is_of(me))
                .map(|conversation| {
                    for person in [&conversation.seller, &conversation.buyer] {
                        keep_person(step, person, at, &mut people)?;
                    }
                    hear(step, &Copied::of_conversation(conversation, me), me, at)
                })
                .collect::<Result<Vec<_>, StoreFault>>()
        })?;
        if heard.iter().any(|one| !one.altered.is_empty()) {
            self.sync("altered")?;
        }
        Ok(heard)
    }

    /// Hides what the marketplace does not list any more: [`Conversation`]s that the person deleted elsewhere. `listed` is
    /// all of a list that was asked for at `asked`; what was read since then is left alone, as it may be younger than the
    /// list. So are a buyer's own ones about invoices, which the list leaves out (section 8). Returns what is hidden now.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn hide_absent_talks(
        &self,
        listed: &[ConversationId],
        asked: Timestamp,
    ) -> Result<Vec<Talk>, StoreFault> {
        let listed = rows::write(&listed.iter().map(|id| id.get()).collect::<Vec<_>>())?;
        self.write(Level::Copy, "talks_absent", |step| {
            let mut statement = step.prepare_cached(
                "UPDATE talks SET hidden = 1
                 WHERE hidden = 0 AND conversation IS NOT NULL AND read < ?2 AND (buyer IS NULL OR buyer = person)
                   AND conversation NOT IN (SELECT value FROM json_each(?1))
                 RETURNING name",
            )?;
            let mut rows = statement.query(params![listed, stamp(asked)])?;
            let mut hidden = Vec::new();
            while let Some(row) = rows.next()? {
                hidden.push(rows::talk(&row.get::<_, String>(0)?)?);
            }
            Ok(hidden)
        })
    }
}
