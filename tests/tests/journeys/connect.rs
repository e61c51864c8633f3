//! Getting in, and everything that stands in the way: then nothing is kept.

use kvit_domain::fault::{Fault, FaultCode};
use kvit_engine::{
    Account, AccountKind, ConnectRequest, ConnectionState, Keychain, Seal, StorePlace, TokenPlace,
};
use kvit_proof::{NotVerified, Verdict};
use kvit_sandbox::{Fault as Wrong, When};
use kvit_testkit::World;
use kvit_vault::{Absence, Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};

use crate::{LIBRARY, assert_no, done, fault_of, pay};

/// What a person fills in to connect as `login`, with the marketplace's key.
pub(crate) fn request(world: &World, login: &str) -> ConnectRequest {
    ConnectRequest {
        address: "market.example".to_owned(),
        token: SecretString::from(world.sandbox.mint_token(login).unwrap()),
        proxy: String::new(),
        certificate_pin: String::new(),
        public_key: world.sandbox.public_key(),
        confirmed_fingerprint: world.sandbox.fingerprint(),
        keep_in_keychain: true,
        label: String::new(),
        store: StorePlace::Keychain,
        passphrase: SecretString::default(),
    }
}

/// The same without a keychain: token and store live until the app closes.
pub(crate) fn without_keychain(world: &World, login: &str) -> ConnectRequest {
    ConnectRequest {
        keep_in_keychain: false,
        store: StorePlace::Memory,
        ..request(world, login)
    }
}

pub(crate) async fn connect(world: &World, login: &str) -> Result<Account, Fault> {
    world.engine.connect(request(world, login)).await
}

/// The token of the current account, as the keychain has it.
pub(crate) fn token_of(world: &World) -> String {
    let id = world.engine.state().current.unwrap();
    stored(world, &id.to_string()).unwrap()
}

fn stored(world: &World, account: &str) -> Result<String, VaultError> {
    let name = kvit_vault::Account::new(account).unwrap();
    world
        .vault
        .load(&name)
        .map(|token| token.expose_secret().to_owned())
}

/// Nothing of an account anywhere.
fn assert_nothing_kept(world: &World) {
    assert!(world.engine.accounts().is_empty());
    assert_eq!(world.engine.state().current, None);
    assert_eq!(world.engine.state().connection.state, ConnectionState::Idle);
    let file = std::fs::read_to_string(world.folder.path().join("kvit/accounts.json"));
    assert!(!file.is_ok_and(|text| text.contains("market.example")));
}

#[tokio::test(start_paused = true)]
async fn connected_and_known() {
    let world = World::disconnected(80).await;
    let mut asked = request(&world, "marta.k");
    let token = asked.token.expose_secret().to_owned();
    // As people paste them.
    asked.token = SecretString::from(format!("  {} \n", token.to_lowercase()));
    asked.address = " https://Market.Example/ ".to_owned();
    asked.confirmed_fingerprint = world
        .sandbox
        .fingerprint()
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).to_lowercase() + " ")
        .collect();
    let account = world.engine.connect(asked).await.unwrap();
    assert_eq!(account.kind, AccountKind::Real);
    assert_eq!(account.username.as_deref(), Some("marta.k"));
    assert_eq!(account.label, "market.example");
    assert_eq!(account.token, TokenPlace::Keychain);
    assert_eq!(world.engine.state().current, Some(account.id));
    assert_eq!(
        stored(&world, &account.id.to_string()).unwrap().to_uppercase(),
        token.to_uppercase()
    );
    world
        .until(|world| world.engine.state().connection.state == ConnectionState::Connected)
        .await;
    world.until(|world| world.engine.state().money.is_some()).await;
    let money = world.engine.state().money.unwrap();
    assert_eq!(
        money.balance.confirmed.get(),
        world.sandbox.balance("marta.k").unwrap().0.0
    );
    // The token is nowhere on disk.
    let file = std::fs::read_to_string(world.folder.path().join("kvit/accounts.json")).unwrap();
    assert!(file.contains("marta.k") && !file.to_uppercase().contains(&token.to_uppercase()));
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_wrong_is_named_before_anybody_is_asked() {
    let world = World::disconnected(81).await;
    let good = || request(&world, "marta.k");
    let fingerprint = world.sandbox.fingerprint();
    let mut near = fingerprint.clone();
    near.replace_range(39..40, if fingerprint.ends_with('0') { "1" } else { "0" });
    let token = |text: &str| ConnectRequest {
        token: SecretString::from(text.to_owned()),
        ..good()
    };
    let confirmed = |text: &str| ConnectRequest {
        confirmed_fingerprint: text.to_owned(),
        ..good()
    };
    let key = |text: &str| ConnectRequest {
        public_key: text.to_owned(),
        ..good()
    };
    let cases = vec![
        (token(&"A".repeat(63)), FaultCode::TokenInvalid),
        (token(&"A".repeat(65)), FaultCode::TokenInvalid),
        (token(&"G".repeat(64)), FaultCode::TokenInvalid),
        (token(""), FaultCode::TokenInvalid),
        (confirmed(&near), FaultCode::FingerprintNotConfirmed),
        (confirmed(""), FaultCode::FingerprintNotConfirmed),
        // The short id that is at the end of every fingerprint.
        (confirmed(&fingerprint[24..]), FaultCode::FingerprintNotConfirmed),
        (key(&secret_key()), FaultCode::KeyIsSecret),
        (key("not a key"), FaultCode::KeyUnreadable),
        (
            key(&"x".repeat(kvit_proof::MAX_KEY_BYTES + 1)),
            FaultCode::KeyTooLarge,
        ),
        (
            ConnectRequest {
                address: "not an address".to_owned(),
                ..good()
            },
            FaultCode::AddressInvalid,
        ),
        (
            ConnectRequest {
                proxy: "9050".to_owned(),
                ..good()
            },
            FaultCode::ProxyInvalid,
        ),
        (
            ConnectRequest {
                certificate_pin: "ab".to_owned(),
                ..good()
            },
            FaultCode::PinInvalid,
        ),
    ];
    for (number, (request, code)) in cases.into_iter().enumerate() {
        let fault = fault_of(world.engine.connect(request).await);
        assert_eq!(fault.code, code, "case {number}: {fault:?}");
        assert_nothing_kept(&world);
    }
    assert_eq!(world.sandbox.faults().calls("GetMyProfile"), 0);
}

/// An OpenPGP secret key, as somebody might paste by mistake.
fn secret_key() -> String {
    use sequoia_openpgp::{cert::CertBuilder, serialize::MarshalInto};
    let (cert, _) = CertBuilder::new().generate().unwrap();
    String::from_utf8(cert.as_tsk().armored().to_vec().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_token_the_server_does_not_take() {
    let world = World::disconnected(82).await;
    let mut expired = request(&world, "marta.k");
    expired.token = SecretString::from(world.sandbox.mint_expired_token("marta.k").unwrap());
    assert_no(
        &fault_of(world.engine.connect(expired).await),
        FaultCode::TokenRejected,
    );
    let mut stranger = request(&world, "marta.k");
    stranger.token = SecretString::from("0123456789ABCDEF".repeat(4));
    assert_no(
        &fault_of(world.engine.connect(stranger).await),
        FaultCode::TokenRejected,
    );
    let mut weak = request(&world, "marta.k");
    weak.token = SecretString::from(world.sandbox.mint_token_without_scope("marta.k").unwrap());
    assert_no(
        &fault_of(world.engine.connect(weak).await),
        FaultCode::TokenLacksRights,
    );
    assert_nothing_kept(&world);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away() {
    let world = World::disconnected(83).await;
    world.sandbox.faults().refuse_connections(true);
    let fault = fault_of(connect(&world, "marta.k").await);
    assert!(
        matches!(
            fault.code,
            FaultCode::Unreachable | FaultCode::ConnectionLost | FaultCode::ConnectionRefused
        ),
        "{fault:?}"
    );
    assert_nothing_kept(&world);
}

#[tokio::test(start_paused = true)]
async fn the_same_person_at_the_same_server_is_there_once() {
    let world = World::disconnected(84).await;
    let first = connect(&world, "marta.k").await.unwrap();
    let mut without_key = request(&world, "marta.k");
    let token = without_key.token.expose_secret().to_owned();
    without_key.public_key = String::new();
    without_key.confirmed_fingerprint = String::new();
    let again = world.engine.connect(without_key).await.unwrap();
    assert_eq!(
        again, first,
        "connected again, it is the same account, and its key stays pinned"
    );
    assert_eq!(token_of(&world), token, "with the token given last");
    connect(&world, "juniper").await.unwrap();
    assert_eq!(world.engine.accounts().len(), 2);
    assert_eq!(world.engine.accounts()[0].id, first.id);
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_fails_keeps_nothing_and_says_how_it_fails() {
    let other = VaultError::Other {
        detail: "it fell over".to_owned(),
    };
    for (failure, code, state) in [
        (
            VaultError::NoKeychain(Absence::NoBus),
            FaultCode::KeychainMissing,
            Keychain::Missing,
        ),
        (VaultError::Locked, FaultCode::KeychainLocked, Keychain::Locked),
        (VaultError::Denied, FaultCode::KeychainDenied, Keychain::Denied),
        (other, FaultCode::KeychainBroken, Keychain::Broken),
        (
            VaultError::TooLong { limit: 10 },
            FaultCode::KeychainBroken,
            Keychain::Broken,
        ),
    ] {
        let world = World::disconnected(85).await;
        world.vault.fail(failure.clone());
        assert_eq!(world.engine.probe_keychain().await, state, "{failure:?}");
        assert_eq!(world.engine.state().keychain, Some(state));
        let fault = fault_of(connect(&world, "marta.k").await);
        assert_no(&fault, code);
        assert_nothing_kept(&world);

        // The offer then: for this session only, and only because the person says so.
        let request = without_keychain(&world, "marta.k");
        let account = world.engine.connect(request).await.unwrap();
        assert_eq!(account.token, TokenPlace::Session);
        assert_eq!(account.store, StorePlace::Memory);
        world.vault.fail(None);
        assert_eq!(stored(&world, &account.id.to_string()), Err(VaultError::Missing));
    }
}

/// The token went into the keychain, and then the disk was full: it is taken out again.
#[tokio::test(start_paused = true)]
async fn a_disk_that_does_not_take_the_account_keeps_no_token_either() {
    let world = World::disconnected(86).await;
    // What is written first cannot be: something else is in its place.
    std::fs::create_dir(world.folder.path().join("kvit/accounts.new")).unwrap();
    let fault = fault_of(connect(&world, "marta.k").await);
    assert_no(&fault, FaultCode::SettingsUnwritable);
    assert_nothing_kept(&world);
    assert!(world.vault.is_empty(), "no token without an account");
}

#[tokio::test(start_paused = true)]
async fn without_a_key_nothing_is_verified() {
    let world = World::disconnected(87).await;
    let request = ConnectRequest {
        public_key: String::new(),
        confirmed_fingerprint: String::new(),
        ..request(&world, &world.you())
    };
    world.engine.connect(request).await.unwrap();
    let (payment, ..) = done(pay(&world, LIBRARY, 1).await);
    assert_eq!(
        payment.seal,
        Seal::Checked(Verdict::NotVerified(NotVerified::NoKey))
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_for_the_session_is_gone_with_it() {
    let world = World::disconnected(88).await;
    let request = without_keychain(&world, "marta.k");
    let account = world.engine.connect(request).await.unwrap();
    let world = world.reopened().await;
    world.engine.resume().await;
    let state = world.engine.state();
    assert_eq!(state.current, Some(account.id));
    assert_eq!(state.connection.state, ConnectionState::Stopped);
    assert_eq!(state.connection.fault.unwrap().code, FaultCode::TokenMissing);
    assert_eq!(state.accounts[0].token, TokenPlace::Missing);
    assert_no(
        &fault_of(world.engine.pay_desk("640", None).await),
        FaultCode::TokenMissing,
    );
    let fresh = crate::connect::request(&world, "marta.k").token;
    let account = world.engine.enter_token(account.id, &fresh, true).await.unwrap();
    assert_eq!(account.token, TokenPlace::Keychain);
    let world = world.reopened().await;
    world.engine.resume().await;
    world
        .until(|world| world.engine.state().connection.state == ConnectionState::Connected)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_person_is_refused() {
    let world = World::disconnected(89).await;
    let account = connect(&world, "marta.k").await.unwrap();
    let had = token_of(&world);
    let other = SecretString::from(world.sandbox.mint_token("juniper").unwrap());
    let fault = fault_of(world.engine.enter_token(account.id, &other, true).await);
    assert_no(&fault, FaultCode::TokenRejected);
    assert_eq!(fault.value("user"), Some("juniper"));
    assert_eq!(token_of(&world), had);
    assert_eq!(world.engine.account(account.id).unwrap(), account);
}

/// A token that is to be kept for this session only is not found in the keychain any more.
#[tokio::test(start_paused = true)]
async fn a_session_token_takes_the_old_one_out_of_the_keychain() {
    let world = World::disconnected(90).await;
    let account = connect(&world, "marta.k").await.unwrap();
    let fresh = request(&world, "marta.k").token;
    let account = world.engine.enter_token(account.id, &fresh, false).await.unwrap();
    assert_eq!(account.token, TokenPlace::Session);
    assert_eq!(stored(&world, &account.id.to_string()), Err(VaultError::Missing));
}

#[tokio::test(start_paused = true)]
async fn a_removed_account_leaves_nothing_and_the_next_one_takes_over() {
    let world = World::disconnected(91).await;
    let first = connect(&world, "marta.k").await.unwrap();
    let second = connect(&world, "juniper").await.unwrap();
    world.engine.remove_account(second.id).await.unwrap();
    assert_eq!(stored(&world, &second.id.to_string()), Err(VaultError::Missing));
    assert_eq!(world.engine.state().current, Some(first.id));
    assert_eq!(world.engine.accounts().len(), 1);
    world.engine.remove_account(first.id).await.unwrap();
    assert!(world.vault.is_empty());
    assert_nothing_kept(&world);
}

/// Two switches at once: whichever account the frame calls current is the one whose money is shown.
#[tokio::test(start_paused = true)]
async fn the_money_shown_is_the_current_account_s() {
    let world = World::disconnected(92).await;
    let marta = connect(&world, "marta.k").await.unwrap();
    let juniper = connect(&world, "juniper").await.unwrap();
    for round in 0..20 {
        let (one, two) = if round % 2 == 0 {
            (marta.id, juniper.id)
        } else {
            (juniper.id, marta.id)
        };
        let (a, b) = tokio::join!(world.engine.switch(one), async {
            for _ in 0..round / 2 {
                tokio::task::yield_now().await;
            }
            world.engine.switch(two).await
        });
        a.unwrap();
        b.unwrap();
        let current = world.engine.state().current.unwrap();
        let login = world.engine.account(current).unwrap().username.unwrap();
        let me = world.engine.me().await.unwrap();
        let person = world.line_of(&login).profile().await.unwrap();
        assert_eq!(me, person.id, "round {round}");
    }
}

/// Connected again for this session only: the token that was kept before does not stay behind.
#[tokio::test(start_paused = true)]
async fn a_token_that_is_no_longer_to_be_kept_leaves_the_keychain() {
    let world = World::disconnected(96).await;
    let kept = connect(&world, "marta.k").await.unwrap();
    assert!(stored(&world, &kept.id.to_string()).is_ok());
    let mut again = request(&world, "marta.k");
    again.keep_in_keychain = false;
    let account = world.engine.connect(again).await.unwrap();
    assert_eq!((account.id, account.token), (kept.id, TokenPlace::Session));
    assert_eq!(stored(&world, &kept.id.to_string()), Err(VaultError::Missing));
}

/// The account is removed while a purchase on it is being prepared: it is not made, since nobody could tell
/// afterwards what became of it.
#[tokio::test(start_paused = true)]
async fn nothing_is_begun_on_an_account_that_is_removed_meanwhile() {
    let world = World::disconnected(97).await;
    let account = connect(&world, &world.you()).await.unwrap();
    let shown = crate::desk(&world, LIBRARY, 2).await;
    let slow = Wrong::Delay(std::time::Duration::from_secs(5));
    world.sandbox.faults().once("GetBalances", When::Before, slow);
    let asked = kvit_engine::PayFromBalance {
        account: world.account(),
        invoice: shown.invoice.id,
        pieces: 2,
        seen: shown.total,
    };
    let remove = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        world.engine.remove_account(account.id).await.unwrap();
    };
    let (end, ()) = tokio::join!(world.engine.pay_from_balance(asked), remove);
    assert_no(&crate::refused(end), FaultCode::AccountNotFound);
    assert_eq!(world.sandbox.faults().calls("PayInvoiceFromBalance"), 0);
    assert_nothing_kept(&world);
    assert!(world.vault.is_empty());
}

/// The account is removed while its new token is being tried: neither comes back.
#[tokio::test(start_paused = true)]
async fn an_account_that_was_removed_does_not_come_back() {
    let world = World::disconnected(98).await;
    let account = connect(&world, "marta.k").await.unwrap();
    let fresh = request(&world, "marta.k").token;
    let slow = Wrong::Delay(std::time::Duration::from_secs(5));
    world.sandbox.faults().once("GetMyProfile", When::Before, slow);
    let remove = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        world.engine.remove_account(account.id).await.unwrap();
    };
    let (end, ()) = tokio::join!(world.engine.enter_token(account.id, &fresh, true), remove);
    assert_no(&fault_of(end), FaultCode::AccountNotFound);
    assert_nothing_kept(&world);
    assert!(world.vault.is_empty());
}
