//! Carrying out an act: called once, then settled by the answer, or by looking; then watched for a repetition.

use std::{future::Future, sync::Arc};

use kvit_client::Marketplace;
use kvit_domain::{
    fault::{Fault, FaultCode, MoneyMoved},
    id::{InvoiceId, PaymentId},
};

use crate::{
    engine::Engine,
    look::{Sight, look},
    open_account::OpenAccount,
    operation::{Intent, Look, Operation, OperationId, OperationState, Step, StepKind},
    operations::{Attempt, looked},
    session::Session,
    shell::{Shell, Topic},
};

/// Looks made while the person waits at the button; the rest goes on behind.
const FIRST_LOOKS: u32 = 2;

/// After a refusal so many looks are tried for one that succeeds.
const LOOKS_AFTER_REFUSAL: u32 = 3;

/// An act that happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Happened {
    /// The operation.
    pub(crate) operation: OperationId,
    /// The payment it is about or made.
    pub(crate) payment: Option<PaymentId>,
}

/// What the answer to an act names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answer {
    /// The payment it is about or made.
    pub(crate) payment: Option<PaymentId>,
    /// The refund it made.
    pub(crate) refund: Option<InvoiceId>,
    /// What was to be said is there in other words.
    pub(crate) otherwise: bool,
}

impl From<Option<PaymentId>> for Answer {
    fn from(payment: Option<PaymentId>) -> Self {
        Self {
            payment,
            ..Self::default()
        }
    }
}

impl<S: Shell> Engine<S> {
    /// Begins an operation, makes the call once, and settles it or leaves it to be looked after. `attempt` was taken
    /// before anything was read for it.
    ///
    /// # Errors
    /// `OperationInProgress`, the refusal, or `OutcomeUnknown`; the latter says that money may have moved.
    pub(crate) async fn carry_out<C, A>(
        &self,
        session: &Arc<Session>,
        attempt: Attempt,
        intent: Intent,
        call: impl Fn() -> C + Send + 'static,
    ) -> Result<Happened, Fault>
    where
        C: Future<Output = Result<A, Fault>> + Send + 'static,
        A: Into<Answer> + Send,
    {
        let operation = session.account.operations.begin(intent, self.now(), attempt)?;
        crate::point!("act.begun");
        let id = operation.id;
        self.announce_operation(&session.account, id);
        // The call runs on its own: whoever asked may go away (a closed screen), the operation may not.
        let engine = self.clone();
        let line = Arc::clone(session);
        let (tell, told) = tokio::sync::oneshot::channel();
        self.behind(async move {
            // Whoever asked may be gone: then nobody needs the answer.
            let _ = tell.send(engine.call_and_settle(&line, operation, call).await);
        });
        match told.await {
            Ok(settled) => settled,
            Err(_) => {
                // Our own mistake on the way must not look like "nothing happened". Where the engine was shut, the next
                // start finds it in the journal.
                if !self.is_shut() {
                    self.change_operation(&session.account, id, Vec::new(), Operation::silence);
                    self.look_after(Arc::clone(&session.account), id);
                }
                Err(unknown(id))
            }
        }
    }

    async fn call_and_settle<C, A>(
        &self,
        session: &Arc<Session>,
        operation: Operation,
        call: impl Fn() -> C,
    ) -> Result<Happened, Fault>
    where
        C: Future<Output = Result<A, Fault>>,
        A: Into<Answer>,
    {
        let id = operation.id;
        let account = &session.account;
        self.change_operation(account, id, Vec::new(), Operation::sent);
        crate::point!("act.before_call");
        let mut answer = call().await;
        crate::point!("act.after_call");
        if crate::planted!("planted.retry") && answer.as_ref().is_err_and(Fault::may_hide_success) {
            answer = call().await;
        }
        let silence = match answer.and_then(|answer| made_by(&operation.intent, answer.into())) {
            Ok(answer) => {
                crate::point!("act.before_settle");
                let sight = self.made_so_far(account, &operation).await;
                let answered = vec![Step::new(StepKind::Answered, self.now())];
                self.change_operation(account, id, answered, |op| {
                    op.done(answer.payment);
                    op.refunds.extend(answer.refund);
                    op.made_too(sight.beyond(answer.payment), &sight.refunds);
                    op.otherwise = answer.otherwise;
                });
                crate::point!("act.after_settle");
                self.watch(Arc::clone(account), id);
                return Ok(Happened {
                    operation: id,
                    payment: answer.payment,
                });
            }
            Err(fault) if crate::planted!("planted.trust_error") => {
                self.change_operation(account, id, Vec::new(), |op| op.refused(fault.clone()));
                return Err(fault);
            }
            Err(fault) if !is_silence(&fault) => {
                // The front proxy repeats calls, and a refusal may be the answer to its second try: only a look that
                // finds nothing lets it stand.
                let sight = self.look_after_refusal(account, &operation, &fault).await;
                match sight.look {
                    Look::Found(payment) => {
                        let seen = vec![looked(&sight, false, self.now())];
                        self.change_operation(account, id, seen, |op| {
                            op.done(payment);
                            op.made_too(sight.beyond(payment), &sight.refunds);
                            op.otherwise = sight.otherwise;
                        });
                        self.watch(Arc::clone(account), id);
                        return Ok(Happened {
                            operation: id,
                            payment,
                        });
                    }
                    Look::Nothing => {
                        crate::point!("act.before_settle");
                        self.change_operation(account, id, Vec::new(), |op| op.refused(fault.clone()));
                        self.watch(Arc::clone(account), id);
                        return Err(Fault {
                            money: MoneyMoved::No,
                            ..fault
                        });
                    }
                    Look::Failed => tracing::warn!(%fault, operation = %id, "refused, but nobody can look"),
                }
                fault
            }
            Err(fault) => {
                tracing::warn!(%fault, operation = %id, "no answer; looking");
                fault
            }
        };
        let step = Step::new(StepKind::Silence, self.now()).with("code", silence.code.name());
        self.change_operation(account, id, vec![step], Operation::silence);
        self.resolve(account, id, Some(FIRST_LOOKS)).await;
        match account.operations.get(id).map(|op| op.state) {
            Ok(OperationState::Done(payment)) => {
                self.watch(Arc::clone(account), id);
                Ok(Happened {
                    operation: id,
                    payment,
                })
            }
            _ => {
                self.look_after(Arc::clone(account), id);
                Err(unknown(id))
            }
        }
    }

    async fn look_after_refusal(
        &self,
        account: &Arc<OpenAccount>,
        operation: &Operation,
        fault: &Fault,
    ) -> Sight {
        let mut last = Sight::only(Look::Nothing);
        if never_carried_out(fault.code) {
            return last;
        }
        for made in 0..LOOKS_AFTER_REFUSAL {
            if made > 0 {
                tokio::time::sleep(self.pace().wait_before(made)).await;
            }
            last = self.look_for(account, operation.id, &operation.intent).await;
            if last.look != Look::Failed {
                break;
            }
        }
        last
    }

    /// One look, by the best line there is to the account now.
    async fn look_for(&self, account: &Arc<OpenAccount>, id: OperationId, intent: &Intent) -> Sight {
        let Some(line) = self.line(account) else {
            return Sight::only(Look::Failed);
        };
        let Ok(me) = account.me() else {
            return Sight::only(Look::Failed);
        };
        look(&line, intent, me, id, &account.operations).await
    }

    /// What the same intent has made so far, if it makes anything. Failing is no reason to fail: it is watched anyhow.
    async fn made_so_far(&self, account: &Arc<OpenAccount>, operation: &Operation) -> Sight {
        if operation.intent.act.makes() {
            self.look_for(account, operation.id, &operation.intent).await
        } else {
            Sight::only(Look::Nothing)
        }
    }

    /// Looks on behind, until it is settled.
    pub(crate) fn look_after(&self, account: Arc<OpenAccount>, id: OperationId) {
        let engine = self.clone();
        self.behind(async move {
            engine.resolve(&account, id, None).await;
            engine.watch(account, id);
        });
    }

    async fn resolve(&self, account: &Arc<OpenAccount>, id: OperationId, most: Option<u32>) {
        let Ok(operation) = account.operations.get(id) else {
            return;
        };
        let intent = &operation.intent;
        let looking = || self.look_for(account, id, intent);
        let report = |operation: &Operation| {
            if let OperationState::Done(payment) = operation.state {
                let mut topics = vec![Topic::Payments, Topic::Deals];
                topics.extend(payment.map(Topic::Payment));
                topics.extend(intent.deal.map(Topic::Deal));
                self.announce(account.id, &topics);
                self.take_in_behind(account, payment, intent.deal);
                if intent.act.pays()
                    && let Some(payment) = payment
                {
                    self.note_taken_behind(account, id, payment);
                }
            }
            self.announce_operation(account, id);
        };
        account
            .operations
            .resolve(id, looking, || self.now(), report, most)
            .await;
    }

    /// Watches a settled payment behind until nothing of it can arrive any more, and looks then for what arrived
    /// twice.
    pub(crate) fn watch(&self, account: Arc<OpenAccount>, id: OperationId) {
        let engine = self.clone();
        self.behind(async move { engine.watch_to_the_end(&account, id).await });
    }

    async fn watch_to_the_end(&self, account: &Arc<OpenAccount>, id: OperationId) {
        let to_watch = |op: &Operation| op.intent.act.makes() && !op.watched && !op.state.is_open();
        let Ok(operation) = account.operations.get(id) else {
            return;
        };
        if !to_watch(&operation) {
            return;
        }
        if matches!(&operation.state, OperationState::Refused(fault) if never_carried_out(fault.code)) {
            account
                .operations
                .change(id, self.now(), Vec::new(), |op| op.watched = true);
            return;
        }
        tokio::time::sleep(account.operations.to_watch(id)).await;
        let mut looks = 0;
        loop {
            // What a later one on the same invoice, or of the same payment, is making just now is not this one's.
            let Intent { invoice, payment, .. } = operation.intent;
            let busy = invoice.is_some_and(|invoice| account.operations.on_invoice(invoice).is_some())
                || payment.is_some_and(|payment| account.operations.on_payment(payment).is_some());
            if !busy {
                let sight = self.look_for(account, id, &operation.intent).await;
                if sight.look != Look::Failed {
                    let first = match sight.look {
                        Look::Found(payment) => payment,
                        _ => None,
                    };
                    let made = match operation.state {
                        OperationState::Done(payment) => payment,
                        _ => first,
                    };
                    let doubles = sight.beyond(made);
                    let corrected = !matches!(operation.state, OperationState::Done(_)) && first.is_some();
                    let another = |refund: &InvoiceId| !operation.refunds.contains(refund);
                    let found = corrected || !doubles.is_empty() || sight.refunds.iter().any(another);
                    let seen = vec![looked(&sight, true, self.now())];
                    account.operations.change(id, self.now(), seen, |op| {
                        if let Some(first) = first {
                            op.found_after_all(first);
                        }
                        op.made_too(doubles, &sight.refunds);
                        op.watched = true;
                    });
                    if found {
                        tracing::warn!(operation = %id, corrected, "carried out again, or after all");
                        for payment in sight.made.iter().map(|payment| payment.id).chain(payment) {
                            self.take_in_behind(account, Some(payment), None);
                        }
                        self.announce(account.id, &[Topic::Payments]);
                    }
                    self.announce_operation(account, id);
                    return;
                }
            }
            tokio::time::sleep(self.pace().wait_before(looks)).await;
            looks = looks.saturating_add(1);
        }
    }

    /// Writes down behind what was taken by an act that a look found.
    fn note_taken_behind(&self, account: &Arc<OpenAccount>, id: OperationId, payment: PaymentId) {
        let (engine, account) = (self.clone(), Arc::clone(account));
        self.behind(async move {
            if let Ok(seen) = engine.read_or_recall(&account, payment).await {
                engine.change_operation(&account, id, Vec::new(), |op| op.took(&seen.payment));
            }
        });
    }

    /// The best line to an account: the current one, which may have been made anew with a new token.
    pub(crate) fn line(&self, account: &OpenAccount) -> Option<Marketplace> {
        account.line()
    }

    pub(crate) fn change_operation(
        &self,
        account: &OpenAccount,
        id: OperationId,
        steps: Vec<Step>,
        change: impl FnOnce(&mut Operation),
    ) {
        account.operations.change(id, self.now(), steps, change);
        self.announce_operation(account, id);
    }

    fn announce_operation(&self, account: &OpenAccount, id: OperationId) {
        self.announce(account.id, &[Topic::Operation(id), Topic::Operations, Topic::App]);
    }
}

/// The answer, if what it names was made by the act. The marketplace answers a purchase through an advertisement with the pending payment
/// where there is one (section 7.2): that one is older than the act, and nothing was begun.
fn made_by(intent: &Intent, answer: Answer) -> Result<Answer, Fault> {
    match answer.payment {
        Some(id) if intent.act.pays() && intent.mark.is_some_and(|mark| id <= mark) => {
            Err(Fault::new(FaultCode::PaymentPending).with("payment", id))
        }
        _ => Ok(answer),
    }
}

fn unknown(id: OperationId) -> Fault {
    Fault::new(FaultCode::OutcomeUnknown)
        .with("operation", id)
        .money_unknown()
}

/// No answer to go by. A collision at the server is none either when the front proxy may have repeated the call: the
/// first try may be the one it collided with, and be about to succeed (section 2.1).
pub(crate) fn is_silence(fault: &Fault) -> bool {
    fault.may_hide_success() || matches!(fault.code, FaultCode::Concurrency | FaultCode::ServerFailed)
}

/// No line was made, so nothing was sent. A rejected token is not among these: it may be the answer to the front
/// proxy's second try, while the first one, a moment before, was carried out (section 2.1).
pub(crate) fn never_carried_out(code: FaultCode) -> bool {
    use FaultCode::*;
    matches!(
        code,
        NameNotFound
            | ConnectionRefused
            | Unreachable
            | ProxyFailed
            | CertificateUntrusted
            | CertificateChanged
    )
}
