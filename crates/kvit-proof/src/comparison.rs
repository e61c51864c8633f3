//! A confirmation against the payment at hand, field by field (marketplace reference, section 11.3).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::confirmation::{Confirmation, TYPE};

/// What the marketplace says about a payment, to be compared with what it signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Number of the payment.
    pub payment_id: u64,
    /// Pieces bought; `None` if the invoice is private, since a private confirmation has no such line.
    pub pieces: Option<u32>,
    /// Number of the invoice.
    pub invoice_id: u64,
    /// What the payer paid, in BTC.
    pub amount: Decimal,
    /// When the payment was made. Fractions of a second are ignored: the signed text has none.
    pub created_at: Timestamp,
    /// Login name of the buyer.
    pub payer: String,
    /// Login name of the seller.
    pub invoice_owner: String,
}

/// A field of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// What the text is about.
    Type,
    /// Number of the payment.
    PaymentId,
    /// Pieces of a public invoice.
    Pieces,
    /// Number of the invoice.
    InvoiceId,
    /// Amount in BTC.
    CryptoAmount,
    /// Time of the payment.
    CreatedAt,
    /// The buyer.
    Payer,
    /// The seller.
    InvoiceOwner,
}

impl Field {
    /// The name as the signed text has it, also the stable name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "Type",
            Self::PaymentId => "PaymentId",
            Self::Pieces => "Pieces",
            Self::InvoiceId => "InvoiceId",
            Self::CryptoAmount => "CryptoAmount",
            Self::CreatedAt => "CreatedAt",
            Self::Payer => "Payer",
            Self::InvoiceOwner => "InvoiceOwner",
        }
    }
}

/// One field, signed and said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldComparison {
    /// Which field.
    pub field: Field,
    /// The signed value; `None` if the text has no such line. Amounts in BTC, times as RFC 3339 in UTC.
    pub signed: Option<String>,
    /// The marketplace's value in the same notation; `None` if there is none.
    pub said: Option<String>,
    /// Whether they are equal: amounts as numbers, times to the whole second.
    pub matches: bool,
}

/// The notation shared by both sides of a comparison.
pub(crate) fn time_text(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// Compares every field, in the order of the text. `Pieces` is left out only where neither side has any.
pub(crate) fn compare(signed: &Confirmation, said: &Facts) -> Vec<FieldComparison> {
    let said_at = whole_second(said.created_at);
    let mut fields = vec![
        // A confirmation of another type is not read at all.
        field(Field::Type, TYPE.to_owned(), TYPE.to_owned(), true),
        field(
            Field::PaymentId,
            signed.payment_id.to_string(),
            said.payment_id.to_string(),
            signed.payment_id == said.payment_id,
        ),
    ];
    if signed.pieces.is_some() || said.pieces.is_some() {
        fields.push(FieldComparison {
            field: Field::Pieces,
            signed: signed.pieces.map(|pieces| pieces.to_string()),
            said: said.pieces.map(|pieces| pieces.to_string()),
            matches: signed.pieces == said.pieces,
        });
    }
    fields.extend([
        field(
            Field::InvoiceId,
            signed.invoice_id.to_string(),
            said.invoice_id.to_string(),
            signed.invoice_id == said.invoice_id,
        ),
        field(
            Field::CryptoAmount,
            signed.amount.normalize().to_string(),
            said.amount.normalize().to_string(),
            signed.amount == said.amount,
        ),
        field(
            Field::CreatedAt,
            time_text(signed.created_at),
            time_text(said_at),
            signed.created_at == said_at,
        ),
        field(
            Field::Payer,
            signed.payer.clone(),
            said.payer.clone(),
            signed.payer == said.payer,
        ),
        field(
            Field::InvoiceOwner,
            signed.invoice_owner.clone(),
            said.invoice_owner.clone(),
            signed.invoice_owner == said.invoice_owner,
        ),
    ]);
    fields
}

fn field(field: Field, signed: String, said: String, matches: bool) -> FieldComparison {
    FieldComparison {
        field,
        signed: Some(signed),
        said: Some(said),
        matches,
    }
}

/// Cuts the fraction, toward the past.
fn whole_second(time: Timestamp) -> Timestamp {
    let second = time.as_nanosecond().div_euclid(1_000_000_000);
    i64::try_from(second)
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok())
        .unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair() -> (Confirmation, Facts) {
        let created_at = Timestamp::constant(1_615_815_907, 0);
        let signed = Confirmation {
            payment_id: 1207,
            pieces: Some(2),
            invoice_id: 88,
            amount: Decimal::new(24, 4),
            created_at,
            payer: "alice".to_owned(),
            invoice_owner: "shop-1".to_owned(),
        };
        let said = Facts {
            payment_id: 1207,
            pieces: Some(2),
            invoice_id: 88,
            amount: Decimal::new(240_000, 8),
            created_at: created_at
                .saturating_add(jiff::SignedDuration::from_nanos(999_999_999))
                .unwrap(),
            payer: "alice".to_owned(),
            invoice_owner: "shop-1".to_owned(),
        };
        (signed, said)
    }

    fn mismatches(signed: &Confirmation, said: &Facts) -> Vec<Field> {
        compare(signed, said)
            .into_iter()
            .filter(|field| !field.matches)
            .map(|field| field.field)
            .collect()
    }

    #[test]
    fn equal_as_numbers_and_to_the_second() {
        let (signed, said) = pair();
        let fields = compare(&signed, &said);
        assert!(
            fields
                .iter()
                .all(|field| field.matches && field.signed == field.said),
            "{fields:?}"
        );
        let names: Vec<_> = fields.iter().map(|field| field.field.name()).collect();
        let order = "Type PaymentId Pieces InvoiceId CryptoAmount CreatedAt Payer InvoiceOwner";
        assert_eq!(names.join(" "), order);
    }

    #[test]
    fn each_field_counts() {
        let (signed, said) = pair();
        let second = jiff::SignedDuration::from_secs(1);
        let cases = [
            (
                Facts {
                    payment_id: 1208,
                    ..said.clone()
                },
                Field::PaymentId,
            ),
            (
                Facts {
                    pieces: Some(3),
                    ..said.clone()
                },
                Field::Pieces,
            ),
            (
                Facts {
                    pieces: None,
                    ..said.clone()
                },
                Field::Pieces,
            ),
            (
                Facts {
                    invoice_id: 89,
                    ..said.clone()
                },
                Field::InvoiceId,
            ),
            (
                Facts {
                    amount: said.amount + Decimal::new(1, 8),
                    ..said.clone()
                },
                Field::CryptoAmount,
            ),
            (
                Facts {
                    amount: -said.amount,
                    ..said.clone()
                },
                Field::CryptoAmount,
            ),
            (
                Facts {
                    created_at: said.created_at + second,
                    ..said.clone()
                },
                Field::CreatedAt,
            ),
            (
                Facts {
                    created_at: said.created_at - second,
                    ..said.clone()
                },
                Field::CreatedAt,
            ),
            (
                Facts {
                    payer: "Alice".to_owned(),
                    ..said.clone()
                },
                Field::Payer,
            ),
            (
                Facts {
                    invoice_owner: "shop-2".to_owned(),
                    ..said.clone()
                },
                Field::InvoiceOwner,
            ),
        ];
        for (other, field) in cases {
            assert_eq!(mismatches(&signed, &other), [field]);
        }
        let private = Confirmation {
            pieces: None,
            ..signed
        };
        assert_eq!(mismatches(&private, &said), [Field::Pieces]);
        let both_private = Facts { pieces: None, ..said };
        assert_eq!(compare(&private, &both_private).len(), 7);
        assert_eq!(mismatches(&private, &both_private), []);
    }

    proptest! {
        #[test]
        fn whole_seconds_go_toward_the_past(nanos in -62_000_000_000_i128 * 1_000_000_000..250_000_000_000_i128 * 1_000_000_000) {
            let time = Timestamp::from_nanosecond(nanos).unwrap();
            let whole = whole_second(time);
            let rest = time.as_nanosecond() - whole.as_nanosecond();
            prop_assert!((0..1_000_000_000).contains(&rest));
            prop_assert_eq!(whole.subsec_nanosecond(), 0);
        }
    }
}
