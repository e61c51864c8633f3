//! The app as a whole: accounts, connection, money, settings, and what changed.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    account::{AccountCard, AccountId, KeychainState},
    fault::Fault,
    invoice::{FiatSum, OperationCard},
};

/// Everything the frame needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AppState {
    /// All accounts.
    pub accounts: Vec<AccountCard>,
    /// The one in use.
    pub current: Option<AccountId>,
    /// Its connection.
    pub connection: Connection,
    /// Its money; none before the first reading.
    pub money: Option<MoneyMap>,
    /// The keychain, as last probed.
    pub keychain: KeychainState,
    /// Operations that are not settled.
    pub operations: Vec<OperationCard>,
    /// Open deals that wait for the person.
    pub deals_waiting: u32,
    /// Settings.
    pub settings: Settings,
}

/// Connection of the current account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// State.
    pub state: ConnectionState,
    /// Last time anything was heard.
    pub as_of: Option<String>,
    /// Why it is not connected.
    pub fault: Option<Fault>,
}

/// State of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionState {
    /// No account is in use.
    Idle,
    /// Being made.
    Connecting,
    /// Events flow.
    Connected,
    /// Lost; the app tries again by itself.
    Waiting,
    /// It will not come back by itself: the token, the certificate or the address must be looked at.
    Stopped,
}

/// The money map. All in satoshi.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MoneyMap {
    /// Spendable.
    pub available_sats: String,
    /// Coming on-chain.
    pub expected_sats: String,
    /// Locked in deals.
    pub in_deals_sats: String,
    /// In operations whose outcome is not known.
    pub unresolved_sats: String,
    /// Spendable in the person's currency by the average rate; an estimate.
    pub available_fiat: Option<FiatSum>,
    /// When read.
    pub as_of: String,
}

/// What the person chose for the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Language.
    pub language: Language,
    /// Colours.
    pub theme: Theme,
    /// BTC or satoshi.
    pub unit: Unit,
    /// Amounts are masked.
    pub hide_amounts: bool,
    /// Width of the list, CSS pixels.
    pub list_width: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::System,
            theme: Theme::System,
            unit: Unit::Btc,
            hide_amounts: false,
            list_width: 380,
        }
    }
}

/// Language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Language {
    /// As the system.
    System,
    /// English.
    En,
    /// Russian.
    Ru,
}

/// Colours of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the system.
    System,
    /// Paper.
    Light,
    /// Ink.
    Dark,
}

/// Unit of bitcoin amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// BTC with eight places.
    Btc,
    /// Whole satoshi.
    Sat,
}

/// Something changed: read again what you show. Carries no data by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// What.
    pub topics: Vec<Topic>,
}

/// What can change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Topic {
    /// Accounts, the one in use, connection, money, settings: [`AppState`].
    App,
    /// The list of payments.
    Payments,
    /// One payment.
    Payment {
        /// Number.
        id: String,
    },
    /// The list of deals.
    Deals,
    /// One deal.
    Deal {
        /// Number.
        id: String,
    },
    /// An operation.
    Operation {
        /// Its number here.
        id: String,
    },
    /// Rates or prices of invoices.
    Rates,
}
