//! Conversations about an invoice or a payment (section 8).

use crate::{
    id::{ConversationId, UserId},
    invoice::Invoice,
    message::{Message, Talk},
    payment::{Payment, PaymentStatus},
    person::Person,
};

/// A conversation (section 5.8): always with its whole history.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Number.
    pub id: ConversationId,
    /// Seller.
    pub seller: Person,
    /// Buyer.
    pub buyer: Person,
    /// What it is about.
    pub about: About,
    /// Messages, by number.
    pub messages: Vec<Message>,
}

/// What a conversation is about.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    /// An invoice, before a purchase.
    Invoice(Box<Invoice>),
    /// A purchase.
    Payment(Box<Payment>),
}

impl Conversation {
    /// Where it stands among the talks.
    pub fn talk(&self) -> Talk {
        match &self.about {
            About::Invoice(invoice) => Talk::Invoice {
                invoice: invoice.id,
                buyer: self.buyer.id,
            },
            About::Payment(payment) => Talk::Payment(payment.id),
        }
    }

    /// The other side.
    pub fn counterparty(&self, me: UserId) -> &Person {
        if self.seller.id == me {
            &self.buyer
        } else {
            &self.seller
        }
    }

    /// Is this user one of the two? A marketplace may show conversations of others (section 20, row 42): they are
    /// nobody's business.
    pub fn is_of(&self, user: UserId) -> bool {
        self.seller.id == user || self.buyer.id == user
    }
}

impl Invoice {
    /// May this user begin a conversation about it with `buyer`? A buyer about any that is not a refund and not his own;
    /// the seller only of a private one, with its named buyer (section 8).
    pub fn can_begin_talk(&self, me: UserId, buyer: UserId) -> bool {
        self.refund_of.is_none()
            && !self.service
            && if self.is_owned_by(me) {
                self.private && self.target.as_ref().is_some_and(|target| target.id == buyer) && buyer != me
            } else {
                buyer == me
            }
    }
}

impl Payment {
    /// Does it take messages? Not when canceled, and refunds have none (section 8).
    pub fn can_talk(&self) -> bool {
        self.status != PaymentStatus::Canceled && !self.refund && !self.invoice.service
    }
}
