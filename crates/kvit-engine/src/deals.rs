//! Deals: list, one deal, its chat, "I paid", cancel.

use std::sync::Arc;

use kvit_domain::{
    Decimal, Timestamp,
    deal::{Deal, DealStatus, MESSAGE_LIMIT},
    fault::{Fault, FaultCode},
    id::{DealId, UserId},
};

use crate::{
    engine::Engine,
    operation::{Act, Intent},
    operations::Attempt,
    payments::{Turn, WaitsFor, turn_of_deal},
    session::{Session, keep},
    shell::{Shell, Topic},
};

/// Deals asked for, newest first. The call has no cursor (section 13.6).
const NEWEST: u32 = 200;

/// A deal as this person sees it.
#[derive(Debug, Clone)]
pub struct SeenDeal {
    /// The deal.
    pub deal: Deal,
    /// Who the person is.
    pub me: UserId,
    /// When read.
    pub read: Timestamp,
}

impl SeenDeal {
    /// Who must act.
    pub fn turn(&self) -> Option<Turn> {
        turn_of_deal(&self.deal, self.me)
    }
}

impl Session {
    /// Open deals that wait for the person.
    pub(crate) fn deals_waiting(&self, now: Timestamp) -> u32 {
        let Some(profile) = self.known_profile() else {
            return 0;
        };
        let held = self.held();
        let waiting = held.deals.values().filter(|(deal, _)| {
            turn_of_deal(deal, profile.id).is_some_and(|turn| {
                matches!(turn.waits_for, WaitsFor::MyTransfer | WaitsFor::MyConfirmation)
                    && turn.until.is_none_or(|until| until > now)
            })
        });
        u32::try_from(waiting.count()).unwrap_or(u32::MAX)
    }
}

impl<S: Shell> Engine<S> {
    /// All deals, newest first; without a connection copies read in this run.
    ///
    /// # Errors
    /// What stands in the way, if there are no copies.
    pub async fn deals(&self) -> Result<Vec<SeenDeal>, Fault> {
        let session = self.session()?;
        let read = async {
            let me = session.profile().await?.id;
            Ok::<_, Fault>((me, session.market.deals(&DealStatus::ALL, NEWEST).await?))
        };
        let (me, mut deals) = match read.await {
            Ok((me, deals)) => {
                let now = self.now();
                for deal in &deals {
                    self.hold_deal(&session, deal.clone());
                }
                (me, deals.into_iter().map(|deal| (deal, now)).collect::<Vec<_>>())
            }
            Err(fault) => {
                let copies: Vec<_> = session.held().deals.values().cloned().collect();
                match session.known_profile() {
                    Some(profile) if !copies.is_empty() => (profile.id, copies),
                    _ => return Err(fault),
                }
            }
        };
        deals.sort_by_key(|(deal, _)| std::cmp::Reverse(deal.id));
        Ok(deals
            .into_iter()
            .map(|(deal, read)| SeenDeal { deal, me, read })
            .collect())
    }

    /// One deal, read now; without a connection the copy read last.
    ///
    /// # Errors
    /// `DealNotFound`, or what stands in the way.
    pub async fn deal(&self, id: DealId) -> Result<SeenDeal, Fault> {
        let session = self.session()?;
        match self.read_deal(&session, id).await {
            Err(fault) if fault.code != FaultCode::DealNotFound => recall(&session, id).ok_or(fault),
            answer => answer,
        }
    }

    /// A deal that was just acted on: read now, or else the copy of what the act was answered with.
    async fn read_or_recall_deal(&self, session: &Arc<Session>, id: DealId) -> Result<SeenDeal, Fault> {
        match self.read_deal(session, id).await {
            Err(fault) => recall(session, id).ok_or(fault),
            answer => answer,
        }
    }

    async fn read_deal(&self, session: &Arc<Session>, id: DealId) -> Result<SeenDeal, Fault> {
        let me = session.profile().await?.id;
        let deal = session.market.deal(id).await?;
        self.hold_deal(session, deal.clone());
        Ok(SeenDeal {
            deal,
            me,
            read: self.now(),
        })
    }

    /// Reads the open deals, so that what waits for the person is known.
    pub(crate) async fn read_open_deals(&self, session: &Arc<Session>) -> Result<(), Fault> {
        let open: Vec<DealStatus> = DealStatus::ALL
            .into_iter()
            .filter(|status| status.is_open())
            .collect();
        for deal in session.market.deals(&open, NEWEST).await? {
            self.hold_deal(session, deal);
        }
        Ok(())
    }

    pub(crate) fn hold_deal(&self, session: &Session, deal: Deal) {
        let now = self.now();
        keep(&mut session.held().deals, deal.id, (deal, now));
    }

    /// Sends a message. Not repeated by itself: after silence the chat is read, and the person sees whether it is
    /// there.
    ///
    /// # Errors
    /// `MessageEmpty`, `MessageTooLong`, `DealClosedForMessages`, or what stands in the way.
    pub async fn send_deal_message(&self, id: DealId, text: &str) -> Result<SeenDeal, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FaultCode::MessageEmpty.into());
        }
        if text.encode_utf16().count() > MESSAGE_LIMIT {
            return Err(FaultCode::MessageTooLong.into());
        }
        let session = self.session()?;
        let before = self.read_deal(&session, id).await?;
        if !before.deal.can_write() {
            return Err(FaultCode::DealClosedForMessages.into());
        }
        let last = before.deal.messages.last().map(|message| message.id);
        match session.market.send_deal_message(id, text).await {
            Ok(message) => {
                // It is sent: whatever fails from here on must not make the person send it again.
                let mut deal = before.deal;
                deal.messages.push(message);
                self.hold_deal(&session, deal);
            }
            Err(fault) if fault.may_hide_success() => {
                let after = self.read_deal(&session, id).await.map_err(|_| fault.clone())?;
                let there = after.deal.messages.iter().any(|message| {
                    last.is_none_or(|last| message.id > last)
                        && message.author == Some(after.me)
                        && message.text == text
                });
                if !there {
                    return Err(fault);
                }
            }
            Err(fault) => return Err(fault),
        }
        self.announce(&session, &[Topic::Deal(id)]);
        self.read_or_recall_deal(&session, id).await
    }

    /// Says that the fiat was sent. Final.
    ///
    /// # Errors
    /// The refusal; `AdChanged` if the sum is not the one the person saw; `OutcomeUnknown`.
    pub async fn declare_paid(&self, id: DealId, seen_fiat: Decimal) -> Result<SeenDeal, Fault> {
        let session = self.session()?;
        let attempt = session.operations.attempt();
        let before = self.read_deal(&session, id).await?;
        if before.deal.fiat_declared {
            return Err(FaultCode::AlreadyDeclared.into());
        }
        if !before.deal.pays_fiat(before.me) {
            // The same call by the giver of bitcoin would complete the deal (section 13.5).
            return Err(FaultCode::DealNotYours.into());
        }
        if !before.deal.can_declare(before.me) {
            return Err(FaultCode::DealNotOpen.into());
        }
        if before.deal.fiat.amount() != seen_fiat {
            return Err(Fault::new(FaultCode::AdChanged)
                .with("seen", seen_fiat)
                .with("now", before.deal.fiat.amount_text())
                .with("currency", before.deal.fiat.currency()));
        }
        let (engine, line) = (self.clone(), Arc::clone(&session));
        let call = async move {
            let deal = line.market.declare_paid(id).await?;
            let payment = deal.payment;
            engine.hold_deal(&line, deal);
            Ok(payment)
        };
        self.act_on_deal(&session, attempt, Act::DeclarePaid, &before, call)
            .await
    }

    /// Cancels a deal; its payment is canceled with it.
    ///
    /// # Errors
    /// The refusal, or `OutcomeUnknown`.
    pub async fn cancel_deal(&self, id: DealId) -> Result<SeenDeal, Fault> {
        let session = self.session()?;
        let attempt = session.operations.attempt();
        let before = self.read_deal(&session, id).await?;
        if !before.deal.can_cancel(self.now()) {
            return Err(not_canceled(&before.deal).into());
        }
        let (engine, line) = (self.clone(), Arc::clone(&session));
        let call = async move {
            let deal = line.market.cancel_deal(id).await?;
            let payment = deal.payment;
            engine.hold_deal(&line, deal);
            Ok(payment)
        };
        self.act_on_deal(&session, attempt, Act::CancelDeal, &before, call)
            .await
    }

    async fn act_on_deal<C>(
        &self,
        session: &Arc<Session>,
        attempt: Attempt,
        act: Act,
        before: &SeenDeal,
        call: C,
    ) -> Result<SeenDeal, Fault>
    where
        C: Future<Output = Result<Option<kvit_domain::id::PaymentId>, Fault>> + Send + 'static,
    {
        let id = before.deal.id;
        let intent = Intent {
            act,
            invoice: None,
            payment: before.deal.payment,
            deal: Some(id),
            pieces: None,
            amount: None,
            fiat: Some(before.deal.fiat),
            ad: None,
            counterparty: Some(before.deal.counterparty(before.me).name.clone()),
            mark: None,
        };
        self.carry_out(session, attempt, intent, call).await?;
        let mut topics = vec![Topic::Deal(id), Topic::Deals, Topic::App, Topic::Payments];
        topics.extend(before.deal.payment.map(Topic::Payment));
        self.announce(session, &topics);
        // It is done: whatever fails from here on must not say otherwise.
        self.read_or_recall_deal(session, id).await
    }
}

/// Why a deal that cannot be canceled cannot: only an open one waits for its window (section 7.9).
pub(crate) fn not_canceled(deal: &Deal) -> FaultCode {
    match deal.status {
        DealStatus::Opened => FaultCode::FiatDeclared,
        _ => FaultCode::DealNotOpen,
    }
}

/// The copy of a deal, if there is one.
fn recall(session: &Session, id: DealId) -> Option<SeenDeal> {
    let (deal, read) = session.held().deals.get(&id).cloned()?;
    let me = session.known_profile()?.id;
    Some(SeenDeal { deal, me, read })
}
