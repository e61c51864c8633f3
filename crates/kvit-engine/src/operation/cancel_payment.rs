//! Cancel a pending payment (CancelInvoicePayment, section 7.9), with its deal if it has one.
//!
//! ```text
//!  the payment is read anew ── not Pending, not mine, deal forbids ──► nothing is begun
//!        │
//!        ▼
//!    Prepared ─► Sent ──┬── the Canceled payment ─────────────────────────► Done(payment)
//!                       ├── a refusal, and the payment is not Canceled ───► Refused
//!                       └── silence ─► Unknown
//!                                        │ the payment is read
//!                                        ├── Canceled ────────────────────► Done(payment)
//!                                        └── Pending or Paid, twice, late ► ProvenAbsent
//! ```

use kvit_client::Marketplace;
use kvit_domain::{fault::Fault, payment::PaymentStatus};

use super::{Act, Intent, Look};
use crate::payments::SeenPayment;

/// What is fixed before it is sent.
pub(crate) fn intent(before: &SeenPayment) -> Intent {
    Intent {
        invoice: Some(before.payment.invoice.id),
        payment: Some(before.payment.id),
        deal: before.payment.deal.as_ref().map(|deal| deal.id),
        counterparty: Some(before.payment.invoice.owner.name.clone()),
        ..Intent::of(Act::CancelPayment)
    }
}

/// Only Canceled is what was wanted. A payment that became Paid instead was not canceled, and never will be.
pub(crate) async fn look(market: &Marketplace, intent: &Intent) -> Result<Look, Fault> {
    let Some(id) = intent.payment else {
        return Ok(Look::Failed);
    };
    let payment = market.payment(id).await?;
    Ok(match payment.status {
        PaymentStatus::Canceled => Look::Found(Some(id)),
        PaymentStatus::Paid | PaymentStatus::Pending => Look::Nothing,
    })
}
