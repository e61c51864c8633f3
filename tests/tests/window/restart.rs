//! What is there after the window was closed, after a power cut, and when the app is started twice.

use crate::desktop::Desktop;
use crate::window::Window;

/// What a person would miss.
#[derive(Debug, PartialEq)]
struct Seen {
    available: i64,
    payments: Vec<String>,
    account: String,
}

async fn look(window: &Window) -> Seen {
    window.see_connection("connected").await;
    window.see_whole_list().await;
    Seen {
        available: window.sats("money-available").await,
        payments: window.texts("[data-testid='payment-row'] .who").await,
        account: window.text("account-menu").await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_account_and_so_does_a_power_cut() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.practise().await;
    let had = window.sats("money-available").await;
    let number = window.pay("640").await;
    let price = -window.sats("payment-amount").await;
    assert!(price > 0);
    window.see_available(had - price).await;
    let before = look(&window).await;
    desktop.close_window().await;
    drop(window);

    let window = Window::open(&desktop).await;
    let after = look(&window).await;
    assert_eq!(after, before);
    assert!(!window.has("welcome-practise").await, "no first start any more");
    // Its receipt still holds.
    window
        .click(&format!("[data-testid='payment-row'][data-id='{number}']"))
        .await;
    window
        .see(&format!("[data-testid='payment-detail'][data-id='{number}']"))
        .await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;

    // Paid, and the power fails.
    window.pay("640").await;
    assert_eq!(window.sats("payment-amount").await, -price);
    desktop.cut_power().await;
    drop(window);

    let window = Window::open(&desktop).await;
    window.see_available(after.available - price).await;
    let last = look(&window).await;
    assert_eq!(last.payments.len(), after.payments.len() + 1, "paid once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_leads_to_the_window_that_is_there() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.practise().await;
    let first = desktop.apps();
    assert_eq!(first.len(), 1);
    assert!(desktop.run_app(&[]).await.success());
    assert_eq!(desktop.apps(), first, "still one process on this account");
    window.find_invoice("88").await;
    window.see("pay-invoice").await;
}
