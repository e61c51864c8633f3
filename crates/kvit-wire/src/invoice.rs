//! Invoices (section 5.5).

use kvit_domain::{
    Decimal,
    id::{InvoiceId, PaymentId},
    invoice::{Invoice, InvoicePrice, InvoiceStatus},
};
use kvit_proto::v1;

use crate::{
    amount,
    path::{Path, Reason, WireFault},
    person, picture, text, time,
};

/// Most invoices in a list: the largest page is 300 (section 3.3).
const LIST_LIMIT: usize = 300;

/// An invoice. The unset `Integration` of public snapshots (section 3.2) is of no interest here.
pub fn read(message: v1::Invoice, path: &Path<'_>) -> Result<Invoice, WireFault> {
    use v1::invoice::{NullableRefund, NullableTargetUser};
    let target = match message.nullable_target_user {
        Some(NullableTargetUser::TargetUser(user)) => Some(person::read(user, &path.field("TargetUser"))?),
        Some(NullableTargetUser::TargetUserIsNull(_)) | None => None,
    };
    let refund_of = match message.nullable_refund {
        Some(NullableRefund::RefundPaymentId(id)) => Some(payment_id(id, &path.field("RefundPaymentId"))?),
        Some(NullableRefund::RefundIsNull(_)) | None => None,
    };
    let currency = amount::currency(&message.fiat_currency, &path.field("FiatCurrency"))?;
    let price = if message.is_base_crypto {
        InvoicePrice::Crypto
    } else {
        let sum = amount::fiat(message.price, currency, &path.field("Price"))?;
        InvoicePrice::Fiat(sum.amount())
    };
    let service = match v1::invoice::ServiceType::try_from(message.service) {
        Ok(v1::invoice::ServiceType::None) => false,
        Ok(v1::invoice::ServiceType::AutoPrice) => true,
        Err(_) => return Err(path.field("Service").fault(Reason::Value)),
    };
    Ok(Invoice {
        id: InvoiceId::new(message.id).ok_or_else(|| path.field("Id").fault(Reason::Number))?,
        target,
        private: message.is_private,
        price,
        currency,
        unit: amount::sats(message.current_crypto_price, &path.field("CurrentCryptoPrice"))?,
        comment: text::text(message.comment, &path.field("Comment"))?,
        pieces_min: message.pieces_min,
        pieces_max: message.pieces_max,
        limited: message.limit_liquidity,
        status: read_status(message.status, &path.field("Status"))?,
        total_paid: amount::sats_or_zero(message.total_payed_crypto, &path.field("TotalPayedCrypto"))?,
        payments: message.payments_count,
        owner: {
            let path = path.field("Owner");
            person::read(path.required(message.owner)?, &path)?
        },
        created: time::required(message.created_at, &path.field("CreatedAt"))?,
        valid_to: time::optional(message.valid_to, &path.field("ValidTo"))?,
        refund_of,
        service,
        pictures: picture::read_ids(&message.images, &path.field("Images"))?,
    })
}

/// The answer of GetInvoices and GetInvoiceById.
pub fn read_list(message: v1::GetInvoicesResponse) -> Result<Vec<Invoice>, WireFault> {
    Path::ROOT
        .field("Invoices")
        .list(message.invoices, LIST_LIMIT, read)
}

/// The number of a payment.
pub(crate) fn payment_id(id: u64, path: &Path<'_>) -> Result<PaymentId, WireFault> {
    PaymentId::new(id).ok_or_else(|| path.fault(Reason::Number))
}

fn read_status(value: i32, path: &Path<'_>) -> Result<InvoiceStatus, WireFault> {
    use v1::invoice::InvoiceStatus as Wire;
    Ok(
        match Wire::try_from(value).map_err(|_| path.fault(Reason::Value))? {
            Wire::Active => InvoiceStatus::Active,
            Wire::PendingPay => InvoiceStatus::PendingPay,
            Wire::NoPieces => InvoiceStatus::NoPieces,
            Wire::Payed => InvoiceStatus::Payed,
            Wire::Deleted => InvoiceStatus::Deleted,
        },
    )
}

fn write_status(status: InvoiceStatus) -> v1::invoice::InvoiceStatus {
    use v1::invoice::InvoiceStatus as Wire;
    match status {
        InvoiceStatus::Active => Wire::Active,
        InvoiceStatus::PendingPay => Wire::PendingPay,
        InvoiceStatus::NoPieces => Wire::NoPieces,
        InvoiceStatus::Payed => Wire::Payed,
        InvoiceStatus::Deleted => Wire::Deleted,
    }
}

/// The message for an invoice. Pictures are known only by their count: their ids are written empty.
pub fn write(invoice: &Invoice) -> v1::Invoice {
    use v1::invoice::{Integration, NullableRefund, NullableTargetUser, ServiceType};
    v1::Invoice {
        id: invoice.id.get(),
        is_private: invoice.private,
        is_base_crypto: invoice.price == InvoicePrice::Crypto,
        price: match invoice.price {
            InvoicePrice::Crypto => Some(amount::sats_message(invoice.unit)),
            InvoicePrice::Fiat(price) => amount::decimal_message(price),
        },
        fiat_currency: invoice.currency.to_string(),
        comment: invoice.comment.clone(),
        pieces_min: invoice.pieces_min,
        pieces_max: invoice.pieces_max,
        status: write_status(invoice.status).into(),
        total_payed_crypto: Some(amount::sats_message(invoice.total_paid)),
        payments_count: invoice.payments,
        owner: Some(person::write(&invoice.owner)),
        nullable_target_user: Some(match &invoice.target {
            Some(user) => NullableTargetUser::TargetUser(person::write(user)),
            None => NullableTargetUser::TargetUserIsNull(true),
        }),
        created_at: Some(time::message(Some(invoice.created))),
        valid_to: Some(time::message(invoice.valid_to)),
        fee: amount::decimal_message(Decimal::ZERO),
        limit_liquidity: invoice.limited,
        current_crypto_price: Some(amount::sats_message(invoice.unit)),
        nullable_refund: Some(match invoice.refund_of {
            Some(payment) => NullableRefund::RefundPaymentId(payment.get()),
            None => NullableRefund::RefundIsNull(true),
        }),
        service: if invoice.service {
            ServiceType::AutoPrice.into()
        } else {
            ServiceType::None.into()
        },
        images: picture::write_ids(&invoice.pictures),
        integration: Some(Integration::NoIntegration(true)),
        ..v1::Invoice::default()
    }
}

/// The request of GetInvoiceById.
pub fn request(invoice: InvoiceId) -> v1::GetInvoiceByIdRequest {
    v1::GetInvoiceByIdRequest {
        invoice_id: invoice.get(),
    }
}

/// The request of DeleteInvoice.
pub fn delete_request(invoice: InvoiceId) -> v1::DeleteInvoiceRequest {
    v1::DeleteInvoiceRequest {
        invoice_id: invoice.get(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples;

    proptest! {
        #[test]
        fn invoices_survive(invoice in samples::invoice()) {
            prop_assert_eq!(read(write(&invoice), &Path::ROOT), Ok(invoice));
        }

        /// Whatever required part is missing or impossible, the fault names it.
        #[test]
        fn nothing_required_is_assumed(invoice in samples::invoice()) {
            type Spoil = fn(&mut v1::Invoice);
            let cases: [(&str, Reason, Spoil); 11] = [
                ("Id", Reason::Number, |m| m.id = 0),
                ("Id", Reason::Number, |m| m.id = u64::MAX),
                ("CurrentCryptoPrice", Reason::Missing, |m| m.current_crypto_price = None),
                ("CurrentCryptoPrice", Reason::Zero, |m| m.current_crypto_price = Some(v1::Decimal::default())),
                ("Price", Reason::Missing, |m| { m.is_base_crypto = false; m.price = None }),
                ("FiatCurrency", Reason::Currency, |m| m.fiat_currency.clear()),
                ("Status", Reason::Value, |m| m.status = 5),
                ("Service", Reason::Value, |m| m.service = 2),
                ("Owner", Reason::Missing, |m| m.owner = None),
                ("CreatedAt", Reason::Missing, |m| m.created_at = None),
                ("RefundPaymentId", Reason::Number,
                    |m| m.nullable_refund = Some(v1::invoice::NullableRefund::RefundPaymentId(0))),
            ];
            for (name, reason, spoil) in cases {
                let mut message = write(&invoice);
                spoil(&mut message);
                let fault = read_list(v1::GetInvoicesResponse { invoices: vec![message] }).unwrap_err();
                prop_assert_eq!(fault, WireFault { path: format!("Invoices[0].{name}"), reason });
            }
        }

        /// Section 3.2: the snapshot of a public invoice has no Integration; nor need the other pairs be set.
        #[test]
        fn unset_pairs_are_null(invoice in samples::invoice()) {
            let mut message = write(&invoice);
            message.integration = None;
            message.nullable_refund = None;
            message.nullable_target_user = None;
            let expected = Invoice { refund_of: None, target: None, ..invoice };
            prop_assert_eq!(read(message, &Path::ROOT), Ok(expected));
        }
    }
}
