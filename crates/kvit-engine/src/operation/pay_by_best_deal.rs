//! Pay an invoice through whatever advertisement is cheapest when the call arrives (PayInvoiceByBestDeal, section 7.4).
//!
//! ```text
//!  desk and offers are read anew ── the best costs more than agreed ──► nothing is begun
//!        │ as seen: mark, amount, the most fiat agreed to
//!        ▼
//!    Prepared ─► Sent ──┬── the payment, with its deal ───────────────────► Done(payment)
//!                       ├── a refusal, and no payment above the mark ─────► Refused
//!                       └── silence ─► Unknown
//!                                        │ own payments above the mark: the invoice, the pieces, with a deal
//!                                        ├── there ───────────────────────► Done(payment)
//!                                        └── not there, twice, late ──────► ProvenAbsent
//! ```
//!
//! The person agreed to a most; which advertisement it became is compared with that, not with a name.

use kvit_domain::{id::PaymentId, money::Fiat, payment::Payment};

use super::{Act, Intent, look_for_payment, pay_by_deal, same_purchase};
use crate::pay::PayDesk;

/// What is fixed before it is sent.
pub(crate) fn intent(desk: &PayDesk, mark: Option<PaymentId>, most: Fiat) -> Intent {
    Intent {
        fiat: Some(most),
        ..look_for_payment::paying(Act::PayByBestDeal, desk, mark)
    }
}

/// Could this have been made by it?
pub(crate) fn could_be(payment: &Payment) -> bool {
    pay_by_deal::could_be(payment)
}

/// Is it what the person agreed to: the same purchase, for no more fiat?
pub(crate) fn as_agreed(intent: &Intent, paid: &Payment) -> bool {
    same_purchase(intent, paid) && pay_by_deal::costs_no_more(intent, paid)
}
