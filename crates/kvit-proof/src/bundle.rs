//! Evidence bundles: one file with what this installation saw of a payment or a deal, signed by it, parts of which can be
//! left out without breaking the rest.
//!
//! # The file
//!
//! A zip archive (deflate only, one order, one time for all entries) with
//!
//! - `manifest.json`: version, when and by what it was made, what it is about, the public key that signs, and one line for
//!   each item: number, kind, path, hash;
//! - `signature`: 128 hexadecimal digits, an Ed25519 signature (RFC 8032) over [`manifest`]'s exact bytes behind a prefix
//!   that no other signature has;
//! - for each item that is in it its file, `items/00001-receipt.asc`, and its salt, `salts/00001`;
//! - `cover.html`, an item too: what the bundle is, in English and Russian.
//!
//! The hash of an item is SHA-256 over a prefix, 32 random bytes that are its own (the salt), its length and its bytes. To
//! leave an item out its file and its salt are taken away; its line stays, so the signature still holds. Without the salt
//! the hash says nothing of what was there, not even to whoever guesses it. Its kind and place in the order stay visible:
//! that there was a message, not what it said, nor how long it was.
//!
//! # What it proves
//!
//! That whoever has the secret key made this manifest, and that the items in the file are the ones it lists. The key is of
//! one account of one installation and lies in that account's encrypted store; two accounts of a person have two keys, so
//! bundles do not link them. It does not prove who that is, that the clock was right, or that the other side wrote what is
//! shown as its words. Receipts in it are proofs of their own: they are verified against the marketplace's key again.
//!
//! # Hostile files
//!
//! Sizes, numbers, names and the ratio of decompression are bounded; anything but the one form of the archive is refused
//! (gaps, overlaps, other local than central headers, names twice but for case, a comment, data before or behind); nothing
//! that is in an item is unpacked further.

mod archive;
mod check;
mod cover;
mod manifest;
mod writer;

use jiff::Timestamp;

use crate::verdict::{Refusal, Signed};

pub use check::check;
pub use writer::{BundleKey, BundleWriter, SALT, leave_out};

/// Largest file that is read or made, bytes.
pub const MAX_BUNDLE_BYTES: usize = 256 * 1024 * 1024;
/// Most that a bundle unpacks to, bytes.
pub const MAX_UNPACKED_BYTES: u64 = 512 * 1024 * 1024;
/// Largest item, bytes: the largest picture that the marketplace takes (marketplace reference, section 10.2) and to spare.
pub const MAX_ITEM_BYTES: u64 = 16 * 1024 * 1024;
/// Most items, the cover among them.
pub const MAX_ITEMS: usize = 20_000;
/// Largest manifest, bytes.
pub const MAX_MANIFEST_BYTES: u64 = 8 * 1024 * 1024;

/// What a bundle is about, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// When it was made, by the clock of whoever made it.
    pub made: Timestamp,
    /// By which program. A stranger's text.
    pub app: String,
    /// About what.
    pub subject: Subject,
}

/// What a bundle is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// A payment or a deal.
    pub kind: SubjectKind,
    /// Its number, at least 1.
    pub number: u64,
    /// Address of the marketplace. A stranger's text.
    pub marketplace: String,
    /// Login name there of whoever made it. A stranger's text.
    pub login: String,
}

/// Kinds of subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    /// A payment.
    Payment,
    /// A deal.
    Deal,
}

impl SubjectKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Payment, Self::Deal];

    /// Its word in the manifest.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Deal => "deal",
        }
    }
}

/// Kinds of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    /// The page for people.
    Cover,
    /// A payment confirmation as it was first received.
    Receipt,
    /// A payment as the marketplace gave it.
    Payment,
    /// What the marketplace said of a payment over time.
    Said,
    /// Where the marketplace contradicted itself.
    Notices,
    /// A message.
    Message,
    /// A picture of a message.
    Picture,
    /// A deal with its steps.
    Deal,
    /// An operation of the journal with its steps.
    Operation,
}

impl ItemKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Cover,
        Self::Receipt,
        Self::Payment,
        Self::Said,
        Self::Notices,
        Self::Message,
        Self::Picture,
        Self::Deal,
        Self::Operation,
    ];

    /// Its word in the manifest.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cover => "cover",
            Self::Receipt => "receipt",
            Self::Payment => "payment",
            Self::Said => "said",
            Self::Notices => "notices",
            Self::Message => "message",
            Self::Picture => "picture",
            Self::Deal => "deal",
            Self::Operation => "operation",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Cover => "html",
            Self::Receipt => "asc",
            Self::Picture => "jpg",
            _ => "json",
        }
    }
}

/// Where an item's file is. It follows from number and kind, so it says nothing more than these.
fn path_of(number: u32, kind: ItemKind) -> String {
    match kind {
        ItemKind::Cover => COVER.to_owned(),
        _ => format!("items/{number:05}-{}.{}", kind.word(), kind.ending()),
    }
}

/// Where an item's salt is.
fn salt_path(number: u32) -> String {
    format!("salts/{number:05}")
}

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "signature";
const COVER: &str = "cover.html";

/// What the check of a bundle says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleReport {
    /// The key that signed it: 64 hexadecimal digits, upper-case.
    pub key: String,
    /// What it is about.
    pub head: Head,
    /// Every item of the manifest, in order.
    pub items: Vec<CheckedItem>,
    /// Files in the archive that the manifest does not know. Strangers' names.
    pub strangers: Vec<String>,
    /// The receipts in it that are intact, verified again.
    pub receipts: Vec<CheckedReceipt>,
    /// All in one word.
    pub verdict: BundleVerdict,
}

/// An item, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedItem {
    /// Its number.
    pub number: u32,
    /// What it is.
    pub kind: ItemKind,
    /// Its file.
    pub path: String,
    /// How it was found.
    pub state: ItemState,
}

/// How an item was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemState {
    /// As it was signed.
    Intact,
    /// Left out with its salt.
    LeftOut,
    /// Other bytes than were signed.
    Altered,
    /// Its file or its salt is not there, and the other one is: nothing can be said of it.
    Missing,
}

/// A receipt of a bundle, verified again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedReceipt {
    /// Number of the item.
    pub item: u32,
    /// What came of it.
    pub result: Result<Signed, Refusal>,
}

/// A bundle in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BundleVerdict {
    /// Everything is there as it was signed.
    Whole,
    /// What is there is as it was signed; something was left out.
    Parts,
    /// Something was altered, is half there, or was put in.
    Altered,
}

/// Why a file is no bundle at all, or cannot be made into one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// More bytes than any bundle has.
    #[error("larger than any bundle")]
    TooLarge,
    /// Unpacks to more than any bundle does.
    #[error("unpacks to more than any bundle")]
    UnpacksToTooMuch,
    /// More items than a bundle may have.
    #[error("more items than a bundle may have")]
    TooManyItems,
    /// Not a zip archive in the one form that bundles have.
    #[error("not an archive in the form of bundles")]
    Archive,
    /// No manifest, or not one that we read.
    #[error("the manifest is missing or not understood")]
    Manifest,
    /// Made by a newer Kvit.
    #[error("a bundle of format {0}")]
    Newer(u32),
    /// The manifest is not signed by the key that it names.
    #[error("the signature does not fit")]
    Signature,
    /// Something in it was altered: no part of it is given on.
    #[error("the bundle was altered")]
    Altered,
    /// No item of that number is in it.
    #[error("no item {0}")]
    NoSuchItem(u32),
}

impl BundleFault {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::UnpacksToTooMuch => "unpacks-to-too-much",
            Self::TooManyItems => "too-many-items",
            Self::Archive => "archive",
            Self::Manifest => "manifest",
            Self::Newer(_) => "newer",
            Self::Signature => "signature",
            Self::Altered => "altered",
            Self::NoSuchItem(_) => "no-such-item",
        }
    }
}
