//! Paying through an advertisement, to every end a deal can have.

use std::time::Duration;

use kvit_domain::{
    Decimal,
    deal::DealStatus,
    fault::{FaultCode, MoneyMoved},
    message::Talk,
    payment::PaymentStatus,
};
use kvit_engine::{OperationState, PayByDeal, Seal, Topic, WaitsFor};
use kvit_testkit::World;

use crate::{
    LIBRARY, LIBRARY_SELLER, assert_no,
    books::{Books, moved},
    delivered, desk, done, fault_of, invoice, offers, open_deal, pay_by_deal, refused, sats, zelle,
};

/// From the offers to the verified seal: with the best price by number, with whatever is cheapest, and with another
/// offer than the best.
#[tokio::test(start_paused = true)]
async fn a_deal_to_the_verified_seal() {
    for (place, by_number) in [(0, true), (0, false), (1, true)] {
        let world = World::new(40).await;
        let you = world.you();
        let before = Books::of(&world);
        let all = offers(&world, LIBRARY, 3).await;
        assert!(all.is_sorted_by_key(|offer| offer.ad.price.amount()) && all.len() > 1);
        let offer = &all[place];
        let request = PayByDeal {
            account: world.account(),
            invoice: invoice(LIBRARY),
            pieces: 3,
            seen: desk(&world, LIBRARY, 3).await.total,
            choice: zelle(),
            ad: by_number.then_some(offer.ad.id),
            seen_fiat: offer.cost.amount(),
        };
        let (payment, differs) = done(world.engine.pay_by_deal(request).await);
        assert!(!differs);
        assert_eq!(payment.payment.status, PaymentStatus::Pending);
        assert_eq!(payment.seal, Seal::NothingYet);
        assert_eq!(payment.turn().unwrap().waits_for, WaitsFor::MyTransfer);
        let deal = payment.payment.deal.as_ref().unwrap();
        assert_eq!((deal.ad.id, deal.fiat), (offer.ad.id, offer.cost));
        assert_eq!(deal.amount, sats(37_500));
        let trader = deal.owner.name.clone();
        assert_eq!(
            Books::of(&world).since(&before),
            moved([(&trader, -37_875, 37_875)]),
            "amount and fee are the trader's, and locked"
        );
        assert_eq!(world.engine.state().deals_waiting, 1);

        // The trader writes where to.
        let id = deal.id;
        world.pass(10).await;
        let open = world.engine.deal_now(id).await.unwrap();
        assert_eq!(open.deal.messages.len(), 1);
        assert!(open.deal.messages[0].text.contains("PRACTICE"));
        // The person says something, and that the fiat was sent.
        delivered(&world, Talk::Deal(id), "  Sent from my own account.  ").await;
        let last = world
            .engine
            .deal_now(id)
            .await
            .unwrap()
            .deal
            .messages
            .pop()
            .unwrap();
        assert_eq!(
            (last.text.as_str(), last.author),
            ("Sent from my own account.", Some(open.me))
        );
        let declared = world
            .engine
            .declare_paid(world.account(), id, deal.fiat.amount())
            .await
            .unwrap();
        assert!(declared.deal.fiat_declared);
        assert_eq!(declared.turn().unwrap().waits_for, WaitsFor::TheirConfirmation);
        assert_eq!(world.engine.state().deals_waiting, 0);
        world.told.take();
        world.pass(20).await;

        let paid = world.engine.payment_now(payment.payment.id).await.unwrap();
        assert_eq!(paid.payment.status, PaymentStatus::Paid);
        assert!(matches!(&paid.seal, Seal::Checked(verdict) if verdict.is_verified()));
        assert_eq!(paid.payment.secrets.len(), 3);
        assert_eq!(
            world.engine.deal_now(id).await.unwrap().deal.status,
            DealStatus::Completed
        );
        assert_eq!(
            Books::of(&world).since(&before),
            moved([
                (&trader, -37_875, 0),
                (LIBRARY_SELLER, 37_125, 0),
                ("fees", 375 + 375, 0)
            ]),
            "the person's own bitcoin is untouched"
        );
        let told = world.told.take();
        for topic in [Topic::Deal(id), Topic::Payment(payment.payment.id)] {
            assert!(told.contains(&topic), "{topic:?}");
        }
        assert!(desk(&world, LIBRARY, 3).await.last_choice == Some(zelle()));
        assert_eq!(world.sandbox.balance(&you).unwrap().1.0, 0);
    }
}

/// The pending payment is older than what the desk looks through; the marketplace answers with it, unchanged (section
/// 7.2). Found by the soak: it was told as done.
#[tokio::test(start_paused = true)]
async fn an_older_pending_payment_that_comes_back_is_not_this_one() {
    let world = World::new(47).await;
    let (pending, _) = open_deal(&world).await;
    world.sandbox.bulk_payments(300).unwrap();
    let pieces = pending.payment.pieces + 1;
    let shown = desk(&world, LIBRARY, pieces).await;
    assert!(shown.pending.is_none(), "too old to be seen before");
    let before = Books::of(&world);
    for by_number in [true, false] {
        let fault = refused(pay_by_deal(&world, LIBRARY, pieces, by_number).await);
        assert_eq!(fault.code, FaultCode::PaymentPending);
        let id = pending.payment.id.to_string();
        assert_eq!(fault.value("payment"), Some(id.as_str()));
        assert_eq!(fault.money, MoneyMoved::No);
        assert_eq!(Books::of(&world).since(&before), moved([]));
        let (_, operation) = world.engine.operations(None, 1).unwrap().remove(0);
        assert!(
            matches!(operation.state, OperationState::Refused(_)),
            "{operation:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_trader_cancels() {
    let world = World::new(41).await;
    let before = Books::of(&world);
    let (payment, deal) = open_deal(&world).await;
    world.told.take();
    world.sandbox.trader_cancels(deal.deal.id.get()).unwrap();
    world
        .until(|world| world.told.take().contains(&Topic::Deal(deal.deal.id)))
        .await;
    assert_canceled(&world, &payment, &deal, &before).await;
}

/// The payment and its deal are canceled, everybody has what they had, and the invoice can be paid again.
async fn assert_canceled(
    world: &World,
    payment: &kvit_engine::SeenPayment,
    deal: &kvit_engine::SeenDeal,
    before: &Books,
) {
    let payment = world.engine.payment_now(payment.payment.id).await.unwrap();
    assert_eq!(payment.payment.status, PaymentStatus::Canceled);
    assert_eq!(payment.seal, Seal::NothingYet);
    assert_eq!(payment.turn(), None);
    let deal = world.engine.deal_now(deal.deal.id).await.unwrap();
    assert_eq!(deal.deal.status, DealStatus::Canceled);
    assert_eq!(deal.turn(), None);
    assert_eq!(&Books::of(world), before);
    assert_eq!(world.engine.state().deals_waiting, 0);
    let fault = fault_of(
        world
            .engine
            .send_message(world.account(), Talk::Deal(deal.deal.id), "Hello?")
            .await,
    );
    assert_no(&fault, FaultCode::DealClosedForMessages);
    let fault = fault_of(
        world
            .engine
            .declare_paid(world.account(), deal.deal.id, deal.deal.fiat.amount())
            .await,
    );
    assert_no(&fault, FaultCode::DealNotOpen);
    assert!(desk(world, LIBRARY, 3).await.pending.is_none());
    done(pay_by_deal(world, LIBRARY, 3, true).await);
}

#[tokio::test(start_paused = true)]
async fn the_window_ends_unpaid() {
    let world = World::new(42).await;
    let before = Books::of(&world);
    let (payment, deal) = open_deal(&world).await;
    let window = u64::from(deal.deal.ad.window_minutes) * 60;
    world.sandbox.clock().advance(Duration::from_secs(window - 1));
    world.sandbox.step().await;
    assert_eq!(
        world.engine.deal_now(deal.deal.id).await.unwrap().deal.status,
        DealStatus::Opened
    );
    world.sandbox.clock().advance(Duration::from_secs(1));
    world.sandbox.step().await;
    assert_canceled(&world, &payment, &deal, &before).await;
}

#[tokio::test(start_paused = true)]
async fn the_buyer_cancels_the_payment_or_the_deal() {
    for cancel_payment in [true, false] {
        let world = World::new(43).await;
        let before = Books::of(&world);
        let (payment, deal) = open_deal(&world).await;
        if cancel_payment {
            let canceled = world
                .engine
                .cancel_payment(world.account(), payment.payment.id)
                .await
                .unwrap();
            assert_eq!(canceled.payment.status, PaymentStatus::Canceled);
        } else {
            let canceled = world
                .engine
                .cancel_deal(world.account(), deal.deal.id)
                .await
                .unwrap();
            assert_eq!(canceled.deal.status, DealStatus::Canceled);
        }
        assert_no(
            &fault_of(
                world
                    .engine
                    .cancel_payment(world.account(), payment.payment.id)
                    .await,
            ),
            FaultCode::PaymentCanceled,
        );
        assert_no(
            &fault_of(world.engine.cancel_deal(world.account(), deal.deal.id).await),
            FaultCode::DealNotOpen,
        );
        assert_canceled(&world, &payment, &deal, &before).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_declared_is_neither_canceled_nor_declared_again() {
    let world = World::new(44).await;
    let (payment, deal) = open_deal(&world).await;
    let (id, fiat) = (deal.deal.id, deal.deal.fiat.amount());
    world
        .engine
        .declare_paid(world.account(), id, fiat)
        .await
        .unwrap();
    let before = Books::of(&world);
    assert_no(
        &fault_of(world.engine.cancel_deal(world.account(), id).await),
        FaultCode::FiatDeclared,
    );
    assert_no(
        &fault_of(
            world
                .engine
                .cancel_payment(world.account(), payment.payment.id)
                .await,
        ),
        FaultCode::FiatDeclared,
    );
    assert_no(
        &fault_of(world.engine.declare_paid(world.account(), id, fiat).await),
        FaultCode::AlreadyDeclared,
    );
    assert_eq!(Books::of(&world), before);
    for (rpc, calls) in [("CancelDeal", 0), ("CancelInvoicePayment", 0), ("IPayed", 1)] {
        assert_eq!(world.sandbox.faults().calls(rpc), calls, "{rpc}");
    }
}

/// The rpc that says "I paid" is the one that releases bitcoin (section 13.5): the person declares the sum they saw,
/// or nothing.
#[tokio::test(start_paused = true)]
async fn another_sum_than_the_one_seen_is_not_declared() {
    let world = World::new(45).await;
    let (_, deal) = open_deal(&world).await;
    let fiat = deal.deal.fiat.amount();
    let fault = fault_of(
        world
            .engine
            .declare_paid(world.account(), deal.deal.id, fiat + Decimal::ONE)
            .await,
    );
    assert_no(&fault, FaultCode::AdChanged);
    assert_eq!(fault.value("now"), Some(deal.deal.fiat.amount_text().as_str()));
    assert_eq!(world.sandbox.faults().calls("IPayed"), 0);
    assert!(
        !world
            .engine
            .deal_now(deal.deal.id)
            .await
            .unwrap()
            .deal
            .fiat_declared
    );
}

/// The trader completes while the person's cancellation is on its way: that is no success.
#[tokio::test(start_paused = true)]
async fn a_payment_that_was_paid_meanwhile_was_not_canceled() {
    use kvit_sandbox::{Fault as Wrong, When};
    let world = World::new(46).await;
    let (payment, deal) = open_deal(&world).await;
    world.sandbox.faults().once(
        "CancelInvoicePayment",
        When::Before,
        Wrong::Delay(Duration::from_secs(5)),
    );
    let completes = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.sandbox.trader_completes(deal.deal.id.get()).unwrap();
    };
    let (canceled, ()) = tokio::join!(
        world.engine.cancel_payment(world.account(), payment.payment.id),
        completes
    );
    assert_no(&fault_of(canceled), FaultCode::PaymentAlreadyPaid);
    assert_eq!(
        world
            .engine
            .payment_now(payment.payment.id)
            .await
            .unwrap()
            .payment
            .status,
        PaymentStatus::Paid
    );
}

#[tokio::test(start_paused = true)]
async fn somebody_else_s_deal_is_not_found() {
    let world = World::new(48).await;
    // Made in the past of the practice world, between two others.
    let number = world
        .line_of("juniper")
        .deals(&DealStatus::ALL, 10)
        .await
        .unwrap()[0]
        .id;
    assert_no(
        &fault_of(world.engine.deal_now(number).await),
        FaultCode::DealNotFound,
    );
    assert_no(
        &fault_of(world.engine.cancel_deal(world.account(), number).await),
        FaultCode::DealNotFound,
    );
}

/// "I paid" from the giver of bitcoin would complete the deal: it is not sent. And a deal that is over says so,
/// whatever was declared while it was open.
#[tokio::test(start_paused = true)]
async fn each_side_hears_why_it_cannot_act() {
    let world = World::new(49).await;
    let mine = world.engine.state().current.unwrap();
    let (_, deal) = open_deal(&world).await;
    let (id, fiat) = (deal.deal.id, deal.deal.fiat.amount());
    crate::connect::connect(&world, &deal.deal.owner.name)
        .await
        .unwrap();
    assert_no(
        &fault_of(world.engine.declare_paid(world.account(), id, fiat).await),
        FaultCode::DealNotYours,
    );
    assert_eq!(world.sandbox.faults().calls("IPayed"), 0);

    world.engine.switch(mine).await.unwrap();
    world
        .engine
        .declare_paid(world.account(), id, fiat)
        .await
        .unwrap();
    world.pass(20).await;
    assert_no(
        &fault_of(world.engine.cancel_deal(world.account(), id).await),
        FaultCode::DealNotOpen,
    );
}
