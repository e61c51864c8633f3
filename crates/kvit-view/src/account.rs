//! Accounts: where the person deals, as whom, and what is needed to get in.

use kvit_domain::{
    Timestamp,
    fault::{Fault as DomainFault, FaultCode},
};
use kvit_engine::{self as engine, Keychain, ServerShown};
use kvit_proof::PinnedKey;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::person::time;

/// Number of an account on this computer, made here, never sent anywhere.
pub type AccountId = String;

/// Practice or real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AccountKind {
    /// The practice marketplace inside the app: its money is not money.
    Practice,
    /// A marketplace somewhere else.
    Real,
}

/// An account as the rail and the settings show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountCard {
    /// Its number here.
    pub id: AccountId,
    /// Practice or real.
    pub kind: AccountKind,
    /// What the person called it; for a new one the host.
    pub label: String,
    /// Login name, once the marketplace has told it.
    pub username: Option<String>,
    /// Server address as entered, normalised: `https://host[:port]`.
    pub address: String,
    /// SOCKS5 proxy as `host:port`.
    pub proxy: Option<String>,
    /// Pinned certificate: SHA-256 of its DER, lower-case hex.
    pub certificate_pin: Option<String>,
    /// Pinned OpenPGP key.
    pub key: Option<KeyCard>,
    /// Where the token is.
    pub token: TokenPlace,
    /// Where the key of its store is.
    pub store: StorePlace,
}

/// Where the key of an account's store is, which has the copies, the journal and the receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StorePlace {
    /// A random key in the keychain of the operating system.
    Keychain,
    /// Nowhere: it is made from a passphrase each time.
    Passphrase,
    /// There is no file: everything is in memory for this run.
    Memory,
    /// Beside it: practice money is worth nothing.
    Practice,
}

/// Where an account's token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum TokenPlace {
    /// In the keychain of the operating system.
    Keychain,
    /// In memory until the app closes, by the person's choice.
    Session,
    /// Nowhere now: it has to be entered (again).
    Missing,
    /// Not needed: the practice marketplace hands out its own.
    Practice,
}

/// What the person filled in to connect. The token goes in and never comes back.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectForm {
    /// `https://host[:port]` or just `host[:port]`.
    pub address: String,
    /// API token: 64 hexadecimal digits.
    pub token: String,
    /// `host:port` of a SOCKS5 proxy, or empty.
    pub proxy: String,
    /// SHA-256 of the server certificate in hex (colons and blanks allowed), or empty.
    pub certificate_pin: String,
    /// The marketplace's public key, armored, or empty.
    pub public_key: String,
    /// Full fingerprint the person compared and confirmed; must be the key's.
    pub confirmed_fingerprint: String,
    /// Keep the token in the keychain (`true`) or for this session only.
    pub keep_in_keychain: bool,
    /// What to call it; empty: the host.
    pub label: String,
    /// Where the key of its store is to be.
    pub store: StorePlace,
    /// The passphrase of the store, if that is where.
    pub passphrase: String,
}

/// A public key before or after it is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct KeyCard {
    /// Full fingerprint, upper-case hex.
    pub fingerprint: String,
    /// The same in groups of four, for reading aloud.
    pub groups: Vec<String>,
    /// User ids in the key, control characters made visible. Claims, not facts.
    pub user_ids: Vec<String>,
    /// For instance `RSA 3072`.
    pub algorithm: String,
    /// When it says it was made.
    pub created: String,
    /// When it expires, if it does.
    pub expires: Option<String>,
    /// Can it sign today?
    pub usable: bool,
    /// A key of the closed exchange whose private half is public: proves nothing.
    pub historical: bool,
}

/// What a server shows before one trusts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerCard {
    /// Normalised address.
    pub address: String,
    /// SHA-256 of the certificate it showed, lower-case hex.
    pub certificate: String,
    /// The system's roots vouch for it.
    pub trusted_by_system: bool,
}

/// State of the keychain of the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum KeychainState {
    /// Not asked yet.
    Unknown,
    /// Works: a value was written, read and removed.
    Ready,
    /// This system has none running.
    Missing,
    /// There, but locked or without a usable collection.
    Locked,
    /// The person or the system refused access.
    Denied,
    /// Fails in a way we do not know; see the log.
    Broken,
}

impl AccountCard {
    /// An account as screens show it now.
    pub fn new(account: &engine::Account, now: Timestamp) -> Self {
        let key = account
            .public_key
            .as_deref()
            .and_then(|text| PinnedKey::parse(text.as_bytes()).ok());
        Self {
            id: account.id.to_string(),
            kind: match account.kind {
                engine::AccountKind::Practice => AccountKind::Practice,
                engine::AccountKind::Real => AccountKind::Real,
            },
            label: account.label.clone(),
            username: account.username.clone(),
            address: account.address.clone(),
            proxy: account.proxy.clone(),
            certificate_pin: account.certificate_pin.clone(),
            key: key.as_ref().map(|key| KeyCard::new(key, now)),
            token: match account.token {
                engine::TokenPlace::Keychain => TokenPlace::Keychain,
                engine::TokenPlace::Session => TokenPlace::Session,
                engine::TokenPlace::Missing => TokenPlace::Missing,
                engine::TokenPlace::Practice => TokenPlace::Practice,
            },
            store: account.store.into(),
        }
    }
}

impl From<engine::StorePlace> for StorePlace {
    fn from(place: engine::StorePlace) -> Self {
        match place {
            engine::StorePlace::Keychain => Self::Keychain,
            engine::StorePlace::Passphrase => Self::Passphrase,
            engine::StorePlace::Memory => Self::Memory,
            engine::StorePlace::Practice => Self::Practice,
        }
    }
}

impl From<StorePlace> for engine::StorePlace {
    fn from(place: StorePlace) -> Self {
        match place {
            StorePlace::Keychain => Self::Keychain,
            StorePlace::Passphrase => Self::Passphrase,
            StorePlace::Memory => Self::Memory,
            StorePlace::Practice => Self::Practice,
        }
    }
}

/// An account's number as a screen gives it back.
///
/// # Errors
/// `AccountNotFound`.
pub fn account_id(text: &str) -> Result<engine::account::AccountId, DomainFault> {
    text.parse().map_err(|_| FaultCode::AccountNotFound.into())
}

impl KeyCard {
    /// A key as screens show it now.
    pub fn new(key: &PinnedKey, now: Timestamp) -> Self {
        Self {
            fingerprint: key.fingerprint().to_owned(),
            groups: key.fingerprint_groups(),
            user_ids: key.user_ids(),
            algorithm: key.algorithm(),
            created: time(key.created()),
            expires: key.expires(now).map(time),
            usable: key.can_sign(now),
            historical: key.is_historical(),
        }
    }
}

impl From<ConnectForm> for engine::ConnectRequest {
    fn from(form: ConnectForm) -> Self {
        Self {
            address: form.address,
            token: SecretString::from(form.token),
            proxy: form.proxy,
            certificate_pin: form.certificate_pin,
            public_key: form.public_key,
            confirmed_fingerprint: form.confirmed_fingerprint,
            keep_in_keychain: form.keep_in_keychain,
            label: form.label,
            store: form.store.into(),
            passphrase: SecretString::from(form.passphrase),
        }
    }
}

impl From<ServerShown> for ServerCard {
    fn from(shown: ServerShown) -> Self {
        Self {
            address: shown.address,
            certificate: shown.certificate,
            trusted_by_system: shown.trusted_by_system,
        }
    }
}

impl From<Keychain> for KeychainState {
    fn from(keychain: Keychain) -> Self {
        match keychain {
            Keychain::Ready => Self::Ready,
            Keychain::Missing => Self::Missing,
            Keychain::Locked => Self::Locked,
            Keychain::Denied => Self::Denied,
            Keychain::Broken => Self::Broken,
        }
    }
}
