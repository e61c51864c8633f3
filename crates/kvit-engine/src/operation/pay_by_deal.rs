//! Pay an invoice through a chosen advertisement (PayInvoiceByDeal, section 7.6): a Pending payment with a deal on it.
//!
//! ```text
//!  desk and advertisement are read anew ── not what the person saw ──► nothing is begun
//!        │ as seen: mark, amount, fiat sum, advertisement
//!        ▼
//!    Prepared ─► Sent ──┬── the payment, with its deal ───────────────────► Done(payment)
//!                       ├── a refusal or an older payment, and none newer ► Refused
//!                       └── silence ─► Unknown
//!                                        │ own payments above the mark: the invoice, the pieces, with a deal
//!                                        ├── there ───────────────────────► Done(payment)
//!                                        └── not there, twice, late ──────► ProvenAbsent
//! ```
//!
//! A second such call gives back the pending payment unchanged (section 7.2). Such a one is not above the mark: nothing
//! was begun, and the person is told of the payment that stands in the way.

use kvit_domain::{
    id::{AdvertisementId, PaymentId},
    money::Fiat,
    payment::Payment,
};

use super::{Act, Intent, look_for_payment, same_purchase};
use crate::pay::PayDesk;

/// What is fixed before it is sent.
pub(crate) fn intent(desk: &PayDesk, mark: Option<PaymentId>, ad: AdvertisementId, cost: Fiat) -> Intent {
    Intent {
        fiat: Some(cost),
        ad: Some(ad),
        ..look_for_payment::paying(Act::PayByDeal, desk, mark)
    }
}

/// Could this have been made by it? What a deal funds has one, whatever became of it since.
pub(crate) fn could_be(payment: &Payment) -> bool {
    payment.deal.is_some()
}

/// Is it what the person agreed to: the same purchase, on this advertisement, for no more fiat?
pub(crate) fn as_agreed(intent: &Intent, paid: &Payment) -> bool {
    let on_this_ad = paid
        .deal
        .as_deref()
        .is_some_and(|deal| intent.ad.is_none_or(|ad| deal.ad.id == ad));
    on_this_ad && same_purchase(intent, paid) && costs_no_more(intent, paid)
}

/// The deal asks for no more fiat than agreed, in the agreed currency.
pub(crate) fn costs_no_more(intent: &Intent, paid: &Payment) -> bool {
    match (&paid.deal, intent.fiat) {
        (Some(deal), Some(agreed)) => {
            deal.fiat.currency() == agreed.currency() && deal.fiat.amount() <= agreed.amount()
        }
        _ => false,
    }
}
