//! Withdraw a refund that is not paid (DeleteInvoice by who was to pay it, sections 6.5, 9.3). Its pieces can be given back
//! again then.
//!
//! ```text
//!  refund and payment are read anew ── paid, withdrawn, being paid ──► nothing is begun
//!        │
//!        ▼
//!    Prepared ─► Sent ──┬── the answer ───────────────────────────────────► Done(payment)
//!                       ├── a refusal, and the refund is still there ─────► Refused
//!                       └── silence ─► Unknown
//!                                        │ the refund is read
//!                                        ├── gone, or Deleted ────────────► Done(payment)
//!                                        └── there, twice, late ──────────► ProvenAbsent
//! ```
//!
//! A refund that was paid meanwhile was not withdrawn, and never will be.

use kvit_client::Marketplace;
use kvit_domain::{
    fault::{Fault, FaultCode},
    id::PaymentId,
    invoice::{Invoice, InvoiceStatus},
};

use super::{Act, Intent, Look};

/// What is fixed before it is sent.
pub(crate) fn intent(refund: &Invoice, of: PaymentId) -> Intent {
    Intent {
        invoice: Some(refund.id),
        payment: Some(of),
        refund_of: Some(of),
        pieces: Some(refund.pieces_min),
        counterparty: Some(refund.owner.name.clone()),
        ..Intent::of(Act::WithdrawRefund)
    }
}

/// Whoever was to pay it does not find it any more once it is withdrawn.
pub(crate) async fn look(market: &Marketplace, intent: &Intent) -> Result<Look, Fault> {
    let Some(id) = intent.invoice else {
        return Ok(Look::Failed);
    };
    Ok(match market.invoice(id).await {
        Ok(refund) if refund.status == InvoiceStatus::Deleted => Look::Found(intent.payment),
        Ok(_) => Look::Nothing,
        Err(fault) if fault.code == FaultCode::InvoiceNotFound => Look::Found(intent.payment),
        Err(fault) => return Err(fault),
    })
}
