//! What the marketplace said of a payment, and when. Only added to.
//!
//! A value that never changed is in the copy, with the time of the first reading; rows are written from the first
//! change on, the first value included.

use kvit_domain::{
    Timestamp,
    id::PaymentId,
    memory::{Said, status_word},
    payment::{Payment, Secret},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    rows::{self, PaymentRow, SecretRow, bare, number, said_of_word, said_word, stamp, time},
    store::Store,
};

/// The marketplace said this, then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidRow {
    /// When it was read.
    pub at: Timestamp,
    /// About what.
    pub about: Said,
    /// The value: amounts in satoshi, times as RFC 3339, secrets as their number, presence as `listed` or `gone`.
    pub value: String,
}

/// What of a payment is held on to.
pub(crate) const KEPT: [Said; 8] = [
    Said::Status,
    Said::Amount,
    Said::Pieces,
    Said::Invoice,
    Said::Created,
    Said::Buyer,
    Said::Seller,
    Said::Secret,
];

/// Those of which the first value is told even if it never changed.
const ALWAYS: [Said; 4] = [Said::Status, Said::Amount, Said::Buyer, Said::Seller];

/// A value as text.
pub(crate) fn value(payment: &Payment, about: Said) -> String {
    match about {
        Said::Status => status_word(payment.status).to_owned(),
        Said::Amount => payment.amount.to_string(),
        Said::Pieces => payment.pieces.to_string(),
        Said::Invoice => payment.invoice.id.to_string(),
        Said::Created => payment.created.to_string(),
        Said::Buyer => payment.buyer.name.clone(),
        Said::Seller => payment.invoice.owner.name.clone(),
        Said::Secret => payment.secrets.len().to_string(),
        Said::Receipt | Said::Presence => String::new(),
    }
}

/// Adds a row.
pub(crate) fn said(
    step: &Connection,
    id: PaymentId,
    about: Said,
    value: &str,
    at: Timestamp,
) -> Result<(), StoreFault> {
    step.prepare_cached("INSERT INTO said (payment, at, about, value) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![number(id.get()), stamp(at), said_word(about), value])?;
    Ok(())
}

/// Adds a change; the first one brings the first value with it.
pub(crate) fn changed(
    step: &Connection,
    id: PaymentId,
    about: Said,
    (first, before): (Timestamp, &str),
    (now, after): (Timestamp, &str),
) -> Result<(), StoreFault> {
    let known = step
        .prepare_cached("SELECT 1 FROM said WHERE payment = ?1 AND about = ?2")?
        .exists(params![number(id.get()), said_word(about)])?;
    if !known {
        said(step, id, about, before, first)?;
    }
    said(step, id, about, after, now)
}

/// Keeps what was bought before it becomes something else.
pub(crate) fn keep_former_secrets(
    step: &Connection,
    old: &Payment,
    now: Timestamp,
) -> Result<(), StoreFault> {
    let secrets: Vec<SecretRow> = old.secrets.iter().map(SecretRow::from).collect();
    let body = rows::write(&secrets)?;
    let id = number(old.id.get());
    let known = step
        .prepare_cached("SELECT 1 FROM former_secrets WHERE payment = ?1 AND body = ?2")?
        .exists(params![id, body])?;
    if !known {
        step.prepare_cached("INSERT INTO former_secrets (payment, until, body) VALUES (?1, ?2, ?3)")?
            .execute(params![id, stamp(now), body])?;
    }
    Ok(())
}

impl Store {
    /// What was said of a payment: first values of status, amount and names, and every change of anything, in the order
    /// in which it was read. Empty: never read.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn said_of(&self, id: PaymentId) -> Result<Vec<SaidRow>, StoreFault> {
        self.read(|look| {
            let mut statement =
                look.prepare_cached("SELECT at, about, value FROM said WHERE payment = ?1 ORDER BY number")?;
            let mut rows = statement.query([number(id.get())])?;
            let mut said = Vec::new();
            while let Some(row) = rows.next()? {
                said.push(SaidRow {
                    at: time("time of what was said", &row.get::<_, String>(0)?)?,
                    about: said_of_word(&row.get::<_, String>(1)?)?,
                    value: row.get(2)?,
                });
            }
            let copy: Option<(String, String)> = look
                .prepare_cached(
                    "SELECT p.first_read, b.body FROM payments p JOIN payment_bodies b ON b.payment = p.id WHERE p.id = ?1",
                )?
                .query_row([number(id.get())], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            if let Some((first, body)) = copy {
                let at = time("first reading", &first)?;
                let copy = rows::read::<PaymentRow>("payment", &body)?.payment(None, None, &mut bare)?;
                for about in ALWAYS {
                    if said.iter().all(|row| row.about != about) {
                        said.push(SaidRow {
                            at,
                            about,
                            value: value(&copy, about),
                        });
                    }
                }
            }
            // Stable: what was read together stays in the order of its rows.
            said.sort_by_key(|row| row.at);
            Ok(said)
        })
    }

    /// What was bought in a payment before it became something else or was gone, and when that was noticed; oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn former_secrets(&self, id: PaymentId) -> Result<Vec<(Timestamp, Vec<Secret>)>, StoreFault> {
        self.read(|look| {
            let mut statement = look.prepare_cached(
                "SELECT until, body FROM former_secrets WHERE payment = ?1 ORDER BY number",
            )?;
            let mut rows = statement.query([number(id.get())])?;
            let mut former = Vec::new();
            while let Some(row) = rows.next()? {
                let secrets: Vec<SecretRow> = rows::read("secrets", &row.get::<_, String>(1)?)?;
                former.push((
                    time("end of secrets", &row.get::<_, String>(0)?)?,
                    secrets.into_iter().map(Secret::from).collect(),
                ));
            }
            Ok(former)
        })
    }
}
