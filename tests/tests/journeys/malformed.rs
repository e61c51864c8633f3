//! Answers that break the contract: a fault with the field's path, never a panic, never an amount of our own.

use kvit_domain::fault::{Fault, FaultCode};
use kvit_engine::{ConnectionState, PayEnd, PaymentsQuery, SyncStep};
use kvit_proto::v1;
use kvit_testkit::World;
use prost::Message;

use crate::{
    LIBRARY, MAP, books::Books, desk, done, fault_of, listed, open_deal, pay, pay_by_deal, read_again,
};

fn decimal(units: i64, nanos: i32) -> Option<v1::Decimal> {
    Some(v1::Decimal { units, nanos })
}

fn assert_at(fault: &Fault, path: &str) {
    assert_eq!(
        (fault.code, fault.value("path")),
        (FaultCode::Malformed, Some(path)),
        "{fault:?}"
    );
}

type Page = v1::GetInvoicePaymentsResponse;

#[tokio::test(start_paused = true)]
async fn a_payment_names_the_field() {
    type Change = fn(&mut v1::InvoicePayment);
    let changes: [(&str, Change); 8] = [
        ("Payments[1].CryptoAmount", |one| one.crypto_amount = None),
        ("Payments[1].CryptoAmount", |one| {
            one.crypto_amount = decimal(-1, 0)
        }),
        ("Payments[1].CryptoAmount", |one| {
            one.crypto_amount = decimal(0, 5)
        }),
        ("Payments[1].CryptoAmount", |one| {
            one.crypto_amount = decimal(21_000_001, 0)
        }),
        ("Payments[1].Status", |one| one.status = 3),
        ("Payments[1].Pieces", |one| one.pieces = 0),
        ("Payments[1].Owner", |one| one.owner = None),
        ("Payments[1].Id", |one| one.id = 0),
    ];
    for (path, change) in changes {
        let world = World::disconnected(180).await;
        // Before anything was read: there are no copies to fall back on.
        world.sandbox.faults().alter(move |page: &mut Page| {
            if let Some(one) = page.payments.get_mut(1) {
                change(one);
            }
        });
        world.engine.start_practice().await.unwrap();
        world.until(|world| sync(world).fault.is_some()).await;
        let told = sync(&world);
        assert_at(&told.fault.unwrap(), path);
        assert_eq!((told.state, told.finished), (SyncStep::Waiting, None));
        let shown = listed(&world, &PaymentsQuery::default()).await.unwrap();
        assert_eq!(
            (shown.total, shown.read),
            (0, None),
            "and not that there are none"
        );
        assert_eq!(
            fault_of(world.engine.pay_desk("640", None).await).code,
            FaultCode::Malformed,
            "what was paid before is not known: nothing is paid on that"
        );
        world.sandbox.faults().clear();
        done(pay(&world, LIBRARY, 1).await);
        read_again(&world).await;
        assert_eq!((sync(&world).state, sync(&world).fault), (SyncStep::Done, None));
    }
}

fn sync(world: &World) -> kvit_engine::SyncProgress {
    world.engine.state().sync.unwrap()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_paid_on_what_cannot_be_read() {
    type Change = fn(&World);
    let changes: [(&str, Change); 6] = [
        ("Confirmed", |world| {
            world
                .sandbox
                .faults()
                .alter(|balance: &mut v1::Balance| balance.confirmed = decimal(-1, 0));
        }),
        ("Invoices[0].CurrentCryptoPrice", |world| {
            world
                .sandbox
                .faults()
                .alter(|page: &mut v1::GetInvoicesResponse| {
                    page.invoices[0].current_crypto_price = None;
                });
        }),
        ("Invoices[0].CurrentCryptoPrice", |world| {
            world
                .sandbox
                .faults()
                .alter(|page: &mut v1::GetInvoicesResponse| {
                    page.invoices[0].current_crypto_price = decimal(i64::MAX, i32::MAX);
                });
        }),
        ("Invoices[0].Status", |world| {
            world
                .sandbox
                .faults()
                .alter(|page: &mut v1::GetInvoicesResponse| page.invoices[0].status = -1);
        }),
        ("Invoices[0].Owner", |world| {
            world
                .sandbox
                .faults()
                .alter(|page: &mut v1::GetInvoicesResponse| page.invoices[0].owner = None);
        }),
        // An answer about something else than what was asked.
        ("Invoices[0].Id", |world| {
            world
                .sandbox
                .faults()
                .alter(|page: &mut v1::GetInvoicesResponse| page.invoices[0].id = 88);
        }),
    ];
    for (path, change) in changes {
        let world = World::new(181).await;
        let seen = desk(&world, LIBRARY, 1).await;
        let before = Books::of(&world);
        change(&world);
        assert_at(&fault_of(world.engine.pay_desk("640", None).await), path);
        let request = kvit_engine::PayFromBalance {
            account: world.account(),
            invoice: seen.invoice.id,
            pieces: 1,
            seen: seen.total,
        };
        match world.engine.pay_from_balance(request).await {
            PayEnd::Refused(fault) => assert_at(&fault, path),
            other => panic!("{other:?}"),
        }
        assert_eq!(Books::of(&world), before);
        assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 0);
    }
}

/// Offers that the server should not have sent: ads that buy, other countries, sums outside the limits.
#[tokio::test(start_paused = true)]
async fn offers_that_do_not_fit_are_not_shown() {
    let world = World::new(182).await;
    let good = crate::offers(&world, LIBRARY, 3).await;
    assert!(good.len() > 1);
    type Change = fn(&mut v1::Advertisement);
    let changes: [Change; 4] = [
        |ad| ad.is_buy = true,
        |ad| ad.country = "DE".to_owned(),
        |ad| ad.payment_type = "VENMO".to_owned(),
        |ad| ad.min_amount = decimal(1_000_000, 0),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        world
            .sandbox
            .faults()
            .alter(move |page: &mut v1::GetInvoiceSuitableAdvertisementResponse| {
                change(&mut page.advertisements[0])
            });
        let left = crate::offers(&world, LIBRARY, 3).await;
        assert_eq!(left.len(), good.len() - 1, "{number}");
        assert!(left.iter().all(|offer| offer.ad.id != good[0].ad.id));
        world.sandbox.faults().clear();
    }
}

/// The deal that the server opens costs more than the person agreed to: it is said at once, before any fiat is sent.
#[tokio::test(start_paused = true)]
async fn a_deal_at_another_sum_is_said_to_differ() {
    let world = World::new(183).await;
    world.sandbox.faults().alter(|payment: &mut v1::InvoicePayment| {
        if let Some(v1::invoice_payment::NullableDeal::Deal(deal)) = &mut payment.nullable_deal {
            deal.fiat_amount.as_mut().unwrap().units += 1;
        }
    });
    world.sandbox.faults().alter(|page: &mut Page| {
        for payment in &mut page.payments {
            if let Some(v1::invoice_payment::NullableDeal::Deal(deal)) = &mut payment.nullable_deal {
                deal.fiat_amount.as_mut().unwrap().units += 1;
            }
        }
    });
    let (_, differs) = done(pay_by_deal(&world, LIBRARY, 3, true).await);
    assert!(differs);
}

/// Every answer, with bytes changed at random as far as they still are a message: whatever the engine says of it, it
/// says; and afterwards everything works.
#[tokio::test(start_paused = true)]
async fn no_answer_breaks_the_app() {
    let world = World::new(184).await;
    let (_, deal) = open_deal(&world).await;
    let faults = world.sandbox.faults();
    faults.alter(|message: &mut Page| mutate(message));
    faults.alter(|message: &mut v1::GetInvoicesResponse| mutate(message));
    faults.alter(|message: &mut v1::GetMyDealsResponse| mutate(message));
    faults.alter(|message: &mut v1::Deal| mutate(message));
    faults.alter(|message: &mut v1::Event| mutate(message));
    faults.alter(|message: &mut v1::Variables| mutate(message));
    faults.alter(|message: &mut v1::Balance| mutate(message));
    faults.alter(|message: &mut v1::MyProfileResponse| mutate(message));
    faults.alter(|message: &mut v1::GetInvoiceSuitableAdvertisementResponse| mutate(message));
    let mut faults_seen = 0;
    for round in 0..150 {
        if round % 10 == 0 {
            world.sandbox.buy("marta.k", 777, 1).unwrap();
            faults.end_streams();
        }
        listed(&world, &PaymentsQuery::default()).await.unwrap();
        faults_seen += u32::from(world.engine.sync_go().is_err());
        faults_seen += u32::from(world.engine.pay_desk("51", Some(1)).await.is_err());
        faults_seen += u32::from(world.engine.deals().await.is_err());
        faults_seen += u32::from(world.engine.deal_now(deal.deal.id).await.is_err());
        let offers = world
            .engine
            .suitable_ads(crate::invoice(51), 1, &crate::zelle())
            .await;
        faults_seen += u32::from(offers.is_err());
        world.engine.state();
    }
    assert!(faults_seen > 50, "the changes were noticed: {faults_seen}");
    faults.clear();
    world.engine.reconnect().await.unwrap();
    world
        .until(|world| world.engine.state().connection.state == ConnectionState::Connected)
        .await;
    done(pay(&world, MAP, 1).await);
    world.engine.deal_now(deal.deal.id).await.unwrap();
}

/// Changes one byte of a message; if it is no message then, leaves it as it was.
fn mutate<M: Message + Default>(message: &mut M) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(0x9E37_79B9_7F4A_7C15);
    let mut bytes = message.encode_to_vec();
    if bytes.is_empty() {
        return;
    }
    // A plain generator, so that a failure comes again.
    let next = |seed: u64| {
        seed.wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
    };
    let seed = SEED
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |seed| Some(next(seed)))
        .unwrap();
    let place = usize::try_from(seed >> 33).unwrap() % bytes.len();
    bytes[place] = u8::try_from((seed >> 20) & 0xFF).unwrap();
    if let Ok(changed) = M::decode(bytes.as_slice()) {
        *message = changed;
    }
}
