//! The journal: what was begun, what became of it, and what was looked at to know that. It is a record: over restarts,
//! page by page, and nothing of it is dropped.

use std::{path::Path, time::Duration};

use kvit_domain::{fault::FaultCode, payment::PaymentStatus};
use kvit_engine::{Act, Operation, OperationId, OperationState, Step, StepKind};
use kvit_sandbox::{Code, Fault as Wrong, Sats as BookSats, When};
use kvit_testkit::World;

use crate::{LIBRARY, MAP, done, fault_of, invoice, open_deal, pay, refused, restarted, sats, unknown};

const CALL: &str = "PayInvoiceFromBalance";

fn steps(world: &World, id: OperationId) -> Vec<Step> {
    world.engine.steps(id).unwrap()
}

fn kinds(world: &World, id: OperationId) -> Vec<StepKind> {
    steps(world, id).iter().map(|step| step.kind).collect()
}

fn last(world: &World) -> Operation {
    world.engine.operations(None, 1).unwrap().remove(0).1
}

async fn settled(world: &World, id: OperationId) {
    for _ in 0..400 {
        if !world.engine.operation(id).unwrap().state.is_open() {
            return;
        }
        world.wait(1).await;
    }
    panic!("never settled: {:?}", world.engine.operation(id));
}

#[tokio::test(start_paused = true)]
async fn what_was_agreed_to_is_written_down_with_what_was_known_then() {
    let world = World::new(260).await;
    let (before, ..) = done(pay(&world, MAP, 1).await);
    let balance = world.sandbox.balance(&world.you()).unwrap().0.0;
    let (paid, ..) = done(pay(&world, LIBRARY, 2).await);
    let operation = last(&world);
    assert_eq!(operation.account, world.account());
    assert_eq!(
        operation.prepared.as_second(),
        world.sandbox.clock().now().seconds()
    );
    let intent = &operation.intent;
    assert_eq!(intent.act, Act::PayFromBalance);
    assert_eq!((intent.invoice, intent.pieces), (Some(invoice(LIBRARY)), Some(2)));
    assert_eq!(intent.amount, Some(sats(25_000)));
    assert_eq!(intent.counterparty.as_deref(), Some(crate::LIBRARY_SELLER));
    assert_eq!(intent.mark, Some(before.payment.id));
    assert_eq!(intent.balance, Some(sats(balance)));
    assert_eq!(operation.payment(), Some(paid.payment.id));
    assert_eq!(
        kinds(&world, operation.id),
        [StepKind::Prepared, StepKind::Answered, StepKind::Done]
    );
    assert_eq!(
        steps(&world, operation.id)[2].values["payment"],
        paid.payment.id.to_string()
    );
    // And from the payment one comes to it.
    let seen = world.engine.payment(paid.payment.id).await.unwrap();
    assert_eq!(seen.record.operation.unwrap().id, operation.id);
}

#[tokio::test(start_paused = true)]
async fn silence_and_every_look_are_on_record_with_what_they_showed() {
    let world = World::new(261).await;
    world.sandbox.faults().once(CALL, When::Before, Wrong::Cut);
    let id = unknown(pay(&world, LIBRARY, 2).await).id;
    settled(&world, id).await;
    assert_eq!(
        world.engine.operation(id).unwrap().state,
        OperationState::ProvenAbsent
    );
    let steps = steps(&world, id);
    assert_eq!(steps[0].kind, StepKind::Prepared);
    assert_eq!(steps[1].kind, StepKind::Silence);
    assert!(!steps[1].values["code"].is_empty());
    assert_eq!(steps.last().unwrap().kind, StepKind::ProvenAbsent);
    let looks: Vec<&Step> = steps
        .iter()
        .filter(|step| step.kind == StepKind::Looked)
        .collect();
    assert!(looks.len() > 5);
    assert_eq!(steps.len(), looks.len() + 3);
    assert!(looks.iter().all(|look| look.values["found"] == "nothing"));
    let late: Vec<bool> = looks.iter().map(|look| look.values["late"] == "yes").collect();
    assert!(late.is_sorted(), "first the early ones: {late:?}");
    assert_eq!(
        late.iter().filter(|late| **late).count(),
        2,
        "two late ones prove it"
    );
    let balance = world.sandbox.balance(&world.you()).unwrap().0.0.to_string();
    let newest = crate::books::payments_of(&world, &world.you())
        .await
        .iter()
        .find(|payment| payment.buyer.name == "you")
        .unwrap()
        .id;
    for look in &looks {
        assert_eq!(look.values["balance"], balance);
        assert_eq!(look.values["newest"], newest.to_string());
    }
    assert!(steps.is_sorted_by_key(|step| step.at));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_on_record_as_silence_a_look_and_done() {
    let world = World::new(262).await;
    world.sandbox.faults().once(CALL, When::After, Wrong::Cut);
    let (paid, ..) = done(pay(&world, LIBRARY, 2).await);
    let operation = last(&world);
    assert_eq!(
        kinds(&world, operation.id)[..4],
        [
            StepKind::Prepared,
            StepKind::Silence,
            StepKind::Looked,
            StepKind::Done
        ]
    );
    let steps = steps(&world, operation.id);
    assert_eq!(steps[2].values["found"], "found");
    assert_eq!(steps[3].values["payment"], paid.payment.id.to_string());
    assert!(operation.was_silent);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_on_record_with_its_reason() {
    let world = World::new(263).await;
    world
        .sandbox
        .faults()
        .once(CALL, When::Before, Wrong::Delay(Duration::from_secs(5)));
    let poor = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.sandbox.set_balance(&world.you(), BookSats(1)).unwrap();
    };
    let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), poor);
    let fault = refused(end);
    let world = restarted(world).await;
    let operation = last(&world);
    assert_eq!(operation.state, OperationState::Refused(fault));
    let steps = steps(&world, operation.id);
    let refusal = steps.iter().find(|step| step.kind == StepKind::Refused).unwrap();
    assert_eq!(refusal.values["code"], FaultCode::InsufficientBalance.name());
    assert!(operation.settled.is_some());
}

/// What was refused before it was begun is no operation.
#[tokio::test(start_paused = true)]
async fn what_was_never_begun_is_not_on_record() {
    let world = World::new(264).await;
    refused(pay(&world, 777, 1).await);
    fault_of(world.engine.pay_desk("999999", None).await);
    assert!(world.engine.operations(None, 50).unwrap().is_empty());
    assert_eq!(
        fault_of(world.engine.operation(OperationId::nil())).code,
        FaultCode::OperationNotFound
    );
}

#[tokio::test(start_paused = true)]
async fn everything_settled_stays_over_restarts_and_is_paged() {
    let mut world = World::new(265).await;
    let mut ids = Vec::new();
    for round in 0..7_u64 {
        let number = if round % 2 == 0 { LIBRARY } else { MAP };
        done(pay(&world, number, 1).await);
        ids.insert(0, last(&world).id);
        if round == 3 {
            world = restarted(world).await;
        }
    }
    let (_, deal) = open_deal(&world).await;
    ids.insert(0, last(&world).id);
    world
        .engine
        .cancel_deal(world.account(), deal.deal.id)
        .await
        .unwrap();
    ids.insert(0, last(&world).id);
    assert_eq!(last(&world).intent.act, Act::CancelDeal);

    let mut world = world;
    for _ in 0..2 {
        let mut shown = Vec::new();
        let mut before = None;
        loop {
            let page = world.engine.operations(before, 2).unwrap();
            assert!(page.len() <= 2);
            let Some((number, _)) = page.last() else { break };
            before = Some(*number);
            shown.extend(page);
        }
        assert!(shown.is_sorted_by(|one, other| one.0 > other.0));
        assert_eq!(shown.iter().map(|(_, one)| one.id).collect::<Vec<_>>(), ids);
        for (_, one) in &shown {
            assert!(matches!(one.state, OperationState::Done(Some(_))) && one.settled.is_some());
            assert_eq!(world.engine.operation(one.id).unwrap(), *one);
            assert!(steps(&world, one.id).len() >= 3);
        }
        world = restarted(world).await;
    }
    // The payment that was made and canceled: the last thing that was done to it comes first.
    let seen = world.engine.payment(deal.deal.payment.unwrap()).await.unwrap();
    assert_eq!(seen.record.operation.unwrap().id, ids[0]);
}

/// An app that is killed with a call on its way says at the next start that it was found there, and what came of it.
#[tokio::test(start_paused = true)]
async fn what_was_on_its_way_is_resumed_and_settled() {
    for (when, happened) in [(When::After, true), (When::Before, false)] {
        let world = World::new(267).await;
        world.sandbox.faults().once(CALL, when, Wrong::Hang);
        let paying = tokio::time::timeout(Duration::from_secs(2), pay(&world, LIBRARY, 2)).await;
        assert!(paying.is_err());
        let id = last(&world).id;
        assert_eq!(world.engine.unsettled().len(), 1, "quitting now would leave it");
        let world = world.killed(|_| {}).await;
        world.engine.resume().await;
        assert_eq!(world.engine.state().operations.len(), 1);
        settled(&world, id).await;
        world.wait(150).await;
        let kinds = kinds(&world, id);
        assert_eq!(kinds[..2], [StepKind::Prepared, StepKind::Resumed]);
        let operation = world.engine.operation(id).unwrap();
        if happened {
            assert!(matches!(operation.state, OperationState::Done(Some(_))));
            assert_eq!(operation.taken.map(|taken| taken.amount), Some(sats(25_000)));
            assert!(kinds.contains(&StepKind::Done));
        } else {
            assert_eq!(operation.state, OperationState::ProvenAbsent);
        }
        assert!(world.engine.unsettled().is_empty());
        assert_eq!(world.sandbox.faults().calls(CALL), 1);
    }
}

/// For a day nobody can look. A person is told; it is still barred; and when looking works again it is settled.
#[tokio::test(start_paused = true)]
async fn a_day_without_a_look_needs_a_person_and_ends_when_a_look_is_possible() {
    for when in [When::After, When::Before] {
        let world = World::new(268).await;
        world.sandbox.faults().once(CALL, when, Wrong::Cut);
        let away = async {
            while world.sandbox.faults().calls(CALL) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let away = Wrong::Refuse(Code::Unavailable, String::new());
            world.sandbox.faults().always("GetBalances", When::Before, away);
        };
        let (end, ()) = tokio::join!(pay(&world, LIBRARY, 2), away);
        let id = unknown(end).id;
        tokio::time::sleep(Duration::from_secs(23 * 3_600)).await;
        assert!(matches!(
            world.engine.operation(id).unwrap().state,
            OperationState::Unknown { absent: 0, .. }
        ));
        tokio::time::sleep(Duration::from_secs(2 * 3_600)).await;
        world.sandbox.clock().advance(Duration::from_secs(25 * 3_600));
        assert_eq!(
            world.engine.operation(id).unwrap().state,
            OperationState::NeedsAPerson
        );
        assert_eq!(world.engine.state().operations.len(), 1);
        assert!(kinds(&world, id).contains(&StepKind::NeedsAPerson));
        assert!(
            steps(&world, id).len() < 400,
            "a long wait does not fill the record"
        );
        world.sandbox.faults().clear();
        assert_eq!(
            refused(pay(&world, LIBRARY, 2).await).code,
            FaultCode::OperationInProgress
        );
        settled(&world, id).await;
        match when {
            When::After => assert!(matches!(
                world.engine.operation(id).unwrap().state,
                OperationState::Done(Some(_))
            )),
            When::Before => {
                assert_eq!(
                    world.engine.operation(id).unwrap().state,
                    OperationState::ProvenAbsent
                );
            }
        }
        assert_eq!(world.sandbox.faults().calls(CALL), 1);
    }
}

/// A file of open operations as the first version left it.
fn first_version(folder: &Path, text: &str) {
    let account = std::fs::read_dir(folder.join("accounts"))
        .unwrap()
        .next()
        .unwrap();
    std::fs::write(account.unwrap().path().join("operations.json"), text).unwrap();
}

fn entry(id: OperationId, mark: u64) -> String {
    format!(
        r#"{{"id":"{id}","act":"pay_from_balance","sent":"2026-03-02T09:00:00Z","invoice":"{LIBRARY}","pieces":2,
        "sats":"25000","counterparty":"pixel-forge","mark":"{mark}","balance":"1000000"}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn open_operations_of_the_first_version_are_taken_over_and_looked_after() {
    for happened in [true, false] {
        let world = World::new(269).await;
        let mark = crate::books::payments_of(&world, &world.you())
            .await
            .iter()
            .map(|payment| payment.id.get())
            .max()
            .unwrap();
        if happened {
            world.sandbox.buy(&world.you(), LIBRARY, 2).unwrap();
        }
        let id = OperationId::from_u128(7);
        let world = world
            .reopened_after(|folder| first_version(folder, &format!("[{}]", entry(id, mark))))
            .await;
        world.engine.resume().await;
        assert_eq!(world.engine.state().operations[0].id, id);
        assert!(!world.account_folder().join("operations.json").exists());
        assert_eq!(
            refused(pay(&world, LIBRARY, 2).await).code,
            FaultCode::OperationInProgress
        );
        settled(&world, id).await;
        let operation = world.engine.operation(id).unwrap();
        if happened {
            assert!(
                matches!(operation.state, OperationState::Done(Some(_))),
                "{operation:?}"
            );
        } else {
            assert_eq!(operation.state, OperationState::ProvenAbsent);
        }
        assert_eq!(operation.intent.amount, Some(sats(25_000)));
        assert_eq!(
            world.sandbox.faults().calls(CALL),
            0,
            "looked after, not sent again"
        );
        // Taken over once.
        let world = restarted(world).await;
        assert_eq!(world.engine.operations(None, 10).unwrap().len(), 1);
    }
}

/// What cannot be read of it may have been anything: kept beside, and nothing may begin for a while.
#[tokio::test(start_paused = true)]
async fn a_first_version_s_file_that_cannot_be_read_is_kept_and_bars_for_a_while() {
    let id = OperationId::from_u128(7);
    let half = entry(id, 1).replace("pay_from_balance", "pay_by_magic");
    for text in ["[{ half".to_owned(), format!("[{half}]")] {
        let world = World::new(270).await;
        let world = world.reopened_after(|folder| first_version(folder, &text)).await;
        world.engine.resume().await;
        world.settled().await;
        assert!(world.engine.state().store.nothing_may_begin);
        assert_eq!(
            refused(pay(&world, MAP, 1).await).code,
            FaultCode::OperationInProgress
        );
        let folder = world.account_folder();
        assert!(!folder.join("operations.json").exists());
        assert_eq!(
            std::fs::read_to_string(folder.join("operations.damaged.json")).unwrap(),
            text
        );
        world.wait(95).await;
        done(pay(&world, MAP, 1).await);
    }
}

/// An act that is on its way marks what it touches.
#[tokio::test(start_paused = true)]
async fn what_an_open_operation_touches_says_so() {
    let world = World::new(271).await;
    let (payment, deal) = open_deal(&world).await;
    world
        .sandbox
        .faults()
        .once("CancelDeal", When::Before, Wrong::Cut);
    let fault = fault_of(world.engine.cancel_deal(world.account(), deal.deal.id).await);
    assert_eq!(fault.code, FaultCode::OutcomeUnknown);
    let page = crate::listed(&world, &kvit_engine::PaymentsQuery::default())
        .await
        .unwrap();
    let touched: Vec<_> = page.payments.iter().filter(|row| row.unresolved).collect();
    assert_eq!(touched.len(), 1);
    assert_eq!(touched[0].payment.id, payment.payment.id);
    assert_eq!(touched[0].payment.status, PaymentStatus::Pending);
    for fault in [
        fault_of(world.engine.cancel_deal(world.account(), deal.deal.id).await),
        fault_of(
            world
                .engine
                .cancel_payment(world.account(), payment.payment.id)
                .await,
        ),
        fault_of(
            world
                .engine
                .declare_paid(world.account(), deal.deal.id, deal.deal.fiat.amount())
                .await,
        ),
    ] {
        assert_eq!(fault.code, FaultCode::OperationInProgress);
    }
    settled(&world, last(&world).id).await;
    world
        .engine
        .cancel_deal(world.account(), deal.deal.id)
        .await
        .unwrap();
}
