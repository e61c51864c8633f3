//! Which talks there are.

use kvit_domain::{
    Timestamp,
    id::{ConversationId, MessageId},
    message::Talk,
};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};

use super::{KeptTalk, LAST_WORDS, LastWords, TalksQuery, Unread};
use crate::{
    fault::StoreFault,
    payments::Searched,
    rows::{self, PicturesRow, SaidIn, message_id, odd, person_of, time, user_bytes},
    store::Store,
};

/// Columns of a talk, in the order of [`Columns`], with its other side and its newest message.
const COLUMNS: &str = "SELECT t.name, t.conversation, t.subject, t.unread, t.read_to, t.hidden, t.read, p.body,
            t.last, m.author, m.created, m.text, m.pictures
     FROM talks t JOIN people p ON p.id = t.person LEFT JOIN messages m ON m.talk = t.number AND m.number = t.last";

struct Columns {
    name: String,
    conversation: Option<u64>,
    subject: String,
    unread: u32,
    read_to: i64,
    hidden: bool,
    read: String,
    person: String,
    last: Option<(i64, SaidIn)>,
}

impl Columns {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let last: i64 = row.get(8)?;
        Ok(Self {
            name: row.get(0)?,
            conversation: row.get(1)?,
            subject: row.get(2)?,
            unread: row.get(3)?,
            read_to: row.get(4)?,
            hidden: row.get(5)?,
            read: row.get(6)?,
            person: row.get(7)?,
            last: if last == 0 {
                None
            } else {
                Some((last, SaidIn::from_row(row, 9)?))
            },
        })
    }

    fn kept(self) -> Result<KeptTalk, StoreFault> {
        Ok(KeptTalk {
            talk: rows::talk(&self.name)?,
            conversation: match self.conversation {
                Some(number) => {
                    Some(ConversationId::new(number).ok_or_else(|| odd("number of a conversation"))?)
                }
                None => None,
            },
            with: person_of(&self.person)?,
            subject: self.subject,
            last: self.last.map(|(id, said)| last_words(id, said)).transpose()?,
            unread: self.unread,
            read_to: match self.read_to {
                0 => None,
                number => Some(message_id(number)?),
            },
            hidden: self.hidden,
            read: time("time of reading", &self.read)?,
        })
    }
}

fn last_words(id: i64, said: SaidIn) -> Result<LastWords, StoreFault> {
    let id: MessageId = message_id(id)?;
    let at: Timestamp = time("time of a message", &said.created)?;
    Ok(LastWords {
        id,
        at,
        author: said.author()?,
        text: said.text.chars().take(LAST_WORDS).collect(),
        pictures: rows::read::<PicturesRow>("pictures of a message", &said.pictures)?.count(),
    })
}

/// The talks that fit, as the rest of a query, with its values.
struct Fitting {
    sql: String,
    person: Option<Vec<u8>>,
    searched: Searched,
    phrase: Option<String>,
}

impl Fitting {
    fn of(query: &TalksQuery) -> Self {
        let searched = Searched::of(&query.text);
        let phrase = searched.phrase();
        let mut sql = "FROM talks WHERE hidden = 0".to_owned();
        if !query.deals {
            sql.push_str(" AND kind <> 'deal'");
        }
        if query.unread_only {
            sql.push_str(" AND unread > 0");
        }
        if query.person.is_some() {
            sql.push_str(" AND person = :person");
        }
        if !searched.words.is_empty() {
            // What is too short for the index is looked for in all there is.
            let found = if phrase.is_some() {
                "SELECT w.talk FROM talk_trigrams JOIN talk_words w ON w.row = talk_trigrams.rowid
                 WHERE talk_trigrams MATCH :words"
            } else {
                "SELECT talk FROM talk_words WHERE instr(words, :words) > 0"
            };
            sql.push_str(&format!(
                " AND (about = :number AND kind <> 'invoice' OR about = :invoice AND kind = 'invoice'
                       OR number IN ({found}))"
            ));
        }
        Self {
            sql,
            person: query.person.map(user_bytes),
            searched,
            phrase,
        }
    }

    /// Runs a query that has these talks in it.
    fn run<T>(
        &self,
        look: &Connection,
        sql: &str,
        more: &[(&str, &dyn ToSql)],
        of: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreFault> {
        let (number, invoice) = (self.searched.payment_number(), self.searched.invoice_number());
        let words = self.phrase.as_ref().unwrap_or(&self.searched.words);
        let mut values: Vec<(&str, &dyn ToSql)> = more.to_vec();
        if self.person.is_some() {
            values.push((":person", &self.person));
        }
        if !self.searched.words.is_empty() {
            values.push((":number", &number));
            values.push((":invoice", &invoice));
            values.push((":words", words));
        }
        let mut statement = look.prepare_cached(sql)?;
        let mut rows = statement.query(values.as_slice())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(of(row)?);
        }
        Ok(found)
    }
}

impl Store {
    /// Talks that fit, what was said last first: `count` of them after `from` others; and how many there are in all.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn talks(
        &self,
        query: &TalksQuery,
        from: u32,
        count: u32,
    ) -> Result<(Vec<KeptTalk>, u32), StoreFault> {
        let fitting = Fitting::of(query);
        self.read(|look| {
            let total = fitting.run(look, &format!("SELECT count(*) {}", fitting.sql), &[], |row| {
                row.get(0)
            })?;
            // The page is found in the index alone; only its talks are read.
            let sql = format!(
                "{COLUMNS} WHERE t.number IN (SELECT number {} ORDER BY spoken DESC, number DESC LIMIT :count OFFSET :from)
                 ORDER BY t.spoken DESC, t.number DESC",
                fitting.sql
            );
            let talks = fitting
                .run(look, &sql, &[(":count", &count), (":from", &from)], Columns::of)?
                .into_iter()
                .map(Columns::kept)
                .collect::<Result<_, StoreFault>>()?;
            Ok((talks, total.first().copied().unwrap_or_default()))
        })
    }

    /// One talk, hidden or not; `None`: it is not kept.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn talk(&self, talk: Talk) -> Result<Option<KeptTalk>, StoreFault> {
        self.read(|look| {
            look.prepare_cached(&format!("{COLUMNS} WHERE t.name = ?1"))?
                .query_row([talk.to_string()], Columns::of)
                .optional()?
                .map(Columns::kept)
                .transpose()
        })
    }

    /// How much is unread, hidden talks aside.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn unread(&self) -> Result<Unread, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached(
                    "SELECT count(*), coalesce(sum(unread), 0) FROM talks WHERE hidden = 0 AND unread > 0",
                )?
                .query_row([], |row| {
                    Ok(Unread {
                        talks: row.get(0)?,
                        messages: row.get(1)?,
                    })
                })?)
        })
    }
}
