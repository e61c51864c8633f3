//! People: one row each, and their names where they were said.

use std::collections::{HashMap, HashSet};

use kvit_domain::{Decimal, Timestamp, id::UserId, person::Person};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

use crate::{
    fault::StoreFault,
    rows::{decimal, odd, parse, parse_some, read, stamp, text_of, user_bytes, write},
};

/// A person as they were called at that time. How they stand is in their own row, as last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    id: String,
    name: String,
    #[serde(default)]
    anonymous: bool,
}

impl From<&Person> for Named {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.to_string(),
            name: person.name.clone(),
            anonymous: person.anonymous,
        }
    }
}

impl Named {
    fn id(&self) -> Result<UserId, StoreFault> {
        parse("id of a person", &self.id)
    }
}

/// A name alone, where how they stand does not matter.
pub(crate) fn bare(named: &Named) -> Result<Person, StoreFault> {
    Ok(Person {
        id: named.id()?,
        name: named.name.clone(),
        anonymous: named.anonymous,
        deal_rate: Decimal::ZERO,
        deals: 0,
        partners: 0,
        deal_average: Decimal::ZERO,
        median_seconds: 0,
        mean_seconds: 0,
        first_deal: None,
        invoice_rate: Decimal::ZERO,
        invoices: 0,
        payments_made: 0,
        payments_received: 0,
        trusted_by: 0,
        blocked_by: 0,
        created: None,
        last_online: None,
        introduction: String::new(),
        site: String::new(),
    })
}

/// People met during one look, each read once.
pub(crate) struct Persons<'a> {
    connection: &'a Connection,
    known: HashMap<UserId, Person>,
}

impl<'a> Persons<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            known: HashMap::new(),
        }
    }

    /// The person as last read, called as they were at that time.
    pub(crate) fn person(&mut self, named: &Named) -> Result<Person, StoreFault> {
        let id = named.id()?;
        let known = match self.known.get(&id) {
            Some(person) => person.clone(),
            None => {
                let (person, _) =
                    read_person(self.connection, id)?.ok_or_else(|| odd("a person's own row"))?;
                self.known.insert(id, person.clone());
                person
            }
        };
        Ok(Person {
            name: named.name.clone(),
            anonymous: named.anonymous,
            ..known
        })
    }
}

/// A person's own row.
#[derive(Debug, Serialize, Deserialize)]
struct PersonRow {
    #[serde(flatten)]
    named: Named,
    deal_rate: String,
    deals: u32,
    partners: u32,
    deal_average: String,
    median_seconds: u32,
    mean_seconds: u32,
    first_deal: Option<String>,
    invoice_rate: String,
    invoices: u32,
    payments_made: u32,
    payments_received: u32,
    trusted_by: u32,
    blocked_by: u32,
    created: Option<String>,
    last_online: Option<String>,
    #[serde(default)]
    introduction: String,
    #[serde(default)]
    site: String,
}

impl From<&Person> for PersonRow {
    fn from(person: &Person) -> Self {
        Self {
            named: person.into(),
            deal_rate: person.deal_rate.to_string(),
            deals: person.deals,
            partners: person.partners,
            deal_average: person.deal_average.to_string(),
            median_seconds: person.median_seconds,
            mean_seconds: person.mean_seconds,
            first_deal: person.first_deal.map(text_of),
            invoice_rate: person.invoice_rate.to_string(),
            invoices: person.invoices,
            payments_made: person.payments_made,
            payments_received: person.payments_received,
            trusted_by: person.trusted_by,
            blocked_by: person.blocked_by,
            created: person.created.map(text_of),
            last_online: person.last_online.map(text_of),
            introduction: person.introduction.clone(),
            site: person.site.clone(),
        }
    }
}

impl PersonRow {
    fn person(self) -> Result<Person, StoreFault> {
        Ok(Person {
            deal_rate: decimal("deal rate", &self.deal_rate)?,
            deals: self.deals,
            partners: self.partners,
            deal_average: decimal("mean deal", &self.deal_average)?,
            median_seconds: self.median_seconds,
            mean_seconds: self.mean_seconds,
            first_deal: parse_some("first deal", self.first_deal.as_deref())?,
            invoice_rate: decimal("invoice rate", &self.invoice_rate)?,
            invoices: self.invoices,
            payments_made: self.payments_made,
            payments_received: self.payments_received,
            trusted_by: self.trusted_by,
            blocked_by: self.blocked_by,
            created: parse_some("registration", self.created.as_deref())?,
            last_online: parse_some("last call", self.last_online.as_deref())?,
            introduction: self.introduction,
            site: self.site,
            ..bare(&self.named)?
        })
    }
}

/// Writes a person's row, once per transaction.
pub(crate) fn keep_person(
    connection: &Connection,
    person: &Person,
    now: Timestamp,
    kept: &mut HashSet<UserId>,
) -> Result<(), StoreFault> {
    if !kept.insert(person.id) {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO people (id, read, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET read = excluded.read, body = excluded.body",
        )?
        .execute((
            user_bytes(person.id),
            stamp(now),
            write(&PersonRow::from(person))?,
        ))?;
    Ok(())
}

/// A person from the body of their row.
pub(crate) fn person_of(body: &str) -> Result<Person, StoreFault> {
    read::<PersonRow>("person", body)?.person()
}

/// Reads a person's row, and when it was read from the marketplace.
pub(crate) fn read_person(
    connection: &Connection,
    id: UserId,
) -> Result<Option<(Person, Timestamp)>, StoreFault> {
    let row: Option<(String, String)> = connection
        .prepare_cached("SELECT body, read FROM people WHERE id = ?1")?
        .query_row([user_bytes(id)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(body, at)| {
        let person = person_of(&body)?;
        if person.id != id {
            return Err(odd("id of a person"));
        }
        Ok((person, crate::rows::time("time of reading", &at)?))
    })
    .transpose()
}
