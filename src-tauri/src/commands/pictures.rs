//! Pictures of a message that is being written, and pictures kept as files.

use std::path::Path;

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode},
    message::Talk,
};
use kvit_engine::{PictureSource, account::AccountId};
use kvit_view::talk::{DraftPicture, DraftPictures, picture_at};
use tauri::{
    AppHandle, State,
    ipc::{InvokeBody, Request},
};
use tauri_plugin_dialog::DialogExt;

use super::{
    Answer,
    files::{ask_where, blocking, file_name, path, read_bytes},
    talks::{parse, place},
};
use crate::App;

/// Larger files are not opened.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Longest name of a file that is shown, in characters.
const NAME: usize = 120;

/// What the file dialog offers. Whatever is picked, its content decides.
const KINDS: &[&str] = &[
    "jpg", "jpeg", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif",
];

/// Lets the person pick pictures for a message.
#[tauri::command]
#[specta::specta]
pub async fn pick_pictures(
    handle: AppHandle,
    app: State<'_, App>,
    account: String,
    talk: String,
    full_size: bool,
) -> Answer<DraftPictures> {
    let (account, talk) = place(&account, &talk)?;
    let picked = blocking(move || handle.dialog().file().add_filter("", KINDS).blocking_pick_files()).await?;
    let mut failed = Vec::new();
    for file in picked.into_iter().flatten() {
        let Some(path) = path(Some(file))? else { continue };
        let name = tame(&file_name(&path));
        let read = blocking(move || read(&path)).await?;
        let added = match read {
            Ok(bytes) => {
                let source = PictureSource {
                    name: name.clone(),
                    bytes,
                };
                app.add_picture(account, talk, source, full_size)
                    .await
                    .map(|_| ())
            }
            Err(fault) => Err(fault),
        };
        if let Err(fault) = added {
            failed.push((name, fault));
        }
    }
    Ok(drafts(&app, account, talk, failed)?)
}

/// Takes a pasted or dropped picture. Its bytes come as they are, not as JSON, so this one is not among the typed commands:
/// account, talk, name and size are headers, percent-encoded.
#[tauri::command]
pub async fn add_picture(app: State<'_, App>, request: Request<'_>) -> Answer<DraftPicture> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(decoded)
            .ok_or_else(|| DomainFault::new(FaultCode::ArgumentRejected))
    };
    let (account, talk) = place(&header("account")?, &header("talk")?)?;
    let full_size = header("full-size")? == "true";
    let InvokeBody::Raw(bytes) = request.body() else {
        return Err(DomainFault::new(FaultCode::ArgumentRejected).into());
    };
    let source = PictureSource {
        name: tame(&header("name")?),
        bytes: bytes.clone(),
    };
    match app.add_picture(account, talk, source, full_size).await? {
        Some(added) => Ok(DraftPicture::from(&added)),
        // Stopped by whoever asked for it.
        None => Err(DomainFault::new(FaultCode::PictureNotFound).into()),
    }
}

/// The pictures of the message that is being written.
#[tauri::command]
#[specta::specta]
pub async fn draft_pictures(app: State<'_, App>, talk: String) -> Answer<DraftPictures> {
    let (account, talk) = (current(&app)?, parse(&talk)?);
    Ok(drafts(&app, account, talk, Vec::new())?)
}

/// Takes a picture away from the message that is being written.
#[tauri::command]
#[specta::specta]
pub async fn remove_picture(
    app: State<'_, App>,
    account: String,
    talk: String,
    id: String,
) -> Answer<DraftPictures> {
    let (account, talk) = place(&account, &talk)?;
    app.remove_picture(account, picture_at(&id)?.1)?;
    Ok(drafts(&app, account, talk, Vec::new())?)
}

/// Chooses whether a picture is made smaller.
#[tauri::command]
#[specta::specta]
pub async fn set_full_size(
    app: State<'_, App>,
    account: String,
    talk: String,
    id: String,
    full: bool,
) -> Answer<DraftPictures> {
    let (account, talk) = place(&account, &talk)?;
    app.set_full_size(account, picture_at(&id)?.1, full).await?;
    Ok(drafts(&app, account, talk, Vec::new())?)
}

/// Lets the person keep a picture as a file; `None` if they changed their mind.
#[tauri::command]
#[specta::specta]
pub async fn save_picture(handle: AppHandle, app: State<'_, App>, id: String) -> Answer<Option<String>> {
    let (account, (place, id)) = (current(&app)?, picture_at(&id)?);
    let Some(path) = ask_where(handle, format!("kvit-{id}.jpg")).await? else {
        return Ok(None);
    };
    let kept = app.save_picture(account, place, id, path).await?;
    Ok(Some(file_name(&kept)))
}

fn drafts(
    app: &App,
    account: AccountId,
    talk: Talk,
    failed: Vec<(String, DomainFault)>,
) -> Result<DraftPictures, DomainFault> {
    Ok(DraftPictures::new(&app.draft_pictures(account, talk)?, failed))
}

/// The account whose pages are shown.
fn current(app: &App) -> Result<AccountId, DomainFault> {
    app.state()
        .current
        .ok_or_else(|| FaultCode::AccountNotFound.into())
}

/// A name of a file as it is shown: one line, within bounds.
fn tame(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, DomainFault> {
    read_bytes(path, LIMIT).map_err(|fault| match fault.code {
        FaultCode::FileTooLarge => DomainFault::new(FaultCode::PictureTooLarge).with("max", LIMIT),
        _ => fault,
    })
}

/// Percent-encoding undone; what is none stays as it is.
fn decoded(value: &str) -> String {
    percent_encoding::percent_decode_str(value)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_whole_and_tame() {
        assert_eq!(tame(&decoded("%D0%BA%D0%B2%D0%B8%D1%82%0A.png")), "квит.png");
        assert_eq!(tame(&"x".repeat(500)).len(), NAME);
    }
}
