//! What parties say of each other: once, final, and not lost in silence.

use kvit_domain::{
    fault::{Fault, FaultCode},
    feedback::{FEEDBACK_LIMIT, Feedback},
    id::{DealId, PaymentId},
};
use kvit_engine::{OperationState, SeenPayment, StepKind};
use kvit_sandbox::{Fault as Wrong, NewInvoice, Sats as BookSats, When};
use kvit_testkit::World;

use crate::{
    LIBRARY, LIBRARY_SELLER, assert_no,
    calls::{in_time, refusals, silences},
    done, fault_of, open_deal, pay,
};

const CALL: &str = "SendInvoicePaymentFeedback";

async fn bought(world: &World) -> PaymentId {
    done(pay(world, LIBRARY, 1).await).0.payment.id
}

pub(crate) async fn say(world: &World, payment: PaymentId, text: &str) -> Result<SeenPayment, Fault> {
    world
        .engine
        .give_payment_feedback(world.account(), payment, true, text)
        .await
}

/// How often it was said, by the marketplace's own ledger.
fn said(world: &World) -> usize {
    let executions = world.sandbox.executions();
    executions.iter().filter(|one| one.rpc == CALL).count()
}

#[tokio::test(start_paused = true)]
async fn a_buyer_says_it_once() {
    let world = World::new(420).await;
    let payment = bought(&world).await;
    let seen = say(&world, payment, "  Quick and kind. \n").await.unwrap();
    let there = seen.payment.buyer_feedback.clone().unwrap();
    assert_eq!((there.positive, there.text.as_str()), (true, "Quick and kind."));
    let seller = world.line_of(LIBRARY_SELLER).payment(payment).await.unwrap();
    assert_eq!(seller.buyer_feedback.unwrap().text, "Quick and kind.");
    assert_no(
        &fault_of(say(&world, payment, "And more").await),
        FaultCode::FeedbackGiven,
    );
    assert_eq!(
        world.sandbox.faults().calls(CALL),
        1,
        "what cannot be is not asked for"
    );
    let of_seller = world
        .engine
        .feedback_of(seen.payment.invoice.owner.id, false, None)
        .await
        .unwrap();
    assert!(of_seller.rows.iter().any(|row| row.text == "Quick and kind."));
    let operation = world.engine.operations(None, 1).unwrap().remove(0).1;
    assert_eq!(operation.state, OperationState::Done(Some(payment)));
    assert!(!operation.otherwise);
    assert_eq!(operation.intent.said.unwrap().text, "Quick and kind.");
}

#[tokio::test(start_paused = true)]
async fn a_seller_judges_the_buyer() {
    let world = World::new(421).await;
    let invoice = NewInvoice::public(&world.you(), BookSats(5_000));
    let invoice = world.sandbox.issue_invoice(invoice).unwrap();
    world.sandbox.set_balance("marta.k", BookSats(50_000)).unwrap();
    let payment = PaymentId::new(world.sandbox.buy("marta.k", invoice, 1).unwrap()).unwrap();
    let seen = world
        .engine
        .give_payment_feedback(world.account(), payment, false, "")
        .await
        .unwrap();
    let there = seen.payment.seller_feedback.unwrap();
    assert!(!there.positive && there.text.is_empty(), "words are not needed");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_not_sent() {
    let world = World::new(422).await;
    let payment = bought(&world).await;
    let long = "🙂".repeat(FEEDBACK_LIMIT / 2 + 1);
    assert_no(
        &fault_of(say(&world, payment, &long).await),
        FaultCode::FeedbackTooLong,
    );
    let (pending, deal) = open_deal(&world).await;
    assert_no(
        &fault_of(say(&world, pending.payment.id, "").await),
        FaultCode::PaymentNotPaid,
    );
    let running = world
        .engine
        .give_deal_feedback(world.account(), deal.deal.id, true, "")
        .await;
    assert_no(&fault_of(running), FaultCode::FeedbackNotPossible);
    world
        .engine
        .cancel_payment(world.account(), pending.payment.id)
        .await
        .unwrap();
    assert_no(
        &fault_of(say(&world, pending.payment.id, "").await),
        FaultCode::PaymentCanceled,
    );
    assert_eq!(world.sandbox.faults().calls(CALL), 0);
    assert_eq!(world.sandbox.faults().calls("SendFeedback"), 0);
}

/// The marketplace acted, and its answer is lost, or says that it was said already: found.
#[tokio::test(start_paused = true)]
async fn feedback_whose_answer_is_lost_is_found() {
    let given = "Exception was thrown by handler. UserException: Feedback already created;".to_owned();
    let given = Wrong::Refuse(kvit_sandbox::Code::Unknown, given);
    for wrong in silences().into_iter().chain(refusals()).chain([given]) {
        let world = World::new(423).await;
        let payment = bought(&world).await;
        world.sandbox.faults().once(CALL, When::After, wrong.clone());
        let seen = in_time(&world, say(&world, payment, "Good")).await;
        let seen = seen.unwrap_or_else(|fault| panic!("{wrong:?}: {fault}"));
        assert_eq!(seen.payment.buyer_feedback.unwrap().text, "Good", "{wrong:?}");
        assert_eq!(said(&world), 1, "{wrong:?}");
        assert!(world.engine.state().operations.is_empty(), "{wrong:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn feedback_that_never_arrived_is_proven_absent() {
    let world = World::new(424).await;
    let payment = bought(&world).await;
    world.sandbox.faults().once(CALL, When::Before, Wrong::Cut);
    let fault = fault_of(in_time(&world, say(&world, payment, "Good")).await);
    assert_eq!(fault.code, FaultCode::OutcomeUnknown);
    assert_eq!(
        fault_of(say(&world, payment, "Good").await).code,
        FaultCode::OperationInProgress
    );
    world.wait(200).await;
    assert!(world.engine.state().operations.is_empty());
    assert_eq!(said(&world), 0);
    say(&world, payment, "Good").await.unwrap();
    assert_eq!(said(&world), 1);
}

/// Other words were there first: said is said, with a note.
#[tokio::test(start_paused = true)]
async fn other_words_that_were_there_first_are_noted() {
    let world = World::new(425).await;
    let payment = bought(&world).await;
    world.sandbox.faults().once(CALL, When::Before, Wrong::Cut);
    let fault = fault_of(in_time(&world, say(&world, payment, "Good")).await);
    let id = fault.value("operation").unwrap().parse().unwrap();
    let elsewhere = Feedback {
        positive: false,
        text: "From another computer".into(),
        created: None,
    };
    let line = world.line_of(&world.you());
    line.give_payment_feedback(payment, &elsewhere).await.unwrap();
    world.wait(60).await;
    let operation = world.engine.operation(id).unwrap();
    assert!(
        matches!(operation.state, OperationState::Done(_)) && operation.otherwise,
        "{operation:?}"
    );
    let steps = world.engine.steps(id).unwrap();
    assert!(steps.iter().any(|step| step.kind == StepKind::Differs));
    let world = crate::restarted(world).await;
    assert!(world.engine.operation(id).unwrap().otherwise, "and stays noted");
}

/// A repetition is refused by the marketplace: said once, and done.
#[tokio::test(start_paused = true)]
async fn a_repeated_call_says_it_once() {
    for when in [When::Before, When::After] {
        let world = World::new(426).await;
        let payment = bought(&world).await;
        world.sandbox.faults().once(CALL, when, Wrong::Twice);
        let seen = in_time(&world, say(&world, payment, "Good")).await.unwrap();
        assert_eq!(seen.payment.buyer_feedback.unwrap().text, "Good");
        assert_eq!(said(&world), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deal_is_judged_when_it_is_over() {
    for wrong in [None, Some(Wrong::Cut)] {
        let world = World::new(427).await;
        let deal: DealId = open_deal(&world).await.1.deal.id;
        world.sandbox.trader_completes(deal.get()).unwrap();
        let account = world.account();
        if let Some(wrong) = wrong {
            world.sandbox.faults().once("SendFeedback", When::After, wrong);
        }
        let saying = world.engine.give_deal_feedback(account, deal, true, "Smooth");
        let seen = in_time(&world, saying).await.unwrap();
        assert_eq!(seen.deal.feedback_by(seen.me).unwrap().text, "Smooth");
        let again = world.engine.give_deal_feedback(account, deal, false, "No").await;
        assert_no(&fault_of(again), FaultCode::FeedbackGiven);
        let trader = seen.deal.counterparty(seen.me).id;
        let read = world.engine.feedback_of(trader, true, None).await.unwrap();
        assert!(read.rows.iter().any(|row| row.text == "Smooth"));
    }
}
