//! One intent, two payments: the front proxy repeats calls by itself (section 2.1). It cannot be prevented; it is seen,
//! and shown on both payments.

use std::time::Duration;

use kvit_domain::id::PaymentId;
use kvit_engine::{Operation, OperationId, OperationState, StepKind};
use kvit_sandbox::{Fault as Wrong, Sats as BookSats, When};
use kvit_testkit::World;

use crate::{LIBRARY, books::payments_on, done, pay, refused, restarted, sats};

const CALL: &str = "PayInvoiceFromBalance";

/// The payments that were made on the invoice by calls of the person, in order, by the marketplace's own ledger.
fn executed(world: &World) -> Vec<PaymentId> {
    world
        .sandbox
        .executions()
        .iter()
        .filter(|one| one.rpc == CALL && one.user == world.you() && one.invoice == Some(LIBRARY))
        .map(|one| PaymentId::new(one.payment.unwrap()).unwrap())
        .collect()
}

fn last(world: &World) -> Operation {
    world.engine.operations(None, 1).unwrap().remove(0).1
}

async fn twin(world: &World, payment: PaymentId) -> Option<PaymentId> {
    world.engine.payment(payment).await.unwrap().record.twin
}

fn kinds(world: &World, id: OperationId) -> Vec<StepKind> {
    world
        .engine
        .steps(id)
        .unwrap()
        .iter()
        .map(|step| step.kind)
        .collect()
}

/// Both payments are shown as what they are, whichever of them the answer named.
async fn assert_shown(world: &World, operation: OperationId) {
    let made = executed(world);
    assert_eq!(made.len(), 2, "one intent, two payments");
    let operation = world.engine.operation(operation).unwrap();
    let OperationState::Done(Some(own)) = operation.state else {
        panic!("{operation:?}");
    };
    let double = made.iter().copied().find(|one| *one != own).unwrap();
    assert_eq!(operation.doubles, [double]);
    assert_eq!(twin(world, own).await, Some(double));
    assert_eq!(twin(world, double).await, Some(own));
    assert!(crate::is_verified(
        &world.engine.payment(double).await.unwrap().seal
    ));
    let steps = kinds(world, operation.id);
    assert_eq!(
        steps.iter().filter(|kind| **kind == StepKind::Double).count(),
        1,
        "{steps:?}"
    );
    let named = world.engine.steps(operation.id).unwrap();
    let step = named.iter().find(|step| step.kind == StepKind::Double).unwrap();
    assert_eq!(step.values["payment"], double.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_repeated_at_once_is_seen_at_once() {
    for when in [When::Before, When::After] {
        let world = World::new(250).await;
        world.sandbox.faults().once(CALL, when, Wrong::Twice);
        let (paid, differs) = done(pay(&world, LIBRARY, 2).await);
        assert!(!differs, "each of them is what was agreed to");
        assert!(
            paid.record.twin.is_some(),
            "said on the page that says that it is paid"
        );
        let id = last(&world).id;
        assert_shown(&world, id).await;
        assert_eq!(world.sandbox.faults().calls(CALL), 1, "we asked once");
        let world = restarted(world).await;
        assert_shown(&world, id).await;
        let world = restarted(world).await;
        world.wait(200).await;
        assert_shown(&world, id).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_repetition_forty_seconds_later_is_seen() {
    for when in [When::Before, When::After] {
        let world = World::new(251).await;
        world
            .sandbox
            .faults()
            .once(CALL, when, Wrong::TwiceAfter(Duration::from_secs(40)));
        let (paid, ..) = done(pay(&world, LIBRARY, 2).await);
        let operation = last(&world);
        assert_eq!(operation.state, OperationState::Done(Some(paid.payment.id)));
        world.wait(150).await;
        assert_shown(&world, operation.id).await;
        assert_eq!(world.sandbox.faults().calls(CALL), 1);
        assert!(last(&world).watched);
    }
}

/// The app is closed, or killed, after the first and before the second.
#[tokio::test(start_paused = true)]
async fn a_repetition_after_the_app_ended_is_seen_at_the_next_start() {
    for kill in [false, true] {
        let world = World::new(252).await;
        let late = Wrong::TwiceAfter(Duration::from_secs(40));
        world.sandbox.faults().once(CALL, When::Before, late);
        done(pay(&world, LIBRARY, 2).await);
        let id = last(&world).id;
        assert_eq!(executed(&world).len(), 1);
        let world = if kill {
            world.killed(|_| {}).await
        } else {
            world.reopened().await
        };
        world.wait(60).await;
        assert_eq!(executed(&world).len(), 2, "while nobody looked");
        world.engine.resume().await;
        world.settled().await;
        world.wait(150).await;
        assert_shown(&world, id).await;
        let world = restarted(world).await;
        assert_shown(&world, id).await;
    }
}

/// What a person wants twice is not a double, whichever of the two a look finds first.
#[tokio::test(start_paused = true)]
async fn a_second_deliberate_purchase_is_no_double() {
    let world = World::new(253).await;
    let (one, ..) = done(pay(&world, LIBRARY, 2).await);
    world.wait(5).await;
    let (two, ..) = done(pay(&world, LIBRARY, 2).await);
    world.wait(200).await;
    let operations = world.engine.operations(None, 10).unwrap();
    assert_eq!(operations.len(), 2);
    for (_, operation) in &operations {
        assert!(operation.watched && operation.doubles.is_empty(), "{operation:?}");
    }
    for payment in [one.payment.id, two.payment.id] {
        assert_eq!(twin(&world, payment).await, None);
    }
    let world = restarted(world).await;
    assert_eq!(twin(&world, two.payment.id).await, None);
}

/// A double and a deliberate second purchase: three payments, one double.
#[tokio::test(start_paused = true)]
async fn a_double_is_told_from_a_second_purchase() {
    let world = World::new(254).await;
    world.sandbox.faults().once(CALL, When::After, Wrong::Twice);
    let (one, ..) = done(pay(&world, LIBRARY, 2).await);
    let first = last(&world).id;
    let (two, ..) = done(pay(&world, LIBRARY, 2).await);
    let second = last(&world).id;
    world.wait(200).await;
    let made = executed(&world);
    assert_eq!(made.len(), 3);
    let doubles = |id| world.engine.operation(id).unwrap().doubles;
    let double = made
        .iter()
        .copied()
        .find(|payment| *payment != one.payment.id && *payment != two.payment.id)
        .unwrap();
    assert_eq!(doubles(first), [double]);
    assert_eq!(doubles(second), []);
    assert_eq!(twin(&world, double).await, Some(one.payment.id));
    assert_eq!(twin(&world, two.payment.id).await, None);
}

/// After silence the same invoice is barred until the proxy has given up as well: what it then made could not be told
/// from what a second purchase makes.
#[tokio::test(start_paused = true)]
async fn after_silence_the_invoice_waits_until_nothing_can_be_repeated() {
    let world = World::new(255).await;
    let late = Wrong::TwiceAfter(Duration::from_secs(40));
    world.sandbox.faults().once(CALL, When::Before, late);
    done(pay(&world, LIBRARY, 2).await);
    let first = last(&world);
    assert!(first.was_silent);
    let barred = refused(pay(&world, LIBRARY, 2).await);
    assert_eq!(barred.code, kvit_domain::fault::FaultCode::OperationInProgress);
    assert_eq!(barred.value("operation"), Some(first.id.to_string().as_str()));
    done(pay(&world, crate::MAP, 1).await);
    world.wait(150).await;
    let had = payments_on(&world, LIBRARY).await;
    done(pay(&world, LIBRARY, 2).await);
    assert_eq!(payments_on(&world, LIBRARY).await, had + 1);
    assert_eq!(world.engine.operation(first.id).unwrap().doubles.len(), 1);
}

/// A deal that the proxy asks for twice is one deal: the second call gives back the pending payment (section 7.2).
#[tokio::test(start_paused = true)]
async fn a_deal_that_is_asked_for_twice_is_one_deal() {
    for (rpc, by_number) in [("PayInvoiceByDeal", true), ("PayInvoiceByBestDeal", false)] {
        let world = World::new(256).await;
        world.sandbox.faults().once(rpc, When::Before, Wrong::Twice);
        let (paid, differs) = done(crate::pay_by_deal(&world, LIBRARY, 3, by_number).await);
        assert!(!differs, "{rpc}");
        world.wait(150).await;
        assert!(last(&world).doubles.is_empty(), "{rpc}");
        assert_eq!(twin(&world, paid.payment.id).await, None, "{rpc}");
    }
}

/// The price moves while the call is on its way: what was agreed to and what was taken stay on the payment.
#[tokio::test(start_paused = true)]
async fn another_sum_than_agreed_is_kept_with_both() {
    let world = World::new(257).await;
    let late = Wrong::Delay(Duration::from_secs(5));
    world.sandbox.faults().once(CALL, When::Before, late);
    let moves = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        world
            .sandbox
            .set_invoice_price(LIBRARY, BookSats(13_000))
            .unwrap();
    };
    let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), moves);
    let (paid, differs) = done(end);
    assert!(differs);
    let world = restarted(world).await;
    let difference = world
        .engine
        .payment(paid.payment.id)
        .await
        .unwrap()
        .record
        .difference
        .unwrap();
    assert_eq!(difference.agreed, Some(sats(25_000)));
    assert!(difference.taken.differs);
    assert_eq!(difference.taken.amount, sats(26_000));
    assert!(kinds(&world, last(&world).id).contains(&StepKind::Differs));
}

/// The same when the answer is lost and a look finds what was taken.
#[tokio::test(start_paused = true)]
async fn another_sum_than_agreed_is_kept_when_only_a_look_found_it() {
    let world = World::new(258).await;
    world
        .sandbox
        .faults()
        .once(CALL, When::Before, Wrong::Delay(Duration::from_secs(5)));
    world.sandbox.faults().once(CALL, When::After, Wrong::Cut);
    let moves = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        world
            .sandbox
            .set_invoice_price(LIBRARY, BookSats(13_000))
            .unwrap();
    };
    let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), moves);
    let (paid, differs) = done(end);
    assert!(differs);
    let seen = world.engine.payment(paid.payment.id).await.unwrap();
    assert_eq!(seen.record.difference.unwrap().taken.amount, sats(26_000));
}

/// What was taken as agreed has no difference.
#[tokio::test(start_paused = true)]
async fn the_agreed_sum_is_no_difference() {
    let world = World::new(259).await;
    let (paid, ..) = done(pay(&world, LIBRARY, 2).await);
    assert!(paid.record.difference.is_none() && paid.record.twin.is_none());
    let operation = last(&world);
    assert_eq!(
        operation.taken.map(|taken| (taken.amount, taken.differs)),
        Some((sats(25_000), false))
    );
    assert!(!kinds(&world, operation.id).contains(&StepKind::Differs));
}
