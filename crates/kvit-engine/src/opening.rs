//! Opening the store of an account: with its key from the keychain, from a passphrase, or in memory.

use std::sync::Arc;

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
};
use kvit_store::{Doubt, Opened, Store, StoreKey};
use kvit_vault::VaultError;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    account::{Account, AccountId, StorePlace},
    connect::{blocking, keychain_fault, vault_name},
    engine::Engine,
    journal::Journal,
    open_account::OpenAccount,
    operations::Operations,
    seal::read_key,
    shell::Shell,
    store_faults::open_fault,
};

/// Fewest characters of a passphrase: whoever has the file may try as many as they like.
pub const PASSPHRASE_MIN: usize = 10;

/// Mark in the store: until then (seconds since 1970) something that is missing in its journal may still arrive.
const DOUBT_UNTIL: &str = "doubt until";

/// How the store of the account in use stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreStatus {
    /// In one word.
    pub state: StoreState,
    /// What is the matter with it.
    pub fault: Option<Fault>,
    /// Something was taken away from it while Kvit was closed.
    pub doubt: Option<StoreDoubt>,
    /// Because of that nothing may be begun for a while.
    pub nothing_may_begin: bool,
    /// Name of the file that was set aside in this run.
    pub set_aside: Option<String>,
}

/// How a store stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreState {
    /// No account is in use.
    #[default]
    None,
    /// Being opened.
    Opening,
    /// Open.
    Ready,
    /// Waits for its passphrase.
    Locked,
    /// Cannot be opened.
    Failed,
}

/// What is not as the last run left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreDoubt {
    /// The log of the last changes, which a run that ended at once must have left, is gone.
    LogGone,
    /// An older copy was put in its place.
    OlderCopy,
}

impl StoreStatus {
    /// A store that cannot be opened.
    pub(crate) fn failed(fault: Fault) -> Self {
        let state = match fault.code {
            FaultCode::StoreLocked | FaultCode::PassphraseWrong => StoreState::Locked,
            _ => StoreState::Failed,
        };
        Self {
            state,
            // To wait for a passphrase is no fault.
            fault: (fault.code != FaultCode::StoreLocked).then_some(fault),
            ..Self::default()
        }
    }

    /// What an act or a look that needs it is told.
    pub(crate) fn why_not_open(&self) -> Fault {
        match (&self.fault, self.state) {
            (Some(fault), StoreState::Failed | StoreState::Locked) => fault.clone(),
            (None, StoreState::Locked) => FaultCode::StoreLocked.into(),
            _ => FaultCode::NotConnected.into(),
        }
    }

    fn ready() -> Self {
        Self {
            state: StoreState::Ready,
            ..Self::default()
        }
    }
}

impl<S: Shell> Engine<S> {
    /// Opens the store of an account, unless it is open.
    ///
    /// # Errors
    /// `StoreTaken`, `StoreDamaged`, `StoreNewer`, `StoreKeyGone`, `StoreUnwritable`, `StoreLocked`,
    /// `PassphraseWrong`, a fault of the keychain.
    pub(crate) async fn open_account(
        &self,
        id: AccountId,
        passphrase: Option<SecretString>,
    ) -> Result<Arc<OpenAccount>, Fault> {
        self.open_account_in(id, passphrase, false).await
    }

    /// The same; with `lost` something that nobody knows of may still arrive.
    async fn open_account_in(
        &self,
        id: AccountId,
        passphrase: Option<SecretString>,
        lost: bool,
    ) -> Result<Arc<OpenAccount>, Fault> {
        let _one_at_a_time = self.opening().await;
        if let Some(open) = self.opened_as(id) {
            return Ok(open);
        }
        let account = self.account(id)?;
        let folder = self.files().account(id)?;
        let key = self.store_key(&account, passphrase).await?;
        let now = self.now();
        let opens = account.store_opens;
        let at = folder.clone();
        let Opened { store, doubt, .. } = blocking(move || match key {
            Some(key) => Store::open(&at, &key, opens, now),
            None => Store::in_memory(now).map(|store| Opened {
                store,
                doubt: None,
                fresh: true,
            }),
        })
        .await?
        .map_err(|error| open_fault(&error))?;
        let doubt = doubt.map(|doubt| match doubt {
            Doubt::LogGone => StoreDoubt::LogGone,
            Doubt::OlderCopy => StoreDoubt::OlderCopy,
        });
        if account.store != StorePlace::Memory {
            let opens = store.opens();
            self.change_book_of(id, |kept| kept.store_opens = opens)?;
        }
        let journal = Journal::new(store.clone(), id);
        let whole = journal.take_over(&folder)?;
        let in_doubt = self.remember_doubt(&store, lost || doubt.is_some() || !whole, now);
        let operations = Operations::kept_in(journal, *self.pace(), in_doubt, now)?;
        let pinned = account
            .public_key
            .as_deref()
            .map(|text| read_key(text.as_bytes()))
            .transpose()?;
        let open = Arc::new(OpenAccount::new(id, store, doubt, operations, pinned)?);
        self.keep_open(Arc::clone(&open));
        self.set_store(id, StoreStatus::ready());
        Ok(open)
    }

    /// Whether something that is missing may still arrive: since now, or since an earlier start that found it missing.
    fn remember_doubt(&self, store: &Store, fresh: bool, now: Timestamp) -> bool {
        let lasts = i64::try_from(self.pace().last_arrival.as_secs().saturating_add(1)).unwrap_or(i64::MAX);
        let until = now.as_second().saturating_add(lasts);
        if fresh {
            let kept = u64::try_from(until).unwrap_or_default();
            if let Err(error) = store.keep_mark(DOUBT_UNTIL, kept) {
                tracing::warn!(%error, "the doubt is not remembered");
            }
            return true;
        }
        let remembered = store.mark(DOUBT_UNTIL).ok().flatten().unwrap_or_default();
        let remembered = i64::try_from(remembered).unwrap_or_default();
        // A clock that was set back must not make it last for ever.
        remembered > now.as_second() && remembered <= until
    }

    /// The key of a store; `None`: it lives in memory.
    async fn store_key(
        &self,
        account: &Account,
        passphrase: Option<SecretString>,
    ) -> Result<Option<StoreKey>, Fault> {
        match account.store {
            StorePlace::Memory => Ok(None),
            StorePlace::Practice => self.practice_key(account).map(Some),
            StorePlace::Passphrase => {
                let passphrase = passphrase.ok_or(FaultCode::StoreLocked)?;
                Ok(Some(StoreKey::Passphrase(passphrase)))
            }
            StorePlace::Keychain => self.key_of_the_keychain(account.id).await.map(Some),
        }
    }

    fn practice_key(&self, account: &Account) -> Result<StoreKey, Fault> {
        let kept = account.practice_key.clone().map(SecretString::from);
        if let Some(key) = kept.as_ref().and_then(StoreKey::from_hex) {
            return Ok(key);
        }
        let key = StoreKey::random();
        let text = key.to_hex().ok_or(FaultCode::Internal)?;
        self.change_book_of(account.id, |kept| {
            kept.practice_key = Some(text.expose_secret().to_owned());
        })?;
        Ok(key)
    }

    async fn key_of_the_keychain(&self, id: AccountId) -> Result<StoreKey, Fault> {
        let there = Store::exists(&self.files().account(id)?);
        let name = vault_name(&store_entry(id))?;
        let vault = self.vault();
        let loaded = {
            let (vault, name) = (Arc::clone(&vault), name.clone());
            blocking(move || vault.load(&name)).await?
        };
        match loaded {
            Ok(text) => StoreKey::from_hex(&text).ok_or_else(|| FaultCode::StoreKeyGone.into()),
            // Never a new key over a store that is there: nobody could ever read it again.
            Err(VaultError::Missing | VaultError::Damaged) if there => Err(FaultCode::StoreKeyGone.into()),
            Err(VaultError::Missing | VaultError::Damaged) => {
                let key = StoreKey::random();
                let text = key.to_hex().ok_or(FaultCode::Internal)?;
                let kept = blocking(move || {
                    vault.store(&name, &text)?;
                    // A keychain that forgets at once must be known before anything is written under the key.
                    let back = vault.load(&name)?;
                    if back.expose_secret() == text.expose_secret() {
                        Ok(())
                    } else {
                        Err(VaultError::Damaged)
                    }
                })
                .await?;
                kept.map_err(|error| keychain_fault(&error))?;
                Ok(key)
            }
            Err(error) => Err(keychain_fault(&error)),
        }
    }

    /// Opens the store of an account with its passphrase, and connects.
    ///
    /// # Errors
    /// `PassphraseWrong`, or why it does not open.
    pub async fn unlock_store(&self, id: AccountId, passphrase: SecretString) -> Result<(), Fault> {
        self.open_account(id, Some(passphrase)).await?;
        self.switch(id).await
    }

    /// Sets the file of an account's store aside under another name and begins a new store. What only that file had
    /// (receipts, the journal, drafts) stays in it. Nothing may be begun until whatever its journal had has arrived.
    ///
    /// # Errors
    /// `StoreTaken` while it is in use; `StoreUnwritable`; or why the new one does not open.
    pub async fn set_store_aside(&self, id: AccountId) -> Result<(), Fault> {
        let account = self.account(id)?;
        if self.opened_as(id).is_some() {
            return Err(FaultCode::StoreTaken.into());
        }
        let folder = self.files().account(id)?;
        let aside = blocking(move || Store::set_aside(&folder)).await?;
        let aside = aside.map_err(|error| {
            tracing::error!(%error, "the store cannot be set aside");
            Fault::new(FaultCode::StoreUnwritable)
        })?;
        let passphrase_gone = account.store == StorePlace::Passphrase;
        self.change_book_of(id, |kept| {
            kept.store_opens = 0;
            if passphrase_gone {
                // A new passphrase is chosen when the account is connected again.
                kept.store = StorePlace::Memory;
            }
        })?;
        self.open_account_in(id, None, true).await?;
        self.switch(id).await?;
        let name = aside.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut status = self.state().store;
        status.set_aside = name;
        self.set_store(id, status);
        Ok(())
    }
}

/// The keychain's entry for the key of an account's store.
pub(crate) fn store_entry(id: AccountId) -> String {
    format!("{}.store", id.as_hyphenated())
}

/// A passphrase that can be used.
///
/// # Errors
/// `PassphraseTooShort`.
pub(crate) fn usable(passphrase: &SecretString) -> Result<(), Fault> {
    if passphrase.expose_secret().chars().count() < PASSPHRASE_MIN {
        return Err(Fault::new(FaultCode::PassphraseTooShort).with("min", PASSPHRASE_MIN));
    }
    Ok(())
}
