//! The rules of the trade: money, ids, people, invoices, payments, deals; what is allowed when.
//!
//! Pure: no input or output, no clock, no threads, no serialisation. Whoever needs the time passes it in.
//! Numbers of sections refer to the marketplace reference.

pub mod advertisement;
pub mod balance;
pub mod conversation;
pub mod deal;
pub mod event;
pub mod fault;
pub mod feedback;
pub mod id;
pub mod invoice;
pub mod memory;
pub mod message;
pub mod money;
pub mod news;
pub mod payment;
pub mod person;
pub mod picture;
pub mod receipt;
pub mod reckoning;
pub mod reference;
pub mod refund;
pub mod seal;
pub mod token;

pub use jiff::Timestamp;
pub use rust_decimal::Decimal;
