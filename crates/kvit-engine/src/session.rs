//! One line to the marketplace of an open account.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kvit_client::Marketplace;
use kvit_domain::{Timestamp, balance::Balance, fault::Fault, person::Profile};

use crate::{listen::Connection, open_account::OpenAccount};

/// A line, and how it stands.
pub(crate) struct Session {
    /// The account.
    pub(crate) account: Arc<OpenAccount>,
    /// The line.
    pub(crate) market: Marketplace,
    connection: Mutex<Connection>,
}

impl Session {
    pub(crate) fn new(account: Arc<OpenAccount>, market: Marketplace) -> Self {
        account.live().line = Some(market.clone());
        Self {
            account,
            market,
            connection: Mutex::default(),
        }
    }

    /// How it stands.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who the person is here; asked once in a run, and kept.
    pub(crate) async fn profile(&self) -> Result<Profile, Fault> {
        {
            let live = self.account.live();
            if live.greeted
                && let Some(profile) = &live.profile
            {
                return Ok(profile.clone());
            }
        }
        let profile = self.market.profile().await?;
        self.keep_profile(profile.clone()).await;
        Ok(profile)
    }

    /// Keeps who the person is here, as just told.
    pub(crate) async fn keep_profile(&self, profile: Profile) {
        let kept = profile.clone();
        self.account
            .keep_behind(move |store| store.keep_profile(&kept))
            .await;
        let mut live = self.account.live();
        live.profile = Some(profile);
        live.greeted = true;
    }

    /// Reads the balance and keeps it.
    pub(crate) async fn read_balance(&self, now: Timestamp) -> Result<Balance, Fault> {
        let balance = self.market.balance().await?;
        self.account
            .keep_behind(move |store| store.keep_balance(balance, now))
            .await;
        Ok(balance)
    }
}
