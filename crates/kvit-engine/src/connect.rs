//! Getting in: accounts are added, switched, removed; tokens kept; lines opened.

use std::sync::Arc;

use kvit_client::{Limits, Marketplace, Target, probe};
use kvit_domain::{
    fault::{Fault, FaultCode},
    token,
};
use kvit_proof::PinnedKey;
use kvit_vault::{Account as VaultAccount, VaultError};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    account::{Account, AccountId, AccountKind, StorePlace, TokenPlace},
    engine::Engine,
    opening::{StoreStatus, store_entry, usable},
    seal::read_key,
    session::Session,
    shell::{Shell, Topic},
};

/// What a person filled in to connect.
pub struct ConnectRequest {
    /// `https://host[:port]` or `host[:port]`.
    pub address: String,
    /// The token as pasted.
    pub token: SecretString,
    /// `host:port`, or empty.
    pub proxy: String,
    /// SHA-256 in hex, or empty.
    pub certificate_pin: String,
    /// Armored key, or empty: then nothing can be verified, and the screens say so.
    pub public_key: String,
    /// The fingerprint the person confirmed.
    pub confirmed_fingerprint: String,
    /// Keychain or this session.
    pub keep_in_keychain: bool,
    /// What to call it; empty: the host.
    pub label: String,
    /// Where the key of its store is to be; `Practice` is not for real accounts.
    pub store: StorePlace,
    /// The passphrase of the store, for [`StorePlace::Passphrase`].
    pub passphrase: SecretString,
}

/// What a server shows before it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerShown {
    /// Normalised address.
    pub address: String,
    /// SHA-256 of its certificate, lower-case hex.
    pub certificate: String,
    /// The system's roots vouch for it.
    pub trusted_by_system: bool,
}

/// State of the keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keychain {
    /// Works.
    Ready,
    /// None on this system.
    Missing,
    /// Locked.
    Locked,
    /// Refused.
    Denied,
    /// Fails in a way we do not know.
    Broken,
}

/// Opens a line to a marketplace. Real ones go over the network; tests put theirs here.
pub trait Connector: Send + Sync + 'static {
    /// A line for this account. Does not wait for the server.
    ///
    /// # Errors
    /// What is wrong with the account's address, proxy or pin.
    fn open(&self, account: &Account, token: SecretString) -> Result<Marketplace, Fault>;
}

/// Lines over the network: TLS, a proxy if the account has one.
#[derive(Debug, Default)]
pub struct NetConnector;

impl Connector for NetConnector {
    fn open(&self, account: &Account, token: SecretString) -> Result<Marketplace, Fault> {
        let target = target(
            &account.address,
            account.proxy.as_deref(),
            account.certificate_pin.as_deref(),
        )?;
        Marketplace::connect(&target, &token, Limits::default())
    }
}

fn target(address: &str, proxy: Option<&str>, pin: Option<&str>) -> Result<Target, Fault> {
    Target::parse(address, proxy.unwrap_or_default(), pin.unwrap_or_default())
}

impl<S: Shell> Engine<S> {
    /// Opens the practice marketplace and makes it the current account; adds the account at the first call.
    ///
    /// # Errors
    /// `PracticeFailed`, `SettingsUnwritable`.
    pub async fn start_practice(&self) -> Result<Account, Fault> {
        let known = self
            .accounts()
            .into_iter()
            .find(|account| account.kind == AccountKind::Practice);
        let id = known
            .as_ref()
            .map_or_else(AccountId::new_v4, |account| account.id);
        if known.is_none() {
            self.keep_account(Account::practice(id))?;
        }
        self.switch(id).await?;
        self.account(id)
    }

    /// What the server shows, without sending it anything of ours.
    ///
    /// # Errors
    /// What is wrong with address or proxy, or stands in the way.
    pub async fn probe_server(&self, address: &str, proxy: &str) -> Result<ServerShown, Fault> {
        let target = Target::parse(address, proxy, "")?;
        let shown = probe(&target).await?;
        Ok(ServerShown {
            address: target.address.to_string(),
            certificate: shown.sha256.to_string(),
            trusted_by_system: shown.trusted_by_system,
        })
    }

    /// Connects to a marketplace: checks everything the person filled in, asks the server who they are, keeps the
    /// token where they said, and makes it the current account. Nothing is kept unless all of it worked. Connected
    /// again as the same user of the same server, the account that is there takes over what was filled in: that is
    /// how a key is pinned later.
    ///
    /// # Errors
    /// The field that is wrong, or what stands in the way.
    pub async fn connect(&self, request: ConnectRequest) -> Result<Account, Fault> {
        let target = Target::parse(&request.address, &request.proxy, &request.certificate_pin)?;
        let token = normalised(&request.token)?;
        let passphrase = match request.store {
            StorePlace::Passphrase => {
                usable(&request.passphrase)?;
                Some(request.passphrase)
            }
            _ => None,
        };
        let key = confirmed_key(&request.public_key, &request.confirmed_fingerprint)?;
        let address = target.address.to_string();
        let label = match request.label.trim() {
            "" => target.address.host(),
            label => label.chars().take(60).collect(),
        };
        let mut account = Account {
            id: AccountId::new_v4(),
            kind: AccountKind::Real,
            label,
            username: None,
            address,
            proxy: target.proxy.as_ref().map(ToString::to_string),
            certificate_pin: target.pin.as_ref().map(ToString::to_string),
            public_key: key.map(|_| request.public_key.trim().to_owned()),
            token: if request.keep_in_keychain {
                TokenPlace::Keychain
            } else {
                TokenPlace::Session
            },
            last_choice: None,
            store: match request.store {
                StorePlace::Practice => StorePlace::Memory,
                place => place,
            },
            store_opens: 0,
            practice_key: None,
        };
        let market = self.connector().open(&account, token.clone())?;
        let profile = market.profile().await?;
        let same = |other: &Account| {
            other.kind == AccountKind::Real
                && other.address == account.address
                && other.username.as_deref() == Some(&profile.name)
        };
        // Connected again: the same account with what was filled in now. A key that was confirmed once stays pinned
        // unless another one was confirmed in its place.
        let earlier = self.accounts().into_iter().find(same);
        if let Some(earlier) = &earlier {
            account.id = earlier.id;
            account.last_choice.clone_from(&earlier.last_choice);
            account.public_key = account.public_key.or_else(|| earlier.public_key.clone());
            account.certificate_pin = account
                .certificate_pin
                .or_else(|| earlier.certificate_pin.clone());
            // What is kept stays where it is: a store is not left behind because of a new token. What was in memory
            // only may get a place now.
            if earlier.store != StorePlace::Memory {
                account.store = earlier.store;
                account.store_opens = earlier.store_opens;
            } else if account.store != StorePlace::Memory {
                self.forget_open(earlier.id);
            }
            if request.label.trim().is_empty() {
                account.label.clone_from(&earlier.label);
            }
        }
        account.username = Some(profile.name);
        self.keep_token(&account, token).await?;
        let kept = match self.keep_account(account.clone()) {
            Ok(()) => self.open_and_switch(account.id, passphrase).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = kept {
            // A full disk, mostly. A token without its account would stay in the keychain for ever.
            if earlier.is_none() {
                self.forget_token(&account).await;
                if let Err(fault) = self.forget_account(account.id) {
                    tracing::error!(%fault, "half an account stays");
                }
            }
            return Err(fault);
        }
        if let Some(earlier) = earlier.filter(|earlier| earlier.token != account.token) {
            // The old one would stay in the keychain for ever: nobody asks for it there any more.
            self.forget_token(&earlier).await;
        }
        self.account(account.id)
    }

    /// Keeps a new token for an account, after the server took it.
    ///
    /// # Errors
    /// `TokenInvalid`, `TokenRejected`, a fault of the keychain, or what stands in the way.
    pub async fn enter_token(
        &self,
        id: AccountId,
        token: &SecretString,
        keep: bool,
    ) -> Result<Account, Fault> {
        let mut account = self.account(id)?;
        let token = normalised(token)?;
        let profile = self.connector().open(&account, token.clone())?.profile().await?;
        if account
            .username
            .as_ref()
            .is_some_and(|name| *name != profile.name)
        {
            // Another person's token would show their money under this account's name.
            return Err(Fault::new(FaultCode::TokenRejected).with("user", profile.name));
        }
        let before = account.clone();
        account.token = if keep {
            TokenPlace::Keychain
        } else {
            TokenPlace::Session
        };
        self.keep_token(&account, token).await?;
        if let Err(fault) = self.change_book_of(id, |kept| kept.token = account.token) {
            if fault.code == FaultCode::AccountNotFound {
                // Removed meanwhile: its token must not outlive it.
                self.forget_token(&account).await;
            }
            return Err(fault);
        }
        if !keep {
            // The old one must not come back at the next start.
            self.forget_token(&before).await;
        }
        self.switch(id).await?;
        self.account(id)
    }

    /// Opens a new account's store with the passphrase that was just chosen, and makes it the current one.
    async fn open_and_switch(&self, id: AccountId, passphrase: Option<SecretString>) -> Result<(), Fault> {
        self.make_current(id)?;
        if passphrase.is_some() {
            self.open_account(id, passphrase).await?;
        }
        self.switch(id).await
    }

    /// Makes an account the current one, opens its store and connects.
    ///
    /// # Errors
    /// `AccountNotFound`, `SettingsUnwritable`, `StoreTaken`, `PracticeFailed`. A store or a line that does not open is
    /// told by their state, not here: the account is current all the same.
    pub async fn switch(&self, id: AccountId) -> Result<(), Fault> {
        // Who does not have the folder must not take an account's store from the one who does.
        self.take_folder()?;
        let mut account = self.account(id)?;
        self.make_current(id)?;
        let open = match self.open_account(id, None).await {
            Ok(open) => open,
            Err(fault) => {
                // Without a journal nothing may be begun: no line is made.
                self.set_store(id, StoreStatus::failed(fault));
                return Ok(());
            }
        };
        self.shell().changed(&[Topic::App, Topic::Payments, Topic::Deals]);
        let token = match account.token {
            TokenPlace::Practice => {
                let folder = self.files().account(id)?;
                let door = self.practice().open(&folder).await?;
                account.address = door.address;
                account.certificate_pin = Some(door.certificate_sha256);
                account.public_key = Some(door.public_key);
                self.change_book_of(id, |kept| {
                    kept.address.clone_from(&account.address);
                    kept.certificate_pin.clone_from(&account.certificate_pin);
                    kept.public_key.clone_from(&account.public_key);
                })?;
                Ok(door.token)
            }
            TokenPlace::Keychain => self.load_token(id).await,
            TokenPlace::Session | TokenPlace::Missing => self
                .session_token(id)
                .ok_or_else(|| FaultCode::TokenMissing.into()),
        };
        let key = account
            .public_key
            .as_deref()
            .map(|text| read_key(text.as_bytes()))
            .transpose()?;
        open.live().key = key.map(Arc::new);
        match token.and_then(|token| self.connector().open(&account, token)) {
            Ok(market) => self.begin_session(Session::new(open, market)),
            Err(fault) => self.set_no_session(id, fault),
        }
        Ok(())
    }

    /// Tries the connection of the current account again now.
    ///
    /// # Errors
    /// As [`Engine::switch`].
    pub async fn reconnect(&self) -> Result<(), Fault> {
        self.take_folder()?;
        match self.state().current {
            Some(id) => self.switch(id).await,
            None => Err(FaultCode::AccountNotFound.into()),
        }
    }

    /// Forgets an account: its token, its pins, its folder. Another one becomes current, if there is one.
    ///
    /// # Errors
    /// `AccountNotFound`; `OperationInProgress` while an operation of it is not settled; a fault of the keychain.
    pub async fn remove_account(&self, id: AccountId) -> Result<(), Fault> {
        let account = self.account(id)?;
        // From here on nothing is begun on it: what would become of that nobody could tell afterwards.
        let open = self.opened_as(id);
        if let Some(open) = &open {
            open.operations.close()?;
            open.outbox.close();
        }
        if let Err(fault) = self.take_out(&account).await {
            if let Some(open) = &open {
                open.operations.reopen();
                open.outbox.reopen();
                self.resume_outgoing(open);
            }
            return Err(fault);
        }
        self.files().remove_account(id)?;
        match self.accounts().first().map(|account| account.id) {
            Some(next) => self.switch(next).await,
            None => {
                self.shell().changed(&[Topic::App]);
                Ok(())
            }
        }
    }

    async fn take_out(&self, account: &Account) -> Result<(), Fault> {
        let id = account.id;
        if self.state().current == Some(id) {
            self.end_session();
        }
        let mut entries = Vec::new();
        if account.token == TokenPlace::Keychain {
            entries.push(vault_name(&id.as_hyphenated().to_string())?);
        }
        if account.store == StorePlace::Keychain {
            entries.push(vault_name(&store_entry(id))?);
        }
        for name in entries {
            let vault = self.vault();
            blocking(move || vault.remove(&name))
                .await?
                .map_err(|error| keychain_fault(&error))?;
        }
        if account.kind == AccountKind::Practice {
            self.practice().close().await;
        }
        self.forget_account(id)
    }

    /// Asks the keychain how it is.
    pub async fn probe_keychain(&self) -> Keychain {
        let vault = self.vault();
        let state = match blocking(move || vault.probe()).await {
            Ok(Ok(())) => Keychain::Ready,
            Ok(Err(error)) => {
                tracing::warn!(%error, "keychain");
                match error {
                    VaultError::NoKeychain(_) => Keychain::Missing,
                    VaultError::Locked => Keychain::Locked,
                    VaultError::Denied => Keychain::Denied,
                    _ => Keychain::Broken,
                }
            }
            Err(_) => Keychain::Broken,
        };
        self.set_keychain(state);
        state
    }

    async fn keep_token(&self, account: &Account, token: SecretString) -> Result<(), Fault> {
        if account.token != TokenPlace::Keychain {
            self.keep_session_token(account.id, token);
            return Ok(());
        }
        let name = vault_name(&account.id.as_hyphenated().to_string())?;
        let vault = self.vault();
        blocking(move || vault.store(&name, &token))
            .await?
            .map_err(|error| keychain_fault(&error))
    }

    /// Takes a token out of the keychain, if it is there. Failing is no reason to fail whatever this is part of.
    async fn forget_token(&self, account: &Account) {
        if account.token != TokenPlace::Keychain {
            return;
        }
        let Ok(name) = vault_name(&account.id.as_hyphenated().to_string()) else {
            return;
        };
        let vault = self.vault();
        if let Ok(Err(error)) = blocking(move || vault.remove(&name)).await {
            tracing::warn!(%error, "a token stays in the keychain");
        }
    }

    async fn load_token(&self, id: AccountId) -> Result<SecretString, Fault> {
        let name = vault_name(&id.as_hyphenated().to_string())?;
        let vault = self.vault();
        blocking(move || vault.load(&name))
            .await?
            .map_err(|error| keychain_fault(&error))
    }

    fn begin_session(&self, session: Session) {
        let session = Arc::new(session);
        let account = Arc::clone(&session.account);
        let Some(listening) = self.behind(self.clone().listen(Arc::clone(&session))) else {
            return;
        };
        if !self.set_session(session, listening) {
            return;
        }
        for orphan in account.operations.take_orphans() {
            if orphan.state.is_open() {
                tracing::warn!(operation = %orphan.id, "open when the app ended; looking");
            }
            self.look_after(Arc::clone(&account), orphan.id);
        }
        self.resume_outgoing(&account);
    }
}

fn normalised(token: &SecretString) -> Result<SecretString, Fault> {
    token::normalise(token.expose_secret())
        .map(SecretString::from)
        .map_err(|_| FaultCode::TokenInvalid.into())
}

fn confirmed_key(text: &str, confirmed: &str) -> Result<Option<PinnedKey>, Fault> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let key = read_key(text.as_bytes())?;
    let confirmed: String = confirmed.chars().filter(|c| !c.is_whitespace()).collect();
    if confirmed.to_ascii_uppercase() != key.fingerprint() {
        return Err(FaultCode::FingerprintNotConfirmed.into());
    }
    Ok(Some(key))
}

pub(crate) fn vault_name(entry: &str) -> Result<VaultAccount, Fault> {
    VaultAccount::new(entry).map_err(|_| FaultCode::Internal.into())
}

/// The vault's error in our words; the chain goes to the log.
pub(crate) fn keychain_fault(error: &VaultError) -> Fault {
    tracing::warn!(%error, "keychain");
    let code = match error {
        VaultError::NoKeychain(_) => FaultCode::KeychainMissing,
        VaultError::Locked | VaultError::NoAnswer => FaultCode::KeychainLocked,
        VaultError::Denied => FaultCode::KeychainDenied,
        VaultError::Missing | VaultError::Damaged => FaultCode::TokenMissing,
        VaultError::TooLong { .. } | VaultError::Other { .. } => FaultCode::KeychainBroken,
    };
    code.into()
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Fault::new(FaultCode::Internal))
}
