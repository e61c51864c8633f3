//! Making a bundle, and taking items out of one.

use std::{
    collections::HashSet,
    io::{Cursor, Write as _},
};

use ed25519_dalek::SigningKey;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{
    BundleFault, BundleVerdict, Head, ItemKind, ItemState, MANIFEST, MAX_BUNDLE_BYTES, MAX_ITEM_BYTES,
    MAX_ITEMS, MAX_UNPACKED_BYTES, SIGNATURE,
    archive::Archive,
    check::check,
    cover,
    manifest::{self, Hasher, Line},
    path_of, salt_path,
};

/// Bytes of a salt.
pub const SALT: usize = 32;

/// The key that signs bundles. Cannot be printed; wiped when dropped.
pub struct BundleKey(SigningKey);

impl BundleKey {
    /// The key of a seed: 32 random bytes (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key: 64 hexadecimal digits, upper-case.
    #[must_use]
    pub fn public(&self) -> String {
        hex::encode_upper(self.0.verifying_key().as_bytes())
    }
}

impl std::fmt::Debug for BundleKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BundleKey(..)")
    }
}

/// A bundle that is being made. The same items, salts and key make the same bytes.
pub struct BundleWriter<'a> {
    head: Head,
    key: &'a BundleKey,
    zip: ZipWriter<Cursor<Vec<u8>>>,
    lines: Vec<Line>,
    left_out: HashSet<u32>,
    unpacked: u64,
}

impl<'a> BundleWriter<'a> {
    /// Begins a bundle.
    #[must_use]
    pub fn new(head: Head, key: &'a BundleKey) -> Self {
        Self {
            head,
            key,
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            lines: Vec::new(),
            left_out: HashSet::new(),
            unpacked: 0,
        }
    }

    /// Adds an item; its number. `salt` must be random and used once. One that is not `kept` is listed and left out. The
    /// cover is made by itself at the end.
    ///
    /// # Errors
    ///
    /// `TooLarge`, `TooManyItems`, `UnpacksToTooMuch`: beyond what is read again. `Manifest` of a cover.
    pub fn add(
        &mut self,
        kind: ItemKind,
        bytes: &[u8],
        salt: &[u8; SALT],
        kept: bool,
    ) -> Result<u32, BundleFault> {
        if kind == ItemKind::Cover {
            return Err(BundleFault::Manifest);
        }
        // One place is the cover's.
        if self.lines.len().saturating_add(1) >= MAX_ITEMS {
            return Err(BundleFault::TooManyItems);
        }
        self.add_any(kind, bytes, salt, kept)
    }

    fn add_any(
        &mut self,
        kind: ItemKind,
        bytes: &[u8],
        salt: &[u8; SALT],
        kept: bool,
    ) -> Result<u32, BundleFault> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > MAX_ITEM_BYTES {
            return Err(BundleFault::TooLarge);
        }
        let number = u32::try_from(self.lines.len())
            .ok()
            .and_then(|count| count.checked_add(1))
            .ok_or(BundleFault::TooManyItems)?;
        let mut hash = Hasher::new(salt, length);
        hash.update(bytes);
        self.lines.push(Line {
            number,
            kind,
            hash: hash.finish(),
        });
        if kept {
            self.put(&path_of(number, kind), bytes)?;
            self.put(&salt_path(number), salt)?;
        } else {
            self.left_out.insert(number);
        }
        Ok(number)
    }

    /// Ends the bundle with its cover, for which it needs one more salt: the bytes of the file.
    ///
    /// # Errors
    ///
    /// As [`BundleWriter::add`].
    pub fn finish(mut self, cover_salt: &[u8; SALT]) -> Result<Vec<u8>, BundleFault> {
        let items = self
            .lines
            .iter()
            .map(|line| (line.number, line.kind, !self.left_out.contains(&line.number)));
        let page = cover::page(&self.head, &self.key.public(), items);
        self.add_any(ItemKind::Cover, page.as_bytes(), cover_salt, true)?;
        let (manifest, signature) = manifest::sign(&self.head, &self.lines, &self.key.0)?;
        self.put(MANIFEST, &manifest)?;
        self.put(SIGNATURE, signature.as_bytes())?;
        ended(self.zip)
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), BundleFault> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.unpacked = self.unpacked.saturating_add(length);
        if self.unpacked > MAX_UNPACKED_BYTES {
            return Err(BundleFault::UnpacksToTooMuch);
        }
        self.zip.start_file(name, options()).map_err(unwritten)?;
        self.zip.write_all(bytes).map_err(|_| BundleFault::Archive)
    }
}

/// Deflate, and one time for everything: when a file was made is in the manifest.
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
}

fn unwritten(_: zip::result::ZipError) -> BundleFault {
    BundleFault::Archive
}

fn ended(zip: ZipWriter<Cursor<Vec<u8>>>) -> Result<Vec<u8>, BundleFault> {
    let bytes = zip.finish().map_err(unwritten)?.into_inner();
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(BundleFault::TooLarge);
    }
    Ok(bytes)
}

/// The same bundle without some of its items: their files and salts are gone, everything else is byte for byte the same.
///
/// # Errors
///
/// As [`check`]; `Altered` if something in it is not as it was signed; `NoSuchItem` of a number that is not in it, or
/// that was left out before.
pub fn leave_out(bytes: &[u8], items: &[u32]) -> Result<Vec<u8>, BundleFault> {
    let report = check(bytes, None, jiff::Timestamp::UNIX_EPOCH)?;
    if report.verdict == BundleVerdict::Altered {
        return Err(BundleFault::Altered);
    }
    let mut gone = HashSet::new();
    for number in items {
        let item = report
            .items
            .iter()
            .find(|item| item.number == *number && item.state == ItemState::Intact)
            .ok_or(BundleFault::NoSuchItem(*number))?;
        gone.insert(item.path.clone());
        gone.insert(salt_path(item.number));
    }
    let archive = Archive::open(bytes)?;
    let stays: Vec<bool> = archive.names().iter().map(|name| !gone.contains(name)).collect();
    let mut zip = archive.into_zip();
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (place, _) in stays.iter().enumerate().filter(|(_, stays)| **stays) {
        let file = zip.by_index_raw(place).map_err(unwritten)?;
        out.raw_copy_file(file).map_err(unwritten)?;
    }
    ended(out)
}
