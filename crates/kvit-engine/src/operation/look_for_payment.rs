//! What the acts that make a payment share: the intent of a purchase, and the look for what it made.

use kvit_client::{Marketplace, PaymentsFilter};
use kvit_domain::{
    fault::Fault,
    id::PaymentId,
    payment::{Direction, Payment},
};

use super::{Act, Intent};
use crate::pay::PayDesk;

/// Payments asked for at once (section 7.1: at most 100).
const ASK: u32 = 100;
/// Pages read back to the mark; a person who made more payments since than these hold is not believed to have.
const MOST_PAGES: usize = 20;

/// The intent of a purchase as the desk shows it.
pub(crate) fn paying(act: Act, desk: &PayDesk, mark: Option<PaymentId>) -> Intent {
    Intent {
        invoice: Some(desk.invoice.id),
        pieces: Some(desk.pieces),
        amount: Some(desk.total),
        counterparty: Some(desk.invoice.owner.name.clone()),
        refund_of: desk.invoice.refund_of,
        mark,
        balance: Some(desk.balance),
        ..Intent::of(act)
    }
}

/// What stands above the mark.
#[derive(Debug, Clone, Default)]
pub(crate) struct Above {
    /// Those that the intent could have made, oldest first: the first of them is the one, the others were made by a
    /// repetition.
    pub(crate) made: Vec<Payment>,
    /// Highest own payment now.
    pub(crate) newest: Option<PaymentId>,
}

/// Reads own payments down to the mark. `None` if there are more than anybody makes meanwhile.
pub(crate) async fn above_the_mark(market: &Marketplace, intent: &Intent) -> Result<Option<Above>, Fault> {
    let mut above = Above::default();
    let mut before = None;
    for _ in 0..MOST_PAGES {
        let filter = PaymentsFilter {
            direction: Some(Direction::FromMe),
            before,
            count: ASK,
            ..PaymentsFilter::default()
        };
        let page = market.payments(filter).await?;
        let oldest = page.last().map(|payment| payment.id);
        above.newest = above.newest.or(page.first().map(|payment| payment.id));
        let short = u32::try_from(page.len()).is_ok_and(|length| length < ASK);
        above
            .made
            .extend(page.into_iter().filter(|payment| intent.could_make(payment)));
        if short || oldest <= intent.mark {
            above.made.sort_by_key(|payment| payment.id);
            return Ok(Some(above));
        }
        before = oldest;
    }
    Ok(None)
}
