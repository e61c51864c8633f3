//! What a screen sees: serialisable types made from domain types.
//!
//! Ids and amounts are strings: a satoshi count or a number of the marketplace does not fit a JavaScript
//! number. Times are RFC 3339 in UTC. Words are not here: a screen gets codes and values and says them in the
//! person's language. Nothing here may hold a secret.

pub mod account;
pub mod deal;
pub mod evidence;
pub mod export;
pub mod fault;
pub mod invoice;
pub mod news;
pub mod operation;
pub mod pay;
pub mod payment;
pub mod person;
pub mod proof;
pub mod receipt;
pub mod refund;
pub mod state;
pub mod talk;
