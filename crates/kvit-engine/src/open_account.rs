//! An account that is open: its store, its journal, its pinned key, and the line to its marketplace while there is one.
//!
//! It is there before any connection and stays when the connection goes: what was read can be read, and what was begun
//! is looked after, whatever the line does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kvit_client::Marketplace;
use kvit_domain::{
    Timestamp,
    balance::Rates,
    fault::{Fault, FaultCode},
    id::{DealId, PaymentId, UserId},
    message::Talk,
    money::{Currency, Fiat, Sats, worth},
    person::Profile,
    reckoning::Reckoning,
};
use kvit_proof::PinnedKey;
use kvit_store::{Store, StoreFault};
use tokio::time::Instant;

use crate::{
    account::AccountId, opening::StoreDoubt, operations::Operations, outgoing::Outbox, pace::Pace,
    payments::List, pictures::PictureWork, store_faults::fault_of, sync::SyncProgress,
};

/// An open account.
pub(crate) struct OpenAccount {
    /// Which.
    pub(crate) id: AccountId,
    /// What is kept of it.
    pub(crate) store: Store,
    /// What was not as the last run had left it.
    pub(crate) doubt: Option<StoreDoubt>,
    /// Acts that move money.
    pub(crate) operations: Operations,
    /// Messages on their way.
    pub(crate) outbox: Outbox,
    /// Pictures that are worked on.
    pub(crate) pictures: PictureWork,
    /// Reading everything: one at a time.
    pub(crate) syncing: tokio::sync::Mutex<()>,
    telling: Mutex<()>,
    live: Mutex<Live>,
}

/// What changes while it is open.
pub(crate) struct Live {
    /// The key whose signatures are believed.
    pub(crate) key: Option<Arc<PinnedKey>>,
    /// The line, as made last.
    pub(crate) line: Option<Marketplace>,
    /// Who the person is there.
    pub(crate) profile: Option<Profile>,
    /// The profile was told in this run, not only in an earlier one.
    pub(crate) greeted: bool,
    /// Rates.
    pub(crate) rates: Rates,
    /// Where the reading of everything stands.
    pub(crate) sync: SyncProgress,
    /// The list of payments as asked for last.
    pub(crate) list: Option<List>,
    /// Whether the balance adds up, and what that was made of: the version of the store, when the balance was read, how
    /// many operations were open.
    pub(crate) reckoning: Option<((u64, Timestamp, usize), Option<Reckoning>)>,
    /// The store could not be written when it was last tried.
    pub(crate) trouble: Option<Fault>,
    reread: HashMap<Reread, Instant>,
}

/// Something that is read again when it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reread {
    Payment(PaymentId),
    Deal(DealId),
    Talk(Talk),
}

/// Things of which it is remembered when they were last read again.
const REMEMBERED: usize = 500;

impl OpenAccount {
    pub(crate) fn new(
        id: AccountId,
        store: Store,
        doubt: Option<StoreDoubt>,
        operations: Operations,
        key: Option<PinnedKey>,
    ) -> Result<Self, Fault> {
        let profile = store.profile().map_err(|error| fault_of(&error))?;
        let rates = store.rates().map_err(|error| fault_of(&error))?;
        let sync = SyncProgress::of(&store.sync_state().map_err(|error| fault_of(&error))?);
        let outbox = Outbox::kept_in(store.clone())?;
        Ok(Self {
            id,
            store,
            doubt,
            operations,
            outbox,
            pictures: PictureWork::new(),
            syncing: tokio::sync::Mutex::new(()),
            telling: Mutex::default(),
            live: Mutex::new(Live {
                key: key.map(Arc::new),
                line: None,
                profile,
                greeted: false,
                rates: rates.map(|(rates, _)| rates).unwrap_or_default(),
                sync,
                list: None,
                reckoning: None,
                trouble: None,
                reread: HashMap::new(),
            }),
        })
    }

    /// What changes while it is open.
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Telling news: one at a time, since a line that is about to end may still tell some.
    pub(crate) fn telling(&self) -> MutexGuard<'_, ()> {
        self.telling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line, if one was made.
    pub(crate) fn line(&self) -> Option<Marketplace> {
        self.live().line.clone()
    }

    /// The pinned key.
    pub(crate) fn key(&self) -> Option<Arc<PinnedKey>> {
        self.live().key.clone()
    }

    /// Who the person is, if it was ever told.
    pub(crate) fn profile(&self) -> Option<Profile> {
        self.live().profile.clone()
    }

    /// The person's id.
    ///
    /// # Errors
    /// `NotConnected` if it was never told.
    pub(crate) fn me(&self) -> Result<UserId, Fault> {
        self.live()
            .profile
            .as_ref()
            .map(|profile| profile.id)
            .ok_or_else(|| FaultCode::NotConnected.into())
    }

    /// Asks the store something small.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Store) -> Result<T, StoreFault>) -> Result<T, Fault> {
        question(&self.store).map_err(|error| fault_of(&error))
    }

    /// Asks the store something that takes its time, off the async threads.
    pub(crate) async fn ask_behind<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, Fault> {
        let store = self.store.clone();
        let answer = tokio::task::spawn_blocking(move || question(&store))
            .await
            .map_err(|_| Fault::new(FaultCode::Internal))?;
        answer.map_err(|error| fault_of(&error))
    }

    /// Writes to the store what can be read again; what goes wrong is remembered and shown, and stops nobody.
    pub(crate) async fn keep_behind<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Store) -> Result<T, StoreFault> + Send + 'static,
    ) -> Option<T> {
        let written = self.ask_behind(write).await;
        self.live().trouble = written.as_ref().err().cloned();
        written.ok()
    }

    /// What an amount is worth in the person's currency by the average rate; an estimate.
    pub(crate) fn estimate(&self, amount: Sats) -> Option<Fiat> {
        let live = self.live();
        let currency = live
            .profile
            .as_ref()
            .and_then(|profile| profile.default_currency.parse::<Currency>().ok())
            .or_else(|| "USD".parse().ok())?;
        let rate = live.rates.average(currency)?;
        worth(amount, rate)
    }

    /// Whether something that is looked at is to be read again now; remembers that it is.
    pub(crate) fn is_stale(&self, what: Reread, pace: &Pace) -> bool {
        let mut live = self.live();
        let now = Instant::now();
        if live
            .reread
            .get(&what)
            .is_some_and(|read| now.duration_since(*read) < pace.stale)
        {
            return false;
        }
        if live.reread.len() >= REMEMBERED {
            live.reread.clear();
        }
        live.reread.insert(what, now);
        true
    }
}
