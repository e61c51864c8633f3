//! Reading everything: the first time page by page down to the beginning, later from the top to what is known, and
//! again whatever is open. Events only say that something changed; a gap between them says that anything may have.

use std::sync::Arc;

use kvit_client::PaymentsFilter;
use kvit_domain::{
    Timestamp,
    deal::DealStatus,
    fault::{Fault, FaultCode},
    id::PaymentId,
};
use kvit_store::{Freshness, SyncState};

use crate::{
    deals::NEWEST,
    engine::Engine,
    open_account::OpenAccount,
    session::Session,
    shell::{Shell, Topic},
};

/// Payments asked for at once (section 7.1: at most 100).
const ASK: u32 = 100;

/// Pages read from the top before the rest is left to the next time: a server that makes up numbers must not keep
/// the app reading for ever.
const MOST_PAGES: usize = 2_000;

/// Most deals asked for at once.
const MOST_DEALS: u32 = 6_400;

/// Payments whose confirmation is checked again in one go after another key was pinned.
const CHECKED_AT_ONCE: u32 = 200;

/// Where the reading of everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncProgress {
    /// In one word.
    pub state: SyncStep,
    /// The first reading is not complete yet.
    pub first: bool,
    /// Payments read by the first reading so far.
    pub taken: u64,
    /// The oldest of them was made then.
    pub oldest: Option<Timestamp>,
    /// When everything was read through last.
    pub finished: Option<Timestamp>,
    /// Why it did not get to the end when it was tried last.
    pub fault: Option<Fault>,
}

/// What the reading of everything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStep {
    /// Nothing: it waits for a connection.
    Waiting,
    /// Reading.
    Running,
    /// The person stopped it.
    Stopped,
    /// Everything is read.
    Done,
}

impl SyncProgress {
    pub(crate) fn of(state: &SyncState) -> Self {
        Self {
            state: SyncStep::Waiting,
            first: !state.first_done,
            taken: state.taken,
            oldest: None,
            finished: state.finished,
            fault: None,
        }
    }
}

impl OpenAccount {
    fn sync_stopped(&self) -> bool {
        self.live().sync.state == SyncStep::Stopped
    }
}

impl<S: Shell> Engine<S> {
    /// Reads everything behind: what came above what is known, what is open, and, the first time, all the rest.
    pub(crate) fn sync_behind(&self, session: &Arc<Session>) {
        let (engine, session) = (self.clone(), Arc::clone(session));
        self.behind(async move { engine.sync(&session).await });
    }

    async fn sync(&self, session: &Arc<Session>) {
        let account = &session.account;
        let _one_at_a_time = account.syncing.lock().await;
        let stopped = account.sync_stopped();
        if !stopped {
            self.set_sync(account, |sync| sync.state = SyncStep::Running);
        }
        let read = self.read_everything(session, stopped).await;
        if let Err(fault) = &read {
            tracing::warn!(%fault, "not everything was read");
        }
        let now = self.now();
        self.set_sync(account, |sync| {
            sync.state = match (sync.state, &read) {
                (SyncStep::Stopped, _) => SyncStep::Stopped,
                (_, Ok(())) => SyncStep::Done,
                (_, Err(_)) => SyncStep::Waiting,
            };
            if read.is_ok() && !sync.first {
                sync.finished = Some(now);
            }
            sync.fault = read.err();
        });
        let finished = account.live().sync.finished;
        if let Ok(state) = account.ask(|store| store.sync_state()) {
            let state = SyncState { finished, ..state };
            account
                .keep_behind(move |store| store.keep_sync_state(&state))
                .await;
        }
        self.check_again(account).await;
    }

    async fn read_everything(&self, session: &Arc<Session>, stopped: bool) -> Result<(), Fault> {
        let account = &session.account;
        let known = account.ask(|store| store.newest_payment())?;
        self.read_down_to(session, known).await?;
        self.read_open(session).await?;
        // What is said must not be missing because a payment cannot be read, nor the other way round.
        let talks = self.read_conversations(session).await;
        if stopped {
            self.settle_talks(session).await;
            return talks;
        }
        self.read_all_deals(session).await?;
        if talks.is_ok() {
            self.settle_talks(session).await;
        }
        self.read_the_rest(session).await?;
        talks
    }

    /// Reads from the top down to the newest payment that is known. Without one there is nothing to meet: the first
    /// reading does it.
    async fn read_down_to(&self, session: &Arc<Session>, known: Option<PaymentId>) -> Result<(), Fault> {
        let Some(known) = known else { return Ok(()) };
        let mut before = None;
        for _ in 0..MOST_PAGES {
            let Some(oldest) = self.read_page(session, before).await? else {
                return Ok(());
            };
            if oldest <= known {
                return Ok(());
            }
            before = Some(oldest);
        }
        Ok(())
    }

    /// Reads one page and takes it in; its oldest payment if there may be more below. What is kept here between its
    /// ends and was not in it has vanished, if asking for it by its number shows nothing either.
    async fn read_page(
        &self,
        session: &Arc<Session>,
        before: Option<PaymentId>,
    ) -> Result<Option<PaymentId>, Fault> {
        let account = &session.account;
        let filter = PaymentsFilter {
            before,
            count: ASK,
            ..PaymentsFilter::default()
        };
        let page = session.market.payments(filter).await?;
        crate::point!("sync.page");
        let listed: Vec<PaymentId> = page.iter().map(|payment| payment.id).collect();
        let whole = page.len() < ASK as usize;
        let oldest = listed.last().copied();
        let floor = if whole { None } else { oldest };
        let expected = account
            .ask_behind(move |store| store.payments_between(floor, before))
            .await?;
        let last = page.last().map(|payment| payment.created);
        self.hold_payments(account, page).await;
        // What is above the first page came after it was asked for.
        let newest = listed.first().copied();
        for missing in expected
            .into_iter()
            .filter(|id| {
                !listed.contains(id) && (before.is_some() || newest.is_some_and(|newest| *id < newest))
            })
            .take(ASK as usize)
        {
            // Asked for by its number: PaymentNotFound is noticed there.
            match self.reread_payment(account, missing).await {
                Err(fault) if fault.code != FaultCode::PaymentNotFound => return Err(fault),
                _ => {}
            }
        }
        if let Some(last) = last {
            account.live().sync.oldest = Some(last);
        }
        Ok(if whole { None } else { oldest })
    }

    /// Reads whatever is open again: pending payments, open deals.
    async fn read_open(&self, session: &Arc<Session>) -> Result<(), Fault> {
        let account = &session.account;
        for pending in account.ask(|store| store.pending_payments())? {
            match self.reread_payment(account, pending).await {
                Err(fault) if fault.code != FaultCode::PaymentNotFound => return Err(fault),
                _ => {}
            }
        }
        self.read_open_deals(session).await
    }

    /// The call has no cursor (section 13.6): more and more are asked for until there are no more.
    async fn read_all_deals(&self, session: &Arc<Session>) -> Result<(), Fault> {
        let mut count = NEWEST;
        loop {
            let deals = session.market.deals(&DealStatus::ALL, count).await?;
            let whole =
                deals.len() < count as usize || count >= MOST_DEALS || !session.account.live().sync.first;
            self.hold_deals(&session.account, deals, Freshness::Read).await;
            if whole {
                return Ok(());
            }
            count = count.saturating_mul(2);
        }
    }

    /// The first reading: page by page down to the beginning. It goes on where it was stopped.
    async fn read_the_rest(&self, session: &Arc<Session>) -> Result<(), Fault> {
        let account = &session.account;
        loop {
            let state = account.ask(|store| store.sync_state())?;
            if state.first_done {
                self.set_sync(account, |sync| sync.first = false);
                self.begin_to_reckon(session).await;
                return Ok(());
            }
            if account.sync_stopped() {
                return Ok(());
            }
            let before = state.before;
            let counted = account.ask(|store| store.payment_count())?;
            let next = self.read_page(session, before).await?;
            let taken = account.ask(|store| store.payment_count())?;
            let state = SyncState {
                first_done: next.is_none(),
                before: next,
                taken,
                finished: state.finished,
            };
            account
                .keep_behind(move |store| store.keep_sync_state(&state))
                .await;
            if taken == counted && next.is_some() {
                tracing::info!(payments = taken, "a page that was known already");
            }
            self.set_sync(account, |sync| sync.taken = taken);
        }
    }

    /// Checks the confirmations of copies that were checked with another key than the one that is pinned now.
    async fn check_again(&self, account: &Arc<OpenAccount>) {
        let mut last = None;
        loop {
            let key = account.key().map(|key| key.fingerprint().to_owned());
            let unchecked = account
                .ask_behind(move |store| store.unchecked_payments(key.as_deref(), CHECKED_AT_ONCE))
                .await
                .unwrap_or_default();
            let first = unchecked.first().map(|kept| kept.payment.id);
            // What cannot be kept would come again for ever.
            if first.is_none() || first == last {
                return;
            }
            last = first;
            let payments = unchecked.into_iter().map(|kept| kept.payment).collect();
            self.hold_payments(account, payments).await;
        }
    }

    fn set_sync(&self, account: &OpenAccount, change: impl FnOnce(&mut SyncProgress)) {
        change(&mut account.live().sync);
        self.announce(account.id, &[Topic::App]);
    }

    /// Stops the first reading; what was read stays, and it can go on from there.
    ///
    /// # Errors
    /// Why the store is not open.
    pub fn sync_stop(&self) -> Result<(), Fault> {
        let account = self.opened()?;
        self.set_sync(&account, |sync| {
            if sync.state != SyncStep::Done {
                sync.state = SyncStep::Stopped;
            }
        });
        Ok(())
    }

    /// Goes on with the first reading, or reads everything that is new.
    ///
    /// # Errors
    /// Why there is no connection.
    pub fn sync_go(&self) -> Result<(), Fault> {
        let session = self.session()?;
        self.set_sync(&session.account, |sync| {
            sync.state = SyncStep::Waiting;
            sync.fault = None;
        });
        self.sync_behind(&session);
        Ok(())
    }
}
