//! The engine: accounts, the current session, settings; one place where state changes.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
};
use kvit_proof::PinnedKey;
use kvit_store::Unread;
use kvit_vault::Vault;
use secrecy::SecretString;
use tokio::task::{AbortHandle, JoinSet};

use crate::{
    account::{Account, AccountId, StorePlace, TokenPlace},
    connect::{Connector, Keychain},
    files::Files,
    listen::{Connection, ConnectionState},
    money::MoneyMap,
    open_account::OpenAccount,
    opening::{StoreState, StoreStatus},
    operation::{Operation, OperationId, Step},
    pace::Pace,
    seal::read_key,
    session::Session,
    settings::Settings,
    shell::{Practice, Shell, Topic},
    sync::SyncProgress,
};

const ACCOUNTS: &str = "accounts.json";
const SETTINGS: &str = "settings.json";

/// What an engine is made of.
pub struct EngineParts<S> {
    /// The folder of the app.
    pub folder: PathBuf,
    /// The surroundings.
    pub shell: S,
    /// Where secrets are.
    pub vault: Arc<dyn Vault>,
    /// The practice marketplace.
    pub practice: Box<dyn Practice>,
    /// Lines to marketplaces.
    pub connector: Box<dyn Connector>,
    /// How long things take there.
    pub pace: Pace,
}

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
    pace: Pace,
    files: Files,
    /// Stores are opened one at a time.
    opening: tokio::sync::Mutex<()>,
    /// What goes on behind; `None` once the engine was shut.
    tasks: Mutex<Option<JoinSet<()>>>,
    state: Mutex<State>,
}

struct State {
    book: Book,
    settings: Settings,
    keychain: Option<Keychain>,
    session: Option<(Arc<Session>, AbortHandle)>,
    /// Why there is no session for the current account.
    without_session: Connection,
    session_tokens: HashMap<AccountId, SecretString>,
    open: HashMap<AccountId, Arc<OpenAccount>>,
    /// The store of the current account.
    store: StoreStatus,
}

/// Accounts as kept on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Book {
    accounts: Vec<Account>,
    current: Option<AccountId>,
}

impl Book {
    fn settled(mut self) -> Self {
        self.accounts = self.accounts.into_iter().map(Account::settled).collect();
        self
    }

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
    /// Keychain, as last probed; `None` before the first time.
    pub keychain: Option<Keychain>,
    /// Operations that are not settled.
    pub operations: Vec<Operation>,
    /// Open deals that wait for the person.
    pub deals_waiting: u32,
    /// The store of the account in use.
    pub store: StoreStatus,
    /// Where its key is.
    pub store_place: Option<StorePlace>,
    /// Where reading everything stands.
    pub sync: Option<SyncProgress>,
    /// Messages that were not read, wherever they are shown.
    pub unread: Unread,
    /// News that was not read.
    pub unread_news: u32,
    /// Contradictions that were not seen.
    pub unseen_notices: u32,
    /// Settings.
    pub settings: Settings,
}

impl<S: Shell> Engine<S> {
    /// Opens the engine over its folder. Opens no store and connects to nothing yet: [`Engine::resume`] does. Where
    /// another process works in the folder, everything here says so until [`Engine::reconnect`] finds it free.
    ///
    /// # Errors
    /// `SettingsUnwritable` if the folder cannot be made.
    pub fn open(parts: EngineParts<S>) -> Result<Self, Fault> {
        let files = Files::open(parts.folder)?;
        let taken = files.take().err();
        let book: Book = files.read(ACCOUNTS);
        let settings = files.read(SETTINGS);
        let state = State {
            book: book.settled(),
            settings,
            keychain: None,
            session: None,
            without_session: Connection::idle(),
            session_tokens: HashMap::new(),
            open: HashMap::new(),
            store: taken.map_or_else(StoreStatus::default, StoreStatus::failed),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                shell: parts.shell,
                vault: parts.vault,
                practice: parts.practice,
                connector: parts.connector,
                pace: parts.pace,
                files,
                opening: tokio::sync::Mutex::new(()),
                tasks: Mutex::new(Some(JoinSet::new())),
                state: Mutex::new(state),
            }),
        })
    }

    /// Opens the account that was current when the app closed, if any, and connects it.
    pub async fn resume(&self) {
        let current = self.lock().book.current;
        if let Some(id) = current
            && let Err(fault) = self.switch(id).await
        {
            tracing::error!(%fault, "the current account could not be opened");
            if fault.code == FaultCode::StoreTaken {
                self.set_store(id, StoreStatus::failed(fault));
            } else {
                self.set_no_session(id, fault);
            }
        }
    }

    /// Ends everything that goes on behind and closes the stores: the app is about to end. Operations that are on their
    /// way are looked after at the next start.
    pub async fn shut(&self) {
        let tasks = self.tasks().take();
        if let Some(mut tasks) = tasks {
            tasks.abort_all();
            while tasks.join_next().await.is_some() {}
        }
        self.end_session();
        // Each store is closed when the last question to it has ended.
        self.lock().open.clear();
    }

    fn tasks(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Was it shut?
    pub(crate) fn is_shut(&self) -> bool {
        self.tasks().is_none()
    }

    /// Does something behind, unless the engine was shut.
    pub(crate) fn behind(&self, work: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
        let mut tasks = self.tasks();
        let tasks = tasks.as_mut()?;
        while tasks.try_join_next().is_some() {}
        Some(tasks.spawn(work))
    }

    /// Tries the folder again, which another process had.
    pub(crate) fn take_folder(&self) -> Result<(), Fault> {
        let was_taken = self
            .lock()
            .store
            .fault
            .as_ref()
            .is_some_and(|fault| fault.code == FaultCode::StoreTaken);
        self.inner.files.take()?;
        if was_taken {
            // The other process may have written since.
            let book: Book = self.inner.files.read(ACCOUNTS);
            let settings = self.inner.files.read(SETTINGS);
            let mut state = self.lock();
            state.book = book.settled();
            state.settings = settings;
            state.store = StoreStatus::default();
        }
        Ok(())
    }

    /// Everything the frame needs, as known now; asks nobody but the store.
    pub fn state(&self) -> EngineState {
        let (book, settings, keychain, session, without, store, account) = {
            let state = self.lock();
            let session = state.session.as_ref().map(|(session, _)| Arc::clone(session));
            let account = state
                .book
                .current
                .and_then(|current| state.open.get(&current).map(Arc::clone));
            let mut book = state.book.clone();
            for account in &mut book.accounts {
                // What an earlier run had in memory is gone.
                if account.token == TokenPlace::Session && !state.session_tokens.contains_key(&account.id) {
                    account.token = TokenPlace::Missing;
                }
            }
            (
                book,
                state.settings,
                state.keychain,
                session,
                state.without_session.clone(),
                state.store.clone(),
                account,
            )
        };
        let store_place = book
            .current
            .and_then(|current| book.accounts.iter().find(|account| account.id == current))
            .map(|account| account.store);
        let mut engine_state = EngineState {
            accounts: book.accounts,
            current: book.current,
            connection: without,
            money: None,
            keychain,
            operations: Vec::new(),
            deals_waiting: 0,
            store,
            store_place,
            sync: None,
            unread: Unread::default(),
            unread_news: 0,
            unseen_notices: 0,
            settings,
        };
        if let Some(session) = session {
            engine_state.connection = session.connection().clone();
        }
        if let Some(account) = account {
            engine_state.operations = account.operations.open();
            engine_state.money = self.money(&account);
            engine_state.deals_waiting = account.deals_waiting(self.now());
            engine_state.sync = Some(account.live().sync.clone());
            engine_state.unread = account.unread();
            engine_state.unread_news = account.ask(|store| store.unread_news()).unwrap_or_default();
            engine_state.unseen_notices = account.ask(|store| store.unseen_notices()).unwrap_or_default();
            if engine_state.store.fault.is_none() {
                engine_state.store.fault.clone_from(&account.live().trouble);
            }
            // That something was missing stays said when it cannot arrive any more, and whichever account was in use
            // meanwhile.
            engine_state.store.doubt = account.doubt;
            engine_state.store.nothing_may_begin = account.operations.in_doubt();
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

    /// An operation of the account in use, whenever it was.
    ///
    /// # Errors
    /// `OperationNotFound`; or why the store is not open.
    pub fn operation(&self, id: OperationId) -> Result<Operation, Fault> {
        self.opened()?.operations.get(id)
    }

    /// Its steps: what happened, what was looked at, what that showed.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn steps(&self, id: OperationId) -> Result<Vec<Step>, Fault> {
        self.opened()?.operations.journal().steps(id)
    }

    /// Operations of the account in use, newest first, `count` of those before a number; each with its number.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn operations(&self, before: Option<u64>, count: u32) -> Result<Vec<(u64, Operation)>, Fault> {
        let account = self.opened()?;
        let page = account.operations.journal().page(before, count)?;
        // What is open is known better here than on disk: how often was looked.
        Ok(page
            .into_iter()
            .map(|(number, kept)| {
                let held = account.operations.get(kept.id).unwrap_or(kept);
                (number, held)
            })
            .collect())
    }

    /// Operations that are on their way or not known: quitting now leaves them to the next start.
    pub fn unsettled(&self) -> Vec<Operation> {
        let open: Vec<Arc<OpenAccount>> = self.lock().open.values().map(Arc::clone).collect();
        open.iter()
            .flat_map(|account| account.operations.open())
            .collect()
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

    /// The account in use, its store open.
    ///
    /// # Errors
    /// Why it is not: locked, damaged, being opened.
    pub(crate) fn opened(&self) -> Result<Arc<OpenAccount>, Fault> {
        let state = self.lock();
        let current = state.book.current;
        current
            .and_then(|current| state.open.get(&current).map(Arc::clone))
            .ok_or_else(|| state.store.why_not_open())
    }

    /// The account in use, its store open, if it is still the one that a request was made for.
    ///
    /// # Errors
    /// `AccountChanged`; or why the store is not open.
    pub(crate) fn opened_if(&self, account: AccountId) -> Result<Arc<OpenAccount>, Fault> {
        let opened = self.opened()?;
        if opened.id == account {
            Ok(opened)
        } else {
            Err(FaultCode::AccountChanged.into())
        }
    }

    /// The line of the account in use, if it is still the one that a request was made for.
    ///
    /// # Errors
    /// `AccountChanged`; or what stands in the way of a session.
    pub(crate) fn session_of(&self, account: AccountId) -> Result<Arc<Session>, Fault> {
        if self.lock().book.current != Some(account) {
            return Err(FaultCode::AccountChanged.into());
        }
        let session = self.session()?;
        if session.account.id == account {
            Ok(session)
        } else {
            Err(FaultCode::AccountChanged.into())
        }
    }

    /// An open account by its number.
    pub(crate) fn opened_as(&self, id: AccountId) -> Option<Arc<OpenAccount>> {
        self.lock().open.get(&id).map(Arc::clone)
    }

    pub(crate) fn keep_open(&self, account: Arc<OpenAccount>) {
        self.lock().open.insert(account.id, account);
    }

    /// Forgets an open account whose store was in memory only: it gets another one.
    pub(crate) fn forget_open(&self, id: AccountId) {
        self.lock().open.remove(&id);
    }

    /// Says how the store of the current account stands.
    pub(crate) fn set_store(&self, account: AccountId, status: StoreStatus) {
        {
            let mut state = self.lock();
            if state.book.current != Some(account) {
                return;
            }
            state.store = status;
        }
        self.shell().changed(&[
            Topic::App,
            Topic::Payments,
            Topic::Deals,
            Topic::Receipts,
            Topic::Operations,
            Topic::News,
            Topic::Talks,
        ]);
    }

    pub(crate) async fn opening(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.inner.opening.lock().await
    }

    pub(crate) fn pace(&self) -> &Pace {
        &self.inner.pace
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
                .unwrap_or_else(|| state.store.why_not_open())),
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
    pub(crate) fn announce(&self, account: AccountId, topics: &[Topic]) {
        let current = self.lock().book.current == Some(account);
        if current && !topics.is_empty() {
            self.shell().changed(topics);
        }
    }

    /// Takes a session into use, unless the person chose another account while it was made: one account's money must
    /// never be shown as another's. `false`: it was not taken.
    pub(crate) fn set_session(&self, session: Arc<Session>, listening: AbortHandle) -> bool {
        let (old, taken) = {
            let mut state = self.lock();
            if state.book.current == Some(session.account.id) {
                (state.session.replace((session, listening)), true)
            } else {
                (Some((session, listening)), false)
            }
        };
        if let Some((_, listening)) = old {
            listening.abort();
        }
        self.shell().changed(&[Topic::App]);
        taken
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
            state.without_session = Connection::idle();
            state.session.take()
        };
        if let Some((_, listening)) = old {
            listening.abort();
        }
    }

    pub(crate) fn set_keychain(&self, keychain: Keychain) {
        self.lock().keychain = Some(keychain);
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
            state.open.remove(&id);
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
        })?;
        let open = self.opened_as(id).is_some();
        self.lock().store = StoreStatus {
            state: if open {
                StoreState::Ready
            } else {
                StoreState::Opening
            },
            ..StoreStatus::default()
        };
        Ok(())
    }

    /// Keeps the login name the marketplace told.
    pub(crate) fn remember_username(&self, account: &OpenAccount) {
        let Some(profile) = account.profile() else {
            return;
        };
        let kept = self.change_book_of(account.id, |account| {
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
