//! The archive of receipts, and files for other programs.

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode},
    id::PaymentId,
};
use kvit_view::{
    export::{ExportDone, ExportRequest},
    receipt::{ReceiptDetail, ReceiptsPage, ReceiptsQuery},
};
use tauri::{AppHandle, State};

use super::{
    Answer,
    files::{ask_where, blocking, file_name, unwritable},
};
use crate::App;

fn number(id: &str) -> Result<PaymentId, DomainFault> {
    id.parse().map_err(|_| FaultCode::ReceiptNotFound.into())
}

/// A window of the archive.
#[tauri::command]
#[specta::specta]
pub async fn receipts(app: State<'_, App>, query: ReceiptsQuery) -> Answer<ReceiptsPage> {
    let text: String = query.text.chars().take(200).collect();
    Ok((&app.receipts(&text, query.from, query.count).await?).into())
}

/// One receipt, checked again now.
#[tauri::command]
#[specta::specta]
pub async fn receipt(app: State<'_, App>, payment: String) -> Answer<ReceiptDetail> {
    Ok((&app.receipt(number(&payment)?).await?).into())
}

/// Lets the person pick where to keep the signed text exactly as it was received; the name of the file, or `None` if
/// they changed their mind. Overwrites nothing.
#[tauri::command]
#[specta::specta]
pub async fn save_receipt(handle: AppHandle, app: State<'_, App>, payment: String) -> Answer<Option<String>> {
    let id = number(&payment)?;
    let open = app.receipt(id).await?;
    let Some(path) = ask_where(handle, format!("kvit-receipt-{id}.asc")).await? else {
        return Ok(None);
    };
    let text = open.row.receipt.text;
    let saved = blocking(move || kvit_engine::export::save_text(&path, &text)).await?;
    Ok(Some(file_name(&saved.map_err(unwritable)?)))
}

/// Lets the person pick where to export payments to; what was written, or `None` if they changed their mind. Overwrites
/// nothing.
#[tauri::command]
#[specta::specta]
pub async fn export_payments(
    handle: AppHandle,
    app: State<'_, App>,
    request: ExportRequest,
) -> Answer<Option<ExportDone>> {
    let (query, format, tongue) = request.into_engine();
    let suggested = app.export_name(format, tongue)?;
    let Some(path) = ask_where(handle, suggested).await? else {
        return Ok(None);
    };
    let saved = app.export_payments(&query, format, tongue, path).await?;
    Ok(Some(ExportDone {
        file: file_name(&saved.path),
        rows: saved.rows,
    }))
}
