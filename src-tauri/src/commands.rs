//! What the page may ask for. Each command parses, asks the engine, and turns the answer into a view.

mod accounts;
mod deals;
mod files;
mod pay;
mod payments;
mod proof;
mod state;

use kvit_domain::Timestamp;
use kvit_view::{fault::Fault, state::Topic};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri_specta::{Builder, Event, collect_commands, collect_events};

/// An answer to the page.
pub(crate) type Answer<T> = Result<T, Fault>;

/// Something changed: read again what you show. Carries no data by itself.
#[derive(Debug, Clone, Serialize, Deserialize, Type, Event)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// What.
    pub topics: Vec<Topic>,
}

/// All commands and events, for the window and for the generated bindings.
pub fn bindings() -> Builder<tauri::Wry> {
    Builder::new()
        // What a screen gets and what it sends have the same shape here: a missing value is `null` both ways.
        .disable_serde_phases()
        .commands(collect_commands![
            state::app_state,
            state::set_settings,
            state::operation,
            accounts::start_practice,
            accounts::probe_server,
            accounts::inspect_key,
            accounts::connect,
            accounts::enter_token,
            accounts::switch_account,
            accounts::remove_account,
            accounts::probe_keychain,
            accounts::reconnect,
            payments::payments,
            payments::payment,
            payments::cancel_payment,
            payments::person,
            pay::pay_desk,
            pay::suitable_ads,
            pay::pay_from_balance,
            pay::pay_by_deal,
            pay::catalog,
            deals::deals,
            deals::deal,
            deals::send_deal_message,
            deals::declare_paid,
            deals::cancel_deal,
            proof::verify_text,
            files::open_text_file,
            files::save_text,
        ])
        .events(collect_events![Changed])
}

fn now() -> Timestamp {
    Timestamp::now()
}
