//! Feedback: what two parties say of each other, once, final (sections 7.10, 13.6).

use jiff::Timestamp;

use crate::{
    deal::Deal,
    id::UserId,
    payment::{Payment, PaymentStatus},
};

/// Longest feedback, in UTF-16 units (section 3.3).
pub const FEEDBACK_LIMIT: usize = 500;

/// Feedback on a payment or a deal. A stranger's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Good or bad.
    pub positive: bool,
    /// Words, up to 500; may be empty.
    pub text: String,
    /// When, if the server says.
    pub created: Option<Timestamp>,
}

impl Payment {
    /// What this user has said of the other side.
    pub fn feedback_by(&self, user: UserId) -> Option<&Feedback> {
        if self.invoice.is_owned_by(user) {
            self.seller_feedback.as_ref()
        } else {
            self.buyer_feedback.as_ref()
        }
    }

    /// May this user say something of the other side now? Either party of a Paid one, once, not of a refund, and not of
    /// what the marketplace itself sells (sections 7.10, 15.4).
    pub fn can_give_feedback(&self, user: UserId) -> bool {
        self.status == PaymentStatus::Paid
            && !self.refund
            && !self.invoice.service
            && (self.buyer.id == user || self.invoice.is_owned_by(user))
            && self.feedback_by(user).is_none()
    }
}

impl Deal {
    /// What this user has said of the other side.
    pub fn feedback_by(&self, user: UserId) -> Option<&Feedback> {
        if self.owner.id == user {
            self.owner_feedback.as_ref()
        } else {
            self.initiator_feedback.as_ref()
        }
    }

    /// May this user say something of the other side now? The marketplace takes it at any status, once (section 13.6);
    /// here it is offered once the deal is over, when there is something to judge.
    pub fn can_give_feedback(&self, user: UserId) -> bool {
        !self.status.is_open()
            && (self.owner.id == user || self.initiator.id == user)
            && self.feedback_by(user).is_none()
    }
}
