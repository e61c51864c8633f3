//! The app ends while an act is on its way: the journal was written before the first byte left, so the next start
//! knows what may have happened, and finds out.

use std::{path::Path, time::Duration};

use kvit_domain::fault::{FaultCode, MoneyMoved};
use kvit_engine::{ConnectionState, OperationState, Pace, PayFromBalance, StoreDoubt};
use kvit_sandbox::{Code, Fault as Wrong, When};
use kvit_testkit::World;

use crate::{LIBRARY, books::payments_on, desk, done, pay, refused};

const CALL: &str = "PayInvoiceFromBalance";

/// Presses the button; the answer never comes, and the app is killed and opened again. `meanwhile` comes between.
///
/// Also how many payments on the invoice there were before.
async fn killed_while_paying(seed: u64, when: When, meanwhile: impl FnOnce(&Path)) -> (World, usize) {
    let world = World::new(seed).await;
    let before = payments_on(&world, LIBRARY).await;
    let world = killed_in(world, when, meanwhile).await;
    world.engine.resume().await;
    (world, before)
}

async fn killed_in(world: World, when: When, meanwhile: impl FnOnce(&Path)) -> World {
    let seen = desk(&world, LIBRARY, 2).await.total;
    world.sandbox.faults().once(CALL, when, Wrong::Hang);
    let engine = world.engine.clone();
    let request = PayFromBalance {
        account: world.account(),
        invoice: crate::invoice(LIBRARY),
        pieces: 2,
        seen,
    };
    let paying = tokio::spawn(async move { engine.pay_from_balance(request).await });
    world.until(|world| world.sandbox.faults().calls(CALL) == 1).await;
    // The call is under way; the server gets a moment to act, if it is to.
    tokio::time::sleep(Duration::from_millis(200)).await;
    paying.abort();
    world.killed(meanwhile).await
}

#[tokio::test(start_paused = true)]
async fn a_payment_made_just_before_the_end_is_found_at_the_next_start() {
    let (world, before) = killed_while_paying(41, When::After, |_| {}).await;
    let open = world.engine.state().operations;
    assert_eq!(open.len(), 1, "the journal knows of it");
    assert!(matches!(open[0].state, OperationState::Unknown { .. }));
    assert_eq!(
        refused(pay(&world, LIBRARY, 2).await).code,
        FaultCode::OperationInProgress
    );
    world
        .until(|world| world.engine.state().operations.is_empty())
        .await;
    assert!(matches!(
        world.engine.operation(open[0].id).unwrap().state,
        OperationState::Done(Some(_))
    ));
    assert_eq!(world.sandbox.faults().calls(CALL), 1, "paid once");
    assert_eq!(payments_on(&world, LIBRARY).await, before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_never_arrived_is_proven_absent_at_the_next_start_and_not_sooner() {
    let (world, before) = killed_while_paying(42, When::Before, |_| {}).await;
    let id = world.engine.state().operations[0].id;
    world
        .until(|world| world.engine.state().connection.state == ConnectionState::Connected)
        .await;
    let last = u32::try_from(Pace::REAL.last_arrival.as_secs()).unwrap();
    world.wait(last - 10).await;
    assert!(
        world.engine.operation(id).unwrap().state.is_open(),
        "too early to tell"
    );
    world.wait(100).await;
    assert_eq!(
        world.engine.operation(id).unwrap().state,
        OperationState::ProvenAbsent
    );
    assert_eq!(world.sandbox.faults().calls(CALL), 1, "not sent again by itself");
    assert_eq!(payments_on(&world, LIBRARY).await, before);
    done(pay(&world, LIBRARY, 2).await);
}

/// Days pass between the end and the next start, and the first look fails: it is looked after all the same.
#[tokio::test(start_paused = true)]
async fn a_payment_that_never_arrived_is_proven_absent_days_later() {
    let world = World::new(44).await;
    let before = payments_on(&world, LIBRARY).await;
    let world = killed_in(world, When::Before, |_| {}).await;
    world.sandbox.clock().advance(Duration::from_secs(3 * 86_400));
    let away = Wrong::Refuse(Code::Unavailable, String::new());
    world
        .sandbox
        .faults()
        .once("GetInvoicePayments", When::Before, away);
    world.engine.resume().await;
    let id = world.engine.state().operations[0].id;
    world.wait(200).await;
    assert_eq!(
        world.engine.operation(id).unwrap().state,
        OperationState::ProvenAbsent
    );
    assert_eq!(payments_on(&world, LIBRARY).await, before);
}

/// The log with the last changes is gone at the next start: nobody knows what was under way, so nothing is begun
/// before the latest moment at which it could arrive.
#[tokio::test(start_paused = true)]
async fn a_journal_that_lost_something_bars_every_act_until_that_must_have_arrived() {
    let (world, before) = killed_while_paying(45, When::After, |folder| {
        remove_logs(folder);
    })
    .await;
    let store = world.engine.state().store;
    assert_eq!(store.doubt, Some(StoreDoubt::LogGone));
    assert!(store.nothing_may_begin);
    let fault = refused(pay(&world, LIBRARY, 2).await);
    assert_eq!(
        (fault.code, fault.money),
        (FaultCode::OperationInProgress, MoneyMoved::Unknown)
    );
    let last = u32::try_from(Pace::REAL.last_arrival.as_secs()).unwrap();
    world.wait(last - 10).await;
    assert_eq!(
        refused(pay(&world, LIBRARY, 2).await).code,
        FaultCode::OperationInProgress
    );
    assert_eq!(world.sandbox.faults().calls(CALL), 1);
    world.wait(20).await;
    let store = world.engine.state().store;
    assert!(!store.nothing_may_begin && store.doubt.is_some(), "it stays said");
    // What had been under way is seen now.
    assert_eq!(payments_on(&world, LIBRARY).await, before + 1);
    assert!(desk(&world, LIBRARY, 2).await.already_paid.is_some());
    done(pay(&world, LIBRARY, 2).await);
}

/// Removes the log of each store in the folder of the app.
fn remove_logs(folder: &Path) {
    let mut removed = 0;
    for account in std::fs::read_dir(folder.join("accounts")).unwrap() {
        let log = account.unwrap().path().join("store.db-wal");
        if log.exists() {
            std::fs::remove_file(log).unwrap();
            removed += 1;
        }
    }
    assert_eq!(removed, 1);
}
