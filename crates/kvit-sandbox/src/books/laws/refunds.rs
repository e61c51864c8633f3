//! What refunds leave behind.

use crate::books::Books;
use crate::books::invoices::{InvoiceStatus, Price};
use crate::books::payments::{Payment, PaymentStatus};
use crate::money::Sats;

/// Pieces bought are refunded, being refunded, or the rest; a refund gives back what was paid for its pieces, or their
/// fiat price, and is no trade.
pub(super) fn check_refunds(books: &Books) {
    let refunds_of = |payment: &Payment, wanted: fn(InvoiceStatus) -> bool| -> u32 {
        let all = books.invoices.values();
        all.filter(|invoice| invoice.refund_of == Some(payment.id) && wanted(invoice.status))
            .map(|invoice| invoice.pieces_min)
            .sum()
    };
    let is_refund = |payment: &Payment| books.invoice(payment.invoice).unwrap().refund_of;
    for payment in books.payments.values() {
        let open = |status| matches!(status, InvoiceStatus::Active | InvoiceStatus::PendingPay);
        assert_eq!(payment.refunding, refunds_of(payment, open));
        assert_eq!(
            payment.refunded,
            refunds_of(payment, |status| status == InvoiceStatus::Payed)
        );
        assert!(payment.refunded + payment.refunding <= payment.pieces);
        assert!(payment.refunds.is_empty() || payment.status == PaymentStatus::Paid);
        let Some(refunded) = is_refund(payment) else {
            continue;
        };
        let original = books.payment(refunded).unwrap();
        assert_eq!((payment.owner, payment.seller), (original.seller, original.owner));
        assert!(payment.refunds.is_empty() && payment.fee == Sats::ZERO);
        if matches!(books.invoice(original.invoice).unwrap().price, Price::Btc(_)) {
            let one = original.amount.0 / i64::from(original.pieces);
            assert_eq!(payment.amount.0, one * i64::from(payment.pieces), "row 37");
        }
    }
    for user in books.users.values() {
        let trades = |of: fn(&Payment) -> u64| {
            let paid = books.payments.values().filter(|payment| {
                payment.status == PaymentStatus::Paid
                    && is_refund(payment).is_none()
                    && of(payment) == user.id
            });
            u32::try_from(paid.count()).unwrap()
        };
        assert_eq!(user.standing.paid, trades(|payment| payment.owner));
        assert_eq!(user.standing.received, trades(|payment| payment.seller));
    }
}
