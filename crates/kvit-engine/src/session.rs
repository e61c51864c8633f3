//! One connected account: its line to the marketplace, its pinned key, and what was read from it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use kvit_client::Marketplace;
use kvit_domain::{
    Timestamp,
    balance::{Balance, Rates},
    deal::Deal,
    fault::Fault,
    id::{DealId, PaymentId},
    money::{Currency, Fiat, Sats, worth},
    payment::Payment,
    person::Profile,
};
use kvit_proof::PinnedKey;

use crate::{account::AccountId, listen::Connection, operations::Operations, seal::Seal};

/// A connected account. Everything it holds was read in this run and can be read again.
pub(crate) struct Session {
    /// The account.
    pub(crate) account: AccountId,
    /// The line.
    pub(crate) market: Marketplace,
    /// The key whose signatures are believed.
    pub(crate) key: Option<Arc<PinnedKey>>,
    /// Acts that move money.
    ///
    /// They belong to the account, not to the line: a new line must not forget what an old one left open.
    pub(crate) operations: Arc<Operations>,
    profile: OnceLock<Profile>,
    held: Mutex<Held>,
}

/// What was read.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) balance: Option<(Balance, Timestamp)>,
    pub(crate) rates: Rates,
    pub(crate) payments: BTreeMap<PaymentId, Checked>,
    pub(crate) deals: BTreeMap<DealId, (Deal, Timestamp)>,
    pub(crate) connection: Connection,
}

/// Copies of a kind that are kept: a server that makes up numbers must not fill the memory.
const KEPT: usize = 2_000;

/// Keeps a copy; the oldest ones, those with the smallest numbers, make room.
pub(crate) fn keep<K: Ord, V>(copies: &mut BTreeMap<K, V>, number: K, copy: V) {
    copies.insert(number, copy);
    while copies.len() > KEPT {
        copies.pop_first();
    }
}

/// A payment with the verdict on its confirmation.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) payment: Payment,
    pub(crate) seal: Seal,
    pub(crate) read: Timestamp,
}

impl Session {
    pub(crate) fn new(
        account: AccountId,
        market: Marketplace,
        key: Option<PinnedKey>,
        operations: Arc<Operations>,
    ) -> Self {
        Self {
            account,
            market,
            key: key.map(Arc::new),
            operations,
            profile: OnceLock::new(),
            held: Mutex::default(),
        }
    }

    /// What was read so far.
    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who the person is here; asked once.
    pub(crate) async fn profile(&self) -> Result<&Profile, Fault> {
        if let Some(profile) = self.profile.get() {
            return Ok(profile);
        }
        let profile = self.market.profile().await?;
        Ok(self.profile.get_or_init(|| profile))
    }

    /// Who the person is here, if it was asked already.
    pub(crate) fn known_profile(&self) -> Option<&Profile> {
        self.profile.get()
    }

    /// Reads the balance.
    pub(crate) async fn read_balance(&self, now: Timestamp) -> Result<Balance, Fault> {
        let balance = self.market.balance().await?;
        self.held().balance = Some((balance, now));
        Ok(balance)
    }

    /// What an amount is worth in the person's currency by the average rate; an estimate.
    pub(crate) fn estimate(&self, amount: Sats) -> Option<Fiat> {
        let currency = self
            .known_profile()
            .and_then(|profile| profile.default_currency.parse::<Currency>().ok())
            .or_else(|| "USD".parse().ok())?;
        let rate = self.held().rates.average(currency)?;
        worth(amount, rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_bounded_and_the_newest_stay() {
        let mut copies = BTreeMap::new();
        for number in 0..KEPT + 10 {
            keep(&mut copies, number, ());
        }
        assert_eq!(copies.len(), KEPT);
        assert_eq!(copies.first_key_value(), Some((&10, &())));
        keep(&mut copies, 10, ());
        assert_eq!(copies.len(), KEPT, "the same again is no more");
    }
}
