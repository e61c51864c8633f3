//! From a number to the verified seal, with the money of the account.

use crate::desktop::Desktop;
use crate::window::Window;

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_paid_from_balance_and_its_receipt_verified() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.practise().await;

    window.find_invoice("88").await;
    window.see_text("pay-invoice", "Coffee, 500 g").await;
    window.see_text("pay-invoice", "roastery-nord").await;
    let price = window.sats("pay-total").await;
    window.fill("pay-pieces", "2").await;
    window
        .see(&format!("[data-testid='pay-total'][data-sats='{}']", price * 2))
        .await;
    let before = window.sats("money-available").await;

    // Two steps: the second names everything once more.
    window.click("pay-from-balance").await;
    window.see_text("pay-dialog", "roastery-nord").await;
    window.see_text("pay-dialog", "88").await;
    assert_eq!(
        window.sats("money-available").await,
        before,
        "asking costs nothing"
    );
    window.click("pay-confirm").await;

    window
        .see("[data-testid='payment-detail'][data-status='paid']")
        .await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    let number = window.attribute("payment-detail", "data-id").await;
    assert_eq!(window.route().await, format!("#/payments/{number}"));
    assert_eq!(window.sats("payment-amount").await, -(price * 2));
    window
        .see(&format!(
            "[data-testid='money-available'][data-sats='{}']",
            before - price * 2
        ))
        .await;
    // Two pieces, two codes for the locker.
    assert_eq!(window.texts("secret").await.len(), 2);
    every_signed_field_is_the_same(&window).await;
}

/// The comparison of the signed text with the payment has rows, and each says "same".
pub async fn every_signed_field_is_the_same(window: &Window) {
    window.see("seal-field").await;
    let fields = window.texts("seal-field").await;
    let same = window.texts("[data-testid='seal-field'] .ok").await;
    let differing = window.texts("[data-testid='seal-field'] .no").await;
    assert!(same.len() >= 5, "{fields:?}");
    assert!(differing.is_empty(), "{differing:?}");
    assert_eq!(same.len(), fields.len(), "{fields:?}");
    assert!(same.iter().all(|word| word == "same"), "{same:?}");
}
