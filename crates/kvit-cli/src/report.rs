//! The answer for people.

use kvit_proof::{Refusal, Signed, display_safe};

use crate::words::Language;

/// The whole answer, ending with a line end.
pub(crate) fn answer(result: &Result<Signed, Refusal>, language: Language) -> String {
    match result {
        Ok(signed) => verified(signed, language),
        Err(refusal) => refused(refusal, language),
    }
}

fn verified(signed: &Signed, language: Language) -> String {
    let body = &signed.confirmation;
    let labels = language.labels();
    let mut rows = vec![(labels.payment, body.payment_id.to_string())];
    if let Some(pieces) = body.pieces {
        rows.push((labels.pieces, pieces.to_string()));
    }
    rows.extend([
        (labels.invoice, body.invoice_id.to_string()),
        (labels.amount, format!("{} BTC", body.amount)),
        (labels.created_at, time(body.created_at)),
        (labels.payer, body.payer.clone()),
        (labels.owner, body.invoice_owner.clone()),
        (
            labels.signed_at,
            format!("{}, {}", time(signed.signed_at), signed.digest.name()),
        ),
        (labels.key, groups(&signed.key)),
    ]);
    if signed.signing_key != signed.key {
        rows.push((labels.signing_key, groups(&signed.signing_key)));
    }
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or_default();
    let mut out = format!("{}\n\n", language.verified());
    for (label, value) in rows {
        out.push_str(&format!("  {label:width$}  {}\n", display_safe(&value)));
    }
    out.push_str(&format!("\n{}\n", language.compare_yourself()));
    out
}

fn refused(refusal: &Refusal, language: Language) -> String {
    let mut out = format!("{}\n", language.refusal(refusal));
    if let Some(text) = signed_text(refusal) {
        out.push_str(&format!("\n{}\n", language.signed_text()));
        for line in display_safe(text).split('\n') {
            out.push_str(&format!("  | {line}\n"));
        }
    }
    out
}

/// The text of a good signature that is not a confirmation.
fn signed_text(refusal: &Refusal) -> Option<&str> {
    use kvit_proof::NotVerified::{NotAConfirmation, NotUnderstood};
    match refusal {
        Refusal::NotVerified(NotUnderstood { read, .. } | NotAConfirmation { read }) => Some(&read.text),
        _ => None,
    }
}

/// A moment, in UTC.
pub(crate) fn time(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A fingerprint in groups of four.
pub(crate) fn groups(fingerprint: &str) -> String {
    let mut out = String::with_capacity(fingerprint.len() * 5 / 4);
    for (index, digit) in fingerprint.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
