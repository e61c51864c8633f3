//! The answer for programs. Fields are only ever added; numbers of objects and amounts are text, so that no
//! reader rounds them.

use kvit_proof::verdict::Forgery;
use kvit_proof::{BodyFault, BodyFaultKind, NotVerified, Refusal, Signed};
use serde_json::{Value, json};

use crate::{Answer, Checked, Obstacle};

/// One line of ASCII: what a stranger wrote must not reach a terminal through the JSON either.
pub(crate) fn answer(answer: &Answer) -> String {
    let value = match answer {
        Ok(Checked::Confirmation(Ok(signed))) => verified(signed),
        Ok(Checked::Confirmation(Err(Refusal::NotVerified(reason)))) => not_verified(reason),
        Ok(Checked::Confirmation(Err(Refusal::Forged(forgery)))) => forged(*forgery),
        Ok(Checked::Bundle(checked)) => checked.json(),
        Err(Obstacle::Unreadable { .. }) => outcome("not-checked", "unreadable"),
        Err(Obstacle::Key(fault)) => with(outcome("not-checked", "key"), "detail", fault.code()),
    };
    ascii(&value.to_string())
}

fn outcome(outcome: &str, reason: &str) -> Value {
    json!({ "outcome": outcome, "reason": reason })
}

/// Adds one field to an object.
fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
    object
}

fn verified(signed: &Signed) -> Value {
    let body = &signed.confirmation;
    json!({
        "outcome": "verified",
        "confirmation": {
            "type": "INVOICE_PAYMENT",
            "paymentId": body.payment_id.to_string(),
            "pieces": body.pieces.map(|pieces| pieces.to_string()),
            "invoiceId": body.invoice_id.to_string(),
            "cryptoAmount": body.amount.to_string(),
            "createdAt": body.created_at.to_string(),
            "payer": body.payer,
            "invoiceOwner": body.invoice_owner,
        },
        "signedAt": signed.signed_at.to_string(),
        "digest": signed.digest.name(),
        "key": signed.key,
        "signingKey": signed.signing_key,
        "text": signed.text,
    })
}

fn not_verified(reason: &NotVerified) -> Value {
    let object = outcome("not-verified", reason.code());
    match reason {
        NotVerified::UnknownKey { signer } => with(object, "claimedSigner", signer.clone()),
        NotVerified::KeyExpired {
            since,
            signed_while_valid,
        } => with(
            with(object, "since", since.to_string()),
            "signedWhileValid",
            *signed_while_valid,
        ),
        NotVerified::KeyRevoked { signed_while_valid } => {
            with(object, "signedWhileValid", *signed_while_valid)
        }
        NotVerified::KeyNotYetValid { from } => with(object, "from", from.to_string()),
        NotVerified::WeakDigest { name } => with(object, "digest", *name),
        NotVerified::SignedInFuture { signed_at } => with(object, "signedAt", signed_at.to_string()),
        NotVerified::SignatureExpired { since } => with(object, "since", since.to_string()),
        NotVerified::NotUnderstood {
            read,
            fault: BodyFault { line, kind },
        } => {
            let field = match kind {
                BodyFaultKind::Expected(field) | BodyFaultKind::Value(field) => Some(field.name()),
                BodyFaultKind::Extra => None,
            };
            with(
                with(with(object, "line", *line), "field", field),
                "text",
                read.text.clone(),
            )
        }
        NotVerified::NotAConfirmation { read } => with(object, "text", read.text.clone()),
        NotVerified::NoConfirmation
        | NotVerified::NoKey
        | NotVerified::HistoricalKey
        | NotVerified::KeyCannotSign
        | NotVerified::KeyUnacceptable
        | NotVerified::PolicyRefused => object,
    }
}

fn forged(forgery: Forgery) -> Value {
    let object = outcome("forged-or-altered", forgery.code());
    match forgery {
        Forgery::Frame(fault) => with(with(object, "line", fault.line), "detail", fault.kind.code()),
        Forgery::TooLarge { limit, .. } => with(object, "limit", limit),
        _ => object,
    }
}

/// Writes everything outside of ASCII, and DEL, as `\uXXXX`. In JSON such characters stand only inside of text.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && character != '\u{7F}' {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_and_the_same_meaning() {
        let text = "a\u{202E}b\u{1F600}ж\u{7F}\u{1B}\"\\\n";
        let value = json!({ "text": text });
        let written = ascii(&value.to_string());
        assert!(
            written.bytes().all(|byte| (b' '..0x7F).contains(&byte)),
            "{written}"
        );
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
