//! The zip archive of a bundle, in its one form.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use zip::{
    CompressionMethod, ZipArchive,
    read::{ArchiveOffset, Config},
};

use super::{BundleFault, MAX_BUNDLE_BYTES, MAX_ITEMS, MAX_UNPACKED_BYTES};

/// The record at the end of an archive without a comment, and its signature (APPNOTE 4.3.16).
const END: usize = 22;
const END_SIGNATURE: &[u8] = b"PK\x05\x06";

/// Files besides items and salts: manifest and signature; and as many strangers as are worth naming.
const OTHERS: usize = 100;

/// An archive may unpack to so many times its own size, once it is larger than [`SMALL`]. Deflate reaches a thousand.
const MOST_RATIO: u64 = 200;
const SMALL: u64 = 16 * 1024 * 1024;

/// Longest name of a file.
const MAX_NAME: usize = 100;

/// Read at once while hashing, bytes.
const CHUNK: usize = 64 * 1024;

/// An archive that was found to be in the form of bundles.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    places: HashMap<String, usize>,
    names: Vec<String>,
}

impl<'a> Archive<'a> {
    /// Opens an archive: one that any program reads in the same way, with bounded contents.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, BundleFault> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(BundleFault::TooLarge);
        }
        // The end is where the file ends, and the directory right before it, so that nobody searches for them and finds
        // others.
        let end = bytes
            .len()
            .checked_sub(END)
            .and_then(|start| bytes.get(start..))
            .ok_or(BundleFault::Archive)?;
        let field = |at: usize| {
            let bytes = end.get(at..at.saturating_add(4))?.try_into().ok()?;
            usize::try_from(u32::from_le_bytes(bytes)).ok()
        };
        let directory = field(12).zip(field(16));
        let directory_ends = directory.and_then(|(length, start)| start.checked_add(length));
        if !end.starts_with(END_SIGNATURE) || directory_ends != bytes.len().checked_sub(END) {
            return Err(BundleFault::Archive);
        }
        let config = Config {
            archive_offset: ArchiveOffset::Known(0),
        };
        let mut zip =
            ZipArchive::with_config(config, Cursor::new(bytes)).map_err(|_| BundleFault::Archive)?;
        if zip.len() > 2 * MAX_ITEMS + OTHERS {
            return Err(BundleFault::TooManyItems);
        }
        if zip.offset() != 0 || !zip.comment().is_empty() {
            return Err(BundleFault::Archive);
        }
        // What streams through the file sees the same as what reads its directory.
        zip.validate_header_consistency()
            .map_err(|_| BundleFault::Archive)?;
        let names = entries(&mut zip, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        let mut places = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            // Some file systems hold names that differ by case for one.
            if places.insert(name.to_ascii_lowercase(), place).is_some() {
                return Err(BundleFault::Archive);
            }
        }
        Ok(Self { zip, places, names })
    }

    /// Names of the files, in order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The archive, to copy files from as they are.
    pub(super) fn into_zip(self) -> ZipArchive<Cursor<&'a [u8]>> {
        self.zip
    }

    fn place(&self, name: &str) -> Option<usize> {
        let place = *self.places.get(&name.to_ascii_lowercase())?;
        self.names
            .get(place)
            .is_some_and(|found| found == name)
            .then_some(place)
    }

    /// Whether there is a file of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The length of a file as the archive says it.
    pub(super) fn length(&self, name: &str) -> Option<u64> {
        let place = self.place(name)?;
        self.zip.by_index_data(place).ok().map(|entry| entry.size())
    }

    /// All of a file, if it is there, is what the archive says of it, and is no longer than `limit`.
    pub(super) fn read(&mut self, name: &str, limit: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let length = self.stream(name, limit, |some| bytes.extend_from_slice(some))?;
        (u64::try_from(bytes.len()) == Ok(length)).then_some(bytes)
    }

    /// Reads a file piece by piece; its length. `None`: not there, not what the archive says of it, or longer than `limit`.
    pub(super) fn stream(&mut self, name: &str, limit: u64, mut piece: impl FnMut(&[u8])) -> Option<u64> {
        let place = self.place(name)?;
        let file = self.zip.by_index(place).ok()?;
        let length = file.size();
        if length > limit {
            return None;
        }
        let mut file = file.take(limit.saturating_add(1));
        let mut buffer = vec![0; CHUNK];
        let mut read: u64 = 0;
        loop {
            let count = file.read(&mut buffer).ok()?;
            if count == 0 {
                return (read == length).then_some(length);
            }
            read = read.checked_add(u64::try_from(count).ok()?)?;
            if read > length {
                return None;
            }
            piece(buffer.get(..count)?);
        }
    }
}

/// Looks at every entry; their names. One follows the other from the first byte to the directory, so that there is
/// nothing in the file but them.
fn entries(zip: &mut ZipArchive<Cursor<&[u8]>>, bytes: u64) -> Result<Vec<String>, BundleFault> {
    let directory = zip.central_directory_start();
    let mut names = Vec::with_capacity(zip.len());
    let (mut at, mut unpacked) = (0_u64, 0_u64);
    for place in 0..zip.len() {
        let file = zip.by_index_raw(place).map_err(|_| BundleFault::Archive)?;
        let packed = matches!(
            file.compression(),
            CompressionMethod::Stored | CompressionMethod::Deflated
        );
        let name = std::str::from_utf8(file.name_raw()).unwrap_or_default();
        if !packed || file.encrypted() || !file.is_file() || !is_plain(name) || file.header_start() != at {
            return Err(BundleFault::Archive);
        }
        unpacked = unpacked.saturating_add(file.size());
        names.push(name.to_owned());
        at = file
            .data_start()
            .and_then(|start| start.checked_add(file.compressed_size()))
            .ok_or(BundleFault::Archive)?;
    }
    if at != directory {
        return Err(BundleFault::Archive);
    }
    let most = bytes.saturating_mul(MOST_RATIO).clamp(SMALL, MAX_UNPACKED_BYTES);
    if unpacked > most {
        return Err(BundleFault::UnpacksToTooMuch);
    }
    Ok(names)
}

/// A name that means the same file in every system: letters, digits and a few signs, in at most one folder.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let mut parts = name.split('/');
    name.len() <= MAX_NAME
        && parts.next().is_some_and(part)
        && parts.next().is_none_or(part)
        && parts.next().is_none()
}
