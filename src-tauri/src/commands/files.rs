//! Files that the person picks. The page itself has no way to the file system: it names neither path nor folder.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use kvit_domain::fault::{Fault as DomainFault, FaultCode};
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, FilePath};

use super::Answer;

/// Larger files are no keys and no confirmations.
const LIMIT: u64 = 1024 * 1024;

/// Lets the person pick a file and reads its text; `None` if they changed their mind.
#[tauri::command]
#[specta::specta]
pub async fn open_text_file(app: AppHandle) -> Answer<Option<String>> {
    let picked = blocking(move || app.dialog().file().blocking_pick_file()).await?;
    let Some(path) = path(picked)? else {
        return Ok(None);
    };
    let text = blocking(move || read(&path)).await??;
    Ok(Some(text))
}

/// Lets the person pick where to keep a text; `false` if they changed their mind.
#[tauri::command]
#[specta::specta]
pub async fn save_text(app: AppHandle, name: String, text: String) -> Answer<bool> {
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .take(80)
        .collect();
    let Some(path) = ask_where(app, name).await? else {
        return Ok(false);
    };
    let written = blocking(move || kvit_engine::export::save_text(&path, &text)).await?;
    written.map_err(unwritable)?;
    Ok(true)
}

/// Lets the person pick where to keep a file; `None` if they changed their mind.
pub(super) async fn ask_where(app: AppHandle, suggested: String) -> Result<Option<PathBuf>, DomainFault> {
    let picked = blocking(move || app.dialog().file().set_file_name(suggested).blocking_save_file()).await?;
    path(picked)
}

pub(super) fn path(picked: Option<FilePath>) -> Result<Option<PathBuf>, DomainFault> {
    picked
        .map(FilePath::into_path)
        .transpose()
        .map_err(|_| FaultCode::FileUnreadable.into())
}

/// Reads a text of at most [`LIMIT`] bytes. Bytes that are no UTF-8 are replaced: the check then says what is wrong with
/// them.
fn read(path: &Path) -> Result<String, DomainFault> {
    let bytes = read_bytes(path, LIMIT)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a file of at most `limit` bytes; a larger one is `FileTooLarge`, and no more of it is read.
pub(super) fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, DomainFault> {
    let unreadable = |error: std::io::Error| {
        tracing::warn!(%error, "the file cannot be read");
        DomainFault::new(FaultCode::FileUnreadable)
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(FaultCode::FileTooLarge.into());
    }
    Ok(bytes)
}

/// The name of a file without its folders.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// A file could not be written; why goes to the log.
pub(super) fn unwritable(error: std::io::Error) -> DomainFault {
    tracing::warn!(%error, "the file was not written");
    FaultCode::FileUnwritable.into()
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DomainFault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| FaultCode::Internal.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_within_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        std::fs::write(&path, "квит").unwrap();
        assert_eq!(read(&path).unwrap(), "квит");
        std::fs::write(&path, vec![b'a'; LIMIT as usize + 1]).unwrap();
        assert_eq!(read(&path).unwrap_err().code, FaultCode::FileTooLarge);
        assert_eq!(
            read(&folder.path().join("none")).unwrap_err().code,
            FaultCode::FileUnreadable
        );
    }
}
