//! Refunds: a private invoice from the buyer to the seller for pieces of a payment (marketplace reference, section 9).

use super::Books;
use super::events::What;
use super::invoices::{Invoice, InvoiceStatus, Price};
use super::payments::PaymentStatus;
use crate::clock::Moment;
use crate::money::Sats;
use crate::refusal::{Refusal, require_positive};

/// Life of the refund of a purchase on a public invoice, which has none of its own (section 20, row 26); minutes.
const REFUND_TTL_MINUTES: u32 = 43_200;

impl Books {
    /// CreateRefund by the seller. What the closed exchange did not check is checked (section 20, row 45). The number
    /// of the refund invoice.
    pub(crate) fn create_refund(
        &mut self,
        user: u64,
        id: u64,
        pieces: u32,
        now: Moment,
    ) -> Result<u64, Refusal> {
        require_positive("pieces", u64::from(pieces))?;
        let payment = self.discussed_payment(user, id)?.clone();
        if payment.owner == user {
            return Err(Refusal::RefundToSelf);
        }
        if self.user(payment.owner)?.anonymous {
            return Err(Refusal::RefundToAnonymous);
        }
        if payment.status != PaymentStatus::Paid {
            return Err(Refusal::PaymentNotPaid);
        }
        let bought = match payment.snapshot {
            Some(snapshot) => snapshot,
            None => self.invoice(payment.invoice)?.clone(),
        };
        if bought.refund_of.is_some() {
            return Err(Refusal::RefundOfRefund);
        }
        let given_back = payment
            .refunded
            .saturating_add(payment.refunding)
            .saturating_add(pieces);
        if given_back > payment.pieces {
            return Err(Refusal::TooFewPiecesLeft);
        }
        let price = match bought.price {
            Price::Btc(one) => Price::Btc(one.times(pieces)?),
            Price::Fiat(one) => Price::Fiat(one.times(pieces)?),
        };
        let current_price = self.rates()?.in_btc(price, &bought.currency, &bought.variable)?;
        let refund = self.number(|n| &mut n.invoice)?;
        self.invoices.put(
            refund,
            Invoice {
                id: refund,
                owner: payment.owner,
                target: Some(user),
                price,
                currency: bought.currency,
                variable: bought.variable,
                ttl_minutes: match bought.ttl_minutes {
                    0 => REFUND_TTL_MINUTES,
                    minutes => minutes,
                },
                comment: String::new(),
                pieces_min: pieces,
                pieces_max: pieces,
                limited: false,
                status: InvoiceStatus::Active,
                total: Sats::ZERO,
                payments: 0,
                created_at: now,
                fee: Sats::ZERO,
                current_price,
                refund_of: Some(id),
                hidden_from_target: false,
            },
        );
        let row = self.payments.edit(id).ok_or(Refusal::PaymentNotFound)?;
        row.refunding = row.refunding.saturating_add(pieces);
        row.refunds.push(refund);
        self.tell_both(id, now)?;
        Ok(refund)
    }

    /// The pieces of a refund that was paid are refunded.
    pub(super) fn refund_paid(&mut self, refunded: u64, pieces: u32, now: Moment) -> Result<(), Refusal> {
        let payment = self.payments.edit(refunded).ok_or(Refusal::PaymentNotFound)?;
        payment.refunding = payment.refunding.checked_sub(pieces).ok_or(Refusal::Internal)?;
        payment.refunded = payment.refunded.checked_add(pieces).ok_or(Refusal::Internal)?;
        self.tell_both(refunded, now)
    }

    /// The pieces of a refund that will not be paid can be refunded again.
    pub(super) fn refund_withdrawn(
        &mut self,
        refunded: u64,
        pieces: u32,
        now: Moment,
    ) -> Result<(), Refusal> {
        let payment = self.payments.edit(refunded).ok_or(Refusal::PaymentNotFound)?;
        payment.refunding = payment.refunding.checked_sub(pieces).ok_or(Refusal::Internal)?;
        self.tell_both(refunded, now)
    }

    /// DeleteInvoice (reference 6.5). The payment whose refund was withdrawn by it, if it was a refund.
    pub(crate) fn delete_invoice(&mut self, user: u64, id: u64, now: Moment) -> Result<Option<u64>, Refusal> {
        let invoice = self.invoice(id)?.clone();
        let is_target = invoice.target == Some(user);
        if invoice.refund_of.is_some() && !is_target {
            return Err(Refusal::InvoiceNotFound);
        }
        if invoice.owner == user {
            self.delete_own_invoice(&invoice, now)?;
        } else if is_target {
            self.decline_invoice(&invoice, now)?;
        } else if invoice.is_private() || invoice.status == InvoiceStatus::Deleted {
            return Err(Refusal::InvoiceNotFound);
        } else {
            return Err(Refusal::MayNotDeleteInvoice);
        }
        self.forget_invoice(user, id);
        Ok(invoice.refund_of)
    }

    /// By its owner: nobody new can pay it; who is paying already may go on.
    fn delete_own_invoice(&mut self, invoice: &Invoice, now: Moment) -> Result<(), Refusal> {
        if invoice.status == InvoiceStatus::Deleted {
            return Err(Refusal::InvoiceDeleted);
        }
        self.invoice_mut(invoice.id)?.status = InvoiceStatus::Deleted;
        match invoice.target.filter(|_| !invoice.hidden_from_target) {
            Some(target) => self.tell_and_keep(target, What::InvoiceDeleted(invoice.id), now),
            None => Ok(()),
        }
    }

    /// By who was to pay it: hidden from him, and what he was paying is canceled. A refund ends with it, as nobody
    /// else can see it.
    fn decline_invoice(&mut self, invoice: &Invoice, now: Moment) -> Result<(), Refusal> {
        if invoice.hidden_from_target {
            return Err(Refusal::InvoiceDeleted);
        }
        if invoice.status == InvoiceStatus::Deleted {
            return Err(Refusal::InvoiceNotFound);
        }
        let pending: Vec<(u64, u64)> = self
            .payments
            .values()
            .filter(|payment| payment.invoice == invoice.id && payment.status == PaymentStatus::Pending)
            .map(|payment| (payment.owner, payment.id))
            .collect();
        for (payer, payment) in pending {
            self.cancel_payment(payer, payment, now)?;
        }
        self.invoice_mut(invoice.id)?.hidden_from_target = true;
        match invoice.refund_of {
            Some(refunded) if invoice.status != InvoiceStatus::Payed => {
                self.invoice_mut(invoice.id)?.status = InvoiceStatus::Deleted;
                self.refund_withdrawn(refunded, invoice.pieces_min, now)
            }
            _ => Ok(()),
        }
    }
}
