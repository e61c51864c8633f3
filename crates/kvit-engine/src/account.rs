//! Accounts on this computer: where the person deals and what is pinned. No secrets.

use kvit_domain::{advertisement, money::Currency};
use serde::{Deserialize, Serialize};

/// Number of an account here: random, made here, never sent anywhere. It names the folder of the account and its
/// entry in the keychain.
pub type AccountId = uuid::Uuid;

/// Practice or real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// The practice marketplace inside the app.
    Practice,
    /// A marketplace somewhere else.
    Real,
}

/// Where the token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenPlace {
    /// The keychain of the operating system.
    Keychain,
    /// Memory, until the app closes.
    Session,
    /// Nowhere: it has to be entered.
    Missing,
    /// The practice marketplace hands it out.
    Practice,
}

/// Where the key of the store is, which has the copies, the journal and the receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorePlace {
    /// A random key in the keychain of the operating system.
    #[default]
    Keychain,
    /// Nowhere: it is made from a passphrase each time.
    Passphrase,
    /// There is no file: the store lives in memory for this run.
    Memory,
    /// Beside it: practice money is worth nothing, and the practice world lies open next to it.
    Practice,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Number here.
    pub id: AccountId,
    /// Practice or real.
    pub kind: AccountKind,
    /// What the person called it.
    pub label: String,
    /// Login name, once told.
    pub username: Option<String>,
    /// Server, normalised. A practice account's is told anew at each start.
    pub address: String,
    /// SOCKS5 proxy, `host:port`.
    pub proxy: Option<String>,
    /// SHA-256 of the pinned certificate, lower-case hex.
    pub certificate_pin: Option<String>,
    /// The pinned OpenPGP key, armored.
    pub public_key: Option<String>,
    /// Where the token is.
    pub token: TokenPlace,
    /// Where and how fiat was last chosen.
    #[serde(default)]
    pub last_choice: Option<FiatChoice>,
    /// Where the key of its store is.
    #[serde(default)]
    pub store: StorePlace,
    /// How often its store was opened: an older copy in its place is noticed by that.
    #[serde(default)]
    pub store_opens: u64,
    /// The key of a practice account's store, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice_key: Option<String>,
}

impl Account {
    /// The practice account, before the marketplace inside the app has told anything.
    pub(crate) fn practice(id: AccountId) -> Self {
        Self {
            id,
            kind: AccountKind::Practice,
            label: String::new(),
            username: None,
            address: String::new(),
            proxy: None,
            certificate_pin: None,
            public_key: None,
            token: TokenPlace::Practice,
            last_choice: None,
            store: StorePlace::Practice,
            store_opens: 0,
            practice_key: None,
        }
    }

    /// An account that the first version wrote knew nothing of stores.
    pub(crate) fn settled(mut self) -> Self {
        match (self.kind, self.token, self.store) {
            (AccountKind::Practice, ..) => self.store = StorePlace::Practice,
            // No keychain was wanted for the token: none is asked for the store's key.
            (AccountKind::Real, TokenPlace::Session, StorePlace::Keychain) => self.store = StorePlace::Memory,
            _ => {}
        }
        self
    }
}

/// Where and how fiat is paid, as kept on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiatChoice {
    /// Country.
    pub country: String,
    /// Currency.
    pub currency: String,
    /// Payment system.
    pub payment_type: String,
}

impl From<&advertisement::FiatChoice> for FiatChoice {
    fn from(choice: &advertisement::FiatChoice) -> Self {
        Self {
            country: choice.country.clone(),
            currency: choice.currency.to_string(),
            payment_type: choice.payment_type.clone(),
        }
    }
}

impl FiatChoice {
    /// The choice, unless the file names something that is no currency.
    pub fn to_domain(&self) -> Option<advertisement::FiatChoice> {
        Some(advertisement::FiatChoice {
            country: self.country.clone(),
            currency: self.currency.parse::<Currency>().ok()?,
            payment_type: self.payment_type.clone(),
        })
    }
}
