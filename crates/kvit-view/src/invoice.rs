//! Invoices.

use kvit_domain::{
    Timestamp,
    invoice::{self, InvoicePrice},
    money::Fiat,
};
use kvit_engine::PicturePlace;
use serde::Serialize;
use specta::Type;

use crate::{
    person::{PersonCard, time},
    talk::picture_address,
};

/// Fiat sum with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FiatSum {
    /// Exact decimal text, two places.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// Status of an invoice (marketplace reference, section 6.7), plus what the client sees on its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum InvoiceStatus {
    /// Can be paid.
    Active,
    /// A payment on it is pending (private ones).
    PendingPay,
    /// Its stock is reserved or gone.
    NoPieces,
    /// Paid (private) or sold out (limited public).
    Payed,
    /// Deleted.
    Deleted,
    /// Private and past its time.
    Expired,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceCard {
    /// Number.
    pub id: String,
    /// For one named buyer, paid once.
    pub private: bool,
    /// It pays back a payment.
    pub refund_of: Option<String>,
    /// Priced in BTC: its price never moves.
    pub base_crypto: bool,
    /// Satoshi for one piece (public) or for all (private) now.
    pub unit_sats: String,
    /// The price in fiat as the seller set it; none for a BTC price.
    pub fiat_price: Option<FiatSum>,
    /// The unit price in the person's currency by the average rate; an estimate.
    pub fiat_estimate: Option<FiatSum>,
    /// What the seller says of it. A stranger's text.
    pub comment: String,
    /// Fewest pieces at once.
    pub pieces_min: u32,
    /// Most pieces at once.
    pub pieces_max: u32,
    /// `pieces_max` is the stock left.
    pub limited: bool,
    /// Status.
    pub status: InvoiceStatus,
    /// Completed payments.
    pub payments: u32,
    /// Seller.
    pub owner: PersonCard,
    /// It is the person's own.
    pub mine: bool,
    /// Made.
    pub created: String,
    /// Private: payable until.
    pub valid_to: Option<String>,
    /// Addresses of the pictures that it shows.
    pub pictures: Vec<String>,
}

impl From<Fiat> for FiatSum {
    fn from(fiat: Fiat) -> Self {
        Self {
            amount: fiat.amount_text(),
            currency: fiat.currency().to_string(),
        }
    }
}

impl InvoiceCard {
    /// An invoice as this person sees it now.
    pub fn new(invoice: &invoice::Invoice, mine: bool, estimate: Option<Fiat>, now: Timestamp) -> Self {
        use invoice::InvoiceStatus as Status;
        let status = match invoice.status {
            Status::Active | Status::PendingPay if invoice.is_expired(now) => InvoiceStatus::Expired,
            Status::Active => InvoiceStatus::Active,
            Status::PendingPay => InvoiceStatus::PendingPay,
            Status::NoPieces => InvoiceStatus::NoPieces,
            Status::Payed => InvoiceStatus::Payed,
            Status::Deleted => InvoiceStatus::Deleted,
        };
        let fiat_price = match invoice.price {
            InvoicePrice::Crypto => None,
            InvoicePrice::Fiat(amount) => Fiat::new(amount, invoice.currency).ok().map(FiatSum::from),
        };
        Self {
            id: invoice.id.to_string(),
            private: invoice.private,
            refund_of: invoice.refund_of.map(|id| id.to_string()),
            base_crypto: matches!(invoice.price, InvoicePrice::Crypto),
            unit_sats: invoice.unit.to_string(),
            fiat_price,
            fiat_estimate: estimate.map(FiatSum::from),
            comment: invoice.comment.clone(),
            pieces_min: invoice.pieces_min,
            pieces_max: invoice.pieces_max,
            limited: invoice.limited,
            status,
            payments: invoice.payments,
            owner: (&invoice.owner).into(),
            mine,
            created: time(invoice.created),
            valid_to: invoice.valid_to.map(time),
            pictures: invoice
                .pictures
                .iter()
                .map(|picture| picture_address(PicturePlace::Invoice(invoice.id), *picture))
                .collect(),
        }
    }
}
