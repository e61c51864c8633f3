//! People and how they stand.

use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::id::UserId;

/// A user as others see them (section 5.2). Texts are a stranger's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// User id.
    pub id: UserId,
    /// Login name.
    pub name: String,
    /// Anonymous account.
    pub anonymous: bool,
    /// Percent of positive deal feedback, 0 to 100; means nothing without deals.
    pub deal_rate: Decimal,
    /// Completed deals.
    pub deals: u32,
    /// Distinct deal partners.
    pub partners: u32,
    /// Mean completed deal, BTC.
    pub deal_average: Decimal,
    /// Median duration of a deal, seconds.
    pub median_seconds: u32,
    /// Mean duration of a deal, seconds.
    pub mean_seconds: u32,
    /// First completed deal.
    pub first_deal: Option<Timestamp>,
    /// Percent of positive invoice feedback; 0 when there is none.
    pub invoice_rate: Decimal,
    /// Invoices created.
    pub invoices: u32,
    /// Outgoing payments completed.
    pub payments_made: u32,
    /// Incoming payments completed.
    pub payments_received: u32,
    /// Users who trust them.
    pub trusted_by: u32,
    /// Users who block them.
    pub blocked_by: u32,
    /// Registered.
    pub created: Option<Timestamp>,
    /// Last call.
    pub last_online: Option<Timestamp>,
    /// What they say of themselves.
    pub introduction: String,
    /// Their site.
    pub site: String,
}

impl Person {
    /// Percent of good words about deals, whole; `None` without deals.
    pub fn deal_percent(&self) -> Option<u32> {
        (self.deals > 0).then(|| percent(self.deal_rate)).flatten()
    }

    /// Percent of good words about invoices, whole; `None` when nobody has said anything (the wire says 0 then).
    pub fn invoice_percent(&self) -> Option<u32> {
        let known = self.payments_made > 0 || self.payments_received > 0;
        (known && !self.invoice_rate.is_zero())
            .then(|| percent(self.invoice_rate))
            .flatten()
    }
}

/// Whole percent, rounded **down**: 99.9 is not 100.
fn percent(rate: Decimal) -> Option<u32> {
    rate.floor().to_u32().map(|value| value.min(100))
}

/// The person who uses the app, as the server knows them (section 5.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// User id.
    pub id: UserId,
    /// Login name.
    pub name: String,
    /// Anonymous account.
    pub anonymous: bool,
    /// Default fiat, for estimates; empty when the server gives none.
    pub default_currency: String,
}
