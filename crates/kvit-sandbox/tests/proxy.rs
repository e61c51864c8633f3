//! What the front proxy of the real marketplace does to calls, and what may happen to events.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::World;
use kvit_proto::v1;
use kvit_proto::v1::event::Content;
use kvit_sandbox::{Code, Fault, NewInvoice, Sats, When};
use tokio_stream::StreamExt;

const PAY: &str = "PayInvoiceFromBalance";

/// A world, an invoice in it at 10 000 satoshis a piece, and the call that pays it.
async fn shop() -> (World, v1::PayInvoiceFromBalanceRequest) {
    let world = World::open().await;
    let new = NewInvoice::public("mapwright", Sats(10_000));
    let invoice_id = world.sandbox.issue_invoice(new).unwrap();
    (
        world,
        v1::PayInvoiceFromBalanceRequest {
            invoice_id,
            pieces: 1,
        },
    )
}

/// The payments on an invoice, oldest first, and what the buyer has less than `before`.
async fn made(world: &World, invoice: u64, before: Sats) -> (Vec<u64>, i64) {
    let mut all = world.payments(0).await;
    all.reverse();
    let on = |payment: &&v1::InvoicePayment| payment.invoice.as_ref().unwrap().id == invoice;
    let ids = all.iter().filter(on).map(|payment| payment.id).collect();
    (ids, before.0 - world.sandbox.balance("you").unwrap().0.0)
}

#[tokio::test]
async fn a_repeat_pays_twice_and_either_answer_may_come() {
    for when in [When::Before, When::After] {
        let (world, pay) = shop().await;
        let before = world.sandbox.balance("you").unwrap().0;
        world.sandbox.faults().once(PAY, when, Fault::Twice);
        let answer = world.client().await.pay_invoice_from_balance(pay).await;
        let answered = answer.unwrap().into_inner().id;
        let (ids, spent) = made(&world, pay.invoice_id, before).await;
        assert_eq!((ids.len(), spent), (2, 20_000), "{when:?}");
        let expected = if when == When::Before { ids[1] } else { ids[0] };
        assert_eq!(answered, expected, "{when:?}");
    }
}

#[tokio::test]
async fn a_repeat_of_what_was_refused_is_refused() {
    let (world, pay) = shop().await;
    world.sandbox.faults().once(PAY, When::Before, Fault::Twice);
    // Enough for one of the two.
    world.sandbox.set_balance("you", Sats(15_000)).unwrap();
    let answer = world.client().await.pay_invoice_from_balance(pay).await;
    assert_eq!(
        common::text(&answer.unwrap_err()),
        "UserException: Insufficient funds to pay the invoice."
    );
    let (ids, spent) = made(&world, pay.invoice_id, Sats(15_000)).await;
    assert_eq!((ids.len(), spent), (1, 10_000), "refused in words, and yet paid");
}

#[tokio::test(start_paused = true)]
async fn a_late_repeat_comes_after_the_error() {
    let (world, pay) = shop().await;
    let before = world.sandbox.balance("you").unwrap().0;
    let late = Duration::from_secs(45);
    world
        .sandbox
        .faults()
        .once(PAY, When::Before, Fault::TwiceAfter(late));
    let error = world.client().await.pay_invoice_from_balance(pay).await;
    assert_eq!(error.unwrap_err().code(), Code::Unavailable);
    assert_eq!(made(&world, pay.invoice_id, before).await.0.len(), 1);
    tokio::time::sleep(late + Duration::from_secs(1)).await;
    let (ids, spent) = made(&world, pay.invoice_id, before).await;
    assert_eq!((ids.len(), spent), (2, 20_000));
}

#[tokio::test(start_paused = true)]
async fn a_late_repeat_may_be_what_is_answered() {
    let (world, pay) = shop().await;
    let before = world.sandbox.balance("you").unwrap().0;
    let late = Duration::from_secs(20);
    world
        .sandbox
        .faults()
        .once(PAY, When::After, Fault::TwiceAfter(late));
    let began = tokio::time::Instant::now();
    let answered = world.client().await.pay_invoice_from_balance(pay).await;
    assert!(began.elapsed() >= late);
    let (ids, _) = made(&world, pay.invoice_id, before).await;
    assert_eq!(ids, [ids[0], answered.unwrap().into_inner().id]);
}

#[tokio::test(start_paused = true)]
async fn a_late_call_is_executed_though_the_caller_was_told_otherwise_or_has_left() {
    let late = Duration::from_secs(60);
    for when in [When::Before, When::After] {
        let (world, pay) = shop().await;
        let before = world.sandbox.balance("you").unwrap().0;
        world.sandbox.faults().once(PAY, when, Fault::Late(late));
        let mut client = world.client().await;
        let call = client.pay_invoice_from_balance(pay);
        let heard = tokio::time::timeout(Duration::from_secs(30), call).await;
        match when {
            When::Before => assert_eq!(heard.unwrap().unwrap_err().code(), Code::Unavailable),
            When::After => assert!(heard.is_err(), "silence"),
        }
        drop(client);
        assert_eq!(made(&world, pay.invoice_id, before).await, (vec![], 0));
        tokio::time::sleep(late).await;
        let (ids, spent) = made(&world, pay.invoice_id, before).await;
        assert_eq!((ids.len(), spent), (1, 10_000), "{when:?}");
    }
}

#[tokio::test]
async fn plain_http_comes_without_a_word_of_grpc() {
    let (world, pay) = shop().await;
    let before = world.sandbox.balance("you").unwrap().0;
    let faults = world.sandbox.faults();
    let mut api = world.client().await;
    faults.once(PAY, When::Before, Fault::Http(503));
    let status = api.pay_invoice_from_balance(pay).await.unwrap_err();
    // The client stumbles over the proxy's text, which is no message of the contract.
    assert!(status.message().contains("503"), "{status:?}");
    assert!(status.metadata().get("practice-plain-http").is_none());
    assert_eq!(made(&world, pay.invoice_id, before).await.0.len(), 0);
    faults.once(PAY, When::After, Fault::Http(502));
    assert!(api.pay_invoice_from_balance(pay).await.is_err());
    assert_eq!(made(&world, pay.invoice_id, before).await.0.len(), 1);
    for (http, code) in [
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (429, Code::Unavailable),
    ] {
        faults.once(PAY, When::Before, Fault::Http(http));
        let status = api.pay_invoice_from_balance(pay).await.unwrap_err();
        assert_eq!(status.code(), code);
    }
    faults.once("SubscribeNewEvents", When::Before, Fault::Http(503));
    // A client of the contract learns it at the first message.
    let mut stream = api.subscribe_new_events(()).await.unwrap().into_inner();
    assert!(stream.next().await.unwrap().is_err());
    let mut stream = api.subscribe_new_events(()).await.unwrap().into_inner();
    assert!(stream.next().await.unwrap().is_ok());
}

/// Numbers of the payments that the stored events of the seller `you` name, as a new subscription tells them.
async fn stored(world: &World, count: usize) -> Vec<u64> {
    let stream = world.client().await.subscribe_new_events(()).await;
    let mut stream = stream.unwrap().into_inner();
    let first = stream.next().await.unwrap().unwrap();
    assert!(matches!(first.content, Some(Content::Balance(_))));
    let mut numbers = Vec::new();
    while numbers.len() < count {
        if let Some(Content::InvoicePaymentNew(payment)) = stream.next().await.unwrap().unwrap().content {
            numbers.push(payment.id);
        }
    }
    numbers
}

#[tokio::test]
async fn stored_events_come_reordered_and_doubled_alike_for_the_same_seed() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let world = World::open().await;
        let new = NewInvoice::public("you", Sats(10_000));
        let invoice = world.sandbox.issue_invoice(new).unwrap();
        let made: Vec<u64> = (0..12)
            .map(|_| world.sandbox.buy("marta.k", invoice, 1).unwrap())
            .collect();
        assert_eq!(stored(&world, 12).await, made);
        world.sandbox.faults().reorder_events(5);
        world.sandbox.faults().duplicate_events(1);
        let jumbled = stored(&world, 24).await;
        assert!(!jumbled.is_sorted());
        for id in made {
            assert_eq!(jumbled.iter().filter(|other| **other == id).count(), 2);
        }
        assert_eq!(
            world.sandbox.faults().spoilt_events().doubled,
            13,
            "and the unread invoice"
        );
        told.push(jumbled);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test(start_paused = true)]
async fn live_events_are_lost_doubled_and_overtake_each_other() {
    let world = World::open().await;
    let new = NewInvoice::public("you", Sats(10_000));
    let invoice = world.sandbox.issue_invoice(new).unwrap();
    let mut api = world.client().await;
    let mut stream = api.subscribe_new_events(()).await.unwrap().into_inner();
    // The balance, and the unread invoice the world begins with.
    for _ in 0..2 {
        assert!(stream.next().await.is_some());
    }
    // Balance, InvoicePaymentUpdated, InvoicePaymentNew.
    let buy = || world.sandbox.buy("marta.k", invoice, 1).unwrap();
    let is_new = |event: &v1::Event| matches!(event.content, Some(Content::InvoicePaymentNew(_)));

    world.sandbox.faults().lose_events(3);
    buy();
    assert!(!is_new(&stream.next().await.unwrap().unwrap()));
    assert!(!is_new(&stream.next().await.unwrap().unwrap()));
    // The third is lost: what comes next is a heartbeat. It was a stored one, so it can be asked for.
    let next = stream.next().await.unwrap().unwrap();
    assert!(matches!(next.content, Some(Content::KeepAlive(_))));
    let kept = api.get_user_events(()).await.unwrap().into_inner().events;
    assert_eq!(kept.iter().filter(|event| is_new(event)).count(), 1);

    world.sandbox.faults().clear();
    world.sandbox.faults().duplicate_events(1);
    buy();
    let mut came = Vec::new();
    for _ in 0..6 {
        came.push(stream.next().await.unwrap().unwrap());
    }
    for pair in came.chunks(2) {
        assert_eq!((pair[0].id, pair[0].created_at), (pair[1].id, pair[1].created_at));
    }

    world.sandbox.faults().clear();
    world.sandbox.faults().reorder_events(40);
    let bought: Vec<u64> = (0..10).map(|_| buy()).collect();
    let mut told = Vec::new();
    while told.len() < 10 {
        let event = stream.next().await.unwrap().unwrap();
        assert!(
            !matches!(event.content, Some(Content::KeepAlive(_))),
            "held for a second at most"
        );
        if let Some(Content::InvoicePaymentNew(payment)) = event.content {
            told.push(payment.id);
        }
    }
    assert_ne!(told, bought);
    told.sort_unstable();
    assert_eq!(told, bought);
    assert!(world.sandbox.faults().spoilt_events().overtook > 0);
}
