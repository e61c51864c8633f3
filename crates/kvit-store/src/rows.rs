//! How domain values lie in the file: columns, and bodies as JSON.
//!
//! Everything exact: counts as integers, decimals, times and ids as text. A field that a later version adds gets a default;
//! one that must be there and is not is damage, never a nought.

mod columns;
mod deal;
mod invoice;
mod message;
mod payment;
mod person;
mod pictures;
mod words;

use kvit_domain::{Decimal, Timestamp, money::Sats};
use serde::{Serialize, de::DeserializeOwned};

use crate::fault::StoreFault;

pub(crate) use columns::{number, stamp, time, user, user_bytes};
pub(crate) use deal::{DealRow, FiatRow, people as deal_people};
pub(crate) use invoice::{InvoiceRow, people as invoice_people};
pub(crate) use message::{SaidIn, message_id, talk};
pub(crate) use payment::{PaymentRow, SecretRow, people as payment_people};
pub(crate) use person::{Named, Persons, bare, keep_person, person_of, read_person};
pub(crate) use pictures::PicturesRow;
pub(crate) use words::{
    deal_status, mark_of, mark_word, news_kind, news_kind_word, payment_status, said_of_word, said_word,
};

/// The JSON of a row.
pub(crate) fn write<T: Serialize>(row: &T) -> Result<String, StoreFault> {
    serde_json::to_string(row).map_err(|error| StoreFault::Invalid(error.to_string()))
}

/// The row of a JSON text. The fault names the place in it, not what stands there.
pub(crate) fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreFault> {
    serde_json::from_str(text).map_err(|error| {
        StoreFault::Damaged(format!(
            "{what}: line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}

/// A value that is not what it must be.
pub(crate) fn odd(field: &str) -> StoreFault {
    StoreFault::Damaged(format!("{field} is not what was written"))
}

pub(crate) fn parse<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, StoreFault> {
    text.parse().map_err(|_| odd(field))
}

pub(crate) fn parse_some<T: std::str::FromStr>(
    field: &str,
    text: Option<&str>,
) -> Result<Option<T>, StoreFault> {
    text.map(|text| parse(field, text)).transpose()
}

pub(crate) fn decimal(field: &str, text: &str) -> Result<Decimal, StoreFault> {
    Decimal::from_str_exact(text).map_err(|_| odd(field))
}

pub(crate) fn sats(field: &str, count: i64) -> Result<Sats, StoreFault> {
    Sats::new(count).map_err(|_| odd(field))
}

pub(crate) fn some_sats(field: &str, count: Option<i64>) -> Result<Option<Sats>, StoreFault> {
    count.map(|count| sats(field, count)).transpose()
}

pub(crate) fn text_of(time: Timestamp) -> String {
    time.to_string()
}
