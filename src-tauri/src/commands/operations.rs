//! The journal of operations.

use kvit_domain::fault::{Fault as DomainFault, FaultCode};
use kvit_view::operation::{OperationDetail, OperationsPage};
use tauri::State;

use super::{Answer, state::place};
use crate::App;

/// Rows of a page.
const PAGE: u32 = 50;

/// Operations, newest first.
#[tauri::command]
#[specta::specta]
pub async fn operations(app: State<'_, App>, before: Option<String>) -> Answer<OperationsPage> {
    Ok(OperationsPage::new(&app.operations(place(before)?, PAGE)?, PAGE))
}

/// One operation with everything that is on record about it.
#[tauri::command]
#[specta::specta]
pub async fn operation(app: State<'_, App>, id: String) -> Answer<OperationDetail> {
    let id = id
        .parse()
        .map_err(|_| DomainFault::new(FaultCode::OperationNotFound))?;
    Ok(OperationDetail::new(&app.operation(id)?, &app.steps(id)?))
}
