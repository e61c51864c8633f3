//! Say "I paid" in a deal (IPayed, section 13.5). Final, and only the payer of fiat may: the same call by the giver of
//! bitcoin completes the deal.
//!
//! ```text
//!  the deal is read anew ── another sum, declared, not the payer, over ──► nothing is begun
//!        │
//!        ▼
//!    Prepared ─► Sent ──┬── the deal, declared ───────────────────────────► Done
//!                       ├── a refusal, and the deal is not declared ──────► Refused
//!                       └── silence ─► Unknown
//!                                        │ the deal is read
//!                                        ├── declared or completed ───────► Done
//!                                        └── neither, twice, late ────────► ProvenAbsent
//! ```

use kvit_client::Marketplace;
use kvit_domain::{
    deal::{Deal, DealStatus},
    fault::Fault,
};

use super::{Act, Intent, Look};
use crate::deals::SeenDeal;

/// What is fixed before it is sent.
pub(crate) fn intent(before: &SeenDeal) -> Intent {
    about(Act::DeclarePaid, before)
}

/// An act on a deal.
pub(crate) fn about(act: Act, before: &SeenDeal) -> Intent {
    Intent {
        payment: before.deal.payment,
        deal: Some(before.deal.id),
        fiat: Some(before.deal.fiat),
        counterparty: Some(before.deal.counterparty(before.me).name.clone()),
        ..Intent::of(act)
    }
}

/// Declared, or already completed because of it.
pub(crate) async fn look(market: &Marketplace, intent: &Intent) -> Result<Look, Fault> {
    look_at_deal(market, intent, |deal| {
        deal.fiat_declared || deal.status == DealStatus::Completed
    })
    .await
}

/// Reads the deal and says whether it happened.
pub(crate) async fn look_at_deal(
    market: &Marketplace,
    intent: &Intent,
    happened: impl Fn(&Deal) -> bool,
) -> Result<Look, Fault> {
    let Some(id) = intent.deal else {
        return Ok(Look::Failed);
    };
    let deal = market.deal(id).await?;
    Ok(if happened(&deal) {
        Look::Found(deal.payment.or(intent.payment))
    } else {
        Look::Nothing
    })
}
