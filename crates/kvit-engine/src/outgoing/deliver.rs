//! Delivering: one message of a talk after the other, each sent once, then settled by the answer or by looking; then
//! watched for a repetition. Messages of other talks wait for nobody.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use kvit_client::Marketplace;
use kvit_domain::{
    fault::{Fault, FaultCode},
    id::{MessageId, UserId},
    message::Talk,
};
use tokio::sync::watch;

use super::{Look, Outgoing, OutgoingId, OutgoingState, upload::Hindrance};
use crate::{
    act::{is_silence, never_carried_out},
    engine::Engine,
    open_account::OpenAccount,
    shell::Shell,
    talks::Parties,
};

/// After a refusal so many looks are tried for one that succeeds.
const LOOKS_AFTER_REFUSAL: u32 = 3;

/// How one attempt to get on with a message ended.
enum Turn {
    /// It got somewhere: the next is due at once.
    On,
    /// It has to wait.
    Later,
}

impl<S: Shell> Engine<S> {
    /// Goes on with whatever was on its way: a line was made.
    pub(crate) fn resume_outgoing(&self, account: &Arc<OpenAccount>) {
        account.outbox.wake();
        for talk in account.outbox.talks() {
            self.deliver(account, talk);
        }
        self.watch_repetitions(account);
    }

    pub(super) fn deliver(&self, account: &Arc<OpenAccount>, talk: Talk) {
        if !account.outbox.take_on(talk) {
            return;
        }
        let (engine, account) = (self.clone(), Arc::clone(account));
        let holder = Arc::clone(&account);
        let taken = self.behind(async move {
            // Our own mistake on the way must not leave a talk that nobody delivers.
            while AssertUnwindSafe(engine.deliver_all(&account, talk))
                .catch_unwind()
                .await
                .is_err()
            {
                tracing::error!("delivering broke off");
                tokio::time::sleep(engine.pace().wait_before(u32::MAX)).await;
            }
        });
        if taken.is_none() {
            holder.outbox.let_go(talk);
        }
    }

    async fn deliver_all(&self, account: &Arc<OpenAccount>, talk: Talk) {
        let mut waits = 0;
        loop {
            let mut woken = account.outbox.listen();
            let Some(outgoing) = account.outbox.next(talk) else {
                return;
            };
            let turn = match outgoing.state {
                OutgoingState::Checking { looks, .. } => {
                    self.pause(&mut woken, looks).await;
                    self.check(account, &outgoing).await;
                    waits = 0;
                    Turn::On
                }
                OutgoingState::Sending => {
                    // An earlier attempt broke off under way.
                    self.settle(account, outgoing.id, |one| {
                        one.silence(FaultCode::Internal.into())
                    });
                    Turn::Later
                }
                _ => self.send_one(account, &outgoing, &mut woken).await,
            };
            match turn {
                Turn::On => waits = 0,
                Turn::Later => {
                    self.pause(&mut woken, waits).await;
                    waits = waits.saturating_add(1);
                }
            }
        }
    }

    /// Waits before attempt number `made`, or until it is worth trying again.
    async fn pause(&self, woken: &mut watch::Receiver<()>, made: u32) {
        tokio::select! {
            () = tokio::time::sleep(self.pace().wait_before(made)) => {}
            _ = woken.changed() => {}
        }
    }

    async fn send_one(
        &self,
        account: &Arc<OpenAccount>,
        outgoing: &Outgoing,
        woken: &mut watch::Receiver<()>,
    ) -> Turn {
        let (id, talk) = (outgoing.id, outgoing.talk);
        if account.outbox.twin_in_the_way(outgoing) {
            return Turn::Later;
        }
        let (Some(line), Ok(me)) = (account.line(), account.me()) else {
            return Turn::Later;
        };
        match self.upload(account, &line, outgoing, woken).await {
            Ok(()) => {}
            Err(Hindrance::TakenBack) => return Turn::On,
            Err(Hindrance::Refused(fault)) => {
                self.settle(account, id, |one| one.refused(fault));
                return Turn::On;
            }
            Err(Hindrance::Later) => {
                self.settle(account, id, Outgoing::not_sent);
                return Turn::Later;
            }
        }
        // What is there before tells what is new afterwards.
        let ready = match self.reread_talk(account, talk).await {
            Ok(()) => self.parties(account, talk).await,
            Err(fault) => Err(fault),
        };
        let why_not = match ready {
            Ok(Parties { closed: None, .. }) => None,
            Ok(Parties {
                closed: Some(code), ..
            }) => Some(code.into()),
            Err(fault) if is_passing(&fault) => return Turn::Later,
            Err(fault) => Some(fault),
        };
        if let Some(fault) = why_not {
            self.settle(account, id, |one| one.refused(fault));
            return Turn::On;
        }
        let Ok(mark) = account.ask(|store| store.newest_message(talk)) else {
            return Turn::Later;
        };
        let now = self.now();
        let mut ours = false;
        let begun = account.outbox.change(id, |one| {
            ours = one.state.is_before_sending();
            one.sending(mark, now);
        });
        let sending = match begun {
            Ok(sending) if ours => sending,
            // Taken back meanwhile.
            Ok(_) => return Turn::On,
            Err(fault) if fault.code == FaultCode::MessageNotFound => return Turn::On,
            // What cannot be written down is not sent.
            Err(fault) => {
                account.live().trouble = Some(fault);
                return Turn::Later;
            }
        };
        self.announce_talk(account, talk);
        crate::point!("outgoing.before_call");
        let mut answer = self.call(account, &line, &sending, me).await;
        crate::point!("outgoing.after_call");
        if crate::planted!("planted.send_again") && answer.as_ref().is_err_and(Fault::may_hide_success) {
            answer = self.call(account, &line, &sending, me).await;
        }
        self.take_answer(account, &sending, answer).await
    }

    async fn take_answer(
        &self,
        account: &Arc<OpenAccount>,
        sending: &Outgoing,
        answer: Result<bool, Fault>,
    ) -> Turn {
        let id = sending.id;
        let silence = match answer {
            Ok(read) => match self.own_copies(account, sending) {
                Ok(found) if !found.is_empty() => {
                    crate::point!("outgoing.before_settle");
                    self.settle(account, id, |one| {
                        one.arrived(&found);
                        one.watched |= read;
                    });
                    self.watch_repetitions(account);
                    return Turn::On;
                }
                // It says that it is done, and does not show it.
                Ok(_) => FaultCode::Malformed.into(),
                Err(fault) => fault,
            },
            Err(fault) if never_carried_out(fault.code) => {
                self.settle(account, id, Outgoing::not_sent);
                return Turn::Later;
            }
            Err(fault) if is_silence(&fault) => fault,
            Err(fault) => match self.look_after_a_refusal(account, sending).await {
                Look::Found(found) => {
                    self.settle(account, id, |one| {
                        one.arrived(&found);
                        one.watched();
                    });
                    return Turn::On;
                }
                Look::Nothing => {
                    crate::point!("outgoing.before_settle");
                    self.settle(account, id, |one| one.refused(fault));
                    return Turn::On;
                }
                Look::Failed => fault,
            },
        };
        tracing::warn!(%silence, outgoing = %id, "no answer; looking");
        self.settle(account, id, |one| one.silence(silence));
        Turn::On
    }

    /// Makes the call, and takes in what it was answered with. Then the front proxy has said its last word, and whatever it
    /// made of the call is there: whether that was read, too.
    async fn call(
        &self,
        account: &Arc<OpenAccount>,
        line: &Marketplace,
        sending: &Outgoing,
        me: UserId,
    ) -> Result<bool, Fault> {
        let (text, pictures) = (sending.text.as_str(), sending.pictures.as_slice());
        let conversation = match sending.talk {
            Talk::Invoice { invoice, buyer } => {
                let to = (buyer != me).then_some(buyer);
                Some(line.send_invoice_message(invoice, to, text, pictures).await?)
            }
            Talk::Payment(payment) => Some(line.send_payment_message(payment, text, pictures).await?),
            Talk::Deal(deal) => {
                let message = line.send_deal_message(deal, text, pictures).await?;
                // It is sent: the answer's copy is kept even if the deal cannot be read now.
                self.hold_message_of_deal(account, deal, message).await;
                None
            }
        };
        self.hold_conversations(account, conversation.into_iter().collect())
            .await;
        let read = self.reread_talk(account, sending.talk).await;
        if let Err(fault) = &read {
            tracing::info!(%fault, talk = %sending.talk, "not read again");
        }
        Ok(read.is_ok())
    }

    async fn look_after_a_refusal(&self, account: &Arc<OpenAccount>, outgoing: &Outgoing) -> Look {
        for made in 0..LOOKS_AFTER_REFUSAL {
            if made > 0 {
                tokio::time::sleep(self.pace().wait_before(made)).await;
            }
            match self.look_for_message(account, outgoing).await {
                Look::Failed => {}
                look => return look,
            }
        }
        Look::Failed
    }

    /// One look at the talk.
    async fn look_for_message(&self, account: &Arc<OpenAccount>, outgoing: &Outgoing) -> Look {
        crate::point!("outgoing.look");
        let read = match self.reread_talk(account, outgoing.talk).await {
            Ok(()) => self.own_copies(account, outgoing),
            Err(fault) => Err(fault),
        };
        match read {
            Ok(found) if found.is_empty() => Look::Nothing,
            Ok(found) => Look::Found(found),
            Err(fault) => {
                tracing::info!(%fault, outgoing = %outgoing.id, "a look failed");
                Look::Failed
            }
        }
    }

    /// The messages of the talk, as it is kept, that could be this one and that no other one has claimed, by number.
    fn own_copies(&self, account: &OpenAccount, outgoing: &Outgoing) -> Result<Vec<MessageId>, Fault> {
        let me = account.me()?;
        let claimed = account.outbox.claimed(outgoing.talk)?;
        let above = account.ask(|store| store.own_messages_above(outgoing.talk, outgoing.mark, me))?;
        Ok(outgoing.copies_among(&above, &claimed, me))
    }

    async fn check(&self, account: &Arc<OpenAccount>, outgoing: &Outgoing) {
        let (began, quiet) = (self.now(), account.outbox.quiet(outgoing.id));
        let look = self.look_for_message(account, outgoing).await;
        self.settle(account, outgoing.id, |one| {
            one.looked(&look, began, quiet, self.pace());
        });
        self.watch_repetitions(account);
    }

    /// Changes a message, and tells whoever shows it. `false`: it is not there any more, or that could not be written
    /// down; then it is as it was, and is tried again.
    pub(super) fn settle(
        &self,
        account: &OpenAccount,
        id: OutgoingId,
        change: impl FnOnce(&mut Outgoing),
    ) -> bool {
        match account.outbox.change(id, change) {
            Ok(outgoing) => {
                self.announce_talk(account, outgoing.talk);
                true
            }
            Err(fault) => {
                if fault.code != FaultCode::MessageNotFound {
                    account.live().trouble = Some(fault);
                }
                false
            }
        }
    }

    /// Claims copies that came after all, or once more, for the messages that they are of. Nothing is claimed while one
    /// that could not be told from them is on its way.
    pub(crate) fn claim_copies(&self, account: &OpenAccount, talk: Talk) {
        let failed = account.outbox.of(talk).unwrap_or_default();
        let settled = account
            .outbox
            .may_be_repeated(talk)
            .into_iter()
            .chain(failed.into_iter().filter(|one| !one.state.is_open()));
        for outgoing in settled {
            if account.outbox.has_open_twin(&outgoing) {
                continue;
            }
            let Ok(found) = self.own_copies(account, &outgoing) else {
                continue;
            };
            let mut after = outgoing.clone();
            after.take_in_copies(&found);
            if after != outgoing {
                tracing::warn!(outgoing = %outgoing.id, "delivered again, or after all");
                self.settle(account, outgoing.id, |one| one.take_in_copies(&found));
            }
        }
    }

    /// Looks after those that arrived until the front proxy cannot have repeated them any more.
    fn watch_repetitions(&self, account: &Arc<OpenAccount>) {
        for outgoing in account.outbox.take_unwatched() {
            let (engine, account) = (self.clone(), Arc::clone(account));
            let (id, holder) = (outgoing.id, Arc::clone(&account));
            let taken = self.behind(async move { engine.watch_to_its_end(&account, outgoing).await });
            if taken.is_none() {
                holder.outbox.unwatched(id);
            }
        }
    }

    async fn watch_to_its_end(&self, account: &Arc<OpenAccount>, outgoing: Outgoing) {
        let age = account.outbox.age(outgoing.id);
        tokio::time::sleep(self.pace().last_arrival.saturating_sub(age)).await;
        let mut looks = 0;
        // Reading the talk claims what there is.
        while self.reread_talk(account, outgoing.talk).await.is_err() {
            tokio::time::sleep(self.pace().wait_before(looks)).await;
            looks = looks.saturating_add(1);
        }
        self.claim_copies(account, outgoing.talk);
        self.settle(account, outgoing.id, Outgoing::watched);
        // One of the same words may have waited for that.
        account.outbox.wake();
    }
}

/// Nothing that the message itself is to blame for: it is tried again.
pub(super) fn is_passing(fault: &Fault) -> bool {
    is_silence(fault)
        || never_carried_out(fault.code)
        || matches!(
            fault.code,
            FaultCode::NotConnected
                | FaultCode::TokenRejected
                | FaultCode::TokenLacksRights
                | FaultCode::TokenMissing
                | FaultCode::UserGone
                | FaultCode::StoreUnwritable
        )
}
