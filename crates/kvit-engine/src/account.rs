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
