//! Payments of invoices (marketplace reference, section 7).

use serde::{Deserialize, Serialize};

use super::advertisements::Wanted;
use super::events::What;
use super::invoices::{Invoice, InvoiceStatus};
use super::users::Search;
use super::{Books, MARKETPLACE};
use crate::clock::Moment;
use crate::money::Sats;
use crate::refusal::{Refusal, require_between, require_positive};
use crate::table::Row;

/// Status of a payment; numbers are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PaymentStatus {
    Pending,
    Paid,
    Canceled,
}

impl PaymentStatus {
    /// The contract's number.
    pub(crate) fn number(self) -> i32 {
        match self {
            PaymentStatus::Pending => 0,
            PaymentStatus::Paid => 1,
            PaymentStatus::Canceled => 2,
        }
    }
}

/// One purchase on an invoice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub id: u64,
    /// The buyer.
    pub owner: u64,
    pub invoice: u64,
    /// The seller.
    pub seller: u64,
    /// Fixed at creation: the price then, times pieces.
    pub amount: Sats,
    pub pieces: u32,
    /// What the seller will be charged when it becomes Paid.
    pub fee: Sats,
    pub created_at: Moment,
    pub status: PaymentStatus,
    pub deal: Option<u64>,
    /// Public invoices: as they were when the payment was created, before the stock was lowered.
    pub snapshot: Option<Invoice>,
    /// Pieces given back.
    #[serde(default)]
    pub refunded: u32,
    /// Pieces that open refund invoices will give back.
    #[serde(default)]
    pub refunding: u32,
    /// Refund invoices made for it, open, paid or withdrawn.
    #[serde(default)]
    pub refunds: Vec<u64>,
    /// Number of the buyer's feedback about the seller.
    #[serde(default)]
    pub owner_feedback: Option<u64>,
    /// Number of the seller's feedback about the buyer.
    #[serde(default)]
    pub seller_feedback: Option<u64>,
}

impl Row for Payment {
    const TABLE: &'static str = "payments";
}

/// Which ad shall fund a payment.
#[derive(Clone, Debug)]
pub(crate) enum By {
    /// The cheapest that fits.
    Best {
        country: String,
        currency: String,
        payment_type: String,
    },
    /// This one.
    Advertisement(u64),
}

/// What the first half of a pay call came to.
enum Begun {
    /// The caller's pending payment on the same invoice.
    Already(u64),
    New(u64),
}

impl Books {
    pub(crate) fn payment(&self, id: u64) -> Result<&Payment, Refusal> {
        self.payments.get(id).ok_or(Refusal::PaymentNotFound)
    }

    /// A payment the user made or received.
    pub(crate) fn payment_of(&self, user: u64, id: u64) -> Result<&Payment, Refusal> {
        self.payment(id)
            .ok()
            .filter(|payment| payment.owner == user || payment.seller == user)
            .ok_or(Refusal::PaymentNotFound)
    }

    /// Tells buyer and seller, live, that a payment changed.
    pub(super) fn tell_both(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let payment = self.payment(id)?;
        for user in [payment.owner, payment.seller] {
            self.tell(user, What::PaymentUpdated(id), now);
        }
        Ok(())
    }

    /// The caller's payments, made or received, newest first (reference 7.1).
    pub(crate) fn payments_of(
        &self,
        user: u64,
        id: u64,
        to_me: Option<bool>,
        below: u64,
        count: u32,
    ) -> Result<Vec<u64>, Refusal> {
        require_between("count", count, 1, 100)?;
        let asked_for = |payment: &Payment| match to_me {
            None => payment.owner == user || payment.seller == user,
            Some(true) => payment.seller == user,
            Some(false) => payment.owner == user,
        };
        let bound = if below == 0 { u64::MAX } else { below };
        if id != 0 {
            let found = self
                .payments
                .get(id)
                .filter(|payment| id < bound && asked_for(payment));
            return Ok(found.map(|payment| payment.id).into_iter().collect());
        }
        Ok(self
            .payments
            .below(bound)
            .rev()
            .filter(|(_, payment)| asked_for(payment))
            .map(|(number, _)| number)
            .take(usize::try_from(count).unwrap_or(usize::MAX))
            .collect())
    }

    /// The rules all pay calls share, in their order (reference 7.2).
    fn begin(&mut self, buyer: u64, invoice_id: u64, pieces: u32, now: Moment) -> Result<Begun, Refusal> {
        require_positive("invoiceId", invoice_id)?;
        require_positive("pieces", u64::from(pieces))?;
        let invoice = self.visible_invoice(invoice_id, buyer)?.clone();
        if !matches!(invoice.status, InvoiceStatus::Active | InvoiceStatus::PendingPay) {
            return Err(Refusal::InvoiceNotActive);
        }
        let pending = self.payments.values().find(|payment| {
            payment.invoice == invoice_id
                && payment.owner == buyer
                && payment.status == PaymentStatus::Pending
        });
        if let Some(pending) = pending {
            return Ok(Begun::Already(pending.id));
        }
        if invoice.owner == buyer {
            return Err(Refusal::OwnInvoice);
        }
        let pieces = invoice.pieces_of_payment(pieces);
        if pieces > invoice.pieces_max {
            return Err(Refusal::TooManyPieces(invoice.pieces_max));
        }
        if pieces < invoice.pieces_min {
            return Err(Refusal::TooFewPieces(invoice.pieces_min));
        }
        if invoice.is_private() && self.user(buyer)?.anonymous {
            return Err(Refusal::AnonymousPrivate);
        }
        let fee = if invoice.is_private() {
            Sats::ZERO
        } else {
            Books::public_fee(invoice.current_price, pieces)?
        };
        let id = self.number(|n| &mut n.payment)?;
        self.payments.put(
            id,
            Payment {
                id,
                owner: buyer,
                invoice: invoice_id,
                seller: invoice.owner,
                amount: self.price_of(&invoice, pieces)?,
                pieces,
                fee,
                created_at: now,
                status: PaymentStatus::Pending,
                deal: None,
                snapshot: (!invoice.is_private()).then_some(invoice),
                refunded: 0,
                refunding: 0,
                refunds: Vec::new(),
                owner_feedback: None,
                seller_feedback: None,
            },
        );
        self.reserve(invoice_id, pieces)?;
        Ok(Begun::New(id))
    }

    /// What so many pieces of an invoice cost now. A refund costs its price once, however many pieces it gives back;
    /// the closed exchange multiplied once more (section 20, row 37).
    pub(super) fn price_of(&self, invoice: &Invoice, pieces: u32) -> Result<Sats, Refusal> {
        let whole = invoice.refund_of.is_some() && !self.defects.refunds_charged_again;
        invoice.current_price.times(if whole { 1 } else { pieces })
    }

    /// PayInvoiceFromBalance: paid before the call returns (reference 7.3).
    pub(crate) fn pay_from_balance(
        &mut self,
        buyer: u64,
        invoice: u64,
        pieces: u32,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let Begun::New(id) = self.begin(buyer, invoice, pieces, now)? else {
            return Err(Refusal::PendingPaymentExists);
        };
        self.settle(id, now)?;
        let seller = self.payment(id)?.seller;
        self.tell_and_keep(seller, What::PaymentNew(id), now)?;
        Ok(id)
    }

    /// PayInvoiceByBestDeal and PayInvoiceByDeal: a pending payment and the deal that funds it (7.4, 7.6).
    /// A pending payment of the caller on the invoice is returned unchanged instead.
    pub(crate) fn pay_by_deal(
        &mut self,
        buyer: u64,
        invoice: u64,
        pieces: u32,
        by: By,
        now: Moment,
    ) -> Result<u64, Refusal> {
        if let By::Best {
            country,
            currency,
            payment_type,
        } = &by
        {
            crate::catalog::check_search(country, currency, payment_type)?;
        }
        let id = match self.begin(buyer, invoice, pieces, now)? {
            Begun::Already(id) => return Ok(id),
            Begun::New(id) => id,
        };
        let amount = self.payment(id)?.amount;
        let advertisement = match by {
            By::Advertisement(number) => {
                self.fundable(number, buyer, amount)?;
                number
            }
            By::Best {
                country,
                currency,
                payment_type,
            } => {
                let wanted = Wanted {
                    country,
                    currency,
                    payment_type,
                    amount,
                };
                let best = self
                    .suitable(buyer, &wanted)?
                    .first()
                    .copied()
                    .ok_or(Refusal::NoSuitableAd)?;
                self.remember_search(buyer, wanted)?;
                best
            }
        };
        let deal = self.open_deal(advertisement, buyer, amount, Some(id), now)?;
        self.payments.edit(id).ok_or(Refusal::Internal)?.deal = Some(deal);
        Ok(id)
    }

    /// GetInvoiceSuitableAdvertisements: the ads that fit the whole sum, best price first (7.5; row 38 fixed).
    pub(crate) fn suitable_for_invoice(
        &mut self,
        buyer: u64,
        invoice: u64,
        pieces: u32,
        search: (String, String, String),
    ) -> Result<Vec<u64>, Refusal> {
        let (country, currency, payment_type) = search;
        crate::catalog::check_search(&country, &currency, &payment_type)?;
        require_positive("invoiceId", invoice)?;
        require_positive("pieces", u64::from(pieces))?;
        let invoice = self.visible_invoice(invoice, buyer)?;
        let amount = self.price_of(invoice, invoice.pieces_of_payment(pieces))?;
        let wanted = Wanted {
            country,
            currency,
            payment_type,
            amount,
        };
        let found = self.suitable(buyer, &wanted)?;
        self.remember_search(buyer, wanted)?;
        Ok(found)
    }

    fn remember_search(&mut self, user: u64, wanted: Wanted) -> Result<(), Refusal> {
        let search = Search {
            country: wanted.country,
            currency: wanted.currency,
            payment_type: wanted.payment_type,
            amount: wanted.amount,
        };
        if self.user(user)?.last_sell_search.as_ref() == Some(&search) {
            return Ok(());
        }
        self.edit_user(user, |user| {
            user.last_sell_search = Some(search);
            Ok(())
        })
    }

    /// Makes a pending payment Paid: money, fee, stock, secrets, standing, events, all or nothing.
    pub(crate) fn settle(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let payment = self.payment(id)?.clone();
        if payment.status != PaymentStatus::Pending {
            return Err(Refusal::PaymentNotPending);
        }
        self.debit(payment.owner, payment.amount, Refusal::InsufficientFunds)?;
        self.credit(payment.seller, payment.amount)?;
        self.debit(payment.seller, payment.fee, Refusal::Internal)?;
        self.credit(MARKETPLACE, payment.fee)?;
        self.payments.edit(id).ok_or(Refusal::Internal)?.status = PaymentStatus::Paid;

        let others_pending = self
            .payments
            .values()
            .any(|other| other.invoice == payment.invoice && other.status == PaymentStatus::Pending);
        let invoice = self.invoices.edit(payment.invoice).ok_or(Refusal::Internal)?;
        invoice.payments = invoice.payments.saturating_add(1);
        invoice.total = invoice.total.plus(payment.amount)?;
        let paid_up = invoice.status == InvoiceStatus::PendingPay
            || (invoice.status == InvoiceStatus::NoPieces && !others_pending);
        if paid_up {
            invoice.status = InvoiceStatus::Payed;
        }
        let refunded = invoice.refund_of;
        self.sell_secrets(payment.invoice, id, payment.pieces);
        self.tell_both(id, now)?;
        // A refund is nobody's trade (reference 9.3).
        if let Some(refunded) = refunded {
            return self.refund_paid(refunded, payment.pieces, now);
        }
        self.edit_user(payment.owner, |buyer| {
            buyer.standing.paid = buyer.standing.paid.saturating_add(1);
            buyer.standing.paid_volume = buyer.standing.paid_volume.plus(payment.amount)?;
            Ok(())
        })?;
        self.edit_user(payment.seller, |seller| {
            seller.standing.received = seller.standing.received.saturating_add(1);
            seller.standing.received_volume = seller.standing.received_volume.plus(payment.amount)?;
            Ok(())
        })
    }

    /// CancelInvoicePayment by its buyer (reference 7.9).
    pub(crate) fn cancel_payment(&mut self, user: u64, id: u64, now: Moment) -> Result<(), Refusal> {
        let payment = self.payment(id)?;
        if payment.owner != user {
            return Err(Refusal::PaymentNotFound);
        }
        match (payment.status, payment.deal) {
            (PaymentStatus::Canceled, _) => Err(Refusal::PaymentCanceled),
            (PaymentStatus::Paid, _) => Err(Refusal::AlreadyPaid),
            // The deal takes the payment with it.
            (PaymentStatus::Pending, Some(deal)) => self.cancel_deal(user, deal, now),
            (PaymentStatus::Pending, None) => self.void(id, now),
        }
    }

    /// Makes a pending payment Canceled and returns its stock, once (section 20, row 40).
    pub(crate) fn void(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let payment = self.payments.edit(id).ok_or(Refusal::PaymentNotFound)?;
        if payment.status != PaymentStatus::Pending {
            return Err(Refusal::PaymentNotPending);
        }
        payment.status = PaymentStatus::Canceled;
        let (invoice, pieces) = (payment.invoice, payment.pieces);
        self.unreserve(invoice, pieces)?;
        self.tell_both(id, now)
    }
}
