//! The wire is cut before or after the server acted, in every call that moves money: never "not paid" without
//! looking, never twice.

use std::time::Duration;

use kvit_domain::{
    fault::{Fault, FaultCode, MoneyMoved},
    message::Talk,
    payment::PaymentStatus,
};
use kvit_engine::{ConnectionState, OperationId, OperationState, Pace};
use kvit_proto::v1;
use kvit_sandbox::{Code, Fault as Wrong, When};
use kvit_testkit::World;

use crate::{
    LIBRARY, MAP, assert_no,
    books::{Books, statuses_of},
    calls::{CALLS, Call, act_elsewhere, press_in_time, refusals, silences},
    connect::{connect, request},
    desk, done, fault_of, invoice, pay, pay_by_deal, refused, unknown, zelle,
};

fn operation_of(fault: &Fault) -> OperationId {
    assert_eq!(
        (fault.code, fault.money),
        (FaultCode::OutcomeUnknown, MoneyMoved::Unknown),
        "{fault:?}"
    );
    fault.value("operation").unwrap().parse().unwrap()
}

fn state(world: &World, id: OperationId) -> OperationState {
    world.engine.operation(id).unwrap().state
}

/// Lets time run until the operation is settled.
async fn settled(world: &World, id: OperationId) {
    for _ in 0..400 {
        if !state(world, id).is_open() {
            return;
        }
        world.wait(1).await;
    }
    panic!("never settled: {:?}", world.engine.operation(id));
}

/// A table for each call that moves money, as a test of its own.
macro_rules! for_each_call {
    ($table:ident: $($test:ident $call:ident,)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            $table(Call::$call).await;
        }
    )*};
}

for_each_call! { answer_lost:
    a_payment_from_balance_whose_answer_is_lost_is_found FromBalance,
    a_payment_by_a_chosen_ad_whose_answer_is_lost_is_found Chosen,
    a_payment_by_the_cheapest_ad_whose_answer_is_lost_is_found Cheapest,
    a_canceled_payment_whose_answer_is_lost_is_found CancelPayment,
    a_declaration_whose_answer_is_lost_is_found Declare,
    a_canceled_deal_whose_answer_is_lost_is_found CancelDeal,
}

for_each_call! { never_arrived:
    a_payment_from_balance_that_never_arrived_is_unknown_until_proven_absent FromBalance,
    a_payment_by_a_chosen_ad_that_never_arrived_is_unknown_until_proven_absent Chosen,
    a_payment_by_the_cheapest_ad_that_never_arrived_is_unknown_until_proven_absent Cheapest,
    a_cancellation_that_never_arrived_is_unknown_until_proven_absent CancelPayment,
    a_declaration_that_never_arrived_is_unknown_until_proven_absent Declare,
    a_deal_s_cancellation_that_never_arrived_is_unknown_until_proven_absent CancelDeal,
}

/// The server acted, and its answer is lost: looking finds it.
async fn answer_lost(call: Call) {
    for wrong in silences().into_iter().chain(refusals()) {
        let (world, deal) = call.world(60).await;
        let deal = deal.as_ref();
        world
            .sandbox
            .faults()
            .once(call.rpc(), When::After, wrong.clone());
        press_in_time(call, &world, deal)
            .await
            .unwrap_or_else(|fault| panic!("{call:?} {wrong:?}: {fault:?}"));
        assert_eq!(world.sandbox.faults().calls(call.rpc()), 1, "{call:?} {wrong:?}");
        assert_eq!(call.carried_out(&world, deal).await, 1, "{call:?} {wrong:?}");
        assert!(world.engine.state().operations.is_empty(), "{call:?} {wrong:?}");
    }
}

/// The call is lost on its way: unknown, for as long as it could still arrive, and the same act stays barred.
/// Proven absent only by two looks later than that; then it may be tried again.
async fn never_arrived(call: Call) {
    for wrong in silences() {
        let (world, deal) = call.world(61).await;
        let deal = deal.as_ref();
        let before = Books::of(&world);
        world
            .sandbox
            .faults()
            .once(call.rpc(), When::Before, wrong.clone());
        let what = format!("{call:?} {wrong:?}");
        let fault = fault_of(press_in_time(call, &world, deal).await);
        let id = operation_of(&fault);
        assert!(
            matches!(state(&world, id), OperationState::Unknown { .. }),
            "{what}"
        );
        assert_eq!(world.engine.state().operations.len(), 1, "{what}");

        let again = fault_of(press_in_time(call, &world, deal).await);
        assert_eq!(
            (again.code, again.money),
            (FaultCode::OperationInProgress, MoneyMoved::Unknown),
            "{what}"
        );
        assert_eq!(again.value("operation"), Some(id.to_string().as_str()), "{what}");

        let sent = world.engine.operation(id).unwrap().prepared.as_second();
        let last_arrival = i64::try_from(Pace::REAL.last_arrival.as_secs()).unwrap();
        while world.sandbox.clock().now().seconds() - sent <= last_arrival {
            assert!(state(&world, id).is_open(), "{what}: too early to know");
            world.wait(1).await;
        }
        let looked = looks(&world);
        settled(&world, id).await;
        assert_eq!(state(&world, id), OperationState::ProvenAbsent, "{what}");
        assert!(
            looks(&world) >= looked + 2,
            "{what}: two looks after the last moment"
        );
        assert_eq!(world.sandbox.faults().calls(call.rpc()), 1, "{what}");
        assert_eq!(call.carried_out(&world, deal).await, 0, "{what}");
        assert_eq!(Books::of(&world), before, "{what}");

        // Now, and only now, it may be done.
        press_in_time(call, &world, deal)
            .await
            .unwrap_or_else(|fault| panic!("{what}: {fault:?}"));
        assert_eq!(call.carried_out(&world, deal).await, 1, "{what}");
    }
}

/// Reads by which the engine can look.
fn looks(world: &World) -> u64 {
    let faults = world.sandbox.faults();
    faults.calls("GetInvoicePayments") + faults.calls("GetDealById")
}

/// The call arrives a minute after it was sent, when looking has found nothing several times.
#[tokio::test(start_paused = true)]
async fn a_call_that_arrives_late_is_found() {
    for call in CALLS {
        let (world, deal) = call.world(62).await;
        let deal = deal.as_ref();
        // The client gives up after 45 s; the server acts after 60 s all the same.
        let late = Wrong::Delay(Duration::from_secs(60));
        world.sandbox.faults().once(call.rpc(), When::Before, late);
        let fault = fault_of(press_in_time(call, &world, deal).await);
        let id = operation_of(&fault);
        // The client's going away would cancel the call here: on the exchange it goes on behind the proxy.
        if call.carried_out(&world, deal).await == 0 {
            let line = world.line_of(&world.you());
            act_elsewhere(call, &line, deal).await;
        }
        settled(&world, id).await;
        assert!(matches!(state(&world, id), OperationState::Done(_)), "{call:?}");
        assert_eq!(
            world.sandbox.faults().calls(call.rpc()),
            2,
            "{call:?}: the engine's and the late one"
        );
    }
}

/// The server acted, and then nobody can look for a while: unknown, and found when looking works again.
#[tokio::test(start_paused = true)]
async fn looks_that_fail_prove_nothing() {
    let world = World::new(63).await;
    let faults = world.sandbox.faults();
    faults.once("PayInvoiceFromBalance", When::After, Wrong::Cut);
    let clear = async {
        // The desk has been read by then.
        while world.sandbox.faults().calls("PayInvoiceFromBalance") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let away = Wrong::Refuse(Code::Unavailable, String::new());
        faults.always("GetInvoicePayments", When::Before, away);
    };
    let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), clear);
    let id = unknown(end).id;
    world.wait(300).await;
    assert!(
        matches!(state(&world, id), OperationState::Unknown { absent: 0, looks } if looks > 5),
        "{:?}",
        state(&world, id)
    );
    assert!(world.engine.state().money.unwrap().unresolved.get() == 25_000);
    world.sandbox.faults().clear();
    settled(&world, id).await;
    assert!(matches!(state(&world, id), OperationState::Done(Some(_))));
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1);
    assert_eq!(world.engine.state().money.unwrap().unresolved.get(), 0);
}

/// A refusal that nobody could check is no refusal yet.
#[tokio::test(start_paused = true)]
async fn a_refusal_stands_only_when_a_look_confirms_it() {
    for acted in [true, false] {
        let world = World::new(64).await;
        let faults = world.sandbox.faults();
        let rpc = "PayInvoiceFromBalance";
        faults.once(rpc, When::Before, Wrong::Delay(Duration::from_secs(5)));
        if acted {
            let text = "Exception was thrown by handler. Exception: Internal error.".to_owned();
            faults.once(rpc, When::After, Wrong::Refuse(Code::Unknown, text));
        }
        let away = async {
            while faults.calls(rpc) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            if !acted {
                world
                    .sandbox
                    .set_balance(&world.you(), kvit_sandbox::Sats(1))
                    .unwrap();
            }
            let away = Wrong::Refuse(Code::Unavailable, String::new());
            faults.always("GetInvoicePayments", When::Before, away);
        };
        let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), away);
        let id = unknown(end).id;
        faults.clear();
        settled(&world, id).await;
        if acted {
            assert!(matches!(state(&world, id), OperationState::Done(Some(_))));
        } else {
            assert_eq!(state(&world, id), OperationState::ProvenAbsent);
        }
    }
}

/// An answer that cannot be read is an answer to something done.
#[tokio::test(start_paused = true)]
async fn a_malformed_answer_is_looked_behind() {
    for call in [Call::FromBalance, Call::Chosen, Call::Cheapest] {
        let (world, deal) = call.world(65).await;
        world
            .sandbox
            .faults()
            .alter(|answer: &mut v1::InvoicePayment| answer.crypto_amount = None);
        press_in_time(call, &world, deal.as_ref()).await.unwrap();
        world.sandbox.faults().clear();
        assert_eq!(world.sandbox.faults().calls(call.rpc()), 1);
        assert_eq!(call.carried_out(&world, None).await, 1);
    }
}

/// The purchase went well, and reading it back does not: it is paid all the same, with what the answer said.
#[tokio::test(start_paused = true)]
async fn what_was_paid_is_never_called_unpaid_because_it_cannot_be_read() {
    let world = World::new(66).await;
    let faults = world.sandbox.faults();
    let late = Wrong::Delay(Duration::from_secs(1));
    faults.once("PayInvoiceFromBalance", When::After, late);
    let away = async {
        while world.sandbox.faults().calls("PayInvoiceFromBalance") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let away = Wrong::Refuse(Code::Unavailable, String::new());
        faults.always("GetInvoicePayments", When::Before, away);
    };
    let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), away);
    let (payment, ..) = done(end);
    assert_eq!(payment.payment.status, PaymentStatus::Paid);
    assert!(matches!(&payment.seal, kvit_engine::Seal::Checked(verdict) if verdict.is_verified()));
}

/// The same for everything else that can be done: done stays done, though nothing can be read any more.
#[tokio::test(start_paused = true)]
async fn what_was_done_is_never_called_undone_because_it_cannot_be_read() {
    for call in [Call::CancelPayment, Call::Declare, Call::CancelDeal] {
        let (world, deal) = call.world(73).await;
        reads_fail_after(&world, call.rpc(), press_in_time(call, &world, deal.as_ref()))
            .await
            .unwrap_or_else(|fault| panic!("{call:?}: {fault:?}"));
        world.sandbox.faults().clear();
        assert_eq!(call.carried_out(&world, deal.as_ref()).await, 1, "{call:?}");
    }

    let world = World::new(73).await;
    let id = crate::open_deal(&world).await.1.deal.id;
    let send = crate::delivered(&world, Talk::Deal(id), "Sent just now");
    let message = reads_fail_after(&world, "SendMessage", send).await;
    let copy = world.engine.deal(id).await.unwrap().deal.messages.pop().unwrap();
    assert_eq!((copy.id, copy.text.as_str()), (message, "Sent just now"));
}

/// From the moment at which the server has the call, nothing can be read.
async fn reads_fail_after<T>(world: &World, rpc: &'static str, act: impl Future<Output = T>) -> T {
    let faults = world.sandbox.faults();
    faults.once(rpc, When::After, Wrong::Delay(Duration::from_secs(1)));
    let away = async {
        while faults.calls(rpc) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for read in ["GetInvoicePayments", "GetDealById"] {
            let away = Wrong::Refuse(Code::Unavailable, String::new());
            faults.always(read, When::Before, away);
        }
    };
    tokio::join!(act, away).0
}

/// A payment that another computer makes on the same invoice in another way is not taken for the lost one.
#[tokio::test(start_paused = true)]
async fn another_way_of_paying_is_another_payment() {
    let world = World::new(67).await;
    world
        .sandbox
        .faults()
        .once("PayInvoiceFromBalance", When::Before, Wrong::Cut);
    let id = unknown(pay(&world, LIBRARY, 2).await).id;
    let line = world.line_of(&world.you());
    line.pay_by_best_deal(invoice(LIBRARY), 2, &zelle())
        .await
        .unwrap();
    settled(&world, id).await;
    assert_eq!(state(&world, id), OperationState::ProvenAbsent);

    let world = World::new(67).await;
    world
        .sandbox
        .faults()
        .once("PayInvoiceByDeal", When::Before, Wrong::Cut);
    let id = unknown(pay_by_deal(&world, LIBRARY, 2, true).await).id;
    let line = world.line_of(&world.you());
    line.pay_from_balance(invoice(LIBRARY), 2).await.unwrap();
    settled(&world, id).await;
    assert_eq!(state(&world, id), OperationState::ProvenAbsent);
}

/// A hundred payments of another computer stand above the lost one in the list.
#[tokio::test(start_paused = true)]
async fn a_payment_is_found_below_a_hundred_younger_ones() {
    let world = World::new(68).await;
    let faults = world.sandbox.faults();
    faults.once("PayInvoiceFromBalance", When::After, Wrong::Hang);
    let busy = async {
        while world.sandbox.faults().calls("PayInvoiceFromBalance") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..105 {
            world.sandbox.buy(&world.you(), MAP, 1).unwrap();
        }
    };
    let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), busy);
    let (payment, ..) = done(end);
    assert_eq!(payment.payment.invoice.id, invoice(LIBRARY));
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1);
}

/// The computer's clock is set two hours forward while nobody knows: that proves nothing.
#[tokio::test(start_paused = true)]
async fn a_clock_set_forward_does_not_prove_absence() {
    let world = World::new(69).await;
    world
        .sandbox
        .faults()
        .once("PayInvoiceFromBalance", When::Before, Wrong::Cut);
    let id = unknown(pay(&world, LIBRARY, 2).await).id;
    world.sandbox.clock().advance(Duration::from_secs(7_200));
    world.wait(40).await;
    assert!(state(&world, id).is_open());
    world.wait(100).await;
    assert_eq!(state(&world, id), OperationState::ProvenAbsent);
}

/// Unknown stays unknown, and barred, whatever the person does with accounts and lines.
#[tokio::test(start_paused = true)]
async fn no_other_account_and_no_new_line_forgets_what_is_unknown() {
    let world = World::new(70).await;
    let mine = world.engine.state().current.unwrap();
    world
        .sandbox
        .faults()
        .once("PayInvoiceFromBalance", When::Before, Wrong::Cut);
    let id = unknown(pay(&world, LIBRARY, 2).await).id;
    let barred = async |world: &World| {
        let shown = desk(world, LIBRARY, 2).await;
        assert_eq!(shown.unknown.unwrap().id, id);
        let fault = refused(pay(world, LIBRARY, 2).await);
        assert_eq!(fault.code, FaultCode::OperationInProgress);
    };
    barred(&world).await;

    world.engine.reconnect().await.unwrap();
    barred(&world).await;

    // Somebody else's account: nothing of it there.
    let other = connect(&world, "marta.k").await.unwrap();
    assert!(world.engine.state().operations.is_empty());
    assert!(desk(&world, LIBRARY, 2).await.unknown.is_none());
    assert_eq!(
        fault_of(world.engine.remove_account(mine).await).code,
        FaultCode::OperationInProgress
    );

    world.engine.switch(mine).await.unwrap();
    barred(&world).await;
    assert_eq!(world.engine.state().operations[0].id, id);

    // The looks go on, and tell whoever shows it, over whichever line.
    world.told.take();
    settled(&world, id).await;
    assert_eq!(state(&world, id), OperationState::ProvenAbsent);
    assert!(world.told.take().contains(&kvit_engine::Topic::Operation(id)));
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1);
    done(pay(&world, LIBRARY, 2).await);
    world.engine.remove_account(other.id).await.unwrap();
}

/// The token is revoked right after the server acted: nobody can look until the person enters another one, and then
/// it is found.
#[tokio::test(start_paused = true)]
async fn a_new_token_lets_the_looks_go_on() {
    for when in [When::After, When::Before] {
        let world = World::disconnected(71).await;
        let you = world.you();
        let account = connect(&world, &you).await.unwrap();
        world
            .until(|world| world.engine.state().connection.state == ConnectionState::Connected)
            .await;
        world
            .sandbox
            .faults()
            .once("PayInvoiceFromBalance", when, Wrong::Hang);
        let revoke = async {
            while world.sandbox.faults().calls("PayInvoiceFromBalance") == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            world.sandbox.revoke_token(&crate::connect::token_of(&world));
        };
        let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), revoke);
        let id = unknown(end).id;
        world.wait(200).await;
        assert!(state(&world, id).is_open(), "{when:?}");

        let fresh = request(&world, &you).token;
        world.engine.enter_token(account.id, &fresh, true).await.unwrap();
        settled(&world, id).await;
        match when {
            When::After => assert!(matches!(state(&world, id), OperationState::Done(Some(_)))),
            When::Before => assert_eq!(state(&world, id), OperationState::ProvenAbsent),
        }
        assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1);
    }
}

/// Where no line could be made nothing was sent, and the person is told so at once.
#[tokio::test(start_paused = true)]
async fn a_token_revoked_before_the_call_refuses_it_for_certain() {
    let world = World::disconnected(72).await;
    let you = world.you();
    connect(&world, &you).await.unwrap();
    let before = (Books::of(&world), statuses_of(&world, &you).await);
    let shown = desk(&world, LIBRARY, 2).await;
    world.sandbox.revoke_token(&crate::connect::token_of(&world));
    let request = kvit_engine::PayFromBalance {
        account: world.account(),
        invoice: shown.invoice.id,
        pieces: 2,
        seen: shown.total,
    };
    let fault = refused(world.engine.pay_from_balance(request).await);
    assert_no(&fault, FaultCode::TokenRejected);
    assert_eq!((Books::of(&world), statuses_of(&world, &you).await), before);
}
