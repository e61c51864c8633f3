//! Looking whether an act happened: only by what was fixed before it was sent, so that any line to the same
//! marketplace can look.

use kvit_client::Marketplace;
use kvit_domain::{
    fault::Fault,
    id::{InvoiceId, PaymentId, UserId},
    money::Sats,
    payment::Payment,
};

use crate::{
    operation::{
        Act, Intent, Look, OperationId, cancel_deal, cancel_payment, create_refund, declare_paid,
        give_deal_feedback, give_payment_feedback,
        look_for_payment::{Above, above_the_mark},
        withdraw_refund,
    },
    operations::Operations,
};

/// What a look saw, with the evidence for the record.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// What it found.
    pub(crate) look: Look,
    /// Everything that the intent could have made, oldest first.
    pub(crate) made: Vec<Payment>,
    /// Every refund that the intent could have made, oldest first.
    pub(crate) refunds: Vec<InvoiceId>,
    /// What was to be said is said, in other words.
    pub(crate) otherwise: bool,
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
            refunds: Vec::new(),
            otherwise: false,
            newest: None,
            balance: None,
        }
    }

    /// The payments of the intent beyond the one that is known as its own.
    pub(crate) fn beyond(&self, own: Option<PaymentId>) -> Vec<PaymentId> {
        self.made
            .iter()
            .map(|payment| payment.id)
            .filter(|payment| Some(*payment) != own)
            .collect()
    }
}

/// Looks once for what the operation of this number did. What other operations made is not its.
pub(crate) async fn look(
    market: &Marketplace,
    intent: &Intent,
    me: UserId,
    id: OperationId,
    operations: &Operations,
) -> Sight {
    let seen = match intent.act {
        Act::PayFromBalance | Act::PayByDeal | Act::PayByBestDeal => {
            look_for_payment(market, intent, |payment| operations.is_of_another(id, payment)).await
        }
        Act::CreateRefund => {
            let of_another = |refund| operations.refund_is_of_another(id, intent.payment, refund);
            create_refund::look(market, intent, of_another).await
        }
        Act::WithdrawRefund => withdraw_refund::look(market, intent).await.map(Sight::only),
        Act::GivePaymentFeedback => give_payment_feedback::look(market, intent, me).await,
        Act::GiveDealFeedback => give_deal_feedback::look(market, intent, me).await,
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
        made,
        newest,
        balance: Some(balance.confirmed),
        ..Sight::only(look)
    })
}
