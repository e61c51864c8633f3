//! The file an export goes to: a new one, always.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::evidence::EvidenceSubject;

use super::{ExportFault, Format, Head, Row, Tongue, words, write};

/// How many names are tried, the one asked for among them.
const MOST_NAMES: u32 = 1_000;

/// What was exported, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The file; its name differs from the one asked for if that was taken.
    pub path: PathBuf,
    /// How many payments are in it.
    pub rows: u32,
}

/// The name a file of payments gets by itself: what it is, and the local date ("payments 2026-11-22.csv").
pub fn default_name(format: Format, tongue: Tongue, head: &Head) -> String {
    let date = head.zone.to_datetime(head.made).date();
    format!("{} {date}.{}", words::payments(tongue), format.extension())
}

/// The name a file of evidence gets by itself: about what, and the local date ("evidence, payment 1207, 2026-11-22.zip").
pub fn evidence_name(subject: EvidenceSubject, tongue: Tongue, head: &Head) -> String {
    let date = head.zone.to_datetime(head.made).date();
    let number = match subject {
        EvidenceSubject::Payment(id) => id.to_string(),
        EvidenceSubject::Deal(id) => id.to_string(),
    };
    format!("{} {number}, {date}.zip", words::evidence(subject, tongue))
}

/// Exports into a new file at this path, or beside it if there is one already. The file is on the disk when this
/// returns; after a fault there is none.
///
/// # Errors
///
/// As [`write`].
pub fn save<E>(
    path: &Path,
    format: Format,
    tongue: Tongue,
    head: &Head,
    rows: impl IntoIterator<Item = Result<Row, E>>,
) -> Result<Saved, ExportFault<E>> {
    let (file, path) = create_beside(path)?;
    let written = write(format, tongue, head, rows, &file).and_then(|rows| {
        file.sync_all()?;
        Ok(rows)
    });
    drop(file);
    match written {
        Ok(rows) => Ok(Saved { path, rows }),
        Err(fault) => {
            // Half a list of payments looks like a whole one.
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::error!(%error, "an unfinished export cannot be removed");
            }
            Err(fault)
        }
    }
}

/// Writes a text exactly as it is, as [`save_bytes`].
///
/// # Errors
///
/// As [`save_bytes`].
pub fn save_text(path: &Path, text: &str) -> io::Result<PathBuf> {
    save_bytes(path, text.as_bytes())
}

/// Writes bytes exactly as they are into a new file at this path, or beside it if there is one already; where it went.
///
/// # Errors
///
/// As [`create_beside`], and whatever writing meets; then there is no file.
pub fn save_bytes(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let (mut file, path) = create_beside(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    match written {
        Ok(()) => Ok(path),
        Err(fault) => {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::error!(%error, "an unfinished file cannot be removed");
            }
            Err(fault)
        }
    }
}

/// Makes a new file at this path; if there is something already, beside it with a number: "payments (2).csv".
///
/// Nothing is ever overwritten, followed or truncated, not even what appears there at the same moment. Only the person
/// can read the file where the system knows such rights.
///
/// # Errors
///
/// The folder cannot be written, or a thousand names are taken ([`io::ErrorKind::AlreadyExists`]).
pub fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let names = std::iter::once(path.to_owned()).chain((2..=MOST_NAMES).map(|number| numbered(path, number)));
    for name in names {
        match options.open(&name) {
            Ok(file) => return Ok((file, name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The same path with a number before its ending.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().map(OsString::from).unwrap_or_default();
    name.push(format!(" ({number})"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}
