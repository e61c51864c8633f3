//! Giving back: the desk with everything a seller has to see, making a refund, withdrawing it (section 9). It is paid like
//! any invoice (`pay`).

use std::sync::Arc;

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    id::{InvoiceId, PaymentId},
    invoice::{Invoice, InvoiceStatus},
    money::{Fiat, Sats, in_bitcoin},
    payment::{Payment, PaymentStatus},
};

use crate::{
    account::AccountId,
    act::Answer,
    engine::Engine,
    open_account::OpenAccount,
    operation::{Act, Operation, OperationId, create_refund, withdraw_refund},
    operations::in_progress,
    pay::own_payments,
    payments::SeenPayment,
    session::Session,
    shell::{Shell, Topic},
};

/// A payment received, with everything a seller has to see before giving some of it back.
#[derive(Debug, Clone)]
pub struct RefundDesk {
    /// The payment, just read.
    pub payment: Box<SeenPayment>,
    /// Pieces bought.
    pub bought: u32,
    /// Pieces given back.
    pub refunded: u32,
    /// Pieces in refunds that are not paid yet.
    pub refunding: u32,
    /// Pieces that can still be given back.
    pub most: u32,
    /// Pieces chosen.
    pub pieces: u32,
    /// What they cost today.
    pub now: Option<RefundCost>,
    /// What they cost at the purchase.
    pub then: Option<Sats>,
    /// Their price in fiat, where the invoice was priced in fiat.
    pub fiat: Option<Fiat>,
    /// Why they cannot be given back.
    pub obstacle: Option<Fault>,
    /// The open operation on the payment.
    pub unknown: Option<Operation>,
    /// Its refunds, newest first.
    pub refunds: Vec<Refund>,
}

/// What giving back costs today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundCost {
    /// The price was in bitcoin, and does not move.
    Exact(Sats),
    /// The price was in fiat, and the bitcoin follows the rate. The marketplace fixes it when the refund is made, perhaps
    /// by the rate of one exchange; the desk at which it is paid shows what it is then.
    Estimate {
        /// By the average rate.
        amount: Sats,
        /// That rate: the price of one bitcoin.
        rate: Fiat,
        /// When the rate was read.
        read: Timestamp,
    },
}

/// A refund of a payment.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The invoice that the seller pays to give the pieces back.
    pub invoice: Invoice,
    /// The refund that was meant: this one the marketplace made by carrying out the same call again.
    pub double_of: Option<InvoiceId>,
    /// The person's payment of it that is under way.
    pub pending: Option<PaymentId>,
    /// The operation that made it.
    pub operation: Option<OperationId>,
    /// It can be withdrawn: it is neither paid nor being paid.
    pub can_withdraw: bool,
}

/// A refund that was made.
#[derive(Debug, Clone)]
pub struct RefundMade {
    /// The payment it gives back.
    pub payment: Box<SeenPayment>,
    /// The invoice to be paid.
    pub invoice: InvoiceId,
    /// Refunds that the marketplace made besides, by carrying out the same call again: to be withdrawn.
    pub doubles: Vec<InvoiceId>,
}

impl<S: Shell> Engine<S> {
    /// Everything a seller has to see before giving so many pieces back, read now; all that are left where no number is
    /// given.
    ///
    /// # Errors
    /// `PaymentNotFound`, or what stands in the way of reading. What stands in the way of giving back is in the desk.
    pub async fn refund_desk(&self, id: PaymentId, pieces: Option<u32>) -> Result<RefundDesk, Fault> {
        let session = self.session()?;
        session.profile().await?;
        let (seen, own) = tokio::join!(
            self.reread_payment(&session.account, id),
            own_payments(&session.market)
        );
        let (seen, own) = (seen?, own?);
        let account = &session.account;
        let payment = &seen.payment;
        let most = payment.refundable();
        let pieces = pieces.unwrap_or(most);
        let mut obstacle = payment.refund_obstacle(seen.me, pieces);
        if account.operations.in_doubt() {
            // Something of the journal is missing and may still arrive: nothing is begun until it has.
            obstacle = Some(Fault::new(FaultCode::OperationInProgress).money_unknown());
        }
        let (rates_read, rate) = (
            account.ask(|store| store.rates())?.map(|(_, read)| read),
            account.live().rates.average(payment.invoice.currency),
        );
        let fiat = payment.refund_fiat(pieces);
        let estimate = || {
            let (rate, read) = (rate?, rates_read?);
            let amount = in_bitcoin(fiat?, rate)?;
            Some(RefundCost::Estimate { amount, rate, read })
        };
        Ok(RefundDesk {
            bought: payment.pieces,
            refunded: payment.refunded,
            refunding: payment.refunding,
            most,
            pieces,
            now: payment
                .refund_cost(pieces)
                .map(RefundCost::Exact)
                .or_else(estimate),
            then: payment.cost_then(pieces),
            fiat,
            obstacle,
            unknown: account.operations.on_payment(id),
            refunds: refunds_of(account, payment, &own)?,
            payment: Box::new(seen),
        })
    }

    /// Makes a refund of so many pieces, once, if as many can be given back as the person saw. Moves no money: the refund
    /// is paid like an invoice, or withdrawn.
    ///
    /// # Errors
    /// `AccountChanged`; before anything is sent `RefundNotYours`, `PaymentNotPaid`, `PaymentCanceled`,
    /// `RefundToAnonymous`, `RefundOfARefund`, `RefundTooMany`; the refusal; `OperationInProgress`; `OutcomeUnknown`.
    pub async fn create_refund(
        &self,
        account: AccountId,
        id: PaymentId,
        pieces: u32,
        seen_most: u32,
    ) -> Result<RefundMade, Fault> {
        let session = self.session_of(account)?;
        let attempt = session.account.operations.attempt();
        session.profile().await?;
        let before = self.reread_payment(&session.account, id).await?;
        if let Some(fault) = before.payment.refund_obstacle(before.me, pieces) {
            return Err(fault);
        }
        let most = before.payment.refundable();
        if most != seen_most {
            // Somebody gave some of it back, or began to, since the person looked: perhaps the same pieces.
            return Err(Fault::new(FaultCode::RefundTooMany)
                .with("max", most)
                .with("seen", seen_most)
                .with("now", most));
        }
        let (engine, line) = (self.clone(), Arc::clone(&session));
        let call = move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            async move {
                let (payment, refund) = line.market.create_refund(id, pieces).await?;
                let made = refund.id;
                let now = engine.now();
                line.account
                    .keep_behind(move |store| store.keep_invoice(refund, now))
                    .await;
                Ok(Answer {
                    payment: Some(engine.hold_payment(&line.account, payment).await),
                    refund: Some(made),
                    ..Answer::default()
                })
            }
        };
        let intent = create_refund::intent(&before, pieces);
        let happened = self.carry_out(&session, attempt, intent, call).await?;
        self.announce(
            session.account.id,
            &[Topic::Payment(id), Topic::Payments, Topic::App],
        );
        let operation = session.account.operations.get(happened.operation)?;
        // It is made: whatever fails from here on must not say otherwise.
        let payment = self.read_or_recall(&session.account, id).await?;
        let Some((invoice, doubles)) = operation.refunds.split_first() else {
            // Nothing is done without a refund that was seen.
            return Err(FaultCode::Internal.into());
        };
        Ok(RefundMade {
            payment: Box::new(payment),
            invoice: *invoice,
            doubles: doubles.to_vec(),
        })
    }

    /// Withdraws a refund that is neither paid nor being paid; the payment that it was to give back.
    ///
    /// # Errors
    /// `AccountChanged`; `InvoiceNotFound`, `RefundNotOpen`; `PaymentPending` with value `payment` while it is being
    /// paid; the refusal; `OperationInProgress`; `OutcomeUnknown`.
    pub async fn withdraw_refund(&self, account: AccountId, id: InvoiceId) -> Result<SeenPayment, Fault> {
        let session = self.session_of(account)?;
        let attempt = session.account.operations.attempt();
        session.profile().await?;
        let of = self.withdrawable(&session, id).await?;
        let (engine, line) = (self.clone(), Arc::clone(&session));
        let payment = of.payment;
        let call = move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            async move {
                line.market.delete_invoice(id).await?;
                engine.take_in_behind(&line.account, Some(payment), None);
                Ok(Some(payment))
            }
        };
        let intent = withdraw_refund::intent(&of.invoice, payment);
        self.carry_out(&session, attempt, intent, call).await?;
        self.announce(
            session.account.id,
            &[Topic::Payment(payment), Topic::Payments, Topic::App],
        );
        // It is withdrawn: whatever fails from here on must not say otherwise.
        self.read_or_recall(&session.account, payment).await
    }

    /// A refund that can be withdrawn now, read anew.
    async fn withdrawable(&self, session: &Session, id: InvoiceId) -> Result<OpenRefund, Fault> {
        if let Some(operation) = session.account.operations.on_invoice(id) {
            return Err(in_progress(&operation));
        }
        let (invoice, own) = tokio::join!(session.market.invoice(id), own_payments(&session.market));
        let (invoice, own) = (invoice?, own?);
        let me = session.account.me()?;
        let payment = match invoice.refund_of {
            // Whose it is to pay may withdraw it; whom it would be paid to may not (section 6.5).
            Some(payment) if !invoice.is_owned_by(me) => payment,
            _ => return Err(FaultCode::RefundNotOpen.into()),
        };
        if let Some(pending) = pending_on(&own, id) {
            return Err(Fault::new(FaultCode::PaymentPending).with("payment", pending));
        }
        if invoice.status != InvoiceStatus::Active {
            return Err(FaultCode::RefundNotOpen.into());
        }
        Ok(OpenRefund { invoice, payment })
    }
}

/// A refund that can be withdrawn.
struct OpenRefund {
    invoice: Invoice,
    /// What it was to give back.
    payment: PaymentId,
}

/// The person's payment of an invoice that is under way.
fn pending_on(own: &[Payment], invoice: InvoiceId) -> Option<PaymentId> {
    own.iter()
        .find(|payment| payment.invoice.id == invoice && payment.status == PaymentStatus::Pending)
        .map(|payment| payment.id)
}

/// The refunds of a payment, newest first, with what is known here of how they came about.
fn refunds_of(account: &OpenAccount, payment: &Payment, own: &[Payment]) -> Result<Vec<Refund>, Fault> {
    if payment.refunds.is_empty() {
        return Ok(Vec::new());
    }
    let mut made_by = account.operations.journal().about(payment.id)?;
    made_by.retain(|operation| operation.intent.act == Act::CreateRefund);
    let mut refunds: Vec<Refund> = payment
        .refunds
        .iter()
        .map(|invoice| {
            let by = made_by
                .iter()
                .find(|operation| operation.refunds.contains(&invoice.id));
            let meant = by.and_then(|operation| operation.refunds.first().copied());
            let pending = pending_on(own, invoice.id);
            Refund {
                double_of: meant.filter(|meant| *meant != invoice.id),
                operation: by.map(|operation| operation.id),
                can_withdraw: pending.is_none() && invoice.status == InvoiceStatus::Active,
                pending,
                invoice: invoice.clone(),
            }
        })
        .collect();
    refunds.sort_by_key(|refund| std::cmp::Reverse(refund.invoice.id));
    Ok(refunds)
}
