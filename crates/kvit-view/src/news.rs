//! News: stored events of the marketplace, each told once.

use kvit_domain::news as domain;
use kvit_engine::KeptNews;
use serde::Serialize;
use specta::Type;

use crate::{invoice::FiatSum, person::time};

/// A page of news, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewsPage {
    /// The rows.
    pub rows: Vec<NewsRow>,
    /// `before` of the next page; none at the end.
    pub next: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewsRow {
    /// Number of the event.
    pub id: String,
    /// When.
    pub at: String,
    /// What.
    pub kind: NewsKind,
    /// The payment it is about.
    pub payment: Option<String>,
    /// The deal it is about.
    pub deal: Option<String>,
    /// The invoice it is about.
    pub invoice: Option<String>,
    /// The talk it is about.
    pub talk: Option<String>,
    /// The other side. A stranger's text.
    pub person: String,
    /// Satoshi.
    pub sats: Option<String>,
    /// Fiat.
    pub fiat: Option<FiatSum>,
    /// The person has read it.
    pub read: bool,
}

/// Kinds of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum NewsKind {
    /// A deal is new, or changed while it runs.
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

impl NewsPage {
    /// A page as the engine gives it; `wanted` rows were asked for.
    pub fn new(page: &[(u64, KeptNews)], wanted: u32) -> Self {
        let full = u32::try_from(page.len()).is_ok_and(|length| length >= wanted);
        Self {
            rows: page.iter().map(|(_, kept)| kept.into()).collect(),
            next: page.last().filter(|_| full).map(|(number, _)| number.to_string()),
        }
    }
}

impl From<&KeptNews> for NewsRow {
    fn from(kept: &KeptNews) -> Self {
        use domain::NewsKind as Kind;
        let news = &kept.news;
        Self {
            id: news.event.to_string(),
            at: time(news.at),
            kind: match news.kind {
                Kind::DealChanged => NewsKind::DealChanged,
                Kind::FiatDeclared => NewsKind::FiatDeclared,
                Kind::DealCompleted => NewsKind::DealCompleted,
                Kind::DealCanceled => NewsKind::DealCanceled,
                Kind::DealDisputed => NewsKind::DealDisputed,
                Kind::DealMessage => NewsKind::DealMessage,
                Kind::InvoiceIssued => NewsKind::InvoiceIssued,
                Kind::InvoiceWithdrawn => NewsKind::InvoiceWithdrawn,
                Kind::PaymentReceived => NewsKind::PaymentReceived,
                Kind::ConversationMessage => NewsKind::ConversationMessage,
                Kind::Other => NewsKind::Other,
            },
            payment: news.payment.map(|id| id.to_string()),
            deal: news.deal.map(|id| id.to_string()),
            invoice: news.invoice.map(|id| id.to_string()),
            talk: news.talk.map(|talk| talk.to_string()),
            person: news.person.clone(),
            sats: news.amount.map(|amount| amount.to_string()),
            fiat: news.fiat.map(FiatSum::from),
            read: kept.read,
        }
    }
}
