//! From a number to the verified seal, with the money of one's country.

use crate::desktop::Desktop;
use crate::pay::every_signed_field_is_the_same;
use crate::window::Window;

/// Prices move by themselves every minute or so. An order that was not sent because of it is given again, as a person
/// would; one that was sent is never.
async fn agree(window: &Window, ask: &str) {
    let moved = "[data-testid='pay-stale'], [data-testid='pay-changed']";
    for _ in 0..3 {
        window.click(ask).await;
        window.see("pay-confirm").await;
        if window.has("pay-stale").await {
            window.click("[data-testid='pay-dialog'] button").await;
            window.see_gone("pay-confirm").await;
            continue;
        }
        window.click("pay-confirm").await;
        window.see(&format!("[data-testid='deal'], {moved}")).await;
        if window.has("deal").await {
            return;
        }
    }
    panic!("the price has moved three times in a row");
}

/// The deal from its opening to the payment with its seal.
async fn see_through(window: &Window) {
    window.see("[data-testid='deal'][data-status='opened']").await;
    // The trader writes by themselves where to pay.
    let requisites = "[data-testid='talk-line'][data-author='them']";
    window.see_text(requisites, "PRACTICE-").await;
    window.click("deal-i-paid").await;
    window.see("deal-dialog").await;
    window.click("deal-i-paid-confirm").await;
    // The trader sees the money and lets the bitcoin go.
    window.see("[data-testid='deal'][data-status='completed']").await;
    window
        .see("[data-testid='deal'] [data-testid='seal'][data-state='verified']")
        .await;
    window.click("deal-payment").await;
    window
        .see("[data-testid='payment-detail'][data-status='paid']")
        .await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    every_signed_field_is_the_same(window).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_paid_through_the_best_advertisement_and_its_receipt_verified() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.practise().await;
    let before = window.sats("money-available").await;

    window.find_invoice("88").await;
    window.click("pay-fiat").await;
    window.pick("fiat-country", "Germany").await;
    assert_eq!(
        window.value("fiat-currency").await,
        "EUR",
        "the country's own currency"
    );
    window.pick("fiat-system", "NATIONAL_BANK").await;
    window.see("ad-row").await;
    assert!(window.texts("ad-row").await.len() >= 2, "there is a choice");
    // Best first: the totals rise.
    let total = |text: &String| -> u64 {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_else(|_| panic!("{text} is no sum"))
    };
    let totals: Vec<u64> = window.texts("ad-total").await.iter().map(total).collect();
    assert!(totals.is_sorted(), "{totals:?}");

    agree(&window, "pay-by-ad").await;
    see_through(&window).await;
    assert_eq!(
        window.sats("money-available").await,
        before,
        "the trader's bitcoin paid, not the account's"
    );

    // Whatever is cheapest; the last choice is remembered.
    window.find_invoice("640").await;
    window.see("ad-row").await;
    assert_eq!(window.value("fiat-currency").await, "EUR");
    agree(&window, "pay-cheapest").await;
    see_through(&window).await;
}
