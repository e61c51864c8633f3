//! The file: made, opened, doubted, set aside.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::Read as _,
    path::{Path, PathBuf},
};

use kvit_domain::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use zeroize::Zeroizing;

use crate::{
    fault::OpenFault,
    key::{Literal, SALT, StoreKey, new_salt},
    migrations,
    seen::Seen,
    store::{Level, Store, Writer},
};

/// Name of the file in the folder of the account.
pub const FILE: &str = "store.db";
/// The write-ahead log beside it.
pub(crate) const LOG: &str = "store.db-wal";
/// SQLite's index of the log.
const INDEX: &str = "store.db-shm";
/// Held by whoever has the file open.
const LOCK: &str = "store.lock";
/// See [`Seen`].
const SEEN: &str = "store.seen";
/// A file with its next key, until it takes the place of the file.
pub(crate) const NEXT: &str = "store.next.db";

/// An open store, and what is to be known about it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Something that was kept may be missing.
    pub doubt: Option<Doubt>,
    /// The file was made now.
    pub fresh: bool,
}

/// Why something that was kept may be missing although the file is whole. Stays until the file is closed properly, so
/// that a run that ends before it could act on it does not hide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The previous run did not close it, and the log that it must have left is gone, or its end is.
    LogGone,
    /// It was opened fewer times, or has fewer commits, than is remembered: an older copy was put in its place.
    OlderCopy,
}

impl Doubt {
    fn word(self) -> &'static str {
        match self {
            Self::LogGone => "log_gone",
            Self::OlderCopy => "older_copy",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "log_gone" => Self::LogGone,
            _ => Self::OlderCopy,
        }
    }
}

/// Makes a new file readable by its owner only, where the system has such rights.
pub(crate) fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    {
        let _ = options;
    }
}

/// Puts the names in a folder on the disk. Where a folder cannot be opened the system does it by itself.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn unwritable(error: &std::io::Error) -> OpenFault {
    OpenFault::Unwritable(error.to_string())
}

fn unreadable(error: &std::io::Error) -> OpenFault {
    OpenFault::Unreadable(error.to_string())
}

fn lock(folder: &Path) -> std::io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(&mut options);
    let file = options.open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Bytes of a file; 0 where there is none.
fn length(path: &Path) -> std::io::Result<u64> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// The salt at the head of a file.
pub(crate) fn salt_of(path: &Path) -> std::io::Result<[u8; SALT]> {
    let mut salt = [0; SALT];
    File::open(path)?.read_exact(&mut salt)?;
    Ok(salt)
}

/// Makes an empty file with its final rights, and puts its name on the disk.
pub(crate) fn make(folder: &Path, name: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    match options.open(folder.join(name)) {
        Ok(file) => file.sync_all()?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    sync_folder(folder)
}

/// A connection with its key given; nothing was read yet.
fn keyed(path: &Path, key: &Literal) -> Result<Connection, OpenFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLCipher writes to standard error what it thinks of a wrong key.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    let mut pragma = Zeroizing::new(String::with_capacity(key.text().len() + 16));
    pragma.push_str("PRAGMA key = \"");
    pragma.push_str(key.text());
    pragma.push('"');
    connection.execute_batch(&pragma)?;
    Ok(connection)
}

/// A connection with a key that is known to be right.
pub(crate) fn connect(path: &Path, key: &Literal) -> Result<Connection, OpenFault> {
    let connection = keyed(path, key)?;
    settle(&connection)?;
    Ok(connection)
}

/// Settings of every connection.
///
/// The log is only brought into the file when we say so: a durable commit is then one sync and nothing else.
pub(crate) fn settle(connection: &Connection) -> Result<(), OpenFault> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    // SQLite would take the log away with the last connection, whether or not the file says that it was closed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA cache_size = -16000;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    Ok(())
}

/// The first look into the file tells whether the key is right.
fn look(connection: &Connection, key: &StoreKey) -> Result<(), OpenFault> {
    let looked: rusqlite::Result<i64> =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0));
    match looked {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) && key.is_passphrase() => {
            Err(OpenFault::WrongPassphrase)
        }
        Err(error) => Err(match OpenFault::from(error) {
            OpenFault::Unwritable(text) => OpenFault::Unreadable(text),
            other => other,
        }),
    }
}

/// What the file says of itself.
struct State {
    opens: u64,
    in_use: bool,
    commits: u64,
    doubt: Option<Doubt>,
}

fn state(connection: &Connection) -> Result<State, OpenFault> {
    Ok(
        connection.query_row("SELECT opens, in_use, commits, doubt FROM state", [], |row| {
            Ok(State {
                opens: row.get(0)?,
                in_use: row.get(1)?,
                commits: row.get(2)?,
                doubt: row.get::<_, Option<String>>(3)?.map(|word| Doubt::of(&word)),
            })
        })?,
    )
}

impl Store {
    /// Is there a store in this folder?
    pub fn exists(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// Opens the store of a folder; makes folder and file if there are none.
    ///
    /// `opens` is how often the caller remembers it to have been opened, 0 if never; kept beside the account, outside of
    /// the file, it tells an older copy. Once open, [`Store::opens`] is to be remembered.
    ///
    /// # Errors
    /// [`OpenFault::Taken`] while another store of this folder lives, in any process; `Damaged` or `WrongPassphrase` where
    /// the key does not open it; `Newer` for a layout from a later version; `Unwritable` and `Unreadable` for the disk.
    pub fn open(folder: &Path, key: &StoreKey, opens: u64, now: Timestamp) -> Result<Opened, OpenFault> {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
        let lock = lock(folder)
            .map_err(|error| unwritable(&error))?
            .ok_or(OpenFault::Taken)?;
        let path = folder.join(FILE);
        let log = folder.join(LOG);
        if !path.exists() && log.exists() {
            // A log without its file would be played into the new one.
            aside(folder).map_err(|error| unwritable(&error))?;
        }
        // What a change of the key left when it was killed: the file itself is still the old one.
        for left in [NEXT.to_owned(), format!("{NEXT}-journal")] {
            match std::fs::remove_file(folder.join(left)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(&error)),
                _ => {}
            }
        }
        make(folder, FILE).map_err(|error| unwritable(&error))?;
        let mut seen = Seen::open(&folder.join(SEEN)).map_err(|error| unwritable(&error))?;
        let log_left = length(&log).map_err(|error| unreadable(&error))? > 0;
        let salt = if length(&path).map_err(|error| unreadable(&error))? == 0 {
            new_salt()
        } else {
            salt_of(&path).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => OpenFault::Damaged,
                _ => unreadable(&error),
            })?
        };
        let literal = key.literal(salt)?;
        let mut connection = keyed(&path, &literal)?;
        look(&connection, key)?;
        settle(&connection)?;
        let fresh = migrations::found(&connection)? == 0;
        write_ahead(&connection)?;
        migrations::migrate(&mut connection)?;
        let state = state(&connection)?;
        let remembered = seen.read();
        let doubt = if state.opens < opens {
            Some(Doubt::OlderCopy)
        } else if state.in_use && !log_left {
            Some(Doubt::LogGone)
        } else if state.commits < remembered {
            Some(if state.in_use {
                Doubt::LogGone
            } else {
                Doubt::OlderCopy
            })
        } else {
            state.doubt
        };
        let mut writer = Writer::new(connection, state.commits.max(remembered));
        let opens = state.opens.max(opens).saturating_add(1);
        writer.begin_use(opens, doubt.map(Doubt::word))?;
        seen.note(writer.commits()).map_err(|error| unwritable(&error))?;
        let reader = reader(&path, &literal)?;
        let store = Store::of_file(folder.to_owned(), writer, reader, seen, lock, opens, literal);
        tracing::debug!(opens, ?doubt, fresh, %now, "store open");
        Ok(Opened { store, doubt, fresh })
    }

    /// A store that ends with its last clone, unencrypted and never on a disk.
    ///
    /// # Errors
    /// No memory.
    pub fn in_memory(now: Timestamp) -> Result<Self, OpenFault> {
        let mut connection = Connection::open_in_memory()?;
        settle(&connection)?;
        migrations::migrate(&mut connection)?;
        let mut writer = Writer::new(connection, 0);
        writer.begin_use(1, None)?;
        tracing::debug!(%now, "store in memory");
        Ok(Self::of_memory(writer))
    }

    /// Renames the file, with its log, to `store.damaged-N.db`, with the lowest N that nothing has. Nothing is
    /// overwritten. Returns the new name.
    ///
    /// # Errors
    /// `ResourceBusy` while the store is open anywhere; `NotFound` if there is none; what the system says.
    pub fn set_aside(folder: &Path) -> std::io::Result<PathBuf> {
        let _lock = lock(folder)?.ok_or(std::io::ErrorKind::ResourceBusy)?;
        if !folder.join(FILE).exists() {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        aside(folder)
    }
}

/// The log goes first: a file without its log is doubted, a log without its file would be played into another one.
fn aside(folder: &Path) -> std::io::Result<PathBuf> {
    let names = |number: u32| {
        let name = format!("store.damaged-{number}.db");
        [format!("{name}-wal"), format!("{name}-shm"), name].map(|name| folder.join(name))
    };
    let free = (1..=u32::MAX)
        .map(names)
        .find(|names| names.iter().all(|name| name.symlink_metadata().is_err()))
        .ok_or(std::io::ErrorKind::AlreadyExists)?;
    for (from, to) in [LOG, INDEX, FILE].into_iter().zip(&free) {
        let from = folder.join(from);
        if from.exists() {
            std::fs::rename(from, to)?;
        }
    }
    // It counted the commits of the file that is gone.
    match std::fs::remove_file(folder.join(SEEN)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    sync_folder(folder)?;
    let [_, _, file] = free;
    Ok(file)
}

pub(crate) fn write_ahead(connection: &Connection) -> Result<(), OpenFault> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode == "wal" {
        Ok(())
    } else {
        Err(OpenFault::Unwritable(
            "the folder cannot hold a write-ahead log".to_owned(),
        ))
    }
}

/// A second connection that only reads, so that a list does not wait for a write.
pub(crate) fn reader(path: &Path, key: &Literal) -> Result<Connection, OpenFault> {
    let reader = connect(path, key)?;
    reader.execute_batch("PRAGMA query_only = ON")?;
    // The first read opens the log; after this nothing of the connection is set up lazily.
    reader.query_row("SELECT opens FROM state", [], |row| row.get::<_, i64>(0))?;
    Ok(reader)
}

impl Writer {
    /// Marks the file as in use, in the file itself and in a log that exists from now on.
    ///
    /// The first commit goes to the log and from there into the file. The log stays where it is, so at no moment is
    /// the file in use without one. The second commit begins the log anew, so that the sync of its head is not
    /// paid by the first operation.
    fn begin_use(&mut self, opens: u64, doubt: Option<&str>) -> Result<(), OpenFault> {
        self.level(Level::Durable)?;
        let commits = self.commits().saturating_add(1);
        self.connection().execute(
            "UPDATE state SET opens = ?1, in_use = 1, commits = ?2, doubt = ?3",
            (opens, commits, doubt),
        )?;
        self.committed(commits);
        point!("store.open.in_use");
        self.checkpoint()?;
        point!("store.open.checkpointed");
        Ok(())
    }
}
