//! Deals: list, one deal, its chat, "I paid", cancel. Screens are answered from the store at once.

use std::sync::Arc;

use kvit_domain::{
    Decimal, Timestamp,
    deal::{Deal, DealStatus},
    fault::{Fault, FaultCode},
    id::{DealId, PaymentId, UserId},
    message::Talk,
};
use kvit_store::{Freshness, KeptDeal};

use crate::{
    account::AccountId,
    act::Answer,
    engine::Engine,
    open_account::{OpenAccount, Reread},
    operation::{Intent, cancel_deal, declare_paid},
    operations::Attempt,
    payments::{Turn, WaitsFor, turn_of_deal},
    session::Session,
    shell::{Shell, Topic},
};

/// Deals shown.
const SHOWN: u32 = 500;

/// Deals asked for, newest first. The call has no cursor (section 13.6), so the first time more and more are asked for.
pub(crate) const NEWEST: u32 = 200;

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

impl OpenAccount {
    /// Open deals that wait for the person.
    pub(crate) fn deals_waiting(&self, now: Timestamp) -> u32 {
        let Ok(me) = self.me() else { return 0 };
        let open = self.ask(|store| store.deals(true, SHOWN)).unwrap_or_default();
        let waiting = open.iter().filter(|kept| {
            turn_of_deal(&kept.deal, me).is_some_and(|turn| {
                matches!(turn.waits_for, WaitsFor::MyTransfer | WaitsFor::MyConfirmation)
                    && turn.until.is_none_or(|until| until > now)
            })
        });
        u32::try_from(waiting.count()).unwrap_or(u32::MAX)
    }
}

impl<S: Shell> Engine<S> {
    /// All deals, newest first, from the store.
    ///
    /// # Errors
    /// Why the store is not open.
    pub async fn deals(&self) -> Result<Vec<SeenDeal>, Fault> {
        let account = self.opened()?;
        let kept = account.ask_behind(|store| store.deals(false, SHOWN)).await?;
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let me = account.me()?;
        Ok(kept
            .into_iter()
            .map(|KeptDeal { deal, read }| SeenDeal { deal, me, read })
            .collect())
    }

    /// One deal, from the store at once; it is read again behind, and announced if that shows anything. One that is not
    /// in the store is read now.
    ///
    /// # Errors
    /// `DealNotFound`, or what stands in the way.
    pub async fn deal(&self, id: DealId) -> Result<SeenDeal, Fault> {
        let account = self.opened()?;
        match recall(&account, id)? {
            Some(seen) => {
                self.reread_behind(&account, Reread::Deal(id));
                Ok(seen)
            }
            None => self.reread_deal(&account, id).await,
        }
    }

    /// One deal, read at the marketplace now; without a connection the copy.
    ///
    /// # Errors
    /// `DealNotFound`, or what stands in the way.
    pub async fn deal_now(&self, id: DealId) -> Result<SeenDeal, Fault> {
        let account = self.opened()?;
        match self.reread_deal(&account, id).await {
            Err(fault) if fault.code != FaultCode::DealNotFound => recall(&account, id)?.ok_or(fault),
            answer => answer,
        }
    }

    /// A deal that was just acted on: read now, or else the copy of what the act was answered with.
    async fn read_or_recall_deal(&self, account: &Arc<OpenAccount>, id: DealId) -> Result<SeenDeal, Fault> {
        match self.reread_deal(account, id).await {
            Err(fault) => recall(account, id)?.ok_or(fault),
            answer => answer,
        }
    }

    /// Reads one deal at the marketplace and takes it in.
    ///
    /// # Errors
    /// `DealNotFound`, or what stands in the way.
    pub(crate) async fn reread_deal(
        &self,
        account: &Arc<OpenAccount>,
        id: DealId,
    ) -> Result<SeenDeal, Fault> {
        let line = account.line().ok_or(FaultCode::NotConnected)?;
        let deal = line.deal(id).await?;
        let read = self.now();
        self.hold_deals(account, vec![deal.clone()], Freshness::Read)
            .await;
        let me = account.me()?;
        Ok(SeenDeal { deal, me, read })
    }

    /// Reads the open deals, so that what waits for the person is known.
    pub(crate) async fn read_open_deals(&self, session: &Arc<Session>) -> Result<(), Fault> {
        let open: Vec<DealStatus> = DealStatus::ALL
            .into_iter()
            .filter(|status| status.is_open())
            .collect();
        let deals = session.market.deals(&open, NEWEST).await?;
        // What is open here and not there any more has ended: how, only reading it tells.
        let kept = session.account.ask(|store| store.deals(true, SHOWN))?;
        for ended in kept
            .iter()
            .map(|kept| kept.deal.id)
            .filter(|id| deals.iter().all(|deal| deal.id != *id))
        {
            if let Err(fault) = self.reread_deal(&session.account, ended).await {
                tracing::info!(%fault, deal = %ended, "not read again");
            }
        }
        self.hold_deals(&session.account, deals, Freshness::Read).await;
        Ok(())
    }

    /// Takes deals in, and announces those that changed.
    pub(crate) async fn hold_deals(
        &self,
        account: &Arc<OpenAccount>,
        deals: Vec<Deal>,
        freshness: Freshness,
    ) {
        let now = self.now();
        let payments: Vec<Option<PaymentId>> = deals.iter().map(|deal| deal.payment).collect();
        let kept = account
            .keep_behind(move |store| store.keep_deals(deals, freshness, now))
            .await;
        // The version of the store says nothing of deals.
        account.live().reckoning = None;
        let mut topics = Vec::new();
        for ((id, changed), payment) in kept.into_iter().flatten().zip(payments) {
            if changed {
                let talk = Talk::Deal(id);
                self.claim_copies(account, talk);
                topics.extend([
                    Topic::Deal(id),
                    Topic::Deals,
                    Topic::App,
                    Topic::Talk(talk),
                    Topic::Talks,
                ]);
                if let Some(payment) = payment {
                    topics.extend([Topic::Payment(payment), Topic::Payments]);
                }
            }
        }
        self.announce(account.id, &topics);
    }

    /// Says that the fiat was sent. Final.
    ///
    /// # Errors
    /// `AccountChanged`; the refusal; `AdChanged` if the sum is not the one the person saw; `OutcomeUnknown`.
    pub async fn declare_paid(
        &self,
        account: AccountId,
        id: DealId,
        seen_fiat: Decimal,
    ) -> Result<SeenDeal, Fault> {
        let session = self.session_of(account)?;
        let attempt = session.account.operations.attempt();
        session.profile().await?;
        let before = self.reread_deal(&session.account, id).await?;
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
        let call = move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            async move {
                let deal = line.market.declare_paid(id).await?;
                let payment = deal.payment;
                engine
                    .hold_deals(&line.account, vec![deal], Freshness::Read)
                    .await;
                Ok(payment)
            }
        };
        let intent = declare_paid::intent(&before);
        self.act_on_deal(&session, attempt, intent, &before, call).await
    }

    /// Cancels a deal; its payment is canceled with it.
    ///
    /// # Errors
    /// `AccountChanged`; the refusal; or `OutcomeUnknown`.
    pub async fn cancel_deal(&self, account: AccountId, id: DealId) -> Result<SeenDeal, Fault> {
        let session = self.session_of(account)?;
        let attempt = session.account.operations.attempt();
        session.profile().await?;
        let before = self.reread_deal(&session.account, id).await?;
        if !before.deal.can_cancel(self.now()) {
            return Err(not_canceled(&before.deal).into());
        }
        let (engine, line) = (self.clone(), Arc::clone(&session));
        let call = move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            async move {
                let deal = line.market.cancel_deal(id).await?;
                let payment = deal.payment;
                engine
                    .hold_deals(&line.account, vec![deal], Freshness::Read)
                    .await;
                Ok(payment)
            }
        };
        let intent = cancel_deal::intent(&before);
        self.act_on_deal(&session, attempt, intent, &before, call).await
    }

    pub(crate) async fn act_on_deal<C, A>(
        &self,
        session: &Arc<Session>,
        attempt: Attempt,
        intent: Intent,
        before: &SeenDeal,
        call: impl Fn() -> C + Send + 'static,
    ) -> Result<SeenDeal, Fault>
    where
        C: Future<Output = Result<A, Fault>> + Send + 'static,
        A: Into<Answer> + Send,
    {
        let id = before.deal.id;
        self.carry_out(session, attempt, intent, call).await?;
        let mut topics = vec![Topic::Deal(id), Topic::Deals, Topic::App, Topic::Payments];
        topics.extend(before.deal.payment.map(Topic::Payment));
        self.announce(session.account.id, &topics);
        self.take_in_behind(&session.account, before.deal.payment, None);
        // It is done: whatever fails from here on must not say otherwise.
        self.read_or_recall_deal(&session.account, id).await
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
fn recall(account: &OpenAccount, id: DealId) -> Result<Option<SeenDeal>, Fault> {
    let Some(KeptDeal { deal, read }) = account.ask(|store| store.deal(id))? else {
        return Ok(None);
    };
    let me = account.me()?;
    Ok(Some(SeenDeal { deal, me, read }))
}
