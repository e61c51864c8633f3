//! Which payments there are.

use kvit_domain::{
    Timestamp,
    id::{InvoiceId, PaymentId, UserId},
    memory::status_word,
    payment::Direction,
    reference::invoice_reference,
};
use rusqlite::{Connection, OptionalExtension as _, ToSql, types::Value};

use super::{KeptPayment, PaymentsQuery, payment_id, read_payments};
use crate::{
    fault::StoreFault,
    rows::{number, stamp, user_bytes},
    store::Store,
};

/// Longest text that is searched for, in characters.
const TEXT_LIMIT: usize = 200;
/// Fewest characters that the index of trigrams can find.
const TRIGRAM: usize = 3;

/// What a text to be searched for may mean.
pub(crate) struct Searched {
    /// In lower case, without blanks around it; empty: everything.
    pub(crate) words: String,
    /// The number of a payment that it may be.
    pub(crate) payment: Option<PaymentId>,
    /// The number of an invoice that it may be.
    pub(crate) invoice: Option<InvoiceId>,
}

impl Searched {
    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim();
        let bare = text.trim_start_matches(['№', '#']).trim_start();
        Self {
            words: text.chars().take(TEXT_LIMIT).collect::<String>().to_lowercase(),
            payment: bare.parse().ok(),
            invoice: invoice_reference(text).ok(),
        }
    }

    pub(crate) fn payment_number(&self) -> i64 {
        self.payment.map_or(0, |id| number(id.get()))
    }

    pub(crate) fn invoice_number(&self) -> i64 {
        self.invoice.map_or(0, |id| number(id.get()))
    }

    /// As a phrase of the index; `None`: too short for it, or not to be written in its language.
    pub(crate) fn phrase(&self) -> Option<String> {
        let long = self.words.chars().count() >= TRIGRAM;
        (long && !self.words.contains('\0')).then(|| format!("\"{}\"", self.words.replace('"', "\"\"")))
    }
}

/// Numbers from the only column of a query.
fn ids(
    connection: &Connection,
    sql: &str,
    values: &[(&str, &dyn ToSql)],
) -> Result<Vec<PaymentId>, StoreFault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(payment_id(row.get(0)?)?);
    }
    Ok(found)
}

/// The words of a payment that this person searches: what is theirs is not searched, their own name is everywhere.
const FOUND: &str = "instr(w.comment, :words) > 0
     OR instr(CASE WHEN p.owner = :me THEN w.buyer ELSE w.owner END, :words) > 0";

fn search(look: &Connection, query: &PaymentsQuery) -> Result<Vec<PaymentId>, StoreFault> {
    let searched = Searched::of(&query.text);
    let phrase = searched.phrase();
    let (me, status) = (user_bytes(query.me), query.status.map(status_word));
    let (payment, invoice) = (searched.payment_number(), searched.invoice_number());
    let mut values: Vec<(&str, &dyn ToSql)> = Vec::new();
    let mut sql = "SELECT p.id FROM payments p WHERE true".to_owned();
    match query.direction {
        Some(Direction::ToMe) => sql.push_str(" AND p.owner = :me"),
        Some(Direction::FromMe) => sql.push_str(" AND p.owner <> :me"),
        None => {}
    }
    if status.is_some() {
        sql.push_str(" AND p.status = :status");
        values.push((":status", &status));
    }
    if query.noticed_only {
        sql.push_str(" AND p.id IN (SELECT payment FROM notices)");
    }
    if !searched.words.is_empty() {
        let candidates = if phrase.is_some() {
            values.push((":phrase", &phrase));
            "p.id IN (SELECT rowid FROM payment_trigrams WHERE payment_trigrams MATCH :phrase) AND "
        } else {
            ""
        };
        sql.push_str(&format!(
            " AND (p.id = :payment OR p.invoice = :invoice OR {candidates}
               EXISTS (SELECT 1 FROM payment_words w WHERE w.payment = p.id AND ({FOUND})))"
        ));
        values.push((":payment", &payment));
        values.push((":invoice", &invoice));
        values.push((":words", &searched.words));
    }
    if sql.contains(":me") {
        values.push((":me", &me));
    }
    sql.push_str(" ORDER BY p.id DESC");
    ids(look, &sql, &values)
}

impl Store {
    /// The numbers of all payments that fit, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn payment_ids(&self, query: &PaymentsQuery) -> Result<Vec<PaymentId>, StoreFault> {
        self.read(|look| search(look, query))
    }

    /// The highest number that is kept.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn newest_payment(&self) -> Result<Option<PaymentId>, StoreFault> {
        self.read(|look| {
            look.prepare_cached("SELECT id FROM payments ORDER BY id DESC LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()?
                .map(payment_id)
                .transpose()
        })
    }

    /// How many payments are kept.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn payment_count(&self) -> Result<u64, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT count(*) FROM payments")?
                .query_row([], |row| row.get(0))?)
        })
    }

    /// Payments whose copy is Pending, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn pending_payments(&self) -> Result<Vec<PaymentId>, StoreFault> {
        self.read(|look| {
            ids(
                look,
                "SELECT id FROM payments WHERE status = 'pending' ORDER BY id DESC",
                &[],
            )
        })
    }

    /// Numbers between two others, both exclusive, newest first; those that vanished before are left out. For finding
    /// those that the marketplace does not list any more.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn payments_between(
        &self,
        above: Option<PaymentId>,
        below: Option<PaymentId>,
    ) -> Result<Vec<PaymentId>, StoreFault> {
        let above = above.map_or(0, |id| number(id.get()));
        // No number is as high (section 3.2), so nothing is left out.
        let below = below.map_or(i64::MAX, |id| number(id.get()));
        let at_most = if below == i64::MAX { "<=" } else { "<" };
        self.read(|look| {
            ids(
                look,
                &format!(
                    "SELECT id FROM payments WHERE id > :above AND id {at_most} :below AND gone = 0 ORDER BY id DESC"
                ),
                &[(":above", &above), (":below", &below)],
            )
        })
    }

    /// Paid payments whose mark was made with another key than this one, or with none, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn unchecked_payments(&self, key: Option<&str>, count: u32) -> Result<Vec<KeptPayment>, StoreFault> {
        self.read(|look| {
            let found = ids(
                look,
                "SELECT id FROM payments WHERE status = 'paid' AND mark_key IS NOT :key ORDER BY id DESC LIMIT :count",
                &[(":key", &key), (":count", &count)],
            )?;
            read_payments(look, &found)
        })
    }

    /// Payments that became Paid, as far as it was read here, at this time or later; newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn became_paid(&self, since: Timestamp) -> Result<Vec<KeptPayment>, StoreFault> {
        let since = stamp(since);
        self.read(|look| {
            // Paid from its first reading on, or said to be so later.
            let found = ids(
                look,
                "SELECT id FROM payments p WHERE status = 'paid' AND first_read >= :since
                    AND NOT EXISTS (SELECT 1 FROM said s WHERE s.payment = p.id AND s.about = 'status')
                 UNION
                 SELECT p.id FROM said s JOIN payments p ON p.id = s.payment
                 WHERE s.about = 'status' AND s.value = 'paid' AND s.at >= :since AND p.status = 'paid'
                 ORDER BY 1 DESC",
                &[(":since", &since)],
            )?;
            read_payments(look, &found)
        })
    }

    /// This person's payments for an invoice, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn payments_on(&self, invoice: InvoiceId, me: UserId) -> Result<Vec<KeptPayment>, StoreFault> {
        self.read(|look| {
            let found = ids(
                look,
                "SELECT id FROM payments WHERE invoice = :invoice AND buyer = :me ORDER BY id DESC",
                &[
                    (":invoice", &number(invoice.get())),
                    (":me", &Value::Blob(user_bytes(me))),
                ],
            )?;
            read_payments(look, &found)
        })
    }

    /// Payments that give back of this one, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn refund_payments_of(&self, payment: PaymentId) -> Result<Vec<PaymentId>, StoreFault> {
        self.read(|look| {
            ids(
                look,
                "SELECT id FROM payments WHERE refund_of = :payment ORDER BY id DESC",
                &[(":payment", &number(payment.get()))],
            )
        })
    }

    /// Paid payments that give back of any, newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn refund_payments(&self, count: u32) -> Result<Vec<PaymentId>, StoreFault> {
        self.read(|look| {
            ids(
                look,
                "SELECT id FROM payments WHERE refund_of IS NOT NULL AND status = 'paid' ORDER BY id DESC LIMIT :count",
                &[(":count", &Value::from(count))],
            )
        })
    }

    /// The newest payment of the person themselves for an invoice whose copy is Pending.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn pending_on(&self, invoice: InvoiceId) -> Result<Option<PaymentId>, StoreFault> {
        self.read(|look| {
            let found = ids(
                look,
                "SELECT id FROM payments WHERE invoice = :invoice AND status = 'pending'
                    AND buyer = (SELECT id FROM profile) ORDER BY id DESC LIMIT 1",
                &[(":invoice", &number(invoice.get()))],
            )?;
            Ok(found.first().copied())
        })
    }

    /// Payments from this person with a higher number than the mark, newest first; no mark: all.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn own_payments_above(
        &self,
        mark: Option<PaymentId>,
        me: UserId,
    ) -> Result<Vec<KeptPayment>, StoreFault> {
        let mark = mark.map_or(0, |id| number(id.get()));
        self.read(|look| {
            let found = ids(
                look,
                "SELECT id FROM payments WHERE id > :mark AND owner <> :me ORDER BY id DESC",
                &[(":mark", &mark), (":me", &Value::Blob(user_bytes(me)))],
            )?;
            read_payments(look, &found)
        })
    }
}
