//! Copies of payments, each with the mark of its confirmation and when it was read.

mod keep;
mod query;

pub(crate) use query::Searched;

use kvit_domain::{
    Timestamp,
    id::{PaymentId, UserId},
    memory::Notice,
    payment::{Direction, Payment, PaymentStatus},
    receipt::Receipt,
    seal::SealMark,
};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::{
    deals,
    fault::StoreFault,
    rows::{self, PaymentRow, Persons, mark_of, odd},
    store::Store,
};

/// A copy of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPayment {
    /// The payment. People in it are called as they were called in it, and stand as they were last read.
    pub payment: Payment,
    /// The mark of its confirmation, made with the key it was checked with.
    pub mark: SealMark,
    /// Fingerprint of the key that the mark was made with; `None`: no key was pinned.
    pub key: Option<String>,
    /// When it was read from the marketplace.
    pub read: Timestamp,
    /// The marketplace contradicted itself about it, and the person has not seen that yet.
    pub noticed: bool,
    /// The marketplace does not list it any more.
    pub vanished: bool,
}

/// A payment as it came, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The payment.
    pub payment: Payment,
    /// The mark of its confirmation.
    pub mark: SealMark,
    /// What the confirmation says; only of a verified one, and only of this payment.
    pub receipt: Option<Receipt>,
    /// Fingerprint of the key that the mark was made with; `None`: no key was pinned.
    pub key: Option<String>,
}

/// What became of a payment that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The payment.
    pub id: PaymentId,
    /// It was not there before.
    pub news: bool,
    /// Something that a screen shows of it changed. That a confirmation was signed anew, or how people stand, is not.
    pub changed: bool,
    /// Contradictions that were not noticed before.
    pub noticed: Vec<Notice>,
    /// Its receipt is kept from now on.
    pub archived: bool,
}

/// Which payments are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentsQuery {
    /// Who asks: directions and counterparties are as this person sees them.
    pub me: UserId,
    /// One direction only.
    pub direction: Option<Direction>,
    /// One status only.
    pub status: Option<PaymentStatus>,
    /// Number of a payment or an invoice, a link of an invoice, or a part of the counterparty's name or of the comment.
    /// Blank: all.
    pub text: String,
    /// Only those in which the marketplace contradicted itself.
    pub noticed_only: bool,
}

/// Columns of a whole copy, in the order of [`Whole`].
const WHOLE: &str = "SELECT p.deal, p.mark, p.read, b.body, c.text, p.mark_key, p.gone,
            EXISTS (SELECT 1 FROM notices n WHERE n.payment = p.id AND n.seen = 0) FROM payments p
     JOIN payment_bodies b ON b.payment = p.id
     LEFT JOIN confirmations c ON c.payment = p.id
     WHERE p.id = ?1";

struct Whole {
    deal: Option<i64>,
    mark: String,
    read: String,
    body: String,
    confirmation: Option<String>,
    key: Option<String>,
    gone: bool,
    noticed: bool,
}

impl Whole {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            deal: row.get(0)?,
            mark: row.get(1)?,
            read: row.get(2)?,
            body: row.get(3)?,
            confirmation: row.get(4)?,
            key: row.get(5)?,
            gone: row.get(6)?,
            noticed: row.get(7)?,
        })
    }
}

/// One copy.
fn read_payment(
    connection: &Connection,
    id: PaymentId,
    persons: &mut Persons<'_>,
) -> Result<Option<KeptPayment>, StoreFault> {
    let Some(whole) = connection
        .prepare_cached(WHOLE)?
        .query_row([rows::number(id.get())], Whole::of)
        .optional()?
    else {
        return Ok(None);
    };
    let deal = match whole.deal {
        Some(number) => {
            let (deal, _) =
                deals::read_deal(connection, number, persons)?.ok_or_else(|| odd("deal of a payment"))?;
            Some(deal)
        }
        None => None,
    };
    let payment = rows::read::<PaymentRow>("payment", &whole.body)?.payment(
        whole.confirmation,
        deal,
        &mut |named| persons.person(named),
    )?;
    if payment.id != id {
        return Err(odd("number of a payment"));
    }
    Ok(Some(KeptPayment {
        payment,
        mark: mark_of(&whole.mark)?,
        key: whole.key,
        read: rows::time("time of reading", &whole.read)?,
        noticed: whole.noticed,
        vanished: whole.gone,
    }))
}

/// A number of a payment from a column.
pub(crate) fn payment_id(number: i64) -> Result<PaymentId, StoreFault> {
    u64::try_from(number)
        .ok()
        .and_then(PaymentId::new)
        .ok_or_else(|| odd("number of a payment"))
}

impl Store {
    /// A copy; `None`: never read.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn payment(&self, id: PaymentId) -> Result<Option<KeptPayment>, StoreFault> {
        self.read(|look| read_payment(look, id, &mut Persons::new(look)))
    }

    /// Copies in the order of their numbers here; those that are not kept are left out.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn payments_by_id(&self, ids: &[PaymentId]) -> Result<Vec<KeptPayment>, StoreFault> {
        self.read(|look| read_payments(look, ids))
    }
}

fn read_payments(look: &Connection, ids: &[PaymentId]) -> Result<Vec<KeptPayment>, StoreFault> {
    let mut persons = Persons::new(look);
    ids.iter()
        .filter_map(|id| read_payment(look, *id, &mut persons).transpose())
        .collect()
}
