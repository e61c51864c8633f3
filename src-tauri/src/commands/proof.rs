//! Checking any signed text.

use kvit_view::proof::Seal;
use tauri::State;

use super::Answer;
use crate::App;

/// Longest text taken from the page; the check itself allows far less.
const LIMIT: usize = 1024 * 1024;

/// Checks a text against a key, or against the keys pinned in the accounts. Needs neither account nor network.
#[tauri::command]
#[specta::specta]
pub async fn verify_text(app: State<'_, App>, mut text: String, key: Option<String>) -> Answer<Seal> {
    if text.len() > LIMIT {
        // Still longer than any confirmation, so the verdict is the same.
        text = text.chars().take(LIMIT / 4).collect();
    }
    Ok(Seal::of_text(&app.verify_text(text, key).await?))
}
