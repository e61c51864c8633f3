//! What a person types or pastes to name an invoice: its number, or a link that carries it.

use crate::id::InvoiceId;

/// Longest text that is looked at.
pub const REFERENCE_LIMIT: usize = 2000;

/// Neither the number of an invoice nor a link with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a number nor a link of an invoice")]
pub struct NotAnInvoice;

/// Reads a number (`88`, `№ 88`, `#88`) or a link whose path or query names an invoice
/// (`https://host/invoice/88`, `.../invoice?id=88`, `kvit:invoice/88`).
///
/// A link is only a way to write the number: its host is not contacted and not believed.
pub fn invoice_reference(text: &str) -> Result<InvoiceId, NotAnInvoice> {
    let text = text.trim();
    if text.len() > REFERENCE_LIMIT {
        return Err(NotAnInvoice);
    }
    let bare = text.trim_start_matches(['№', '#']).trim_start();
    if let Ok(id) = bare.parse() {
        return Ok(id);
    }
    let Some((_, rest)) = text.split_once(':') else {
        return Err(NotAnInvoice);
    };
    let lower = rest.to_ascii_lowercase();
    let Some(at) = lower.rfind("invoice") else {
        return Err(NotAnInvoice);
    };
    // Between the word and the number only what links have there.
    let tail = lower.get(at + "invoice".len()..).unwrap_or_default();
    let tail = tail.strip_prefix('s').unwrap_or(tail);
    let tail = tail
        .strip_prefix("/?")
        .or_else(|| tail.strip_prefix('/'))
        .or_else(|| tail.strip_prefix('?'))
        .or_else(|| tail.strip_prefix('='))
        .or_else(|| tail.strip_prefix("id="))
        .ok_or(NotAnInvoice)?;
    let tail = tail
        .strip_prefix("invoiceid=")
        .or_else(|| tail.strip_prefix("id="))
        .unwrap_or(tail);
    let digits = tail.split(['/', '?', '&', '#']).next().unwrap_or_default();
    digits.parse().map_err(|_| NotAnInvoice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_links() {
        for text in [
            "88",
            " 88 ",
            "№ 88",
            "#88",
            "https://market.example/invoice/88",
            "https://market.example/en/invoices/88?ref=1",
            "https://market.example/invoice?id=88&lang=ru",
            "https://market.example/pay?invoiceId=88",
            "kvit:invoice/88",
        ] {
            assert_eq!(invoice_reference(text).map(InvoiceId::get), Ok(88), "{text:?}");
        }
        for text in [
            "",
            "0",
            "eighty",
            "https://market.example/88",
            "https://market.example/invoice/",
            "8 8",
            "1e3",
        ] {
            assert_eq!(invoice_reference(text), Err(NotAnInvoice), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,80}") {
            let _ = invoice_reference(&text);
        }

        #[test]
        fn links_keep_the_number(id in 1u64..=i64::MAX as u64) {
            let link = format!("https://x.example/invoice/{id}");
            prop_assert_eq!(invoice_reference(&link).map(InvoiceId::get), Ok(id));
        }
    }
}
