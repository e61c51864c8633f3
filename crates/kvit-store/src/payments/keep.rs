//! Keeping what came: one transaction for people, deals, copies, words, receipts, what was said and what contradicts it.

use std::collections::HashSet;

use kvit_domain::{
    Timestamp,
    id::{PaymentId, UserId},
    memory::{Notice, Said, contradictions, status_word},
    payment::Payment,
    seal::SealMark,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Incoming, Taken};
use crate::{
    deals::{self, Freshness},
    fault::StoreFault,
    notices, receipts,
    rows::{self, PaymentRow, bare, keep_person, mark_word, number, payment_people, stamp, time, user_bytes},
    said,
    store::{Level, Store},
};

impl Store {
    /// Keeps payments as they came, in one transaction.
    ///
    /// The copy becomes what came last, whatever it says; what it contradicts stays in [`Store::said_of`] and
    /// [`Store::notices_of`]. A receipt is kept once and for ever. Where a receipt or a notice is new, all is on
    /// the disk when this returns; otherwise the disk gets it some time later.
    ///
    /// # Errors
    /// `Invalid` for a receipt that is not of a verified payment, or of another one; damage; the disk. Nothing is kept then,
    /// unless only the last sync failed.
    pub fn keep_payments(&self, incoming: Vec<Incoming>, now: Timestamp) -> Result<Vec<Taken>, StoreFault> {
        let taken = self.write(Level::Copy, "payments", |step| {
            let mut kept = HashSet::new();
            incoming
                .iter()
                .map(|one| keep(step, one, now, &mut kept))
                .collect::<Result<Vec<_>, _>>()
        })?;
        if taken
            .iter()
            .any(|one| one.news || one.changed || !one.noticed.is_empty())
        {
            self.changed();
        }
        if taken.iter().any(|one| one.archived || !one.noticed.is_empty()) {
            self.sync("receipts")?;
        }
        Ok(taken)
    }

    /// Notices that payments are not listed any more, once for each payment; the copies stay. Those that are not kept
    /// are left out. On the disk when it returns, where there is a notice.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn vanished(&self, ids: &[PaymentId], now: Timestamp) -> Result<Vec<Notice>, StoreFault> {
        let noticed = self.write(Level::Durable, "vanished", |step| {
            let mut noticed = Vec::new();
            for id in ids {
                let gone = step
                    .prepare_cached(
                        "UPDATE payments SET gone = 1 WHERE id = ?1 AND gone = 0 RETURNING first_read",
                    )?
                    .query_row([number(id.get())], |row| row.get::<_, String>(0))
                    .optional()?;
                let Some(first) = gone else { continue };
                let first = time("first reading", &first)?;
                said::changed(step, *id, Said::Presence, (first, LISTED), (now, ABSENT))?;
                noticed.extend(notices::notice(step, *id, Said::Presence, LISTED, ABSENT, now)?);
            }
            Ok(noticed)
        })?;
        if !noticed.is_empty() {
            self.changed();
        }
        Ok(noticed)
    }
}

/// What is said of the presence of a payment.
const LISTED: &str = "listed";
const ABSENT: &str = "gone";

/// The row that is there already.
struct Before {
    body: String,
    deal: Option<i64>,
    mark: String,
    first: String,
    gone: bool,
}

fn before(step: &Connection, id: i64) -> rusqlite::Result<Option<Before>> {
    step.prepare_cached(
        "SELECT b.body, p.deal, p.mark, p.first_read, p.gone FROM payments p
         JOIN payment_bodies b ON b.payment = p.id WHERE p.id = ?1",
    )?
    .query_row([id], |row| {
        Ok(Before {
            body: row.get(0)?,
            deal: row.get(1)?,
            mark: row.get(2)?,
            first: row.get(3)?,
            gone: row.get(4)?,
        })
    })
    .optional()
}

fn keep(
    step: &Connection,
    incoming: &Incoming,
    now: Timestamp,
    kept: &mut HashSet<UserId>,
) -> Result<Taken, StoreFault> {
    let payment = &incoming.payment;
    let id = number(payment.id.get());
    for person in payment_people(payment) {
        keep_person(step, person, now, kept)?;
    }
    let mut changed = false;
    let deal = match payment.deal.as_deref() {
        Some(deal) => {
            // A list may show its deals shorter than they are.
            changed |= deals::keep(step, deal, Freshness::Event, now, kept)?;
            Some(number(deal.id.get()))
        }
        None => None,
    };
    let body = rows::write(&PaymentRow::from(payment))?;
    let before = before(step, id)?;
    let mut noticed = Vec::new();
    let news = before.is_none();
    match &before {
        None => insert(step, incoming, deal, now, &body)?,
        Some(before) => {
            if before.body != body {
                changed = true;
                let first = time("first reading", &before.first)?;
                let mut row = rows::read::<PaymentRow>("payment", &before.body)?;
                row.name_pictures(payment);
                let old = row.payment(None, None, &mut bare)?;
                noticed = compare(step, &old, payment, first, now)?;
                step.prepare_cached("UPDATE payment_bodies SET body = ?2 WHERE payment = ?1")?
                    .execute(params![id, body])?;
                keep_words(step, payment)?;
            }
            changed |= before.mark != mark_word(incoming.mark) || before.deal != deal;
            if before.gone {
                changed = true;
                said::said(step, payment.id, Said::Presence, LISTED, now)?;
            }
            update(step, incoming, deal, now)?;
        }
    }
    keep_confirmation(step, payment)?;
    let (archived, contradicted) = keep_receipt(step, incoming, now)?;
    noticed.extend(contradicted);
    Ok(Taken {
        id: payment.id,
        news,
        changed: changed && !news,
        noticed,
        archived,
    })
}

/// The payment that this one gives back of.
fn gives_back(payment: &Payment) -> Option<i64> {
    let of = payment.invoice.refund_of.filter(|_| payment.refund)?;
    Some(number(of.get()))
}

fn insert(
    step: &Connection,
    incoming: &Incoming,
    deal: Option<i64>,
    now: Timestamp,
    body: &str,
) -> Result<(), StoreFault> {
    let payment = &incoming.payment;
    let id = number(payment.id.get());
    step.prepare_cached(
        "INSERT INTO payments (id, buyer, owner, invoice, deal, status, sats, pieces, refund, created,
                               mark, mark_key, first_read, read, gone, refund_of)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, 0, ?14)",
    )?
    .execute(params![
        id,
        user_bytes(payment.buyer.id),
        user_bytes(payment.invoice.owner.id),
        number(payment.invoice.id.get()),
        deal,
        status_word(payment.status),
        payment.amount.get(),
        payment.pieces,
        payment.refund,
        stamp(payment.created),
        mark_word(incoming.mark),
        incoming.key,
        stamp(now),
        gives_back(payment),
    ])?;
    step.prepare_cached("INSERT INTO payment_bodies (payment, body) VALUES (?1, ?2)")?
        .execute(params![id, body])?;
    keep_words(step, payment)
}

fn update(
    step: &Connection,
    incoming: &Incoming,
    deal: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreFault> {
    let payment = &incoming.payment;
    step.prepare_cached(
        "UPDATE payments SET buyer = ?2, owner = ?3, invoice = ?4, deal = ?5, status = ?6, sats = ?7, pieces = ?8,
                             refund = ?9, created = ?10, mark = ?11, mark_key = ?12, read = ?13, gone = 0,
                             refund_of = ?14
         WHERE id = ?1",
    )?
    .execute(params![
        number(payment.id.get()),
        user_bytes(payment.buyer.id),
        user_bytes(payment.invoice.owner.id),
        number(payment.invoice.id.get()),
        deal,
        status_word(payment.status),
        payment.amount.get(),
        payment.pieces,
        payment.refund,
        stamp(payment.created),
        mark_word(incoming.mark),
        incoming.key,
        stamp(now),
        gives_back(payment),
    ])?;
    Ok(())
}

/// The words that are searched, and their index.
fn keep_words(step: &Connection, payment: &Payment) -> Result<(), StoreFault> {
    let id = number(payment.id.get());
    let words = [
        payment.buyer.name.to_lowercase(),
        payment.invoice.owner.name.to_lowercase(),
        payment.invoice.comment.to_lowercase(),
    ];
    let before: Option<[String; 3]> = step
        .prepare_cached("SELECT buyer, owner, comment FROM payment_words WHERE payment = ?1")?
        .query_row([id], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
        .optional()?;
    if before.as_ref() == Some(&words) {
        return Ok(());
    }
    if let Some([buyer, owner, comment]) = &before {
        step.prepare_cached(
            "INSERT INTO payment_trigrams (payment_trigrams, rowid, buyer, owner, comment)
             VALUES ('delete', ?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, buyer, owner, comment])?;
    }
    let [buyer, owner, comment] = &words;
    step.prepare_cached(
        "INSERT INTO payment_words (payment, buyer, owner, comment) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (payment) DO UPDATE SET buyer = excluded.buyer, owner = excluded.owner, comment = excluded.comment",
    )?
    .execute(params![id, buyer, owner, comment])?;
    step.prepare_cached(
        "INSERT INTO payment_trigrams (rowid, buyer, owner, comment) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![id, buyer, owner, comment])?;
    Ok(())
}

fn keep_confirmation(step: &Connection, payment: &Payment) -> Result<(), StoreFault> {
    let id = number(payment.id.get());
    match &payment.confirmation {
        Some(text) => step
            .prepare_cached(
                "INSERT INTO confirmations (payment, text) VALUES (?1, ?2)
                 ON CONFLICT (payment) DO UPDATE SET text = excluded.text",
            )?
            .execute(params![id, text])?,
        None => step
            .prepare_cached("DELETE FROM confirmations WHERE payment = ?1")?
            .execute([id])?,
    };
    Ok(())
}

/// Keeps what was said before where it changed, and notices what may not change.
fn compare(
    step: &Connection,
    old: &Payment,
    new: &Payment,
    first: Timestamp,
    now: Timestamp,
) -> Result<Vec<Notice>, StoreFault> {
    for about in said::KEPT {
        let (before, after) = (said::value(old, about), said::value(new, about));
        let other = match about {
            Said::Secret => old.secrets != new.secrets,
            _ => before != after,
        };
        if other {
            said::changed(step, old.id, about, (first, &before), (now, &after))?;
        }
    }
    let mut noticed = Vec::new();
    for found in contradictions(old, new) {
        if found.about == Said::Secret {
            said::keep_former_secrets(step, old, now)?;
        }
        noticed.extend(notices::notice(
            step,
            new.id,
            found.about,
            &found.before,
            &found.after,
            now,
        )?);
    }
    Ok(noticed)
}

/// Keeps the first receipt; later ones, and later marks, are held against it.
fn keep_receipt(
    step: &Connection,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<(bool, Vec<Notice>), StoreFault> {
    let id = incoming.payment.id;
    let mut noticed = Vec::new();
    if let Some(receipt) = &incoming.receipt {
        if incoming.mark != SealMark::Verified || receipt.payment != id {
            return Err(StoreFault::Invalid(
                "a receipt is of a verified payment, and of that one".to_owned(),
            ));
        }
        let Some(kept) = receipts::read(step, id)? else {
            receipts::insert(step, receipt)?;
            return Ok((true, noticed));
        };
        for found in kvit_domain::memory::receipt_contradictions(&kept, receipt) {
            noticed.extend(notices::notice(
                step,
                id,
                found.about,
                &found.before,
                &found.after,
                now,
            )?);
        }
    } else if matches!(incoming.mark, SealMark::DoesNotMatch | SealMark::Forged)
        && receipts::is_kept(step, id)?
    {
        let (before, after) = (mark_word(SealMark::Verified), mark_word(incoming.mark));
        noticed.extend(notices::notice(step, id, Said::Receipt, before, after, now)?);
    }
    Ok((false, noticed))
}
