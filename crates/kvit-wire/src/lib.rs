//! The contract's messages to the domain's types and back, one file per area.
//!
//! Everything odd about the wire ends here: `Decimal {units, nanos}`, `oneof ...IsNull`, `...HasValue` flags,
//! year-1 times, misspelt names. What cannot be what the contract says becomes a [`WireFault`] with the field's
//! path; nothing is guessed and nothing panics. Each area has `read` (a message of the server to a domain type),
//! `write` (back, for servers in tests) and the requests of its rpcs. Numbers of sections refer to the marketplace
//! reference.

pub mod advertisement;
pub mod amount;
pub mod balance;
pub mod conversation;
pub mod deal;
pub mod event;
pub mod feedback;
pub mod invoice;
pub mod path;
pub mod payment;
pub mod person;
pub mod picture;
pub mod refund;
#[cfg(test)]
mod samples;
pub mod text;
pub mod time;

pub use path::{Path, Reason, WireFault};
