//! Copies of deals.

use std::collections::HashSet;

use kvit_domain::{
    Timestamp,
    deal::{Deal, DealStatus},
    id::{DealId, PaymentId, UserId},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    profile,
    rows::{self, DealRow, Persons, bare, deal_people, keep_person, number, odd, stamp},
    store::{Level, Store},
    talks::{self, Copied},
};

/// A copy of a deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDeal {
    /// The deal. People in it are called as they were called in it, and stand as they were last read.
    pub deal: Deal,
    /// When it was read from the marketplace.
    pub read: Timestamp,
}

/// How fresh what came is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// The answer to a question asked just now: it holds, whatever was kept.
    Read,
    /// Out of an event or of another object: it may be older than what is kept.
    Event,
}

/// Is what came older than what is kept? A deal does not go back by its own rules, nor does its chat become shorter.
fn is_older(kept: &Deal, came: &Deal) -> bool {
    let reachable = |from: DealStatus, to: DealStatus| {
        // In one step or in two: an event may be missing.
        from.may_become(to)
            || DealStatus::ALL
                .iter()
                .any(|between| from.may_become(*between) && between.may_become(to))
    };
    !reachable(kept.status, came.status)
        || came.messages.len() < kept.messages.len()
        || (kept.fiat_declared && !came.fiat_declared)
}

/// Keeps a deal; whether its copy changed.
pub(crate) fn keep(
    step: &Connection,
    deal: &Deal,
    freshness: Freshness,
    now: Timestamp,
    kept: &mut HashSet<UserId>,
) -> Result<bool, StoreFault> {
    let id = number(deal.id.get());
    let body = rows::write(&DealRow::from(deal))?;
    let before: Option<String> = step
        .prepare_cached("SELECT body FROM deals WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let changed = before.as_ref() != Some(&body);
    if let (true, Freshness::Event, Some(before)) = (changed, freshness, &before) {
        let before = rows::read::<DealRow>("deal", before)?.deal(&mut bare)?;
        if is_older(&before, deal) {
            return Ok(false);
        }
    }
    for person in deal_people(deal) {
        keep_person(step, person, now, kept)?;
    }
    step.prepare_cached(
        "INSERT INTO deals (id, open, payment, read, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET open = excluded.open, payment = excluded.payment, read = excluded.read,
                                        body = excluded.body",
    )?
    .execute(params![
        id,
        deal.status.is_open(),
        deal.payment.map(|payment| number(payment.get())),
        stamp(now),
        body
    ])?;
    // Whose account it is says who the other side is: until that is known, the chat is in the deal's copy alone.
    if let Some(me) = profile::me(step)?
        && let Some(chat) = Copied::of_deal(deal, me)
        && (changed || !talks::is_kept(step, chat.talk)?)
    {
        talks::hear(step, &chat, me, now)?;
    }
    Ok(changed)
}

/// Reads a deal, and when it was read from the marketplace.
pub(crate) fn read_deal(
    look: &Connection,
    id: i64,
    persons: &mut Persons<'_>,
) -> Result<Option<(Deal, Timestamp)>, StoreFault> {
    let row: Option<(String, String)> = look
        .prepare_cached("SELECT body, read FROM deals WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(body, read)| {
        let deal = rows::read::<DealRow>("deal", &body)?.deal(&mut |named| persons.person(named))?;
        if number(deal.id.get()) != id {
            return Err(odd("number of a deal"));
        }
        Ok((deal, rows::time("time of reading", &read)?))
    })
    .transpose()
}

fn kept((deal, read): (Deal, Timestamp)) -> KeptDeal {
    KeptDeal { deal, read }
}

impl Store {
    /// Keeps deals as they came, with their chats among the talks; of each, whether its copy changed. One that is older than what is kept is not kept, unless
    /// it was read just now.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn keep_deals(
        &self,
        deals: Vec<Deal>,
        freshness: Freshness,
        now: Timestamp,
    ) -> Result<Vec<(DealId, bool)>, StoreFault> {
        let taken = self.write(Level::Copy, "deals", |step| {
            let mut people = HashSet::new();
            deals
                .iter()
                .map(|deal| Ok((deal.id, keep(step, deal, freshness, now, &mut people)?)))
                .collect::<Result<Vec<_>, StoreFault>>()
        })?;
        if taken.iter().any(|(_, changed)| *changed) {
            self.changed();
        }
        Ok(taken)
    }

    /// A copy; `None`: never read.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn deal(&self, id: DealId) -> Result<Option<KeptDeal>, StoreFault> {
        self.read(|look| Ok(read_deal(look, number(id.get()), &mut Persons::new(look))?.map(kept)))
    }

    /// Copies of deals, newest first; only those that still run if `open_only`.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn deals(&self, open_only: bool, count: u32) -> Result<Vec<KeptDeal>, StoreFault> {
        let sql = if open_only {
            "SELECT id FROM deals WHERE open = 1 ORDER BY id DESC LIMIT ?1"
        } else {
            "SELECT id FROM deals ORDER BY id DESC LIMIT ?1"
        };
        self.read(|look| {
            let mut statement = look.prepare_cached(sql)?;
            let ids: Vec<i64> = statement
                .query_map([count], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut persons = Persons::new(look);
            ids.into_iter()
                .filter_map(|id| read_deal(look, id, &mut persons).transpose())
                .map(|read| read.map(kept))
                .collect()
        })
    }

    /// Copies of deals that were read at this time or later, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn deals_changed(&self, since: Timestamp) -> Result<Vec<KeptDeal>, StoreFault> {
        self.read(|look| {
            let mut statement =
                look.prepare_cached("SELECT id FROM deals WHERE read >= ?1 ORDER BY id DESC")?;
            let ids: Vec<i64> = statement
                .query_map([stamp(since)], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut persons = Persons::new(look);
            ids.into_iter()
                .filter_map(|id| read_deal(look, id, &mut persons).transpose())
                .map(|read| read.map(kept))
                .collect()
        })
    }

    /// The deal that funds a payment, whichever of the two names the other.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn deal_of_payment(&self, id: PaymentId) -> Result<Option<KeptDeal>, StoreFault> {
        self.read(|look| {
            let number = number(id.get());
            let deal: Option<i64> = look
                .prepare_cached(
                    "SELECT coalesce((SELECT deal FROM payments WHERE id = ?1),
                                     (SELECT max(id) FROM deals WHERE payment = ?1))",
                )?
                .query_row([number], |row| row.get(0))?;
            match deal {
                Some(deal) => Ok(read_deal(look, deal, &mut Persons::new(look))?.map(kept)),
                None => Ok(None),
            }
        })
    }
}
