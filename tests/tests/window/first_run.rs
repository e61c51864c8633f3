//! The first start: two ways in, and the one that costs nothing.

use crate::desktop::Desktop;
use crate::window::{Language, Window};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_offers_to_practise_or_to_connect() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.see("welcome-practise").await;
    window.see("welcome-connect").await;
    let mut titles = Vec::new();
    for language in Language::BOTH {
        window
            .click(&format!(
                "label:has([data-testid='language-{}'])",
                language.code()
            ))
            .await;
        window.see(&format!("html[lang='{}']", language.code())).await;
        let offered = window.text("welcome-practise").await;
        language.is_of(&offered);
        titles.push(offered);
    }
    assert_ne!(titles[0], titles[1]);

    window.practise().await;
    assert_eq!(window.route().await, "#/payments");
    // A history with a past of its own: paid and not paid, to me and from me.
    let rows = window.texts("payment-row").await;
    assert!(rows.len() >= 5, "{rows:?}");
    for direction in [true, false] {
        let amounts = "[data-testid='payment-row'] [data-sats]";
        let signs = if direction {
            format!("{amounts}[data-sats^='-']")
        } else {
            format!("{amounts}:not([data-sats^='-'])")
        };
        window.see(&signs).await;
    }
    // Money, and an account that cannot be taken for a real one.
    assert!(window.sats("money-available").await > 0);
    window.see("[data-testid='account-menu'] .stripe.practice").await;
    // The choice of the first screen has been kept.
    Language::Russian.is_of(&window.text("account-menu").await);
}
