//! In Russian, every screen is Russian: names of things and quoted texts aside, nothing stands there in Latin letters only.

use crate::desktop::Desktop;
use crate::window::{Language, Window};

async fn all_russian(window: &Window, screen: &str) {
    window.see(screen).await;
    let english = window.not_russian().await;
    assert!(english.is_empty(), "{screen}: {english:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_russian_window_speaks_russian_on_every_screen() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.see("welcome-practise").await;
    // The check can fail.
    assert!(window.not_russian().await.len() >= 5, "this is English");
    window
        .click(&format!(
            "label:has([data-testid='language-{}'])",
            Language::Russian.code()
        ))
        .await;
    window.see("html[lang='ru']").await;
    all_russian(&window, "welcome-practise").await;
    window.click("welcome-connect").await;
    all_russian(&window, "connect-submit").await;
    window.click("connect-back").await;
    window.practise().await;
    all_russian(&window, "payments-list").await;

    window.find_invoice("88").await;
    all_russian(&window, "pay-from-balance").await;
    window.click("pay-fiat").await;
    all_russian(&window, "fiat-country").await;
    window.click("pay-from-balance").await;
    all_russian(&window, "pay-confirm").await;
    window.click("pay-confirm").await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    all_russian(&window, "payment-detail").await;

    window.operations().await;
    window.click("operation-row").await;
    all_russian(&window, "[data-testid='operation'][data-state='done']").await;
    window.click("rail-deals").await;
    all_russian(&window, "[data-testid='rail-deals'][aria-current]").await;
    window.click("rail-receipts").await;
    window.click("receipt-row").await;
    all_russian(&window, "[data-testid='receipt'][data-seal='verified']").await;
    window.click("tab-check").await;
    all_russian(&window, "receipt-check").await;
    window.click("money-map").await;
    all_russian(&window, "money-close").await;
    window.click("money-close").await;
    window.click("rail-payments").await;
    window.click("export").await;
    all_russian(&window, "export-save").await;
    window.click("export-close").await;
    window.click("rail-settings").await;
    all_russian(&window, "account-card").await;
}
