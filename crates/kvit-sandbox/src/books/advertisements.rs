//! Advertisements: who offers bitcoin for which fiat, at what price, to whom (marketplace reference, 13.1).

use serde::{Deserialize, Serialize};

use super::Books;
use super::deals::DealStatus;
use crate::clock::Moment;
use crate::money::{self, Cents, Sats};
use crate::refusal::Refusal;
use crate::table::Row;

/// Why an ad is on or off; numbers are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdStatus {
    Enabled,
    DisabledByOwner,
    NotEnoughMoney,
    GlobalDisabled,
}

impl AdStatus {
    /// The contract's number.
    pub(crate) fn number(self) -> i32 {
        match self {
            AdStatus::Enabled => 0,
            AdStatus::DisabledByOwner => 1,
            AdStatus::NotEnoughMoney => 2,
            AdStatus::GlobalDisabled => 3,
        }
    }
}

/// How an ad's price is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Pricing {
    /// Reference exchange times currency rate, plus hundredths of a percent.
    Margin(i32),
    /// As set by hand.
    Fixed(Cents),
}

/// An offer to sell (or buy) bitcoin.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Advertisement {
    pub id: u64,
    pub owner: u64,
    pub country: String,
    pub currency: String,
    pub payment_type: String,
    pub is_buy: bool,
    pub pricing: Pricing,
    /// Fiat per bitcoin now.
    pub price: Cents,
    pub min: Cents,
    /// Zero: limited by the owner's balance only.
    pub max: Cents,
    /// Deals lower `max`, cancellations restore it.
    pub monitor_liquidity: bool,
    pub title: String,
    pub message: String,
    /// Payment window, minutes.
    pub window: u32,
    pub enabled: bool,
    pub trusted_only: bool,
    pub not_anonymous: bool,
    pub created_at: Moment,
}

impl Row for Advertisement {
    const TABLE: &'static str = "advertisements";
}

impl Advertisement {
    /// The owner's equation; strangers see the price instead.
    pub(crate) fn equation(&self) -> String {
        match self.pricing {
            Pricing::Fixed(price) => price.text(),
            Pricing::Margin(points) => {
                let factor = Cents(i64::from(points).saturating_add(10_000)).0;
                format!(
                    "{} * {} * {}.{:04}",
                    super::rates::REFERENCE_EXCHANGE,
                    self.currency,
                    factor / 10_000,
                    factor % 10_000
                )
            }
        }
    }
}

/// A search among sell ads that can fund `amount`.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub country: String,
    pub currency: String,
    pub payment_type: String,
    pub amount: Sats,
}

/// Share of the owner's balance an ad may promise, so that the deal's fee is covered too.
const COVERED: (i128, i128) = (99, 100);

impl Books {
    pub(crate) fn advertisement(&self, id: u64) -> Result<&Advertisement, Refusal> {
        self.advertisements.get(id).ok_or(Refusal::AdNotFound)
    }

    /// The largest deal possible now, fiat (reference 13.1).
    pub(crate) fn max_calculated(&self, ad: &Advertisement) -> Result<Cents, Refusal> {
        if ad.is_buy {
            return Ok(ad.max);
        }
        let worth = money::fiat_even(ad.price, self.user(ad.owner)?.confirmed)?;
        let covered = money::half_even(i128::from(worth.0) * COVERED.0, COVERED.1)?;
        let covered = Cents(i64::try_from(covered).map_err(|_| Refusal::Internal)?);
        // A monitored limit of zero is used up, not absent.
        let unlimited = ad.max == Cents::ZERO && !ad.monitor_liquidity;
        Ok(if unlimited { covered } else { ad.max.min(covered) })
    }

    pub(crate) fn ad_status(&self, ad: &Advertisement) -> Result<AdStatus, Refusal> {
        let owner = self.user(ad.owner)?;
        let max = self.max_calculated(ad)?;
        Ok(if !ad.is_buy && ad.min > max {
            AdStatus::NotEnoughMoney
        } else if if ad.is_buy {
            owner.buys_disabled
        } else {
            owner.sales_disabled
        } {
            AdStatus::GlobalDisabled
        } else if !ad.enabled {
            AdStatus::DisabledByOwner
        } else if ad.monitor_liquidity && ad.min > max {
            AdStatus::NotEnoughMoney
        } else {
            AdStatus::Enabled
        })
    }

    /// An ad that is on and that this user may see; owners see theirs always.
    pub(crate) fn visible_ad(&self, id: u64, viewer: u64) -> Result<&Advertisement, Refusal> {
        let ad = self.advertisement(id)?;
        let owner = self.user(ad.owner)?;
        let hidden = owner.blocked.contains(&viewer)
            || (ad.trusted_only && ad.owner != viewer && !owner.trusted.contains(&viewer))
            || (ad.not_anonymous && self.user(viewer)?.anonymous)
            || self.ad_status(ad)? != AdStatus::Enabled;
        if hidden { Err(Refusal::AdNotFound) } else { Ok(ad) }
    }

    fn has_open_deal(&self, ad: u64, initiator: u64) -> bool {
        self.deals.values().any(|deal| {
            deal.advertisement == ad
                && deal.initiator == initiator
                && matches!(deal.status, DealStatus::Opened | DealStatus::Disputed)
        })
    }

    /// Whether this ad can fund `amount` for `buyer`; the reason if not (reference 7.6, row 49).
    pub(crate) fn fundable(&self, id: u64, buyer: u64, amount: Sats) -> Result<Cents, Refusal> {
        let ad = self.visible_ad(id, buyer)?;
        if ad.is_buy {
            return Err(Refusal::AdNotFound);
        }
        if ad.owner == buyer {
            return Err(Refusal::OwnAd);
        }
        if self.has_open_deal(id, buyer) {
            return Err(Refusal::NoSuitableAd);
        }
        let fiat = money::fiat_up(ad.price, amount)?;
        if fiat > self.max_calculated(ad)? {
            return Err(Refusal::DealTooBig);
        }
        if fiat < ad.min {
            return Err(Refusal::DealTooSmall);
        }
        if self.user(ad.owner)?.confirmed < amount.plus(amount.percent()?)? {
            return Err(Refusal::PartnerFunds);
        }
        Ok(fiat)
    }

    /// The sell ads that fit, lowest price first; equal prices by number, so that the answer is certain.
    pub(crate) fn suitable(&self, buyer: u64, wanted: &Wanted) -> Result<Vec<u64>, Refusal> {
        let mut found: Vec<(Cents, u64)> = self
            .advertisements
            .iter()
            .filter(|(id, ad)| {
                ad.country == wanted.country
                    && ad.currency == wanted.currency
                    && ad.payment_type == wanted.payment_type
                    && self.fundable(*id, buyer, wanted.amount).is_ok()
            })
            .map(|(id, ad)| (ad.price, id))
            .collect();
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// Recalculates the prices that follow the rates.
    pub(crate) fn reprice_ads(&mut self) -> Result<(), Refusal> {
        for id in self.advertisements.ids() {
            let ad = self.advertisement(id)?;
            let price = self.ad_price(ad.pricing, &ad.currency)?;
            if price != ad.price {
                self.advertisements.edit(id).ok_or(Refusal::Internal)?.price = price;
            }
        }
        Ok(())
    }

    pub(crate) fn ad_price(&self, pricing: Pricing, currency: &str) -> Result<Cents, Refusal> {
        let rates = self.rates()?;
        match pricing {
            Pricing::Fixed(price) => Ok(price),
            Pricing::Margin(points) => {
                money::rate_with_margin(rates.reference()?, rates.per_dollar(currency)?, points)
            }
        }
    }

    /// Adjusts a monitored limit by a deal's fiat side.
    pub(crate) fn shift_limit(&mut self, id: u64, fiat: Cents, opened: bool) -> Result<(), Refusal> {
        if !self.advertisement(id)?.monitor_liquidity {
            return Ok(());
        }
        let ad = self.advertisements.edit(id).ok_or(Refusal::Internal)?;
        ad.max = if opened {
            ad.max.minus(fiat)?
        } else {
            ad.max.plus(fiat)?
        };
        Ok(())
    }
}
