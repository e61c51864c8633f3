//! Advertisements: offers to sell or buy bitcoin for fiat.

use rust_decimal::Decimal;

use crate::{
    fault::{Fault, FaultCode},
    id::AdvertisementId,
    money::{Currency, Fiat, Sats, cost_rounded_up},
    person::Person,
};

/// An advertisement as a stranger sees it (section 5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertisement {
    /// Number.
    pub id: AdvertisementId,
    /// The owner buys bitcoin (`true`) or sells it.
    pub owner_buys: bool,
    /// Fiat for one BTC.
    pub price: Fiat,
    /// Smallest deal.
    pub min: Fiat,
    /// Largest deal now.
    pub max: Fiat,
    /// Country code.
    pub country: String,
    /// Payment system code.
    pub payment_type: String,
    /// Title. A stranger's text.
    pub title: String,
    /// Terms. A stranger's text.
    pub terms: String,
    /// Payment window, minutes.
    pub window_minutes: u32,
    /// Visible and taking deals.
    pub enabled: bool,
    /// Owner.
    pub owner: Person,
}

impl Advertisement {
    /// What a purchase of this amount costs here, rounded up to the cent (section 20, row 39).
    pub fn cost(&self, amount: Sats) -> Option<Fiat> {
        cost_rounded_up(amount, self.price)
    }

    /// May a purchase of this amount be made through it? It must sell, and the cost must be within its limits.
    /// The owner's own rules (blocked, trusted only) only the server knows.
    pub fn fits(&self, amount: Sats) -> Result<Fiat, Fault> {
        if self.owner_buys || !self.enabled {
            return Err(FaultCode::AdNotFound.into());
        }
        let cost = self.cost(amount).ok_or(FaultCode::DealTooLarge)?;
        if cost.amount() < self.min.amount() {
            return Err(Fault::new(FaultCode::DealTooSmall).with("min", self.min));
        }
        if self.max.amount() > Decimal::ZERO && cost.amount() > self.max.amount() {
            return Err(Fault::new(FaultCode::DealTooLarge).with("max", self.max));
        }
        Ok(cost)
    }
}

/// Where and how fiat is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiatChoice {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 4217.
    pub currency: Currency,
    /// Payment system code of the catalog.
    pub payment_type: String,
}
