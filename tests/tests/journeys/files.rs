//! Closing and opening the app: accounts, the current one and settings stay; a damaged file is set aside.

use kvit_domain::{fault::FaultCode, id::PaymentId};
use kvit_engine::{ConnectionState, Language, Notifications, Settings, Theme, Unit};
use kvit_testkit::World;

use crate::{LIBRARY, assert_no, connect::connect, done, fault_of, offers, pay, zelle};

async fn connected(world: &World) {
    world
        .until(|world| world.engine.state().connection.state == ConnectionState::Connected)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_keeps_account_settings_choice_and_what_was_paid() {
    let world = World::new(160).await;
    let settings = Settings {
        language: Language::Ru,
        theme: Theme::Dark,
        unit: Unit::Sat,
        hide_amounts: true,
        list_width: 512,
        notifications: Notifications::Nothing,
    };
    world.engine.set_settings(settings).unwrap();
    offers(&world, LIBRARY, 3).await;
    let (paid, ..) = done(pay(&world, LIBRARY, 2).await);
    let account = world.engine.accounts().remove(0);

    let world = world.reopened().await;
    let state = world.engine.state();
    assert_eq!(state.settings, settings);
    assert_eq!(state.current, Some(account.id));
    assert_eq!(
        state.connection.state,
        ConnectionState::Idle,
        "not before it is told to"
    );
    world.engine.resume().await;
    connected(&world).await;
    let mut kept = world.engine.accounts();
    assert_eq!(kept[0].store_opens, account.store_opens + 1);
    kept[0].store_opens = account.store_opens;
    assert_eq!(kept, [account]);
    let shown = crate::desk(&world, LIBRARY, 1).await;
    assert_eq!(shown.last_choice, Some(zelle()));
    assert_eq!(shown.already_paid, Some(paid.payment.id));
    let again = world.engine.payment_now(paid.payment.id).await.unwrap();
    assert!(matches!(&again.seal, kvit_engine::Seal::Checked(verdict) if verdict.is_verified()));
}

#[tokio::test(start_paused = true)]
async fn the_account_in_use_is_the_one_that_comes_back() {
    let world = World::new(161).await;
    let marta = connect(&world, "marta.k").await.unwrap();
    connect(&world, "juniper").await.unwrap();
    world.engine.switch(marta.id).await.unwrap();
    let world = world.reopened().await;
    world.engine.resume().await;
    connected(&world).await;
    assert_eq!(world.engine.state().current, Some(marta.id));
    assert_eq!(world.engine.accounts().len(), 3);
    assert_eq!(
        world.engine.me().await.unwrap(),
        world.line_of("marta.k").profile().await.unwrap().id
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_set_aside_and_the_version_before_it_is_read() {
    let world = World::new(165).await;
    let account = world.account();
    let (paid, ..) = done(pay(&world, LIBRARY, 1).await);
    let folder = world.folder.path().join("kvit");
    let world = world
        .reopened_after(|folder| std::fs::write(folder.join("accounts.json"), b"{ half").unwrap())
        .await;
    assert_eq!(
        std::fs::read(folder.join("accounts.damaged.json")).unwrap(),
        b"{ half"
    );
    world.engine.resume().await;
    world.settled().await;
    assert_eq!(world.account(), account);
    assert!(
        world.engine.receipt(paid.payment.id).await.is_ok(),
        "with its store"
    );
    assert!(
        !world.engine.state().store.nothing_may_begin,
        "which is the newest there is"
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_set_aside_and_the_app_opens() {
    for damage in [
        &b"{ half"[..],
        b"",
        b"\xff\xfe\x00",
        b"{\"accounts\": 7, \"current\": null}",
    ] {
        let world = World::new(162).await;
        let folder = world.folder.path().join("kvit");
        std::fs::write(folder.join("accounts.json"), damage).unwrap();
        std::fs::write(folder.join("settings.json"), damage).unwrap();
        std::fs::remove_file(folder.join("accounts.before.json")).unwrap();
        let world = world.reopened().await;
        assert!(world.engine.accounts().is_empty());
        assert_eq!(world.engine.state().settings, Settings::default());
        assert_eq!(
            std::fs::read(folder.join("accounts.damaged.json")).unwrap(),
            damage
        );
        world.engine.resume().await;
        assert_eq!(world.engine.state().connection.state, ConnectionState::Idle);
        // And everything can begin again.
        world.engine.start_practice().await.unwrap();
        connected(&world).await;
        done(pay(&world, LIBRARY, 1).await);
    }
}

/// A second damage must not bury what the first one set aside: it may hold the only record of an account.
#[tokio::test(start_paused = true)]
async fn what_was_set_aside_before_is_kept() {
    let world = World::new(163).await;
    let folder = world.folder.path().join("kvit");
    std::fs::write(folder.join("accounts.json"), b"first").unwrap();
    let world = world.reopened().await;
    std::fs::write(folder.join("accounts.json"), b"second").unwrap();
    let _world = world.reopened().await;
    let mut aside: Vec<Vec<u8>> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().contains("damaged"))
        .map(|entry| std::fs::read(entry.path()).unwrap())
        .collect();
    aside.sort();
    assert_eq!(aside, [b"first".to_vec(), b"second".to_vec()]);
}

/// The disk is full: what was kept before stays as it was, here and there.
#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_nothing_changes_nothing() {
    let world = World::new(164).await;
    let folder = world.folder.path().join("kvit");
    let had = std::fs::read(folder.join("accounts.json")).unwrap();
    std::fs::create_dir(folder.join("accounts.new")).unwrap();
    std::fs::create_dir(folder.join("settings.new")).unwrap();
    let settings = Settings {
        theme: Theme::Dark,
        ..Settings::default()
    };
    assert_no(
        &fault_of(world.engine.set_settings(settings)),
        FaultCode::SettingsUnwritable,
    );
    assert_eq!(world.engine.state().settings, Settings::default());
    assert_eq!(std::fs::read(folder.join("accounts.json")).unwrap(), had);
    // Money does not depend on it.
    done(pay(&world, LIBRARY, 1).await);
    assert!(
        world
            .engine
            .payment_now(PaymentId::new(2_301).unwrap())
            .await
            .is_err()
    );
}
