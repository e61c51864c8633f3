//! Refunds and feedback on payments.

use kvit_domain::{
    fault::{Fault, FaultCode},
    feedback::Feedback,
    id::{InvoiceId, PaymentId},
    invoice::Invoice,
    payment::Payment,
};
use kvit_wire::{Path, Reason, invoice, payment, refund};

use super::Marketplace;

impl Marketplace {
    /// Makes a refund of so many pieces of a payment (CreateRefund): the payment, and the invoice that its seller pays to
    /// give them back (section 9.2). Sent at most once: a second call makes a second refund.
    pub async fn create_refund(&self, id: PaymentId, pieces: u32) -> Result<(Payment, Invoice), Fault> {
        if pieces == 0 {
            return Err(FaultCode::RefundTooMany.into());
        }
        self.act(
            "CreateRefund",
            refund::request(id, pieces),
            |mut api, request| async move { api.create_refund(request).await },
            |message| refund::read(message, id),
        )
        .await
    }

    /// Deletes an invoice (DeleteInvoice); of a refund that is not paid: withdraws it.
    pub async fn delete_invoice(&self, id: InvoiceId) -> Result<(), Fault> {
        self.act(
            "DeleteInvoice",
            invoice::delete_request(id),
            |mut api, request| async move { api.delete_invoice(request).await },
            |_| Ok(()),
        )
        .await
    }

    /// Says something of the other side of a payment (SendInvoicePaymentFeedback), once and for all. Sent at most once.
    pub async fn give_payment_feedback(&self, id: PaymentId, said: &Feedback) -> Result<Payment, Fault> {
        self.act(
            "SendInvoicePaymentFeedback",
            payment::feedback_request(id, said),
            |mut api, request| async move { api.send_invoice_payment_feedback(request).await },
            |message| {
                let answer = payment::read(message, &Path::ROOT)?;
                if answer.id == id {
                    Ok(answer)
                } else {
                    Err(Path::ROOT.field("Id").fault(Reason::Value))
                }
            },
        )
        .await
    }
}
