//! The manifest: the exact bytes that are signed.

use std::collections::HashSet;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    BundleFault, Head, ItemKind, MAX_ITEMS, MAX_MANIFEST_BYTES, SALT, Subject, SubjectKind, path_of,
};

/// The format that is written, and the newest that is read.
const VERSION: u32 = 1;
const FORMAT: &str = "kvit-evidence";

/// Before the manifest: no signature of anything else can be taken for one of a bundle.
const SIGNED: &[u8] = b"kvit evidence manifest 1\0";
/// Before an item: no hash of anything else can be taken for one of an item.
const HASHED: &[u8] = b"kvit evidence item 1\0";

/// Longest text of the head, bytes.
const MAX_TEXT: usize = 1_000;

/// SHA-256 of an item.
pub(super) type Hash = [u8; 32];

/// The salted hash of an item, made piece by piece.
pub(super) struct Hasher(Sha256);

impl Hasher {
    /// Of an item of this length.
    pub(super) fn new(salt: &[u8; SALT], length: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(HASHED);
        hash.update(salt);
        hash.update(length.to_be_bytes());
        Self(hash)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// A line of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) kind: ItemKind,
    pub(super) hash: Hash,
}

/// A manifest that was read, its signature checked.
pub(super) struct Manifest {
    pub(super) head: Head,
    /// Upper-case hexadecimal.
    pub(super) key: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    version: u32,
    made: String,
    app: String,
    subject: WrittenSubject,
    key: String,
    items: Vec<WrittenLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSubject {
    kind: String,
    number: String,
    marketplace: String,
    login: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLine {
    id: u32,
    kind: String,
    path: String,
    sha256: String,
}

/// Only as much of any version as says which one it is.
#[derive(Deserialize)]
struct AnyVersion {
    format: String,
    version: u32,
}

/// The bytes of a manifest, and the signature over them as its file has it.
pub(super) fn sign(head: &Head, lines: &[Line], key: &SigningKey) -> Result<(Vec<u8>, String), BundleFault> {
    let written = Written {
        format: FORMAT.to_owned(),
        version: VERSION,
        made: head.made.to_string(),
        app: head.app.clone(),
        subject: WrittenSubject {
            kind: head.subject.kind.word().to_owned(),
            number: head.subject.number.to_string(),
            marketplace: head.subject.marketplace.clone(),
            login: head.subject.login.clone(),
        },
        key: hex::encode_upper(key.verifying_key().as_bytes()),
        items: lines
            .iter()
            .map(|line| WrittenLine {
                id: line.number,
                kind: line.kind.word().to_owned(),
                path: path_of(line.number, line.kind),
                sha256: hex::encode(line.hash),
            })
            .collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&written).map_err(|_| BundleFault::Manifest)?;
    bytes.push(b'\n');
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_MANIFEST_BYTES) {
        return Err(BundleFault::TooManyItems);
    }
    let signature = hex::encode(key.sign(&to_sign(&bytes)).to_bytes());
    Ok((bytes, format!("{signature}\n")))
}

fn to_sign(manifest: &[u8]) -> Vec<u8> {
    [SIGNED, manifest].concat()
}

/// Reads a manifest whose signature holds.
pub(super) fn read(bytes: &[u8], signature: &[u8]) -> Result<Manifest, BundleFault> {
    let any: AnyVersion = serde_json::from_slice(bytes).map_err(|_| BundleFault::Manifest)?;
    if any.format != FORMAT {
        return Err(BundleFault::Manifest);
    }
    if any.version > VERSION {
        return Err(BundleFault::Newer(any.version));
    }
    let written: Written = serde_json::from_slice(bytes).map_err(|_| BundleFault::Manifest)?;
    let key = verified_key(&written.key, bytes, signature)?;
    let head = head_of(&written).ok_or(BundleFault::Manifest)?;
    if written.items.len() > MAX_ITEMS {
        return Err(BundleFault::TooManyItems);
    }
    let lines: Vec<Line> = written
        .items
        .iter()
        .map(line_of)
        .collect::<Option<_>>()
        .ok_or(BundleFault::Manifest)?;
    let paths: HashSet<String> = lines.iter().map(|line| path_of(line.number, line.kind)).collect();
    let numbers: HashSet<u32> = lines.iter().map(|line| line.number).collect();
    if paths.len() != lines.len() || numbers.len() != lines.len() {
        return Err(BundleFault::Manifest);
    }
    Ok(Manifest { head, key, lines })
}

/// The key that the manifest names, if it signed the manifest.
fn verified_key(key: &str, manifest: &[u8], signature: &[u8]) -> Result<String, BundleFault> {
    let mut public = [0; 32];
    hex::decode_to_slice(key, &mut public).map_err(|_| BundleFault::Manifest)?;
    let public = VerifyingKey::from_bytes(&public).map_err(|_| BundleFault::Signature)?;
    let digits = signature.strip_suffix(b"\n").ok_or(BundleFault::Signature)?;
    let mut bytes = [0; 64];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| BundleFault::Signature)?;
    if digits.iter().any(u8::is_ascii_uppercase) {
        // One signature has one form.
        return Err(BundleFault::Signature);
    }
    public
        .verify_strict(&to_sign(manifest), &Signature::from_bytes(&bytes))
        .map_err(|_| BundleFault::Signature)?;
    Ok(hex::encode_upper(public.as_bytes()))
}

fn head_of(written: &Written) -> Option<Head> {
    let subject = &written.subject;
    let texts = [&written.app, &subject.marketplace, &subject.login];
    if texts.iter().any(|text| text.len() > MAX_TEXT) {
        return None;
    }
    Some(Head {
        made: written.made.parse().ok()?,
        app: written.app.clone(),
        subject: Subject {
            kind: SubjectKind::ALL
                .into_iter()
                .find(|kind| kind.word() == subject.kind)?,
            number: number(&subject.number)?,
            marketplace: subject.marketplace.clone(),
            login: subject.login.clone(),
        },
    })
}

fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

fn line_of(written: &WrittenLine) -> Option<Line> {
    let kind = ItemKind::ALL
        .into_iter()
        .find(|kind| kind.word() == written.kind)?;
    let mut hash = [0; 32];
    hex::decode_to_slice(&written.sha256, &mut hash).ok()?;
    (written.path == path_of(written.id, kind)).then_some(Line {
        number: written.id,
        kind,
        hash,
    })
}
