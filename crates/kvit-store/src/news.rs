//! News: every stored event of the marketplace, taken once, told once.

use kvit_domain::{
    Timestamp,
    id::{DealId, EventId, InvoiceId, PaymentId},
    message::Talk,
    money::Sats,
    news::News,
};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use serde::{Deserialize, Serialize};

use crate::{
    fault::StoreFault,
    rows::{self, FiatRow, news_kind, news_kind_word, number, odd, parse, some_sats, stamp, text_of, time},
    store::{Level, Store},
};

/// News as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNews {
    /// What.
    pub news: News,
    /// When it came.
    pub received: Timestamp,
    /// The person has read it.
    pub read: bool,
}

/// What of news is not a column.
#[derive(Debug, Serialize, Deserialize)]
struct NewsRow {
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deal: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invoice: Option<u64>,
    person: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fiat: Option<FiatRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    talk: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    words: String,
}

impl From<&News> for NewsRow {
    fn from(news: &News) -> Self {
        Self {
            at: text_of(news.at),
            payment: news.payment.map(PaymentId::get),
            deal: news.deal.map(DealId::get),
            invoice: news.invoice.map(InvoiceId::get),
            person: news.person.clone(),
            amount: news.amount.map(Sats::get),
            fiat: news.fiat.map(FiatRow::from),
            talk: news.talk.map(|talk| talk.to_string()),
            words: news.words.clone(),
        }
    }
}

const COLUMNS: &str = "SELECT number, event, received, kind, read, body FROM news";

struct Columns {
    number: u64,
    event: u64,
    received: String,
    kind: String,
    read: bool,
    body: String,
}

impl Columns {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            event: row.get(1)?,
            received: row.get(2)?,
            kind: row.get(3)?,
            read: row.get(4)?,
            body: row.get(5)?,
        })
    }

    fn kept(self) -> Result<(u64, KeptNews), StoreFault> {
        fn id<T>(of: fn(u64) -> Option<T>, number: Option<u64>) -> Result<Option<T>, StoreFault> {
            number
                .map(|number| of(number).ok_or_else(|| odd("number in news")))
                .transpose()
        }
        let row: NewsRow = rows::read("news", &self.body)?;
        let kept = KeptNews {
            news: News {
                event: EventId::new(self.event).ok_or_else(|| odd("number of an event"))?,
                at: parse("time of news", &row.at)?,
                kind: news_kind(&self.kind)?,
                payment: id(PaymentId::new, row.payment)?,
                deal: id(DealId::new, row.deal)?,
                invoice: id(InvoiceId::new, row.invoice)?,
                person: row.person,
                amount: some_sats("amount in news", row.amount)?,
                fiat: row.fiat.as_ref().map(FiatRow::fiat).transpose()?,
                talk: row
                    .talk
                    .map(|talk| talk.parse::<Talk>().map_err(|_| odd("talk in news")))
                    .transpose()?,
                words: row.words,
            },
            received: time("time of news", &self.received)?,
            read: self.read,
        };
        Ok((self.number, kept))
    }
}

fn read_news(
    look: &Connection,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<(u64, KeptNews)>, StoreFault> {
    let mut statement = look.prepare_cached(&format!("{COLUMNS} {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Columns::of(row)?.kept()?);
    }
    Ok(found)
}

impl Store {
    /// Puts news on the disk, all in one commit; of each, whether it came for the first time. What came before changes
    /// nothing.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn take_news(&self, news: &[News], received: Timestamp) -> Result<Vec<bool>, StoreFault> {
        let bodies = news
            .iter()
            .map(|one| rows::write(&NewsRow::from(one)))
            .collect::<Result<Vec<_>, _>>()?;
        // Most repetitions are told apart without a sync.
        let known = self.read(|look| {
            let mut statement = look.prepare_cached("SELECT 1 FROM news WHERE event = ?1")?;
            for one in news {
                if !statement.exists([number(one.event.get())])? {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        if known {
            return Ok(vec![false; news.len()]);
        }
        self.write(Level::Durable, "news", |step| {
            let mut statement = step.prepare_cached(
                "INSERT INTO news (event, received, kind, told, marked, read, body) VALUES (?1, ?2, ?3, 0, 0, 0, ?4)
                 ON CONFLICT (event) DO NOTHING",
            )?;
            let mut first = Vec::with_capacity(news.len());
            for (one, body) in news.iter().zip(&bodies) {
                let added = statement.execute(params![
                    number(one.event.get()),
                    stamp(received),
                    news_kind_word(one.kind),
                    body
                ])?;
                first.push(added > 0);
            }
            Ok(first)
        })
    }

    /// The person was told of events. A loss of power may lose this: they are told again rather than never.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn news_told(&self, events: &[EventId]) -> Result<(), StoreFault> {
        self.write(Level::Copy, "told", |step| {
            let mut statement =
                step.prepare_cached("UPDATE news SET told = 1 WHERE event = ?1 AND told = 0")?;
            for event in events {
                statement.execute([number(event.get())])?;
            }
            Ok(())
        })
    }

    /// News that the person was not told of, oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn untold_news(&self) -> Result<Vec<News>, StoreFault> {
        self.read(|look| {
            Ok(read_news(look, "WHERE told = 0 ORDER BY number", &[])?
                .into_iter()
                .map(|(_, kept)| kept.news)
                .collect())
        })
    }

    /// The marketplace was told that these events arrived.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn news_marked(&self, events: &[EventId]) -> Result<(), StoreFault> {
        self.write(Level::Copy, "marked", |step| {
            let mut statement = step.prepare_cached("UPDATE news SET marked = 1 WHERE event = ?1")?;
            for event in events {
                statement.execute([number(event.get())])?;
            }
            Ok(())
        })
    }

    /// Events that the person was told of and the marketplace was not told about, oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn unmarked_news(&self) -> Result<Vec<EventId>, StoreFault> {
        self.read(|look| {
            let mut statement =
                look.prepare_cached("SELECT event FROM news WHERE told = 1 AND marked = 0 ORDER BY number")?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(EventId::new(row.get(0)?).ok_or_else(|| odd("number of an event"))?);
            }
            Ok(found)
        })
    }

    /// News below a number, newest first, each with its number; none given: from the newest on.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn news(&self, before: Option<u64>, count: u32) -> Result<Vec<(u64, KeptNews)>, StoreFault> {
        let before = before.map_or(i64::MAX, number);
        self.read(|look| {
            read_news(
                look,
                "WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
                &[&before, &count],
            )
        })
    }

    /// How much news the person has not read.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn unread_news(&self) -> Result<u32, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT count(*) FROM news WHERE read = 0")?
                .query_row([], |row| row.get(0))?)
        })
    }

    /// The person has read all news there is.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn read_all_news(&self) -> Result<(), StoreFault> {
        self.write(Level::Copy, "read", |step| {
            step.prepare_cached("UPDATE news SET read = 1 WHERE read = 0")?
                .execute([])?;
            Ok(())
        })
    }

    /// Whether an event was taken.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn has_news(&self, event: EventId) -> Result<bool, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT number FROM news WHERE event = ?1")?
                .query_row([number(event.get())], |row| row.get::<_, i64>(0))
                .optional()?
                .is_some())
        })
    }
}
