//! Where the marketplace contradicted itself, as it was noticed.

use kvit_domain::{
    Timestamp,
    id::PaymentId,
    memory::{Contradiction, Notice, Said},
};
use rusqlite::{Connection, ToSql, params};

use crate::{
    fault::StoreFault,
    payments::payment_id,
    rows::{number, said_of_word, said_word, stamp, time},
    store::{Level, Store},
};

/// Notices something, unless the same was noticed before: about the same, with the same outcome. A marketplace that
/// says this and that in turns is noticed once for each.
pub(crate) fn notice(
    step: &Connection,
    id: PaymentId,
    about: Said,
    before: &str,
    after: &str,
    now: Timestamp,
) -> Result<Option<Notice>, StoreFault> {
    let known = step
        .prepare_cached("SELECT 1 FROM notices WHERE payment = ?1 AND about = ?2 AND after = ?3")?
        .exists(params![number(id.get()), said_word(about), after])?;
    if known {
        return Ok(None);
    }
    let number: u64 = step
        .prepare_cached(
            "INSERT INTO notices (payment, about, before, after, noticed, seen) VALUES (?1, ?2, ?3, ?4, ?5, 0)
             RETURNING number",
        )?
        .query_row(
            params![number(id.get()), said_word(about), before, after, stamp(now)],
            |row| row.get(0),
        )?;
    Ok(Some(Notice {
        number,
        payment: id,
        what: Contradiction {
            about,
            before: before.to_owned(),
            after: after.to_owned(),
        },
        noticed: now,
        seen: false,
    }))
}

fn notices(look: &Connection, rest: &str, values: &[&dyn ToSql]) -> Result<Vec<Notice>, StoreFault> {
    let mut statement = look.prepare_cached(&format!(
        "SELECT number, payment, about, before, after, noticed, seen FROM notices {rest}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Notice {
            number: row.get(0)?,
            payment: payment_id(row.get(1)?)?,
            what: Contradiction {
                about: said_of_word(&row.get::<_, String>(2)?)?,
                before: row.get(3)?,
                after: row.get(4)?,
            },
            noticed: time("time of a notice", &row.get::<_, String>(5)?)?,
            seen: row.get(6)?,
        });
    }
    Ok(found)
}

impl Store {
    /// What was noticed about a payment, oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn notices_of(&self, id: PaymentId) -> Result<Vec<Notice>, StoreFault> {
        self.read(|look| notices(look, "WHERE payment = ?1 ORDER BY number", &[&number(id.get())]))
    }

    /// What was noticed last, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn notices(&self, count: u32) -> Result<Vec<Notice>, StoreFault> {
        self.read(|look| notices(look, "ORDER BY number DESC LIMIT ?1", &[&count]))
    }

    /// How many notices the person has not seen.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn unseen_notices(&self) -> Result<u32, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT count(*) FROM notices WHERE seen = 0")?
                .query_row([], |row| row.get(0))?)
        })
    }

    /// The person has seen all there is about a payment.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn notices_seen(&self, id: PaymentId) -> Result<(), StoreFault> {
        let seen = self.write(Level::Durable, "notices", |step| {
            Ok(step
                .prepare_cached("UPDATE notices SET seen = 1 WHERE payment = ?1 AND seen = 0")?
                .execute([number(id.get())])?)
        })?;
        if seen > 0 {
            self.changed();
        }
        Ok(())
    }
}
