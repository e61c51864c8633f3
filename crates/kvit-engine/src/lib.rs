//! The use cases: connect, browse, pay, deal, verify.
//!
//! A screen asks the [`Engine`]; the engine asks the marketplace, checks what it says, and announces what changed
//! through the [`shell::Shell`]. It is generic over the shell, so it knows neither a window nor Tauri.
//!
//! ```text
//! Engine ── accounts (file) ── vault (token)
//!    │
//! Session: one connected account
//!    ├── listen      events and rates; reads again after every gap
//!    ├── payments    the list, one payment, cancel
//!    ├── pay         desk, from balance, through an advertisement
//!    ├── deals       list, chat, "I paid", cancel
//!    ├── seal        the check of confirmations
//!    └── operations  every act that moves money: sent, done, refused, unknown
//!                    (act carries it out, look finds out)
//! ```
//!
//! *Money moves through an operation* ([`operation`]). No money call is ever repeated here. After silence the
//! engine looks until it can tell; while it cannot, the same invoice cannot be paid again.

pub mod account;
mod act;
pub mod catalog;
mod connect;
mod deals;
mod engine;
mod files;
mod journal;
mod listen;
mod look;
pub mod operation;
mod operations;
mod pay;
mod payments;
pub mod people;
pub mod seal;
mod session;
pub mod settings;
pub mod shell;

pub use account::{Account, AccountKind, TokenPlace};
pub use connect::{ConnectRequest, Connector, Keychain, NetConnector, ServerShown};
pub use deals::SeenDeal;
pub use engine::{Engine, EngineState, MoneyMap};
pub use listen::{Connection, ConnectionState};
pub use operation::{Act, Operation, OperationId, OperationState};
pub use pay::{AdOffer, AdOffers, PayByDeal, PayDesk, PayEnd, PayFromBalance};
pub use payments::{Page, PaymentsQuery, SeenPayment, Turn, WaitsFor, turn_of_deal};
pub use seal::Seal;
pub use settings::{Language, Settings, Theme, Unit};
pub use shell::{Practice, PracticeDoor, Shell, Topic};
