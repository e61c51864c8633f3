//! The app as a whole.

use kvit_domain::fault::{Fault as DomainFault, FaultCode};
use kvit_view::{
    invoice::OperationCard,
    state::{AppState, Settings},
};
use tauri::State;

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

/// One operation.
#[tauri::command]
#[specta::specta]
pub async fn operation(app: State<'_, App>, id: String) -> Answer<OperationCard> {
    let id = id.parse().map_err(|_| DomainFault::new(FaultCode::Internal))?;
    Ok((&app.operation(id)?).into())
}
