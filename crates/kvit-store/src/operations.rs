//! The journal: what was about to be sent, before it was sent, and what became of it. What an operation is, its engine
//! knows; here it is a row that does not get lost.

use kvit_domain::{
    Timestamp,
    id::{DealId, InvoiceId, PaymentId},
};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use uuid::Uuid;

use crate::{
    fault::StoreFault,
    payments::payment_id,
    rows::{number, odd, stamp, time},
    store::{Level, Store},
};

/// Longest body of an operation or a step, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Longest name of an act, a state or a step, in bytes.
pub(crate) const WORD_LIMIT: usize = 200;

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// Its own id, made before it was sent.
    pub id: Uuid,
    /// What it does.
    pub act: String,
    /// How far it is.
    pub state: String,
    /// Its outcome is not known.
    pub open: bool,
    /// When it was prepared.
    pub prepared: Timestamp,
    /// When its outcome became known.
    pub settled: Option<Timestamp>,
    /// The invoice it is about.
    pub invoice: Option<InvoiceId>,
    /// The payment it made, or is about.
    pub payment: Option<PaymentId>,
    /// The deal it made, or is about.
    pub deal: Option<DealId>,
    /// Everything else, as its engine writes it; at most [`BODY_LIMIT`] bytes.
    pub body: String,
}

/// Something that happened to an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
    /// Everything else, as its engine writes it; at most [`BODY_LIMIT`] bytes.
    pub body: String,
}

fn bounded(words: &[&str], body: &str) -> Result<(), StoreFault> {
    if body.len() > BODY_LIMIT || words.iter().any(|word| word.len() > WORD_LIMIT) {
        return Err(StoreFault::Invalid("the operation is too long".to_owned()));
    }
    Ok(())
}

impl OperationRow {
    fn bounded(&self) -> Result<(), StoreFault> {
        bounded(&[&self.act, &self.state], &self.body)
    }
}

fn add_step(step: &Connection, operation: i64, row: &StepRow) -> Result<(), StoreFault> {
    bounded(&[&row.what], &row.body)?;
    step.prepare_cached("INSERT INTO steps (operation, at, what, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![operation, stamp(row.at), row.what, row.body])?;
    Ok(())
}

fn unknown() -> StoreFault {
    StoreFault::Invalid("there is no such operation".to_owned())
}

const COLUMNS: &str =
    "SELECT number, id, act, state, open, prepared, settled, invoice, payment, deal, body FROM operations";

struct Columns {
    number: u64,
    id: Vec<u8>,
    act: String,
    state: String,
    open: bool,
    prepared: String,
    settled: Option<String>,
    invoice: Option<u64>,
    payment: Option<i64>,
    deal: Option<u64>,
    body: String,
}

impl Columns {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            id: row.get(1)?,
            act: row.get(2)?,
            state: row.get(3)?,
            open: row.get(4)?,
            prepared: row.get(5)?,
            settled: row.get(6)?,
            invoice: row.get(7)?,
            payment: row.get(8)?,
            deal: row.get(9)?,
            body: row.get(10)?,
        })
    }

    fn operation(self) -> Result<(u64, OperationRow), StoreFault> {
        let row = OperationRow {
            id: Uuid::from_slice(&self.id).map_err(|_| odd("id of an operation"))?,
            act: self.act,
            state: self.state,
            open: self.open,
            prepared: time("time of an operation", &self.prepared)?,
            settled: match self.settled {
                Some(text) => Some(time("end of an operation", &text)?),
                None => None,
            },
            invoice: match self.invoice {
                Some(number) => Some(InvoiceId::new(number).ok_or_else(|| odd("invoice of an operation"))?),
                None => None,
            },
            payment: self.payment.map(payment_id).transpose()?,
            deal: match self.deal {
                Some(number) => Some(DealId::new(number).ok_or_else(|| odd("deal of an operation"))?),
                None => None,
            },
            body: self.body,
        };
        Ok((self.number, row))
    }
}

fn operations(
    look: &Connection,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<(u64, OperationRow)>, StoreFault> {
    let mut statement = look.prepare_cached(&format!("{COLUMNS} {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Columns::of(row)?.operation()?);
    }
    Ok(found)
}

impl Store {
    /// Puts an operation and its first step on the disk: one transaction, one sync. Only after it returns may the first
    /// byte of the operation leave. Returns its number, higher than any before.
    ///
    /// # Errors
    /// `Invalid` for an id that is there already, and for what is too long; damage; the disk. After a fault that came from
    /// the sync itself it may or may not be found when the store is opened again; it was not sent, so a look settles it.
    pub fn begin_operation(&self, operation: &OperationRow, first: &StepRow) -> Result<u64, StoreFault> {
        operation.bounded()?;
        self.write(Level::Durable, "begin", |step| {
            let row: i64 = step
                .prepare_cached(
                    "INSERT INTO operations (id, act, state, open, prepared, settled, invoice, payment, deal, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING number",
                )?
                .query_row(
                    params![
                        operation.id.as_bytes().as_slice(),
                        operation.act,
                        operation.state,
                        operation.open,
                        stamp(operation.prepared),
                        operation.settled.map(stamp),
                        operation.invoice.map(|id| number(id.get())),
                        operation.payment.map(|id| number(id.get())),
                        operation.deal.map(|id| number(id.get())),
                        operation.body,
                    ],
                    |row| row.get(0),
                )?;
            add_step(step, row, first)?;
            u64::try_from(row).map_err(|_| odd("number of an operation"))
        })
    }

    /// Puts a change of an operation on the disk, with what led to it.
    ///
    /// # Errors
    /// `Invalid` for one that was never begun, and for what is too long; damage; the disk. Nothing is kept then.
    pub fn change_operation(&self, operation: &OperationRow, steps: &[StepRow]) -> Result<(), StoreFault> {
        operation.bounded()?;
        self.write(Level::Durable, "change", |step| {
            let row: i64 = step
                .prepare_cached(
                    "UPDATE operations SET act = ?2, state = ?3, open = ?4, prepared = ?5, settled = ?6, invoice = ?7,
                                           payment = ?8, deal = ?9, body = ?10
                     WHERE id = ?1 RETURNING number",
                )?
                .query_row(
                    params![
                        operation.id.as_bytes().as_slice(),
                        operation.act,
                        operation.state,
                        operation.open,
                        stamp(operation.prepared),
                        operation.settled.map(stamp),
                        operation.invoice.map(|id| number(id.get())),
                        operation.payment.map(|id| number(id.get())),
                        operation.deal.map(|id| number(id.get())),
                        operation.body,
                    ],
                    |row| row.get(0),
                )
                .optional()?
                .ok_or_else(unknown)?;
            steps.iter().try_for_each(|one| add_step(step, row, one))
        })
    }

    /// Adds evidence of a look to an operation. A loss of power may take it; the look can be repeated.
    ///
    /// # Errors
    /// As [`Store::change_operation`].
    pub fn note_step(&self, id: Uuid, row: &StepRow) -> Result<(), StoreFault> {
        self.write(Level::Copy, "note", |step| {
            let operation: i64 = step
                .prepare_cached("SELECT number FROM operations WHERE id = ?1")?
                .query_row([id.as_bytes().as_slice()], |row| row.get(0))
                .optional()?
                .ok_or_else(unknown)?;
            add_step(step, operation, row)
        })
    }

    /// An operation and its number.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn operation(&self, id: Uuid) -> Result<Option<(u64, OperationRow)>, StoreFault> {
        self.read(|look| {
            Ok(operations(look, "WHERE id = ?1", &[&id.as_bytes().as_slice()])?
                .into_iter()
                .next())
        })
    }

    /// Operations whose outcome is not known, oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn open_operations(&self) -> Result<Vec<(u64, OperationRow)>, StoreFault> {
        self.read(|look| operations(look, "WHERE open = 1 ORDER BY number", &[]))
    }

    /// Operations below a number, newest first; none given: from the newest on.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn operations(
        &self,
        before: Option<u64>,
        count: u32,
    ) -> Result<Vec<(u64, OperationRow)>, StoreFault> {
        let before = before.map_or(i64::MAX, number);
        self.read(|look| {
            operations(
                look,
                "WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
                &[&before, &count],
            )
        })
    }

    /// Operations that made a payment, or are about it or about the deal that funds it; oldest first.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn operations_about(&self, id: PaymentId) -> Result<Vec<(u64, OperationRow)>, StoreFault> {
        self.read(|look| {
            operations(
                look,
                "WHERE payment = ?1
                    OR deal IN (SELECT deal FROM payments WHERE id = ?1 UNION SELECT id FROM deals WHERE payment = ?1)
                 ORDER BY number",
                &[&number(id.get())],
            )
        })
    }

    /// What happened to an operation, in its order. Empty: there is no such operation.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn steps(&self, id: Uuid) -> Result<Vec<StepRow>, StoreFault> {
        self.read(|look| {
            let mut statement = look.prepare_cached(
                "SELECT s.at, s.what, s.body FROM steps s JOIN operations o ON o.number = s.operation
                 WHERE o.id = ?1 ORDER BY s.number",
            )?;
            let mut rows = statement.query([id.as_bytes().as_slice()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(StepRow {
                    at: time("time of a step", &row.get::<_, String>(0)?)?,
                    what: row.get(1)?,
                    body: row.get(2)?,
                });
            }
            Ok(found)
        })
    }
}
