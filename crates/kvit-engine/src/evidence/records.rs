//! Items of a bundle as JSON. Numbers and amounts are text, so that no reader rounds them; times are RFC 3339. What is
//! money to whoever holds it, what was bought and what the person has are not in any.

use kvit_domain::{
    Timestamp,
    deal::{Deal, DealStatus},
    feedback::Feedback,
    id::UserId,
    invoice::InvoicePrice,
    memory::{Notice, Said, status_word},
    message::{Message, Talk},
    person::Person,
    picture::PictureId,
    receipt::Receipt,
};
use kvit_store::{KeptMessage, KeptPayment, OperationRow, PictureRow, SaidRow, StepRow};
use serde_json::{Value, json};

/// The spendable balance stands in the journal as evidence for the person; it is nobody else's business.
const NOT_GIVEN: &str = "balance";

fn bytes(record: &Value) -> Vec<u8> {
    // With the alternate flag: people read it.
    format!("{record:#}\n").into_bytes()
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn person(person: &Person) -> Value {
    json!({ "id": person.id.to_string(), "login": person.name, "anonymous": person.anonymous })
}

fn feedback(feedback: Option<&Feedback>) -> Value {
    feedback.map_or(
        Value::Null,
        |said| json!({ "positive": said.positive, "text": said.text, "created": time(said.created) }),
    )
}

/// A payment as the marketplace gave it last, and what is known of its receipt.
pub(super) fn payment(kept: &KeptPayment, receipt: Option<&Receipt>) -> Vec<u8> {
    let payment = &kept.payment;
    let invoice = &payment.invoice;
    let price = match invoice.price {
        InvoicePrice::Crypto => json!({ "btc": invoice.unit.to_btc().to_string() }),
        InvoicePrice::Fiat(amount) => {
            json!({ "fiat": amount.to_string(), "currency": invoice.currency.to_string() })
        }
    };
    bytes(&json!({
        "payment": payment.id.to_string(),
        "read": kept.read.to_string(),
        "vanished": kept.vanished,
        "status": status_word(payment.status),
        "created": payment.created.to_string(),
        "satoshi": payment.amount.to_string(),
        "pieces": payment.pieces.to_string(),
        "refunded": payment.refunded.to_string(),
        "refunding": payment.refunding.to_string(),
        "isRefund": payment.refund,
        "refundOf": invoice.refund_of.map(|id| id.to_string()),
        "buyer": person(&payment.buyer),
        "seller": person(&invoice.owner),
        "invoice": {
            "number": invoice.id.to_string(),
            "private": invoice.private,
            "comment": invoice.comment,
            "price": price,
        },
        "deal": payment.deal.as_ref().map(|deal| deal.id.to_string()),
        "secrets": payment.secrets.len().to_string(),
        "buyerFeedback": feedback(payment.buyer_feedback.as_ref()),
        "sellerFeedback": feedback(payment.seller_feedback.as_ref()),
        "receipt": receipt.map(|receipt| json!({
            "firstSeen": receipt.first_seen.to_string(),
            "signed": receipt.signed.to_string(),
            "key": receipt.key,
            "invoice": receipt.invoice.to_string(),
            "satoshi": receipt.amount.to_string(),
            "pieces": receipt.pieces.map(|pieces| pieces.to_string()),
            "created": receipt.created.to_string(),
            "payer": receipt.payer,
            "owner": receipt.owner,
        })),
    }))
}

fn said_word(about: Said) -> &'static str {
    match about {
        Said::Status => "status",
        Said::Amount => "amount",
        Said::Pieces => "pieces",
        Said::Invoice => "invoice",
        Said::Created => "created",
        Said::Buyer => "buyer",
        Said::Seller => "seller",
        Said::Secret => "secrets",
        Said::Receipt => "receipt",
        Said::Presence => "presence",
    }
}

/// What the marketplace said, and when that was read.
pub(super) fn said(rows: &[SaidRow]) -> Vec<u8> {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| json!({ "read": row.at.to_string(), "about": said_word(row.about), "value": row.value }))
        .collect();
    bytes(&json!(rows))
}

/// Where it contradicted itself.
pub(super) fn notices(notices: &[Notice]) -> Vec<u8> {
    let rows: Vec<Value> = notices
        .iter()
        .map(|notice| {
            json!({
                "noticed": notice.noticed.to_string(),
                "about": said_word(notice.what.about),
                "before": notice.what.before,
                "after": notice.what.after,
            })
        })
        .collect();
    bytes(&json!(rows))
}

/// Who wrote a message: whoever made the bundle, the other side, or the arbiter of a deal.
fn author(message: &Message, me: UserId) -> &'static str {
    match message.author {
        None => "arbiter",
        Some(author) if author == me => "me",
        Some(_) => "other",
    }
}

/// A message, and what it was before if the marketplace changed it.
pub(super) fn message(
    talk: Talk,
    kept: &KeptMessage,
    pictures: &[(PictureId, Option<PictureRow>)],
    me: UserId,
) -> Vec<u8> {
    let version = |message: &Message| {
        json!({
            "created": message.created.to_string(),
            "author": author(message, me),
            "user": message.author.map(|user| user.to_string()),
            "text": message.text,
            "pictures": message.pictures.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    let pictures: Vec<Value> = pictures
        .iter()
        .map(|(id, row)| {
            let hash = row.as_ref().and_then(|row| row.sha256);
            json!({ "id": id.to_string(), "sha256": hash.map(hexadecimal) })
        })
        .collect();
    bytes(&json!({
        "talk": talk.to_string(),
        "number": kept.message.id.to_string(),
        "firstSeen": kept.first_seen.to_string(),
        "now": version(&kept.message),
        "before": kept.former.iter().map(version).collect::<Vec<_>>(),
        "pictures": pictures,
    }))
}

fn hexadecimal(hash: [u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn deal_word(status: DealStatus) -> &'static str {
    match status {
        DealStatus::Opened => "opened",
        DealStatus::Completed => "completed",
        DealStatus::Canceled => "canceled",
        DealStatus::Disputed => "disputed",
        DealStatus::WaitDeposit => "waits_for_deposit",
    }
}

/// A deal with its steps.
pub(super) fn deal(deal: &Deal, me: UserId) -> Vec<u8> {
    let steps = [
        ("created", Some(deal.created)),
        ("fiatDeclared", deal.fiat_declared_at),
        ("disputed", deal.disputed),
        ("completed", deal.completed),
        ("canceled", deal.canceled),
    ];
    let mut steps: Vec<(&str, Timestamp)> = steps
        .into_iter()
        .filter_map(|(what, at)| at.map(|at| (what, at)))
        .collect();
    steps.sort_by_key(|(_, at)| *at);
    let steps: Vec<Value> = steps
        .into_iter()
        .map(|(what, at)| json!({ "what": what, "at": at.to_string() }))
        .collect();
    bytes(&json!({
        "deal": deal.id.to_string(),
        "status": deal_word(deal.status),
        "iPayFiat": deal.pays_fiat(me),
        "fiatDeclared": deal.fiat_declared,
        "steps": steps,
        "windowEnds": deal.window_ends().to_string(),
        "fiat": deal.fiat.amount_text(),
        "currency": deal.fiat.currency().to_string(),
        "satoshi": deal.amount.to_string(),
        "fee": deal.fee.map(|fee| fee.to_string()),
        "owner": person(&deal.owner),
        "initiator": person(&deal.initiator),
        "payment": deal.payment.map(|id| id.to_string()),
        "advertisement": {
            "number": deal.ad.id.to_string(),
            "title": deal.ad.title,
            "terms": deal.ad.terms,
            "country": deal.ad.country,
            "paymentType": deal.ad.payment_type,
        },
        "ownerFeedback": feedback(deal.owner_feedback.as_ref()),
        "initiatorFeedback": feedback(deal.initiator_feedback.as_ref()),
    }))
}

/// An operation of the journal with its steps, as it is written there.
pub(super) fn operation(row: &OperationRow, steps: &[StepRow]) -> Vec<u8> {
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| json!({ "at": step.at.to_string(), "what": step.what, "values": given(&step.body) }))
        .collect();
    bytes(&json!({
        "operation": row.id.to_string(),
        "act": row.act,
        "state": row.state,
        "prepared": row.prepared.to_string(),
        "settled": time(row.settled),
        "invoice": row.invoice.map(|id| id.to_string()),
        "payment": row.payment.map(|id| id.to_string()),
        "deal": row.deal.map(|id| id.to_string()),
        "details": given(&row.body),
        "steps": steps,
    }))
}

/// What the journal has, without what is nobody else's business.
fn given(body: &str) -> Value {
    let mut body: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(fields) = body.as_object_mut() {
        fields.remove(NOT_GIVEN);
    }
    body
}
