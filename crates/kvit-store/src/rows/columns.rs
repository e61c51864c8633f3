//! Values of columns.

use kvit_domain::{Timestamp, id::UserId};

use crate::{fault::StoreFault, rows::odd};

/// A number for SQLite. Numbers of the marketplace are below 2^63 (section 3.2), so nothing is cut.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A time as text that sorts as time does.
pub(crate) fn stamp(time: Timestamp) -> String {
    format!("{time:.9}")
}

/// A time from its text.
pub(crate) fn time(field: &str, text: &str) -> Result<Timestamp, StoreFault> {
    text.parse().map_err(|_| odd(field))
}

/// A user as bytes.
pub(crate) fn user_bytes(user: UserId) -> Vec<u8> {
    match user {
        UserId::Person(id) => id.as_bytes().to_vec(),
        UserId::Marketplace => Vec::new(),
    }
}

/// A user from bytes.
pub(crate) fn user(field: &str, bytes: &[u8]) -> Result<UserId, StoreFault> {
    if bytes.is_empty() {
        return Ok(UserId::Marketplace);
    }
    uuid::Uuid::from_slice(bytes)
        .map(UserId::Person)
        .map_err(|_| odd(field))
}
