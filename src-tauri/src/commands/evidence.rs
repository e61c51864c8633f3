//! Evidence bundles.

use std::collections::BTreeSet;

use kvit_view::{
    account::account_id,
    evidence::{BundleReport, EvidencePlan, EvidenceSubject},
};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;

use super::{
    Answer,
    files::{ask_where, blocking, file_name, path, read_bytes, unwritable},
};
use crate::App;

/// Larger files are no bundles: the largest has some hundred pictures.
const LIMIT: u64 = 512 * 1024 * 1024;

/// What can go into a bundle about a payment or a deal.
#[tauri::command]
#[specta::specta]
pub async fn evidence_plan(app: State<'_, App>, about: EvidenceSubject) -> Answer<EvidencePlan> {
    Ok(EvidencePlan::from(&app.evidence_plan(about.parse()?).await?))
}

/// Makes a bundle of what is kept in it, and lets the person put it somewhere; `None` if they changed their mind.
#[tauri::command]
#[specta::specta]
pub async fn save_evidence(
    handle: AppHandle,
    app: State<'_, App>,
    account: String,
    about: EvidenceSubject,
    keep: Vec<String>,
) -> Answer<Option<String>> {
    let keep: BTreeSet<String> = keep.into_iter().collect();
    let evidence = app
        .evidence(
            account_id(&account)?,
            about.parse()?,
            &keep,
            crate::tongue(&handle),
        )
        .await?;
    let Some(path) = ask_where(handle, evidence.name).await? else {
        return Ok(None);
    };
    let bytes = evidence.bytes;
    let saved = blocking(move || kvit_engine::export::save_bytes(&path, &bytes)).await?;
    // Beside what is there already, if anything is: under another name then.
    Ok(Some(file_name(&saved.map_err(unwritable)?)))
}

/// Lets the person pick a bundle and checks it; `None` if they changed their mind.
#[tauri::command]
#[specta::specta]
pub async fn check_bundle(handle: AppHandle, app: State<'_, App>) -> Answer<Option<BundleReport>> {
    let picked = blocking(move || {
        handle
            .dialog()
            .file()
            .add_filter("", &["zip"])
            .blocking_pick_file()
    })
    .await?;
    let Some(path) = path(picked)? else {
        return Ok(None);
    };
    let name = file_name(&path);
    let bytes = blocking(move || read_bytes(&path, LIMIT)).await??;
    let report = app.check_bundle(bytes, None).await?;
    let own = app.signing_key()?;
    Ok(Some(BundleReport::new(&report, name, own.as_deref())))
}
