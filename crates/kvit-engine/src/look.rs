//! Looking whether an act happened: only by what was fixed before it was sent, so that any line to the same
//! marketplace can look.

use kvit_client::Marketplace;
use kvit_domain::{fault::Fault, id::PaymentId, money::Sats, payment::Payment};

use crate::operation::{
    Act, Intent, Look, cancel_deal, cancel_payment, declare_paid,
    look_for_payment::{Above, above_the_mark},
};

/// What a look saw, with the evidence for the record.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// What it found.
    pub(crate) look: Look,
    /// Everything that the intent could have made, oldest first.
    pub(crate) made: Vec<Payment>,
    /// Highest own payment then.
    pub(crate) newest: Option<PaymentId>,
    /// Spendable balance then.
    pub(crate) balance: Option<Sats>,
}

impl Sight {
    pub(crate) fn only(look: Look) -> Self {
        Self {
            look,
            made: Vec::new(),
            newest: None,
            balance: None,
        }
    }
}

/// Looks once. `not_ours` are payments that other operations made.
pub(crate) async fn look(
    market: &Marketplace,
    intent: &Intent,
    not_ours: impl Fn(PaymentId) -> bool,
) -> Sight {
    let seen = match intent.act {
        Act::PayFromBalance | Act::PayByDeal | Act::PayByBestDeal => {
            look_for_payment(market, intent, not_ours).await
        }
        Act::CancelPayment => cancel_payment::look(market, intent).await.map(Sight::only),
        Act::DeclarePaid => declare_paid::look(market, intent).await.map(Sight::only),
        Act::CancelDeal => cancel_deal::look(market, intent).await.map(Sight::only),
    };
    seen.unwrap_or_else(|fault| {
        tracing::info!(%fault, "a look failed");
        Sight::only(Look::Failed)
    })
}

async fn look_for_payment(
    market: &Marketplace,
    intent: &Intent,
    not_ours: impl Fn(PaymentId) -> bool,
) -> Result<Sight, Fault> {
    // The balance first: what is paid between the two reads is then seen as a payment, never as an absence with the
    // money gone.
    let balance = market.balance().await?;
    let Some(Above { mut made, newest }) = above_the_mark(market, intent).await? else {
        return Ok(Sight::only(Look::Failed));
    };
    made.retain(|payment| !not_ours(payment.id));
    let look = made
        .first()
        .map_or(Look::Nothing, |payment| Look::Found(Some(payment.id)));
    Ok(Sight {
        look,
        made,
        newest,
        balance: Some(balance.confirmed),
    })
}
