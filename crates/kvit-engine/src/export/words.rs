//! The words of an export.

use kvit_domain::{
    payment::{Direction, PaymentStatus},
    seal::SealMark,
};

use super::Tongue;
use crate::evidence::EvidenceSubject;

/// How many columns a CSV file has.
pub(super) const COLUMNS: usize = 20;

/// The first line of a CSV file.
pub(super) fn columns(tongue: Tongue) -> [&'static str; COLUMNS] {
    match tongue {
        Tongue::En => [
            "Payment",
            "Direction",
            "Status",
            "Created, UTC",
            "Created, local time",
            "Amount, BTC",
            "Amount, satoshi",
            "Fiat of the deal",
            "Currency",
            "Pieces",
            "Invoice",
            "Counterparty",
            "Words of the invoice",
            "Refund",
            "Deal",
            "Receipt",
            "Receipt first seen, UTC",
            "Fingerprint of the key",
            "Buyer",
            "Seller",
        ],
        Tongue::Ru => [
            "Платёж",
            "Направление",
            "Состояние",
            "Создан, UTC",
            "Создан, местное время",
            "Сумма, BTC",
            "Сумма, сатоши",
            "Обычные деньги по сделке",
            "Валюта",
            "Части",
            "Счёт",
            "Вторая сторона",
            "Слова счёта",
            "Возврат",
            "Сделка",
            "Квитанция",
            "Квитанция впервые получена, UTC",
            "Отпечаток ключа",
            "Покупатель",
            "Продавец",
        ],
    }
}

/// Which way the money goes.
pub(super) fn direction(direction: Direction, tongue: Tongue) -> &'static str {
    match (direction, tongue) {
        (Direction::FromMe, Tongue::En) => "from me",
        (Direction::FromMe, Tongue::Ru) => "от меня",
        (Direction::ToMe, Tongue::En) => "to me",
        (Direction::ToMe, Tongue::Ru) => "мне",
    }
}

/// How far a payment is.
pub(super) fn status(status: PaymentStatus, tongue: Tongue) -> &'static str {
    match (status, tongue) {
        (PaymentStatus::Pending, Tongue::En) => "waiting for payment",
        (PaymentStatus::Pending, Tongue::Ru) => "ожидает оплаты",
        (PaymentStatus::Paid, Tongue::En) => "paid",
        (PaymentStatus::Paid, Tongue::Ru) => "оплачен",
        (PaymentStatus::Canceled, Tongue::En) => "canceled",
        (PaymentStatus::Canceled, Tongue::Ru) => "отменён",
    }
}

/// How the check of a receipt came out.
pub(super) fn seal(mark: SealMark, tongue: Tongue) -> &'static str {
    match (mark, tongue) {
        (SealMark::Nothing, Tongue::En) => "nothing to check yet",
        (SealMark::Nothing, Tongue::Ru) => "проверять пока нечего",
        (SealMark::Checking, Tongue::En) => "not checked yet",
        (SealMark::Checking, Tongue::Ru) => "ещё не проверена",
        (SealMark::Verified, Tongue::En) => "verified",
        (SealMark::Verified, Tongue::Ru) => "проверена",
        (SealMark::NotVerified, Tongue::En) => "not verified",
        (SealMark::NotVerified, Tongue::Ru) => "не проверена",
        (SealMark::DoesNotMatch, Tongue::En) => "does not match",
        (SealMark::DoesNotMatch, Tongue::Ru) => "не совпадает",
        (SealMark::Forged, Tongue::En) => "forged or altered",
        (SealMark::Forged, Tongue::Ru) => "подделана или изменена",
    }
}

/// The same for programs; never translated.
pub(super) fn seal_code(mark: SealMark) -> &'static str {
    match mark {
        SealMark::Nothing => "nothing",
        SealMark::Checking => "checking",
        SealMark::Verified => "verified",
        SealMark::NotVerified => "not_verified",
        SealMark::DoesNotMatch => "does_not_match",
        SealMark::Forged => "forged",
    }
}

/// Yes or no.
pub(super) fn yes_or_no(yes: bool, tongue: Tongue) -> &'static str {
    match (yes, tongue) {
        (true, Tongue::En) => "yes",
        (true, Tongue::Ru) => "да",
        (false, Tongue::En) => "no",
        (false, Tongue::Ru) => "нет",
    }
}

/// What a file of evidence is called by itself, before the number of what it is about.
pub(super) fn evidence(subject: EvidenceSubject, tongue: Tongue) -> &'static str {
    match (subject, tongue) {
        (EvidenceSubject::Payment(_), Tongue::En) => "evidence, payment",
        (EvidenceSubject::Payment(_), Tongue::Ru) => "доказательства, платёж",
        (EvidenceSubject::Deal(_), Tongue::En) => "evidence, deal",
        (EvidenceSubject::Deal(_), Tongue::Ru) => "доказательства, сделка",
    }
}

/// What a file of payments is called by itself.
pub(super) fn payments(tongue: Tongue) -> &'static str {
    match tongue {
        Tongue::En => "payments",
        Tongue::Ru => "платежи",
    }
}
