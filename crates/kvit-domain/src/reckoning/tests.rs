//! What moves the total, case by case, by the tables of sections 1 and 13.3.

mod books;

use super::*;
use crate::{
    advertisement::Advertisement,
    id::{AdvertisementId, DealId, InvoiceId, PaymentId},
    invoice::{Invoice, InvoicePrice, InvoiceStatus},
    money::{Fiat, MAX_SATS},
    payment::BearerText,
    person::Person,
};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

const ME: UserId = UserId::Person(uuid::Uuid::from_u128(1));
const THEM: UserId = UserId::Person(uuid::Uuid::from_u128(2));

fn sats(count: i64) -> Sats {
    Sats::new(count).unwrap()
}

fn second(count: i64) -> Timestamp {
    Timestamp::from_second(count).unwrap()
}

fn person(id: UserId) -> Person {
    Person {
        id,
        name: "somebody".into(),
        anonymous: false,
        deal_rate: Decimal::ZERO,
        deals: 0,
        partners: 0,
        deal_average: Decimal::ZERO,
        median_seconds: 0,
        mean_seconds: 0,
        first_deal: None,
        invoice_rate: Decimal::ZERO,
        invoices: 0,
        payments_made: 0,
        payments_received: 0,
        trusted_by: 0,
        blocked_by: 0,
        created: None,
        last_online: None,
        introduction: String::new(),
        site: String::new(),
    }
}

fn payment(buyer: UserId, seller: UserId, unit: i64, pieces: u32) -> Payment {
    Payment {
        id: PaymentId::new(7).unwrap(),
        amount: sats(unit).times(pieces).unwrap(),
        created: second(50),
        confirmation: None,
        buyer: person(buyer),
        invoice: Invoice {
            id: InvoiceId::new(88).unwrap(),
            target: None,
            private: false,
            price: InvoicePrice::Crypto,
            currency: "EUR".parse().unwrap(),
            unit: sats(unit),
            comment: String::new(),
            pieces_min: 1,
            pieces_max: 1000,
            limited: false,
            status: InvoiceStatus::Active,
            total_paid: Sats::ZERO,
            payments: 0,
            owner: person(seller),
            created: second(1),
            valid_to: None,
            refund_of: None,
            service: false,
            pictures: Vec::new(),
        },
        seller_feedback: None,
        buyer_feedback: None,
        status: PaymentStatus::Paid,
        deal: None,
        pieces,
        refund: false,
        refunds: Vec::new(),
        refunded: 0,
        refunding: 0,
        change_promise: None,
        secrets: Vec::new(),
        lightning_request: None,
    }
}

fn deal(owner: UserId, initiator: UserId, owner_buys: bool, amount: i64, status: DealStatus) -> Deal {
    let eur = |count: i64| Fiat::new(Decimal::from(count), "EUR".parse().unwrap()).unwrap();
    Deal {
        id: DealId::new(3).unwrap(),
        fiat: eur(100),
        amount: sats(amount),
        created: second(40),
        status,
        completed: None,
        canceled: None,
        disputed: None,
        fiat_declared: false,
        fiat_declared_at: None,
        ad: Advertisement {
            id: AdvertisementId::new(5).unwrap(),
            owner_buys,
            price: eur(50_000),
            min: eur(1),
            max: eur(1_000),
            country: "DE".into(),
            payment_type: "SEPA".into(),
            title: String::new(),
            terms: String::new(),
            window_minutes: 30,
            enabled: true,
            owner: person(owner),
        },
        owner: person(owner),
        initiator: person(initiator),
        messages: Vec::new(),
        fee: Some(sats(percent(amount))),
        owner_feedback: None,
        initiator_feedback: None,
        payment: None,
    }
}

/// One percent as the server rounds it: half to even, at eight places of a BTC.
fn percent(amount: i64) -> i64 {
    (Decimal::from(amount) / Decimal::from(100))
        .round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven)
        .to_i64()
        .unwrap()
}

fn balance(confirmed: i64, unconfirmed: i64, deposited: i64) -> Balance {
    Balance {
        confirmed: sats(confirmed),
        unconfirmed: sats(unconfirmed),
        deposited: sats(deposited),
    }
}

fn reckon(before: Balance, after: Balance, movements: &[Movement]) -> Reckoning {
    Reckoning::new(
        (before, second(0)),
        (after, second(100)),
        movements.iter().copied(),
    )
}

fn range_of(payment: &Payment) -> Option<(i128, i128)> {
    Movement::of_payment(payment, ME).map(|movement| movement.range())
}

#[test]
fn the_worked_example_of_the_reference() {
    // Section 1: unit price 0.0012 BTC, 2 pieces: the buyer -0.0024, the seller +0.002376.
    assert_eq!(
        range_of(&payment(ME, THEM, 120_000, 2)),
        Some((-240_000, -240_000))
    );
    assert_eq!(range_of(&payment(THEM, ME, 120_000, 2)), Some((237_600, 240_000)));
    assert_eq!(range_of(&payment(THEM, THEM, 120_000, 2)), None);
}

#[test]
fn only_public_invoices_pay_a_fee_when_they_are_paid() {
    let received = payment(THEM, ME, 120_000, 2);
    let mut private = received.clone();
    private.invoice.private = true;
    let mut service = received.clone();
    service.invoice.service = true;
    let mut refund = received;
    refund.refund = true;
    for free in [private, service, refund] {
        assert_eq!(range_of(&free), Some((240_000, 240_000)));
    }
}

#[test]
fn how_a_payment_was_funded_decides_what_it_takes() {
    let mut paid = payment(ME, THEM, 12_345, 1);
    paid.deal = Some(Box::new(deal(THEM, ME, false, 12_340, DealStatus::Completed)));
    // Section 7.4: five satoshi short, taken from the balance.
    assert_eq!(range_of(&paid), Some((-5, -5)));
    paid.status = PaymentStatus::Pending;
    assert_eq!(range_of(&paid), Some((-5, 0)));
    paid.deal = None;
    paid.lightning_request = Some("lnbc1".into());
    assert_eq!(range_of(&paid), None);
    paid.lightning_request = None;
    paid.change_promise = Some(BearerText::new("change".into()));
    assert_eq!(range_of(&paid), None);
}

#[test]
fn payments_that_are_not_paid() {
    let mut received = payment(THEM, ME, 120_000, 2);
    received.status = PaymentStatus::Pending;
    assert_eq!(range_of(&received), Some((0, 240_000)));
    received.status = PaymentStatus::Canceled;
    assert_eq!(range_of(&received), None);
}

#[test]
fn deals_by_the_table_of_money() {
    use DealStatus::*;
    let range = |owner, initiator, owner_buys, status| {
        Movement::of_deal(&deal(owner, initiator, owner_buys, 50_000, status), ME)
            .map(|movement| movement.range())
    };
    // The owner of the advertisement pays the fee, and its balance is the one that moves.
    assert_eq!(range(ME, THEM, false, Completed), Some((-50_500, -50_500)));
    assert_eq!(range(ME, THEM, true, Completed), Some((49_500, 49_500)));
    // The initiator's bitcoin may go elsewhere, or come from a promise.
    assert_eq!(range(THEM, ME, false, Completed), Some((0, 50_000)));
    assert_eq!(range(THEM, ME, true, Completed), Some((-50_000, 0)));
    for status in [Opened, Disputed] {
        assert_eq!(range(ME, THEM, false, status), Some((-50_500, 0)));
        assert_eq!(range(ME, THEM, true, status), Some((0, 49_500)));
    }
    for status in [Canceled, WaitDeposit] {
        assert_eq!(range(ME, THEM, false, status), None);
    }
    assert_eq!(range(THEM, THEM, false, Completed), None);
}

#[test]
fn a_deal_without_a_stated_fee_may_cost_a_percent() {
    let mut sold = deal(ME, THEM, false, 150, DealStatus::Completed);
    sold.fee = None;
    let range = |deal: &Deal| Movement::of_deal(deal, ME).map(|movement| movement.range());
    assert_eq!(range(&sold), Some((-152, -150)));
    sold.payment = PaymentId::new(7);
    assert_eq!(range(&sold), None, "the payment accounts for it");
}

#[test]
fn what_has_no_outcome_may_have_left() {
    let unsettled = Movement::spent(sats(1_000)).perhaps();
    let before = balance(5_000, 0, 0);
    for (left, explained) in [
        (5_000, true),
        (4_000, true),
        (4_500, true),
        (3_999, false),
        (5_001, false),
    ] {
        assert_eq!(
            reckon(before, balance(left, 0, 0), &[unsettled]).explains(),
            explained,
            "{left}"
        );
    }
}

#[test]
fn moving_between_the_parts_is_no_change() {
    let quiet = reckon(balance(5_000, 700, 0), balance(4_700, 0, 1_000), &[]);
    assert!(quiet.explains(), "700 became confirmed, 1000 were deposited");
    let short = reckon(balance(5_000, 700, 0), balance(4_699, 0, 1_000), &[]);
    assert_eq!((short.explains(), short.unexplained()), (false, -1));
}

#[test]
fn incoming_amounts_announce_themselves() {
    let before = balance(5_000, 700, 0);
    // 700 became confirmed and 900 came: 200 to 900 are explained by the balance itself.
    assert!(reckon(before, balance(5_700, 900, 0), &[]).explains());
    assert_eq!(reckon(before, balance(5_701, 900, 0), &[]).unexplained(), 1);
    // The 900 are there, and less is confirmed than before.
    assert_eq!(reckon(before, balance(4_999, 900, 0), &[]).unexplained(), -1);
    // What was coming is gone.
    assert_eq!(reckon(before, balance(5_000, 0, 0), &[]).unexplained(), -700);
}

#[test]
fn what_cannot_be_so_explains_nothing() {
    let broken = reckon(
        balance(100, 0, 0),
        balance(0, 0, 0),
        &[Movement::spent(sats(500))],
    );
    assert_eq!((broken.expected_low, broken.expected_high), (-400, -400));
    assert_eq!(broken.unexplained(), 400);
}

#[test]
fn nothing_saturates() {
    let all = balance(MAX_SATS, MAX_SATS, MAX_SATS);
    let largest = reckon(all, all, &[Movement::other(i64::MIN, i64::MAX); 3]);
    assert_eq!(largest.found, 3 * i128::from(MAX_SATS));
    assert_eq!(largest.expected_low, largest.before + 3 * i128::from(i64::MIN));
    assert_eq!(Movement::other(3, -2).range(), (-2, 3));
}

#[test]
fn what_may_lie_outside_only_widens() {
    let readings = Span {
        from: second(10),
        to: second(20),
    };
    let spent = Movement::spent(sats(9));
    let at = |from, to| {
        spent
            .between(
                Span {
                    from: second(from),
                    to: second(to),
                },
                readings,
            )
            .map(|movement| movement.range())
    };
    assert_eq!(at(11, 19), Some((-9, -9)));
    for (from, to) in [(10, 15), (15, 20), (5, 12), (18, 30), (5, 30), (5, 10), (20, 30)] {
        assert_eq!(at(from, to), Some((-9, 0)), "{from} to {to}");
    }
    assert_eq!(at(1, 9), None);
    assert_eq!(at(21, 30), None);
    let unsure = Span::at(second(12)).widened(SignedDuration::from_secs(5));
    assert!(!spent.between(unsure, readings).unwrap().is_certain());
}
