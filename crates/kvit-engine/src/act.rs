//! Carrying out an act: called once, then settled by the answer, or by looking.

use std::{future::Future, sync::Arc};

use kvit_client::Marketplace;
use kvit_domain::{
    fault::{Fault, FaultCode, MoneyMoved},
    id::PaymentId,
};

use crate::{
    engine::Engine,
    look::look,
    operation::{Intent, Look, Operation, OperationId, OperationState},
    operations::{Attempt, wait_before},
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

impl<S: Shell> Engine<S> {
    /// Begins an operation, makes the call once, and settles it or leaves it to be looked after. `attempt` was taken
    /// before anything was read for it.
    ///
    /// # Errors
    /// `OperationInProgress`, the refusal, or `OutcomeUnknown`; the latter says that money may have moved.
    pub(crate) async fn carry_out<C>(
        &self,
        session: &Arc<Session>,
        attempt: Attempt,
        intent: Intent,
        call: C,
    ) -> Result<Happened, Fault>
    where
        C: Future<Output = Result<Option<PaymentId>, Fault>> + Send + 'static,
    {
        let operation = session.operations.begin(intent, self.now(), attempt)?;
        let id = operation.id;
        self.announce(session, &[Topic::Operation(id), Topic::App]);
        // The call runs on its own: whoever asked may go away (a closed screen), the operation may not.
        let engine = self.clone();
        let line = Arc::clone(session);
        let called = tokio::spawn(async move { engine.call_and_settle(&line, operation, call).await });
        match called.await {
            Ok(settled) => settled,
            Err(_) => {
                // Our own mistake on the way must not look like "nothing happened".
                session.operations.change(id, Operation::silence);
                self.look_after(session, id);
                Err(unknown(id))
            }
        }
    }

    async fn call_and_settle<C>(
        &self,
        session: &Arc<Session>,
        operation: Operation,
        call: C,
    ) -> Result<Happened, Fault>
    where
        C: Future<Output = Result<Option<PaymentId>, Fault>>,
    {
        let id = operation.id;
        match call.await {
            Ok(payment) => {
                self.change_operation(session, id, |op| op.done(payment));
                return Ok(Happened {
                    operation: id,
                    payment,
                });
            }
            Err(fault) if !fault.may_hide_success() => {
                // The front proxy repeats calls, and a refusal may be the answer to its second try: only a look that
                // finds nothing lets it stand.
                match self.look_after_refusal(session, &operation.intent, &fault).await {
                    Look::Found(payment) => {
                        self.change_operation(session, id, |op| op.done(payment));
                        return Ok(Happened {
                            operation: id,
                            payment,
                        });
                    }
                    Look::Nothing => {
                        self.change_operation(session, id, |op| op.refused(fault.clone()));
                        return Err(Fault {
                            money: MoneyMoved::No,
                            ..fault
                        });
                    }
                    Look::Failed => tracing::warn!(%fault, operation = %id, "refused, but nobody can look"),
                }
            }
            Err(fault) => tracing::warn!(%fault, operation = %id, "no answer; looking"),
        }
        self.change_operation(session, id, Operation::silence);
        self.resolve(session, id, Some(FIRST_LOOKS)).await;
        match session.operations.get(id).map(|op| op.state) {
            Some(OperationState::Done(payment)) => Ok(Happened {
                operation: id,
                payment,
            }),
            _ => {
                self.look_after(session, id);
                Err(unknown(id))
            }
        }
    }

    async fn look_after_refusal(&self, session: &Session, intent: &Intent, fault: &Fault) -> Look {
        if never_carried_out(fault.code) {
            return Look::Nothing;
        }
        for made in 0..LOOKS_AFTER_REFUSAL {
            if made > 0 {
                tokio::time::sleep(wait_before(made)).await;
            }
            let found = look(&self.line(session), intent).await;
            if found != Look::Failed {
                return found;
            }
        }
        Look::Failed
    }

    /// Looks on behind, until it is settled.
    pub(crate) fn look_after(&self, session: &Arc<Session>, id: OperationId) {
        let engine = self.clone();
        let session = Arc::clone(session);
        tokio::spawn(async move { engine.resolve(&session, id, None).await });
    }

    async fn resolve(&self, session: &Arc<Session>, id: OperationId, most: Option<u32>) {
        let Some(operation) = session.operations.get(id) else {
            return;
        };
        let intent = &operation.intent;
        let looking = || async move { look(&self.line(session), intent).await };
        let report = |operation: &Operation| {
            let mut topics = vec![Topic::Operation(id), Topic::App];
            if let OperationState::Done(payment) = operation.state {
                topics.extend([Topic::Payments, Topic::Deals]);
                topics.extend(payment.map(Topic::Payment));
                topics.extend(intent.deal.map(Topic::Deal));
            }
            self.announce(session, &topics);
        };
        session
            .operations
            .resolve(id, looking, || self.now(), report, most)
            .await;
    }

    /// The best line to the session's account: the current one, which may have been made anew with a new token.
    fn line(&self, session: &Session) -> Marketplace {
        self.session()
            .ok()
            .filter(|current| current.account == session.account)
            .map_or_else(|| session.market.clone(), |current| current.market.clone())
    }

    fn change_operation(&self, session: &Session, id: OperationId, change: impl FnOnce(&mut Operation)) {
        session.operations.change(id, change);
        self.announce(session, &[Topic::Operation(id), Topic::App]);
    }
}

fn unknown(id: OperationId) -> Fault {
    Fault::new(FaultCode::OutcomeUnknown)
        .with("operation", id)
        .money_unknown()
}

/// Refused before it reached whoever acts: no line was made, or the door was not opened.
fn never_carried_out(code: FaultCode) -> bool {
    use FaultCode::*;
    matches!(
        code,
        NameNotFound
            | ConnectionRefused
            | Unreachable
            | ProxyFailed
            | CertificateUntrusted
            | CertificateChanged
            | TokenRejected
            | TokenLacksRights
            | UserGone
    )
}
