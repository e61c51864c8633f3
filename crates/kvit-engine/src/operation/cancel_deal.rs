//! Cancel a deal (CancelDeal, section 13.5), and the payment that it funds.
//!
//! ```text
//!  the deal is read anew ── over, disputed, declared in its window ──► nothing is begun
//!        │
//!        ▼
//!    Prepared ─► Sent ──┬── the Canceled deal ────────────────────────────► Done
//!                       ├── a refusal, and the deal is not Canceled ──────► Refused
//!                       └── silence ─► Unknown
//!                                        │ the deal is read
//!                                        ├── Canceled ────────────────────► Done
//!                                        └── not, twice, late ────────────► ProvenAbsent
//! ```

use kvit_client::Marketplace;
use kvit_domain::{deal::DealStatus, fault::Fault};

use super::{
    Act, Intent, Look,
    declare_paid::{about, look_at_deal},
};
use crate::deals::SeenDeal;

/// What is fixed before it is sent.
pub(crate) fn intent(before: &SeenDeal) -> Intent {
    about(Act::CancelDeal, before)
}

/// Only Canceled is what was wanted.
pub(crate) async fn look(market: &Marketplace, intent: &Intent) -> Result<Look, Fault> {
    look_at_deal(market, intent, |deal| deal.status == DealStatus::Canceled).await
}
