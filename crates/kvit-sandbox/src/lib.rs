//! The practice marketplace: a real server of the contract, with its own books, its own signing key, and people
//! who act.
//!
//! Somebody who wants to learn Kvit without money, and every test that needs a marketplace, talks to this one.
//! It follows the marketplace reference, and where the closed exchange had defects (section 20) it does the sane
//! thing. Its arithmetic is its own: sharing the client's would share its mistakes.
//!
//! [`Sandbox::open`] starts it, [`Sandbox::serve_tcp`] and [`Sandbox::connect_in_memory`] let clients in,
//! [`Sandbox::join`] lets a second person in next to the local user,
//! [`Sandbox::step`] and a manual [`Clock`] make its people exact, [`Sandbox::faults`] spoils things on purpose.

mod books;
mod catalog;
mod clock;
mod faults;
mod hub;
mod jpeg;
mod knobs;
mod ledger;
mod money;
mod people;
mod refusal;
mod sandbox;
mod server;
mod signing;
mod store;
mod table;
mod view;
mod world;

pub use clock::{Clock, Moment};
pub use faults::{Fault, Faults, SpoiltEvents, When};
pub use knobs::{Defects, NewInvoice, Price};
pub use ledger::Execution;
pub use money::{Cents, Sats};
pub use refusal::Refusal;
pub use sandbox::{Endpoint, OpenError, Options, People, Sandbox, ServeError};
pub use signing::{Confirmations, SigningError, SigningKey};
pub use store::{Storage, StoreError};
pub use tonic::Code;
