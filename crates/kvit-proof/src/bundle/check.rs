//! Checking a bundle: nothing but its bytes, a key for the receipts in it, and the time.

use jiff::Timestamp;

use super::{
    BundleFault, BundleReport, BundleVerdict, CheckedItem, CheckedReceipt, ItemKind, ItemState, MANIFEST,
    MAX_ITEM_BYTES, MAX_MANIFEST_BYTES, SALT, SIGNATURE,
    archive::Archive,
    manifest::{self, Hasher, Line, Manifest},
    path_of, salt_path,
};
use crate::{key::PinnedKey, verdict::verify_signature};

/// Longest signature file.
const SIGNATURE_BYTES: u64 = 200;
/// Receipts of one bundle that are verified.
const MOST_RECEIPTS: usize = 100;
/// Files that the manifest does not know, named.
const MOST_STRANGERS: usize = 20;

/// Checks a bundle: the signature over its manifest, each item against its line, and the receipts in it against `key`,
/// judged at `at`.
///
/// # Errors
///
/// [`BundleFault`]: it is no bundle, or nobody's: what is in it says nothing then.
pub fn check(bytes: &[u8], key: Option<&PinnedKey>, at: Timestamp) -> Result<BundleReport, BundleFault> {
    let mut archive = Archive::open(bytes)?;
    let Manifest {
        head,
        key: signer,
        lines,
    } = signed_manifest(&mut archive)?;
    let items: Vec<CheckedItem> = lines
        .iter()
        .map(|line| CheckedItem {
            number: line.number,
            kind: line.kind,
            path: path_of(line.number, line.kind),
            state: state_of(&mut archive, line),
        })
        .collect();
    let receipts = items
        .iter()
        .filter(|item| item.kind == ItemKind::Receipt && item.state == ItemState::Intact)
        .take(MOST_RECEIPTS)
        .filter_map(|item| {
            let text = archive.read(&item.path, MAX_ITEM_BYTES)?;
            Some(CheckedReceipt {
                item: item.number,
                result: verify_signature(&text, key, at),
            })
        })
        .collect();
    let strangers = strangers(&archive, &items);
    let is_whole = |item: &CheckedItem| item.state == ItemState::Intact;
    let is_right = |item: &CheckedItem| matches!(item.state, ItemState::Intact | ItemState::LeftOut);
    let verdict = if !strangers.is_empty() || !items.iter().all(is_right) {
        BundleVerdict::Altered
    } else if items.iter().all(is_whole) {
        BundleVerdict::Whole
    } else {
        BundleVerdict::Parts
    };
    Ok(BundleReport {
        key: signer,
        head,
        items,
        strangers,
        receipts,
        verdict,
    })
}

fn signed_manifest(archive: &mut Archive<'_>) -> Result<Manifest, BundleFault> {
    let bytes = archive
        .read(MANIFEST, MAX_MANIFEST_BYTES)
        .ok_or(BundleFault::Manifest)?;
    let signature = archive
        .read(SIGNATURE, SIGNATURE_BYTES)
        .ok_or(BundleFault::Signature)?;
    manifest::read(&bytes, &signature)
}

fn state_of(archive: &mut Archive<'_>, line: &Line) -> ItemState {
    let (path, salt) = (path_of(line.number, line.kind), salt_path(line.number));
    let (has_file, has_salt) = (archive.has(&path), archive.has(&salt));
    if !has_file && !has_salt {
        return ItemState::LeftOut;
    }
    if !has_file || !has_salt {
        return ItemState::Missing;
    }
    match hash_of(archive, &path, &salt) {
        Some(hash) if hash == line.hash => ItemState::Intact,
        _ => ItemState::Altered,
    }
}

fn hash_of(archive: &mut Archive<'_>, path: &str, salt: &str) -> Option<manifest::Hash> {
    let length = archive.length(path)?;
    let salt = archive.read(salt, u64::try_from(SALT).ok()?)?;
    let mut hash = Hasher::new(&salt.try_into().ok()?, length);
    archive.stream(path, MAX_ITEM_BYTES, |piece| hash.update(piece))?;
    Some(hash.finish())
}

fn strangers(archive: &Archive<'_>, items: &[CheckedItem]) -> Vec<String> {
    let mut known: std::collections::HashSet<String> = [MANIFEST, SIGNATURE].map(str::to_owned).into();
    for item in items {
        known.insert(item.path.clone());
        known.insert(salt_path(item.number));
    }
    archive
        .names()
        .iter()
        .filter(|name| !known.contains(*name))
        .take(MOST_STRANGERS)
        .cloned()
        .collect()
}
