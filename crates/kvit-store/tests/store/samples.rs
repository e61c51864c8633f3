//! Values to keep: plain ones by number, and every possible one by chance.
#![allow(dead_code, unused_imports, reason = "each test takes what it needs")]

// Also where this file itself is found by a path.
#[path = "samples/chance.rs"]
mod chance;

pub use chance::*;

use kvit_domain::{
    Decimal, Timestamp,
    advertisement::Advertisement,
    conversation::{About, Conversation},
    deal::{Deal, DealStatus},
    feedback::Feedback,
    id::{AdvertisementId, ConversationId, DealId, EventId, InvoiceId, MessageId, PaymentId, UserId},
    invoice::{Invoice, InvoicePrice, InvoiceStatus},
    message::{Message, Talk},
    money::{Fiat, Sats},
    news::{News, NewsKind},
    payment::{BearerText, Payment, PaymentStatus, Secret},
    person::{Person, Profile},
    picture::PictureId,
    receipt::Receipt,
    seal::SealMark,
};
use kvit_store::{Incoming, OperationRow, OutgoingRow, PictureRow, PictureState, StepRow, Store, StoreKey};
use uuid::Uuid;

/// A moment, so many seconds after another.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// A folder for a store, in memory where the system has such a place: nothing here is about a loss of power.
pub fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Always the same raw key.
pub fn key() -> StoreKey {
    StoreKey::from_hex(&"5a".repeat(32).into()).unwrap()
}

/// Opens what must open without a doubt.
pub fn open(folder: &std::path::Path) -> Store {
    let opened = Store::open(folder, &key(), 0, at(0)).unwrap();
    assert_eq!(opened.doubt, None);
    opened.store
}

pub fn payment_id(number: u64) -> PaymentId {
    PaymentId::new(number).unwrap()
}

pub fn picture(number: u128) -> PictureId {
    PictureId::new(Uuid::from_u128(number))
}

pub fn user(number: u128) -> UserId {
    UserId::Person(Uuid::from_u128(number))
}

pub fn person(number: u128, name: &str) -> Person {
    Person {
        id: user(number),
        name: name.to_owned(),
        anonymous: false,
        deal_rate: Decimal::new(999, 1),
        deals: 12,
        partners: 5,
        deal_average: Decimal::new(123_456, 8),
        median_seconds: 600,
        mean_seconds: 700,
        first_deal: Some(at(-9_000)),
        invoice_rate: Decimal::ONE_HUNDRED,
        invoices: 3,
        payments_made: 4,
        payments_received: 5,
        trusted_by: 6,
        blocked_by: 0,
        created: Some(at(-10_000)),
        last_online: Some(at(-1)),
        introduction: "Coffee".into(),
        site: String::new(),
    }
}

pub fn invoice(number: u64) -> Invoice {
    Invoice {
        id: InvoiceId::new(number).unwrap(),
        target: None,
        private: false,
        price: InvoicePrice::Crypto,
        currency: "EUR".parse().unwrap(),
        unit: Sats::new(1_000).unwrap(),
        comment: "Beans, 1 kg".into(),
        pieces_min: 1,
        pieces_max: 100,
        limited: false,
        status: InvoiceStatus::Active,
        total_paid: Sats::ZERO,
        payments: 0,
        owner: person(2, "shop"),
        created: at(-500),
        valid_to: None,
        refund_of: None,
        service: false,
        pictures: Vec::new(),
    }
}

/// A Paid payment of person 1 to person 2.
pub fn payment(number: u64) -> Payment {
    Payment {
        id: payment_id(number),
        amount: Sats::new(2_000).unwrap(),
        created: at(0),
        confirmation: Some(format!("signed {number}")),
        buyer: person(1, "you"),
        invoice: invoice(88),
        seller_feedback: None,
        buyer_feedback: None,
        status: PaymentStatus::Paid,
        deal: None,
        pieces: 2,
        refund: false,
        refunds: Vec::new(),
        refunded: 0,
        refunding: 0,
        change_promise: None,
        secrets: Vec::new(),
        lightning_request: None,
    }
}

/// The receipt that belongs to [`payment`].
pub fn receipt(payment: &Payment) -> Receipt {
    Receipt {
        payment: payment.id,
        text: payment.confirmation.clone().unwrap(),
        first_seen: at(5),
        key: "AB".repeat(20),
        signed: at(4),
        pieces: Some(payment.pieces),
        invoice: payment.invoice.id,
        amount: payment.amount,
        created: payment.created,
        payer: payment.buyer.name.clone(),
        owner: payment.invoice.owner.name.clone(),
    }
}

/// As it comes without a key.
pub fn unchecked(payment: Payment) -> Incoming {
    Incoming {
        payment,
        mark: SealMark::NotVerified,
        receipt: None,
        key: None,
    }
}

/// As it comes verified.
pub fn verified(payment: Payment) -> Incoming {
    Incoming {
        receipt: Some(receipt(&payment)),
        mark: SealMark::Verified,
        key: Some("AB".repeat(20)),
        payment,
    }
}

pub fn deal(number: u64) -> Deal {
    let fiat = |cents| Fiat::new(Decimal::new(cents, 2), "EUR".parse().unwrap()).unwrap();
    Deal {
        id: DealId::new(number).unwrap(),
        fiat: fiat(12_000),
        amount: Sats::new(240_000).unwrap(),
        created: at(0),
        status: DealStatus::Opened,
        completed: None,
        canceled: None,
        disputed: None,
        fiat_declared: false,
        fiat_declared_at: None,
        ad: Advertisement {
            id: AdvertisementId::new(7).unwrap(),
            owner_buys: false,
            price: fiat(5_000_000),
            min: fiat(100),
            max: fiat(100_000),
            country: "LV".into(),
            payment_type: "SEPA".into(),
            title: "Fast".into(),
            terms: "Write the number".into(),
            window_minutes: 60,
            enabled: true,
            owner: person(3, "trader"),
        },
        owner: person(3, "trader"),
        initiator: person(1, "you"),
        messages: Vec::new(),
        fee: None,
        owner_feedback: None,
        initiator_feedback: None,
        payment: None,
    }
}

pub fn message(number: u64) -> Message {
    Message {
        id: MessageId::new(number).unwrap(),
        created: at(1),
        author: None,
        text: format!("message {number}"),
        pictures: Vec::new(),
    }
}

pub fn message_id(number: u64) -> MessageId {
    MessageId::new(number).unwrap()
}

/// Person 1, whose account it is.
pub fn profile() -> Profile {
    Profile {
        id: user(1),
        name: "you".into(),
        anonymous: false,
        default_currency: "EUR".into(),
    }
}

/// The conversation of a payment of person 1 to person 2, of the same number.
pub fn conversation(number: u64, messages: Vec<Message>) -> Conversation {
    Conversation {
        id: ConversationId::new(number).unwrap(),
        seller: person(2, "shop"),
        buyer: person(1, "you"),
        about: About::Payment(Box::new(payment(number))),
        messages,
    }
}

/// The talk of [`conversation`].
pub fn talk(number: u64) -> Talk {
    Talk::Payment(payment_id(number))
}

/// A message to [`talk`] 1.
pub fn outgoing(number: u128) -> OutgoingRow {
    OutgoingRow {
        id: Uuid::from_u128(number),
        talk: talk(1),
        state: "waiting".into(),
        open: true,
        made: at(0),
        message: None,
        repeats: Vec::new(),
        body: "{}".into(),
    }
}

/// A picture in the draft of [`talk`] 1.
pub fn draft_picture(number: u32) -> PictureRow {
    PictureRow {
        id: picture(u128::from(number)),
        mine: true,
        talk: Some(talk(1)),
        state: PictureState::Draft(number),
        name: format!("{number}.heic"),
        width: 640,
        height: 480,
        length: 3,
        sha256: Some([7; 32]),
        made: at(0),
        used: at(0),
    }
}

pub fn operation(number: u128) -> OperationRow {
    OperationRow {
        id: Uuid::from_u128(number),
        act: "pay".into(),
        state: "prepared".into(),
        open: true,
        prepared: at(0),
        settled: None,
        invoice: InvoiceId::new(88),
        payment: None,
        deal: None,
        body: "{}".into(),
    }
}

pub fn step(what: &str) -> StepRow {
    StepRow {
        at: at(0),
        what: what.into(),
        body: "{}".into(),
    }
}

pub fn news(number: u64) -> News {
    News {
        event: EventId::new(number).unwrap(),
        at: at(0),
        kind: NewsKind::PaymentReceived,
        payment: PaymentId::new(number),
        deal: None,
        invoice: None,
        person: "you".into(),
        amount: None,
        fiat: None,
        talk: None,
        words: String::new(),
    }
}
