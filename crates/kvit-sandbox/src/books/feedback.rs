//! What partners say about each other: once, final (marketplace reference, sections 7.10, 13.6 and 15.1).

use serde::{Deserialize, Serialize};

use super::Books;
use super::deals::DealStatus;
use super::events::What;
use super::messages::require_length;
use super::payments::PaymentStatus;
use crate::clock::Moment;
use crate::refusal::Refusal;
use crate::table::Row;

/// Longest feedback, in UTF-16 units.
const FEEDBACK_LIMIT: usize = 500;

/// Most feedback in one answer (reference 5.2).
const PAGE_LIMIT: i32 = 99;

/// What feedback is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Business {
    Payment(u64),
    Deal(u64),
    /// A payment before the world began.
    EarlierPayment,
    /// A deal before the world began.
    EarlierDeal,
}

impl Business {
    fn is_deal(self) -> bool {
        matches!(self, Business::Deal(_) | Business::EarlierDeal)
    }
}

/// One judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Feedback {
    pub id: u64,
    /// Who is judged.
    pub about: u64,
    pub business: Business,
    pub positive: bool,
    pub text: String,
    pub at: Moment,
}

impl Row for Feedback {
    const TABLE: &'static str = "feedback";
}

/// What somebody wants to say about a partner.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub positive: bool,
    /// May be empty.
    pub text: String,
}

impl Books {
    /// SendInvoicePaymentFeedback by the buyer or the seller of a paid payment that is no refund.
    pub(crate) fn judge_payment(
        &mut self,
        user: u64,
        id: u64,
        verdict: Verdict,
        now: Moment,
    ) -> Result<u64, Refusal> {
        require_length("Message", &verdict.text, FEEDBACK_LIMIT)?;
        let payment = self.discussed_payment(user, id)?;
        if payment.status != PaymentStatus::Paid {
            return Err(Refusal::PaymentNotPaid);
        }
        let (buyer, seller, invoice) = (payment.owner, payment.seller, payment.invoice);
        let by_buyer = user == buyer;
        let given = if by_buyer {
            payment.owner_feedback
        } else {
            payment.seller_feedback
        };
        if self.invoice(invoice)?.refund_of.is_some() {
            return Err(Refusal::NoFeedbackInRefund);
        }
        if given.is_some() {
            return Err(Refusal::FeedbackTwice);
        }
        let about = if by_buyer { seller } else { buyer };
        let feedback = self.record_feedback(about, Business::Payment(id), verdict, now)?;
        let payment = self.payments.edit(id).ok_or(Refusal::PaymentNotFound)?;
        if by_buyer {
            payment.owner_feedback = Some(feedback);
        } else {
            payment.seller_feedback = Some(feedback);
        }
        self.tell_both(id, now)?;
        Ok(feedback)
    }

    /// SendFeedback by either side of a deal, whatever its status.
    pub(crate) fn judge_deal(
        &mut self,
        user: u64,
        id: u64,
        verdict: Verdict,
        now: Moment,
    ) -> Result<u64, Refusal> {
        require_length("Text", &verdict.text, FEEDBACK_LIMIT)?;
        let deal = self.deal_of(user, id)?;
        let by_owner = user == deal.owner;
        let given = if by_owner {
            deal.owner_feedback
        } else {
            deal.initiator_feedback
        };
        if given.is_some() {
            return Err(Refusal::DealFeedbackTwice);
        }
        let (other, status) = (deal.other(user), deal.status);
        let feedback = self.record_feedback(other, Business::Deal(id), verdict, now)?;
        let deal = self.deal_mut(id)?;
        if by_owner {
            deal.owner_feedback = Some(feedback);
        } else {
            deal.initiator_feedback = Some(feedback);
        }
        let what = if status == DealStatus::Opened {
            What::DealNew(id)
        } else {
            What::DealStatusChanged(id)
        };
        self.tell_and_keep(other, what, now)?;
        Ok(feedback)
    }

    /// Writes it down and lets the standing of who is judged follow.
    fn record_feedback(
        &mut self,
        about: u64,
        business: Business,
        verdict: Verdict,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let praise = u32::from(verdict.positive);
        self.edit_user(about, |user| {
            let past = &mut user.standing;
            let (judged, praised) = if business.is_deal() {
                (&mut past.deals_judged, &mut past.deals_praised)
            } else {
                (&mut past.invoices_judged, &mut past.invoices_praised)
            };
            *judged = judged.saturating_add(1);
            *praised = praised.saturating_add(praise);
            Ok(())
        })?;
        self.remember_feedback(about, business, verdict, now)
    }

    /// Writes down feedback that the standing of who is judged counts already.
    pub(crate) fn remember_feedback(
        &mut self,
        about: u64,
        business: Business,
        verdict: Verdict,
        at: Moment,
    ) -> Result<u64, Refusal> {
        let id = self.number(|n| &mut n.feedback)?;
        self.feedback.put(
            id,
            Feedback {
                id,
                about,
                business,
                positive: verdict.positive,
                text: verdict.text,
                at,
            },
        );
        Ok(id)
    }

    /// GetUserFeedbacks: of deals or of payments; ascending above `start` or descending below it, 0 from the edge.
    pub(crate) fn feedback_about(
        &self,
        user: u64,
        deals: bool,
        start: i64,
        count: i32,
    ) -> Result<Vec<&Feedback>, Refusal> {
        if count.unsigned_abs() > PAGE_LIMIT.unsigned_abs() {
            return Err(Refusal::OutOfRange(format!(
                "count must be between -{PAGE_LIMIT} and {PAGE_LIMIT} (Parameter 'count')\nActual value was {count}."
            )));
        }
        let ascending = count > 0;
        let wanted = |feedback: &&Feedback| {
            let beyond = i64::try_from(feedback.id).is_ok_and(|id| match start {
                0 => true,
                bound if ascending => id > bound,
                bound => id < bound,
            });
            feedback.about == user && feedback.business.is_deal() == deals && beyond
        };
        let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let all = self.feedback.values().filter(wanted);
        Ok(if ascending {
            all.take(size).collect()
        } else {
            all.rev().take(size).collect()
        })
    }
}
