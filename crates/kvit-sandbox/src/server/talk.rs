//! Conversations, pictures, feedback and refunds: what a call does, as a function of the hub, the caller and the
//! request.

use kvit_proto::v1;

use super::calls::payment;
use crate::books::conversations::{Words, Written};
use crate::books::feedback::Verdict;
use crate::books::images::Image;
use crate::hub::Hub;
use crate::jpeg::Picture;
use crate::ledger::Subject;
use crate::refusal::Refusal;
use crate::view::View;

/// SendMessage, into a deal's chat.
pub(super) fn say_in_deal(
    hub: &Hub,
    user: u64,
    asked: v1::SendMessageRequest,
) -> Result<v1::SendMessageResponse, Refusal> {
    hub.execute("SendMessage", user, |books, now| {
        let line = books.say(user, asked.deal_id, asked.text, &asked.image_ids, now)?;
        let viewer = user;
        let message = Some(View { books, viewer }.message(&line)?);
        let subject = Subject::DealMessage {
            deal: asked.deal_id,
            message: line.id,
        };
        Ok((subject, v1::SendMessageResponse { message }))
    })
}

/// What a message came to: the whole conversation.
fn conversation(hub: &Hub, viewer: u64, written: Written) -> Result<v1::Conversation, Refusal> {
    hub.read(|books| View { books, viewer }.conversation(written.conversation))
}

pub(super) fn write_about_invoice(
    hub: &Hub,
    user: u64,
    asked: v1::SendInvoiceMessageRequest,
) -> Result<v1::Conversation, Refusal> {
    let words = Words {
        text: asked.text,
        images: asked.image_ids,
    };
    let written = hub.execute("SendInvoiceMessage", user, |books, now| {
        let written = books.write_about_invoice(user, asked.invoice_id, &asked.to_user_id, words, now)?;
        Ok((Subject::Message(written), written))
    })?;
    conversation(hub, user, written)
}

pub(super) fn write_about_payment(
    hub: &Hub,
    user: u64,
    asked: v1::SendInvoicePaymentMessageRequest,
) -> Result<v1::Conversation, Refusal> {
    let words = Words {
        text: asked.text,
        images: asked.image_ids,
    };
    let written = hub.execute("SendInvoicePaymentMessage", user, |books, now| {
        let written = books.write_about_payment(user, asked.payment_id, words, now)?;
        Ok((Subject::Message(written), written))
    })?;
    conversation(hub, user, written)
}

pub(super) fn conversations(
    hub: &Hub,
    viewer: u64,
    _asked: (),
) -> Result<v1::GetConversationsResponse, Refusal> {
    hub.read(|books| View { books, viewer }.conversations(books.conversations_of(viewer)))
}

pub(super) fn conversations_by_id(
    hub: &Hub,
    viewer: u64,
    asked: v1::GetConversationsByIdRequest,
) -> Result<v1::GetConversationsResponse, Refusal> {
    use v1::get_conversations_by_id_request::Ids;
    hub.read(|books| {
        let found = match asked.ids {
            Some(Ids::InvoiceId(invoice)) => books.conversations_about_invoice(viewer, invoice)?,
            Some(Ids::PaymentId(payment)) => vec![books.conversation_about_payment(viewer, payment)?],
            Some(Ids::UserId(_)) | None => return Err(Refusal::IncorrectCommand),
        };
        View { books, viewer }.conversations(found)
    })
}

pub(super) fn delete_conversation(
    hub: &Hub,
    user: u64,
    asked: v1::DeleteConversationRequest,
) -> Result<(), Refusal> {
    hub.execute("DeleteConversation", user, |books, _| {
        books.hide_conversation(user, asked.conversation_id)?;
        Ok((Subject::Conversation(asked.conversation_id), ()))
    })
}

fn shown(image: Image, bytes: Vec<u8>, preview: bool) -> v1::Image {
    let (small, original) = if preview {
        (bytes, Vec::new())
    } else {
        (Vec::new(), bytes)
    };
    v1::Image {
        id: image.guid,
        created_at: Some(image.at.timestamp()),
        preview: small,
        original,
        is_preview: preview,
    }
}

/// StoreImage. The picture is decoded before the books are opened, as that takes a while.
pub(super) fn store_image(hub: &Hub, user: u64, asked: v1::StoreImageRequest) -> Result<v1::Image, Refusal> {
    let as_sent = hub.read(|books| Ok(books.defects.originals_as_sent))?;
    let picture = Picture::taken(&asked.data, as_sent)?;
    let id = hub.execute("StoreImage", user, |books, now| {
        let id = books.store_image(user, &asked.id, picture, now)?;
        Ok((Subject::Image(id), id))
    })?;
    let (image, bytes) = hub.picture(true, |_| Ok(id))?;
    Ok(shown(image, bytes, true))
}

pub(super) fn image(hub: &Hub, viewer: u64, asked: v1::GetImageRequest) -> Result<v1::Image, Refusal> {
    let (image, bytes) = hub.picture(asked.is_preview, |books| books.visible_image(viewer, &asked.id))?;
    Ok(shown(image, bytes, asked.is_preview))
}

pub(super) fn judge_deal(hub: &Hub, user: u64, asked: v1::SendFeedbackRequest) -> Result<v1::Deal, Refusal> {
    let verdict = Verdict {
        positive: asked.is_positive,
        text: asked.text,
    };
    hub.execute("SendFeedback", user, |books, now| {
        let feedback = books.judge_deal(user, asked.deal_id, verdict, now)?;
        let viewer = user;
        let deal = View { books, viewer }.deal(asked.deal_id)?;
        Ok((Subject::Feedback(feedback), deal))
    })
}

pub(super) fn judge_payment(
    hub: &Hub,
    user: u64,
    asked: v1::SendInvoicePaymentFeedbackRequest,
) -> Result<v1::InvoicePayment, Refusal> {
    let said = asked.feedback.ok_or_else(|| Refusal::empty("Feedback"))?;
    let verdict = Verdict {
        positive: said.is_positive,
        text: said.message,
    };
    hub.execute("SendInvoicePaymentFeedback", user, |books, now| {
        let feedback = books.judge_payment(user, asked.payment_id, verdict, now)?;
        Ok((Subject::Feedback(feedback), ()))
    })?;
    payment(hub, user, asked.payment_id)
}

pub(super) fn feedback(
    hub: &Hub,
    viewer: u64,
    asked: v1::GetUserFeedbacksRequest,
) -> Result<v1::GetUserFeedbacksResponse, Refusal> {
    hub.read(|books| {
        let about = books.user_by_guid(&asked.user_id)?.id;
        let view = View { books, viewer };
        let feedbacks = books
            .feedback_about(about, asked.is_deals_feedbacks, asked.start_id, asked.count)?
            .into_iter()
            .map(|said| view.feedback(said.id))
            .collect::<Result<_, _>>()?;
        Ok(v1::GetUserFeedbacksResponse { feedbacks })
    })
}

pub(super) fn create_refund(
    hub: &Hub,
    user: u64,
    asked: v1::CreateRefundRequest,
) -> Result<v1::CreateRefundResponse, Refusal> {
    hub.execute("CreateRefund", user, |books, now| {
        let refund = books.create_refund(user, asked.payment_id, asked.pieces, now)?;
        let viewer = user;
        let view = View { books, viewer };
        let answer = v1::CreateRefundResponse {
            payment: Some(view.payment(asked.payment_id)?),
            refund: Some(view.invoice(refund)?),
        };
        Ok((Subject::Invoice(refund), answer))
    })
}

pub(super) fn delete_invoice(
    hub: &Hub,
    user: u64,
    asked: v1::DeleteInvoiceRequest,
) -> Result<v1::DeleteInvoiceResponse, Refusal> {
    use v1::delete_invoice_response::Refund;
    hub.execute("DeleteInvoice", user, |books, now| {
        let refunded = books.delete_invoice(user, asked.invoice_id, now)?;
        let viewer = user;
        let refund = match refunded {
            Some(payment) => Refund::PaymentRefund(View { books, viewer }.payment(payment)?),
            None => Refund::RefundIsNull(true),
        };
        let answer = v1::DeleteInvoiceResponse { refund: Some(refund) };
        Ok((Subject::Invoice(asked.invoice_id), answer))
    })
}
