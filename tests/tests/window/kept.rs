//! What is there before any connection, after the power failed at the worst moments.

use kvit_sandbox::{Fault, People, Sandbox, When};

use crate::connect::market;
use crate::desktop::{Desktop, until};
use crate::window::{Keep, Language, Window};

/// How often the marketplace itself did what a call asks for.
pub fn carried_out(market: &Sandbox, call: &str) -> usize {
    let executions = market.executions();
    executions
        .iter()
        .filter(|one| one.rpc == call && one.changed)
        .count()
}

/// How often the marketplace itself made a payment from balance.
pub fn paid(market: &Sandbox) -> usize {
    carried_out(market, "PayInvoiceFromBalance")
}

/// Waits until the order to pay has arrived at the marketplace.
pub async fn ordered(market: &Sandbox, times: u64) {
    until("the order arrives", async || {
        (market.faults().calls("PayInvoiceFromBalance") >= times).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_a_moment_before_a_power_cut_stands_before_any_connection() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    window.see_whole_list().await;
    let had = window.sats("money-available").await;
    let number = window.pay("640").await;
    desktop.cut_power().await;
    drop(window);

    // The marketplace is away.
    market.faults().refuse_connections(true);
    let window = Window::open(&desktop).await;
    window.see_whole_list().await;
    window.see_connection("waiting").await;
    window
        .click(&format!("[data-testid='payment-row'][data-id='{number}']"))
        .await;
    window
        .see(&format!(
            "[data-testid='payment-detail'][data-id='{number}'][data-status='paid']"
        ))
        .await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    let price = -window.sats("payment-amount").await;
    assert!(price > 0);
    // What was read can be searched.
    window.fill("payments-search", "pixel-forge").await;
    window
        .see(&format!("[data-testid='payment-row'][data-id='{number}']"))
        .await;
    window.fill("payments-search", "nobody at all").await;
    window.see_gone("payment-row").await;
    // The journal knows of it, step by step.
    window.operations().await;
    window.click("operation-row").await;
    window.see("[data-testid='operation'][data-state='done']").await;
    let steps = window.texts("operation-step").await;
    assert!(steps.len() >= 3, "prepared, sent, answered: {steps:?}");
    // What needs the marketplace says why it waits.
    window.find_invoice("88").await;
    window.see("[data-testid='fault'] .what").await;
    assert!(!window.has("pay-from-balance").await);

    market.faults().refuse_connections(false);
    window.click("reconnect").await;
    window.see_connection("connected").await;
    window.see_available(had - price).await;
    assert_eq!(paid(&market), 1);
    desktop.close_window().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_before_the_answer_leaves_an_operation_that_the_next_start_resolves() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    window.speak(Language::Russian).await;
    let had = window.sats("money-available").await;
    // Paid, and nobody is told.
    market
        .faults()
        .once("PayInvoiceFromBalance", When::After, Fault::Hang);
    window.find_invoice("640").await;
    let price = window.sats("pay-total").await;
    window.click("pay-from-balance").await;
    window.click("pay-confirm").await;
    ordered(&market, 1).await;
    desktop.cut_power().await;
    drop(window);

    market.faults().refuse_connections(true);
    let window = Window::open(&desktop).await;
    // Without a connection: there is something that nobody knows the end of.
    window.click("unknown-look").await;
    window
        .see("[data-testid='operation'][data-state='unknown']")
        .await;
    let english = window.not_russian().await;
    assert!(english.is_empty(), "{english:?}");
    market.faults().refuse_connections(false);
    window.click("operation-again").await;
    window.see("[data-testid='operation'][data-state='done']").await;
    let english = window.not_russian().await;
    assert!(english.is_empty(), "{english:?}");
    window.click("operation-payment").await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    assert_eq!(window.sats("payment-amount").await, -price);
    window.see_available(had - price).await;
    assert_eq!(paid(&market), 1);
    desktop.close_window().await;
}
