//! Payments: the list, one payment, cancel.

use std::sync::Arc;

use kvit_client::PaymentsFilter;
use kvit_domain::{
    Timestamp,
    deal::{Deal, DealStatus},
    fault::{Fault, FaultCode},
    id::{PaymentId, UserId},
    money::Fiat,
    payment::{Direction, Payment, PaymentStatus},
    reference::invoice_reference,
};

use crate::{
    deals::not_canceled,
    engine::Engine,
    operation::{Act, Intent},
    seal::{Seal, check},
    session::{Checked, Session, keep},
    shell::{Shell, Topic},
};

/// Rows of a page of ours.
const PAGE: usize = 30;
/// Payments asked for at once (section 7.1: 1 to 100).
const ASK: u32 = 50;
/// So many pages of the server are read for one page of ours when a search skips most of them.
const MOST_ASKS: usize = 8;

/// What of the list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentsQuery {
    /// One direction only.
    pub direction: Option<Direction>,
    /// One status only.
    pub status: Option<PaymentStatus>,
    /// Number, name or words.
    pub text: String,
    /// Older than this one.
    pub before: Option<PaymentId>,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// Newest first.
    pub payments: Vec<SeenPayment>,
    /// Where the next page begins; `None`: this is the end.
    pub next: Option<PaymentId>,
    /// When read; `None`: nothing was read now, these are copies.
    pub read: Option<Timestamp>,
}

/// A payment as this person sees it, checked.
#[derive(Debug, Clone)]
pub struct SeenPayment {
    /// The payment.
    pub payment: Payment,
    /// Who the person is.
    pub me: UserId,
    /// The check of its confirmation.
    pub seal: Seal,
    /// Its worth in the person's currency by the average rate, where no deal tells.
    pub estimate: Option<Fiat>,
    /// When read.
    pub read: Timestamp,
}

/// Who must act, by when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// What is waited for.
    pub waits_for: WaitsFor,
    /// Until when.
    pub until: Option<Timestamp>,
    /// The sum it is about.
    pub fiat: Option<Fiat>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// The person sends the fiat and says so.
    MyTransfer,
    /// The counterparty sends the fiat.
    TheirTransfer,
    /// The counterparty confirms that it came.
    TheirConfirmation,
    /// The person confirms that it came.
    MyConfirmation,
    /// Lightning funding.
    Funding,
    /// The arbiter decides.
    Arbiter,
}

/// Who must act in a deal; `None` when it is over.
pub fn turn_of_deal(deal: &Deal, me: UserId) -> Option<Turn> {
    let waits_for = match (deal.status, deal.pays_fiat(me), deal.fiat_declared) {
        (DealStatus::Completed | DealStatus::Canceled, ..) => return None,
        (DealStatus::Disputed, ..) => WaitsFor::Arbiter,
        (DealStatus::WaitDeposit, ..) => WaitsFor::Funding,
        (DealStatus::Opened, true, false) => WaitsFor::MyTransfer,
        (DealStatus::Opened, true, true) => WaitsFor::TheirConfirmation,
        (DealStatus::Opened, false, false) => WaitsFor::TheirTransfer,
        (DealStatus::Opened, false, true) => WaitsFor::MyConfirmation,
    };
    let until = (deal.status == DealStatus::Opened).then(|| deal.window_ends());
    Some(Turn {
        waits_for,
        until,
        fiat: Some(deal.fiat),
    })
}

impl SeenPayment {
    /// Who must act.
    pub fn turn(&self) -> Option<Turn> {
        if self.payment.status != PaymentStatus::Pending {
            return None;
        }
        match (&self.payment.deal, self.payment.direction(self.me)) {
            (Some(deal), _) => turn_of_deal(deal, self.me),
            (None, Direction::ToMe) => Some(Turn {
                waits_for: WaitsFor::TheirTransfer,
                until: None,
                fiat: None,
            }),
            (None, Direction::FromMe) => None,
        }
    }
}

impl<S: Shell> Engine<S> {
    /// A page of the list. The server searches by number only (section 20.4), so everything else is sifted here, a
    /// bounded number of its pages at a time. Without a connection: copies read in this run.
    ///
    /// # Errors
    /// What stands in the way, if there are no copies either.
    pub async fn payments(&self, query: &PaymentsQuery) -> Result<Page, Fault> {
        let session = self.session()?;
        match self.read_page(&session, query).await {
            Ok(page) => Ok(page),
            Err(fault) => {
                let copies = self.copies(&session, query);
                if copies.payments.is_empty() {
                    Err(fault)
                } else {
                    Ok(copies)
                }
            }
        }
    }

    async fn read_page(&self, session: &Arc<Session>, query: &PaymentsQuery) -> Result<Page, Fault> {
        let me = session.profile().await?.id;
        let now = self.now();
        // A number is asked for by number: it may be far down. It stands above the first page, and on no other.
        let number: Option<PaymentId> = query
            .text
            .trim()
            .trim_start_matches(['№', '#'])
            .trim()
            .parse()
            .ok();
        let mut exact: Vec<Checked> = Vec::new();
        if let (Some(number), None) = (number, query.before) {
            let filter = PaymentsFilter {
                payment: Some(number),
                count: 1,
                ..PaymentsFilter::default()
            };
            let answer = session.market.payments(filter).await?;
            exact = self.hold_payments(session, answer).await;
            exact.retain(|one| fits(query, &one.payment, me));
        }
        let mut found: Vec<Checked> = Vec::new();
        let mut before = query.before;
        for _ in 0..MOST_ASKS {
            let filter = PaymentsFilter {
                payment: None,
                direction: query.direction,
                before,
                count: ASK,
            };
            let asked = session.market.payments(filter).await?;
            let short = asked.len() < ASK as usize;
            let checked = self.hold_payments(session, asked).await;
            let oldest = checked.last().map(|one| one.payment.id);
            found.extend(
                checked
                    .into_iter()
                    .filter(|one| fits(query, &one.payment, me) && Some(one.payment.id) != number),
            );
            if found.len() > PAGE {
                found.truncate(PAGE);
                before = found.last().map(|one| one.payment.id);
                break;
            }
            before = oldest;
            if short || oldest.is_none() {
                before = None;
                break;
            }
        }
        exact.append(&mut found);
        Ok(self.page(session, exact, before, Some(now), me))
    }

    fn copies(&self, session: &Session, query: &PaymentsQuery) -> Page {
        let Some(me) = session.known_profile().map(|profile| profile.id) else {
            return Page {
                payments: Vec::new(),
                next: None,
                read: None,
            };
        };
        let mut found: Vec<Checked> = {
            let held = session.held();
            let older = |id: &PaymentId| query.before.is_none_or(|before| *id < before);
            held.payments
                .iter()
                .rev()
                .filter(|(id, one)| older(id) && fits(query, &one.payment, me))
                .map(|(_, one)| one.clone())
                .take(PAGE + 1)
                .collect()
        };
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let next = if more {
            found.last().map(|one| one.payment.id)
        } else {
            None
        };
        self.page(session, found, next, None, me)
    }

    fn page(
        &self,
        session: &Session,
        found: Vec<Checked>,
        next: Option<PaymentId>,
        read: Option<Timestamp>,
        me: UserId,
    ) -> Page {
        Page {
            payments: found.into_iter().map(|one| seen(session, one, me)).collect(),
            next,
            read,
        }
    }

    /// One payment, read now; without a connection the copy read last.
    ///
    /// # Errors
    /// `PaymentNotFound`, or what stands in the way.
    pub async fn payment(&self, id: PaymentId) -> Result<SeenPayment, Fault> {
        let session = self.session()?;
        match self.read_payment(&session, id).await {
            Err(fault) if fault.code != FaultCode::PaymentNotFound => recall(&session, id).ok_or(fault),
            answer => answer,
        }
    }

    /// A payment that is known to exist: read now, or else the copy of what made it known.
    pub(crate) async fn read_or_recall(
        &self,
        session: &Arc<Session>,
        id: PaymentId,
    ) -> Result<SeenPayment, Fault> {
        match self.read_payment(session, id).await {
            Err(fault) => recall(session, id).ok_or(fault),
            answer => answer,
        }
    }

    /// Takes in one payment; its number.
    pub(crate) async fn hold_payment(&self, session: &Arc<Session>, payment: Payment) -> PaymentId {
        let id = payment.id;
        self.hold_payments(session, vec![payment]).await;
        id
    }

    pub(crate) async fn read_payment(
        &self,
        session: &Arc<Session>,
        id: PaymentId,
    ) -> Result<SeenPayment, Fault> {
        let me = session.profile().await?.id;
        let payment = session.market.payment(id).await?;
        let checked = self.hold_payments(session, vec![payment]).await;
        let one = checked.into_iter().next().ok_or(FaultCode::Internal)?;
        Ok(seen(session, one, me))
    }

    /// Takes payments in: checks their confirmations and keeps copies.
    pub(crate) async fn hold_payments(&self, session: &Arc<Session>, payments: Vec<Payment>) -> Vec<Checked> {
        let now = self.now();
        let key = session.key.clone();
        let checking = tokio::task::spawn_blocking(move || {
            let seals = check(&payments, key.as_deref(), now);
            payments.into_iter().zip(seals).collect::<Vec<_>>()
        });
        let Ok(pairs) = checking.await else {
            tracing::error!("the check of confirmations broke");
            return Vec::new();
        };
        let checked: Vec<Checked> = pairs
            .into_iter()
            .map(|(payment, seal)| Checked {
                payment,
                seal,
                read: now,
            })
            .collect();
        let mut held = session.held();
        for one in &checked {
            keep(&mut held.payments, one.payment.id, one.clone());
            // The server announces a new deal to the other side only (section 7.4): this is how ours is known.
            if let Some(deal) = &one.payment.deal {
                let deal = Deal {
                    payment: Some(one.payment.id),
                    ..(**deal).clone()
                };
                keep(&mut held.deals, deal.id, (deal, now));
            }
        }
        drop(held);
        checked
    }

    /// Cancels a pending payment of the person.
    ///
    /// # Errors
    /// The refusal; `OutcomeUnknown` with money unknown when no answer came and looking has not told yet.
    pub async fn cancel_payment(&self, id: PaymentId) -> Result<SeenPayment, Fault> {
        let session = self.session()?;
        let attempt = session.operations.attempt();
        let before = self.read_payment(&session, id).await?;
        match before.payment.status {
            PaymentStatus::Pending => {}
            PaymentStatus::Paid => return Err(FaultCode::PaymentAlreadyPaid.into()),
            PaymentStatus::Canceled => return Err(FaultCode::PaymentCanceled.into()),
        }
        if before.payment.buyer.id != before.me {
            // To whoever is not the buyer the server says the same (section 7.9).
            return Err(FaultCode::PaymentNotFound.into());
        }
        if !before.payment.can_cancel(before.me, self.now()) {
            let deal = before.payment.deal.as_deref();
            return Err(deal.map_or(FaultCode::Internal, not_canceled).into());
        }
        let intent = Intent {
            act: Act::CancelPayment,
            invoice: Some(before.payment.invoice.id),
            payment: Some(id),
            deal: before.payment.deal.as_ref().map(|deal| deal.id),
            pieces: None,
            amount: None,
            fiat: None,
            ad: None,
            counterparty: Some(before.payment.invoice.owner.name.clone()),
            mark: None,
        };
        let (engine, line) = (self.clone(), Arc::clone(&session));
        self.carry_out(&session, attempt, intent, async move {
            let payment = line.market.cancel_payment(id).await?;
            Ok(Some(engine.hold_payment(&line, payment).await))
        })
        .await?;
        self.announce(
            &session,
            &[Topic::Payment(id), Topic::Payments, Topic::Deals, Topic::App],
        );
        // It is canceled: whatever fails from here on must not say otherwise.
        self.read_or_recall(&session, id).await
    }
}

/// The copy of a payment, if there is one.
fn recall(session: &Session, id: PaymentId) -> Option<SeenPayment> {
    let copy = session.held().payments.get(&id).cloned()?;
    let me = session.known_profile()?.id;
    Some(seen(session, copy, me))
}

pub(crate) fn seen(session: &Session, one: Checked, me: UserId) -> SeenPayment {
    let estimate = session.estimate(one.payment.amount);
    SeenPayment {
        estimate,
        payment: one.payment,
        me,
        seal: one.seal,
        read: one.read,
    }
}

/// Does a payment fit the search?
fn fits(query: &PaymentsQuery, payment: &Payment, me: UserId) -> bool {
    if query
        .direction
        .is_some_and(|wanted| wanted != payment.direction(me))
        || query.status.is_some_and(|wanted| wanted != payment.status)
    {
        return false;
    }
    let text = query.text.trim().to_lowercase();
    if text.is_empty() {
        return true;
    }
    if let Ok(invoice) = invoice_reference(&text)
        && (payment.invoice.id == invoice || payment.id.get() == invoice.get())
    {
        return true;
    }
    payment.counterparty(me).name.to_lowercase().contains(&text)
        || payment.invoice.comment.to_lowercase().contains(&text)
}
