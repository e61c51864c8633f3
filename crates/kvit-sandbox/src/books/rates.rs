//! Exchange rates (marketplace reference, section 15.3) and the prices made from them (6.2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Books;
use super::deals::DealStatus;
use super::invoices::{InvoiceStatus, Price};
use crate::clock::Moment;
use crate::money::{self, Cents, Sats};
use crate::refusal::Refusal;
use crate::table::Row;

/// The exchange whose rate stands in where no deal was completed lately.
pub(crate) const REFERENCE_EXCHANGE: &str = "bittrex_usd";

/// PriceVariable of the mean of completed deals.
pub(crate) const AVERAGE: &str = "Average";

/// Deals completed within this time make the average.
const AVERAGE_SECONDS: i64 = 300;

/// The variables, in hundredths.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rates {
    /// USD per bitcoin by exchange.
    pub exchanges: BTreeMap<String, Cents>,
    /// Units of a currency per USD.
    pub currencies: BTreeMap<String, Cents>,
    /// Fiat per bitcoin by currency.
    pub averages: BTreeMap<String, Cents>,
}

impl Row for Rates {
    const TABLE: &'static str = "rates";
}

impl Rates {
    /// USD per bitcoin on the reference exchange.
    pub(crate) fn reference(&self) -> Result<Cents, Refusal> {
        self.exchanges
            .get(REFERENCE_EXCHANGE)
            .copied()
            .ok_or(Refusal::Internal)
    }

    pub(crate) fn per_dollar(&self, currency: &str) -> Result<Cents, Refusal> {
        self.currencies.get(currency).copied().ok_or(Refusal::Internal)
    }

    /// All variables under the names of the contract.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (String, Cents)> + '_ {
        let plain = self
            .exchanges
            .iter()
            .chain(&self.currencies)
            .map(|(name, rate)| (name.clone(), *rate));
        plain.chain(
            self.averages
                .iter()
                .map(|(code, rate)| (format!("AVG_{code}"), *rate)),
        )
    }

    /// A price in bitcoin (reference 6.2).
    pub(crate) fn in_btc(&self, price: Price, currency: &str, variable: &str) -> Result<Sats, Refusal> {
        let fiat = match price {
            Price::Btc(amount) => return Ok(amount),
            Price::Fiat(fiat) => fiat,
        };
        if variable == AVERAGE {
            let rate = self.averages.get(currency).copied().ok_or(Refusal::Internal)?;
            return money::btc_at(fiat, rate);
        }
        let dollars = self.exchanges.get(variable).copied().ok_or(Refusal::Internal)?;
        if currency == "USD" {
            return money::btc_at(fiat, dollars);
        }
        money::btc_over_dollars(fiat, self.per_dollar(currency)?, dollars)
    }
}

impl Books {
    /// Recalculates averages, ad prices, and the prices of Active fiat-priced invoices.
    pub(crate) fn refresh_prices(&mut self, now: Moment) -> Result<(), Refusal> {
        let mut sums: BTreeMap<String, (i64, u32)> = BTreeMap::new();
        let since = now.after(-AVERAGE_SECONDS);
        for deal in self.deals.values() {
            let recent = deal.completed_at.is_some_and(|at| at > since);
            if deal.status != DealStatus::Completed || !recent {
                continue;
            }
            let ad = self
                .advertisements
                .get(deal.advertisement)
                .ok_or(Refusal::Internal)?;
            let (sum, count) = sums.entry(ad.currency.clone()).or_default();
            *sum = sum.checked_add(deal.price.0).ok_or(Refusal::Internal)?;
            *count = count.saturating_add(1);
        }
        let rates = self.rates_mut()?;
        let reference = rates.reference()?;
        let mut averages = BTreeMap::new();
        for (code, per_dollar) in &rates.currencies {
            let average = match sums.get(code) {
                Some((sum, count)) => Cents(money::mean(*sum, *count)),
                None => money::rate_with_margin(reference, *per_dollar, 0)?,
            };
            averages.insert(code.clone(), average);
        }
        rates.averages = averages;
        self.reprice_ads()?;
        self.reprice_invoices()
    }

    fn reprice_invoices(&mut self) -> Result<(), Refusal> {
        for id in self.invoices.ids() {
            let Some(invoice) = self.invoices.get(id) else {
                continue;
            };
            if invoice.status != InvoiceStatus::Active || matches!(invoice.price, Price::Btc(_)) {
                continue;
            }
            let price = self
                .rates()?
                .in_btc(invoice.price, &invoice.currency, &invoice.variable)?;
            if let Some(invoice) = self.invoices.edit(id) {
                invoice.current_price = price;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates() -> Rates {
        Rates {
            exchanges: BTreeMap::from([(REFERENCE_EXCHANGE.to_owned(), Cents(6_000_000))]),
            currencies: BTreeMap::from([("USD".to_owned(), Cents(100)), ("RUB".to_owned(), Cents(9_000))]),
            averages: BTreeMap::from([("RUB".to_owned(), Cents(550_000_000))]),
        }
    }

    #[test]
    fn the_four_cases_of_a_price() {
        let rates = rates();
        assert_eq!(rates.in_btc(Price::Btc(Sats(7)), "USD", ""), Ok(Sats(7)));
        // 30 USD at 60000 is 0.0005.
        assert_eq!(
            rates.in_btc(Price::Fiat(Cents(3_000)), "USD", REFERENCE_EXCHANGE),
            Ok(Sats(50_000))
        );
        // 2700 RUB at 90 per dollar is 30 USD.
        assert_eq!(
            rates.in_btc(Price::Fiat(Cents(270_000)), "RUB", REFERENCE_EXCHANGE),
            Ok(Sats(50_000))
        );
        // 5500 RUB at 5.5 million per bitcoin is 0.001.
        assert_eq!(
            rates.in_btc(Price::Fiat(Cents(550_000)), "RUB", AVERAGE),
            Ok(Sats(100_000))
        );
        assert_eq!(
            rates.in_btc(Price::Fiat(Cents(1)), "XXX", AVERAGE),
            Err(Refusal::Internal)
        );
    }
}
