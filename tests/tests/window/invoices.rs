//! Invoices that cannot be paid: each says why in a sentence of its own, in both languages, and nothing typed is lost.

use std::collections::BTreeSet;

use kvit_sandbox::{People, Sandbox, Sats};

use crate::connect::market;
use crate::desktop::Desktop;
use crate::window::{Keep, Language, Window};

/// What is typed, and what comes of it.
enum Wrong {
    /// Said at the field.
    Text(&'static str),
    /// Said about the invoice, with this code.
    Invoice(&'static str, &'static str),
}

const WRONG: &[Wrong] = &[
    Wrong::Text("two bags of coffee"),
    Wrong::Text("900000001"),
    Wrong::Invoice("700", "ownInvoice"),
    Wrong::Invoice("404", "invoiceSoldOut"),
];

async fn too_many_pieces(window: &Window) -> String {
    window.find_invoice("88").await;
    window.fill("pay-pieces", "100000").await;
    let sentence = window.complaint("pay-pieces").await;
    assert_eq!(window.value("pay-pieces").await, "100000");
    assert_eq!(window.value("pay-invoice-input").await, "88");
    assert!(!window.has("pay-from-balance").await);
    sentence
}

async fn too_little_money(window: &Window, market: &Sandbox) -> String {
    let me = market.login().expect("the world has somebody");
    let (rich, _) = market.balance(&me).expect("they have a balance");
    market.set_balance(&me, Sats(1_000)).expect("a balance");
    window.find_invoice("640").await;
    let sentence = window.text("pay-balance-obstacle").await;
    assert!(!window.has("pay-from-balance").await);
    market.set_balance(&me, rich).expect("a balance");
    sentence
}

async fn nobody_sells(window: &Window) -> String {
    window.find_invoice("88").await;
    // Open at once where the balance does not do.
    window
        .see("[data-testid='fiat-country'], [data-testid='pay-fiat']")
        .await;
    if window.has("pay-fiat").await {
        window.click("pay-fiat").await;
    }
    // In a language of one's own or by the code, whichever is known.
    window.pick("fiat-country", "DE").await;
    window.pick("fiat-system", "QIWI").await;
    let sentence = window.text("fiat-none").await;
    assert_eq!(window.value("fiat-currency").await, "EUR");
    assert!(window.value("fiat-system").await.to_uppercase().contains("QIWI"));
    sentence
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_invoice_has_a_sentence_of_its_own_and_nothing_typed_is_lost() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Session).await;

    let mut sentences = Vec::new();
    for language in Language::BOTH {
        window.speak(language).await;
        let mut said = Vec::new();
        for wrong in WRONG {
            match wrong {
                Wrong::Text(text) => {
                    window.find_invoice(text).await;
                    said.push(window.complaint("pay-invoice-input").await);
                    assert_eq!(window.value("pay-invoice-input").await, *text);
                }
                Wrong::Invoice(number, code) => {
                    window.find_invoice(number).await;
                    said.push(
                        window
                            .text(&format!("[data-testid='fault'][data-code='{code}'] .what"))
                            .await,
                    );
                    assert_eq!(window.value("pay-invoice-input").await, *number);
                    assert!(!window.has("pay-from-balance").await, "{number}");
                }
            }
        }
        said.push(too_many_pieces(&window).await);
        said.push(too_little_money(&window, &market).await);
        said.push(nobody_sells(&window).await);
        for sentence in &said {
            language.is_of(sentence);
        }
        sentences.extend(said);
    }
    let different: BTreeSet<&String> = sentences.iter().collect();
    assert_eq!(different.len(), sentences.len(), "{sentences:#?}");
}
