//! Paying an invoice: the desk, advertisements that fit, what was agreed to, how it ended.

use kvit_domain::{
    Timestamp, advertisement,
    fault::{Fault as DomainFault, FaultCode as Code},
    money::{Currency, Fiat, Sats},
};
use kvit_engine::{self as engine, PayEnd};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    account::{AccountId, account_id},
    fault::Fault,
    invoice::{FiatSum, InvoiceCard},
    operation::OperationCard,
    payment::PaymentDetail,
    person::PersonCard,
};

/// An invoice on the pay screen, with what stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PayDesk {
    /// The invoice, just read.
    pub invoice: InvoiceCard,
    /// Pieces of this desk (what was asked, or the fewest allowed).
    pub pieces: u32,
    /// Satoshi to pay in all.
    pub total_sats: String,
    /// The same in the person's currency by the average rate; an estimate.
    pub total_fiat: Option<FiatSum>,
    /// Spendable satoshi now.
    pub balance_sats: String,
    /// What remains after paying from balance; none when it is not enough.
    pub remains_sats: Option<String>,
    /// Why it cannot be paid at all (own, sold out, expired, unknown operation), if so.
    pub obstacle: Option<Fault>,
    /// Why it cannot be paid from balance (too little), if so.
    pub balance_obstacle: Option<Fault>,
    /// The person's payment on this invoice that is pending: open it instead of paying twice.
    pub pending: Option<PaymentDetail>,
    /// The person's last paid payment on this invoice, if any: a second purchase is a choice, not a slip.
    pub already_paid: Option<String>,
    /// An operation on this invoice whose outcome is not known yet.
    pub unknown: Option<OperationCard>,
    /// Where and how fiat was last chosen.
    pub last_choice: Option<FiatChoice>,
    /// The invoice gives pieces of a payment back.
    pub refund: Option<RefundOf>,
}

/// What an invoice gives back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RefundOf {
    /// The payment.
    pub payment: String,
    /// Pieces.
    pub pieces: u32,
    /// Satoshi that a marketplace with a known defect would take from balance, where it could take more.
    pub worst_sats: Option<String>,
}

/// Country, currency, payment system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FiatChoice {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 4217.
    pub currency: String,
    /// Payment system code of the catalog.
    pub payment_type: String,
}

/// An advertisement that fits the total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AdCard {
    /// Number.
    pub id: String,
    /// Title. A stranger's text.
    pub title: String,
    /// Terms. A stranger's text.
    pub terms: String,
    /// Fiat for one BTC.
    pub price: FiatSum,
    /// What this purchase would cost: price times amount, rounded up to the cent.
    pub total: FiatSum,
    /// Smallest deal.
    pub min: FiatSum,
    /// Largest deal now.
    pub max: FiatSum,
    /// Payment window, minutes.
    pub window_minutes: u32,
    /// Country code.
    pub country: String,
    /// Payment system code.
    pub payment_type: String,
    /// Trader.
    pub owner: PersonCard,
}

/// Advertisements for a purchase, best price first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AdList {
    /// The invoice.
    pub invoice: String,
    /// Pieces.
    pub pieces: u32,
    /// Satoshi the fiat totals are for.
    pub total_sats: String,
    /// The advertisements.
    pub ads: Vec<AdCard>,
}

/// Pay from balance: what the person saw and agreed to.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PayFromBalance {
    /// The account the page was drawn for.
    pub account: AccountId,
    /// Invoice number.
    pub invoice: String,
    /// Pieces.
    pub pieces: u32,
    /// Satoshi on the button.
    pub seen_sats: String,
}

/// Pay through an advertisement.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PayByDeal {
    /// The account the page was drawn for.
    pub account: AccountId,
    /// Invoice number.
    pub invoice: String,
    /// Pieces.
    pub pieces: u32,
    /// Satoshi seen.
    pub seen_sats: String,
    /// Where and how.
    pub choice: FiatChoice,
    /// The advertisement; none: whatever is cheapest when the call arrives.
    pub ad: Option<String>,
    /// Fiat on the button, decimal text; for "whatever is cheapest" the most the person agreed to.
    pub seen_fiat: String,
}

/// How an attempt to pay ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PayOutcome {
    /// There is a payment: paid (from balance) or pending with its deal (through an advertisement).
    Done {
        /// The payment.
        payment: Box<PaymentDetail>,
        /// The marketplace took another amount or fiat sum than the person agreed to.
        differs: bool,
    },
    /// Nothing was paid.
    Refused {
        /// Why.
        fault: Fault,
    },
    /// Not known yet: the app is looking.
    Unknown {
        /// The operation.
        operation: Box<OperationCard>,
    },
}

/// Codes and names for the choice of fiat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Catalog {
    /// Countries: code, English name, usual currency.
    pub countries: Vec<CatalogCountry>,
    /// Currency codes.
    pub currencies: Vec<String>,
    /// Payment systems: code and name.
    pub payment_types: Vec<CatalogPaymentType>,
}

/// A country of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CatalogCountry {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// English name; a screen says it in its own language where the system knows it.
    pub name: String,
    /// Usual currency.
    pub currency: String,
    /// Payment systems that people of this country use first.
    pub local_payment_types: Vec<String>,
}

/// A payment system of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CatalogPaymentType {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
}

impl PayDesk {
    /// The desk as a screen shows it.
    pub fn new(desk: &engine::PayDesk, now: Timestamp) -> Self {
        Self {
            invoice: InvoiceCard::new(&desk.invoice, desk.mine, desk.unit_estimate, now),
            pieces: desk.pieces,
            total_sats: desk.total.to_string(),
            total_fiat: desk.total_estimate.map(FiatSum::from),
            balance_sats: desk.balance.to_string(),
            remains_sats: desk.balance.checked_sub(desk.total).map(|rest| rest.to_string()),
            obstacle: desk.obstacle.clone().map(Fault::from),
            balance_obstacle: desk.balance_obstacle.clone().map(Fault::from),
            pending: desk
                .pending
                .as_ref()
                .map(|pending| PaymentDetail::new(pending, now)),
            already_paid: desk.already_paid.map(|id| id.to_string()),
            unknown: desk.unknown.as_ref().map(OperationCard::from),
            last_choice: desk.last_choice.as_ref().map(FiatChoice::from),
            refund: desk.invoice.refund_of.map(|payment| RefundOf {
                payment: payment.to_string(),
                pieces: desk.pieces,
                worst_sats: desk
                    .balance_obstacle
                    .as_ref()
                    .filter(|fault| fault.code == Code::RefundMayCostMore)
                    .and_then(|fault| fault.value("worst"))
                    .map(str::to_owned),
            }),
        }
    }
}

impl From<&advertisement::FiatChoice> for FiatChoice {
    fn from(choice: &advertisement::FiatChoice) -> Self {
        Self {
            country: choice.country.clone(),
            currency: choice.currency.to_string(),
            payment_type: choice.payment_type.clone(),
        }
    }
}

impl TryFrom<FiatChoice> for advertisement::FiatChoice {
    type Error = DomainFault;

    /// Codes only: whether the marketplace knows them is its answer to give.
    fn try_from(choice: FiatChoice) -> Result<Self, DomainFault> {
        let code = |text: &str| {
            !text.is_empty()
                && text.len() <= 40
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !code(&choice.country) || !code(&choice.payment_type) {
            return Err(Code::ArgumentRejected.into());
        }
        let currency = choice
            .currency
            .parse::<Currency>()
            .map_err(|_| DomainFault::new(Code::ArgumentRejected))?;
        Ok(Self {
            country: choice.country,
            currency,
            payment_type: choice.payment_type,
        })
    }
}

impl AdCard {
    /// An advertisement with what a purchase costs there.
    pub fn new(ad: &advertisement::Advertisement, cost: Fiat) -> Self {
        Self {
            id: ad.id.to_string(),
            title: ad.title.clone(),
            terms: ad.terms.clone(),
            price: ad.price.into(),
            total: cost.into(),
            min: ad.min.into(),
            max: ad.max.into(),
            window_minutes: ad.window_minutes,
            country: ad.country.clone(),
            payment_type: ad.payment_type.clone(),
            owner: (&ad.owner).into(),
        }
    }
}

impl From<&engine::AdOffers> for AdList {
    fn from(offers: &engine::AdOffers) -> Self {
        Self {
            invoice: offers.invoice.to_string(),
            pieces: offers.pieces,
            total_sats: offers.total.to_string(),
            ads: offers
                .offers
                .iter()
                .map(|offer| AdCard::new(&offer.ad, offer.cost))
                .collect(),
        }
    }
}

impl TryFrom<PayFromBalance> for engine::PayFromBalance {
    type Error = DomainFault;

    fn try_from(request: PayFromBalance) -> Result<Self, DomainFault> {
        Ok(Self {
            account: account_id(&request.account)?,
            invoice: request
                .invoice
                .parse()
                .map_err(|_| DomainFault::new(Code::InvoiceNumberInvalid))?,
            pieces: request.pieces,
            seen: sats(&request.seen_sats)?,
        })
    }
}

impl TryFrom<PayByDeal> for engine::PayByDeal {
    type Error = DomainFault;

    fn try_from(request: PayByDeal) -> Result<Self, DomainFault> {
        let ad = request
            .ad
            .map(|ad| ad.parse())
            .transpose()
            .map_err(|_| DomainFault::new(Code::AdNotFound))?;
        Ok(Self {
            account: account_id(&request.account)?,
            invoice: request
                .invoice
                .parse()
                .map_err(|_| DomainFault::new(Code::InvoiceNumberInvalid))?,
            pieces: request.pieces,
            seen: sats(&request.seen_sats)?,
            choice: request.choice.try_into()?,
            ad,
            seen_fiat: fiat_amount(&request.seen_fiat)?,
        })
    }
}

fn sats(text: &str) -> Result<Sats, DomainFault> {
    text.parse().map_err(|_| DomainFault::new(Code::ArgumentRejected))
}

/// A fiat sum that a screen gives back as it got it.
///
/// # Errors
/// `ArgumentRejected` for anything that is not digits with at most one point.
pub fn fiat_amount(text: &str) -> Result<kvit_domain::Decimal, DomainFault> {
    let plain = !text.is_empty()
        && text.len() <= 24
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain {
        return Err(Code::ArgumentRejected.into());
    }
    text.parse().map_err(|_| DomainFault::new(Code::ArgumentRejected))
}

impl PayOutcome {
    /// The end of an attempt as a screen shows it.
    pub fn new(end: &PayEnd, now: Timestamp) -> Self {
        match end {
            PayEnd::Done { payment, differs } => Self::Done {
                payment: Box::new(PaymentDetail::new(payment, now)),
                differs: *differs,
            },
            PayEnd::Refused(fault) => Self::Refused {
                fault: fault.clone().into(),
            },
            PayEnd::Unknown(operation) => Self::Unknown {
                operation: Box::new(operation.as_ref().into()),
            },
        }
    }
}

impl Catalog {
    /// The catalog as a screen gets it.
    pub fn whole() -> Self {
        let catalog = &*engine::catalog::CATALOG;
        Self {
            countries: catalog
                .countries
                .iter()
                .map(|country| CatalogCountry {
                    code: country.code.to_owned(),
                    name: country.name.to_owned(),
                    currency: country.currency.to_owned(),
                    local_payment_types: country
                        .payment_types
                        .iter()
                        .map(|&code| code.to_owned())
                        .collect(),
                })
                .collect(),
            currencies: catalog.currencies.iter().map(|&code| code.to_owned()).collect(),
            payment_types: catalog
                .payment_types
                .iter()
                .map(|system| CatalogPaymentType {
                    code: system.code.to_owned(),
                    name: system.name.to_owned(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_comes_back_as_it_went_or_not_at_all() {
        assert_eq!(fiat_amount("132.48").unwrap().to_string(), "132.48");
        for text in [
            "",
            "-1",
            "1e9",
            "1,5",
            "1.2.3",
            " 1",
            "0x1",
            "9".repeat(40).as_str(),
        ] {
            assert!(fiat_amount(text).is_err(), "{text:?}");
        }
    }
}
