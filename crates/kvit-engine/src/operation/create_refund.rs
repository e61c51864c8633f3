//! Make a refund of pieces of a payment (CreateRefund, section 9.2): a private invoice that its seller then pays. It moves
//! no money by itself, but what is made twice could be paid twice.
//!
//! ```text
//!  the payment is read anew ── not mine, not Paid, anonymous buyer, fewer pieces than seen ──► nothing is begun
//!        │ as seen: pieces, the highest refund of the payment
//!        ▼
//!    Prepared ─► Sent ──┬── the payment and its refund ───────────────────► Done(payment), refund
//!                       ├── a refusal, and no refund above the mark ──────► Refused
//!                       └── silence ─► Unknown
//!                                        │ refunds of the payment above the mark, with so many pieces
//!                                        ├── there ───────────────────────► Done(payment), refund
//!                                        └── not there, twice, late ──────► ProvenAbsent
//!  watched: a second such refund that no other operation made is a double, to be withdrawn
//! ```

use kvit_client::Marketplace;
use kvit_domain::{fault::Fault, id::InvoiceId, payment::Payment};

use super::{Act, Intent, Look};
use crate::{look::Sight, payments::SeenPayment};

/// What is fixed before it is sent.
pub(crate) fn intent(before: &SeenPayment, pieces: u32) -> Intent {
    Intent {
        payment: Some(before.payment.id),
        pieces: Some(pieces),
        known_refund: before.payment.refunds.iter().map(|refund| refund.id).max(),
        counterparty: Some(before.payment.buyer.name.clone()),
        ..Intent::of(Act::CreateRefund)
    }
}

/// Refunds above the mark with so many pieces that no other operation made, in the order they were made. What became
/// of them since, paid or withdrawn, does not matter: they were made.
pub(crate) async fn look(
    market: &Marketplace,
    intent: &Intent,
    not_ours: impl Fn(InvoiceId) -> bool,
) -> Result<Sight, Fault> {
    let Some(id) = intent.payment else {
        return Ok(Sight::only(Look::Failed));
    };
    let refunds = made(intent, &market.payment(id).await?, not_ours);
    let look = if refunds.is_empty() {
        Look::Nothing
    } else {
        Look::Found(Some(id))
    };
    Ok(Sight {
        refunds,
        ..Sight::only(look)
    })
}

fn made(intent: &Intent, payment: &Payment, not_ours: impl Fn(InvoiceId) -> bool) -> Vec<InvoiceId> {
    let mut made: Vec<InvoiceId> = payment
        .refunds
        .iter()
        .filter(|refund| {
            Some(refund.pieces_min) == intent.pieces
                && intent.known_refund.is_none_or(|mark| refund.id > mark)
        })
        .map(|refund| refund.id)
        .filter(|refund| !not_ours(*refund))
        .collect();
    made.sort_unstable();
    made.dedup();
    made
}
