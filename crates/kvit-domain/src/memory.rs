//! What the marketplace said earlier, and where it contradicts itself.
//!
//! Some things never change by the marketplace's own rules (section 7.11): a Paid payment stays Paid, its amount and
//! parties stay what they were. Where a later answer says otherwise, both versions are kept and shown.

use jiff::Timestamp;

use crate::{
    id::PaymentId,
    payment::{Payment, PaymentStatus},
    receipt::Receipt,
};

/// What a contradiction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Said {
    /// The status went where no payment goes.
    Status,
    /// The amount.
    Amount,
    /// The number of pieces.
    Pieces,
    /// The invoice it pays.
    Invoice,
    /// When it was made.
    Created,
    /// The buyer's name.
    Buyer,
    /// The seller's name.
    Seller,
    /// Something bought became something else, or is gone.
    Secret,
    /// The confirmation names other values than the kept receipt, or is not good any more.
    Receipt,
    /// The payment itself: it was there, and the marketplace does not list it any more.
    Presence,
}

impl Said {
    /// Everything there is to contradict.
    pub const ALL: [Self; 10] = [
        Self::Status,
        Self::Amount,
        Self::Pieces,
        Self::Invoice,
        Self::Created,
        Self::Buyer,
        Self::Seller,
        Self::Secret,
        Self::Receipt,
        Self::Presence,
    ];
}

/// The marketplace says another thing than before: both, as text. Names and secrets are a stranger's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// About what.
    pub about: Said,
    /// What it said before.
    pub before: String,
    /// What it says now.
    pub after: String,
}

impl Contradiction {
    fn new(about: Said, before: impl ToString, after: impl ToString) -> Self {
        Self {
            about,
            before: before.to_string(),
            after: after.to_string(),
        }
    }
}

/// A contradiction that was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Number here, growing.
    pub number: u64,
    /// The payment.
    pub payment: PaymentId,
    /// What contradicts what.
    pub what: Contradiction,
    /// When it was noticed.
    pub noticed: Timestamp,
    /// The person has seen it.
    pub seen: bool,
}

/// The word of a status, as it is kept and exported.
pub fn status_word(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Pending => "pending",
        PaymentStatus::Paid => "paid",
        PaymentStatus::Canceled => "canceled",
    }
}

/// Where a later copy of a payment contradicts an earlier one.
///
/// Amounts are in satoshi, times RFC 3339. Secrets are compared, not quoted: what was bought is worth money.
pub fn contradictions(before: &Payment, after: &Payment) -> Vec<Contradiction> {
    let mut found = Vec::new();
    if !before.status.may_become(after.status) {
        found.push(Contradiction::new(
            Said::Status,
            status_word(before.status),
            status_word(after.status),
        ));
    }
    let mut compare = |about, before: String, after: String| {
        if before != after {
            found.push(Contradiction::new(about, before, after));
        }
    };
    compare(Said::Amount, before.amount.to_string(), after.amount.to_string());
    compare(Said::Pieces, before.pieces.to_string(), after.pieces.to_string());
    compare(
        Said::Invoice,
        before.invoice.id.to_string(),
        after.invoice.id.to_string(),
    );
    compare(
        Said::Created,
        before.created.to_string(),
        after.created.to_string(),
    );
    compare(Said::Buyer, before.buyer.name.clone(), after.buyer.name.clone());
    compare(
        Said::Seller,
        before.invoice.owner.name.clone(),
        after.invoice.owner.name.clone(),
    );
    // Secrets may be added while a payment becomes Paid; what was handed over stays.
    let changed = before
        .secrets
        .iter()
        .enumerate()
        .filter(|(place, secret)| after.secrets.get(*place) != Some(secret))
        .count();
    if changed > 0 {
        found.push(Contradiction::new(
            Said::Secret,
            before.secrets.len(),
            before.secrets.len().saturating_sub(changed),
        ));
    }
    found
}

/// Where a later verified confirmation contradicts the kept receipt. Bytes, signature time and first sight differ at
/// every read and mean nothing.
pub fn receipt_contradictions(kept: &Receipt, later: &Receipt) -> Vec<Contradiction> {
    let fields = |receipt: &Receipt| {
        [
            ("PaymentId", receipt.payment.to_string()),
            (
                "Pieces",
                receipt
                    .pieces
                    .map_or_else(String::new, |pieces| pieces.to_string()),
            ),
            ("InvoiceId", receipt.invoice.to_string()),
            ("CryptoAmount", receipt.amount.to_btc().to_string()),
            ("CreatedAt", receipt.created.to_string()),
            ("Payer", receipt.payer.clone()),
            ("InvoiceOwner", receipt.owner.clone()),
        ]
    };
    fields(kept)
        .into_iter()
        .zip(fields(later))
        .filter(|((_, before), (_, after))| before != after)
        .map(|((name, before), (_, after))| {
            Contradiction::new(
                Said::Receipt,
                format!("{name}: {before}"),
                format!("{name}: {after}"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::InvoiceId, money::Sats};
    use proptest::prelude::*;

    fn receipt() -> Receipt {
        Receipt {
            payment: PaymentId::new(1207).unwrap(),
            text: "one".into(),
            first_seen: Timestamp::UNIX_EPOCH,
            key: "AB".repeat(20),
            signed: Timestamp::UNIX_EPOCH,
            pieces: Some(2),
            invoice: InvoiceId::new(88).unwrap(),
            amount: Sats::new(240_000).unwrap(),
            created: Timestamp::UNIX_EPOCH,
            payer: "you".into(),
            owner: "shop".into(),
        }
    }

    #[test]
    fn a_receipt_signed_anew_contradicts_nothing() {
        let kept = receipt();
        let later = Receipt {
            text: "two".into(),
            signed: Timestamp::from_second(9).unwrap(),
            first_seen: Timestamp::from_second(9).unwrap(),
            ..receipt()
        };
        assert_eq!(receipt_contradictions(&kept, &later), []);
        let other = Receipt {
            amount: Sats::new(120_000).unwrap(),
            ..receipt()
        };
        let found = receipt_contradictions(&kept, &other);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].before.as_str(), found[0].after.as_str()),
            ("CryptoAmount: 0.00240000", "CryptoAmount: 0.00120000")
        );
    }

    proptest! {
        #[test]
        fn every_field_of_a_receipt_counts(field in 0usize..7) {
            let kept = receipt();
            let mut later = receipt();
            match field {
                0 => later.payment = PaymentId::new(1).unwrap(),
                1 => later.pieces = None,
                2 => later.invoice = InvoiceId::new(1).unwrap(),
                3 => later.amount = Sats::ZERO,
                4 => later.created = Timestamp::from_second(1).unwrap(),
                5 => later.payer = "someone".into(),
                _ => later.owner = "someone".into(),
            }
            prop_assert_eq!(receipt_contradictions(&kept, &later).len(), 1);
        }
    }
}
