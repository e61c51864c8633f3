//! Where the token of a real account lives: in the keychain, or in memory by choice, and nowhere else.

use kvit_sandbox::People;

use crate::connect::market;
use crate::desktop::Desktop;
use crate::pay::every_signed_field_is_the_same;
use crate::window::{Keep, Window};

#[tokio::test(flavor = "multi_thread")]
async fn the_keychain_keeps_the_token_and_a_restart_connects_without_asking() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    window.see("payment-row").await;
    window.click("rail-settings").await;
    let account = window.attribute("account-card", "data-id").await;
    assert_eq!(desktop.keychain_entry(&account), Some(market.token()));
    desktop.close_window().await;
    drop(window);

    let window = Window::open(&desktop).await;
    window
        .see("[data-testid='connection'][data-state='connected']")
        .await;
    assert!(!window.has("welcome-connect").await);
    // The key is pinned as well: what is paid now is verified against it.
    window.find_invoice("88").await;
    window.click("pay-from-balance").await;
    window.click("pay-confirm").await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    every_signed_field_is_the_same(&window).await;

    // Removed, it is gone from the keychain too.
    window.click("rail-settings").await;
    window.click("account-remove").await;
    window.click("account-remove-confirm").await;
    window.see_gone("account-card").await;
    assert_eq!(desktop.keychain_entry(&account), None);
    drop(window);
    let leaks = desktop.files_with(&market.token());
    assert!(leaks.is_empty(), "{leaks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_the_token_is_kept_for_the_session_when_the_person_says_so() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    // Said before anything is typed, with the other way in sight.
    window.see("connect-keychain").await;
    window.see(Keep::Session.choice()).await;
    window.connect(&market, &endpoint, Keep::Session).await;
    window.see("payment-row").await;
    desktop.close_window().await;
    drop(window);
    let leaks = desktop.files_with(&market.token());
    assert!(leaks.is_empty(), "{leaks:?}");

    // The next start knows the account, and asks for the token alone.
    let window = Window::open(&desktop).await;
    window.click("rail-settings").await;
    window.click("account-token").await;
    window.fill("connect-token", &market.token()).await;
    assert!(!window.has("connect-address").await);
    window.click(Keep::Session.choice()).await;
    window.click("connect-submit").await;
    window
        .see("[data-testid='connection'][data-state='connected']")
        .await;
    window.see("payment-row").await;
    drop(window);
    let leaks = desktop.files_with(&market.token());
    assert!(leaks.is_empty(), "{leaks:?}");
}
