//! Invoices and what stands in the way of paying them.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{
    fault::{Fault, FaultCode},
    id::{InvoiceId, PaymentId, UserId},
    money::{Currency, Sats},
    person::{Person, Profile},
    picture::PictureId,
};

/// Status as the caller sees it (section 6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvoiceStatus {
    /// Can be paid.
    Active,
    /// A payment is pending (private only).
    PendingPay,
    /// Stock reserved or gone.
    NoPieces,
    /// Paid, or sold out.
    Payed,
    /// Deleted.
    Deleted,
}

/// Its price as the seller set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoicePrice {
    /// BTC; never moves.
    Crypto,
    /// Fiat; the BTC amount follows the rate.
    Fiat(Decimal),
}

/// An invoice (section 5.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Number.
    pub id: InvoiceId,
    /// One named buyer; none: anybody.
    pub target: Option<Person>,
    /// For one named buyer, paid once.
    pub private: bool,
    /// Price as set.
    pub price: InvoicePrice,
    /// Its fiat currency, given for BTC prices too.
    pub currency: Currency,
    /// BTC now: for one piece (public) or for all (private).
    pub unit: Sats,
    /// What the seller says of it. A stranger's text.
    pub comment: String,
    /// Fewest pieces at once.
    pub pieces_min: u32,
    /// Most pieces at once; the stock left when `limited`.
    pub pieces_max: u32,
    /// `pieces_max` is a stock.
    pub limited: bool,
    /// Status.
    pub status: InvoiceStatus,
    /// Received so far.
    pub total_paid: Sats,
    /// Completed payments.
    pub payments: u32,
    /// Seller.
    pub owner: Person,
    /// Made.
    pub created: Timestamp,
    /// Private: payable until.
    pub valid_to: Option<Timestamp>,
    /// It pays back this payment.
    pub refund_of: Option<PaymentId>,
    /// Sold by the marketplace itself.
    pub service: bool,
    /// Pictures that it shows.
    pub pictures: Vec<PictureId>,
}

impl Invoice {
    /// Is it this user's?
    pub fn is_owned_by(&self, user: UserId) -> bool {
        self.owner.id == user
    }

    /// The number of pieces a payment of it will really have: private ones count as one piece, refunds have a
    /// fixed number (section 7.2).
    pub fn effective_pieces(&self, asked: u32) -> u32 {
        if self.refund_of.is_some() {
            self.pieces_min
        } else if self.private {
            1
        } else {
            asked
        }
    }

    /// What so many pieces cost now. A private invoice's price is the whole sum already (section 6.1).
    pub fn total(&self, pieces: u32) -> Option<Sats> {
        if self.private {
            Some(self.unit)
        } else {
            self.unit.times(pieces)
        }
    }

    /// What stands in the way of this person paying so many pieces now, by the server's rules in its order
    /// (section 7.2), plus the expiry that the server may forget (section 20, row 26).
    pub fn obstacle(&self, payer: &Profile, pieces: u32, now: Timestamp) -> Option<Fault> {
        match self.status {
            InvoiceStatus::Active | InvoiceStatus::PendingPay => {}
            InvoiceStatus::NoPieces => return Some(FaultCode::InvoiceSoldOut.into()),
            InvoiceStatus::Payed if !self.private => return Some(FaultCode::InvoiceSoldOut.into()),
            InvoiceStatus::Payed | InvoiceStatus::Deleted => return Some(FaultCode::InvoiceNotActive.into()),
        }
        if self.is_expired(now) {
            return Some(FaultCode::InvoiceExpired.into());
        }
        if self.is_owned_by(payer.id) {
            return Some(FaultCode::OwnInvoice.into());
        }
        if !self.private {
            if pieces > self.pieces_max {
                return Some(Fault::new(FaultCode::TooManyPieces).with("max", self.pieces_max));
            }
            if pieces < self.pieces_min.max(1) {
                return Some(Fault::new(FaultCode::TooFewPieces).with("min", self.pieces_min.max(1)));
            }
        }
        if self.private && payer.anonymous {
            return Some(FaultCode::PrivateForAnonymous.into());
        }
        None
    }

    /// A private invoice past its time.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.private && self.valid_to.is_some_and(|end| end <= now)
    }
}
