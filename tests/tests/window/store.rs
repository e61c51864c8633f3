//! The file of an account that does not open: each reason has its screen, and nothing is ever overwritten.

use std::path::{Path, PathBuf};

use kvit_sandbox::People;

use crate::connect::market;
use crate::desktop::{Desktop, over};
use crate::window::{Keep, Language, Window};

/// Name of the file, and of the book of accounts.
const STORE: &str = "store.db";
const ACCOUNTS: &str = "accounts.json";
const PASSPHRASE: &str = "correct horse battery staple";

async fn refuses(window: &Window, why: &str) {
    window
        .see(&format!("[data-testid='store-gate'][data-why='{why}']"))
        .await;
    assert!(!window.has("payment-row").await, "nothing is read from it");
}

/// The one file of the one account.
fn store(desktop: &Desktop) -> PathBuf {
    let mut found = desktop.files_named(STORE);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_kvit_waits_until_the_first_has_ended() {
    let mut desktop = Desktop::new().await;
    let first = Window::open(&desktop).await;
    let its_app = desktop.apps();
    first.practise().await;
    let rows = first.texts("payment-row").await.len();

    // Where the one cannot hear of the other.
    desktop.log_in_once_more();
    let second = Window::open(&desktop).await;
    assert_eq!(desktop.apps().len(), 2);
    refuses(&second, "taken").await;
    assert!(!second.has("store-aside").await);
    second.click("store-again").await;
    // Tried, and in vain.
    second
        .see("[data-testid='store-gate'] [data-testid='fault'][data-code='storeTaken']")
        .await;
    refuses(&second, "taken").await;

    drop(first);
    over(&its_app).await;
    second.click("store-again").await;
    second.see_connection("connected").await;
    second.see_whole_list().await;
    assert_eq!(second.texts("payment-row").await.len(), rows);
    second.pay("640").await;
    desktop.close_window().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_set_aside_in_two_steps_and_kept_byte_for_byte() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.practise().await;
    window.speak(Language::Russian).await;
    let number = window.pay("640").await;
    desktop.close_window().await;
    drop(window);
    let file = store(&desktop);
    let mut damaged = std::fs::read(&file).expect("the file");
    let middle = damaged.len() / 2;
    for at in (100..164).chain(middle..middle + 64) {
        damaged[at] ^= 0x5a;
    }
    std::fs::write(&file, &damaged).expect("the file");

    let window = Window::open(&desktop).await;
    refuses(&window, "damaged").await;
    let english = window.not_russian().await;
    assert!(english.is_empty(), "{english:?}");
    // Asked once more, and it may be left as it is.
    window.click("store-aside").await;
    window.see("store-aside-confirm").await;
    let english = window.not_russian().await;
    assert!(english.is_empty(), "{english:?}");
    window
        .click("[data-testid='store-aside-dialog'] .actions button")
        .await;
    window.see_gone("store-aside-confirm").await;
    assert_eq!(std::fs::read(&file).expect("the file"), damaged);
    window.click("store-aside").await;
    window.click("store-aside-confirm").await;

    // Begun anew: what the marketplace has is read again.
    window.see_connection("connected").await;
    window
        .see(&format!("[data-testid='payment-row'][data-id='{number}']"))
        .await;
    assert!(is_kept(&desktop, &file, &damaged), "{:?}", desktop.files());
    assert_ne!(std::fs::read(&file).expect("a new file"), damaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_key_is_gone_is_kept_and_a_new_one_begun() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    let number = window.pay("640").await;
    window.click("rail-settings").await;
    let account = window.attribute("account-card", "data-id").await;
    desktop.close_window().await;
    drop(window);
    let entry = format!("{account}.store");
    let key = desktop.keychain_entry(&entry).expect("a key");
    assert!(desktop.files_with(&key).is_empty(), "it is nowhere else");
    desktop.lose_from_keychain(&entry);
    let file = store(&desktop);
    let before = std::fs::read(&file).expect("the file");

    let window = Window::open(&desktop).await;
    refuses(&window, "keyGone").await;
    window.click("store-again").await;
    window
        .see("[data-testid='store-again']:not([aria-busy='true'])")
        .await;
    refuses(&window, "keyGone").await;
    assert_eq!(std::fs::read(&file).expect("the file"), before);
    window.click("store-aside").await;
    window.click("store-aside-confirm").await;
    window.see_connection("connected").await;
    window
        .see(&format!("[data-testid='payment-row'][data-id='{number}']"))
        .await;
    assert!(is_kept(&desktop, &file, &before), "{:?}", desktop.files());
    let fresh = desktop.keychain_entry(&entry).expect("a key for the new one");
    assert_ne!(fresh, key);
}

/// A file with this content is there under another name.
fn is_kept(desktop: &Desktop, file: &Path, content: &[u8]) -> bool {
    let same = |path: &PathBuf| path != file && std::fs::read(path).is_ok_and(|bytes| bytes == content);
    desktop.files().iter().any(same)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_newer_kvit_is_left_alone() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.practise().await;
    desktop.close_window().await;
    drop(window);
    let file = store(&desktop);
    let was = version(&desktop, 99);
    let before = std::fs::read(&file).expect("the file");

    let window = Window::open(&desktop).await;
    refuses(&window, "newer").await;
    for act in ["store-again", "store-aside"] {
        assert!(!window.has(act).await, "{act} is of no use here");
    }
    desktop.close_window().await;
    drop(window);
    assert_eq!(std::fs::read(&file).expect("the file"), before);

    // The newer one gives it back.
    version(&desktop, was);
    let window = Window::open(&desktop).await;
    window.see_whole_list().await;
}

/// Gives the file another version, with the key that a practice account keeps beside it; returns the one it had.
fn version(desktop: &Desktop, version: u32) -> u32 {
    let book = desktop.files_named(ACCOUNTS).remove(0);
    let book: serde_json::Value =
        serde_json::from_slice(&std::fs::read(book).expect("a book")).expect("JSON");
    let key = book["accounts"][0]["practice_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let raw = rusqlite::Connection::open(store(desktop)).expect("the file");
    raw.execute_batch(&format!("PRAGMA key = \"x'{key}'\""))
        .expect("a key");
    let was = raw
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("its version");
    raw.pragma_update(None, "user_version", version)
        .expect("a version");
    was
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_opens_the_file_and_nothing_else_does() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window
        .connect(&market, &endpoint, Keep::Passphrase(PASSPHRASE))
        .await;
    window.see_whole_list().await;
    let number = window.pay("640").await;
    desktop.close_window().await;
    drop(window);
    for secret in [PASSPHRASE, &market.token()] {
        let leaks = desktop.files_with(secret);
        assert!(leaks.is_empty(), "{leaks:?}");
    }

    let window = Window::open(&desktop).await;
    window
        .see("[data-testid='store-gate'][data-state='locked']")
        .await;
    assert!(!window.has("payment-row").await);
    window
        .fill("store-passphrase", "correct horse battery stable")
        .await;
    window.click("store-unlock").await;
    window.complaint("store-passphrase").await;
    assert!(!window.has("payment-row").await);
    window.fill("store-passphrase", PASSPHRASE).await;
    window.click("store-unlock").await;
    // Its content, before there is a token to connect with.
    window
        .click(&format!("[data-testid='payment-row'][data-id='{number}']"))
        .await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    window.see("token-banner").await;
    desktop.close_window().await;
    let leaks = desktop.files_with(PASSPHRASE);
    assert!(leaks.is_empty(), "{leaks:?}");
}
