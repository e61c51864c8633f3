//! Copies of invoices as they are now; as they were at a purchase they are with the payment.

use std::collections::HashSet;

use kvit_domain::{Timestamp, id::InvoiceId, invoice::Invoice};
use rusqlite::{OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    rows::{self, InvoiceRow, Persons, invoice_people, keep_person, number, odd, stamp, time},
    store::{Level, Store},
};

impl Store {
    /// An invoice as last read, and when.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn invoice(&self, id: InvoiceId) -> Result<Option<(Invoice, Timestamp)>, StoreFault> {
        self.read(|look| {
            let row: Option<(String, String)> = look
                .prepare_cached("SELECT body, read FROM invoices WHERE id = ?1")?
                .query_row([number(id.get())], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let mut persons = Persons::new(look);
            row.map(|(body, read)| {
                let invoice = rows::read::<InvoiceRow>("invoice", &body)?
                    .invoice(&mut |named| persons.person(named))?;
                if invoice.id != id {
                    return Err(odd("number of an invoice"));
                }
                Ok((invoice, time("time of reading", &read)?))
            })
            .transpose()
        })
    }

    /// Keeps an invoice as it came.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn keep_invoice(&self, invoice: Invoice, now: Timestamp) -> Result<(), StoreFault> {
        self.write(Level::Copy, "invoices", |step| {
            let mut people = HashSet::new();
            for person in invoice_people(&invoice) {
                keep_person(step, person, now, &mut people)?;
            }
            step.prepare_cached(
                "INSERT INTO invoices (id, read, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET read = excluded.read, body = excluded.body",
            )?
            .execute(params![
                number(invoice.id.get()),
                stamp(now),
                rows::write(&InvoiceRow::from(&invoice))?
            ])?;
            Ok(())
        })
    }
}
