//! Payments, without their deal and their confirmation, which lie elsewhere.

use kvit_domain::{
    deal::Deal,
    id::PaymentId,
    memory::status_word,
    payment::{BearerText, Payment, Secret},
    person::Person,
};
use serde::{Deserialize, Serialize};

use super::{deal::FeedbackRow, invoice};
use crate::{
    fault::StoreFault,
    rows::{InvoiceRow, Named, PicturesRow, odd, parse, payment_status, sats, text_of},
};

/// Something bought. Not printable, as what it stands for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecretRow {
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    pictures: PicturesRow,
}

impl From<&Secret> for SecretRow {
    fn from(secret: &Secret) -> Self {
        Self {
            text: secret.text.clone(),
            url: secret.url.clone(),
            pictures: PicturesRow::from(&secret.pictures),
        }
    }
}

impl From<SecretRow> for Secret {
    fn from(row: SecretRow) -> Self {
        Self {
            text: row.text,
            url: row.url,
            pictures: row.pictures.names(),
        }
    }
}

/// A payment. Not printable: it may hold bearer money.
#[derive(Serialize, Deserialize)]
pub(crate) struct PaymentRow {
    id: u64,
    amount: i64,
    created: String,
    buyer: Named,
    invoice: InvoiceRow,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seller_feedback: Option<FeedbackRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    buyer_feedback: Option<FeedbackRow>,
    status: String,
    pieces: u32,
    refund: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<InvoiceRow>,
    refunded: u32,
    refunding: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change_promise: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<SecretRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lightning_request: Option<String>,
}

impl From<&Payment> for PaymentRow {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id.get(),
            amount: payment.amount.get(),
            created: text_of(payment.created),
            buyer: Named::from(&payment.buyer),
            invoice: InvoiceRow::from(&payment.invoice),
            seller_feedback: payment.seller_feedback.as_ref().map(FeedbackRow::from),
            buyer_feedback: payment.buyer_feedback.as_ref().map(FeedbackRow::from),
            status: status_word(payment.status).to_owned(),
            pieces: payment.pieces,
            refund: payment.refund,
            refunds: payment.refunds.iter().map(InvoiceRow::from).collect(),
            refunded: payment.refunded,
            refunding: payment.refunding,
            // The file is encrypted; this is where the change is kept until it is used.
            change_promise: payment
                .change_promise
                .as_ref()
                .map(|promise| promise.reveal().to_owned()),
            secrets: payment.secrets.iter().map(SecretRow::from).collect(),
            lightning_request: payment.lightning_request.clone(),
        }
    }
}

impl PaymentRow {
    /// Names the pictures of secrets that were only counted, so that naming them does not look like another secret.
    pub(crate) fn name_pictures(&mut self, came: &Payment) {
        for (kept, came) in self.secrets.iter_mut().zip(&came.secrets) {
            kept.pictures.name(&came.pictures);
        }
    }

    /// The payment; `person` says who somebody is.
    pub(crate) fn payment(
        self,
        confirmation: Option<String>,
        deal: Option<Deal>,
        person: &mut dyn FnMut(&Named) -> Result<Person, StoreFault>,
    ) -> Result<Payment, StoreFault> {
        Ok(Payment {
            id: PaymentId::new(self.id).ok_or_else(|| odd("number of a payment"))?,
            amount: sats("amount of a payment", self.amount)?,
            created: parse("time of a payment", &self.created)?,
            confirmation,
            buyer: person(&self.buyer)?,
            invoice: self.invoice.invoice(person)?,
            seller_feedback: self.seller_feedback.map(FeedbackRow::feedback).transpose()?,
            buyer_feedback: self.buyer_feedback.map(FeedbackRow::feedback).transpose()?,
            status: payment_status(&self.status)?,
            deal: deal.map(Box::new),
            pieces: self.pieces,
            refund: self.refund,
            refunds: self
                .refunds
                .into_iter()
                .map(|row| row.invoice(person))
                .collect::<Result<_, StoreFault>>()?,
            refunded: self.refunded,
            refunding: self.refunding,
            change_promise: self.change_promise.map(BearerText::new),
            secrets: self.secrets.into_iter().map(Secret::from).collect(),
            lightning_request: self.lightning_request,
        })
    }
}

/// Everybody a payment names, its deal aside.
pub(crate) fn people(payment: &Payment) -> impl Iterator<Item = &Person> {
    std::iter::once(&payment.buyer)
        .chain(invoice::people(&payment.invoice))
        .chain(payment.refunds.iter().flat_map(invoice::people))
}
