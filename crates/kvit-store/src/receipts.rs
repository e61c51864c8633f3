//! Receipts: the first verified confirmation of each payment. Never replaced, never deleted; the file itself refuses.

use kvit_domain::{
    Timestamp,
    id::{InvoiceId, PaymentId},
    receipt::Receipt,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    payments::{Searched, payment_id},
    rows::{number, odd, sats, stamp, time},
    store::Store,
};

/// Keeps a receipt; there must be none of that payment.
pub(crate) fn insert(step: &Connection, receipt: &Receipt) -> Result<(), StoreFault> {
    let id = number(receipt.payment.get());
    step.prepare_cached(
        "INSERT INTO receipts (payment, first_seen, key, signed, pieces, invoice, sats, created, payer, owner,
                               payer_words, owner_words)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        id,
        stamp(receipt.first_seen),
        receipt.key,
        stamp(receipt.signed),
        receipt.pieces,
        number(receipt.invoice.get()),
        receipt.amount.get(),
        stamp(receipt.created),
        receipt.payer,
        receipt.owner,
        receipt.payer.to_lowercase(),
        receipt.owner.to_lowercase(),
    ])?;
    step.prepare_cached("INSERT INTO receipt_texts (payment, text) VALUES (?1, ?2)")?
        .execute(params![id, receipt.text])?;
    Ok(())
}

pub(crate) fn is_kept(look: &Connection, id: PaymentId) -> Result<bool, StoreFault> {
    Ok(look
        .prepare_cached("SELECT 1 FROM receipts WHERE payment = ?1")?
        .exists([number(id.get())])?)
}

pub(crate) fn read(look: &Connection, id: PaymentId) -> Result<Option<Receipt>, StoreFault> {
    struct Columns {
        text: String,
        first_seen: String,
        key: String,
        signed: String,
        pieces: Option<u32>,
        invoice: u64,
        sats: i64,
        created: String,
        payer: String,
        owner: String,
    }
    let columns = look
        .prepare_cached(
            "SELECT t.text, r.first_seen, r.key, r.signed, r.pieces, r.invoice, r.sats, r.created, r.payer, r.owner
             FROM receipts r JOIN receipt_texts t ON t.payment = r.payment WHERE r.payment = ?1",
        )?
        .query_row([number(id.get())], |row| {
            Ok(Columns {
                text: row.get(0)?,
                first_seen: row.get(1)?,
                key: row.get(2)?,
                signed: row.get(3)?,
                pieces: row.get(4)?,
                invoice: row.get(5)?,
                sats: row.get(6)?,
                created: row.get(7)?,
                payer: row.get(8)?,
                owner: row.get(9)?,
            })
        })
        .optional()?;
    let Some(columns) = columns else {
        return Ok(None);
    };
    Ok(Some(Receipt {
        payment: id,
        text: columns.text,
        first_seen: read_time(&columns.first_seen)?,
        key: columns.key,
        signed: read_time(&columns.signed)?,
        pieces: columns.pieces,
        invoice: InvoiceId::new(columns.invoice).ok_or_else(|| odd("invoice of a receipt"))?,
        amount: sats("amount of a receipt", columns.sats)?,
        created: read_time(&columns.created)?,
        payer: columns.payer,
        owner: columns.owner,
    }))
}

fn read_time(text: &str) -> Result<Timestamp, StoreFault> {
    time("time of a receipt", text)
}

impl Store {
    /// The receipt of a payment.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn receipt(&self, id: PaymentId) -> Result<Option<Receipt>, StoreFault> {
        self.read(|look| read(look, id))
    }

    /// Payments with a receipt that names this text: number of the payment or the invoice, part of a name. Blank: all.
    /// Newest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn receipt_ids(&self, text: &str) -> Result<Vec<PaymentId>, StoreFault> {
        let searched = Searched::of(text);
        self.read(|look| {
            let mut statement = look.prepare_cached(
                "SELECT payment FROM receipts
                 WHERE ?1 = '' OR payment = ?2 OR invoice = ?3 OR instr(payer_words, ?1) > 0 OR instr(owner_words, ?1) > 0
                 ORDER BY payment DESC",
            )?;
            let mut rows = statement.query(params![
                searched.words,
                searched.payment_number(),
                searched.invoice_number()
            ])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(payment_id(row.get(0)?)?);
            }
            Ok(found)
        })
    }

    /// Receipts in the order of their payments here; missing ones are left out.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn receipts_by_id(&self, ids: &[PaymentId]) -> Result<Vec<Receipt>, StoreFault> {
        self.read(|look| ids.iter().filter_map(|id| read(look, *id).transpose()).collect())
    }

    /// How many receipts are kept.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn receipt_count(&self) -> Result<u64, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT count(*) FROM receipts")?
                .query_row([], |row| row.get(0))?)
        })
    }
}
