//! What people say about each other: two messages of the contract, one thing (section 5, naming decision).

use kvit_domain::{feedback::Feedback, id::UserId};
use kvit_proto::v1;

use crate::{
    path::{Path, WireFault},
    text, time,
};

/// Feedback on a payment.
pub fn read_payment(message: v1::InvoicePaymentFeedback, path: &Path<'_>) -> Result<Feedback, WireFault> {
    Ok(Feedback {
        positive: message.is_positive,
        text: text::text(message.message, &path.field("Message"))?,
        created: time::optional(message.created_at, &path.field("CreatedAt"))?,
    })
}

/// Feedback on a deal.
pub fn read_deal(message: v1::Feedback, path: &Path<'_>) -> Result<Feedback, WireFault> {
    Ok(Feedback {
        positive: message.is_positive,
        text: text::text(message.text, &path.field("Text"))?,
        created: time::optional(message.created_at, &path.field("CreatedAt"))?,
    })
}

/// Most in one answer: the page is 99 (section 5.2).
const LIST_LIMIT: usize = 300;

/// What others say of a user: feedback with its number, which deal feedback may lack (section 20, row 52).
pub fn read_list(message: v1::GetUserFeedbacksResponse) -> Result<Vec<(u64, Feedback)>, WireFault> {
    Path::ROOT
        .field("Feedbacks")
        .list(message.feedbacks, LIST_LIMIT, |one, path| {
            Ok((one.id, read_deal(one, path)?))
        })
}

/// The request of GetUserFeedbacks: newest first below `before`, at most 99.
pub fn list_request(
    user: UserId,
    of_deals: bool,
    before: Option<u64>,
    count: u32,
) -> v1::GetUserFeedbacksRequest {
    v1::GetUserFeedbacksRequest {
        user_id: user.to_string(),
        start_id: before
            .and_then(|bound| i64::try_from(bound).ok())
            .unwrap_or_default(),
        count: i32::try_from(count.clamp(1, 99)).map_or(-1, |count| -count),
        is_deals_feedbacks: of_deals,
    }
}

/// The message for feedback on a payment.
pub fn write_payment(feedback: &Feedback) -> v1::InvoicePaymentFeedback {
    v1::InvoicePaymentFeedback {
        id: 0,
        is_positive: feedback.positive,
        message: feedback.text.clone(),
        created_at: feedback.created.map(|created| time::message(Some(created))),
    }
}

/// The message for feedback on a deal.
pub fn write_deal(feedback: &Feedback) -> v1::Feedback {
    v1::Feedback {
        id: 0,
        is_positive: feedback.positive,
        text: feedback.text.clone(),
        created_at: feedback.created.map(|created| time::message(Some(created))),
    }
}
