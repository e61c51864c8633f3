//! Words of the closed sets.

use kvit_domain::{
    deal::DealStatus,
    invoice::InvoiceStatus,
    memory::{Said, status_word},
    news::NewsKind,
    payment::PaymentStatus,
    seal::SealMark,
};

use crate::{fault::StoreFault, rows::odd};

fn find<T: Copy>(
    field: &str,
    all: &[T],
    word_of: fn(T) -> &'static str,
    word: &str,
) -> Result<T, StoreFault> {
    all.iter()
        .copied()
        .find(|one| word_of(*one) == word)
        .ok_or_else(|| odd(field))
}

const PAYMENT_STATUSES: [PaymentStatus; 3] = [
    PaymentStatus::Pending,
    PaymentStatus::Paid,
    PaymentStatus::Canceled,
];

pub(crate) fn payment_status(word: &str) -> Result<PaymentStatus, StoreFault> {
    find("status of a payment", &PAYMENT_STATUSES, status_word, word)
}

pub(crate) fn mark_word(mark: SealMark) -> &'static str {
    match mark {
        SealMark::Nothing => "nothing",
        SealMark::Checking => "checking",
        SealMark::Verified => "verified",
        SealMark::NotVerified => "not_verified",
        SealMark::DoesNotMatch => "does_not_match",
        SealMark::Forged => "forged",
    }
}

pub(crate) fn mark_of(word: &str) -> Result<SealMark, StoreFault> {
    find("mark of a payment", &SealMark::ALL, mark_word, word)
}

pub(crate) fn deal_status_word(status: DealStatus) -> &'static str {
    match status {
        DealStatus::Opened => "opened",
        DealStatus::Completed => "completed",
        DealStatus::Canceled => "canceled",
        DealStatus::Disputed => "disputed",
        DealStatus::WaitDeposit => "wait_deposit",
    }
}

pub(crate) fn deal_status(word: &str) -> Result<DealStatus, StoreFault> {
    find("status of a deal", &DealStatus::ALL, deal_status_word, word)
}

const INVOICE_STATUSES: [InvoiceStatus; 5] = [
    InvoiceStatus::Active,
    InvoiceStatus::PendingPay,
    InvoiceStatus::NoPieces,
    InvoiceStatus::Payed,
    InvoiceStatus::Deleted,
];

pub(crate) fn invoice_status_word(status: InvoiceStatus) -> &'static str {
    match status {
        InvoiceStatus::Active => "active",
        InvoiceStatus::PendingPay => "pending_pay",
        InvoiceStatus::NoPieces => "no_pieces",
        InvoiceStatus::Payed => "payed",
        InvoiceStatus::Deleted => "deleted",
    }
}

pub(crate) fn invoice_status(word: &str) -> Result<InvoiceStatus, StoreFault> {
    find(
        "status of an invoice",
        &INVOICE_STATUSES,
        invoice_status_word,
        word,
    )
}

pub(crate) fn said_word(said: Said) -> &'static str {
    match said {
        Said::Status => "status",
        Said::Amount => "amount",
        Said::Pieces => "pieces",
        Said::Invoice => "invoice",
        Said::Created => "created",
        Said::Buyer => "buyer",
        Said::Seller => "seller",
        Said::Secret => "secret",
        Said::Receipt => "receipt",
        Said::Presence => "presence",
    }
}

pub(crate) fn said_of_word(word: &str) -> Result<Said, StoreFault> {
    find("subject of what was said", &Said::ALL, said_word, word)
}

pub(crate) fn news_kind_word(kind: NewsKind) -> &'static str {
    match kind {
        NewsKind::DealChanged => "deal_changed",
        NewsKind::FiatDeclared => "fiat_declared",
        NewsKind::DealCompleted => "deal_completed",
        NewsKind::DealCanceled => "deal_canceled",
        NewsKind::DealDisputed => "deal_disputed",
        NewsKind::DealMessage => "deal_message",
        NewsKind::InvoiceIssued => "invoice_issued",
        NewsKind::InvoiceWithdrawn => "invoice_withdrawn",
        NewsKind::PaymentReceived => "payment_received",
        NewsKind::ConversationMessage => "conversation_message",
        NewsKind::Other => "other",
    }
}

pub(crate) fn news_kind(word: &str) -> Result<NewsKind, StoreFault> {
    find("kind of news", &NewsKind::ALL, news_kind_word, word)
}
