//! Conversations about invoices and payments (marketplace reference, section 8).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Books;
use super::events::What;
use super::images::Place;
use super::messages::{self, MESSAGE_LIMIT, Message};
use super::payments::{Payment, PaymentStatus};
use crate::clock::Moment;
use crate::refusal::Refusal;
use crate::table::Row;

/// Most messages in one conversation. The contract names no limit; people stay far below it, and a loop that writes
/// forever cannot fill the disk.
const CONVERSATION_LIMIT: usize = 50_000;

/// What is talked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Parent {
    Invoice(u64),
    Payment(u64),
}

/// All that a seller and a buyer wrote to each other about one thing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub id: u64,
    pub parent: Parent,
    pub seller: u64,
    pub buyer: u64,
    /// Who deleted it; a new message brings it back for both.
    pub hidden_from: BTreeSet<u64>,
    /// Numbers of its messages, oldest first.
    pub messages: Vec<u64>,
}

impl Row for Conversation {
    const TABLE: &'static str = "conversations";
}

impl Conversation {
    pub(crate) fn is_party(&self, user: u64) -> bool {
        self.seller == user || self.buyer == user
    }

    pub(crate) fn other(&self, user: u64) -> u64 {
        if user == self.seller {
            self.buyer
        } else {
            self.seller
        }
    }

    fn shown_to(&self, user: u64) -> bool {
        self.is_party(user) && !self.hidden_from.contains(&user)
    }
}

/// What somebody wants to write.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub text: String,
    /// GUIDs in any notation.
    pub images: Vec<String>,
}

impl Words {
    /// Text without pictures.
    pub(crate) fn text(text: impl Into<String>) -> Words {
        Words {
            text: text.into(),
            images: Vec::new(),
        }
    }

    /// The rules of both calls. With pictures the length of the text is not looked at, as on the real marketplace;
    /// the size of a request limits it all the same.
    fn checked(self) -> Result<Words, Refusal> {
        messages::require_content(&self.text, &self.images)?;
        if self.images.is_empty() {
            messages::require_length("Text", &self.text, MESSAGE_LIMIT)?;
        }
        Ok(Words {
            images: messages::picture_ids(&self.images)?,
            text: self.text,
        })
    }
}

/// What was written, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub conversation: u64,
    pub message: u64,
}

impl Books {
    pub(crate) fn conversation(&self, id: u64) -> Result<&Conversation, Refusal> {
        self.conversations.get(id).ok_or(Refusal::ConversationNotFound)
    }

    /// The conversation of a buyer about something.
    pub(crate) fn conversation_about(&self, parent: Parent, buyer: u64) -> Option<&Conversation> {
        self.conversations
            .values()
            .find(|talk| talk.parent == parent && talk.buyer == buyer)
    }

    /// SendInvoiceMessage: talk before a purchase. `to` is a GUID and the seller's to give.
    pub(crate) fn write_about_invoice(
        &mut self,
        user: u64,
        invoice: u64,
        to: &str,
        words: Words,
        now: Moment,
    ) -> Result<Written, Refusal> {
        let words = words.checked()?;
        let row = self.visible_invoice(invoice, user)?;
        if row.refund_of.is_some() {
            return Err(Refusal::NoTalkInRefundInvoice);
        }
        let (seller, target) = (row.owner, row.target);
        let buyer = if user != seller {
            if !to.is_empty() {
                return Err(Refusal::BuyerNamesNobody);
            }
            user
        } else if to.is_empty() {
            return Err(Refusal::MessageToSelf);
        } else {
            self.user_by_guid(to)?.id
        };
        if buyer == seller {
            return Err(Refusal::MessageToSelf);
        }
        let parent = Parent::Invoice(invoice);
        let known = self.conversation_about(parent, buyer).map(|talk| talk.id);
        let id = match (known, target) {
            (Some(id), _) => id,
            (None, Some(target)) if target != buyer => return Err(Refusal::NotInConversation),
            (None, None) if user == seller => return Err(Refusal::MessageToSelf),
            (None, _) => self.open_conversation(parent, seller, buyer)?,
        };
        self.write(user, id, words, now)
    }

    /// SendInvoicePaymentMessage: talk about a purchase, by either side.
    pub(crate) fn write_about_payment(
        &mut self,
        user: u64,
        payment: u64,
        words: Words,
        now: Moment,
    ) -> Result<Written, Refusal> {
        let words = words.checked()?;
        let row = self.discussed_payment(user, payment)?;
        let (seller, buyer, invoice) = (row.seller, row.owner, row.invoice);
        if self.invoice(invoice)?.refund_of.is_some() {
            return Err(Refusal::NoTalkInRefundPayment);
        }
        let parent = Parent::Payment(payment);
        let known = self.conversation_about(parent, buyer).map(|talk| talk.id);
        let id = match known {
            Some(id) => id,
            None => self.open_conversation(parent, seller, buyer)?,
        };
        self.write(user, id, words, now)
    }

    /// A payment of the user that was not canceled.
    pub(crate) fn discussed_payment(&self, user: u64, id: u64) -> Result<&Payment, Refusal> {
        let payment = self.payment_of(user, id)?;
        if payment.status == PaymentStatus::Canceled {
            return Err(Refusal::PaymentCanceled);
        }
        Ok(payment)
    }

    /// An empty conversation; the world's past opens some itself.
    pub(crate) fn open_conversation(
        &mut self,
        parent: Parent,
        seller: u64,
        buyer: u64,
    ) -> Result<u64, Refusal> {
        let id = self.number(|n| &mut n.conversation)?;
        self.conversations.put(
            id,
            Conversation {
                id,
                parent,
                seller,
                buyer,
                hidden_from: BTreeSet::new(),
                messages: Vec::new(),
            },
        );
        Ok(id)
    }

    /// Adds a message, brings the conversation back for both, and tells the other side.
    fn write(&mut self, user: u64, id: u64, words: Words, now: Moment) -> Result<Written, Refusal> {
        self.show_images(user, &words.images, Place::Conversation(id), now)?;
        let message = self.add_line(user, id, words, now)?;
        let other = self.conversation(id)?.other(user);
        self.tell_and_keep(other, What::ConversationMessage(id), now)?;
        Ok(Written {
            conversation: id,
            message,
        })
    }

    /// Adds a message that nobody is told of; its number.
    pub(crate) fn add_line(&mut self, owner: u64, id: u64, words: Words, at: Moment) -> Result<u64, Refusal> {
        let message = self.number(|n| &mut n.message)?;
        let talk = self.conversations.edit(id).ok_or(Refusal::ConversationNotFound)?;
        if talk.messages.len() >= CONVERSATION_LIMIT {
            return Err(Refusal::OutOfRange(format!(
                "Messages cannot be greater than {CONVERSATION_LIMIT}."
            )));
        }
        talk.messages.push(message);
        talk.hidden_from.clear();
        self.messages.put(
            message,
            Message {
                id: message,
                at,
                owner,
                text: words.text,
                images: words.images,
            },
        );
        Ok(message)
    }

    /// GetConversations: all of the user's that he has not deleted. The closed exchange left out a buyer's about
    /// public invoices he has not paid (section 20, row 43).
    pub(crate) fn conversations_of(&self, user: u64) -> Vec<u64> {
        self.conversations
            .values()
            .filter(|talk| talk.shown_to(user))
            .filter(|talk| !(self.defects.unpaid_conversations_missing && self.is_unpaid_public(talk, user)))
            .map(|talk| talk.id)
            .collect()
    }

    /// A buyer's conversation about a public invoice he has not paid.
    fn is_unpaid_public(&self, talk: &Conversation, user: u64) -> bool {
        let Parent::Invoice(invoice) = talk.parent else {
            return false;
        };
        let public = self.invoice(invoice).is_ok_and(|invoice| !invoice.is_private());
        let paid = |payment: &Payment| {
            payment.invoice == invoice && payment.owner == user && payment.status == PaymentStatus::Paid
        };
        public && talk.buyer == user && !self.payments.values().any(paid)
    }

    /// GetConversationsById by invoice: the user's own about it; the closed exchange showed everybody's about a public
    /// one to anybody (section 20, row 42).
    pub(crate) fn conversations_about_invoice(&self, user: u64, invoice: u64) -> Result<Vec<u64>, Refusal> {
        let leak = self.defects.conversations_leak
            && self
                .visible_invoice(invoice, user)
                .is_ok_and(|invoice| !invoice.is_private());
        let found: Vec<u64> = self
            .conversations
            .values()
            .filter(|talk| talk.parent == Parent::Invoice(invoice) && (leak || talk.shown_to(user)))
            .map(|talk| talk.id)
            .collect();
        if found.is_empty() {
            // What is talked about may be gone meanwhile; what was never there is not found.
            self.visible_invoice(invoice, user)?;
        }
        Ok(found)
    }

    /// GetConversationsById by payment.
    pub(crate) fn conversation_about_payment(&self, user: u64, payment: u64) -> Result<u64, Refusal> {
        let buyer = self.discussed_payment(user, payment)?.owner;
        self.conversation_about(Parent::Payment(payment), buyer)
            .filter(|talk| talk.shown_to(user))
            .map(|talk| talk.id)
            .ok_or(Refusal::NoConversation)
    }

    /// DeleteConversation: hides it from the caller. With the closed exchange's defect a seller cannot delete those
    /// about payments, nor a buyer those about public invoices (section 20, row 43).
    pub(crate) fn hide_conversation(&mut self, user: u64, id: u64) -> Result<(), Refusal> {
        let talk = self.conversation(id)?;
        if !talk.is_party(user) {
            return Err(Refusal::ConversationNotFound);
        }
        let stuck = match talk.parent {
            Parent::Payment(_) => talk.seller == user,
            Parent::Invoice(invoice) => talk.buyer == user && !self.invoice(invoice)?.is_private(),
        };
        if stuck && self.defects.conversations_stay {
            return Err(Refusal::ConversationNotFound);
        }
        let talk = self.conversations.edit(id).ok_or(Refusal::ConversationNotFound)?;
        if !talk.hidden_from.insert(user) {
            return Err(Refusal::ConversationDeleted);
        }
        Ok(())
    }
}
