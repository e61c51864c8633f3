//! What parties say of each other: once, final (sections 7.10, 13.6), and what others said of a person (5.2).

use std::sync::Arc;

use kvit_domain::{
    fault::{Fault, FaultCode},
    feedback::{FEEDBACK_LIMIT, Feedback},
    id::{DealId, PaymentId, UserId},
    message::length,
    payment::{Payment, PaymentStatus},
};
use kvit_store::Freshness;

use crate::{
    account::AccountId,
    act::Answer,
    deals::SeenDeal,
    engine::Engine,
    operation::{give_deal_feedback, give_payment_feedback},
    payments::SeenPayment,
    shell::{Shell, Topic},
};

/// Feedback on a page (section 5.2: at most 99).
const PAGE: u32 = 99;

/// A page of what is said of a person, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedbackPage {
    /// The rows. Strangers' texts.
    pub rows: Vec<Feedback>,
    /// `before` of the next page; none at the end, or where the marketplace does not number them.
    pub next: Option<u64>,
}

impl<S: Shell> Engine<S> {
    /// Says something of the other side of a payment. Final.
    ///
    /// # Errors
    /// `AccountChanged`; `FeedbackTooLong`; `FeedbackGiven`, `PaymentNotPaid`, `PaymentCanceled`, `FeedbackNotPossible`
    /// before anything is sent; the refusal; `OperationInProgress`; `OutcomeUnknown`.
    pub async fn give_payment_feedback(
        &self,
        account: AccountId,
        id: PaymentId,
        positive: bool,
        text: &str,
    ) -> Result<SeenPayment, Fault> {
        let said = feedback(positive, text)?;
        let session = self.session_of(account)?;
        let attempt = session.account.operations.attempt();
        session.profile().await?;
        let before = self.reread_payment(&session.account, id).await?;
        if let Some(code) = payment_obstacle(&before.payment, before.me) {
            return Err(code.into());
        }
        let (engine, line, me) = (self.clone(), Arc::clone(&session), before.me);
        let intent = give_payment_feedback::intent(&before, said.clone());
        let meant = intent.clone();
        let call = move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            let (said, meant) = (said.clone(), meant.clone());
            async move {
                let payment = line.market.give_payment_feedback(id, &said).await?;
                let there = payment.feedback_by(me);
                let otherwise = there.is_some_and(|there| give_payment_feedback::is_otherwise(&meant, there));
                Ok(Answer {
                    payment: Some(engine.hold_payment(&line.account, payment).await),
                    otherwise,
                    ..Answer::default()
                })
            }
        };
        self.carry_out(&session, attempt, intent, call).await?;
        self.announce(session.account.id, &[Topic::Payment(id), Topic::Payments]);
        // It is said: whatever fails from here on must not say otherwise.
        self.read_or_recall(&session.account, id).await
    }

    /// Says something of the other side of a deal. Final.
    ///
    /// # Errors
    /// As [`Engine::give_payment_feedback`]; of a deal that still runs `FeedbackNotPossible`.
    pub async fn give_deal_feedback(
        &self,
        account: AccountId,
        id: DealId,
        positive: bool,
        text: &str,
    ) -> Result<SeenDeal, Fault> {
        let said = feedback(positive, text)?;
        let session = self.session_of(account)?;
        let attempt = session.account.operations.attempt();
        session.profile().await?;
        let before = self.reread_deal(&session.account, id).await?;
        if before.deal.feedback_by(before.me).is_some() {
            return Err(FaultCode::FeedbackGiven.into());
        }
        if !before.deal.can_give_feedback(before.me) {
            return Err(FaultCode::FeedbackNotPossible.into());
        }
        let (engine, line, me) = (self.clone(), Arc::clone(&session), before.me);
        let intent = give_deal_feedback::intent(&before, said.clone());
        let meant = intent.clone();
        let call = move || {
            let (engine, line) = (engine.clone(), Arc::clone(&line));
            let (said, meant) = (said.clone(), meant.clone());
            async move {
                let deal = line.market.give_deal_feedback(id, &said).await?;
                let there = deal.feedback_by(me);
                let answer = Answer {
                    payment: deal.payment,
                    otherwise: there.is_some_and(|there| give_payment_feedback::is_otherwise(&meant, there)),
                    ..Answer::default()
                };
                engine
                    .hold_deals(&line.account, vec![deal], Freshness::Read)
                    .await;
                Ok(answer)
            }
        };
        self.act_on_deal(&session, attempt, intent, &before, call).await
    }

    /// What others say of a person, newest first: about deals, or about invoices; 99 of those before a number.
    ///
    /// # Errors
    /// `UserNotFound`, or what stands in the way of reading.
    pub async fn feedback_of(
        &self,
        user: UserId,
        of_deals: bool,
        before: Option<u64>,
    ) -> Result<FeedbackPage, Fault> {
        if user == UserId::Marketplace {
            // It has no number to ask by.
            return Ok(FeedbackPage::default());
        }
        let market = &self.session()?.market;
        let found = market.feedback_of(user, of_deals, before, PAGE).await?;
        let full = u32::try_from(found.len()).is_ok_and(|length| length >= PAGE);
        let last = found.iter().map(|(number, _)| *number).min();
        Ok(FeedbackPage {
            // Without numbers there is one page only (section 20, row 52); a number that does not go down is no way on.
            next: last.filter(|last| full && *last > 0 && before.is_none_or(|before| *last < before)),
            rows: found.into_iter().map(|(_, feedback)| feedback).collect(),
        })
    }
}

/// What is to be said, without blanks around it.
fn feedback(positive: bool, text: &str) -> Result<Feedback, Fault> {
    let text = text.trim();
    if length(text) > FEEDBACK_LIMIT {
        return Err(FaultCode::FeedbackTooLong.into());
    }
    Ok(Feedback {
        positive,
        text: text.to_owned(),
        created: None,
    })
}

/// What stands in the way of saying something of the other side of a payment, by the marketplace's rules (section 7.10).
fn payment_obstacle(payment: &Payment, me: UserId) -> Option<FaultCode> {
    if payment.can_give_feedback(me) {
        return None;
    }
    Some(match payment.status {
        PaymentStatus::Canceled => FaultCode::PaymentCanceled,
        PaymentStatus::Pending => FaultCode::PaymentNotPaid,
        PaymentStatus::Paid if payment.feedback_by(me).is_some() => FaultCode::FeedbackGiven,
        PaymentStatus::Paid => FaultCode::FeedbackNotPossible,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_as_the_marketplace_does() {
        assert!(feedback(true, "").is_ok(), "words are not needed");
        assert_eq!(feedback(true, "  Fast. \n").unwrap().text, "Fast.");
        assert!(feedback(false, &"я".repeat(FEEDBACK_LIMIT)).is_ok());
        let emoji = "🙂".repeat(FEEDBACK_LIMIT / 2 + 1);
        assert_eq!(
            feedback(false, &emoji).unwrap_err().code,
            FaultCode::FeedbackTooLong
        );
    }
}
