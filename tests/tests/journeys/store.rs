//! The store: what was read stays, opens before any connection, and is never overwritten by anything but its own
//! account.

use std::path::{Path, PathBuf};

use kvit_domain::{
    fault::{Fault, FaultCode, MoneyMoved},
    id::PaymentId,
    message::Talk,
};
use kvit_engine::{
    Account, ConnectRequest, ConnectionState, OperationState, OutgoingState, Pace, PayEnd, PaymentsQuery,
    StoreDoubt, StorePlace, StoreState,
};
use kvit_testkit::{World, copy_folder};
use kvit_vault::Vault;
use secrecy::SecretString;

use crate::{
    LIBRARY, assert_no,
    connect::{connect, request, without_keychain},
    cut_off, desk, done, fault_of, is_verified, let_in, listed, open_deal, pay, refused, restarted,
};

const PASSPHRASE: &str = "correct horse battery";

async fn everything(world: &World) -> String {
    let engine = &world.engine;
    let state = engine.state();
    let list = listed(world, &PaymentsQuery::default()).await.unwrap();
    let deals = engine.deals().await.unwrap();
    let receipts = engine.receipts("", 0, 100).await.unwrap();
    format!(
        "{:#?}",
        (
            list.payments,
            list.read,
            deals,
            receipts,
            state.money,
            state.unread_news,
            engine.news(None).unwrap(),
            engine.operations(None, 50).unwrap(),
        )
    )
}

#[tokio::test(start_paused = true)]
async fn what_was_read_yesterday_is_there_before_any_connection() {
    let world = World::new(200).await;
    open_deal(&world).await;
    let paid = done(pay(&world, crate::MAP, 1).await).0.payment.id;
    world.sandbox.buy("marta.k", 777, 1).unwrap();
    world.until(|world| world.engine.state().unread_news > 0).await;
    let world = restarted(world).await;
    let had = everything(&world).await;
    assert!(
        world.engine.state().money.unwrap().estimate.is_some(),
        "rates are kept"
    );

    world.sandbox.faults().refuse_connections(true);
    world
        .sandbox
        .clock()
        .advance(std::time::Duration::from_secs(86_400));
    let calls = world.sandbox.faults().calls("GetInvoicePayments");
    let world = world.reopened().await;
    world.engine.resume().await;
    assert_ne!(world.engine.state().connection.state, ConnectionState::Connected);
    assert_eq!(everything(&world).await, had);
    // Searched, opened and verified, all the same.
    let query = PaymentsQuery {
        text: "library".to_owned(),
        ..PaymentsQuery::default()
    };
    let found = listed(&world, &query).await.unwrap();
    assert!(
        found.total > 0
            && found
                .payments
                .iter()
                .all(|one| one.payment.invoice.id.get() == LIBRARY)
    );
    let seen = world.engine.payment(paid).await.unwrap();
    assert!(is_verified(&seen.seal));
    assert!(
        !seen.payment.secrets.is_empty() && seen.record.receipt.is_some() && !seen.record.said.is_empty()
    );
    assert!(is_verified(&world.engine.receipt(paid).await.unwrap().seal));
    assert_eq!(world.sandbox.faults().calls("GetInvoicePayments"), calls);
}

#[tokio::test(start_paused = true)]
async fn acts_that_need_the_marketplace_say_why_they_wait() {
    let world = World::new(201).await;
    let (payment, deal) = open_deal(&world).await;
    let shown = desk(&world, crate::MAP, 1).await;
    cut_off(&world).await;
    assert!(world.engine.state().connection.fault.is_some());
    let away = |fault: &Fault| {
        assert!(
            matches!(
                fault.code,
                FaultCode::Unreachable | FaultCode::ConnectionLost | FaultCode::ConnectionRefused
            ) && fault.money == MoneyMoved::No,
            "{fault:?}"
        );
    };
    let account = world.account();
    let request = kvit_engine::PayFromBalance {
        account,
        invoice: shown.invoice.id,
        pieces: 1,
        seen: shown.total,
    };
    away(&refused(world.engine.pay_from_balance(request).await));
    away(&fault_of(world.engine.pay_desk("51", None).await));
    away(&fault_of(
        world
            .engine
            .suitable_ads(shown.invoice.id, 1, &crate::zelle())
            .await,
    ));
    away(&fault_of(
        world.engine.cancel_payment(account, payment.payment.id).await,
    ));
    let deal = &deal.deal;
    away(&fault_of(world.engine.cancel_deal(account, deal.id).await));
    let declared = world
        .engine
        .declare_paid(account, deal.id, deal.fiat.amount())
        .await;
    away(&fault_of(declared));
    let talk = Talk::Deal(deal.id);
    let waiting = world.engine.send_message(account, talk, "Hello").await.unwrap();
    assert_eq!(waiting.state, OutgoingState::Waiting);
    away(&fault_of(
        world.engine.payment_now(PaymentId::new(9_999_999).unwrap()).await,
    ));
    let begun = world.engine.operations(None, 50).unwrap();
    assert_eq!(begun.len(), 1, "only the deal from before");
    let_in(&world).await;
    done(world.engine.pay_from_balance(request).await);
    // It had waited for the line.
    crate::delivered_as(&world, waiting.id).await;
}

/// What was done a moment before the app was killed is there at the next start, without the marketplace.
#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_survives_a_kill() {
    let world = World::new(202).await;
    let (paid, ..) = done(pay(&world, LIBRARY, 2).await);
    world
        .engine
        .keep_draft(world.account(), "deal/1", "Half a sentence")
        .unwrap();
    world.sandbox.faults().refuse_connections(true);
    let world = world.killed(|_| {}).await;
    world.engine.resume().await;
    assert_eq!(world.engine.state().store.doubt, None, "its log was there");
    let seen = world.engine.payment(paid.payment.id).await.unwrap();
    assert_eq!(seen.payment, paid.payment);
    assert!(is_verified(&seen.seal) && seen.record.receipt.is_some());
    let (_, operation) = world.engine.operations(None, 1).unwrap().remove(0);
    assert_eq!(operation.state, OperationState::Done(Some(paid.payment.id)));
    assert_eq!(
        world.engine.draft(world.account(), "deal/1").unwrap(),
        "Half a sentence"
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_in_memory_leaves_nothing_behind() {
    let world = World::disconnected(203).await;
    let account = world
        .engine
        .connect(without_keychain(&world, "marta.k"))
        .await
        .unwrap();
    world.settled().await;
    let state = world.engine.state();
    assert_eq!(
        (state.store.state, state.store_place),
        (StoreState::Ready, Some(StorePlace::Memory))
    );
    assert!(listed(&world, &PaymentsQuery::default()).await.unwrap().total > 0);
    let (paid, ..) = done(pay(&world, LIBRARY, 1).await);
    assert!(world.engine.receipt(paid.payment.id).await.is_ok());
    assert_eq!(files_in(&world.account_folder()), Vec::<String>::new());

    let world = world.reopened().await;
    world.engine.resume().await;
    let state = world.engine.state();
    assert_eq!(state.current, Some(account.id));
    assert_eq!(state.store.state, StoreState::Ready);
    assert_eq!(listed(&world, &PaymentsQuery::default()).await.unwrap().total, 0);
    assert_no(
        &fault_of(world.engine.receipt(paid.payment.id).await),
        FaultCode::ReceiptNotFound,
    );
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| {
            entries
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

fn with_passphrase(world: &World, passphrase: &str) -> ConnectRequest {
    ConnectRequest {
        store: StorePlace::Passphrase,
        passphrase: SecretString::from(passphrase.to_owned()),
        ..request(world, "marta.k")
    }
}

#[tokio::test(start_paused = true)]
async fn a_passphrase_opens_the_store_and_nothing_else_does() {
    let world = World::disconnected(204).await;
    let fault = fault_of(world.engine.connect(with_passphrase(&world, "nine char")).await);
    assert_no(&fault, FaultCode::PassphraseTooShort);
    assert!(world.engine.accounts().is_empty() && world.vault.is_empty());

    let account = world
        .engine
        .connect(with_passphrase(&world, PASSPHRASE))
        .await
        .unwrap();
    world.settled().await;
    let (paid, ..) = done(pay(&world, LIBRARY, 1).await);

    let world = world.reopened().await;
    world.engine.resume().await;
    let store = world.engine.state().store;
    assert_eq!((store.state, store.fault), (StoreState::Locked, None));
    assert_no(
        &fault_of(listed(&world, &PaymentsQuery::default()).await),
        FaultCode::StoreLocked,
    );
    assert_no(
        &fault_of(world.engine.pay_desk("640", None).await),
        FaultCode::StoreLocked,
    );
    let file = std::fs::read(world.account_folder().join("store.db")).unwrap();

    for wrong in ["correct horse batterz", "", "Correct horse battery"] {
        let tried = world
            .engine
            .unlock_store(account.id, SecretString::from(wrong.to_owned()))
            .await;
        assert_no(&fault_of(tried), FaultCode::PassphraseWrong);
        assert_eq!(world.engine.state().store.state, StoreState::Locked);
    }
    assert_eq!(
        std::fs::read(world.account_folder().join("store.db")).unwrap(),
        file
    );

    let right = SecretString::from(PASSPHRASE.to_owned());
    world.engine.unlock_store(account.id, right).await.unwrap();
    assert_eq!(world.engine.state().store.state, StoreState::Ready);
    assert!(
        world.engine.receipt(paid.payment.id).await.is_ok(),
        "before any connection"
    );
    world.settled().await;
    done(pay(&world, LIBRARY, 1).await);
}

/// The names of files that were set aside, with what is in them.
fn set_aside(world: &World) -> Vec<(String, Vec<u8>)> {
    let folder = world.account_folder();
    files_in(&folder)
        .into_iter()
        .filter(|name| name.starts_with("store.damaged") && name.ends_with(".db"))
        .map(|name| {
            let bytes = std::fs::read(folder.join(&name)).unwrap();
            (name, bytes)
        })
        .collect()
}

/// After a store was set aside something that only its journal knew of may still arrive.
async fn assert_barred_for_a_while(world: &World) {
    assert!(world.engine.state().store.nothing_may_begin);
    let fault = refused(pay(world, LIBRARY, 2).await);
    assert_eq!(
        (fault.code, fault.money),
        (FaultCode::OperationInProgress, MoneyMoved::Unknown)
    );
    let last = u32::try_from(Pace::REAL.last_arrival.as_secs()).unwrap();
    world.wait(last - 10).await;
    assert_eq!(
        refused(pay(world, LIBRARY, 2).await).code,
        FaultCode::OperationInProgress
    );
    world.wait(15).await;
    assert!(!world.engine.state().store.nothing_may_begin);
    done(pay(world, LIBRARY, 2).await);
}

async fn assert_nothing_goes(world: &World, code: FaultCode) {
    let store = world.engine.state().store;
    assert_eq!(store.state, StoreState::Failed);
    assert_eq!(store.fault.map(|fault| fault.code), Some(code));
    let calls = world.sandbox.faults().calls("GetMyProfile");
    let paid = world
        .engine
        .pay_from_balance(kvit_engine::PayFromBalance {
            account: world.account(),
            invoice: crate::invoice(LIBRARY),
            pieces: 1,
            seen: crate::sats(12_500),
        })
        .await;
    assert_no(&refused(paid), code);
    assert_no(&fault_of(listed(world, &PaymentsQuery::default()).await), code);
    assert_no(&fault_of(world.engine.deals().await), code);
    assert_no(&fault_of(world.engine.operations(None, 10)), code);
    assert_no(
        &fault_of(world.engine.keep_draft(world.account(), "deal/1", "text")),
        code,
    );
    assert_eq!(
        world.sandbox.faults().calls("GetMyProfile"),
        calls,
        "without a journal no line is made"
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_whose_key_is_gone_is_kept_and_another_one_begun() {
    let world = World::disconnected(205).await;
    let account = connect(&world, "marta.k").await.unwrap();
    world.settled().await;
    done(pay(&world, LIBRARY, 1).await);
    let world = world.reopened().await;
    let key = kvit_vault::Account::new(format!("{}.store", account.id)).unwrap();
    world.vault.remove(&key).unwrap();
    let file = std::fs::read(world.account_folder().join("store.db")).unwrap();
    world.engine.resume().await;
    assert_nothing_goes(&world, FaultCode::StoreKeyGone).await;
    assert_eq!(
        std::fs::read(world.account_folder().join("store.db")).unwrap(),
        file
    );
    assert!(
        world.vault.load(&key).is_err(),
        "no new key over a store that is there"
    );

    world.engine.set_store_aside(account.id).await.unwrap();
    let store = world.engine.state().store;
    assert_eq!(store.state, StoreState::Ready);
    assert_eq!(set_aside(&world), [(store.set_aside.unwrap(), file)]);
    world.settled().await;
    assert!(
        listed(&world, &PaymentsQuery::default()).await.unwrap().total > 0,
        "read anew"
    );
    assert_barred_for_a_while(&world).await;
    // It has a key of its own, which is kept.
    let world = restarted(world).await;
    assert_eq!(world.engine.state().store.state, StoreState::Ready);
}

fn damage(store: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(store).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 64] {
        *byte ^= 0x5A;
    }
    for byte in &mut bytes[100..164] {
        *byte ^= 0x5A;
    }
    std::fs::write(store, &bytes).unwrap();
    bytes
}

fn store_in(folder: &Path) -> PathBuf {
    let account = std::fs::read_dir(folder.join("accounts"))
        .unwrap()
        .next()
        .unwrap();
    account.unwrap().path().join("store.db")
}

#[tokio::test(start_paused = true)]
async fn a_damaged_store_is_set_aside_each_time_and_never_overwritten() {
    let mut world = World::new(206).await;
    let id = world.account();
    let mut kept = Vec::new();
    for _ in 0..2 {
        done(pay(&world, LIBRARY, 1).await);
        world = world
            .reopened_after(|folder| kept.push(damage(&store_in(folder))))
            .await;
        world.engine.resume().await;
        assert_nothing_goes(&world, FaultCode::StoreDamaged).await;
        // A restart changes nothing about that.
        world = world.reopened().await;
        world.engine.resume().await;
        assert_nothing_goes(&world, FaultCode::StoreDamaged).await;
        world.engine.set_store_aside(id).await.unwrap();
        assert!(world.engine.state().store.set_aside.is_some());
        world.settled().await;
        assert_barred_for_a_while(&world).await;
    }
    let aside: Vec<Vec<u8>> = set_aside(&world).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(aside, kept);
}

/// Until the doubt is over it outlives a restart.
#[tokio::test(start_paused = true)]
async fn a_restart_does_not_end_the_wait_after_a_store_was_lost() {
    let world = World::new(207).await;
    let id = world.account();
    let world = world
        .reopened_after(|folder| drop(damage(&store_in(folder))))
        .await;
    world.engine.resume().await;
    world.engine.set_store_aside(id).await.unwrap();
    world.settled().await;
    world.wait(30).await;
    let world = restarted(world).await;
    assert!(world.engine.state().store.nothing_may_begin);
    assert_eq!(
        refused(pay(&world, LIBRARY, 1).await).code,
        FaultCode::OperationInProgress
    );
}

/// A store that is in use cannot be set aside.
#[tokio::test(start_paused = true)]
async fn a_store_that_is_open_is_not_set_aside() {
    let world = World::new(208).await;
    let fault = fault_of(world.engine.set_store_aside(world.account()).await);
    assert_no(&fault, FaultCode::StoreTaken);
    done(pay(&world, LIBRARY, 1).await);
}

#[tokio::test(start_paused = true)]
async fn an_older_copy_of_the_store_is_noticed_and_bars_for_a_while() {
    let world = World::new(209).await;
    let older = tempfile::tempdir().unwrap();
    let world = world
        .reopened_after(|folder| copy_folder(&folder.join("accounts"), older.path()))
        .await;
    world.engine.resume().await;
    world.settled().await;
    let (paid, ..) = done(pay(&world, LIBRARY, 1).await);
    let world = world
        .reopened_after(|folder| {
            std::fs::remove_dir_all(folder.join("accounts")).unwrap();
            copy_folder(older.path(), &folder.join("accounts"));
        })
        .await;
    world.engine.resume().await;
    assert_eq!(world.engine.state().store.doubt, Some(StoreDoubt::OlderCopy));
    world.settled().await;
    // What only the newer one had is read again.
    assert!(is_verified(
        &world.engine.payment(paid.payment.id).await.unwrap().seal
    ));
    assert_barred_for_a_while(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_app_on_the_same_folder_says_so_and_touches_nothing() {
    let world = World::new(210).await;
    let account = world.account();
    let book = std::fs::read(world.folder.path().join("kvit/accounts.json")).unwrap();
    let second = world.second_engine();
    second.resume().await;
    let state = second.state();
    assert_eq!(state.current, Some(account));
    assert_eq!(state.store.state, StoreState::Failed);
    assert_eq!(state.store.fault.unwrap().code, FaultCode::StoreTaken);
    let request = kvit_engine::PayFromBalance {
        account,
        invoice: crate::invoice(LIBRARY),
        pieces: 1,
        seen: crate::sats(12_500),
    };
    match second.pay_from_balance(request).await {
        PayEnd::Refused(fault) => assert_no(&fault, FaultCode::StoreTaken),
        other => panic!("{other:?}"),
    }
    assert_no(&fault_of(second.reconnect().await), FaultCode::StoreTaken);
    assert_no(
        &fault_of(second.set_settings(kvit_engine::Settings::default())),
        FaultCode::StoreTaken,
    );
    assert_eq!(
        std::fs::read(world.folder.path().join("kvit/accounts.json")).unwrap(),
        book
    );
    // The first one does not notice.
    let (paid, ..) = done(pay(&world, LIBRARY, 1).await);

    let World {
        engine: first,
        sandbox,
        told,
        folder,
        vault,
        token,
    } = world;
    first.shut().await;
    drop(first);
    let world = World {
        engine: second,
        sandbox,
        told,
        folder,
        vault,
        token,
    };
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    world.engine.reconnect().await.unwrap();
    world.settled().await;
    assert_eq!(world.engine.state().store.state, StoreState::Ready);
    assert!(world.engine.receipt(paid.payment.id).await.is_ok());
    done(pay(&world, LIBRARY, 1).await);
}

/// Each account has a store of its own, also of the same person at the same marketplace.
#[tokio::test(start_paused = true)]
async fn accounts_do_not_share_a_store() {
    let world = World::new(211).await;
    let practice = world.account();
    let (paid, ..) = done(pay(&world, LIBRARY, 1).await);
    world
        .engine
        .keep_draft(world.account(), "deal/1", "mine")
        .unwrap();
    let other: Account = connect(&world, "marta.k").await.unwrap();
    world.settled().await;
    assert_eq!(world.engine.draft(world.account(), "deal/1").unwrap(), "");
    assert_no(
        &fault_of(world.engine.receipt(paid.payment.id).await),
        FaultCode::ReceiptNotFound,
    );
    assert!(world.engine.operations(None, 10).unwrap().is_empty());
    world.engine.switch(practice).await.unwrap();
    assert_eq!(world.engine.draft(world.account(), "deal/1").unwrap(), "mine");
    world.engine.remove_account(other.id).await.unwrap();
    assert!(
        !world
            .folder
            .path()
            .join("kvit/accounts")
            .join(other.id.to_string())
            .exists()
    );
    assert!(world.vault.is_empty(), "its token and its store's key");
    assert!(world.engine.receipt(paid.payment.id).await.is_ok());
}

/// Without the disk nothing is sent: the journal is what makes "never twice" true. In a process of its own, since the
/// limit on the size of files is a process's.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_sent_that_the_disk_does_not_take() {
    const CHILD: &str = "KVIT_JOURNEY_FULL_DISK";
    const NAME: &str = "store::nothing_is_sent_that_the_disk_does_not_take";
    if std::env::var_os(CHILD).is_some() {
        full_disk();
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    assert!(said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
fn full_disk() {
    use nix::sys::{
        resource::{Resource, getrlimit, setrlimit},
        signal::{SigSet, Signal},
    };
    // Else the first write beyond the limit ends the process. Threads that begin later have it from this one.
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGXFSZ);
    blocked.thread_block().unwrap();
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    let limit = |bytes| setrlimit(Resource::RLIMIT_FSIZE, bytes, hard).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::new(212).await;
        let shown = desk(&world, LIBRARY, 2).await;
        let request = kvit_engine::PayFromBalance {
            account: world.account(),
            invoice: shown.invoice.id,
            pieces: 2,
            seen: shown.total,
        };
        limit(0);
        assert_no(
            &refused(world.engine.pay_from_balance(request).await),
            FaultCode::StoreUnwritable,
        );
        assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 0);
        assert!(world.engine.state().operations.is_empty());
        // What cannot be written down is not told either, and not forgotten at the marketplace.
        let told = world.told.news().len();
        let sale = PaymentId::new(world.sandbox.buy("marta.k", 777, 1).unwrap()).unwrap();
        world
            .until(|world| {
                let fault = world.engine.state().store.fault;
                fault.is_some_and(|fault| fault.code == FaultCode::StoreUnwritable)
            })
            .await;
        world.wait(60).await;
        assert_eq!(world.told.news().len(), told);
        // What can be read can still be read.
        assert!(listed(&world, &PaymentsQuery::default()).await.unwrap().total > 0);
        limit(hard);
        done(world.engine.pay_from_balance(request).await);
        assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 1);
        cut_off(&world).await;
        let_in(&world).await;
        assert_eq!(world.engine.state().store.fault, None);
        world
            .until(|world| world.told.news().iter().any(|news| news.payment == Some(sale)))
            .await;
    });
}
