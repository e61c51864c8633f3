//! The app as a whole: accounts, connection, money, settings, and what changed.

use kvit_domain::Timestamp;
use kvit_engine as engine;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    account::{AccountCard, AccountId, KeychainState, StorePlace},
    fault::Fault,
    invoice::FiatSum,
    operation::OperationCard,
    person::time,
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
    /// The store of the account in use.
    pub store: StoreCard,
    /// Where reading everything stands.
    pub sync: Option<SyncCard>,
    /// News that was not read.
    pub unread_news: u32,
    /// Contradictions that were not seen.
    pub unseen_notices: u32,
    /// Messages that were not read: the one number for the rail, the list, the tray and the window.
    pub unread_messages: u32,
    /// Talks that have some.
    pub unread_talks: u32,
    /// Settings.
    pub settings: Settings,
}

/// The store of the account in use: the copies, the journal and the receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoreCard {
    /// Where its key is.
    pub place: Option<StorePlace>,
    /// How it stands.
    pub state: StoreState,
    /// What is the matter with it.
    pub fault: Option<Fault>,
    /// Something was taken away from it while Kvit was closed.
    pub doubt: Option<StoreDoubt>,
    /// Name of the file that was set aside in this run.
    pub file: Option<String>,
}

/// How a store stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StoreState {
    /// No account is in use.
    None,
    /// Being opened.
    Opening,
    /// Open.
    Ready,
    /// Waits for its passphrase.
    Locked,
    /// Cannot be opened; the fault tells why.
    Failed,
}

/// What is not as the last run left it. Nothing may be paid for a while then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StoreDoubt {
    /// The log of the last changes is gone.
    LogGone,
    /// An older copy was put in its place.
    OlderCopy,
}

/// Where reading everything stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncCard {
    /// In one word.
    pub state: SyncState,
    /// The first reading is not complete yet.
    pub first: bool,
    /// Payments read by it so far.
    pub taken: u32,
    /// The oldest of them was made then.
    pub oldest: Option<String>,
    /// When everything was read through last.
    pub as_of: Option<String>,
}

/// What the reading of everything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SyncState {
    /// Reading.
    Running,
    /// The person stopped it.
    Stopped,
    /// Waits for a connection.
    Waiting,
    /// Everything is read.
    Done,
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
    /// In notes: bearer promises kept here.
    pub in_notes_sats: String,
    /// Everything: available, expected, in deals, in notes.
    pub total_sats: String,
    /// The change that what is known does not explain.
    pub reckoning: Option<Reckoning>,
    /// Spendable in the person's currency by the average rate; an estimate.
    pub available_fiat: Option<FiatSum>,
    /// When read.
    pub as_of: String,
}

/// A change of the balance that what is known does not explain. Satoshi; below zero with a minus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Reckoning {
    /// Since when.
    pub since: String,
    /// The least that follows from what is known.
    pub expected_low_sats: String,
    /// The most that follows from it.
    pub expected_high_sats: String,
    /// What the marketplace gives.
    pub found_sats: String,
}

/// What the person chose for the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
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
    /// What a system notification shows.
    pub notifications: Notifications,
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

/// What a system notification shows: it may stand on a locked screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Notifications {
    /// That there is something.
    Nothing,
    /// From whom, and what it is about.
    Who,
    /// Words and amounts too.
    Everything,
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
    /// The list of operations.
    Operations,
    /// The archive of receipts.
    Receipts,
    /// The news.
    News,
    /// Rates or prices of invoices.
    Rates,
    /// The list of talks.
    Talks,
    /// One talk.
    Talk {
        /// Its name.
        id: String,
    },
    /// A picture came, or turned out not to be one.
    Picture {
        /// Number.
        id: String,
    },
}

impl AppState {
    /// The state of the engine as screens see it now.
    pub fn new(state: &engine::EngineState, now: Timestamp) -> Self {
        Self {
            accounts: state
                .accounts
                .iter()
                .map(|account| AccountCard::new(account, now))
                .collect(),
            current: state.current.map(|id| id.to_string()),
            connection: Connection::from(&state.connection),
            money: state.money.as_ref().map(MoneyMap::from),
            keychain: state.keychain.map_or(KeychainState::Unknown, Into::into),
            store: StoreCard::new(&state.store, state.store_place),
            sync: state.sync.as_ref().map(SyncCard::from),
            unread_news: state.unread_news,
            unseen_notices: state.unseen_notices,
            unread_messages: state.unread.messages,
            unread_talks: state.unread.talks,
            operations: state.operations.iter().map(OperationCard::from).collect(),
            deals_waiting: state.deals_waiting,
            settings: state.settings.into(),
        }
    }
}

impl StoreCard {
    fn new(status: &engine::StoreStatus, place: Option<engine::StorePlace>) -> Self {
        Self {
            place: place.map(StorePlace::from),
            state: match status.state {
                engine::StoreState::None => StoreState::None,
                engine::StoreState::Opening => StoreState::Opening,
                engine::StoreState::Ready => StoreState::Ready,
                engine::StoreState::Locked => StoreState::Locked,
                engine::StoreState::Failed => StoreState::Failed,
            },
            fault: status.fault.clone().map(Fault::from),
            doubt: status.doubt.map(|doubt| match doubt {
                engine::StoreDoubt::LogGone => StoreDoubt::LogGone,
                engine::StoreDoubt::OlderCopy => StoreDoubt::OlderCopy,
            }),
            file: status.set_aside.clone(),
        }
    }
}

impl From<&engine::SyncProgress> for SyncCard {
    fn from(sync: &engine::SyncProgress) -> Self {
        Self {
            state: match sync.state {
                engine::SyncStep::Waiting => SyncState::Waiting,
                engine::SyncStep::Running => SyncState::Running,
                engine::SyncStep::Stopped => SyncState::Stopped,
                engine::SyncStep::Done => SyncState::Done,
            },
            first: sync.first,
            taken: u32::try_from(sync.taken).unwrap_or(u32::MAX),
            oldest: sync.oldest.map(time),
            as_of: sync.finished.map(time),
        }
    }
}

impl From<&engine::Connection> for Connection {
    fn from(connection: &engine::Connection) -> Self {
        Self {
            state: match connection.state {
                engine::ConnectionState::Idle => ConnectionState::Idle,
                engine::ConnectionState::Connecting => ConnectionState::Connecting,
                engine::ConnectionState::Connected => ConnectionState::Connected,
                engine::ConnectionState::Waiting => ConnectionState::Waiting,
                engine::ConnectionState::Stopped => ConnectionState::Stopped,
            },
            as_of: connection.heard.map(time),
            fault: connection.fault.clone().map(Fault::from),
        }
    }
}

impl From<&engine::MoneyMap> for MoneyMap {
    fn from(money: &engine::MoneyMap) -> Self {
        Self {
            available_sats: money.balance.confirmed.to_string(),
            expected_sats: money.balance.unconfirmed.to_string(),
            in_deals_sats: money.balance.deposited.to_string(),
            unresolved_sats: money.unresolved.to_string(),
            in_notes_sats: money.in_notes.to_string(),
            total_sats: money.total().to_string(),
            reckoning: money.reckoning.as_ref().map(|reckoning| Reckoning {
                since: time(reckoning.since),
                expected_low_sats: reckoning.expected_low.to_string(),
                expected_high_sats: reckoning.expected_high.to_string(),
                found_sats: reckoning.found.to_string(),
            }),
            available_fiat: money.estimate.map(FiatSum::from),
            as_of: time(money.read),
        }
    }
}

impl From<engine::Settings> for Settings {
    fn from(settings: engine::Settings) -> Self {
        Self {
            language: match settings.language {
                engine::Language::System => Language::System,
                engine::Language::En => Language::En,
                engine::Language::Ru => Language::Ru,
            },
            theme: match settings.theme {
                engine::Theme::System => Theme::System,
                engine::Theme::Light => Theme::Light,
                engine::Theme::Dark => Theme::Dark,
            },
            unit: match settings.unit {
                engine::Unit::Btc => Unit::Btc,
                engine::Unit::Sat => Unit::Sat,
            },
            hide_amounts: settings.hide_amounts,
            list_width: settings.list_width,
            notifications: match settings.notifications {
                engine::Notifications::Nothing => Notifications::Nothing,
                engine::Notifications::Who => Notifications::Who,
                engine::Notifications::Everything => Notifications::Everything,
            },
        }
    }
}

impl From<Settings> for engine::Settings {
    fn from(settings: Settings) -> Self {
        Self {
            language: match settings.language {
                Language::System => engine::Language::System,
                Language::En => engine::Language::En,
                Language::Ru => engine::Language::Ru,
            },
            theme: match settings.theme {
                Theme::System => engine::Theme::System,
                Theme::Light => engine::Theme::Light,
                Theme::Dark => engine::Theme::Dark,
            },
            unit: match settings.unit {
                Unit::Btc => engine::Unit::Btc,
                Unit::Sat => engine::Unit::Sat,
            },
            hide_amounts: settings.hide_amounts,
            list_width: settings.list_width.clamp(240, 900),
            notifications: match settings.notifications {
                Notifications::Nothing => engine::Notifications::Nothing,
                Notifications::Who => engine::Notifications::Who,
                Notifications::Everything => engine::Notifications::Everything,
            },
        }
    }
}

impl From<&engine::Topic> for Topic {
    fn from(topic: &engine::Topic) -> Self {
        match topic {
            engine::Topic::App => Self::App,
            engine::Topic::Payments => Self::Payments,
            engine::Topic::Payment(id) => Self::Payment { id: id.to_string() },
            engine::Topic::Deals => Self::Deals,
            engine::Topic::Deal(id) => Self::Deal { id: id.to_string() },
            engine::Topic::Operation(id) => Self::Operation { id: id.to_string() },
            engine::Topic::Rates => Self::Rates,
            engine::Topic::Operations => Self::Operations,
            engine::Topic::Receipts => Self::Receipts,
            engine::Topic::News => Self::News,
            engine::Topic::Talks => Self::Talks,
            engine::Topic::Talk(talk) => Self::Talk { id: talk.to_string() },
            engine::Topic::Picture(id) => Self::Picture { id: id.to_string() },
        }
    }
}
