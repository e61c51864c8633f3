//! Invoices.

use kvit_domain::{
    fault::{Fault, FaultCode},
    id::InvoiceId,
    invoice::Invoice,
};
use kvit_wire::invoice;

use super::Marketplace;

impl Marketplace {
    /// An invoice (GetInvoiceById). [`FaultCode::InvoiceNotFound`] if there is none that the person may see.
    pub async fn invoice(&self, id: InvoiceId) -> Result<Invoice, Fault> {
        let found = self
            .read(
                "GetInvoiceById",
                || invoice::request(id),
                |mut api, request| async move { api.get_invoice_by_id(request).await },
                invoice::read_list,
            )
            .await?;
        match found.into_iter().next() {
            Some(invoice) if invoice.id == id => Ok(invoice),
            Some(_) => Err(Fault::new(FaultCode::Malformed).with("path", "Invoices[0].Id")),
            None => Err(FaultCode::InvoiceNotFound.into()),
        }
    }
}
