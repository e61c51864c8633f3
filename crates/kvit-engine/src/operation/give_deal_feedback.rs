//! Say something of the other side of a deal (SendFeedback, section 13.6). Once, and final.
//!
//! ```text
//!  the deal is read anew ── still running, said already ──► nothing is begun
//!        │
//!        ▼
//!    Prepared ─► Sent ──┬── the deal, with the words ─────────────────────► Done
//!                       ├── a refusal, and nothing of mine is there ──────► Refused
//!                       └── silence ─► Unknown
//!                                        │ the deal is read
//!                                        ├── something of mine is there ──► Done
//!                                        └── nothing, twice, late ────────► ProvenAbsent
//! ```
//!
//! Other words than these are Done with a note, as with payments.

use kvit_client::Marketplace;
use kvit_domain::{fault::Fault, feedback::Feedback, id::UserId};

use super::{Act, Intent, Look, give_payment_feedback::is_otherwise};
use crate::{deals::SeenDeal, look::Sight};

/// What is fixed before it is sent. Not what the deal funds: that may be paid back or judged meanwhile.
pub(crate) fn intent(before: &SeenDeal, said: Feedback) -> Intent {
    Intent {
        deal: Some(before.deal.id),
        said: Some(said),
        counterparty: Some(before.deal.counterparty(before.me).name.clone()),
        ..Intent::of(Act::GiveDealFeedback)
    }
}

/// Is something of mine there?
pub(crate) async fn look(market: &Marketplace, intent: &Intent, me: UserId) -> Result<Sight, Fault> {
    let Some(id) = intent.deal else {
        return Ok(Sight::only(Look::Failed));
    };
    let deal = market.deal(id).await?;
    Ok(match deal.feedback_by(me) {
        Some(there) => Sight {
            otherwise: is_otherwise(intent, there),
            ..Sight::only(Look::Found(deal.payment))
        },
        None => Sight::only(Look::Nothing),
    })
}
