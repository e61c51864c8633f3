//! The number of the last durable commit, outside of the file.
//!
//! SQLite ends its log at the first frame that is not whole, because a crash may leave one. A frame that was whole, was
//! synced, and then was damaged looks the same, and takes every later commit with it. This number is written after the
//! log was synced, so it is never ahead of it: a file that knows fewer commits has lost some.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

/// The open file.
#[derive(Debug)]
pub(crate) struct Seen {
    file: File,
}

impl Seen {
    /// Opens it, makes it if there is none, readable by its owner only.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        crate::file::private(&mut options);
        Ok(Self {
            file: options.open(path)?,
        })
    }

    /// The number; 0 where there is none, or none that can be read.
    pub(crate) fn read(&mut self) -> u64 {
        let mut bytes = [0; 16];
        let whole = self
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.read_exact(&mut bytes));
        if whole.is_err() {
            return 0;
        }
        let both = u128::from_le_bytes(bytes);
        let one = u64::try_from(both >> 64).unwrap_or_default();
        let other = u64::try_from(both & u128::from(u64::MAX)).unwrap_or_default();
        if one == !other { other } else { 0 }
    }

    /// Writes the number, without waiting for the disk: it only has to outlive this process.
    pub(crate) fn note(&mut self, number: u64) -> std::io::Result<()> {
        let both = u128::from(number) | (u128::from(!number) << 64);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&both.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_comes_back_and_nonsense_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen");
        let mut seen = Seen::open(&path).unwrap();
        assert_eq!(seen.read(), 0);
        for number in [1, 70_000, u64::MAX, 0, 2] {
            seen.note(number).unwrap();
            assert_eq!(Seen::open(&path).unwrap().read(), number);
        }
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[1] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Seen::open(&path).unwrap().read(), 0);
    }
}
