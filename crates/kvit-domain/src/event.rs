//! What the marketplace announces.

use jiff::Timestamp;

use crate::{
    balance::{Balance, Rates},
    conversation::Conversation,
    deal::Deal,
    id::EventId,
    invoice::Invoice,
    payment::Payment,
};

/// An event: "this object changed". Treat it as a reason to look, and replace the stored copy (section 15.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Number; `None`: live only, not stored by the server.
    pub id: Option<EventId>,
    /// When.
    pub created: Option<Timestamp>,
    /// What.
    pub content: EventContent,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq)]
pub enum EventContent {
    /// A deal is new or changed in any way.
    Deal(Box<Deal>),
    /// A message came in a deal.
    DealMessage(Box<Deal>),
    /// The balance.
    Balance(Balance),
    /// A private invoice was issued to the person.
    InvoiceNew(Box<Invoice>),
    /// An invoice was paid.
    InvoicePaid(Box<Invoice>),
    /// A private invoice was withdrawn.
    InvoiceDeleted(Box<Invoice>),
    /// A payment is new or changed in any way.
    Payment(Box<Payment>),
    /// A conversation has a new message.
    ConversationMessage(Box<Conversation>),
    /// Something this version does not know.
    Other,
}

/// What comes through a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Streamed<T> {
    /// Something new.
    News(T),
    /// The stream is alive.
    Heartbeat,
}

/// Rates as streamed.
pub type RatesNews = Streamed<Rates>;
