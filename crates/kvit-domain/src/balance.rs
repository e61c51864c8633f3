//! Balance and rates.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::money::{Currency, Fiat, Sats};

/// Balance (section 5.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Spendable.
    pub confirmed: Sats,
    /// Coming on-chain, fewer than three confirmations.
    pub unconfirmed: Sats,
    /// Locked in deals.
    pub deposited: Sats,
}

/// Rates by name (section 15.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rates(pub BTreeMap<String, Decimal>);

impl Rates {
    /// Fiat for one BTC by the average rate `AVG_<code>`, if it is known and above zero.
    pub fn average(&self, currency: Currency) -> Option<Fiat> {
        let rate = self.0.get(&format!("AVG_{currency}"))?;
        if *rate <= Decimal::ZERO {
            return None;
        }
        Fiat::new(*rate, currency).ok()
    }
}
