//! Conversations (section 5.8).

use kvit_domain::{
    conversation::{About, Conversation},
    id::{ConversationId, InvoiceId, MessageId, PaymentId, UserId},
    message::Message,
    picture::PictureId,
};
use kvit_proto::v1;

use crate::{
    invoice,
    path::{Path, Reason, WireFault},
    payment, person, picture, text, time,
};

/// Most conversations in one answer: there are no pages (section 3.3).
const LIST_LIMIT: usize = 50_000;

/// Most messages of one conversation; the whole history comes every time.
const MESSAGES_LIMIT: usize = 50_000;

/// A conversation. The order of messages is not promised (section 8); here they are in the order of their numbers.
pub fn read(message: v1::Conversation, path: &Path<'_>) -> Result<Conversation, WireFault> {
    use v1::conversation::Parent;
    let about = match path.field("Parent").required(message.parent)? {
        Parent::Invoice(parent) => About::Invoice(Box::new(invoice::read(parent, &path.field("Invoice"))?)),
        Parent::Payment(parent) => About::Payment(Box::new(payment::read(parent, &path.field("Payment"))?)),
    };
    let mut messages = path
        .field("Messages")
        .list(message.messages, MESSAGES_LIMIT, read_message)?;
    messages.sort_by_key(|message| message.id);
    messages.dedup_by_key(|message| message.id);
    Ok(Conversation {
        id: ConversationId::new(message.id).ok_or_else(|| path.field("Id").fault(Reason::Number))?,
        seller: {
            let path = path.field("Seller");
            person::read(path.required(message.seller)?, &path)?
        },
        buyer: {
            let path = path.field("Buyer");
            person::read(path.required(message.buyer)?, &path)?
        },
        about,
        messages,
    })
}

/// A conversation that an rpc answered with or an event brought.
pub fn read_one(message: v1::Conversation) -> Result<Conversation, WireFault> {
    read(message, &Path::ROOT)
}

fn read_message(message: v1::ConversationMessage, path: &Path<'_>) -> Result<Message, WireFault> {
    let author = match person::read_id(&message.owner_id, &path.field("OwnerId"))? {
        UserId::Marketplace => None,
        person => Some(person),
    };
    Ok(Message {
        id: MessageId::new(message.id).ok_or_else(|| path.field("Id").fault(Reason::Number))?,
        created: time::required(message.created_at, &path.field("CreatedAt"))?,
        author,
        text: text::text(message.text, &path.field("Text"))?,
        pictures: picture::read_ids(&message.images, &path.field("Images"))?,
    })
}

/// The answer of GetConversations and GetConversationsById.
pub fn read_list(message: v1::GetConversationsResponse) -> Result<Vec<Conversation>, WireFault> {
    Path::ROOT
        .field("Conversations")
        .list(message.conversations, LIST_LIMIT, read)
}

/// The message for a conversation.
pub fn write(conversation: &Conversation) -> v1::Conversation {
    use v1::conversation::Parent;
    v1::Conversation {
        id: conversation.id.get(),
        seller: Some(person::write(&conversation.seller)),
        buyer: Some(person::write(&conversation.buyer)),
        parent: Some(match &conversation.about {
            About::Invoice(parent) => Parent::Invoice(invoice::write(parent)),
            About::Payment(parent) => Parent::Payment(payment::write(parent)),
        }),
        messages: conversation
            .messages
            .iter()
            .map(|message| v1::ConversationMessage {
                id: message.id.get(),
                owner_id: message
                    .author
                    .map(|author| author.to_string())
                    .unwrap_or_default(),
                text: message.text.clone(),
                created_at: Some(time::message(Some(message.created))),
                images: picture::write_ids(&message.pictures),
            })
            .collect(),
    }
}

/// The request of SendInvoiceMessage. `to`: the buyer, when the seller writes; a buyer must leave it empty (section 8).
pub fn invoice_message_request(
    invoice: InvoiceId,
    to: Option<UserId>,
    text: &str,
    pictures: &[PictureId],
) -> v1::SendInvoiceMessageRequest {
    v1::SendInvoiceMessageRequest {
        to_user_id: to.map(|to| to.to_string()).unwrap_or_default(),
        invoice_id: invoice.get(),
        text: text.to_owned(),
        image_ids: picture::write_ids(pictures),
    }
}

/// The request of SendInvoicePaymentMessage.
pub fn payment_message_request(
    payment: PaymentId,
    text: &str,
    pictures: &[PictureId],
) -> v1::SendInvoicePaymentMessageRequest {
    v1::SendInvoicePaymentMessageRequest {
        payment_id: payment.get(),
        text: text.to_owned(),
        image_ids: picture::write_ids(pictures),
    }
}

/// The request of GetConversationsById, by invoice.
pub fn of_invoice_request(invoice: InvoiceId) -> v1::GetConversationsByIdRequest {
    v1::GetConversationsByIdRequest {
        ids: Some(v1::get_conversations_by_id_request::Ids::InvoiceId(invoice.get())),
    }
}

/// The request of GetConversationsById, by payment.
pub fn of_payment_request(payment: PaymentId) -> v1::GetConversationsByIdRequest {
    v1::GetConversationsByIdRequest {
        ids: Some(v1::get_conversations_by_id_request::Ids::PaymentId(payment.get())),
    }
}

/// The request of DeleteConversation.
pub fn delete_request(id: ConversationId) -> v1::DeleteConversationRequest {
    v1::DeleteConversationRequest {
        conversation_id: id.get(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::samples;

    proptest! {
        #[test]
        fn conversations_survive(conversation in samples::conversation()) {
            let bytes = write(&conversation).encode_to_vec();
            let message = v1::Conversation::decode(bytes.as_slice()).unwrap();
            prop_assert_eq!(read_one(message), Ok(conversation));
        }

        #[test]
        fn messages_are_in_order_and_once(conversation in samples::conversation()) {
            let mut message = write(&conversation);
            message.messages.reverse();
            message.messages.extend(message.messages.clone());
            prop_assert_eq!(read_one(message), Ok(conversation));
        }

        #[test]
        fn nothing_required_is_assumed(conversation in samples::conversation()) {
            type Spoil = fn(&mut v1::Conversation);
            let cases: [(&str, Reason, Spoil); 4] = [
                ("Id", Reason::Number, |m| m.id = 0),
                ("Seller", Reason::Missing, |m| m.seller = None),
                ("Buyer", Reason::Missing, |m| m.buyer = None),
                ("Parent", Reason::Missing, |m| m.parent = None),
            ];
            for (name, reason, spoil) in cases {
                let mut message = write(&conversation);
                spoil(&mut message);
                let fault = read_list(v1::GetConversationsResponse { conversations: vec![message] }).unwrap_err();
                prop_assert_eq!(fault, WireFault { path: format!("Conversations[0].{name}"), reason });
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(message) = v1::Conversation::decode(bytes.as_slice()) {
                let _ = read_one(message);
            }
        }
    }
}
