//! What people wrote, showed and said about each other.

use kvit_proto::v1;

use super::View;
use crate::books::conversations::{Conversation, Parent};
use crate::books::feedback::Feedback;
use crate::refusal::Refusal;

/// Puts things into an order that nobody expects but that is always the same: the defect of section 8.
fn disordered<T>(mut things: Vec<T>) -> Vec<T> {
    let middle = things.len() / 2;
    things.reverse();
    things.rotate_left(middle);
    things
}

impl View<'_> {
    /// A conversation with all its messages, oldest first.
    pub(crate) fn conversation(self, id: u64) -> Result<v1::Conversation, Refusal> {
        let talk = self.books.conversation(id)?;
        let messages = self.lines(talk)?;
        Ok(v1::Conversation {
            id,
            seller: Some(self.user(talk.seller)?),
            buyer: Some(self.user(talk.buyer)?),
            messages: if self.books.defects.conversations_unordered {
                disordered(messages)
            } else {
                messages
            },
            parent: Some(match talk.parent {
                Parent::Invoice(id) => v1::conversation::Parent::Invoice(self.invoice(id)?),
                Parent::Payment(id) => v1::conversation::Parent::Payment(self.payment(id)?),
            }),
        })
    }

    fn lines(self, talk: &Conversation) -> Result<Vec<v1::ConversationMessage>, Refusal> {
        let (seller, buyer) = (self.books.user(talk.seller)?, self.books.user(talk.buyer)?);
        talk.messages
            .iter()
            .map(|id| {
                let line = self.books.messages.get(*id).ok_or(Refusal::Internal)?;
                let owner = if line.owner == seller.id { seller } else { buyer };
                Ok(v1::ConversationMessage {
                    id: *id,
                    owner_id: owner.guid.clone(),
                    text: line.text.clone(),
                    created_at: Some(line.at.timestamp()),
                    images: line.images.clone(),
                })
            })
            .collect()
    }

    /// Several conversations.
    pub(crate) fn conversations(self, ids: Vec<u64>) -> Result<v1::GetConversationsResponse, Refusal> {
        let conversations = ids
            .into_iter()
            .map(|id| self.conversation(id))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(v1::GetConversationsResponse {
            conversations: if self.books.defects.conversations_unordered {
                disordered(conversations)
            } else {
                conversations
            },
        })
    }

    /// Feedback on a payment.
    pub(super) fn payment_feedback(self, id: u64) -> Result<v1::InvoicePaymentFeedback, Refusal> {
        let said = self.said(id)?;
        Ok(v1::InvoicePaymentFeedback {
            id,
            is_positive: said.positive,
            message: said.text.clone(),
            created_at: Some(said.at.timestamp()),
        })
    }

    /// Feedback of either kind, that on deals with its number too (section 20, row 52).
    pub(crate) fn feedback(self, id: u64) -> Result<v1::Feedback, Refusal> {
        let said = self.said(id)?;
        Ok(v1::Feedback {
            id,
            is_positive: said.positive,
            text: said.text.clone(),
            created_at: Some(said.at.timestamp()),
        })
    }

    fn said(&self, id: u64) -> Result<&Feedback, Refusal> {
        self.books.feedback.get(id).ok_or(Refusal::Internal)
    }
}
