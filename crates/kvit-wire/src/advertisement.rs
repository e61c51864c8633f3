//! Advertisements (section 5.3).

use kvit_domain::{
    advertisement::{Advertisement, FiatChoice},
    id::{AdvertisementId, InvoiceId},
};
use kvit_proto::v1;

use crate::{
    amount,
    path::{Path, Reason, WireFault},
    person, text, time,
};

/// Most advertisements in a list; the largest page is 100 (section 3.3).
const LIST_LIMIT: usize = 300;

/// An advertisement as a stranger sees it. Its largest deal is the calculated one: the entered one is its owner's.
pub fn read(message: v1::Advertisement, path: &Path<'_>) -> Result<Advertisement, WireFault> {
    let currency = amount::currency(&message.fiat_currency, &path.field("FiatCurrency"))?;
    let status = v1::AdCurrentStatus::try_from(message.current_status)
        .map_err(|_| path.field("CurrentStatus").fault(Reason::Value))?;
    Ok(Advertisement {
        id: AdvertisementId::new(message.id).ok_or_else(|| path.field("Id").fault(Reason::Number))?,
        owner_buys: message.is_buy,
        price: amount::fiat(message.price, currency, &path.field("Price"))?,
        min: amount::fiat_or_zero(message.min_amount, currency, &path.field("MinAmount"))?,
        max: amount::fiat_or_zero(
            message.max_amount_calculated,
            currency,
            &path.field("MaxAmountCalculated"),
        )?,
        country: text::name(message.country, &path.field("Country"))?,
        payment_type: text::name(message.payment_type, &path.field("PaymentType"))?,
        title: text::name(message.title, &path.field("Title"))?,
        terms: text::text(message.message, &path.field("Message"))?,
        window_minutes: message.window,
        enabled: status == v1::AdCurrentStatus::Enabled,
        owner: {
            let path = path.field("Owner");
            person::read(path.required(message.owner)?, &path)?
        },
    })
}

/// The answer of GetInvoiceSuitableAdvertisements.
pub fn read_list(
    message: v1::GetInvoiceSuitableAdvertisementResponse,
) -> Result<Vec<Advertisement>, WireFault> {
    Path::ROOT
        .field("Advertisements")
        .list(message.advertisements, LIST_LIMIT, read)
}

/// The message for an advertisement. One that is not enabled is written as its owner's doing.
pub fn write(ad: &Advertisement) -> v1::Advertisement {
    let status = if ad.enabled {
        v1::AdCurrentStatus::Enabled
    } else {
        v1::AdCurrentStatus::DisabledByOwner
    };
    v1::Advertisement {
        id: ad.id.get(),
        equation: ad.price.amount().to_string(),
        min_amount: amount::decimal_message(ad.min.amount()),
        max_amount_calculated: amount::decimal_message(ad.max.amount()),
        message: ad.terms.clone(),
        created_at: Some(time::message(None)),
        country: ad.country.clone(),
        payment_type: ad.payment_type.clone(),
        fiat_currency: ad.price.currency().to_string(),
        is_buy: ad.owner_buys,
        is_enabled: ad.enabled,
        owner: Some(person::write(&ad.owner)),
        title: ad.title.clone(),
        window: ad.window_minutes,
        price: amount::decimal_message(ad.price.amount()),
        current_status: status.into(),
        auto_price: Some(v1::advertisement::AutoPrice::AutoPriceDelayIsNull(true)),
        ..v1::Advertisement::default()
    }
}

/// The request of GetInvoiceSuitableAdvertisements; `count` is brought within 1 to 100.
pub fn suitable_request(
    invoice: InvoiceId,
    pieces: u32,
    choice: &FiatChoice,
    skip: u32,
    count: u32,
) -> v1::GetInvoiceSuitableAdvertisementsRequest {
    v1::GetInvoiceSuitableAdvertisementsRequest {
        country: choice.country.clone(),
        currency: choice.currency.to_string(),
        payment_type: choice.payment_type.clone(),
        invoice_id: invoice.get(),
        pieces,
        skip,
        count: count.clamp(1, 100),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples;

    proptest! {
        #[test]
        fn advertisements_survive(ad in samples::advertisement()) {
            prop_assert_eq!(read(write(&ad), &Path::ROOT), Ok(ad));
        }

        #[test]
        fn nothing_required_is_assumed(ad in samples::advertisement()) {
            type Spoil = fn(&mut v1::Advertisement);
            let cases: [(&str, Reason, Spoil); 7] = [
                ("Id", Reason::Number, |m| m.id = 0),
                ("Price", Reason::Missing, |m| m.price = None),
                ("Price", Reason::Zero, |m| m.price = Some(v1::Decimal::default())),
                ("FiatCurrency", Reason::Currency, |m| m.fiat_currency = "usd".into()),
                ("MinAmount", Reason::Amount, |m| m.min_amount = Some(v1::Decimal { units: -1, nanos: 0 })),
                ("CurrentStatus", Reason::Value, |m| m.current_status = 99),
                ("Owner", Reason::Missing, |m| m.owner = None),
            ];
            for (name, reason, spoil) in cases {
                let mut message = write(&ad);
                spoil(&mut message);
                let advertisements = vec![message];
                let fault = read_list(v1::GetInvoiceSuitableAdvertisementResponse { advertisements }).unwrap_err();
                prop_assert_eq!(fault, WireFault { path: format!("Advertisements[0].{name}"), reason });
            }
        }
    }
}
