//! Payments: rows of the list and the whole of one.

use kvit_domain::{
    Timestamp,
    fault::{Fault as DomainFault, FaultCode as Code},
    feedback::Feedback,
    id::{PaymentId, UserId},
    memory as domain_memory,
    money::Fiat,
    payment as domain,
    picture::PictureId,
};
use kvit_engine as engine;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    deal::DealSummary,
    fault::Fault,
    invoice::{FiatSum, InvoiceCard},
    operation::OperationCard,
    person::{PersonCard, time},
    proof::{Seal, SealState, groups},
    receipt::ReceiptBrief,
    talk::picture_address,
};

/// Which way money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// The person is the buyer.
    FromMe,
    /// The person owns the invoice.
    ToMe,
}

/// Status of a payment (marketplace reference, section 7.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PaymentStatus {
    /// Started, waiting for payment.
    Pending,
    /// Complete.
    Paid,
    /// Canceled.
    Canceled,
}

/// What of the list is wanted.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentsQuery {
    /// One direction only.
    pub direction: Option<Direction>,
    /// One status only.
    pub status: Option<PaymentStatus>,
    /// Number of a payment or an invoice, part of a name or of the invoice's words; empty: all.
    pub text: String,
    /// Only those about which the marketplace contradicted itself.
    pub noticed_only: bool,
    /// First row of the window.
    pub from: u32,
    /// So many rows, at most 100.
    pub count: u32,
    /// A payment whose place in the list is asked for as well.
    pub anchor: Option<String>,
}

/// A window of the list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentsPage {
    /// The rows.
    pub rows: Vec<PaymentRow>,
    /// Place of the first of them.
    pub from: u32,
    /// Rows of the whole list.
    pub total: u32,
    /// Where the anchor stands now; none: it is not in the list.
    pub anchor_index: Option<u32>,
    /// When everything was last read through.
    pub as_of: Option<String>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRow {
    /// Number.
    pub id: String,
    /// Which way.
    pub direction: Direction,
    /// The other side.
    pub person: String,
    /// What the invoice says. A stranger's text.
    pub comment: String,
    /// Invoice number.
    pub invoice: String,
    /// Satoshi.
    pub sats: String,
    /// The deal's fiat, or an estimate by the average rate.
    pub fiat: Option<FiatSum>,
    /// `fiat` is an estimate.
    pub fiat_estimated: bool,
    /// Pieces.
    pub pieces: u32,
    /// It pays a refund.
    pub refund: bool,
    /// Status.
    pub status: PaymentStatus,
    /// Seal.
    pub seal: SealState,
    /// The person has to act, until when.
    pub turn: Option<Turn>,
    /// Created.
    pub created: String,
    /// The marketplace contradicted itself about it, and the person has not seen that yet.
    pub noticed: bool,
    /// An operation about it is not settled.
    pub unresolved: bool,
}

/// Who must act, by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// What is waited for.
    pub waits_for: WaitsFor,
    /// Until when.
    pub until: Option<String>,
    /// The sum it is about.
    pub fiat: Option<FiatSum>,
}

/// What a pending payment or an open deal waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum WaitsFor {
    /// The person sends the fiat and says so.
    MyTransfer,
    /// The counterparty sends the fiat.
    TheirTransfer,
    /// The counterparty confirms that the fiat came.
    TheirConfirmation,
    /// The person confirms that the fiat came.
    MyConfirmation,
    /// The deal is being funded over Lightning.
    Funding,
    /// An arbiter decides.
    Arbiter,
}

/// The whole of a payment (marketplace reference, section 5.7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetail {
    /// Number.
    pub id: String,
    /// Which way.
    pub direction: Direction,
    /// Status.
    pub status: PaymentStatus,
    /// Satoshi.
    pub sats: String,
    /// The deal's fiat, or an estimate.
    pub fiat: Option<FiatSum>,
    /// `fiat` is an estimate.
    pub fiat_estimated: bool,
    /// Pieces bought.
    pub pieces: u32,
    /// Created.
    pub created: String,
    /// Buyer.
    pub buyer: PersonCard,
    /// The invoice (seller inside): live for private ones, as of the purchase for public ones.
    pub invoice: InvoiceCard,
    /// What the seller said of the buyer.
    pub seller_feedback: Option<FeedbackCard>,
    /// What the buyer said of the seller.
    pub buyer_feedback: Option<FeedbackCard>,
    /// The deal that funds it; buyer only.
    pub deal: Option<DealSummary>,
    /// It pays a refund invoice.
    pub refund: bool,
    /// Refund invoices made for it; seller only.
    pub refunds: Vec<InvoiceCard>,
    /// Pieces given back.
    pub refunded: u32,
    /// Pieces being given back.
    pub refunding: u32,
    /// A promise with the change is there; its text is shown only on request.
    pub has_change_promise: bool,
    /// What was bought. Fewer than `pieces`: contact the seller.
    pub secrets: Vec<SecretCard>,
    /// A Lightning request to pay; buyer only.
    pub lightning_request: Option<String>,
    /// The seal with its comparison.
    pub seal: Seal,
    /// Who must act.
    pub turn: Option<Turn>,
    /// The person may cancel it now.
    pub can_cancel: bool,
    /// When this was read.
    pub as_of: String,
    /// Where the marketplace contradicted itself.
    pub notices: Vec<NoticeCard>,
    /// What it said, from the beginning.
    pub said: Vec<SaidCard>,
    /// The archived receipt.
    pub receipt: Option<ReceiptBrief>,
    /// The operation that made it or is about it.
    pub operation: Option<OperationCard>,
    /// What was agreed to, where something else was taken.
    pub difference: Option<Difference>,
    /// The other payment of the same intent: paid twice.
    pub twin: Option<String>,
    /// The marketplace does not list it any more.
    pub vanished: bool,
    /// The person may say something of the other side now.
    pub can_give_feedback: bool,
    /// Messages can be exchanged about it.
    pub can_talk: bool,
    /// The person may give pieces of it back.
    pub can_refund: bool,
    /// Why its seller cannot give anything back; none for its buyer.
    pub refund_obstacle: Option<Fault>,
    /// Payments that give it back.
    pub given_back: Vec<GivenBack>,
    /// The payment that this one gives back.
    pub refund_of: Option<String>,
}

/// A payment that gives another one back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GivenBack {
    /// Its number.
    pub payment: String,
    /// Pieces.
    pub pieces: u32,
    /// Satoshi.
    pub sats: String,
    /// Status.
    pub status: PaymentStatus,
    /// Seal.
    pub seal: SealState,
    /// Made.
    pub created: String,
}

/// The marketplace contradicts itself: both versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NoticeCard {
    /// About what.
    pub about: Said,
    /// What it said before: a status, satoshi, a number, a time, a name (a stranger's text).
    pub before: String,
    /// What it says now.
    pub after: String,
    /// When it was noticed.
    pub noticed: String,
    /// The person has seen it.
    pub seen: bool,
}

/// What the marketplace can contradict itself about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Said {
    /// The status.
    Status,
    /// The amount.
    Amount,
    /// The pieces.
    Pieces,
    /// The invoice.
    Invoice,
    /// When it was made.
    Created,
    /// The buyer's name.
    Buyer,
    /// The seller's name.
    Seller,
    /// Something bought.
    Secret,
    /// The confirmation.
    Receipt,
    /// Whether it is listed at all.
    Presence,
}

/// Something the marketplace said, then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SaidCard {
    /// When it was read.
    pub at: String,
    /// About what.
    pub about: Said,
    /// The value. Names are a stranger's text.
    pub value: String,
}

/// What was agreed to and what was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Satoshi agreed to.
    pub agreed_sats: Option<String>,
    /// Satoshi taken.
    pub taken_sats: Option<String>,
    /// Fiat agreed to.
    pub agreed_fiat: Option<FiatSum>,
    /// Fiat taken.
    pub taken_fiat: Option<FiatSum>,
}

/// A secret bought. A stranger's text.
#[derive(Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SecretCard {
    /// Text.
    pub text: String,
    /// Link, inert until the person has seen its host.
    pub url: Option<String>,
    /// Addresses of the pictures that belong to it.
    pub pictures: Vec<String>,
}

impl std::fmt::Debug for SecretCard {
    /// What was bought is worth money: it belongs on the screen, not in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretCard(..)")
    }
}

/// Feedback. A stranger's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackCard {
    /// Good or bad.
    pub positive: bool,
    /// Words.
    pub text: String,
    /// When.
    pub created: Option<String>,
}

impl From<domain::Direction> for Direction {
    fn from(direction: domain::Direction) -> Self {
        match direction {
            domain::Direction::FromMe => Self::FromMe,
            domain::Direction::ToMe => Self::ToMe,
        }
    }
}

impl From<domain::PaymentStatus> for PaymentStatus {
    fn from(status: domain::PaymentStatus) -> Self {
        match status {
            domain::PaymentStatus::Pending => Self::Pending,
            domain::PaymentStatus::Paid => Self::Paid,
            domain::PaymentStatus::Canceled => Self::Canceled,
        }
    }
}

impl PaymentsQuery {
    /// What of the list, and which window of it.
    ///
    /// # Errors
    /// `PaymentNotFound` for an anchor that is no number.
    pub fn split(self) -> Result<(engine::PaymentsQuery, engine::Window), DomainFault> {
        let anchor = self.anchor.map(|id| id.parse()).transpose();
        let window = engine::Window {
            from: self.from,
            count: self.count,
            anchor: anchor.map_err(|_| DomainFault::new(Code::PaymentNotFound))?,
        };
        let query = engine::PaymentsQuery {
            direction: self.direction.map(domain::Direction::from),
            status: self.status.map(domain::PaymentStatus::from),
            text: self.text.chars().take(200).collect(),
            noticed_only: self.noticed_only,
        };
        Ok((query, window))
    }
}

impl From<Direction> for domain::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::FromMe => Self::FromMe,
            Direction::ToMe => Self::ToMe,
        }
    }
}

impl From<PaymentStatus> for domain::PaymentStatus {
    fn from(status: PaymentStatus) -> Self {
        match status {
            PaymentStatus::Pending => Self::Pending,
            PaymentStatus::Paid => Self::Paid,
            PaymentStatus::Canceled => Self::Canceled,
        }
    }
}

impl From<&engine::Page> for PaymentsPage {
    fn from(page: &engine::Page) -> Self {
        Self {
            rows: page.payments.iter().map(PaymentRow::from).collect(),
            from: page.from,
            total: page.total,
            anchor_index: page.anchor,
            as_of: page.read.map(time),
        }
    }
}

impl From<domain_memory::Said> for Said {
    fn from(said: domain_memory::Said) -> Self {
        use domain_memory::Said as Domain;
        match said {
            Domain::Status => Self::Status,
            Domain::Amount => Self::Amount,
            Domain::Pieces => Self::Pieces,
            Domain::Invoice => Self::Invoice,
            Domain::Created => Self::Created,
            Domain::Buyer => Self::Buyer,
            Domain::Seller => Self::Seller,
            Domain::Secret => Self::Secret,
            Domain::Receipt => Self::Receipt,
            Domain::Presence => Self::Presence,
        }
    }
}

impl From<&domain_memory::Notice> for NoticeCard {
    fn from(notice: &domain_memory::Notice) -> Self {
        Self {
            about: notice.what.about.into(),
            before: notice.what.before.clone(),
            after: notice.what.after.clone(),
            noticed: time(notice.noticed),
            seen: notice.seen,
        }
    }
}

impl From<&engine::SaidRow> for SaidCard {
    fn from(row: &engine::SaidRow) -> Self {
        Self {
            at: time(row.at),
            about: row.about.into(),
            value: row.value.clone(),
        }
    }
}

impl From<&engine::Difference> for Difference {
    fn from(difference: &engine::Difference) -> Self {
        Self {
            agreed_sats: difference.agreed.map(|amount| amount.to_string()),
            taken_sats: Some(difference.taken.amount.to_string()),
            agreed_fiat: difference.agreed_fiat.map(FiatSum::from),
            taken_fiat: difference.taken.fiat.map(FiatSum::from),
        }
    }
}

impl From<&engine::Turn> for Turn {
    fn from(turn: &engine::Turn) -> Self {
        use engine::WaitsFor as Waits;
        Self {
            waits_for: match turn.waits_for {
                Waits::MyTransfer => WaitsFor::MyTransfer,
                Waits::TheirTransfer => WaitsFor::TheirTransfer,
                Waits::TheirConfirmation => WaitsFor::TheirConfirmation,
                Waits::MyConfirmation => WaitsFor::MyConfirmation,
                Waits::Funding => WaitsFor::Funding,
                Waits::Arbiter => WaitsFor::Arbiter,
            },
            until: turn.until.map(time),
            fiat: turn.fiat.map(FiatSum::from),
        }
    }
}

/// The deal's fiat where a deal tells, else the estimate; and which of the two it is.
fn fiat_of(payment: &domain::Payment, estimate: Option<Fiat>) -> (Option<FiatSum>, bool) {
    match &payment.deal {
        Some(deal) => (Some(deal.fiat.into()), false),
        None => (estimate.map(FiatSum::from), true),
    }
}

impl PaymentRow {
    /// What a row shows of the payment itself; the rest is filled in by whoever knows it.
    fn bare(payment: &domain::Payment, me: UserId, estimate: Option<Fiat>) -> Self {
        let (fiat, fiat_estimated) = fiat_of(payment, estimate);
        Self {
            id: payment.id.to_string(),
            direction: payment.direction(me).into(),
            person: payment.counterparty(me).name.clone(),
            comment: payment.invoice.comment.clone(),
            invoice: payment.invoice.id.to_string(),
            sats: payment.amount.to_string(),
            fiat,
            fiat_estimated,
            pieces: payment.pieces,
            refund: payment.refund,
            status: payment.status.into(),
            seal: SealState::None,
            turn: None,
            created: time(payment.created),
            noticed: false,
            unresolved: false,
        }
    }
}

impl From<&engine::ListedPayment> for PaymentRow {
    fn from(listed: &engine::ListedPayment) -> Self {
        Self {
            seal: listed.mark.into(),
            turn: listed.turn().as_ref().map(Turn::from),
            noticed: listed.noticed,
            unresolved: listed.unresolved,
            ..Self::bare(&listed.payment, listed.me, listed.estimate)
        }
    }
}

impl From<&engine::SeenPayment> for PaymentRow {
    fn from(seen: &engine::SeenPayment) -> Self {
        let operation = seen.record.operation.as_ref();
        Self {
            seal: Seal::from(&seen.seal).state,
            turn: seen.turn().as_ref().map(Turn::from),
            noticed: seen.record.notices.iter().any(|notice| !notice.seen),
            unresolved: operation.is_some_and(|operation| operation.state.is_open()),
            ..Self::bare(&seen.payment, seen.me, seen.estimate)
        }
    }
}

impl PaymentDetail {
    /// The whole of a payment as this person sees it now.
    pub fn new(seen: &engine::SeenPayment, now: Timestamp) -> Self {
        let payment = &seen.payment;
        let (fiat, fiat_estimated) = fiat_of(payment, seen.estimate);
        let record = &seen.record;
        let refund_obstacle = payment.refund_obstacle(seen.me, 1);
        let mut seal = Seal::from(&seen.seal);
        seal.raw = payment.confirmation.clone();
        Self {
            id: payment.id.to_string(),
            direction: payment.direction(seen.me).into(),
            status: payment.status.into(),
            sats: payment.amount.to_string(),
            fiat,
            fiat_estimated,
            pieces: payment.pieces,
            created: time(payment.created),
            buyer: (&payment.buyer).into(),
            invoice: InvoiceCard::new(&payment.invoice, payment.invoice.is_owned_by(seen.me), None, now),
            seller_feedback: payment.seller_feedback.as_ref().map(FeedbackCard::from),
            buyer_feedback: payment.buyer_feedback.as_ref().map(FeedbackCard::from),
            deal: payment
                .deal
                .as_deref()
                .map(|deal| DealSummary::new(deal, seen.me)),
            refund: payment.refund,
            refunds: payment
                .refunds
                .iter()
                .map(|refund| InvoiceCard::new(refund, refund.is_owned_by(seen.me), None, now))
                .collect(),
            refunded: payment.refunded,
            refunding: payment.refunding,
            has_change_promise: payment.change_promise.is_some(),
            secrets: payment
                .secrets
                .iter()
                .map(|secret| SecretCard::new(secret, payment.id))
                .collect(),
            lightning_request: payment.lightning_request.clone(),
            seal,
            turn: seen.turn().as_ref().map(Turn::from),
            can_cancel: payment.can_cancel(seen.me, now),
            as_of: time(seen.read),
            notices: record.notices.iter().map(NoticeCard::from).collect(),
            said: record.said.iter().map(SaidCard::from).collect(),
            receipt: record.receipt.as_ref().map(|receipt| ReceiptBrief {
                first_seen: time(receipt.first_seen),
                key_groups: groups(&receipt.key),
            }),
            operation: record.operation.as_ref().map(OperationCard::from),
            difference: record.difference.as_ref().map(Difference::from),
            twin: record.twin.map(|id| id.to_string()),
            vanished: record.vanished,
            can_give_feedback: payment.can_give_feedback(seen.me),
            can_talk: payment.can_talk(),
            can_refund: refund_obstacle.is_none() && payment.invoice.is_owned_by(seen.me),
            refund_obstacle: refund_obstacle
                .filter(|_| payment.invoice.is_owned_by(seen.me))
                .map(Fault::from),
            given_back: record.given_back.iter().map(GivenBack::from).collect(),
            refund_of: payment.invoice.refund_of.map(|id| id.to_string()),
        }
    }
}

impl From<&engine::GivenBack> for GivenBack {
    fn from(given: &engine::GivenBack) -> Self {
        Self {
            payment: given.payment.to_string(),
            pieces: given.pieces,
            sats: given.amount.to_string(),
            status: given.status.into(),
            seal: given.mark.into(),
            created: time(given.created),
        }
    }
}

impl From<&Feedback> for FeedbackCard {
    fn from(feedback: &Feedback) -> Self {
        Self {
            positive: feedback.positive,
            text: feedback.text.clone(),
            created: feedback.created.map(time),
        }
    }
}

impl SecretCard {
    fn new(secret: &domain::Secret, payment: PaymentId) -> Self {
        let address = |picture: &PictureId| picture_address(engine::PicturePlace::Payment(payment), *picture);
        Self {
            text: secret.text.clone(),
            url: secret.url.clone(),
            pictures: secret.pictures.iter().map(address).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_bought_is_shown_and_not_printed() {
        let card = SecretCard {
            text: "the licence".to_owned(),
            url: Some("https://example.org/licence".to_owned()),
            pictures: Vec::new(),
        };
        assert!(!format!("{card:?}").contains("licence"));
    }
}
