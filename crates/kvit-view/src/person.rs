//! People: buyers, sellers, traders.

use kvit_domain::{Timestamp, person::Person};
use kvit_engine as engine;
use serde::Serialize;
use specta::Type;

use crate::payment::FeedbackCard;

/// A person with the figures that tell how they stand (marketplace reference, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PersonCard {
    /// User id; empty for the marketplace's own account.
    pub id: String,
    /// Login name.
    pub name: String,
    /// Anonymous account.
    pub anonymous: bool,
    /// Percent of good words about deals, whole number; none when there were no deals.
    pub deal_rate: Option<u32>,
    /// Completed deals.
    pub deals: u32,
    /// Different deal partners.
    pub partners: u32,
    /// Median time to complete a deal, seconds; none when there were no deals.
    pub median_seconds: Option<u32>,
    /// Percent of good words about invoices, whole number; none when there are none.
    pub invoice_rate: Option<u32>,
    /// Payments received.
    pub payments_received: u32,
    /// Payments made.
    pub payments_made: u32,
    /// How many trust them.
    pub trusted_by: u32,
    /// How many block them.
    pub blocked_by: u32,
    /// Registered.
    pub since: Option<String>,
    /// Last seen.
    pub last_online: Option<String>,
    /// What they say of themselves. A stranger's text.
    pub introduction: String,
    /// Their site. A stranger's text, never a link.
    pub site: String,
}

impl From<&Person> for PersonCard {
    fn from(person: &Person) -> Self {
        let had_deals = person.deals > 0;
        Self {
            id: person.id.to_string(),
            name: person.name.clone(),
            anonymous: person.anonymous,
            deal_rate: person.deal_percent(),
            deals: person.deals,
            partners: person.partners,
            median_seconds: had_deals.then_some(person.median_seconds),
            invoice_rate: person.invoice_percent(),
            payments_received: person.payments_received,
            payments_made: person.payments_made,
            trusted_by: person.trusted_by,
            blocked_by: person.blocked_by,
            since: person.created.map(time),
            last_online: person.last_online.map(time),
            introduction: person.introduction.clone(),
            site: person.site.clone(),
        }
    }
}

/// What others say of a person, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackPage {
    /// The words.
    pub items: Vec<FeedbackCard>,
    /// `before` of the next page; none at the end.
    pub next: Option<String>,
}

impl From<&engine::FeedbackPage> for FeedbackPage {
    fn from(page: &engine::FeedbackPage) -> Self {
        Self {
            items: page.rows.iter().map(FeedbackCard::from).collect(),
            next: page.next.map(|number| number.to_string()),
        }
    }
}

/// A time as screens get it: RFC 3339 in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_string()
}
