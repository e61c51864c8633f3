//! Paying from balance, and what two clicks at once do.

use std::time::Duration;

use kvit_domain::{
    fault::FaultCode,
    money::Sats,
    payment::{Direction, PaymentStatus},
};
use kvit_engine::{PayEnd, PayFromBalance, Seal, Topic};
use kvit_proof::Verdict;
use kvit_sandbox::{Fault as Wrong, NewInvoice, Sats as BookSats, When};
use kvit_testkit::World;

use crate::{
    COFFEE, LIBRARY, LIBRARY_SELLER, assert_no,
    books::{Books, moved, payments_of, payments_on},
    desk, done, invoice, pay, refused, sats,
};

#[tokio::test(start_paused = true)]
async fn from_the_desk_to_the_verified_seal() {
    let world = World::new(1).await;
    let before = Books::of(&world);
    let desk = desk(&world, LIBRARY, 3).await;
    assert_eq!(desk.total, sats(37_500));
    assert!(desk.obstacle.is_none() && desk.balance_obstacle.is_none() && desk.pending.is_none());
    world.told.take();
    let (payment, differs) = done(pay(&world, LIBRARY, 3).await);

    assert!(!differs);
    let paid = &payment.payment;
    assert_eq!(paid.status, PaymentStatus::Paid);
    assert_eq!((paid.amount, paid.pieces), (sats(37_500), 3));
    assert_eq!(paid.direction(payment.me), Direction::FromMe);
    assert_eq!(paid.secrets.len(), 3, "one for each piece");
    assert!(paid.secrets.iter().all(|secret| !secret.text.is_empty()));
    match &payment.seal {
        Seal::Checked(Verdict::Verified { signed, .. }) => {
            assert_eq!(signed.key, world.sandbox.fingerprint());
            assert_eq!(signed.confirmation.payment_id, paid.id.get());
        }
        other => panic!("{other:?}"),
    }
    // One percent of a piece's price, times pieces, out of what the seller gets (section 1).
    let you = world.you();
    assert_eq!(
        Books::of(&world).since(&before),
        moved([(&you, -37_500, 0), (LIBRARY_SELLER, 37_125, 0), ("fees", 375, 0)])
    );
    let sold = payments_of(&world, LIBRARY_SELLER).await;
    assert_eq!(
        (sold[0].id, sold[0].status, sold[0].amount),
        (paid.id, PaymentStatus::Paid, sats(37_500))
    );
    let told = world.told.take();
    for topic in [Topic::Payment(paid.id), Topic::Payments, Topic::App] {
        assert!(told.contains(&topic), "{topic:?}");
    }
    world
        .until(|world| {
            let shown = world
                .engine
                .state()
                .money
                .map(|money| money.balance.confirmed.get());
            shown == Some(world.sandbox.balance(&you).unwrap().0.0)
        })
        .await;
    assert!(world.engine.state().operations.is_empty());
    assert_eq!(
        crate::desk(&world, LIBRARY, 1).await.already_paid,
        Some(paid.id),
        "the desk says that it was paid before"
    );
}

#[tokio::test(start_paused = true)]
async fn the_fee_of_the_worked_example_and_halves_to_the_even() {
    let world = World::new(2).await;
    let you = world.you();
    // 0.0012 BTC twice: section 1. Then 250 and 350 satoshi: a fee of 2.5 is 2, one of 3.5 is 4.
    for (price, pieces, fee) in [(120_000, 2, 2_400), (250, 1, 2), (350, 3, 12)] {
        let new = NewInvoice::public("roastery-nord", BookSats(price));
        let number = world.sandbox.issue_invoice(new).unwrap();
        let before = Books::of(&world);
        let (payment, ..) = done(pay(&world, number, pieces).await);
        let amount = price * i64::from(pieces);
        assert_eq!(payment.payment.amount, sats(amount));
        assert_eq!(
            Books::of(&world).since(&before),
            moved([
                (&you, -amount, 0),
                ("roastery-nord", amount - fee, 0),
                ("fees", fee, 0)
            ])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_invoice_is_one_piece_whatever_is_asked_and_is_paid_once() {
    let world = World::new(3).await;
    let you = world.you();
    let new = NewInvoice::private("vela-repair", &you, BookSats(90_000));
    let number = world.sandbox.issue_invoice(new).unwrap();
    let before = Books::of(&world);
    let (payment, ..) = done(pay(&world, number, 7).await);
    assert_eq!(
        (payment.payment.pieces, payment.payment.amount),
        (1, sats(90_000))
    );
    assert!(matches!(&payment.seal, Seal::Checked(verdict) if verdict.is_verified()));
    // Its fee was the seller's at issue.
    assert_eq!(
        Books::of(&world).since(&before),
        moved([(&you, -90_000, 0), ("vela-repair", 90_000, 0)])
    );
    let again = desk(&world, number, 1).await;
    assert_eq!(again.obstacle.unwrap().code, FaultCode::InvoiceNotActive);
}

#[tokio::test(start_paused = true)]
async fn the_last_satoshi_can_be_spent() {
    let world = World::new(4).await;
    let you = world.you();
    world.sandbox.set_balance(&you, BookSats(25_000)).unwrap();
    let (payment, ..) = done(pay(&world, LIBRARY, 2).await);
    assert_eq!(payment.payment.amount, sats(25_000));
    assert_eq!(world.sandbox.balance(&you).unwrap(), (BookSats(0), BookSats(0)));
}

async fn click(world: &World, seen: Sats) -> PayEnd {
    let request = PayFromBalance {
        account: world.account(),
        invoice: invoice(LIBRARY),
        pieces: 2,
        seen,
    };
    world.engine.pay_from_balance(request).await
}

#[tokio::test(start_paused = true)]
async fn two_clicks_at_once_pay_once() {
    let world = World::new(5).await;
    let before = Books::of(&world);
    let had = payments_on(&world, LIBRARY).await;
    let (one, two) = tokio::join!(click(&world, sats(25_000)), click(&world, sats(25_000)));
    let (paid, other) = if matches!(one, PayEnd::Done { .. }) {
        (one, two)
    } else {
        (two, one)
    };
    done(paid);
    assert_eq!(refused(other).code, FaultCode::OperationInProgress);
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1);
    assert_eq!(payments_on(&world, LIBRARY).await, had + 1);
    assert_eq!(Books::of(&world).since(&before)[&world.you()], (-25_000, 0));
}

/// One click reads the list of payments for ten seconds, whichever list that is; the other one pays meanwhile. What
/// the slow one has read is too old then.
#[tokio::test(start_paused = true)]
async fn a_slow_click_does_not_pay_after_a_quick_one() {
    for read in ["GetInvoicePayments", "GetInvoiceById", "GetBalances"] {
        let world = World::new(6).await;
        let had = payments_on(&world, LIBRARY).await;
        let late = Wrong::Delay(Duration::from_secs(10));
        world.sandbox.faults().once(read, When::After, late);
        let (one, two) = tokio::join!(click(&world, sats(25_000)), click(&world, sats(25_000)));
        let ends = [one, two];
        let paid = ends
            .iter()
            .filter(|end| matches!(end, PayEnd::Done { .. }))
            .count();
        assert_eq!(paid, 1, "{read}: {ends:?}");
        assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1, "{read}");
        assert_eq!(payments_on(&world, LIBRARY).await, had + 1, "{read}");
    }
}

/// The person wants it twice, and looks twice: that is allowed, for a public invoice.
#[tokio::test(start_paused = true)]
async fn what_is_wanted_twice_is_paid_twice() {
    let world = World::new(7).await;
    let had = payments_on(&world, LIBRARY).await;
    let (one, ..) = done(pay(&world, LIBRARY, 1).await);
    let (two, ..) = done(pay(&world, LIBRARY, 1).await);
    assert_ne!(one.payment.id, two.payment.id);
    assert_eq!(payments_on(&world, LIBRARY).await, had + 2);
}

#[tokio::test(start_paused = true)]
async fn a_price_that_moves_between_sight_and_click_is_refused_with_both() {
    let world = World::new(8).await;
    let seen = desk(&world, COFFEE, 2).await.total;
    world.sandbox.set_market(kvit_sandbox::Cents(5_000_000)).unwrap();
    let now = desk(&world, COFFEE, 2).await.total;
    assert_ne!(seen, now);
    let before = Books::of(&world);
    let request = PayFromBalance {
        account: world.account(),
        invoice: invoice(COFFEE),
        pieces: 2,
        seen,
    };
    let fault = refused(world.engine.pay_from_balance(request).await);
    assert_no(&fault, FaultCode::PriceChanged);
    assert_eq!(fault.value("seen"), Some(seen.to_string().as_str()));
    assert_eq!(fault.value("now"), Some(now.to_string().as_str()));
    assert_eq!(Books::of(&world), before);
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 0);
    // Having seen the new one, the person may pay it.
    done(
        world
            .engine
            .pay_from_balance(PayFromBalance { seen: now, ..request })
            .await,
    );
}

/// The call carries no price (section 7.3): one that moves while it is on its way is paid, and said to differ.
#[tokio::test(start_paused = true)]
async fn a_price_that_moves_under_way_is_said_to_differ() {
    let world = World::new(9).await;
    let late = Wrong::Delay(Duration::from_secs(5));
    world
        .sandbox
        .faults()
        .once("PayInvoiceFromBalance", When::Before, late);
    let moves = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        world
            .sandbox
            .set_invoice_price(LIBRARY, BookSats(13_000))
            .unwrap();
    };
    let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), moves);
    let (payment, differs) = done(end);
    assert_eq!(payment.payment.amount, sats(26_000));
    assert!(differs);
}

/// The screen that asked is closed while the call is on its way.
#[tokio::test(start_paused = true)]
async fn a_click_whose_screen_is_closed_is_carried_to_its_end() {
    let world = World::new(10).await;
    let had = payments_on(&world, LIBRARY).await;
    let late = Wrong::Delay(Duration::from_secs(5));
    world
        .sandbox
        .faults()
        .once("PayInvoiceFromBalance", When::After, late);
    let gone = tokio::time::timeout(Duration::from_secs(3), pay(&world, LIBRARY, 2)).await;
    assert!(gone.is_err());
    assert_eq!(
        world.engine.state().operations.len(),
        1,
        "it is still on its way, and said to be"
    );
    let fault = refused(click(&world, sats(25_000)).await);
    assert_eq!(fault.code, FaultCode::OperationInProgress);
    world
        .until(|world| world.engine.state().operations.is_empty())
        .await;
    assert_eq!(payments_on(&world, LIBRARY).await, had + 1);
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1);
}
