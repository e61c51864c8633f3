//! Refunds: what giving back costs, and the invoices that do it (marketplace reference, section 9).

use kvit_domain::Timestamp;
use kvit_engine as engine;
use serde::Serialize;
use specta::Type;

use crate::{fault::Fault, operation::OperationCard};
use crate::{
    invoice::{FiatSum, InvoiceCard},
    payment::PaymentDetail,
    person::{PersonCard, time},
};

/// A payment that its seller may give back, and what that costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RefundDesk {
    /// The payment.
    pub payment: String,
    /// Who bought.
    pub buyer: PersonCard,
    /// Pieces bought.
    pub bought: u32,
    /// Pieces given back.
    pub refunded: u32,
    /// Pieces being given back.
    pub refunding: u32,
    /// Pieces that can be given back.
    pub most: u32,
    /// Pieces of this desk.
    pub pieces: u32,
    /// Satoshi that they cost today; none where that cannot be told.
    pub cost_now_sats: Option<String>,
    /// `cost_now_sats` follows the rate until it is paid.
    pub cost_now_estimated: bool,
    /// When the rate was read.
    pub rate_at: Option<String>,
    /// Satoshi that they cost at the purchase.
    pub cost_then_sats: Option<String>,
    /// What they were priced at, in fiat.
    pub fiat_price: Option<FiatSum>,
    /// Spendable satoshi now; none before the first reading.
    pub balance_sats: Option<String>,
    /// Why nothing, or not so many, can be given back.
    pub obstacle: Option<Fault>,
    /// An operation of a refund of this payment that is not settled.
    pub unknown: Option<OperationCard>,
    /// Refunds that are not paid yet.
    pub open: Vec<RefundCard>,
}

/// A refund that its seller has to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RefundCard {
    /// Its invoice.
    pub invoice: InvoiceCard,
    /// Pieces.
    pub pieces: u32,
    /// Satoshi now.
    pub sats: String,
    /// Payable until.
    pub until: Option<String>,
    /// The refund that was meant: this one was made again by the marketplace's front proxy, and should be withdrawn.
    pub double_of: Option<String>,
    /// The person's payment of it that is pending.
    pub pending: Option<String>,
    /// It can be withdrawn now.
    pub can_withdraw: bool,
}

/// How making a refund ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RefundOutcome {
    /// It is there, and has to be paid.
    Done {
        /// Its invoice.
        invoice: String,
        /// The payment that is given back.
        payment: Box<PaymentDetail>,
        /// Refunds that the marketplace's front proxy made again: to be withdrawn.
        doubles: Vec<String>,
    },
    /// Nothing was made.
    Refused {
        /// Why.
        fault: Fault,
    },
    /// Not known yet.
    Unknown {
        /// What is being found out.
        operation: Box<OperationCard>,
    },
}

impl RefundDesk {
    /// The desk as a screen shows it now; `balance` is what can be spent.
    pub fn new(desk: &engine::RefundDesk, balance: Option<String>, now: Timestamp) -> Self {
        let payment = &desk.payment.payment;
        let (cost, estimated, rate_at) = match &desk.now {
            Some(engine::RefundCost::Exact(amount)) => (Some(amount.to_string()), false, None),
            Some(engine::RefundCost::Estimate { amount, read, .. }) => {
                (Some(amount.to_string()), true, Some(time(*read)))
            }
            None => (None, payment.refund_follows_rate(), None),
        };
        Self {
            payment: payment.id.to_string(),
            buyer: (&payment.buyer).into(),
            bought: desk.bought,
            refunded: desk.refunded,
            refunding: desk.refunding,
            most: desk.most,
            pieces: desk.pieces,
            cost_now_sats: cost,
            cost_now_estimated: estimated,
            rate_at,
            cost_then_sats: desk.then.map(|sats| sats.to_string()),
            fiat_price: desk.fiat.map(FiatSum::from),
            balance_sats: balance,
            obstacle: desk.obstacle.clone().map(Fault::from),
            unknown: desk.unknown.as_ref().map(OperationCard::from),
            open: desk
                .refunds
                .iter()
                .map(|refund| RefundCard::new(refund, now))
                .collect(),
        }
    }
}

impl RefundCard {
    fn new(refund: &engine::Refund, now: Timestamp) -> Self {
        let invoice = &refund.invoice;
        Self {
            // The buyer owns the invoice; the person at this desk is the seller, who pays it.
            invoice: InvoiceCard::new(invoice, false, None, now),
            pieces: invoice.pieces_min,
            sats: invoice.unit.to_string(),
            until: invoice.valid_to.map(time),
            double_of: refund.double_of.map(|id| id.to_string()),
            pending: refund.pending.map(|id| id.to_string()),
            can_withdraw: refund.can_withdraw,
        }
    }
}

impl RefundOutcome {
    /// What was made, as a screen shows it now.
    pub fn made(made: &engine::RefundMade, now: Timestamp) -> Self {
        Self::Done {
            invoice: made.invoice.to_string(),
            payment: Box::new(PaymentDetail::new(&made.payment, now)),
            doubles: made.doubles.iter().map(ToString::to_string).collect(),
        }
    }
}
