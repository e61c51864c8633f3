//! Refunds: the seller of a paid payment gives pieces of it back (section 9).

use crate::{
    fault::{Fault, FaultCode},
    id::UserId,
    invoice::{Invoice, InvoicePrice},
    money::{Fiat, Sats},
    payment::{Payment, PaymentStatus},
};

impl Payment {
    /// Pieces that can still be given back: what was bought, less what was and is being given back.
    pub fn refundable(&self) -> u32 {
        self.pieces
            .saturating_sub(self.refunded)
            .saturating_sub(self.refunding)
    }

    /// What stands in the way of this user giving `pieces` back, by the rules of section 9.2, those included that the
    /// marketplace forgets to check (section 20, row 45).
    pub fn refund_obstacle(&self, me: UserId, pieces: u32) -> Option<Fault> {
        if self.refund {
            return Some(FaultCode::RefundOfARefund.into());
        }
        if !self.invoice.is_owned_by(me) {
            return Some(FaultCode::RefundNotYours.into());
        }
        match self.status {
            PaymentStatus::Paid => {}
            PaymentStatus::Pending => return Some(FaultCode::PaymentNotPaid.into()),
            PaymentStatus::Canceled => return Some(FaultCode::PaymentCanceled.into()),
        }
        if self.buyer.anonymous {
            return Some(FaultCode::RefundToAnonymous.into());
        }
        let most = self.refundable();
        if pieces == 0 || pieces > most {
            return Some(Fault::new(FaultCode::RefundTooMany).with("max", most));
        }
        None
    }

    /// What so many pieces cost at the purchase: their share of what was paid, rounded up to whole satoshi.
    pub fn cost_then(&self, pieces: u32) -> Option<Sats> {
        self.amount.share(pieces, self.pieces.max(1))
    }

    /// Does the cost of giving back follow today's rate? Fiat-priced ones do (section 9.2).
    pub fn refund_follows_rate(&self) -> bool {
        matches!(self.invoice.price, InvoicePrice::Fiat(_))
    }

    /// What so many pieces will cost in bitcoin: the price of one at the purchase, so many times. `None` where the price
    /// is in fiat and the cost follows the rate, or beyond all bitcoin there is (section 9.2).
    pub fn refund_cost(&self, pieces: u32) -> Option<Sats> {
        match self.invoice.price {
            InvoicePrice::Crypto => self.invoice.unit.times(pieces),
            InvoicePrice::Fiat(_) => None,
        }
    }

    /// The same in fiat: the price of one at the purchase, so many times; the bitcoin follows today's rate. `None` where
    /// the price is in bitcoin (section 9.2).
    pub fn refund_fiat(&self, pieces: u32) -> Option<Fiat> {
        match self.invoice.price {
            InvoicePrice::Crypto => None,
            InvoicePrice::Fiat(one) => {
                let all = one.checked_mul(pieces.into())?;
                Fiat::new(all, self.invoice.currency).ok()
            }
        }
    }

    /// Does it show a marketplace that charges a refund of several pieces once? One with the defect of section 20, row 37
    /// takes so many times the price. A private invoice keeps its price from the moment it is being paid (section 6.2).
    pub fn was_charged_once(&self) -> bool {
        self.refund
            && self.status == PaymentStatus::Paid
            && self.pieces > 1
            && self.pieces == self.invoice.pieces_min
            && !self.amount.is_zero()
            && self.amount == self.invoice.unit
    }
}

impl Invoice {
    /// What a marketplace with the defect of section 20, row 37 would take for this refund: so many times its amount as
    /// it has pieces. `None` where the defect changes nothing.
    pub fn worst_refund(&self) -> Option<Sats> {
        (self.refund_of.is_some() && self.pieces_min > 1)
            .then(|| self.unit.times(self.pieces_min))
            .flatten()
    }
}
