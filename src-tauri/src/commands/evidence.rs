//! Evidence bundles.

use std::{collections::BTreeSet, io::Read, path::Path};

use kvit_domain::fault::{Fault as DomainFault, FaultCode};
use kvit_view::{
    account::account_id,
    evidence::{BundleReport, EvidencePlan, EvidenceSubject},
};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;

use super::{
    Answer,
    files::{ask_where, blocking},
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
    let kept = path.clone();
    let written = blocking(move || kvit_engine::export::save_bytes(&path, &bytes)).await?;
    written.map_err(|error| {
        tracing::warn!(%error, "the bundle was not kept");
        DomainFault::new(FaultCode::FileUnwritable)
    })?;
    Ok(Some(name_of(&kept)))
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
    let Some(file) = picked else { return Ok(None) };
    let path = file
        .into_path()
        .map_err(|_| DomainFault::new(FaultCode::FileUnreadable))?;
    let name = name_of(&path);
    let bytes = blocking(move || read(&path)).await??;
    let report = app.check_bundle(bytes, None).await?;
    let own = app.signing_key()?;
    Ok(Some(BundleReport::new(&report, name, own.as_deref())))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn read(path: &Path) -> Result<Vec<u8>, DomainFault> {
    let unreadable = |error: std::io::Error| {
        tracing::warn!(%error, "the bundle cannot be read");
        DomainFault::new(FaultCode::FileUnreadable)
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LIMIT {
        return Err(FaultCode::FileTooLarge.into());
    }
    Ok(bytes)
}
