//! Refunds (section 9).

use kvit_domain::{id::PaymentId, invoice::Invoice, payment::Payment};
use kvit_proto::v1;

use crate::{
    invoice,
    path::{Path, Reason, WireFault},
    payment,
};

/// The answer of CreateRefund: the payment with the pieces that are being given back, and the invoice that gives them.
pub fn read(message: v1::CreateRefundResponse, of: PaymentId) -> Result<(Payment, Invoice), WireFault> {
    let root = Path::ROOT;
    let path = root.field("Payment");
    let payment = payment::read(path.required(message.payment)?, &path)?;
    if payment.id != of {
        return Err(path.field("Id").fault(Reason::Value));
    }
    let path = root.field("Refund");
    let refund = invoice::read(path.required(message.refund)?, &path)?;
    if refund.refund_of != Some(of) {
        return Err(path.field("RefundPaymentId").fault(Reason::Value));
    }
    Ok((payment, refund))
}

/// The request of CreateRefund.
pub fn request(payment: PaymentId, pieces: u32) -> v1::CreateRefundRequest {
    v1::CreateRefundRequest {
        payment_id: payment.get(),
        pieces,
    }
}
