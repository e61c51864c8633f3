//! Conversations about invoices and payments.

use kvit_domain::{
    conversation::{About, Conversation},
    fault::{Fault, FaultCode},
    id::{ConversationId, InvoiceId, PaymentId, UserId},
    message::{MESSAGE_LIMIT, length},
    picture::{PICTURES_OF_A_MESSAGE, PictureId},
};
use kvit_wire::{Path, Reason, WireFault, conversation};

use super::Marketplace;

impl Marketplace {
    /// All conversations that the person has not deleted (GetConversations), in the order of the server.
    pub async fn conversations(&self) -> Result<Vec<Conversation>, Fault> {
        self.read(
            "GetConversations",
            || (),
            |mut api, request| async move { api.get_conversations(request).await },
            conversation::read_list,
        )
        .await
    }

    /// The conversations about an invoice (GetConversationsById). A marketplace may give those of others too (section 20,
    /// row 42): take only the person's.
    pub async fn conversations_of_invoice(&self, id: InvoiceId) -> Result<Vec<Conversation>, Fault> {
        self.read(
            "GetConversationsById",
            || conversation::of_invoice_request(id),
            |mut api, request| async move { api.get_conversations_by_id(request).await },
            conversation::read_list,
        )
        .await
    }

    /// The conversation about a payment (GetConversationsById); `None` while nobody has written.
    pub async fn conversation_of_payment(&self, id: PaymentId) -> Result<Option<Conversation>, Fault> {
        let found = self
            .read(
                "GetConversationsById",
                || conversation::of_payment_request(id),
                |mut api, request| async move { api.get_conversations_by_id(request).await },
                conversation::read_list,
            )
            .await;
        match found {
            Ok(found) => Ok(found.into_iter().find(|one| of_payment(one, id))),
            Err(fault) if fault.code == FaultCode::ConversationNotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Writes about an invoice (SendInvoiceMessage); `to` is the buyer where the seller writes, and none where the buyer
    /// does. Faults of [`writable`] before anything is sent. Sent at most once: after silence, look whether it is there.
    pub async fn send_invoice_message(
        &self,
        invoice: InvoiceId,
        to: Option<UserId>,
        text: &str,
        pictures: &[PictureId],
    ) -> Result<Conversation, Fault> {
        writable(text, pictures)?;
        self.act(
            "SendInvoiceMessage",
            conversation::invoice_message_request(invoice, to, text, pictures),
            |mut api, request| async move { api.send_invoice_message(request).await },
            |message| {
                let answer = conversation::read_one(message)?;
                match &answer.about {
                    About::Invoice(about) if about.id == invoice => Ok(answer),
                    _ => Err(another()),
                }
            },
        )
        .await
    }

    /// Writes about a payment (SendInvoicePaymentMessage); see [`Self::send_invoice_message`].
    pub async fn send_payment_message(
        &self,
        payment: PaymentId,
        text: &str,
        pictures: &[PictureId],
    ) -> Result<Conversation, Fault> {
        writable(text, pictures)?;
        self.act(
            "SendInvoicePaymentMessage",
            conversation::payment_message_request(payment, text, pictures),
            |mut api, request| async move { api.send_invoice_payment_message(request).await },
            |message| {
                let answer = conversation::read_one(message)?;
                if of_payment(&answer, payment) {
                    Ok(answer)
                } else {
                    Err(another())
                }
            },
        )
        .await
    }

    /// Hides a conversation from the person's list (DeleteConversation); a new message brings it back.
    pub async fn delete_conversation(&self, id: ConversationId) -> Result<(), Fault> {
        self.act(
            "DeleteConversation",
            conversation::delete_request(id),
            |mut api, request| async move { api.delete_conversation(request).await },
            |()| Ok(()),
        )
        .await
    }
}

/// What may be sent: words or pictures, and not too many of either. Where there are pictures the marketplace does not count
/// the words (section 8); here they are counted always.
///
/// # Errors
/// `MessageEmpty`, `MessageTooLong`, `TooManyPictures`.
pub(crate) fn writable(text: &str, pictures: &[PictureId]) -> Result<(), Fault> {
    if text.trim().is_empty() && pictures.is_empty() {
        return Err(FaultCode::MessageEmpty.into());
    }
    if length(text) > MESSAGE_LIMIT {
        return Err(FaultCode::MessageTooLong.into());
    }
    if pictures.len() > PICTURES_OF_A_MESSAGE {
        return Err(Fault::new(FaultCode::TooManyPictures).with("max", PICTURES_OF_A_MESSAGE));
    }
    Ok(())
}

fn of_payment(conversation: &Conversation, id: PaymentId) -> bool {
    matches!(&conversation.about, About::Payment(payment) if payment.id == id)
}

fn another() -> WireFault {
    Path::ROOT.field("Parent").fault(Reason::Value)
}
