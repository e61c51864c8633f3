//! Giving back: a seller makes a refund, pays it in every way there is, withdraws it; what the marketplace may do wrong on
//! the way is caught before money moves.

use std::time::Duration;

use kvit_domain::{
    fault::{Fault, FaultCode, MoneyMoved},
    id::PaymentId,
    payment::{Direction, PaymentStatus},
    seal::SealMark,
};
use kvit_engine::{
    Act, OperationState, PayByDeal, PayEnd, PayFromBalance, RefundCost, RefundDesk, RefundMade, StepKind,
};
use kvit_sandbox::{Cents, Defects, Fault as Wrong, NewInvoice, Price, Sats as BookSats, When};
use kvit_testkit::World;

use crate::{
    LIBRARY, assert_no,
    books::{Books, moved},
    calls::{in_time, silences},
    connect::connect,
    done, fault_of, is_verified, pay, refused, sats, zelle,
};

/// Who buys from the person.
const BUYER: &str = "marta.k";

/// A purchase of so many pieces from the person, at this price of one.
async fn sold(world: &World, price: Price, pieces: u32) -> PaymentId {
    world.sandbox.set_balance(BUYER, BookSats(50_000_000)).unwrap();
    let new = NewInvoice {
        price,
        currency: "EUR".to_owned(),
        ..NewInvoice::public(&world.you(), BookSats(1))
    };
    let invoice = world.sandbox.issue_invoice(new).unwrap();
    let payment = world.sandbox.buy(BUYER, invoice, pieces).unwrap();
    PaymentId::new(payment).unwrap()
}

pub(crate) async fn desk(world: &World, payment: PaymentId, pieces: u32) -> RefundDesk {
    world.engine.refund_desk(payment, Some(pieces)).await.unwrap()
}

pub(crate) async fn create(world: &World, payment: PaymentId, pieces: u32) -> Result<RefundMade, Fault> {
    let most = desk(world, payment, pieces).await.most;
    world
        .engine
        .create_refund(world.account(), payment, pieces, most)
        .await
}

/// Pays a refund from balance for what its desk shows.
async fn pay_back(world: &World, made: &RefundMade) -> PayEnd {
    let desk = world
        .engine
        .pay_desk(&made.invoice.to_string(), None)
        .await
        .unwrap();
    world
        .engine
        .pay_from_balance(PayFromBalance {
            account: world.account(),
            invoice: made.invoice,
            pieces: desk.pieces,
            seen: desk.total,
        })
        .await
}

/// How many refunds were made, by the marketplace's own ledger.
fn made_by_the_ledger(world: &World) -> usize {
    let executions = world.sandbox.executions();
    executions.iter().filter(|one| one.rpc == "CreateRefund").count()
}

#[tokio::test(start_paused = true)]
async fn a_purchase_is_given_back_piece_by_piece_to_the_end() {
    let world = World::new(400).await;
    let payment = sold(&world, Price::Btc(BookSats(10_000)), 8).await;
    let first = desk(&world, payment, 1).await;
    assert_eq!(
        (first.bought, first.most, first.refunded, first.refunding),
        (8, 8, 0, 0)
    );
    assert_eq!(first.now, Some(RefundCost::Exact(sats(10_000))));
    assert_eq!((first.then, first.fiat), (Some(sats(10_000)), None));
    assert!(first.obstacle.is_none() && first.unknown.is_none() && first.refunds.is_empty());

    let made = create(&world, payment, 1).await.unwrap();
    assert!(made.doubles.is_empty());
    let waiting = desk(&world, payment, 1).await;
    assert_eq!((waiting.refunding, waiting.most), (1, 7));
    assert!(waiting.refunds[0].can_withdraw && waiting.refunds[0].double_of.is_none());

    let before = Books::of(&world);
    let (paid, differs) = done(pay_back(&world, &made).await);
    assert!(!differs && paid.payment.refund);
    assert_eq!(
        (paid.payment.amount, paid.payment.direction(paid.me)),
        (sats(10_000), Direction::FromMe)
    );
    assert!(is_verified(&paid.seal), "a refund has a receipt like any payment");
    let you = world.you();
    assert_eq!(
        Books::of(&world).since(&before),
        moved([(&you, -10_000, 0), (BUYER, 10_000, 0)]),
        "and no fee"
    );
    let seen = world.engine.payment_now(payment).await.unwrap();
    assert_eq!((seen.payment.refunded, seen.payment.refunding), (1, 0));
    let given = seen.record.given_back[0];
    assert_eq!(
        (given.payment, given.pieces, given.mark),
        (paid.payment.id, 1, SealMark::Verified)
    );

    // Several pieces: only where a marketplace that charges n times n could not take them.
    let made = create(&world, payment, 2).await.unwrap();
    let fault = refused(pay_back(&world, &made).await);
    assert_no(&fault, FaultCode::RefundMayCostMore);
    assert_eq!(
        ["amount", "worst", "pieces"].map(|name| fault.value(name)),
        [Some("20000"), Some("40000"), Some("2")]
    );
    let spendable = world.sandbox.balance(&you).unwrap().0;
    world.sandbox.set_balance(&you, BookSats(39_999)).unwrap();
    done(pay_back(&world, &made).await);
    world.sandbox.set_balance(&you, spendable).unwrap();

    // This marketplace was seen to charge them once.
    let made = create(&world, payment, 5).await.unwrap();
    let (paid, differs) = done(pay_back(&world, &made).await);
    assert_eq!((paid.payment.amount, differs), (sats(50_000), false));
    let end = desk(&world, payment, 1).await;
    assert_eq!((end.refunded, end.refunding, end.most), (8, 0, 0));
    assert_eq!(end.obstacle.unwrap().code, FaultCode::RefundTooMany);
    assert_no(
        &fault_of(create(&world, payment, 1).await),
        FaultCode::RefundTooMany,
    );
    assert_eq!(made_by_the_ledger(&world), 3);
    world
        .until(|world| {
            let money = world.engine.state().money;
            money.is_some_and(|money| money.unresolved.is_zero())
        })
        .await;
}

/// The buyer, with an account of their own, sees what came back, with its receipt verified.
#[tokio::test(start_paused = true)]
async fn the_buyer_sees_what_came_back() {
    let world = World::new(401).await;
    let payment = sold(&world, Price::Btc(BookSats(10_000)), 3).await;
    let made = create(&world, payment, 1).await.unwrap();
    let (paid, ..) = done(pay_back(&world, &made).await);
    connect(&world, BUYER).await.unwrap();
    world.settled().await;
    let came = world.engine.payment(paid.payment.id).await.unwrap();
    assert_eq!(came.payment.direction(came.me), Direction::ToMe);
    assert!(came.payment.refund && is_verified(&came.seal));
    assert_eq!(came.payment.invoice.refund_of, Some(payment));
    let bought = world.engine.payment_now(payment).await.unwrap();
    assert_eq!(bought.payment.refunded, 1);
    assert_eq!(bought.record.given_back[0].payment, paid.payment.id);
    assert_eq!(bought.record.given_back[0].mark, SealMark::Verified);
    // Who bought gives nothing back.
    let desk = desk(&world, payment, 1).await;
    assert_eq!(desk.obstacle.unwrap().code, FaultCode::RefundNotYours);
    assert!(desk.refunds.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_price_in_fiat_is_given_back_at_today_s_rate() {
    let world = World::new(402).await;
    let payment = sold(&world, Price::Fiat(Cents(1_850)), 2).await;
    world.sandbox.set_market(Cents(4_000_000)).unwrap();
    world.pass(2).await;
    world.wait(30).await;
    let desk = desk(&world, payment, 1).await;
    assert_eq!(desk.fiat.unwrap().to_string(), "18.50 EUR");
    let Some(RefundCost::Estimate { amount, .. }) = desk.now else {
        panic!("{:?}", desk.now);
    };
    assert_ne!(Some(amount), desk.then, "the rate moved");
    let made = create(&world, payment, 1).await.unwrap();
    let refund = world
        .engine
        .pay_desk(&made.invoice.to_string(), None)
        .await
        .unwrap();
    let off = (refund.total.get() - amount.get()).abs();
    assert!(
        off * 100 <= refund.total.get(),
        "{amount} is not near {}",
        refund.total
    );
    let (paid, differs) = done(pay_back(&world, &made).await);
    assert_eq!((paid.payment.amount, differs), (refund.total, false));
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_paid_through_an_advertisement() {
    let world = World::new(403).await;
    let payment = sold(&world, Price::Btc(BookSats(20_000)), 2).await;
    let made = create(&world, payment, 2).await.unwrap();
    let end = by_deal(&world, &made).await;
    let (pending, differs) = done(end);
    assert!(!differs && pending.payment.status == PaymentStatus::Pending);
    let desk = desk(&world, payment, 1).await;
    assert_eq!(desk.refunds[0].pending, Some(pending.payment.id));
    assert!(!desk.refunds[0].can_withdraw);
    let fault = fault_of(world.engine.withdraw_refund(world.account(), made.invoice).await);
    assert_no(&fault, FaultCode::PaymentPending);
    let deal = pending.payment.deal.unwrap().id;
    world.sandbox.trader_completes(deal.get()).unwrap();
    let paid = world.engine.payment_now(pending.payment.id).await.unwrap();
    assert_eq!(
        (paid.payment.status, paid.payment.amount),
        (PaymentStatus::Paid, sats(40_000))
    );
    let seen = world.engine.payment_now(payment).await.unwrap();
    assert_eq!(seen.payment.refunded, 2);
}

/// Pays a refund through the best advertisement for what the desk shows.
async fn by_deal(world: &World, made: &RefundMade) -> PayEnd {
    let desk = world
        .engine
        .pay_desk(&made.invoice.to_string(), None)
        .await
        .unwrap();
    let offers = world
        .engine
        .suitable_ads(made.invoice, desk.pieces, &zelle())
        .await
        .unwrap();
    let best = offers.offers[0].clone();
    world
        .engine
        .pay_by_deal(PayByDeal {
            account: world.account(),
            invoice: made.invoice,
            pieces: desk.pieces,
            seen: desk.total,
            choice: zelle(),
            ad: Some(best.ad.id),
            seen_fiat: best.cost.amount(),
        })
        .await
}

/// A marketplace that charges n times n (section 20, row 37) gets nothing by it.
#[tokio::test(start_paused = true)]
async fn a_marketplace_that_charges_several_times_over_is_caught_before_paying() {
    let world = World::new(404).await;
    let defects = Defects {
        refunds_charged_again: true,
        ..Defects::default()
    };
    world.sandbox.set_defects(defects).unwrap();
    let payment = sold(&world, Price::Btc(BookSats(20_000)), 3).await;
    let made = create(&world, payment, 2).await.unwrap();
    let before = Books::of(&world);
    assert_no(
        &refused(pay_back(&world, &made).await),
        FaultCode::RefundMayCostMore,
    );
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 0);
    assert_eq!(Books::of(&world), before);

    // With less than it would take it refuses by itself.
    let you = world.you();
    let spendable = world.sandbox.balance(&you).unwrap().0;
    world.sandbox.set_balance(&you, BookSats(79_999)).unwrap();
    assert_no(
        &refused(pay_back(&world, &made).await),
        FaultCode::InsufficientBalance,
    );
    assert_eq!(world.sandbox.balance(&you).unwrap().0, BookSats(79_999));
    world.sandbox.set_balance(&you, spendable).unwrap();

    // By a deal it shows in the pending payment, before anything is sent: cancel.
    let (pending, differs) = done(by_deal(&world, &made).await);
    assert!(differs);
    assert_eq!(pending.payment.amount, sats(80_000));
    let difference = pending.record.difference.unwrap();
    assert_eq!(
        (difference.agreed, difference.taken.amount),
        (Some(sats(40_000)), sats(80_000))
    );
    let canceled = world
        .engine
        .cancel_payment(world.account(), pending.payment.id)
        .await
        .unwrap();
    assert_eq!(canceled.payment.status, PaymentStatus::Canceled);
    assert_eq!(Books::of(&world).since(&before), moved([]));

    // One piece at a time it has nothing to multiply.
    world
        .engine
        .withdraw_refund(world.account(), made.invoice)
        .await
        .unwrap();
    let made = create(&world, payment, 1).await.unwrap();
    let (paid, differs) = done(pay_back(&world, &made).await);
    assert_eq!((paid.payment.amount, differs), (sats(20_000), false));
    let made = create(&world, payment, 2).await.unwrap();
    assert_no(
        &refused(pay_back(&world, &made).await),
        FaultCode::RefundMayCostMore,
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_rules_refuse_is_not_offered() {
    let world = World::new(405).await;
    let payment = sold(&world, Price::Btc(BookSats(10_000)), 2).await;
    let calls = |world: &World| world.sandbox.faults().calls("CreateRefund");
    assert_no(
        &fault_of(create(&world, payment, 0).await),
        FaultCode::RefundTooMany,
    );
    assert_no(
        &fault_of(create(&world, payment, 3).await),
        FaultCode::RefundTooMany,
    );
    // Somebody gave some of it back since the person looked.
    let stale = world.engine.create_refund(world.account(), payment, 1, 1).await;
    assert_no(&fault_of(stale), FaultCode::RefundTooMany);
    world.sandbox.set_anonymous(BUYER, true).unwrap();
    assert_no(
        &fault_of(create(&world, payment, 1).await),
        FaultCode::RefundToAnonymous,
    );
    world.sandbox.set_anonymous(BUYER, false).unwrap();
    let (own, ..) = done(pay(&world, LIBRARY, 1).await);
    assert_no(
        &fault_of(create(&world, own.payment.id, 1).await),
        FaultCode::RefundNotYours,
    );
    assert_eq!(calls(&world), 0, "nobody was asked");
    let made = create(&world, payment, 1).await.unwrap();
    let (back, ..) = done(pay_back(&world, &made).await);
    assert_eq!(
        desk(&world, back.payment.id, 1).await.obstacle.unwrap().code,
        FaultCode::RefundOfARefund
    );
}

#[tokio::test(start_paused = true)]
async fn an_unpaid_refund_is_withdrawn_and_a_paid_one_is_not() {
    let world = World::new(406).await;
    let payment = sold(&world, Price::Btc(BookSats(10_000)), 2).await;
    let made = create(&world, payment, 2).await.unwrap();
    let before = Books::of(&world);
    let seen = world
        .engine
        .withdraw_refund(world.account(), made.invoice)
        .await
        .unwrap();
    assert_eq!((seen.payment.refunding, seen.payment.refundable()), (0, 2));
    assert_eq!(Books::of(&world), before);
    let again = fault_of(world.engine.withdraw_refund(world.account(), made.invoice).await);
    assert!(matches!(
        again.code,
        FaultCode::InvoiceNotFound | FaultCode::RefundNotOpen
    ));
    let made = create(&world, payment, 1).await.unwrap();
    done(pay_back(&world, &made).await);
    let paid = fault_of(world.engine.withdraw_refund(world.account(), made.invoice).await);
    assert_no(&paid, FaultCode::RefundNotOpen);
}

/// The marketplace acted, and its answer is lost: looking finds the refund, and nothing is made twice.
#[tokio::test(start_paused = true)]
async fn a_refund_whose_answer_is_lost_is_found() {
    for wrong in silences() {
        let world = World::new(407).await;
        let payment = sold(&world, Price::Btc(BookSats(10_000)), 3).await;
        world
            .sandbox
            .faults()
            .once("CreateRefund", When::After, wrong.clone());
        let made = in_time(&world, create(&world, payment, 2)).await;
        let made = made.unwrap_or_else(|fault| panic!("{wrong:?}: {fault}"));
        assert_eq!(made.payment.payment.refunding, 2, "{wrong:?}");
        assert_eq!(made_by_the_ledger(&world), 1, "{wrong:?}");
        let operation = world.engine.operations(None, 1).unwrap().remove(0).1;
        assert_eq!(operation.refunds, [made.invoice]);
        assert_eq!(operation.state, OperationState::Done(Some(payment)));
    }
}

/// The call is lost: unknown, and barred, until it is proven absent.
#[tokio::test(start_paused = true)]
async fn a_refund_that_never_arrived_is_proven_absent() {
    let world = World::new(408).await;
    let payment = sold(&world, Price::Btc(BookSats(10_000)), 3).await;
    world
        .sandbox
        .faults()
        .once("CreateRefund", When::Before, Wrong::Cut);
    let fault = fault_of(in_time(&world, create(&world, payment, 2)).await);
    assert_eq!(
        (fault.code, fault.money),
        (FaultCode::OutcomeUnknown, MoneyMoved::Unknown)
    );
    let id = fault.value("operation").unwrap().parse().unwrap();
    assert_eq!(desk(&world, payment, 1).await.unknown.unwrap().id, id);
    assert_eq!(
        fault_of(create(&world, payment, 2).await).code,
        FaultCode::OperationInProgress
    );
    for _ in 0..300 {
        if !world.engine.operation(id).unwrap().state.is_open() {
            break;
        }
        world.wait(1).await;
    }
    assert_eq!(
        world.engine.operation(id).unwrap().state,
        OperationState::ProvenAbsent
    );
    assert_eq!(made_by_the_ledger(&world), 0);
    create(&world, payment, 2).await.unwrap();
    assert_eq!(made_by_the_ledger(&world), 1);
}

/// The front proxy repeats the call: the second refund is found, shown as what it is, and withdrawn.
#[tokio::test(start_paused = true)]
async fn a_refund_made_twice_is_shown_and_withdrawn() {
    let later = Duration::from_secs(40);
    for (when, wrong) in [
        (When::Before, Wrong::Twice),
        (When::After, Wrong::Twice),
        (When::Before, Wrong::TwiceAfter(later)),
    ] {
        let world = World::new(409).await;
        let payment = sold(&world, Price::Btc(BookSats(10_000)), 4).await;
        world.sandbox.faults().once("CreateRefund", when, wrong.clone());
        let made = in_time(&world, create(&world, payment, 1)).await.unwrap();
        world.wait(150).await;
        assert_eq!(made_by_the_ledger(&world), 2, "{wrong:?}");
        let operation = world.engine.operations(None, 1).unwrap().remove(0).1;
        assert_eq!(operation.intent.act, Act::CreateRefund);
        assert_eq!(operation.refunds.len(), 2, "{wrong:?}");
        assert!(operation.watched && operation.doubles.is_empty());
        let steps = world.engine.steps(operation.id).unwrap();
        let doubles = steps.iter().filter(|step| step.kind == StepKind::Double).count();
        assert_eq!(doubles, 1, "{wrong:?} {steps:?}");
        let shown = desk(&world, payment, 1).await;
        assert_eq!(shown.refunding, 2);
        let double = shown
            .refunds
            .iter()
            .find(|refund| refund.double_of == Some(made.invoice))
            .unwrap_or_else(|| panic!("{wrong:?} {:?}", shown.refunds));
        world
            .engine
            .withdraw_refund(world.account(), double.invoice.id)
            .await
            .unwrap();
        assert_eq!(desk(&world, payment, 1).await.refunding, 1);
    }
}

/// Two refunds of as many pieces, wanted both, are no doubles of each other.
#[tokio::test(start_paused = true)]
async fn a_second_refund_that_was_wanted_is_no_double() {
    let world = World::new(410).await;
    let payment = sold(&world, Price::Btc(BookSats(10_000)), 4).await;
    create(&world, payment, 1).await.unwrap();
    create(&world, payment, 1).await.unwrap();
    world.wait(150).await;
    let operations = world.engine.operations(None, 2).unwrap();
    for (_, operation) in operations {
        assert!(operation.watched && operation.refunds.len() == 1, "{operation:?}");
    }
    let shown = desk(&world, payment, 1).await.refunds;
    assert!(shown.len() == 2 && shown.iter().all(|refund| refund.double_of.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_withdrawal_in_silence_is_looked_after() {
    for (when, carried_out) in [(When::After, true), (When::Before, false)] {
        let world = World::new(411).await;
        let payment = sold(&world, Price::Btc(BookSats(10_000)), 2).await;
        let made = create(&world, payment, 1).await.unwrap();
        world.sandbox.faults().once("DeleteInvoice", when, Wrong::Cut);
        let end = in_time(
            &world,
            world.engine.withdraw_refund(world.account(), made.invoice),
        )
        .await;
        if carried_out {
            assert_eq!(end.unwrap().payment.refunding, 0);
        } else {
            assert_eq!(fault_of(end).code, FaultCode::OutcomeUnknown);
            // While it is unknown, the refund is not paid either.
            assert_eq!(
                refused(pay_back(&world, &made).await).code,
                FaultCode::OperationInProgress
            );
            world.wait(200).await;
            assert!(world.engine.state().operations.is_empty());
            done(pay_back(&world, &made).await);
        }
    }
}

/// A payment of a refund whose answer is lost is found, and is not made twice.
#[tokio::test(start_paused = true)]
async fn a_refund_s_payment_whose_answer_is_lost_is_found() {
    let world = World::new(412).await;
    let payment = sold(&world, Price::Btc(BookSats(10_000)), 2).await;
    let made = create(&world, payment, 1).await.unwrap();
    let before = Books::of(&world);
    world
        .sandbox
        .faults()
        .once("PayInvoiceFromBalance", When::After, Wrong::Cut);
    let (paid, differs) = done(in_time(&world, pay_back(&world, &made)).await);
    assert!(!differs && paid.payment.refund);
    let you = world.you();
    assert_eq!(
        Books::of(&world).since(&before),
        moved([(&you, -10_000, 0), (BUYER, 10_000, 0)])
    );
}
