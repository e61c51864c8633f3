//! The small files of the app: accounts and settings. Written whole, synced, then renamed into place; readable by the
//! person only. What cannot be read is set aside, never overwritten, and the version before it is taken.
//!
//! One process at a time writes here: it holds the lock of the folder as long as it lives.

use std::{
    fs::{self, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use kvit_domain::fault::{Fault, FaultCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::account::AccountId;

/// Larger files are not ours.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Name of the file whose lock says that a process works here.
const LOCK: &str = "lock";

/// The folder of the app.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
    lock: Arc<Mutex<Option<fs::File>>>,
}

impl Files {
    /// Opens the folder, making it if it is not there.
    pub(crate) fn open(root: PathBuf) -> Result<Self, Fault> {
        make_private_folder(&root).map_err(|error| unwritable(&root, &error))?;
        Ok(Self {
            root,
            lock: Arc::default(),
        })
    }

    /// Takes the folder for this process as long as it lives: two would overwrite each other's files. Once taken it
    /// stays taken.
    ///
    /// # Errors
    /// `StoreTaken`: another process has it; `SettingsUnwritable`: the lock cannot be made.
    pub(crate) fn take(&self) -> Result<(), Fault> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if lock.is_some() {
            return Ok(());
        }
        let path = self.root.join(LOCK);
        let file = private_file(&path).map_err(|error| unwritable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {
                *lock = Some(file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(FaultCode::StoreTaken.into()),
            Err(TryLockError::Error(error)) => Err(unwritable(&path, &error)),
        }
    }

    fn is_taken(&self) -> bool {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Folder of an account.
    pub(crate) fn account(&self, id: AccountId) -> Result<PathBuf, Fault> {
        let folder = self.root.join(Self::account_name(id));
        make_private_folder(&folder).map_err(|error| unwritable(&folder, &error))?;
        Ok(folder)
    }

    /// Name of an account's folder within the app's.
    pub(crate) fn account_name(id: AccountId) -> PathBuf {
        Path::new("accounts").join(id.as_hyphenated().to_string())
    }

    /// Removes the folder of an account with everything in it.
    pub(crate) fn remove_account(&self, id: AccountId) -> Result<(), Fault> {
        let folder = self.root.join(Self::account_name(id));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(&folder, &error)),
            _ => Ok(()),
        }
    }

    /// Reads a file; the default when there is none. A damaged one is set aside under another name, and the version
    /// before it is read.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self, name: impl AsRef<Path>) -> T {
        let path = self.root.join(name);
        let whole = |path: &Path| {
            read_bounded(path).and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::other))
        };
        match whole(&path) {
            Ok(value) => return value,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::error!(%error, file = ?path.file_name(), "cannot be read; set aside");
                if self.is_taken() {
                    set_aside(&path);
                }
            }
        }
        // Also where the app ended between the two renames of a write.
        whole(&before(&path)).unwrap_or_default()
    }

    /// Writes a file whole.
    pub(crate) fn write<T: Serialize>(&self, name: impl AsRef<Path>, value: &T) -> Result<(), Fault> {
        let path = self.root.join(name);
        if !self.is_taken() {
            return Err(FaultCode::StoreTaken.into());
        }
        let write = || -> io::Result<()> {
            let bytes = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
            let fresh = path.with_extension("new");
            let mut file = private_file(&fresh)?;
            file.set_len(0)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            if path.exists() {
                fs::rename(&path, before(&path))?;
            }
            fs::rename(&fresh, &path)?;
            // The renames themselves have to survive a power cut.
            fs::File::open(path.parent().unwrap_or(&self.root))?
                .sync_all()
                .or_else(|error| if cfg!(unix) { Err(error) } else { Ok(()) })
        };
        write().map_err(|error| unwritable(&path, &error))
    }
}

/// Where the version before the one in place is kept.
fn before(path: &Path) -> PathBuf {
    path.with_extension("before.json")
}

/// Gives a file another name, so that nothing overwrites it.
pub(crate) fn set_aside(path: &Path) {
    let free = std::iter::once("damaged.json".to_owned())
        .chain((2..1_000).map(|number| format!("damaged-{number}.json")))
        .map(|extension| path.with_extension(extension))
        .find(|aside| !aside.exists());
    match free {
        Some(aside) => {
            if let Err(error) = fs::rename(path, &aside) {
                tracing::error!(%error, file = ?path.file_name(), "cannot be set aside");
            }
        }
        None => tracing::error!(file = ?path.file_name(), "too many damaged ones beside it"),
    }
}

/// Removes a file that is not needed any more.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, file = ?path.file_name(), "not removed");
    }
}

/// Reads a file of ours, however large somebody made it.
pub(crate) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::other("larger than anything written here"));
    }
    Ok(bytes)
}

fn unwritable(path: &Path, error: &io::Error) -> Fault {
    tracing::error!(%error, file = ?path.file_name(), "cannot be written");
    FaultCode::SettingsUnwritable.into()
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(folder: &Path) -> Files {
        let files = Files::open(folder.join("kvit")).unwrap();
        files.take().unwrap();
        files
    }

    #[test]
    fn what_was_written_is_read_and_a_damaged_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let files = taken(folder.path());
        assert_eq!(files.read::<Vec<u32>>("x.json"), Vec::<u32>::new());
        files.write("x.json", &vec![1, 2]).unwrap();
        assert_eq!(files.read::<Vec<u32>>("x.json"), vec![1, 2]);
        files.write("x.json", &vec![3]).unwrap();
        fs::write(folder.path().join("kvit/x.json"), b"{ half").unwrap();
        assert_eq!(files.read::<Vec<u32>>("x.json"), vec![1, 2], "the one before");
        assert_eq!(
            fs::read(folder.path().join("kvit/x.damaged.json")).unwrap(),
            b"{ half"
        );
    }

    #[test]
    fn a_shorter_version_leaves_nothing_of_a_longer_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = taken(folder.path());
        fs::write(folder.path().join("kvit/x.new"), "a rest that was never renamed").unwrap();
        files.write("x.json", &1).unwrap();
        assert_eq!(fs::read(folder.path().join("kvit/x.json")).unwrap(), b"1");
    }

    #[test]
    fn a_folder_is_taken_once_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let first = taken(folder.path());
        first.write("x.json", &1).unwrap();
        let second = Files::open(folder.path().join("kvit")).unwrap();
        assert_eq!(second.take().unwrap_err().code, FaultCode::StoreTaken);
        assert_eq!(
            second.write("x.json", &2).unwrap_err().code,
            FaultCode::StoreTaken
        );
        assert_eq!(second.read::<u32>("x.json"), 1, "reading is harmless");
        drop(first);
        second.take().unwrap();
        second.write("x.json", &2).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_the_person_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = taken(folder.path());
        files.write("x.json", &1).unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("kvit")), 0o700);
        assert_eq!(mode(folder.path().join("kvit/x.json")), 0o600);
    }
}
