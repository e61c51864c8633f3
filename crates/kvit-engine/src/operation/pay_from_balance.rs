//! Pay an invoice from balance (PayInvoiceFromBalance, section 7.3). Immediate: the payment in the answer is Paid.
//!
//! ```text
//!  the desk is read anew ── not what the person saw ──► nothing is begun
//!        │ as seen: mark (highest own payment), balance, amount
//!        ▼
//!    Prepared ─► Sent ──┬── the Paid payment ─────────────────────────────► Done(payment)
//!                       ├── a refusal, and no payment above the mark ─────► Refused
//!                       └── silence ─► Unknown
//!                                        │ own payments above the mark: the invoice, the pieces, Paid, no deal
//!                                        ├── there ───────────────────────► Done(payment)
//!                                        └── not there, twice, late ──────► ProvenAbsent
//!  watched: a second such payment that no other operation made is a double
//! ```
//!
//! The call has no request id, and on a public invoice a second one pays twice (section 7.9).

use kvit_domain::payment::{Payment, PaymentStatus};

use super::{Act, Intent, same_purchase};
use crate::{operation::look_for_payment, pay::PayDesk};

/// What is fixed before it is sent.
pub(crate) fn intent(desk: &PayDesk, mark: Option<kvit_domain::id::PaymentId>) -> Intent {
    look_for_payment::paying(Act::PayFromBalance, desk, mark)
}

/// Could this have been made by it? Made from balance a payment is Paid at once and has no deal.
pub(crate) fn could_be(payment: &Payment) -> bool {
    payment.deal.is_none() && payment.status == PaymentStatus::Paid
}

/// Is it what the person agreed to: paid, the same purchase at the same amount, without a deal?
pub(crate) fn as_agreed(intent: &Intent, paid: &Payment) -> bool {
    same_purchase(intent, paid) && paid.status == PaymentStatus::Paid && paid.deal.is_none()
}
