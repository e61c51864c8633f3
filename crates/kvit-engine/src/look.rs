//! Looking whether an act happened: only by what was fixed before it was sent, so that any line to the same
//! marketplace can look.

use kvit_client::{Marketplace, PaymentsFilter};
use kvit_domain::{
    deal::{Deal, DealStatus},
    fault::Fault,
    id::{DealId, PaymentId},
    payment::{Direction, Payment, PaymentStatus},
};

use crate::operation::{Act, Intent, Look};

/// Payments asked for at once (section 7.1: at most 100).
const ASK: u32 = 100;
/// Pages read back to the mark; a person who made more payments since than these hold is not believed to have.
const MOST_PAGES: usize = 20;

/// Looks once.
pub(crate) async fn look(market: &Marketplace, intent: &Intent) -> Look {
    let found = match intent.act {
        Act::PayFromBalance | Act::PayByDeal | Act::PayByBestDeal => look_for_payment(market, intent).await,
        Act::CancelPayment => look_at_payment(market, intent.payment).await,
        Act::DeclarePaid => {
            look_at_deal(market, intent.deal, |deal| {
                deal.fiat_declared || deal.status == DealStatus::Completed
            })
            .await
        }
        Act::CancelDeal => {
            look_at_deal(market, intent.deal, |deal| deal.status == DealStatus::Canceled).await
        }
    };
    found.unwrap_or(Look::Failed)
}

/// Looks for the payment that a call may have made: above the mark, on the invoice, with so many pieces, and paid the
/// way it was to be paid. A person may pay the same invoice in another way on another computer meanwhile.
async fn look_for_payment(market: &Marketplace, intent: &Intent) -> Result<Look, Fault> {
    let made = |payment: &&Payment| {
        Some(payment.invoice.id) == intent.invoice
            && Some(payment.pieces) == intent.pieces
            && match intent.act {
                Act::PayFromBalance => payment.deal.is_none() && payment.status == PaymentStatus::Paid,
                _ => payment.deal.is_some(),
            }
    };
    let mut before = None;
    for _ in 0..MOST_PAGES {
        let filter = PaymentsFilter {
            direction: Some(Direction::FromMe),
            before,
            count: ASK,
            ..PaymentsFilter::default()
        };
        let page = market.payments(filter).await?;
        let above = |payment: &&Payment| intent.mark.is_none_or(|mark| payment.id > mark);
        if let Some(found) = page.iter().filter(above).find(made) {
            return Ok(Look::Found(Some(found.id)));
        }
        let oldest = page.last().map(|payment| payment.id);
        let short = u32::try_from(page.len()).is_ok_and(|length| length < ASK);
        if short || oldest <= intent.mark {
            return Ok(Look::Nothing);
        }
        before = oldest;
    }
    Ok(Look::Failed)
}

/// Only Canceled is what was wanted. A payment that became Paid instead was not canceled, and never will be.
async fn look_at_payment(market: &Marketplace, id: Option<PaymentId>) -> Result<Look, Fault> {
    let Some(id) = id else { return Ok(Look::Failed) };
    let payment = market.payment(id).await?;
    Ok(match payment.status {
        PaymentStatus::Canceled => Look::Found(Some(id)),
        PaymentStatus::Paid | PaymentStatus::Pending => Look::Nothing,
    })
}

async fn look_at_deal(
    market: &Marketplace,
    id: Option<DealId>,
    happened: impl Fn(&Deal) -> bool,
) -> Result<Look, Fault> {
    let Some(id) = id else { return Ok(Look::Failed) };
    let deal = market.deal(id).await?;
    Ok(if happened(&deal) {
        Look::Found(deal.payment)
    } else {
        Look::Nothing
    })
}
