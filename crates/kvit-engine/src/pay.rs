//! Paying an invoice: the desk with everything a person has to see before, and the two ways to pay.

use std::sync::Arc;

use kvit_client::{Marketplace, PaymentsFilter};
use kvit_domain::{
    Decimal,
    advertisement::{Advertisement, FiatChoice},
    fault::{Fault, FaultCode},
    id::{AdvertisementId, InvoiceId, PaymentId},
    invoice::Invoice,
    money::{Fiat, Sats},
    payment::{Direction, Payment, PaymentStatus},
    reference::invoice_reference,
};

use crate::{
    account::{self, AccountId},
    act::Happened,
    engine::Engine,
    open_account::OpenAccount,
    operation::{Intent, Operation, pay_by_best_deal, pay_by_deal, pay_from_balance},
    operations::in_progress,
    payments::SeenPayment,
    session::Session,
    shell::{Shell, Topic},
};

/// Payments looked through for one that is pending or paid already on the same invoice.
pub(crate) const LOOK_BACK: u32 = 100;
/// Refunds looked through for one of several pieces that was charged as it should be.
const REFUNDS_LOOKED_THROUGH: u32 = 200;
/// Advertisements shown (section 7.5: at most 100).
const OFFERS: u32 = 50;

/// An invoice with everything a person has to see before paying it.
#[derive(Debug, Clone)]
pub struct PayDesk {
    /// The invoice, just read.
    pub invoice: Invoice,
    /// It is the person's own.
    pub mine: bool,
    /// Pieces.
    pub pieces: u32,
    /// To pay in all.
    pub total: Sats,
    /// One piece (or all of a private one) in the person's currency; an estimate.
    pub unit_estimate: Option<Fiat>,
    /// All of it in the person's currency; an estimate.
    pub total_estimate: Option<Fiat>,
    /// Spendable.
    pub balance: Sats,
    /// Why it cannot be paid at all.
    pub obstacle: Option<Fault>,
    /// Why it cannot be paid from balance.
    pub balance_obstacle: Option<Fault>,
    /// The person's pending payment on it.
    pub pending: Option<SeenPayment>,
    /// The person's last paid payment on it.
    pub already_paid: Option<PaymentId>,
    /// The open operation on it.
    pub unknown: Option<Operation>,
    /// Where and how fiat was last chosen.
    pub last_choice: Option<FiatChoice>,
}

/// Pay from balance: what the person saw and agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayFromBalance {
    /// The account it was shown for.
    pub account: AccountId,
    /// Invoice.
    pub invoice: InvoiceId,
    /// Pieces.
    pub pieces: u32,
    /// The amount on the button.
    pub seen: Sats,
}

/// Pay through an advertisement: what the person saw and agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayByDeal {
    /// The account it was shown for.
    pub account: AccountId,
    /// Invoice.
    pub invoice: InvoiceId,
    /// Pieces.
    pub pieces: u32,
    /// The amount seen.
    pub seen: Sats,
    /// Where and how.
    pub choice: FiatChoice,
    /// Which; `None`: whatever is cheapest when the call arrives.
    pub ad: Option<AdvertisementId>,
    /// The fiat sum on the button, or the most agreed to.
    pub seen_fiat: Decimal,
}

/// How an attempt to pay ended.
#[derive(Debug, Clone)]
pub enum PayEnd {
    /// There is a payment.
    Done {
        /// The payment.
        payment: Box<SeenPayment>,
        /// Not what the person agreed to.
        differs: bool,
    },
    /// Nothing was paid.
    Refused(Fault),
    /// Not known yet.
    Unknown(Box<Operation>),
}

/// Advertisements that fit a purchase.
#[derive(Debug, Clone)]
pub struct AdOffers {
    /// Invoice.
    pub invoice: InvoiceId,
    /// Pieces.
    pub pieces: u32,
    /// The amount.
    pub total: Sats,
    /// Best first.
    pub offers: Vec<AdOffer>,
}

/// An advertisement with what the purchase costs there.
#[derive(Debug, Clone)]
pub struct AdOffer {
    /// The advertisement.
    pub ad: Advertisement,
    /// What the purchase costs.
    pub cost: Fiat,
}

impl<S: Shell> Engine<S> {
    /// Everything a person has to see before paying, read now.
    ///
    /// # Errors
    /// `InvoiceNumberInvalid`, `InvoiceNotFound`, or what stands in the way of reading.
    pub async fn pay_desk(&self, reference: &str, pieces: Option<u32>) -> Result<PayDesk, Fault> {
        let id = invoice_reference(reference).map_err(|_| Fault::new(FaultCode::InvoiceNumberInvalid))?;
        self.desk(&self.session()?, id, pieces).await
    }

    async fn desk(
        &self,
        session: &Arc<Session>,
        id: InvoiceId,
        pieces: Option<u32>,
    ) -> Result<PayDesk, Fault> {
        let market = &session.market;
        let now = self.now();
        let (profile, invoice, balance, own) = tokio::join!(
            session.profile(),
            market.invoice(id),
            session.read_balance(now),
            own_payments(market)
        );
        let (profile, invoice, balance, own) = (profile?, invoice?, balance?, own?);
        let copy = invoice.clone();
        session
            .account
            .keep_behind(move |store| store.keep_invoice(copy, now))
            .await;
        let pieces = invoice.effective_pieces(pieces.unwrap_or_else(|| invoice.pieces_min.max(1)));
        let on_it = |status: PaymentStatus| {
            move |payment: &&Payment| payment.invoice.id == id && payment.status == status
        };
        let pending = own.iter().find(on_it(PaymentStatus::Pending)).cloned();
        let already_paid = own
            .iter()
            .find(on_it(PaymentStatus::Paid))
            .map(|payment| payment.id);
        let pending = match pending {
            Some(payment) => Some(self.reread_payment(&session.account, payment.id).await?),
            None => None,
        };
        let total = invoice.total(pieces);
        let mut obstacle = invoice.obstacle(&profile, pieces, now);
        if session.account.operations.in_doubt() {
            // Something of the journal is missing and may still arrive: nothing is begun until it has.
            obstacle = Some(Fault::new(FaultCode::OperationInProgress).money_unknown());
        }
        if obstacle.is_none() && total.is_none() {
            obstacle = Some(Fault::new(FaultCode::TooManyPieces).with("max", invoice.pieces_max));
        }
        let total = total.unwrap_or_default();
        let balance_obstacle = if total > balance.confirmed {
            let missing = total - balance.confirmed;
            let fault = Fault::new(FaultCode::InsufficientBalance)
                .with("missing", missing)
                .with("available", balance.confirmed);
            Some(fault)
        } else {
            self.may_cost_more(&session.account, &invoice, balance.confirmed)
                .await?
        };
        let last_choice = self
            .account(session.account.id)?
            .last_choice
            .as_ref()
            .and_then(account::FiatChoice::to_domain);
        Ok(PayDesk {
            mine: invoice.is_owned_by(profile.id),
            pieces,
            total,
            unit_estimate: session.account.estimate(invoice.unit),
            total_estimate: session.account.estimate(total),
            balance: balance.confirmed,
            obstacle,
            balance_obstacle,
            pending,
            already_paid,
            unknown: session.account.operations.on_invoice(id),
            last_choice,
            invoice,
        })
    }

    /// A marketplace may have the defect of taking a refund of several pieces several times over (section 20, row 37),
    /// and what is paid from balance is gone at once. So that is not begun unless this marketplace was seen to charge
    /// such a refund once, or would refuse the wrong sum by itself: there is not so much to take.
    async fn may_cost_more(
        &self,
        account: &OpenAccount,
        invoice: &Invoice,
        available: Sats,
    ) -> Result<Option<Fault>, Fault> {
        let Some(worst) = invoice.worst_refund() else {
            return Ok(None);
        };
        if available < worst || seen_charged_once(account).await? {
            return Ok(None);
        }
        Ok(Some(
            Fault::new(FaultCode::RefundMayCostMore)
                .with("amount", invoice.unit)
                .with("worst", worst)
                .with("pieces", invoice.pieces_min),
        ))
    }

    /// Advertisements that really fit, best price first. The choice is remembered.
    ///
    /// # Errors
    /// `NoSuitableAd` if none fits; the obstacles of the invoice; or what stands in the way of reading.
    pub async fn suitable_ads(
        &self,
        id: InvoiceId,
        pieces: u32,
        choice: &FiatChoice,
    ) -> Result<AdOffers, Fault> {
        let session = self.session()?;
        let desk = self.desk(&session, id, Some(pieces)).await?;
        if let Some(fault) = desk.obstacle {
            return Err(fault);
        }
        self.remember_choice(&session, choice);
        let offers = offers(&session.market, id, desk.pieces, desk.total, choice).await?;
        if offers.is_empty() {
            return Err(FaultCode::NoSuitableAd.into());
        }
        Ok(AdOffers {
            invoice: id,
            pieces: desk.pieces,
            total: desk.total,
            offers,
        })
    }

    /// Pays from balance, once, if everything is still as the person saw it.
    pub async fn pay_from_balance(&self, request: PayFromBalance) -> PayEnd {
        match self.try_pay_from_balance(request).await {
            Ok(end) => end,
            Err(fault) => self.end_of(fault),
        }
    }

    async fn try_pay_from_balance(&self, request: PayFromBalance) -> Result<PayEnd, Fault> {
        let session = self.session_of(request.account)?;
        let attempt = session.account.operations.attempt();
        let desk = self.desk(&session, request.invoice, Some(request.pieces)).await?;
        may_pay(&desk, request.seen)?;
        if let Some(fault) = desk.balance_obstacle {
            return Err(fault);
        }
        let (id, pieces) = (request.invoice, desk.pieces);
        let mark = newest(&session.market).await?;
        let intent = pay_from_balance::intent(&desk, mark);
        let (engine, line) = (self.clone(), Arc::clone(&session));
        let call = move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            async move {
                let payment = line.market.pay_from_balance(id, pieces).await?;
                Ok(Some(engine.hold_payment(&line.account, payment).await))
            }
        };
        let happened = self.carry_out(&session, attempt, intent.clone(), call).await?;
        self.paid_end(&session, happened, &intent).await
    }

    /// Pays through an advertisement, once, if everything is still as the person saw it.
    pub async fn pay_by_deal(&self, request: PayByDeal) -> PayEnd {
        match self.try_pay_by_deal(request).await {
            Ok(end) => end,
            Err(fault) => self.end_of(fault),
        }
    }

    async fn try_pay_by_deal(&self, request: PayByDeal) -> Result<PayEnd, Fault> {
        let session = self.session_of(request.account)?;
        let attempt = session.account.operations.attempt();
        let desk = self.desk(&session, request.invoice, Some(request.pieces)).await?;
        may_pay(&desk, request.seen)?;
        self.remember_choice(&session, &request.choice);
        let (id, pieces) = (request.invoice, desk.pieces);
        let offers = offers(&session.market, id, pieces, desk.total, &request.choice).await?;
        let offer = match request.ad {
            Some(ad) => offers
                .into_iter()
                .find(|offer| offer.ad.id == ad)
                .ok_or(FaultCode::AdNotFound)?,
            None => offers.into_iter().next().ok_or(FaultCode::NoSuitableAd)?,
        };
        let cost = offer.cost.amount();
        // A chosen one has to cost what was on the button; the cheapest may cost less.
        if cost > request.seen_fiat || (request.ad.is_some() && cost != request.seen_fiat) {
            let seen =
                Fiat::new(request.seen_fiat, offer.cost.currency()).map_err(|_| FaultCode::AdChanged)?;
            return Err(Fault::new(FaultCode::AdChanged)
                .with("seen", seen.amount_text())
                .with("now", offer.cost.amount_text())
                .with("currency", offer.cost.currency()));
        }
        let mark = newest(&session.market).await?;
        let intent = match request.ad {
            Some(ad) => pay_by_deal::intent(&desk, mark, ad, offer.cost),
            None => pay_by_best_deal::intent(&desk, mark, offer.cost),
        };
        let (engine, line) = (self.clone(), Arc::clone(&session));
        let PayByDeal { choice, ad, .. } = request;
        let call = move || {
            let (engine, line, choice) = (engine.clone(), Arc::clone(&line), choice.clone());
            async move {
                let payment = match ad {
                    Some(ad) => line.market.pay_by_deal(id, pieces, ad).await?,
                    None => line.market.pay_by_best_deal(id, pieces, &choice).await?,
                };
                Ok(Some(engine.hold_payment(&line.account, payment).await))
            }
        };
        let happened = self.carry_out(&session, attempt, intent.clone(), call).await?;
        self.paid_end(&session, happened, &intent).await
    }

    /// The end of a payment that exists: read back, checked, compared with what was agreed to.
    async fn paid_end(
        &self,
        session: &Arc<Session>,
        happened: Happened,
        intent: &Intent,
    ) -> Result<PayEnd, Fault> {
        // The money has moved: whatever fails from here on must not say otherwise.
        let account = &session.account;
        let not_shown = || {
            let operation = account.operations.get(happened.operation);
            operation
                .map(|operation| PayEnd::Unknown(Box::new(operation)))
                .map_err(|_| {
                    Fault::new(FaultCode::OutcomeUnknown)
                        .with("operation", happened.operation)
                        .money_unknown()
                })
        };
        let Some(id) = happened.payment else {
            return not_shown();
        };
        self.announce(
            account.id,
            &[Topic::App, Topic::Payments, Topic::Payment(id), Topic::Deals],
        );
        // The pieces of what it gives back are refunded now, or are about to be.
        self.take_in_behind(account, intent.refund_of, None);
        let Ok(seen) = self.read_or_recall(account, id).await else {
            return not_shown();
        };
        self.change_operation(account, happened.operation, Vec::new(), |op| {
            op.took(&seen.payment);
        });
        let differs = !intent.agrees_with(&seen.payment);
        // Read again for what was just written down about it.
        let seen = self.recall(account, id).await.ok().flatten().unwrap_or(seen);
        Ok(PayEnd::Done {
            payment: Box::new(seen),
            differs,
        })
    }

    fn end_of(&self, fault: Fault) -> PayEnd {
        let operation = fault
            .value("operation")
            .and_then(|id| id.parse().ok())
            .and_then(|id| self.operation(id).ok())
            .filter(|_| fault.code == FaultCode::OutcomeUnknown);
        match operation {
            Some(operation) => PayEnd::Unknown(Box::new(operation)),
            None => PayEnd::Refused(fault),
        }
    }

    fn remember_choice(&self, session: &Session, choice: &FiatChoice) {
        let kept = self.change_book_of(session.account.id, |account| {
            account.last_choice = Some(choice.into())
        });
        if let Err(fault) = kept {
            tracing::warn!(%fault, "choice not kept");
        }
    }
}

/// Everything that stands in the way, in the order in which a person can do something about it.
fn may_pay(desk: &PayDesk, seen: Sats) -> Result<(), Fault> {
    if let Some(operation) = &desk.unknown {
        return Err(in_progress(operation));
    }
    if let Some(pending) = &desk.pending {
        return Err(Fault::new(FaultCode::PaymentPending).with("payment", pending.payment.id));
    }
    if let Some(fault) = &desk.obstacle {
        return Err(fault.clone());
    }
    if desk.total != seen {
        return Err(Fault::new(FaultCode::PriceChanged)
            .with("seen", seen)
            .with("now", desk.total));
    }
    Ok(())
}

/// Was this marketplace seen to charge a refund of several pieces once? By what is kept of payments, on either side.
async fn seen_charged_once(account: &OpenAccount) -> Result<bool, Fault> {
    let kept = account
        .ask_behind(|store| {
            let refunds = store.refund_payments(REFUNDS_LOOKED_THROUGH)?;
            store.payments_by_id(&refunds)
        })
        .await?;
    Ok(kept.iter().any(|kept| kept.payment.was_charged_once()))
}

pub(crate) async fn own_payments(market: &Marketplace) -> Result<Vec<Payment>, Fault> {
    let filter = PaymentsFilter {
        direction: Some(Direction::FromMe),
        count: LOOK_BACK,
        ..PaymentsFilter::default()
    };
    market.payments(filter).await
}

/// Highest own payment so far: whatever a call makes is above it.
async fn newest(market: &Marketplace) -> Result<Option<PaymentId>, Fault> {
    let filter = PaymentsFilter {
        direction: Some(Direction::FromMe),
        count: 1,
        ..PaymentsFilter::default()
    };
    Ok(market
        .payments(filter)
        .await?
        .iter()
        .map(|payment| payment.id)
        .max())
}

/// Advertisements that fit by the server's word and by ours, best price first. The server's search forgets to
/// multiply by the pieces for BTC-priced invoices (section 20, row 38) and may list what it should not.
async fn offers(
    market: &Marketplace,
    invoice: InvoiceId,
    pieces: u32,
    total: Sats,
    choice: &FiatChoice,
) -> Result<Vec<AdOffer>, Fault> {
    let ads = market
        .suitable_advertisements(invoice, pieces, choice, 0, OFFERS)
        .await?;
    let mut offers: Vec<AdOffer> = ads
        .into_iter()
        .filter(|ad| {
            ad.price.currency() == choice.currency
                && ad.country == choice.country
                && ad.payment_type == choice.payment_type
        })
        .filter_map(|ad| ad.fits(total).ok().map(|cost| AdOffer { ad, cost }))
        .collect();
    offers.sort_by(|one, other| {
        (one.ad.price.amount(), one.ad.id).cmp(&(other.ad.price.amount(), other.ad.id))
    });
    Ok(offers)
}
