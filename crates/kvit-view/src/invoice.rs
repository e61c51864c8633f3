//! Invoices and the ways to pay them.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{fault::Fault, payment::PaymentDetail, person::PersonCard};

/// Fiat sum with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FiatSum {
    /// Exact decimal text, two places.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// Status of an invoice (marketplace reference, section 6.7), plus what the client sees on its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum InvoiceStatus {
    /// Can be paid.
    Active,
    /// A payment on it is pending (private ones).
    PendingPay,
    /// Its stock is reserved or gone.
    NoPieces,
    /// Paid (private) or sold out (limited public).
    Payed,
    /// Deleted.
    Deleted,
    /// Private and past its time.
    Expired,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceCard {
    /// Number.
    pub id: String,
    /// For one named buyer, paid once.
    pub private: bool,
    /// It pays back a payment.
    pub refund_of: Option<String>,
    /// Priced in BTC: its price never moves.
    pub base_crypto: bool,
    /// Satoshi for one piece (public) or for all (private) now.
    pub unit_sats: String,
    /// The price in fiat as the seller set it; none for a BTC price.
    pub fiat_price: Option<FiatSum>,
    /// The unit price in the person's currency by the average rate; an estimate.
    pub fiat_estimate: Option<FiatSum>,
    /// What the seller says of it. A stranger's text.
    pub comment: String,
    /// Fewest pieces at once.
    pub pieces_min: u32,
    /// Most pieces at once.
    pub pieces_max: u32,
    /// `pieces_max` is the stock left.
    pub limited: bool,
    /// Status.
    pub status: InvoiceStatus,
    /// Completed payments.
    pub payments: u32,
    /// Seller.
    pub owner: PersonCard,
    /// It is the person's own.
    pub mine: bool,
    /// Made.
    pub created: String,
    /// Private: payable until.
    pub valid_to: Option<String>,
}

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
        /// It was there before this call: the marketplace returned the pending one.
        was_there: bool,
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
        operation: OperationCard,
    },
}

/// An operation that moves money, as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationCard {
    /// Its number here.
    pub id: String,
    /// What it does.
    pub act: Act,
    /// Invoice it pays, if it does.
    pub invoice: Option<String>,
    /// Pieces.
    pub pieces: Option<u32>,
    /// Satoshi the person agreed to.
    pub sats: Option<String>,
    /// Fiat the person agreed to.
    pub fiat: Option<FiatSum>,
    /// To whom.
    pub counterparty: Option<String>,
    /// When it was sent.
    pub since: String,
    /// Where it stands.
    pub state: OperationState,
    /// How many times the app has looked so far.
    pub looks: u32,
    /// The payment it made, once known.
    pub payment: Option<String>,
    /// Why it was refused, if it was.
    pub fault: Option<Fault>,
}

/// Acts that move money or cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    /// Pay an invoice from balance.
    PayFromBalance,
    /// Pay an invoice through a chosen advertisement.
    PayByDeal,
    /// Pay an invoice through whatever advertisement is cheapest.
    PayByBestDeal,
    /// Cancel a payment.
    CancelPayment,
    /// Say that the fiat was sent.
    IPaid,
    /// Cancel a deal.
    CancelDeal,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum OperationState {
    /// On its way.
    Sent,
    /// Not known yet.
    Unknown,
    /// Done.
    Done,
    /// Refused by the marketplace.
    Refused,
    /// Proven not to have happened.
    ProvenAbsent,
    /// The app cannot decide; a person has to look.
    NeedsAPerson,
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
