//! The books on disk: one SQLite file per practice account, written in one transaction per act.
//!
//! Every table of the books is a table here, one row per thing, as JSON; the file is the marketplace's own and
//! nobody queries it. Keys and tokens are rows of `secrets_of_the_house`, pictures of `pictures`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;

use crate::books::{Books, each_table};
use crate::table::{Row, Table};

/// Layout of the file; another number is refused rather than guessed at, except the first one, which lacked the tables
/// of conversations, images and feedback and the pictures.
const LAYOUT: i64 = 2;
const FIRST_LAYOUT: i64 = 1;

/// Where the practice marketplace keeps its world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere: it ends with the process.
    Memory,
    /// In this SQLite file, made if missing, readable by its owner only.
    File(PathBuf),
}

/// The file could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite said so.
    #[error("the practice marketplace's file failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Another process has the file open.
    #[error("the practice marketplace's file is in use by another process")]
    InUse,
    /// A row cannot be read.
    #[error("the practice marketplace's file holds an unreadable row in {table}: {reason}")]
    Unreadable {
        /// Table of the row.
        table: &'static str,
        /// Why.
        reason: String,
    },
    /// Made by another version.
    #[error("the practice marketplace's file has layout {0}, which this version does not know")]
    UnknownLayout(i64),
    /// The file cannot be made.
    #[error("the practice marketplace's file cannot be made: {0}")]
    Io(#[from] std::io::Error),
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Store {
    sqlite: Connection,
}

impl Store {
    /// Opens the file, or memory, and makes the tables. The file stays locked against other processes: two
    /// marketplaces over one file would each keep books of their own.
    pub(crate) fn open(storage: &Storage) -> Result<Store, StoreError> {
        let sqlite = match storage {
            Storage::Memory => Connection::open_in_memory()?,
            Storage::File(path) => {
                make_private(path)?;
                Connection::open(path)?
            }
        };
        Store::prepare(sqlite).map_err(|error| match error {
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == rusqlite::ErrorCode::DatabaseBusy =>
            {
                StoreError::InUse
            }
            other => other,
        })
    }

    fn prepare(mut sqlite: Connection) -> Result<Store, StoreError> {
        sqlite.busy_timeout(std::time::Duration::ZERO)?;
        sqlite.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        sqlite.pragma_update(None, "journal_mode", "WAL")?;
        sqlite.pragma_update(None, "synchronous", "FULL")?;
        let made: i64 = sqlite.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match made {
            LAYOUT => {}
            0 | FIRST_LAYOUT => {
                let all = sqlite.transaction()?;
                all.execute_batch(
                    "CREATE TABLE IF NOT EXISTS secrets_of_the_house(
                         name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
                     CREATE TABLE pictures(
                         image INTEGER PRIMARY KEY, original BLOB NOT NULL, preview BLOB NOT NULL) STRICT;",
                )?;
                let mut books = Books::default();
                each_table!(books.tables(), table => make_table(&all, table)?);
                all.pragma_update(None, "user_version", LAYOUT)?;
                all.commit()?;
            }
            other => return Err(StoreError::UnknownLayout(other)),
        }
        // Takes the exclusive lock now, so that a second process learns of it here and not at its first act.
        sqlite.execute_batch("BEGIN IMMEDIATE; COMMIT;")?;
        Ok(Store { sqlite })
    }

    /// From now on nothing can be written, as on a full disk.
    #[cfg(test)]
    pub(crate) fn fill_up(&self) {
        self.sqlite.pragma_update(None, "query_only", true).unwrap();
    }

    /// A key or token by name.
    pub(crate) fn house_secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self
            .sqlite
            .query_row(
                "SELECT value FROM secrets_of_the_house WHERE name = ?1",
                [name],
                |row| row.get(0),
            )
            .optional()?;
        Ok(found)
    }

    /// Keeps one more key or token, or replaces it.
    pub(crate) fn keep_house_secret(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.sqlite.execute(
            "INSERT INTO secrets_of_the_house(name, value) VALUES(?1, ?2)
             ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            params![name, value],
        )?;
        Ok(())
    }

    /// The bytes of a picture: the PNG preview or the JPEG original.
    pub(crate) fn picture(&self, image: u64, preview: bool) -> Result<Option<Vec<u8>>, StoreError> {
        let column = if preview { "preview" } else { "original" };
        let found = self
            .sqlite
            .prepare_cached(&format!("SELECT {column} FROM pictures WHERE image = ?1"))?
            .query_row([i64::try_from(image).unwrap_or(i64::MAX)], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    /// Writes a new world and its keys, all of it or nothing.
    pub(crate) fn found(&mut self, books: &mut Books, house: &[(&str, Vec<u8>)]) -> Result<(), StoreError> {
        let act = self.sqlite.transaction()?;
        save_books(&act, books)?;
        for (name, value) in house {
            act.execute(
                "INSERT INTO secrets_of_the_house(name, value) VALUES(?1, ?2)",
                params![name, value],
            )?;
        }
        act.commit()?;
        Ok(())
    }

    /// The books as last committed; empty tables if there were none.
    pub(crate) fn load(&self) -> Result<Books, StoreError> {
        let mut books = Books::default();
        each_table!(books.tables(), table => self.load_table(table)?);
        Ok(books)
    }

    fn load_table<R: Row>(&self, table: &mut Table<R>) -> Result<(), StoreError> {
        let mut query = self
            .sqlite
            .prepare(&format!("SELECT id, row FROM {}", R::TABLE))?;
        let mut rows = query.query([])?;
        let mut loaded = BTreeMap::new();
        let unreadable = |reason: String| StoreError::Unreadable {
            table: R::TABLE,
            reason,
        };
        while let Some(row) = rows.next()? {
            let id = u64::try_from(row.get::<_, i64>(0)?).map_err(|error| unreadable(error.to_string()))?;
            let json: String = row.get(1)?;
            let value = serde_json::from_str(&json).map_err(|error| unreadable(error.to_string()))?;
            loaded.insert(id, value);
        }
        *table = Table::loaded(loaded);
        Ok(())
    }

    /// Writes what changed since the last commit, all of it or nothing.
    pub(crate) fn save(&mut self, books: &mut Books) -> Result<(), StoreError> {
        let act = self.sqlite.transaction()?;
        save_books(&act, books)?;
        act.commit()?;
        Ok(())
    }
}

fn save_books(sqlite: &Connection, books: &mut Books) -> Result<(), StoreError> {
    each_table!(books.tables(), table => save_table(sqlite, table)?);
    for arrival in &books.arriving {
        let image = i64::try_from(arrival.image).map_err(|error| StoreError::Unreadable {
            table: "pictures",
            reason: error.to_string(),
        })?;
        sqlite
            .prepare_cached("INSERT INTO pictures(image, original, preview) VALUES(?1, ?2, ?3)")?
            .execute(params![image, arrival.picture.original, arrival.picture.preview])?;
    }
    Ok(())
}

fn make_table<R: Row>(sqlite: &Connection, _table: &Table<R>) -> Result<(), StoreError> {
    let name = R::TABLE;
    sqlite.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {name}(id INTEGER PRIMARY KEY, row TEXT NOT NULL) STRICT;"
    ))?;
    Ok(())
}

fn save_table<R: Row>(sqlite: &Connection, table: &Table<R>) -> Result<(), StoreError> {
    let name = R::TABLE;
    let unwritable = |reason: String| StoreError::Unreadable {
        table: R::TABLE,
        reason,
    };
    for (id, row) in table.changes() {
        let id = i64::try_from(id).map_err(|error| unwritable(error.to_string()))?;
        match row {
            Some(row) => {
                let json = serde_json::to_string(row).map_err(|error| unwritable(error.to_string()))?;
                sqlite
                    .prepare_cached(&format!(
                        "INSERT INTO {name}(id, row) VALUES(?1, ?2) ON CONFLICT(id) DO UPDATE SET row = excluded.row"
                    ))?
                    .execute(params![id, json])?;
            }
            None => {
                sqlite
                    .prepare_cached(&format!("DELETE FROM {name} WHERE id = ?1"))?
                    .execute([id])?;
            }
        }
    }
    Ok(())
}

/// Makes the file with access for its owner only, before SQLite could make it with more.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    drop(file);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    #[test]
    fn a_file_is_private_exclusive_and_remembers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("practice.sqlite");
        let storage = Storage::File(path.clone());
        let mut store = Store::open(&storage).unwrap();
        let mut books = Books::empty(Moment::from_seconds(5));
        store.found(&mut books, &[("token", b"B".to_vec())]).unwrap();
        assert!(store.found(&mut books, &[("token", b"C".to_vec())]).is_err());
        assert!(matches!(Store::open(&storage), Err(StoreError::InUse)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                let mode = entry.unwrap().metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o077, 0);
            }
        }
        drop(store);
        let store = Store::open(&storage).unwrap();
        assert_eq!(store.house_secret("token").unwrap().unwrap(), b"B");
        assert_eq!(store.house_secret("other").unwrap(), None);
        let loaded = store.load().unwrap();
        assert_eq!(
            loaded.user(crate::books::MARKETPLACE).unwrap().login,
            "marketplace"
        );
        drop(store);

        let raw = Connection::open(&path).unwrap();
        raw.pragma_update(None, "user_version", 99).unwrap();
        drop(raw);
        assert!(matches!(
            Store::open(&storage),
            Err(StoreError::UnknownLayout(99))
        ));
    }
    #[test]
    fn a_file_of_the_first_layout_is_extended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("practice.sqlite");
        let storage = Storage::File(path.clone());
        let mut store = Store::open(&storage).unwrap();
        let beginning = crate::world::Beginning {
            login: "you".to_owned(),
            past: 0,
            talk: false,
        };
        let (mut books, _) =
            crate::world::create(&beginning, Moment::from_seconds(1_700_000_000), 4).unwrap();
        store.found(&mut books, &[("token", b"B".to_vec())]).unwrap();
        drop(store);
        // As the first layout left it: fewer tables, and rows without what came later.
        let raw = Connection::open(&path).unwrap();
        let invoice = "'$.refund_of', '$.hidden_from_target'";
        raw.execute_batch(&format!(
            "DROP TABLE pictures; DROP TABLE conversations; DROP TABLE messages; DROP TABLE images;
             DROP TABLE feedback;
             UPDATE numbers SET row = json_remove(row, '$.conversation', '$.image', '$.feedback');
             UPDATE plans SET row = json_remove(row, '$.next_question');
             UPDATE invoices SET row = json_remove(row, {invoice});
             UPDATE payments SET row = json_remove(row, '$.refunded', '$.refunding', '$.refunds',
                 '$.owner_feedback', '$.seller_feedback', {});
             UPDATE deals SET row = json_remove(row, '$.owner_feedback', '$.initiator_feedback');
             PRAGMA user_version = 1;",
            invoice.replace("$.", "$.snapshot."),
        ))
        .unwrap();
        for (table, word) in [
            ("numbers", "image"),
            ("payments", "refund"),
            ("invoices", "refund"),
            ("deals", "feedback"),
        ] {
            let left: i64 = raw
                .query_row(
                    &format!("SELECT count(*) FROM {table} WHERE row LIKE '%{word}%'"),
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(left, 0, "{table}");
        }
        drop(raw);
        let mut store = Store::open(&storage).unwrap();
        assert_eq!(store.house_secret("token").unwrap().unwrap(), b"B");
        let mut loaded = store.load().unwrap();
        books.commit(Moment::from_seconds(6));
        books.plans_mut().unwrap().next_question = Moment::default();
        each_table!(books.tables(), table => table.commit());
        let all = |books: &mut Books| {
            let mut text = String::new();
            each_table!(books.tables(), table => text += &format!("{table:?}"));
            text
        };
        assert_eq!(all(&mut loaded), all(&mut books));
        store.keep_house_secret("token", b"C").unwrap();
        assert_eq!(store.house_secret("token").unwrap().unwrap(), b"C");
        assert_eq!(store.picture(1, true).unwrap(), None);
        drop(store);
        assert!(Store::open(&storage).is_ok());
    }
}
