//! The small files of the app: accounts, settings, and each account's journal. Written whole, synced, then renamed
//! into place; readable by the person only. What cannot be read is set aside, never overwritten.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use kvit_domain::fault::{Fault, FaultCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::account::AccountId;

/// Larger files are not ours.
const LIMIT: u64 = 4 * 1024 * 1024;

/// The folder of the app.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
}

impl Files {
    /// Opens the folder, making it if it is not there.
    pub(crate) fn open(root: PathBuf) -> Result<Self, Fault> {
        make_private_folder(&root).map_err(|error| unwritable(&root, &error))?;
        Ok(Self { root })
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

    /// Reads a file; the default when there is none. A damaged one is set aside under another name.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self, name: impl AsRef<Path>) -> T {
        self.read_whole(name).unwrap_or_default()
    }

    /// The same, telling a file that was damaged from one that is not there.
    pub(crate) fn read_whole<T: DeserializeOwned + Default>(
        &self,
        name: impl AsRef<Path>,
    ) -> Result<T, Damaged> {
        let name = name.as_ref();
        let read = read_bounded(&self.root.join(name));
        match read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::other)) {
            Ok(value) => Ok(value),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
            Err(error) => {
                tracing::error!(%error, file = ?name.file_name(), "cannot be read; set aside");
                self.set_aside(name);
                Err(Damaged)
            }
        }
    }

    /// Gives a file another name, so that nothing overwrites it.
    pub(crate) fn set_aside(&self, name: impl AsRef<Path>) {
        let path = self.root.join(name);
        match free_beside(&path) {
            Some(aside) => {
                if let Err(error) = fs::rename(&path, &aside) {
                    tracing::error!(%error, file = ?path.file_name(), "cannot be set aside");
                }
            }
            None => tracing::error!(file = ?path.file_name(), "too many damaged ones beside it"),
        }
    }

    /// Writes a file whole.
    pub(crate) fn write<T: Serialize>(&self, name: impl AsRef<Path>, value: &T) -> Result<(), Fault> {
        let path = self.root.join(name);
        let write = || -> io::Result<()> {
            let bytes = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
            let fresh = path.with_extension("new");
            let mut file = private_file(&fresh)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            // The rename itself has to survive a power cut.
            fs::File::open(path.parent().unwrap_or(&self.root))?
                .sync_all()
                .or_else(|error| if cfg!(unix) { Err(error) } else { Ok(()) })
        };
        write().map_err(|error| unwritable(&path, &error))
    }
}

/// A file was there, and what it held is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

/// A name for a damaged file that buries no earlier one.
fn free_beside(path: &Path) -> Option<PathBuf> {
    std::iter::once("damaged.json".to_owned())
        .chain((2..1_000).map(|number| format!("damaged-{number}.json")))
        .map(|extension| path.with_extension(extension))
        .find(|aside| !aside.exists())
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > LIMIT {
        return Err(io::Error::other("larger than anything written here"));
    }
    fs::read(path)
}

fn unwritable(path: &Path, error: &io::Error) -> Fault {
    tracing::error!(%error, file = ?path.file_name(), "cannot be written");
    FaultCode::SettingsUnwritable.into()
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
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

    #[test]
    fn what_was_written_is_read_and_a_damaged_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().join("kvit")).unwrap();
        assert_eq!(files.read::<Vec<u32>>("x.json"), Vec::<u32>::new());
        files.write("x.json", &vec![1, 2]).unwrap();
        assert_eq!(files.read::<Vec<u32>>("x.json"), vec![1, 2]);
        fs::write(folder.path().join("kvit/x.json"), b"{ half").unwrap();
        assert_eq!(files.read::<Vec<u32>>("x.json"), Vec::<u32>::new());
        assert_eq!(
            fs::read(folder.path().join("kvit/x.damaged.json")).unwrap(),
            b"{ half"
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_person_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().join("kvit")).unwrap();
        files.write("x.json", &1).unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("kvit")), 0o700);
        assert_eq!(mode(folder.path().join("kvit/x.json")), 0o600);
    }
}
