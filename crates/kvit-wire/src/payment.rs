//! Payments for invoices (section 5.7).

use kvit_domain::{
    advertisement::FiatChoice,
    feedback::Feedback,
    id::{AdvertisementId, InvoiceId, PaymentId},
    payment::{BearerText, Direction, Payment, PaymentStatus, Secret},
};
use kvit_proto::v1;

use crate::{
    amount, deal, feedback, invoice,
    path::{Path, Reason, WireFault},
    person, picture, text, time,
};

/// Most payments in a list: the server's largest page (section 7.1).
const LIST_LIMIT: usize = 300;

/// Most refund invoices of one payment.
const REFUNDS_LIMIT: usize = 1000;

/// Most secrets of one payment: one per piece.
const SECRETS_LIMIT: usize = 10_000;

/// A payment.
pub fn read(message: v1::InvoicePayment, path: &Path<'_>) -> Result<Payment, WireFault> {
    use v1::invoice_payment::{NullableDeal, NullableOwnerFeedback, NullableSellerFeedback};
    let seller_feedback = match message.nullable_seller_feedback {
        Some(NullableSellerFeedback::SellerFeedback(said)) => {
            Some(feedback::read_payment(said, &path.field("SellerFeedback"))?)
        }
        Some(NullableSellerFeedback::SellerFeedbackIsNull(_)) | None => None,
    };
    let buyer_feedback = match message.nullable_owner_feedback {
        Some(NullableOwnerFeedback::OwnerFeedback(said)) => {
            Some(feedback::read_payment(said, &path.field("OwnerFeedback"))?)
        }
        Some(NullableOwnerFeedback::OwnerFeedbackIsNull(_)) | None => None,
    };
    let deal = match message.nullable_deal {
        Some(NullableDeal::Deal(deal)) => Some(Box::new(deal::read(*deal, &path.field("Deal"))?)),
        Some(NullableDeal::DealIsNull(_)) | None => None,
    };
    Ok(Payment {
        id: invoice::payment_id(message.id, &path.field("Id"))?,
        amount: amount::sats(message.crypto_amount, &path.field("CryptoAmount"))?,
        created: time::required(message.created_at, &path.field("CreatedAt"))?,
        confirmation: text::optional(message.confirmation, &path.field("Confirmation"))?,
        buyer: {
            let path = path.field("Owner");
            person::read(path.required(message.owner)?, &path)?
        },
        invoice: {
            let path = path.field("Invoice");
            invoice::read(path.required(message.invoice)?, &path)?
        },
        seller_feedback,
        buyer_feedback,
        status: read_status(message.status, &path.field("Status"))?,
        deal,
        pieces: match message.pieces {
            0 => return Err(path.field("Pieces").fault(Reason::Zero)),
            pieces => pieces,
        },
        refund: message.is_refund,
        refunds: path
            .field("Refunds")
            .list(message.refunds, REFUNDS_LIMIT, invoice::read)?,
        refunded: message.refunded,
        refunding: message.refunding,
        change_promise: text::optional(message.odd_promise, &path.field("OddPromise"))?.map(BearerText::new),
        secrets: path
            .field("Secrets")
            .list(message.secrets, SECRETS_LIMIT, read_secret)?,
        lightning_request: text::optional(message.ln_invoice, &path.field("LNInvoice"))?,
    })
}

/// The answer of GetInvoicePayments.
pub fn read_list(message: v1::GetInvoicePaymentsResponse) -> Result<Vec<Payment>, WireFault> {
    Path::ROOT
        .field("Payments")
        .list(message.payments, LIST_LIMIT, read)
}

fn read_status(value: i32, path: &Path<'_>) -> Result<PaymentStatus, WireFault> {
    use v1::invoice_payment::InvoicePaymentStatus as Wire;
    Ok(
        match Wire::try_from(value).map_err(|_| path.fault(Reason::Value))? {
            Wire::Pending => PaymentStatus::Pending,
            Wire::Paid => PaymentStatus::Paid,
            Wire::Canceled => PaymentStatus::Canceled,
        },
    )
}

fn read_secret(message: v1::InvoiceSecret, path: &Path<'_>) -> Result<Secret, WireFault> {
    Ok(Secret {
        text: text::text(message.text, &path.field("Text"))?,
        url: text::optional(message.url, &path.field("Url"))?,
        pictures: picture::read_ids(&message.images, &path.field("Images"))?,
    })
}

/// The message for a payment.
pub fn write(payment: &Payment) -> v1::InvoicePayment {
    use v1::invoice_payment::{
        InvoicePaymentStatus, NullableDeal, NullableOwnerFeedback, NullableSellerFeedback,
    };
    let status = match payment.status {
        PaymentStatus::Pending => InvoicePaymentStatus::Pending,
        PaymentStatus::Paid => InvoicePaymentStatus::Paid,
        PaymentStatus::Canceled => InvoicePaymentStatus::Canceled,
    };
    v1::InvoicePayment {
        id: payment.id.get(),
        crypto_amount: Some(amount::sats_message(payment.amount)),
        created_at: Some(time::message(Some(payment.created))),
        confirmation: payment.confirmation.clone().unwrap_or_default(),
        owner: Some(person::write(&payment.buyer)),
        invoice: Some(invoice::write(&payment.invoice)),
        nullable_seller_feedback: Some(match &payment.seller_feedback {
            Some(said) => NullableSellerFeedback::SellerFeedback(feedback::write_payment(said)),
            None => NullableSellerFeedback::SellerFeedbackIsNull(true),
        }),
        nullable_owner_feedback: Some(match &payment.buyer_feedback {
            Some(said) => NullableOwnerFeedback::OwnerFeedback(feedback::write_payment(said)),
            None => NullableOwnerFeedback::OwnerFeedbackIsNull(true),
        }),
        status: status.into(),
        nullable_deal: Some(match &payment.deal {
            Some(deal) => NullableDeal::Deal(Box::new(deal::write(deal))),
            None => NullableDeal::DealIsNull(true),
        }),
        pieces: payment.pieces,
        is_refund: payment.refund,
        refunds: payment.refunds.iter().map(invoice::write).collect(),
        refunded: payment.refunded,
        refunding: payment.refunding,
        odd_promise: payment
            .change_promise
            .as_ref()
            // The wire is where it came from.
            .map(|promise| promise.reveal().to_owned())
            .unwrap_or_default(),
        secrets: payment.secrets.iter().map(write_secret).collect(),
        ln_invoice: payment.lightning_request.clone().unwrap_or_default(),
    }
}

fn write_secret(secret: &Secret) -> v1::InvoiceSecret {
    v1::InvoiceSecret {
        text: secret.text.clone(),
        url: secret.url.clone().unwrap_or_default(),
        images: picture::write_ids(&secret.pictures),
        ..v1::InvoiceSecret::default()
    }
}

/// The request of GetInvoicePayments: one payment, or those of a direction, or all; `before` is an exclusive upper
/// bound; `count` is brought within 1 to 100 (section 7.1).
pub fn list_request(
    payment: Option<PaymentId>,
    direction: Option<Direction>,
    before: Option<PaymentId>,
    count: u32,
) -> v1::GetInvoicePaymentsRequest {
    v1::GetInvoicePaymentsRequest {
        payment_id: payment.map_or(0, PaymentId::get),
        is_to_me: direction == Some(Direction::ToMe),
        is_to_me_has_value: direction.is_some(),
        last_id: before.map_or(0, PaymentId::get),
        count: count.clamp(1, 100),
    }
}

/// The request of PayInvoiceFromBalance.
pub fn from_balance_request(invoice: InvoiceId, pieces: u32) -> v1::PayInvoiceFromBalanceRequest {
    v1::PayInvoiceFromBalanceRequest {
        invoice_id: invoice.get(),
        pieces,
    }
}

/// The request of PayInvoiceByBestDeal.
pub fn by_best_deal_request(
    invoice: InvoiceId,
    pieces: u32,
    choice: &FiatChoice,
) -> v1::PayInvoiceByBestDealRequest {
    v1::PayInvoiceByBestDealRequest {
        country: choice.country.clone(),
        currency: choice.currency.to_string(),
        payment_type: choice.payment_type.clone(),
        invoice_id: invoice.get(),
        pieces,
    }
}

/// The request of PayInvoiceByDeal.
pub fn by_deal_request(
    invoice: InvoiceId,
    pieces: u32,
    advertisement: AdvertisementId,
) -> v1::PayInvoiceByDealRequest {
    v1::PayInvoiceByDealRequest {
        invoice_id: invoice.get(),
        pieces,
        advertisement_id: advertisement.get(),
    }
}

/// The request of SendInvoicePaymentFeedback.
pub fn feedback_request(payment: PaymentId, said: &Feedback) -> v1::SendInvoicePaymentFeedbackRequest {
    v1::SendInvoicePaymentFeedbackRequest {
        payment_id: payment.get(),
        feedback: Some(feedback::write_payment(&Feedback {
            created: None,
            ..said.clone()
        })),
    }
}

/// The request of CancelInvoicePayment.
pub fn cancel_request(payment: PaymentId) -> v1::CancelInvoicePaymentRequest {
    v1::CancelInvoicePaymentRequest {
        payment_id: payment.get(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::samples;

    #[test]
    fn directions_have_their_flag() {
        let request = |direction| {
            let request = list_request(None, direction, None, 30);
            (request.is_to_me, request.is_to_me_has_value)
        };
        assert_eq!(request(None), (false, false));
        assert_eq!(request(Some(Direction::FromMe)), (false, true));
        assert_eq!(request(Some(Direction::ToMe)), (true, true));
        assert_eq!(list_request(None, None, None, 0).count, 1);
        assert_eq!(list_request(None, None, None, 1000).count, 100);
    }

    /// A payment in a deal in a payment, as deep as anybody likes: refused by the decoder at its depth of 100, and
    /// below that read no deeper than the contract goes.
    #[test]
    fn a_payment_in_a_deal_in_a_payment() {
        fn wrapped(tag: u32, inner: &[u8]) -> Vec<u8> {
            let mut bytes = Vec::new();
            prost::encoding::encode_key(tag, prost::encoding::WireType::LengthDelimited, &mut bytes);
            prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
            bytes.extend_from_slice(inner);
            bytes
        }
        let nested =
            |levels: usize| (0..levels).fold(Vec::new(), |bytes, _| wrapped(13, &wrapped(23, &bytes)));
        for levels in [1, 10, 49] {
            let message = v1::InvoicePayment::decode(nested(levels).as_slice()).unwrap();
            assert_eq!(read(message, &Path::ROOT).unwrap_err().path, "Deal.Advertisement");
        }
        assert!(v1::InvoicePayment::decode(nested(10_000).as_slice()).is_err());
    }

    proptest! {
        #[test]
        fn payments_survive(payment in samples::payment()) {
            let bytes = write(&payment).encode_to_vec();
            let message = v1::InvoicePayment::decode(bytes.as_slice()).unwrap();
            prop_assert_eq!(read(message, &Path::ROOT), Ok(payment));
        }

        #[test]
        fn nothing_required_is_assumed(payment in samples::payment()) {
            type Spoil = fn(&mut v1::InvoicePayment);
            let cases: [(&str, Reason, Spoil); 9] = [
                ("Id", Reason::Number, |m| m.id = 0),
                ("CryptoAmount", Reason::Missing, |m| m.crypto_amount = None),
                ("CryptoAmount", Reason::Zero, |m| m.crypto_amount = Some(v1::Decimal::default())),
                ("CryptoAmount", Reason::Amount,
                    |m| m.crypto_amount = Some(v1::Decimal { units: 0, nanos: -10 })),
                ("CreatedAt", Reason::Missing, |m| m.created_at = None),
                ("Owner", Reason::Missing, |m| m.owner = None),
                ("Invoice", Reason::Missing, |m| m.invoice = None),
                ("Pieces", Reason::Zero, |m| m.pieces = 0),
                ("Status", Reason::Value, |m| m.status = -1),
            ];
            for (name, reason, spoil) in cases {
                let mut message = write(&payment);
                spoil(&mut message);
                let payments = vec![write(&payment), message];
                let fault = read_list(v1::GetInvoicePaymentsResponse { payments }).unwrap_err();
                prop_assert_eq!(fault, WireFault { path: format!("Payments[1].{name}"), reason });
            }
        }

        /// A deep fault has its whole path.
        #[test]
        fn the_path_goes_all_the_way(payment in samples::payment()) {
            let mut message = write(&payment);
            message.invoice.as_mut().unwrap().current_crypto_price = None;
            let payments = vec![message];
            let fault = read_list(v1::GetInvoicePaymentsResponse { payments }).unwrap_err();
            prop_assert_eq!(fault.path, "Payments[0].Invoice.CurrentCryptoPrice");
        }

        /// Bytes of a stranger decode to a payment or to a fault.
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(message) = v1::GetInvoicePaymentsResponse::decode(bytes.as_slice()) {
                let _ = read_list(message);
            }
        }

        /// So do real messages with a few bytes altered, which get much deeper.
        #[test]
        fn altered_bytes_are_survived(
            payment in samples::payment(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = write(&payment).encode_to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Ok(message) = v1::InvoicePayment::decode(bytes.as_slice()) {
                let _ = read(message, &Path::ROOT);
            }
        }
    }
}
