//! What people say about each other: two messages of the contract, one thing (section 5, naming decision).

use kvit_domain::payment::Feedback;
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
