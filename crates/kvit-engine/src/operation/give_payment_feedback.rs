//! Say something of the other side of a payment (SendInvoicePaymentFeedback, section 7.10). Once, and final.
//!
//! ```text
//!  the payment is read anew ── not Paid, a refund, said already ──► nothing is begun
//!        │
//!        ▼
//!    Prepared ─► Sent ──┬── the payment, with the words ──────────────────► Done(payment)
//!                       ├── a refusal, and nothing of mine is there ──────► Refused
//!                       └── silence ─► Unknown
//!                                        │ the payment is read
//!                                        ├── something of mine is there ──► Done(payment)
//!                                        └── nothing, twice, late ────────► ProvenAbsent
//! ```
//!
//! What can be said only once is said whatever the words are: other words than these are Done with a note.

use kvit_client::Marketplace;
use kvit_domain::{fault::Fault, feedback::Feedback, id::UserId, payment::Payment};

use super::{Act, Intent, Look};
use crate::{look::Sight, payments::SeenPayment};

/// What is fixed before it is sent.
pub(crate) fn intent(before: &SeenPayment, said: Feedback) -> Intent {
    Intent {
        payment: Some(before.payment.id),
        said: Some(said),
        counterparty: Some(before.payment.counterparty(before.me).name.clone()),
        ..Intent::of(Act::GivePaymentFeedback)
    }
}

/// Is something of mine there?
pub(crate) async fn look(market: &Marketplace, intent: &Intent, me: UserId) -> Result<Sight, Fault> {
    let Some(id) = intent.payment else {
        return Ok(Sight::only(Look::Failed));
    };
    Ok(found(intent, &market.payment(id).await?, me))
}

fn found(intent: &Intent, payment: &Payment, me: UserId) -> Sight {
    match payment.feedback_by(me) {
        Some(there) => Sight {
            otherwise: is_otherwise(intent, there),
            ..Sight::only(Look::Found(Some(payment.id)))
        },
        None => Sight::only(Look::Nothing),
    }
}

/// Are these other words than were to be said? Blanks around them do not count: they are not sent.
pub(crate) fn is_otherwise(intent: &Intent, there: &Feedback) -> bool {
    intent
        .said
        .as_ref()
        .is_none_or(|said| said.positive != there.positive || said.text != there.text.trim())
}
