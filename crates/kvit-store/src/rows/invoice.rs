//! Invoices.

use kvit_domain::{
    id::{InvoiceId, PaymentId},
    invoice::{Invoice, InvoicePrice},
    person::Person,
};
use serde::{Deserialize, Serialize};

use super::words::{invoice_status, invoice_status_word};
use crate::{
    fault::StoreFault,
    rows::{Named, PicturesRow, decimal, odd, parse, parse_some, sats, text_of},
};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PriceRow {
    Crypto,
    Fiat(String),
}

/// An invoice.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct InvoiceRow {
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<Named>,
    private: bool,
    price: PriceRow,
    currency: String,
    unit: i64,
    comment: String,
    pieces_min: u32,
    pieces_max: u32,
    limited: bool,
    status: String,
    total_paid: i64,
    payments: u32,
    owner: Named,
    created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refund_of: Option<u64>,
    service: bool,
    pictures: PicturesRow,
}

impl From<&Invoice> for InvoiceRow {
    fn from(invoice: &Invoice) -> Self {
        Self {
            id: invoice.id.get(),
            target: invoice.target.as_ref().map(Named::from),
            private: invoice.private,
            price: match invoice.price {
                InvoicePrice::Crypto => PriceRow::Crypto,
                InvoicePrice::Fiat(price) => PriceRow::Fiat(price.to_string()),
            },
            currency: invoice.currency.to_string(),
            unit: invoice.unit.get(),
            comment: invoice.comment.clone(),
            pieces_min: invoice.pieces_min,
            pieces_max: invoice.pieces_max,
            limited: invoice.limited,
            status: invoice_status_word(invoice.status).to_owned(),
            total_paid: invoice.total_paid.get(),
            payments: invoice.payments,
            owner: Named::from(&invoice.owner),
            created: text_of(invoice.created),
            valid_to: invoice.valid_to.map(text_of),
            refund_of: invoice.refund_of.map(PaymentId::get),
            service: invoice.service,
            pictures: PicturesRow::from(&invoice.pictures),
        }
    }
}

impl InvoiceRow {
    /// The invoice; `person` says who somebody is.
    pub(crate) fn invoice(
        self,
        person: &mut dyn FnMut(&Named) -> Result<Person, StoreFault>,
    ) -> Result<Invoice, StoreFault> {
        Ok(Invoice {
            id: InvoiceId::new(self.id).ok_or_else(|| odd("number of an invoice"))?,
            target: self.target.as_ref().map(&mut *person).transpose()?,
            private: self.private,
            price: match self.price {
                PriceRow::Crypto => InvoicePrice::Crypto,
                PriceRow::Fiat(price) => InvoicePrice::Fiat(decimal("price of an invoice", &price)?),
            },
            currency: parse("currency of an invoice", &self.currency)?,
            unit: sats("unit price of an invoice", self.unit)?,
            comment: self.comment,
            pieces_min: self.pieces_min,
            pieces_max: self.pieces_max,
            limited: self.limited,
            status: invoice_status(&self.status)?,
            total_paid: sats("sum paid for an invoice", self.total_paid)?,
            payments: self.payments,
            owner: person(&self.owner)?,
            created: parse("time of an invoice", &self.created)?,
            valid_to: parse_some("end of an invoice", self.valid_to.as_deref())?,
            refund_of: match self.refund_of {
                Some(number) => Some(PaymentId::new(number).ok_or_else(|| odd("payment paid back"))?),
                None => None,
            },
            service: self.service,
            pictures: self.pictures.names(),
        })
    }
}

/// Everybody an invoice names.
pub(crate) fn people(invoice: &Invoice) -> impl Iterator<Item = &Person> {
    invoice.target.iter().chain([&invoice.owner])
}
