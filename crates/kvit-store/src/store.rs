//! The store: one writer, one reader, one process.

use std::{
    fs::File,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::{Connection, Transaction, TransactionBehavior, config::DbConfig};

use crate::{fault::StoreFault, file::LOG, key::Literal, seen::Seen};

/// A log longer than this, in bytes, is brought into the file after the next commit that need not be quick.
const LOG_LIMIT: u64 = 8 * 1024 * 1024;
/// One that is longer than this even after one that should be.
const LOG_HARD_LIMIT: u64 = 64 * 1024 * 1024;

/// The store of an account. Clones are the same store; the last one closes it.
///
/// Every call blocks, for microseconds to milliseconds as a rule; a durable one for a sync of the disk.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(..)")
    }
}

pub(crate) struct Inner {
    pub(crate) writer: Mutex<Option<Writer>>,
    /// `None` in memory, where the writer reads.
    pub(crate) reader: Option<Mutex<Option<Connection>>>,
    pub(crate) place: Option<Place>,
    opens: u64,
    version: AtomicU64,
    /// Given back last: whoever gets it finds a closed file.
    lock: Option<File>,
}

/// Where a file is, and what opens it again after its key changed.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) seen: Mutex<Seen>,
    pub(crate) key: Mutex<Literal>,
}

/// What a transaction is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// On the disk when the call returns.
    Durable,
    /// Can be read again from the marketplace: the disk gets it some time later. A kill does not lose it, a loss
    /// of power may, whole transactions and the newest first.
    Copy,
}

/// The connection that writes.
pub(crate) struct Writer {
    connection: Connection,
    level: Option<Level>,
    commits: u64,
}

impl Writer {
    pub(crate) fn new(connection: Connection, commits: u64) -> Self {
        Self {
            connection,
            level: None,
            commits,
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Durable commits so far.
    pub(crate) fn commits(&self) -> u64 {
        self.commits
    }

    pub(crate) fn committed(&mut self, commits: u64) {
        self.commits = commits;
    }

    /// What the next commit does about the disk. SQLite takes this only between transactions.
    pub(crate) fn level(&mut self, level: Level) -> rusqlite::Result<()> {
        if !self.connection.is_autocommit() {
            // A rollback failed once; without this every later call would.
            self.connection.execute_batch("ROLLBACK")?;
        }
        let pragma = match level {
            Level::Durable if !syncs() => "PRAGMA synchronous = OFF",
            Level::Durable => "PRAGMA synchronous = FULL",
            Level::Copy => "PRAGMA synchronous = NORMAL",
        };
        if self.level != Some(level) || !syncs() {
            self.connection.execute_batch(pragma)?;
            self.level = Some(level);
        }
        Ok(())
    }

    /// Brings the log into the file and begins it anew, so that the sync of its new head is paid here.
    pub(crate) fn checkpoint(&mut self) -> rusqlite::Result<()> {
        self.level(Level::Copy)?;
        self.connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        self.connection
            .execute("UPDATE state SET touched = 1 - touched", [])?;
        Ok(())
    }

    /// Marks the file as closed and takes the log away. Without this the next one to open it plays the log.
    pub(crate) fn end_use(&mut self) -> rusqlite::Result<()> {
        self.level(Level::Durable)?;
        let commits = self.commits.saturating_add(1);
        self.connection.execute(
            "UPDATE state SET in_use = 0, doubt = NULL, commits = ?1",
            [commits],
        )?;
        self.commits = commits;
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(())
    }
}

/// Whether durable transactions are synced; `false` only where a test plants that fault.
#[cfg(feature = "failpoints")]
fn syncs() -> bool {
    fail::fail_point!("planted.no_sync", |_| false);
    true
}
#[cfg(not(feature = "failpoints"))]
fn syncs() -> bool {
    true
}

/// A lock that a panic poisoned is as good as before: an unfinished transaction was rolled back when it was dropped.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn closed() -> StoreFault {
    StoreFault::Io("the store is closed".to_owned())
}

pub(crate) fn io(error: &std::io::Error) -> StoreFault {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            StoreFault::Full(error.to_string())
        }
        _ => StoreFault::Io(error.to_string()),
    }
}

impl Store {
    pub(crate) fn of_file(
        folder: PathBuf,
        writer: Writer,
        reader: Connection,
        seen: Seen,
        lock: File,
        opens: u64,
        key: Literal,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                writer: Mutex::new(Some(writer)),
                reader: Some(Mutex::new(Some(reader))),
                place: Some(Place {
                    folder,
                    seen: Mutex::new(seen),
                    key: Mutex::new(key),
                }),
                opens,
                version: AtomicU64::new(0),
                lock: Some(lock),
            }),
        }
    }

    pub(crate) fn of_memory(writer: Writer) -> Self {
        Self {
            inner: Arc::new(Inner {
                writer: Mutex::new(Some(writer)),
                reader: None,
                place: None,
                opens: 1,
                version: AtomicU64::new(0),
                lock: None,
            }),
        }
    }

    /// How often it was opened, this time included.
    pub fn opens(&self) -> u64 {
        self.inner.opens
    }

    /// Grows with every change to payments, their deals or notices; for caches of lists. Not kept in the file.
    pub fn version(&self) -> u64 {
        self.inner.version.load(Ordering::Acquire)
    }

    pub(crate) fn changed(&self) {
        self.inner.version.fetch_add(1, Ordering::AcqRel);
    }

    /// Gives up this clone. With the last one the log is brought into the file, the file is marked as closed, and the
    /// lock goes; the same happens when it is dropped.
    pub fn close(self) {
        drop(self);
    }

    /// One look at the file as of the last commit, however many statements it takes.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        if let Some(reader) = &self.inner.reader {
            let mut reader = hold(reader);
            let reader = reader.as_mut().ok_or_else(closed)?;
            let look = reader.transaction()?;
            let value = work(&look)?;
            look.finish()?;
            Ok(value)
        } else {
            let mut writer = hold(&self.inner.writer);
            let writer = writer.as_mut().ok_or_else(closed)?;
            work(&writer.connection)
        }
    }

    /// One transaction: all of it is kept, or nothing. `name` is that of its fail points.
    pub(crate) fn write<T>(
        &self,
        level: Level,
        name: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let mut writer = hold(&self.inner.writer);
        let writer = writer.as_mut().ok_or_else(closed)?;
        writer.level(level)?;
        let number = writer.commits.saturating_add(1);
        let step = writer
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&step)?;
        if level == Level::Durable {
            step.prepare_cached("UPDATE state SET commits = ?1")?
                .execute([number])?;
        }
        point!(&format!("store.{name}.before_commit"));
        step.commit()?;
        if level == Level::Durable {
            writer.commits = number;
            if let Some(place) = &self.inner.place {
                hold(&place.seen).note(number).map_err(|error| io(&error))?;
            }
        }
        point!(&format!("store.{name}.after_commit"));
        let _ = name;
        self.tidy(writer, level);
        Ok(value)
    }

    /// Shortens a log that became long. That it fails says nothing about the commit before it.
    fn tidy(&self, writer: &mut Writer, level: Level) {
        let Some(place) = &self.inner.place else { return };
        let limit = match level {
            Level::Durable => LOG_HARD_LIMIT,
            Level::Copy => LOG_LIMIT,
        };
        let length = std::fs::metadata(place.folder.join(LOG)).map_or(0, |metadata| metadata.len());
        if length > limit
            && let Err(error) = writer.checkpoint()
        {
            tracing::warn!(fault = %StoreFault::from(error), "the log stays long");
        }
    }

    /// Puts on the disk whatever was committed before.
    pub(crate) fn sync(&self, name: &'static str) -> Result<(), StoreFault> {
        self.write(Level::Durable, name, |_| Ok(()))
    }

    /// Reads and authenticates every page of the file, and checks structure, indexes and references. Takes long, and holds up
    /// every write: ten seconds and more for a hundred thousand payments.
    ///
    /// # Errors
    /// [`StoreFault::Damaged`] with the first complaint.
    pub fn check(&self) -> Result<(), StoreFault> {
        let mut writer = hold(&self.inner.writer);
        let writer = writer.as_mut().ok_or_else(closed)?;
        let connection = &writer.connection;
        let first = |pragma: &str| -> Result<Option<String>, StoreFault> {
            let mut statement = connection.prepare(pragma)?;
            let mut rows = statement.query([])?;
            Ok(match rows.next()? {
                Some(row) => Some(row.get::<_, rusqlite::types::Value>(0).map(|value| match value {
                    rusqlite::types::Value::Text(text) => text,
                    _ => "a row".to_owned(),
                })?),
                None => None,
            })
        };
        let damaged = |what: &str, text: String| Err(StoreFault::Damaged(format!("{what}: {text}")));
        if self.inner.place.is_some()
            && let Some(text) = first("PRAGMA cipher_integrity_check")?
        {
            return damaged("authentication", text);
        }
        match first("PRAGMA integrity_check(1)")? {
            Some(text) if text == "ok" => {}
            Some(text) => return damaged("structure", text),
            None => return damaged("structure", "no answer".to_owned()),
        }
        if let Some(text) = first("PRAGMA foreign_key_check")? {
            return damaged("references", text);
        }
        // With its rank this compares the index of words with the words.
        for index in ["payment_trigrams", "talk_trigrams"] {
            connection
                .execute(
                    &format!("INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)"),
                    [],
                )
                .map_err(|error| {
                    StoreFault::Damaged(format!("index of words: {}", StoreFault::from(error)))
                })?;
        }
        Ok(())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(reader) = &mut self.reader {
            *hold(reader) = None;
        }
        if let Some(mut writer) = hold(&self.writer).take()
            && let Some(place) = &self.place
        {
            match writer.end_use() {
                Ok(()) => {
                    if let Err(error) = hold(&place.seen).note(writer.commits) {
                        tracing::warn!(%error, "the number of the last commit is not noted");
                    }
                }
                // Nothing is lost: the log is played when it is opened again.
                Err(error) => {
                    tracing::warn!(fault = %StoreFault::from(error), "the store is not closed properly");
                }
            }
        }
        // Closing it would do, were there not programs just being started that still hold all that is open here.
        if let Some(lock) = &self.lock
            && let Err(error) = lock.unlock()
        {
            tracing::warn!(%error, "the lock of the store is not given back");
        }
    }
}
