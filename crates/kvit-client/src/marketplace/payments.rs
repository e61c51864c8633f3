//! Payments: looking at them, making them, canceling them.
//!
//! Every call here that makes or cancels a payment is sent at most once. A fault of one that says
//! [`Fault::may_hide_success`] is silence: look (section 7.9) before anything else is done about that invoice.

use kvit_domain::{
    advertisement::{Advertisement, FiatChoice},
    fault::{Fault, FaultCode},
    id::{AdvertisementId, InvoiceId, PaymentId},
    payment::{Direction, Payment},
};
use kvit_wire::{Path, Reason, WireFault, advertisement, payment};

use super::Marketplace;

/// Which payments to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentsFilter {
    /// Only this one.
    pub payment: Option<PaymentId>,
    /// Only those of a direction.
    pub direction: Option<Direction>,
    /// Only those with smaller numbers: the way to the next page (section 7.1).
    pub before: Option<PaymentId>,
    /// At most so many, 1 to 100; brought within.
    pub count: u32,
}

impl Default for PaymentsFilter {
    /// The newest 30, both ways.
    fn default() -> Self {
        Self {
            payment: None,
            direction: None,
            before: None,
            count: 30,
        }
    }
}

impl Marketplace {
    /// Payments, newest first (GetInvoicePayments).
    ///
    /// A server that answers with payments outside the page asked for is malformed: whoever pages by the smallest
    /// number would never come to an end.
    pub async fn payments(&self, filter: PaymentsFilter) -> Result<Vec<Payment>, Fault> {
        let PaymentsFilter {
            payment,
            direction,
            before,
            count,
        } = filter;
        let mut payments = self
            .read(
                "GetInvoicePayments",
                || payment::list_request(payment, direction, before, count),
                |mut api, request| async move { api.get_invoice_payments(request).await },
                |message| {
                    let payments = payment::read_list(message)?;
                    within(&payments, payment, before)?;
                    Ok(payments)
                },
            )
            .await?;
        payments.sort_by_key(|payment| std::cmp::Reverse(payment.id));
        Ok(payments)
    }

    /// One payment. [`FaultCode::PaymentNotFound`] if it does not exist or is not the person's.
    pub async fn payment(&self, id: PaymentId) -> Result<Payment, Fault> {
        let filter = PaymentsFilter {
            payment: Some(id),
            count: 1,
            ..PaymentsFilter::default()
        };
        let found = self.payments(filter).await?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| FaultCode::PaymentNotFound.into())
    }

    /// Pays from the balance (PayInvoiceFromBalance). The payment that comes back is paid already.
    pub async fn pay_from_balance(&self, invoice: InvoiceId, pieces: u32) -> Result<Payment, Fault> {
        some_pieces(pieces)?;
        self.act(
            "PayInvoiceFromBalance",
            payment::from_balance_request(invoice, pieces),
            |mut api, request| async move { api.pay_invoice_from_balance(request).await },
            |message| of_invoice(payment::read(message, &Path::ROOT)?, invoice),
        )
        .await
    }

    /// Starts a deal on the best-priced advertisement (PayInvoiceByBestDeal). A pending payment of the person on
    /// the same invoice comes back unchanged instead, whatever was asked for (section 7.2): compare.
    pub async fn pay_by_best_deal(
        &self,
        invoice: InvoiceId,
        pieces: u32,
        choice: &FiatChoice,
    ) -> Result<Payment, Fault> {
        some_pieces(pieces)?;
        self.act(
            "PayInvoiceByBestDeal",
            payment::by_best_deal_request(invoice, pieces, choice),
            |mut api, request| async move { api.pay_invoice_by_best_deal(request).await },
            |message| of_invoice(payment::read(message, &Path::ROOT)?, invoice),
        )
        .await
    }

    /// Starts a deal on this advertisement (PayInvoiceByDeal). About what comes back see
    /// [`Self::pay_by_best_deal`].
    pub async fn pay_by_deal(
        &self,
        invoice: InvoiceId,
        pieces: u32,
        advertisement: AdvertisementId,
    ) -> Result<Payment, Fault> {
        some_pieces(pieces)?;
        self.act(
            "PayInvoiceByDeal",
            payment::by_deal_request(invoice, pieces, advertisement),
            |mut api, request| async move { api.pay_invoice_by_deal(request).await },
            |message| of_invoice(payment::read(message, &Path::ROOT)?, invoice),
        )
        .await
    }

    /// Advertisements that fit a purchase, best price first (GetInvoiceSuitableAdvertisements); `count` is brought
    /// within 1 to 100. Reserves nothing. Only those that sell bitcoin: the server lets a purchase be tried on
    /// others too (section 7.6).
    pub async fn suitable_advertisements(
        &self,
        invoice: InvoiceId,
        pieces: u32,
        choice: &FiatChoice,
        skip: u32,
        count: u32,
    ) -> Result<Vec<Advertisement>, Fault> {
        some_pieces(pieces)?;
        let mut found = self
            .read(
                "GetInvoiceSuitableAdvertisements",
                || advertisement::suitable_request(invoice, pieces, choice, skip, count),
                |mut api, request| async move { api.get_invoice_suitable_advertisements(request).await },
                advertisement::read_list,
            )
            .await?;
        found.retain(|ad| !ad.owner_buys);
        Ok(found)
    }

    /// Cancels a pending payment, with its deal if it has one (CancelInvoicePayment).
    pub async fn cancel_payment(&self, id: PaymentId) -> Result<Payment, Fault> {
        self.act(
            "CancelInvoicePayment",
            payment::cancel_request(id),
            |mut api, request| async move { api.cancel_invoice_payment(request).await },
            |message| {
                let payment = payment::read(message, &Path::ROOT)?;
                if payment.id == id {
                    Ok(payment)
                } else {
                    Err(Path::ROOT.field("Id").fault(Reason::Value))
                }
            },
        )
        .await
    }
}

/// A purchase has pieces; the server's answer to none would be an argument error.
fn some_pieces(pieces: u32) -> Result<(), Fault> {
    if pieces == 0 {
        return Err(Fault::new(FaultCode::TooFewPieces).with("min", 1));
    }
    Ok(())
}

/// A payment of another invoice is no answer to this purchase.
fn of_invoice(payment: Payment, invoice: InvoiceId) -> Result<Payment, WireFault> {
    if payment.invoice.id == invoice {
        Ok(payment)
    } else {
        Err(Path::ROOT.field("Invoice").field("Id").fault(Reason::Value))
    }
}

fn within(
    payments: &[Payment],
    exact: Option<PaymentId>,
    before: Option<PaymentId>,
) -> Result<(), WireFault> {
    let stray = payments.iter().position(|payment| {
        exact.is_some_and(|id| payment.id != id) || before.is_some_and(|bound| payment.id >= bound)
    });
    match stray {
        None => Ok(()),
        Some(index) => Err(Path::ROOT
            .field("Payments")
            .item(index)
            .field("Id")
            .fault(Reason::Value)),
    }
}
