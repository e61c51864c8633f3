//! Payments: the list, one payment, cancel. Screens are answered from the store at once; the marketplace is asked behind.

use std::sync::Arc;

use kvit_domain::{
    Timestamp,
    deal::{Deal, DealStatus},
    fault::{Fault, FaultCode},
    id::{PaymentId, UserId},
    memory::Notice,
    money::{Fiat, Sats},
    payment::{Direction, Payment, PaymentStatus},
    receipt::Receipt,
    seal::SealMark,
};
use kvit_store::{Incoming, KeptPayment, SaidRow};

use crate::{
    account::AccountId,
    deals::not_canceled,
    engine::Engine,
    open_account::{OpenAccount, Reread},
    operation::{Act, Operation, OperationState, TakenSum, cancel_payment},
    seal::{Seal, check, mark_of, receipt_of},
    shell::{Shell, Topic},
};

/// Most rows of a window.
const WINDOW: u32 = 100;

/// What of the list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentsQuery {
    /// One direction only.
    pub direction: Option<Direction>,
    /// One status only.
    pub status: Option<PaymentStatus>,
    /// Number, name or words.
    pub text: String,
    /// Only those about which the marketplace contradicted itself.
    pub noticed_only: bool,
}

/// A window of the list: `count` rows from the row at `from`, newest first.
#[derive(Debug, Clone)]
pub struct Window {
    /// First row.
    pub from: u32,
    /// So many rows, at most 100.
    pub count: u32,
    /// A payment whose place in the list is asked for as well.
    pub anchor: Option<PaymentId>,
}

/// A window of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows.
    pub payments: Vec<ListedPayment>,
    /// Place of the first of them.
    pub from: u32,
    /// Rows of the whole list.
    pub total: u32,
    /// Where the anchor stands now.
    pub anchor: Option<u32>,
    /// When everything was last read through; `None`: never so far.
    pub read: Option<Timestamp>,
}

/// A row of the list.
#[derive(Debug, Clone)]
pub struct ListedPayment {
    /// The payment.
    pub payment: Payment,
    /// Who the person is.
    pub me: UserId,
    /// How the check of its confirmation came out.
    pub mark: SealMark,
    /// Its worth in the person's currency by the average rate, where no deal tells.
    pub estimate: Option<Fiat>,
    /// The marketplace contradicted itself about it, and the person has not seen that yet.
    pub noticed: bool,
    /// An operation about it is not settled.
    pub unresolved: bool,
}

/// The list as asked for last: the numbers of everything that fits.
pub(crate) struct List {
    query: PaymentsQuery,
    version: u64,
    ids: Arc<[PaymentId]>,
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
    /// What is known of it besides.
    pub record: Box<PaymentRecord>,
}

/// What is known of a payment besides what the marketplace says now.
#[derive(Debug, Clone, Default)]
pub struct PaymentRecord {
    /// Where the marketplace contradicted itself.
    pub notices: Vec<Notice>,
    /// What it said, from the beginning.
    pub said: Vec<SaidRow>,
    /// The archived receipt.
    pub receipt: Option<Receipt>,
    /// The operation that made it or is about it.
    pub operation: Option<Operation>,
    /// What was agreed to, where something else was taken.
    pub difference: Option<Difference>,
    /// The other payment of the same intent: paid twice.
    pub twin: Option<PaymentId>,
    /// The marketplace does not list it any more.
    pub vanished: bool,
    /// The payments that give pieces of it back, oldest first.
    pub given_back: Vec<GivenBack>,
}

/// A payment that gives pieces of another one back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenBack {
    /// The payment.
    pub payment: PaymentId,
    /// Pieces.
    pub pieces: u32,
    /// How much.
    pub amount: Sats,
    /// Status.
    pub status: PaymentStatus,
    /// When it was made.
    pub created: Timestamp,
    /// How the check of its confirmation came out.
    pub mark: SealMark,
}

/// What was agreed to and what was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Agreed.
    pub agreed: Option<Sats>,
    /// Agreed, in fiat.
    pub agreed_fiat: Option<Fiat>,
    /// Taken.
    pub taken: TakenSum,
}

impl Operation {
    /// What was agreed to and what was taken, once that is known.
    pub fn difference(&self) -> Option<Difference> {
        self.taken.map(|taken| Difference {
            agreed: self.intent.amount,
            agreed_fiat: self.intent.fiat,
            taken,
        })
    }
}

/// A payment just taken in.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) payment: Payment,
    pub(crate) seal: Seal,
    pub(crate) read: Timestamp,
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

/// Who must act on a payment; `None` when nobody has to.
fn turn_of_payment(payment: &Payment, me: UserId) -> Option<Turn> {
    if payment.status != PaymentStatus::Pending {
        return None;
    }
    match (&payment.deal, payment.direction(me)) {
        (Some(deal), _) => turn_of_deal(deal, me),
        (None, Direction::ToMe) => Some(Turn {
            waits_for: WaitsFor::TheirTransfer,
            until: None,
            fiat: None,
        }),
        (None, Direction::FromMe) => None,
    }
}

impl SeenPayment {
    /// Who must act.
    pub fn turn(&self) -> Option<Turn> {
        turn_of_payment(&self.payment, self.me)
    }
}

impl ListedPayment {
    /// Who must act.
    pub fn turn(&self) -> Option<Turn> {
        turn_of_payment(&self.payment, self.me)
    }
}

impl<S: Shell> Engine<S> {
    /// A window of the list, from the store: at once, connected or not. A number that is not there is asked for at the
    /// marketplace.
    ///
    /// # Errors
    /// Why the store is not open.
    pub async fn payments(&self, query: &PaymentsQuery, window: Window) -> Result<Page, Fault> {
        let account = self.opened()?;
        let Some(me) = account.profile().map(|profile| profile.id) else {
            return Ok(Page {
                payments: Vec::new(),
                from: 0,
                total: 0,
                anchor: None,
                read: None,
            });
        };
        let mut ids = self.list(&account, query, me).await?;
        if ids.is_empty()
            && let Some(number) = number_in(&query.text)
            && self.reread_payment(&account, number).await.is_ok()
        {
            ids = self.list(&account, query, me).await?;
        }
        let total = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let from = window.from.min(total);
        let count = window.count.min(WINDOW);
        let wanted: Vec<PaymentId> = ids
            .iter()
            .skip(from as usize)
            .take(count as usize)
            .copied()
            .collect();
        // Newest first, so the list is sorted the other way round.
        let anchor = window.anchor.and_then(|anchor| {
            let place = ids.binary_search_by(|id| anchor.cmp(id)).ok()?;
            u32::try_from(place).ok()
        });
        let kept = account
            .ask_behind(move |store| store.payments_by_id(&wanted))
            .await?;
        let open = account.operations.open();
        let pinned = account.key().map(|key| key.fingerprint().to_owned());
        let payments = kept
            .into_iter()
            .map(|kept| ListedPayment {
                me,
                mark: mark_with(&kept, pinned.as_deref()),
                estimate: account.estimate(kept.payment.amount),
                noticed: kept.noticed,
                unresolved: open.iter().any(|op| {
                    op.intent.payment == Some(kept.payment.id)
                        || (op.intent.invoice == Some(kept.payment.invoice.id)
                            && kept.payment.status == PaymentStatus::Pending)
                }),
                payment: kept.payment,
            })
            .collect();
        let read = account.live().sync.finished;
        Ok(Page {
            payments,
            from,
            total,
            anchor,
            read,
        })
    }

    /// The numbers of everything that fits, newest first; kept until something changes.
    async fn list(
        &self,
        account: &OpenAccount,
        query: &PaymentsQuery,
        me: UserId,
    ) -> Result<Arc<[PaymentId]>, Fault> {
        let version = account.store.version();
        {
            let live = account.live();
            if let Some(list) = &live.list
                && list.version == version
                && list.query == *query
            {
                return Ok(Arc::clone(&list.ids));
            }
        }
        let asked = kvit_store::PaymentsQuery {
            me,
            direction: query.direction,
            status: query.status,
            text: query.text.clone(),
            noticed_only: query.noticed_only,
        };
        let ids: Arc<[PaymentId]> = account
            .ask_behind(move |store| store.payment_ids(&asked))
            .await?
            .into();
        account.live().list = Some(List {
            query: query.clone(),
            version,
            ids: Arc::clone(&ids),
        });
        Ok(ids)
    }

    /// One payment, from the store at once; it is read again behind, and announced if that shows anything. One that is
    /// not in the store is read now.
    ///
    /// # Errors
    /// `PaymentNotFound`, or what stands in the way.
    pub async fn payment(&self, id: PaymentId) -> Result<SeenPayment, Fault> {
        let account = self.opened()?;
        match self.recall(&account, id).await? {
            Some(seen) => {
                self.reread_behind(&account, Reread::Payment(id));
                Ok(seen)
            }
            None => self.reread_payment(&account, id).await,
        }
    }

    /// One payment, read at the marketplace now; without a connection the copy.
    ///
    /// # Errors
    /// `PaymentNotFound`, or what stands in the way.
    pub async fn payment_now(&self, id: PaymentId) -> Result<SeenPayment, Fault> {
        let account = self.opened()?;
        match self.reread_payment(&account, id).await {
            Err(fault) if fault.code != FaultCode::PaymentNotFound => {
                self.recall(&account, id).await?.ok_or(fault)
            }
            answer => answer,
        }
    }

    /// A payment that is known to exist: read now, or else the copy of what made it known.
    pub(crate) async fn read_or_recall(
        &self,
        account: &Arc<OpenAccount>,
        id: PaymentId,
    ) -> Result<SeenPayment, Fault> {
        match self.reread_payment(account, id).await {
            Err(fault) => self.recall(account, id).await?.ok_or(fault),
            answer => answer,
        }
    }

    /// The copy of a payment, checked now.
    pub(crate) async fn recall(
        &self,
        account: &Arc<OpenAccount>,
        id: PaymentId,
    ) -> Result<Option<SeenPayment>, Fault> {
        let Some(KeptPayment { payment, read, .. }) =
            account.ask_behind(move |store| store.payment(id)).await?
        else {
            return Ok(None);
        };
        let checked = self.check_payments(account, vec![payment], read).await;
        checked
            .into_iter()
            .next()
            .map(|one| self.seen(account, one))
            .transpose()
    }

    /// Reads one payment at the marketplace and takes it in. One that is in the store and that the marketplace does not
    /// know any more has vanished: that is noticed.
    ///
    /// # Errors
    /// `PaymentNotFound`, or what stands in the way.
    pub(crate) async fn reread_payment(
        &self,
        account: &Arc<OpenAccount>,
        id: PaymentId,
    ) -> Result<SeenPayment, Fault> {
        let line = account.line().ok_or(FaultCode::NotConnected)?;
        let payment = match line.payment(id).await {
            Ok(payment) => payment,
            Err(fault) => {
                if fault.code == FaultCode::PaymentNotFound {
                    self.has_vanished(account, &[id]).await;
                }
                return Err(fault);
            }
        };
        let checked = self.hold_payments(account, vec![payment]).await;
        let one = checked.into_iter().next().ok_or(FaultCode::Internal)?;
        self.seen(account, one)
    }

    /// Notices payments that are kept here and that the marketplace does not list any more.
    pub(crate) async fn has_vanished(&self, account: &Arc<OpenAccount>, ids: &[PaymentId]) {
        let (gone, now) = (ids.to_vec(), self.now());
        let noticed = account.keep_behind(move |store| store.vanished(&gone, now)).await;
        for notice in noticed.into_iter().flatten() {
            self.announce(
                account.id,
                &[Topic::Payment(notice.payment), Topic::Payments, Topic::App],
            );
        }
    }

    /// Reads something again behind, unless that was done a moment ago or nobody can be asked.
    pub(crate) fn reread_behind(&self, account: &Arc<OpenAccount>, what: Reread) {
        if account.line().is_none() || !account.is_stale(what, self.pace()) {
            return;
        }
        self.take_in_behind_as(account, what);
    }

    /// Reads a payment and a deal behind, whenever they were read last: something was just done to them.
    pub(crate) fn take_in_behind(
        &self,
        account: &Arc<OpenAccount>,
        payment: Option<PaymentId>,
        deal: Option<kvit_domain::id::DealId>,
    ) {
        if let Some(payment) = payment {
            self.take_in_behind_as(account, Reread::Payment(payment));
        }
        if let Some(deal) = deal {
            self.take_in_behind_as(account, Reread::Deal(deal));
        }
    }

    fn take_in_behind_as(&self, account: &Arc<OpenAccount>, what: Reread) {
        let (engine, account) = (self.clone(), Arc::clone(account));
        self.behind(async move {
            let read = match what {
                Reread::Payment(id) => engine.reread_payment(&account, id).await.map(|_| ()),
                Reread::Deal(id) => engine.reread_deal(&account, id).await.map(|_| ()),
                Reread::Talk(talk) => engine.reread_talk(&account, talk).await,
            };
            if let Err(fault) = read {
                tracing::info!(%fault, ?what, "not read again");
            }
        });
    }

    /// Takes in one payment; its number.
    pub(crate) async fn hold_payment(&self, account: &Arc<OpenAccount>, payment: Payment) -> PaymentId {
        let id = payment.id;
        self.hold_payments(account, vec![payment]).await;
        id
    }

    /// Checks the confirmations of payments, off the async threads.
    async fn check_payments(
        &self,
        account: &OpenAccount,
        payments: Vec<Payment>,
        read: Timestamp,
    ) -> Vec<Checked> {
        let (key, now) = (account.key(), self.now());
        let checking = tokio::task::spawn_blocking(move || {
            let seals = check(&payments, key.as_deref(), now);
            payments.into_iter().zip(seals).collect::<Vec<_>>()
        });
        let Ok(pairs) = checking.await else {
            tracing::error!("the check of confirmations broke");
            return Vec::new();
        };
        pairs
            .into_iter()
            .map(|(payment, seal)| Checked { payment, seal, read })
            .collect()
    }

    /// Takes payments in: checks their confirmations, keeps copies, archives receipts, notices contradictions, and
    /// announces what changed.
    pub(crate) async fn hold_payments(
        &self,
        account: &Arc<OpenAccount>,
        payments: Vec<Payment>,
    ) -> Vec<Checked> {
        let now = self.now();
        let checked = self.check_payments(account, payments, now).await;
        let key = account.key().map(|key| key.fingerprint().to_owned());
        let incoming: Vec<Incoming> = checked
            .iter()
            .map(|one| {
                let mut payment = one.payment.clone();
                // A deal that comes within its payment does not name it (section 5.4).
                if let Some(deal) = &mut payment.deal {
                    deal.payment = Some(payment.id);
                }
                Incoming {
                    mark: mark_of(&one.seal),
                    receipt: receipt_of(&one.payment, &one.seal, now),
                    key: key.clone(),
                    payment,
                }
            })
            .collect();
        let kept = account
            .keep_behind(move |store| store.keep_payments(incoming, now))
            .await;
        let mut topics = Vec::new();
        for taken in kept.into_iter().flatten() {
            if taken.changed || taken.news {
                topics.extend([Topic::Payment(taken.id), Topic::Payments]);
            }
            if !taken.noticed.is_empty() {
                tracing::warn!(payment = %taken.id, "the marketplace contradicts itself");
                topics.push(Topic::App);
            }
            if taken.archived {
                topics.push(Topic::Receipts);
            }
        }
        for refund in checked.iter().filter_map(|one| one.payment.invoice.refund_of) {
            if !topics.is_empty() {
                topics.push(Topic::Payment(refund));
            }
        }
        for deal in checked.iter().filter_map(|one| one.payment.deal.as_deref()) {
            if !topics.is_empty() {
                topics.extend([Topic::Deal(deal.id), Topic::Deals]);
            }
        }
        self.announce(account.id, &topics);
        checked
    }

    /// A payment with everything that is known of it here.
    pub(crate) fn seen(&self, account: &OpenAccount, one: Checked) -> Result<SeenPayment, Fault> {
        let id = one.payment.id;
        let mut record = PaymentRecord {
            notices: account.ask(|store| store.notices_of(id))?,
            said: account.ask(|store| store.said_of(id))?,
            receipt: account.ask(|store| store.receipt(id))?,
            ..PaymentRecord::default()
        };
        record.vanished = account
            .ask(|store| store.payment(id))?
            .is_some_and(|kept| kept.vanished);
        record.given_back = given_back(account, id)?;
        let about = account.operations.journal().about(id)?;
        let doubled = |operation: &Operation| match operation.state {
            OperationState::Done(Some(made)) if made == id => operation.doubles.first().copied(),
            _ => None,
        };
        record.twin = about
            .iter()
            .find_map(doubled)
            .or_else(|| account.operations.twin_of(id));
        record.difference = about
            .iter()
            .filter(|operation| operation.state == OperationState::Done(Some(id)))
            .find_map(Operation::difference)
            .filter(|difference| difference.taken.differs);
        record.operation = account
            .operations
            .on_payment(id)
            .or_else(|| account.operations.on_invoice(one.payment.invoice.id))
            .or_else(|| about.into_iter().find(is_of_the_money));
        Ok(SeenPayment {
            me: account.me()?,
            estimate: account.estimate(one.payment.amount),
            payment: one.payment,
            seal: one.seal,
            read: one.read,
            record: Box::new(record),
        })
    }

    /// The person has seen what the marketplace contradicted itself about.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn notices_seen(&self, id: PaymentId) -> Result<(), Fault> {
        let account = self.opened()?;
        account.ask(|store| store.notices_seen(id))?;
        self.announce(account.id, &[Topic::App, Topic::Payments]);
        Ok(())
    }

    /// Cancels a pending payment of the person.
    ///
    /// # Errors
    /// `AccountChanged`; the refusal; `OutcomeUnknown` with money unknown when no answer came and looking has not told
    /// yet.
    pub async fn cancel_payment(&self, account: AccountId, id: PaymentId) -> Result<SeenPayment, Fault> {
        let session = self.session_of(account)?;
        let attempt = session.account.operations.attempt();
        session.profile().await?;
        let before = self.reread_payment(&session.account, id).await?;
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
        let (engine, line) = (self.clone(), Arc::clone(&session));
        self.carry_out(&session, attempt, cancel_payment::intent(&before), move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            async move {
                let payment = line.market.cancel_payment(id).await?;
                Ok(Some(engine.hold_payment(&line.account, payment).await))
            }
        })
        .await?;
        self.announce(
            session.account.id,
            &[Topic::Payment(id), Topic::Payments, Topic::Deals, Topic::App],
        );
        if let Some(deal) = &before.payment.deal {
            self.take_in_behind(&session.account, None, Some(deal.id));
        }
        // It is canceled: whatever fails from here on must not say otherwise.
        self.read_or_recall(&session.account, id).await
    }
}

/// Is it about the payment's own money, and not about what is said of it or given back later?
fn is_of_the_money(operation: &Operation) -> bool {
    !operation.intent.act.says() && operation.intent.act != Act::CreateRefund
}

/// The payments that give pieces of this one back.
fn given_back(account: &OpenAccount, id: PaymentId) -> Result<Vec<GivenBack>, Fault> {
    let ids = account.ask(|store| store.refund_payments_of(id))?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let pinned = account.key().map(|key| key.fingerprint().to_owned());
    let kept = account.ask(|store| store.payments_by_id(&ids))?;
    let mut given_back: Vec<GivenBack> = kept
        .iter()
        .map(|kept| GivenBack {
            payment: kept.payment.id,
            pieces: kept.payment.pieces,
            amount: kept.payment.amount,
            status: kept.payment.status,
            created: kept.payment.created,
            mark: mark_with(kept, pinned.as_deref()),
        })
        .collect();
    given_back.sort_unstable_by_key(|one| one.payment);
    Ok(given_back)
}

/// The mark of a copy, if it was made with the key that is pinned now.
fn mark_with(kept: &KeptPayment, pinned: Option<&str>) -> SealMark {
    if kept.payment.status == PaymentStatus::Paid && kept.key.as_deref() != pinned {
        SealMark::Checking
    } else {
        kept.mark
    }
}

/// A payment's number as a person types it.
fn number_in(text: &str) -> Option<PaymentId> {
    text.trim().trim_start_matches(['№', '#']).trim().parse().ok()
}
