//! The app as a whole.

use kvit_domain::fault::{Fault as DomainFault, FaultCode};
use kvit_engine::NEWS_PAGE;
use kvit_view::{
    account::account_id,
    news::NewsPage,
    state::{AppState, Settings},
};
use tauri::{AppHandle, State};

use super::{Answer, now};
use crate::App;

/// Everything the frame needs.
#[tauri::command]
#[specta::specta]
pub async fn app_state(app: State<'_, App>) -> Answer<AppState> {
    Ok(AppState::new(&app.state(), now()))
}

/// Keeps settings; answers what is kept.
#[tauri::command]
#[specta::specta]
pub async fn set_settings(app: State<'_, App>, settings: Settings) -> Answer<Settings> {
    app.set_settings(settings.into())?;
    Ok(app.state().settings.into())
}

/// Stops the first reading of everything; it can go on from there.
#[tauri::command]
#[specta::specta]
pub async fn sync_stop(app: State<'_, App>) -> Answer<()> {
    Ok(app.sync_stop()?)
}

/// Goes on with the first reading, or reads everything that is new.
#[tauri::command]
#[specta::specta]
pub async fn sync_go(app: State<'_, App>) -> Answer<()> {
    Ok(app.sync_go()?)
}

/// News, newest first.
#[tauri::command]
#[specta::specta]
pub async fn news(app: State<'_, App>, before: Option<String>) -> Answer<NewsPage> {
    Ok(NewsPage::new(&app.news(place(before)?)?, NEWS_PAGE))
}

/// All news is read.
#[tauri::command]
#[specta::specta]
pub async fn news_read(app: State<'_, App>) -> Answer<()> {
    Ok(app.news_read()?)
}

/// Keeps what is written and not sent.
#[tauri::command]
#[specta::specta]
pub async fn keep_draft(app: State<'_, App>, account: String, place: String, text: String) -> Answer<()> {
    Ok(app.keep_draft(account_id(&account)?, &place, &text)?)
}

/// What was written at a place and not sent; empty where nothing was.
#[tauri::command]
#[specta::specta]
pub async fn draft(app: State<'_, App>, account: String, place: String) -> Answer<String> {
    Ok(app.draft(account_id(&account)?, &place)?)
}

/// Ends the app, whatever is on its way: the next start looks after it.
#[tauri::command]
#[specta::specta]
pub async fn quit(handle: AppHandle, app: State<'_, App>) -> Answer<()> {
    app.shut().await;
    handle.exit(0);
    Ok(())
}

/// Where a page begins, as the page gives it back.
pub(super) fn place(before: Option<String>) -> Result<Option<u64>, DomainFault> {
    before
        .map(|number| number.parse())
        .transpose()
        .map_err(|_| FaultCode::ArgumentRejected.into())
}
