//! What the marketplace does with a payment afterwards: makes it twice, or says something else about it than before.

use kvit_proto::v1;
use kvit_sandbox::{Fault, People, When};

use crate::connect::market;
use crate::desktop::Desktop;
use crate::kept::paid;
use crate::window::{Keep, Window};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_the_way_there_made_twice_is_shown_as_two_with_a_letter_to_the_seller() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    let had = window.sats("money-available").await;
    // As the proxy in front of a marketplace repeats calls by itself.
    market
        .faults()
        .once("PayInvoiceFromBalance", When::After, Fault::Twice);
    let number = window.pay("640").await;
    let price = -window.sats("payment-amount").await;
    assert_eq!(paid(&market), 2, "the proxy did it, nobody here");
    assert_eq!(market.faults().calls("PayInvoiceFromBalance"), 1);

    window
        .see("[data-testid='payment-detail'] [data-testid='twice']")
        .await;
    let words = window.text("twin").await;
    let twin: String = words.chars().filter(char::is_ascii_digit).collect();
    assert!(!twin.is_empty() && twin != number, "{words}");
    window.see_available(had - 2 * price).await;
    window.click("twice-refund").await;
    let letter = window.value("ask-refund-text").await;
    for each in [&number, &twin] {
        assert!(letter.contains(each.as_str()), "{letter}");
    }
    window.click("ask-refund-copy").await;
    window.see_gone("ask-refund-text").await;
    // One order in the journal, and what became of it.
    window.operations().await;
    window.click("operation-row").await;
    assert_eq!(window.texts("operation-row").await.len(), 1);
    window.see_text("operation-doubles", &twin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_payment_that_becomes_pending_is_shown_with_both_versions_and_stays_noticed() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    let number = window.pay("640").await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    assert!(!window.has("notices").await);
    desktop.close_window().await;
    drop(window);

    // From now on it was always pending.
    let id: u64 = number.parse().expect("a number");
    market
        .faults()
        .alter(move |page: &mut v1::GetInvoicePaymentsResponse| {
            for one in page.payments.iter_mut().filter(|one| one.id == id) {
                one.status = v1::invoice_payment::InvoicePaymentStatus::Pending.into();
            }
        });
    let window = Window::open(&desktop).await;
    window.see_connection("connected").await;
    let row = format!("[data-testid='payment-row'][data-id='{number}']");
    window.click(&row).await;
    window.see("[data-testid='notice'][data-about='status']").await;
    // The signed receipt of it is still there, and still holds.
    window.click("rail-receipts").await;
    window
        .click(&format!("[data-testid='receipt-row'][data-id='{number}']"))
        .await;
    window
        .see(&format!(
            "[data-testid='receipt'][data-id='{number}'][data-seal='verified']"
        ))
        .await;
    desktop.close_window().await;
    drop(window);

    // Said once, it is kept: also when there is nobody to ask.
    market.faults().refuse_connections(true);
    let window = Window::open(&desktop).await;
    window.click(&row).await;
    window.see("[data-testid='notice'][data-about='status']").await;
}
