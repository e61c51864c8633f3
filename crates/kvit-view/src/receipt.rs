//! The archive of receipts.

use kvit_engine as engine;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    payment::Direction,
    person::time,
    proof::{Seal, SealState, groups},
};

/// What of the archive is wanted.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptsQuery {
    /// Number or part of a name; empty: all.
    pub text: String,
    /// First row.
    pub from: u32,
    /// So many rows, at most 100.
    pub count: u32,
}

/// A window of the archive, newest payment first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptsPage {
    /// The rows.
    pub rows: Vec<ReceiptRow>,
    /// Place of the first of them.
    pub from: u32,
    /// Rows of the whole archive that fit.
    pub total: u32,
}

/// A receipt in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptRow {
    /// The payment.
    pub payment: String,
    /// Which way the money went.
    pub direction: Direction,
    /// The other side. A stranger's text.
    pub person: String,
    /// Satoshi.
    pub sats: String,
    /// When the payment was made.
    pub created: String,
    /// When the receipt was first seen and verified here.
    pub first_seen: String,
    /// How the payment's confirmation was checked last.
    pub seal: SealState,
}

/// A receipt, checked again just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptDetail {
    /// Its row.
    pub row: ReceiptRow,
    /// The check against the copy of the payment.
    pub seal: Seal,
    /// When it was checked.
    pub checked: String,
    /// The signed text exactly as received.
    pub raw: String,
    /// Fingerprint of the key it was verified with, in groups of four.
    pub key_groups: Vec<String>,
    /// That key is the one that is pinned today.
    pub pinned: bool,
}

/// What a payment says of its archived receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptBrief {
    /// When it was first seen and verified here.
    pub first_seen: String,
    /// Fingerprint of the key it was verified with, in groups of four.
    pub key_groups: Vec<String>,
}

impl From<&engine::ReceiptsPage> for ReceiptsPage {
    fn from(page: &engine::ReceiptsPage) -> Self {
        Self {
            rows: page.receipts.iter().map(ReceiptRow::from).collect(),
            from: page.from,
            total: page.total,
        }
    }
}

impl From<&engine::ListedReceipt> for ReceiptRow {
    fn from(listed: &engine::ListedReceipt) -> Self {
        let receipt = &listed.receipt;
        let direction = listed
            .direction
            .unwrap_or(kvit_domain::payment::Direction::FromMe);
        Self {
            payment: receipt.payment.to_string(),
            direction: direction.into(),
            person: match direction {
                kvit_domain::payment::Direction::FromMe => receipt.owner.clone(),
                kvit_domain::payment::Direction::ToMe => receipt.payer.clone(),
            },
            sats: receipt.amount.to_string(),
            created: time(receipt.created),
            first_seen: time(receipt.first_seen),
            seal: listed.mark.into(),
        }
    }
}

impl From<&engine::OpenReceipt> for ReceiptDetail {
    fn from(open: &engine::OpenReceipt) -> Self {
        let receipt = &open.row.receipt;
        Self {
            row: (&open.row).into(),
            seal: Seal::from(&open.seal),
            checked: time(open.checked),
            raw: receipt.text.clone(),
            key_groups: groups(&receipt.key),
            pinned: open.pinned,
        }
    }
}
