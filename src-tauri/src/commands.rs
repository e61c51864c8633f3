//! What the page may ask for. Each command parses, asks the engine, and turns the answer into a view.

mod accounts;
mod deals;
mod evidence;
mod files;
mod operations;
mod pay;
mod payments;
pub(crate) mod pictures;
mod proof;
mod receipts;
mod refunds;
mod state;
mod talks;

use kvit_domain::Timestamp;
use kvit_view::{fault::Fault, operation::OperationCard, state::Topic};
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

/// The person closed the window while operations are not settled: the page asks whether to quit.
#[derive(Debug, Clone, Serialize, Type, Event)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// Those.
    pub operations: Vec<OperationCard>,
}

/// A system notification was clicked: the page goes where it leads.
#[derive(Debug, Clone, Serialize, Type, Event)]
#[serde(rename_all = "camelCase")]
pub struct OpenPlace {
    /// The page's address, without `#`.
    pub route: String,
}

/// All commands and events, for the window and for the generated bindings.
pub fn bindings() -> Builder<tauri::Wry> {
    Builder::new()
        // What a screen gets and what it sends have the same shape here: a missing value is `null` both ways.
        .disable_serde_phases()
        .commands(collect_commands![
            state::app_state,
            state::set_settings,
            state::sync_stop,
            state::sync_go,
            state::news,
            state::news_read,
            state::keep_draft,
            state::draft,
            state::quit,
            operations::operations,
            operations::operation,
            accounts::start_practice,
            accounts::probe_server,
            accounts::inspect_key,
            accounts::connect,
            accounts::enter_token,
            accounts::switch_account,
            accounts::remove_account,
            accounts::probe_keychain,
            accounts::reconnect,
            accounts::unlock_store,
            accounts::set_store_aside,
            payments::payments,
            payments::payment,
            payments::cancel_payment,
            payments::notices_seen,
            payments::person,
            pay::pay_desk,
            pay::suitable_ads,
            pay::pay_from_balance,
            pay::pay_by_deal,
            pay::catalog,
            deals::deals,
            deals::deal,
            deals::declare_paid,
            deals::cancel_deal,
            talks::talks,
            talks::talk,
            talks::talk_lines,
            talks::talk_about,
            talks::send_message,
            talks::retry_message,
            talks::drop_message,
            talks::read_talk,
            talks::delete_talk,
            pictures::pick_pictures,
            pictures::draft_pictures,
            pictures::remove_picture,
            pictures::set_full_size,
            pictures::save_picture,
            refunds::refund_desk,
            refunds::create_refund,
            refunds::withdraw_refund,
            refunds::give_payment_feedback,
            refunds::give_deal_feedback,
            refunds::feedback_of,
            evidence::evidence_plan,
            evidence::save_evidence,
            evidence::check_bundle,
            receipts::receipts,
            receipts::receipt,
            receipts::save_receipt,
            receipts::export_payments,
            proof::verify_text,
            files::open_text_file,
            files::save_text,
        ])
        .events(collect_events![Changed, Closing, OpenPlace])
}

fn now() -> Timestamp {
    Timestamp::now()
}
