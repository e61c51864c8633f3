//! Payments for invoices.

use jiff::Timestamp;

use crate::{
    deal::Deal,
    feedback::Feedback,
    id::{PaymentId, UserId},
    invoice::Invoice,
    money::Sats,
    person::Person,
    picture::PictureId,
};

/// Status (section 7.11). Paid and Canceled are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    /// Started, waiting for payment.
    Pending,
    /// Complete.
    Paid,
    /// Canceled.
    Canceled,
}

impl PaymentStatus {
    /// May a payment go from here to there? The same again is no change and allowed.
    pub fn may_become(self, next: Self) -> bool {
        self == next || self == Self::Pending
    }
}

/// Which way money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The person is the buyer.
    FromMe,
    /// The person owns the invoice.
    ToMe,
}

/// A payment (section 5.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Number.
    pub id: PaymentId,
    /// Paid or to be paid.
    pub amount: Sats,
    /// Created.
    pub created: Timestamp,
    /// The signed confirmation as the server gave it; `None` until Paid. Signed anew at every read (section 11).
    pub confirmation: Option<String>,
    /// Buyer.
    pub buyer: Person,
    /// The invoice: live for private ones, as of the purchase for public ones.
    pub invoice: Invoice,
    /// The seller's words about the buyer.
    pub seller_feedback: Option<Feedback>,
    /// The buyer's words about the seller.
    pub buyer_feedback: Option<Feedback>,
    /// Status.
    pub status: PaymentStatus,
    /// The deal that funds it; buyer only.
    pub deal: Option<Box<Deal>>,
    /// Pieces.
    pub pieces: u32,
    /// It pays a refund invoice.
    pub refund: bool,
    /// Refund invoices made for it; seller only.
    pub refunds: Vec<Invoice>,
    /// Pieces given back.
    pub refunded: u32,
    /// Pieces being given back.
    pub refunding: u32,
    /// Promise with the change, bearer money: never printed. Buyer only.
    pub change_promise: Option<BearerText>,
    /// Secrets bought.
    pub secrets: Vec<Secret>,
    /// Lightning request to pay; buyer only.
    pub lightning_request: Option<String>,
}

impl Payment {
    /// Which way, for this user.
    pub fn direction(&self, me: UserId) -> Direction {
        if self.invoice.is_owned_by(me) {
            Direction::ToMe
        } else {
            Direction::FromMe
        }
    }

    /// The other side, for this user.
    pub fn counterparty(&self, me: UserId) -> &Person {
        match self.direction(me) {
            Direction::FromMe => &self.invoice.owner,
            Direction::ToMe => &self.buyer,
        }
    }

    /// May this user cancel it now? The buyer, while Pending, unless its deal forbids (section 7.9).
    pub fn can_cancel(&self, me: UserId, now: Timestamp) -> bool {
        self.status == PaymentStatus::Pending
            && self.buyer.id == me
            && self.deal.as_deref().is_none_or(|deal| deal.can_cancel(now))
    }
}

/// Something bought. A stranger's text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Text.
    pub text: String,
    /// Link.
    pub url: Option<String>,
    /// Pictures that belong to it.
    pub pictures: Vec<PictureId>,
}

impl std::fmt::Debug for Secret {
    /// What was bought is worth money: it does not belong in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Text that is money to whoever holds it. Cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerText(String);

impl BearerText {
    /// Keep a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself; say at the call why it is needed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for BearerText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paid_and_canceled_are_final() {
        use PaymentStatus::*;
        for (from, to, allowed) in [
            (Pending, Paid, true),
            (Pending, Canceled, true),
            (Paid, Pending, false),
            (Paid, Canceled, false),
            (Canceled, Paid, false),
            (Canceled, Pending, false),
            (Paid, Paid, true),
        ] {
            assert_eq!(from.may_become(to), allowed, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn bearer_money_does_not_print() {
        assert_eq!(format!("{:?}", BearerText::new("money".into())), "BearerText(..)");
        let secret = Secret {
            text: "Locker 14".into(),
            url: None,
            pictures: Vec::new(),
        };
        assert!(!format!("{secret:?}").contains("14"));
    }
}
