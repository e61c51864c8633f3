//! News: a stored event as the person is told of it, once.

use jiff::Timestamp;

use crate::{
    id::{DealId, EventId, InvoiceId, PaymentId},
    message::Talk,
    money::{Fiat, Sats},
};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NewsKind {
    /// Somebody opened a deal with the person, or it changed while it runs.
    DealChanged,
    /// The counterparty says that the fiat was sent.
    FiatDeclared,
    /// A deal is done.
    DealCompleted,
    /// A deal was canceled.
    DealCanceled,
    /// An arbiter was called.
    DealDisputed,
    /// A message in a deal.
    DealMessage,
    /// A private invoice was issued to the person.
    InvoiceIssued,
    /// A private invoice was withdrawn.
    InvoiceWithdrawn,
    /// Somebody paid the person's invoice.
    PaymentReceived,
    /// A message in a conversation.
    ConversationMessage,
    /// Something this version does not know.
    Other,
}

impl NewsKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::DealChanged,
        Self::FiatDeclared,
        Self::DealCompleted,
        Self::DealCanceled,
        Self::DealDisputed,
        Self::DealMessage,
        Self::InvoiceIssued,
        Self::InvoiceWithdrawn,
        Self::PaymentReceived,
        Self::ConversationMessage,
        Self::Other,
    ];
}

/// A stored event of the marketplace (section 15.5), as the person is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The event; each is told once.
    pub event: EventId,
    /// When it happened; where the server does not say, when it came.
    pub at: Timestamp,
    /// What.
    pub kind: NewsKind,
    /// The payment it is about.
    pub payment: Option<PaymentId>,
    /// The deal it is about.
    pub deal: Option<DealId>,
    /// The invoice it is about.
    pub invoice: Option<InvoiceId>,
    /// The other side. A stranger's text.
    pub person: String,
    /// How much.
    pub amount: Option<Sats>,
    /// How much in fiat.
    pub fiat: Option<Fiat>,
    /// Where a message came, if it is about one.
    pub talk: Option<Talk>,
    /// The beginning of the message, at most [`NEWS_WORDS`] characters; empty where it is about none, or is pictures only.
    /// A stranger's text.
    pub words: String,
}

/// Most characters of a message that news has.
pub const NEWS_WORDS: usize = 200;
