//! Accounts: where the person deals, as whom, and what is needed to get in.

use serde::{Deserialize, Serialize};
use specta::Type;

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
