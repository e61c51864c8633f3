//! A payment whose outcome nobody said: it stands in its own way, closing the window asks, the next start finds out.

use kvit_proto::v1;
use kvit_sandbox::{Code, Fault, People, When};

use crate::connect::market;
use crate::desktop::{Desktop, over};
use crate::kept::{ordered, paid};
use crate::window::{Keep, Window};

/// A map that nobody in the practice world has bought yet.
const MAP: u64 = 51;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_without_an_outcome_asks_before_the_window_closes_and_is_found_by_the_next_start() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    let had = window.sats("money-available").await;

    // It is paid, nobody is told, and for now the marketplace does not list it either.
    market
        .faults()
        .once("PayInvoiceFromBalance", When::After, Fault::Hang);
    market
        .faults()
        .alter(|page: &mut v1::GetInvoicePaymentsResponse| {
            page.payments
                .retain(|one| one.invoice.as_ref().is_none_or(|invoice| invoice.id != MAP));
        });
    window.find_invoice(&MAP.to_string()).await;
    let price = window.sats("pay-total").await;
    window.click("pay-from-balance").await;
    window.click("pay-confirm").await;
    ordered(&market, 1).await;

    // On its way: closing asks, and one may stay.
    desktop.ask_to_close();
    window.see("closing-quit").await;
    window.click("[data-testid='closing'] .actions button").await;
    window.see_gone("closing-quit").await;
    assert_eq!(desktop.apps().len(), 1, "it stayed");

    // The line breaks before the answer.
    market.faults().cut_connections();
    window
        .see("[data-testid='operation'][data-state='unknown']")
        .await;
    let id = window.attribute("operation", "data-id").await;
    assert_eq!(window.route().await, format!("#/operations/{id}"));
    window.see("operation-since").await;
    assert_eq!(
        window.sats("[data-testid='operation-balance'] [data-sats]").await,
        had
    );
    assert!(window.texts("operation-step").await.len() >= 3);

    // The same invoice cannot be paid a second time, and every screen says why.
    window.see_connection("connected").await;
    window.find_invoice(&MAP.to_string()).await;
    window.see("pay-unknown").await;
    window.see("unknown-banner").await;
    assert!(!window.has("pay-from-balance").await);

    // From here on no look succeeds.
    let lost = Fault::Refuse(Code::Unavailable, "upstream connect error".to_owned());
    market.faults().always("GetInvoicePayments", When::Before, lost);
    let app = desktop.apps();
    desktop.ask_to_close();
    window.click("closing-quit").await;
    over(&app).await;
    drop(window);

    let window = Window::open(&desktop).await;
    window.see("unknown-banner").await;
    window.operations().await;
    window.click("label:has([data-testid='operations-open'])").await;
    window
        .click(&format!("[data-testid='operation-row'][data-id='{id}']"))
        .await;
    window
        .see(&format!(
            "[data-testid='operation'][data-id='{id}'][data-state='unknown']"
        ))
        .await;

    // The marketplace is itself again.
    market.faults().clear();
    window.click("operation-again").await;
    window
        .see(&format!(
            "[data-testid='operation'][data-id='{id}'][data-state='done']"
        ))
        .await;
    window.see_gone("unknown-banner").await;
    window.click("operation-payment").await;
    window
        .see("[data-testid='payment-detail'][data-status='paid'] [data-testid='seal'][data-state='verified']")
        .await;
    assert_eq!(window.sats("payment-amount").await, -price);
    window.see_available(had - price).await;
    assert_eq!(paid(&market), 1, "nothing was sent again");
    assert_eq!(market.faults().calls("PayInvoiceFromBalance"), 1);

    // Nothing is open any more: closing asks nothing.
    desktop.close_window().await;
}
