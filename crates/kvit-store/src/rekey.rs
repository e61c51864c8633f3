//! Another key: the file is written anew and takes the place of the old one in one step.
//!
//! SQLCipher could write new pages over old ones through the log, but the salt at the head of the file, and with it what a
//! passphrase gives, would change at another moment than the pages.

use std::fs::File;

use crate::{
    fault::{OpenFault, StoreFault},
    file::{self, FILE, NEXT},
    key::{Literal, StoreKey, new_salt},
    migrations,
    store::{Level, Place, Store, Writer, closed, hold, io},
};

impl Store {
    /// Encrypts the file with another key. A kill at any moment leaves a whole file, with the old key or with the new one.
    ///
    /// # Errors
    /// What stood in the way. The file may then have either key, as after a kill: keep both until one of them opened it.
    /// If it could not be opened again right away, every later call says that the store is closed.
    pub fn change_key(&self, key: &StoreKey) -> Result<(), StoreFault> {
        let Some(place) = &self.inner.place else {
            return Ok(());
        };
        let next = key.literal(new_salt()).map_err(of_open)?;
        let mut writer = hold(&self.inner.writer);
        let mut reader = self.inner.reader.as_ref().map(hold);
        let mut old = writer.take().ok_or_else(closed)?;
        // Without the reader the log can go, and then the file is all there is.
        if let Some(reader) = &mut reader {
            **reader = None;
        }
        let written = write_next(place, &mut old, &next);
        let commits = old.commits();
        drop(old);
        let replaced = written.and_then(|()| replace(place));
        let mut key = hold(&place.key);
        if replaced.is_ok() {
            *key = next;
        }
        let synced = match replaced {
            Ok(()) => synced(place),
            Err(fault) => Err(fault),
        };
        let path = place.folder.join(FILE);
        let connection = file::connect(&path, &key).map_err(of_open)?;
        file::write_ahead(&connection).map_err(of_open)?;
        let mut again = Writer::new(connection, commits);
        again.use_again()?;
        hold(&place.seen)
            .note(again.commits())
            .map_err(|error| io(&error))?;
        if let Some(reader) = &mut reader {
            **reader = Some(file::reader(&path, &key).map_err(of_open)?);
        }
        *writer = Some(again);
        synced
    }
}

fn of_open(fault: OpenFault) -> StoreFault {
    match fault {
        OpenFault::Damaged | OpenFault::WrongPassphrase | OpenFault::Newer { .. } => {
            StoreFault::Damaged(fault.to_string())
        }
        other => StoreFault::Io(other.to_string()),
    }
}

/// Writes the whole of it into another file, on the disk when this returns.
fn write_next(place: &Place, old: &mut Writer, key: &Literal) -> Result<(), StoreFault> {
    old.end_use()?;
    let path = place.folder.join(NEXT);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(&error)),
        _ => {}
    }
    file::make(&place.folder, NEXT).map_err(|error| io(&error))?;
    let text = path
        .to_str()
        .ok_or_else(|| StoreFault::Io("the folder's name is not Unicode".to_owned()))?;
    let connection = old.connection();
    connection.execute("ATTACH DATABASE ?1 AS next KEY ?2", (text, key.text()))?;
    // It is synced once, when it is whole; until then it is nobody's.
    let exported = connection
        .execute_batch("PRAGMA next.journal_mode = OFF; PRAGMA next.synchronous = OFF")
        .and_then(|()| connection.query_row("SELECT sqlcipher_export('next')", [], |_| Ok(())))
        .and_then(|()| connection.pragma_update(Some("next"), "user_version", migrations::known()));
    connection.execute_batch("DETACH DATABASE next")?;
    exported?;
    point!("store.key.written");
    File::open(&path)
        .and_then(|file| file.sync_all())
        .map_err(|error| io(&error))
}

fn replace(place: &Place) -> Result<(), StoreFault> {
    std::fs::rename(place.folder.join(NEXT), place.folder.join(FILE)).map_err(|error| io(&error))
}

fn synced(place: &Place) -> Result<(), StoreFault> {
    point!("store.key.renamed");
    file::sync_folder(&place.folder).map_err(|error| io(&error))
}

impl Writer {
    /// In use again, after [`Writer::end_use`]; it counts as the same opening.
    fn use_again(&mut self) -> Result<(), StoreFault> {
        self.level(Level::Durable)?;
        let commits = self.commits().saturating_add(1);
        self.connection()
            .execute("UPDATE state SET in_use = 1, commits = ?1", [commits])?;
        self.committed(commits);
        self.checkpoint()?;
        Ok(())
    }
}
