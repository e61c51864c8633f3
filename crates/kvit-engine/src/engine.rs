//! The engine: accounts, the current session, settings; one place where state changes.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kvit_domain::{
    Timestamp,
    balance::Balance,
    fault::{Fault, FaultCode},
    money::{Fiat, Sats},
};
use kvit_proof::PinnedKey;
use kvit_vault::Vault;
use secrecy::SecretString;
use tokio::task::AbortHandle;

use crate::{
    account::{Account, AccountId},
    connect::{Connector, Keychain},
    files::Files,
    journal::Journal,
    listen::{Connection, ConnectionState},
    operation::Operation,
    operations::Operations,
    seal::read_key,
    session::Session,
    settings::Settings,
    shell::{Practice, Shell, Topic},
};

const ACCOUNTS: &str = "accounts.json";
const SETTINGS: &str = "settings.json";

/// The use cases. Cheap to clone; all clones are one.
pub struct Engine<S: Shell> {
    inner: Arc<Inner<S>>,
}

impl<S: Shell> Clone for Engine<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

struct Inner<S> {
    shell: S,
    vault: Arc<dyn Vault>,
    practice: Box<dyn Practice>,
    connector: Box<dyn Connector>,
    files: Files,
    state: Mutex<State>,
}

struct State {
    book: Book,
    settings: Settings,
    keychain: Keychain,
    session: Option<(Arc<Session>, AbortHandle)>,
    /// Why there is no session for the current account.
    without_session: Connection,
    session_tokens: HashMap<AccountId, SecretString>,
    operations: HashMap<AccountId, Arc<Operations>>,
}

/// Accounts as kept on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Book {
    accounts: Vec<Account>,
    current: Option<AccountId>,
}

impl Book {
    fn account(&mut self, id: AccountId) -> Result<&mut Account, Fault> {
        self.accounts
            .iter_mut()
            .find(|account| account.id == id)
            .ok_or_else(|| FaultCode::AccountNotFound.into())
    }
}

/// Everything the frame of the window needs.
#[derive(Debug, Clone)]
pub struct EngineState {
    /// All accounts.
    pub accounts: Vec<Account>,
    /// The one in use.
    pub current: Option<AccountId>,
    /// Its connection.
    pub connection: Connection,
    /// Its money, once read.
    pub money: Option<MoneyMap>,
    /// Keychain, as last probed.
    pub keychain: Keychain,
    /// Operations that are not settled.
    pub operations: Vec<Operation>,
    /// Open deals that wait for the person.
    pub deals_waiting: u32,
    /// Settings.
    pub settings: Settings,
}

/// The money map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyMap {
    /// Balance as read.
    pub balance: Balance,
    /// In operations whose outcome is not known.
    pub unresolved: Sats,
    /// The spendable part in the person's currency; an estimate.
    pub estimate: Option<Fiat>,
    /// When read.
    pub read: Timestamp,
}

impl<S: Shell> Engine<S> {
    /// Opens the engine over its folder. Connects to nothing yet: [`Engine::resume`] does.
    ///
    /// # Errors
    /// `SettingsUnwritable` if the folder cannot be made.
    pub fn open(
        folder: PathBuf,
        shell: S,
        vault: Arc<dyn Vault>,
        practice: Box<dyn Practice>,
        connector: Box<dyn Connector>,
    ) -> Result<Self, Fault> {
        let files = Files::open(folder)?;
        let book: Book = files.read(ACCOUNTS);
        let settings = files.read(SETTINGS);
        let idle = Connection {
            state: ConnectionState::Idle,
            ..Connection::default()
        };
        let state = State {
            book,
            settings,
            keychain: Keychain::Ready,
            session: None,
            without_session: idle,
            session_tokens: HashMap::new(),
            operations: HashMap::new(),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                shell,
                vault,
                practice,
                connector,
                files,
                state: Mutex::new(state),
            }),
        })
    }

    /// Connects the account that was current when the app closed, if any.
    pub async fn resume(&self) {
        let current = self.lock().book.current;
        if let Some(id) = current
            && let Err(fault) = self.switch(id).await
        {
            tracing::error!(%fault, "the current account could not be opened");
            self.set_no_session(id, fault);
        }
    }

    /// Everything the frame needs, as known now; asks nobody.
    pub fn state(&self) -> EngineState {
        let (book, settings, keychain, session, without) = {
            let state = self.lock();
            let session = state.session.as_ref().map(|(session, _)| Arc::clone(session));
            (
                state.book.clone(),
                state.settings,
                state.keychain,
                session,
                state.without_session.clone(),
            )
        };
        let now = self.now();
        let mut engine_state = EngineState {
            accounts: book.accounts,
            current: book.current,
            connection: without,
            money: None,
            keychain,
            operations: Vec::new(),
            deals_waiting: 0,
            settings,
        };
        if let Some(current) = engine_state.current {
            engine_state.operations = self.operations_of(current).open();
        }
        if let Some(session) = session {
            let balance = session.held().balance;
            engine_state.money = balance.map(|(balance, read)| MoneyMap {
                balance,
                unresolved: session.operations.unresolved(),
                estimate: session.estimate(balance.confirmed),
                read,
            });
            engine_state.deals_waiting = session.deals_waiting(now);
            engine_state.connection = session.held().connection.clone();
        }
        engine_state
    }

    /// Keeps settings.
    ///
    /// # Errors
    /// `SettingsUnwritable`; then the old ones stay.
    pub fn set_settings(&self, settings: Settings) -> Result<(), Fault> {
        {
            let mut state = self.lock();
            self.inner.files.write(SETTINGS, &settings)?;
            state.settings = settings;
        }
        self.shell().changed(&[Topic::App]);
        Ok(())
    }

    /// An operation of this run, of any account, connected or not.
    ///
    /// # Errors
    /// `Internal` if there is none of that number.
    pub fn operation(&self, id: crate::operation::OperationId) -> Result<Operation, Fault> {
        let state = self.lock();
        state
            .operations
            .values()
            .find_map(|operations| operations.get(id))
            .ok_or_else(|| FaultCode::Internal.into())
    }

    /// The accounts.
    pub fn accounts(&self) -> Vec<Account> {
        self.lock().book.accounts.clone()
    }

    /// One account.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub fn account(&self, id: AccountId) -> Result<Account, Fault> {
        let state = self.lock();
        state
            .book
            .accounts
            .iter()
            .find(|account| account.id == id)
            .cloned()
            .ok_or_else(|| FaultCode::AccountNotFound.into())
    }

    /// The keys pinned in the accounts.
    pub(crate) fn pinned_keys(&self) -> Vec<Arc<PinnedKey>> {
        let texts: Vec<String> = self
            .accounts()
            .into_iter()
            .filter_map(|account| account.public_key)
            .collect();
        texts
            .iter()
            .filter_map(|text| read_key(text.as_bytes()).ok().map(Arc::new))
            .collect()
    }

    /// The current session.
    pub(crate) fn session(&self) -> Result<Arc<Session>, Fault> {
        let state = self.lock();
        match &state.session {
            Some((session, _)) => Ok(Arc::clone(session)),
            None => Err(state
                .without_session
                .fault
                .clone()
                .unwrap_or_else(|| FaultCode::NotConnected.into())),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.shell.now()
    }

    pub(crate) fn shell(&self) -> &S {
        &self.inner.shell
    }

    pub(crate) fn vault(&self) -> Arc<dyn Vault> {
        Arc::clone(&self.inner.vault)
    }

    pub(crate) fn practice(&self) -> &dyn Practice {
        self.inner.practice.as_ref()
    }

    pub(crate) fn connector(&self) -> &dyn Connector {
        self.inner.connector.as_ref()
    }

    pub(crate) fn files(&self) -> &Files {
        &self.inner.files
    }

    /// Tells the shell, unless another account is in use by now. A session whose line was made anew still speaks:
    /// what became of its operations concerns the new one as well.
    pub(crate) fn announce(&self, session: &Session, topics: &[Topic]) {
        let current = self.lock().book.current == Some(session.account);
        if current && !topics.is_empty() {
            self.shell().changed(topics);
        }
    }

    /// Takes a session into use, unless the person chose another account while it was made: one account's money must
    /// never be shown as another's.
    pub(crate) fn set_session(&self, session: Arc<Session>, listening: AbortHandle) {
        let old = {
            let mut state = self.lock();
            if state.book.current == Some(session.account) {
                state.session.replace((session, listening))
            } else {
                Some((session, listening))
            }
        };
        if let Some((_, listening)) = old {
            listening.abort();
        }
        self.shell().changed(&[Topic::App, Topic::Payments, Topic::Deals]);
    }

    /// Says why an account has no session, if it is the one in use.
    pub(crate) fn set_no_session(&self, account: AccountId, fault: Fault) {
        let old = {
            let mut state = self.lock();
            if state.book.current != Some(account) {
                return;
            }
            state.without_session = Connection {
                state: ConnectionState::Stopped,
                heard: None,
                fault: Some(fault),
            };
            state.session.take()
        };
        if let Some((_, listening)) = old {
            listening.abort();
        }
        self.shell().changed(&[Topic::App]);
    }

    pub(crate) fn end_session(&self) {
        let old = {
            let mut state = self.lock();
            state.without_session = Connection {
                state: ConnectionState::Idle,
                ..Connection::default()
            };
            state.session.take()
        };
        if let Some((_, listening)) = old {
            listening.abort();
        }
    }

    /// The operations of an account, whatever its line does.
    pub(crate) fn operations_of(&self, id: AccountId) -> Arc<Operations> {
        let mut state = self.lock();
        let journal = || Operations::kept_in(Journal::new(self.inner.files.clone(), id));
        Arc::clone(state.operations.entry(id).or_insert_with(|| Arc::new(journal())))
    }

    pub(crate) fn set_keychain(&self, keychain: Keychain) {
        self.lock().keychain = keychain;
        self.shell().changed(&[Topic::App]);
    }

    pub(crate) fn keep_session_token(&self, id: AccountId, token: SecretString) {
        self.lock().session_tokens.insert(id, token);
    }

    pub(crate) fn session_token(&self, id: AccountId) -> Option<SecretString> {
        self.lock().session_tokens.get(&id).cloned()
    }

    /// Keeps an account as it is given, in place of an earlier one of the same number.
    pub(crate) fn keep_account(&self, account: Account) -> Result<(), Fault> {
        self.change_book(|book| {
            match book.accounts.iter_mut().find(|other| other.id == account.id) {
                Some(old) => *old = account,
                None => book.accounts.push(account),
            }
            Ok(())
        })
    }

    pub(crate) fn forget_account(&self, id: AccountId) -> Result<(), Fault> {
        {
            let mut state = self.lock();
            state.session_tokens.remove(&id);
            state.operations.remove(&id);
        }
        self.change_book(|book| {
            book.accounts.retain(|account| account.id != id);
            if book.current == Some(id) {
                book.current = None;
            }
            Ok(())
        })
    }

    pub(crate) fn make_current(&self, id: AccountId) -> Result<(), Fault> {
        self.end_session();
        self.change_book(|book| {
            book.account(id)?;
            book.current = Some(id);
            Ok(())
        })
    }

    /// Keeps the login name the marketplace told.
    pub(crate) fn remember_username(&self, session: &Session) {
        let Some(profile) = session.known_profile() else {
            return;
        };
        let kept = self.change_book_of(session.account, |account| {
            account.username = Some(profile.name.clone());
        });
        if let Err(fault) = kept {
            tracing::warn!(%fault, "login name not kept");
        }
    }

    /// Changes an account that is there, whatever else was changed in it meanwhile.
    ///
    /// # Errors
    /// `AccountNotFound`: one that was removed does not come back; `SettingsUnwritable`.
    pub(crate) fn change_book_of(
        &self,
        id: AccountId,
        change: impl FnOnce(&mut Account),
    ) -> Result<(), Fault> {
        self.change_book(|book| book.account(id).map(change))
    }

    /// Changes the book on disk first, then here; reading and writing are one step.
    fn change_book(&self, change: impl FnOnce(&mut Book) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut state = self.lock();
        let mut book = state.book.clone();
        change(&mut book)?;
        if book != state.book {
            self.inner.files.write(ACCOUNTS, &book)?;
            state.book = book;
        }
        drop(state);
        self.shell().changed(&[Topic::App]);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
