//! The archive of receipts: each checked again when it is opened, found by its words, and handed on as the text that was
//! signed.

use std::path::Path;
use std::process::Command;

use kvit_sandbox::People;

use crate::connect::market;
use crate::desktop::{Desktop, app, until};
use crate::display::keep_at;
use crate::window::{Keep, Window};

fn verified(text: &Path, key: &Path) -> bool {
    let status = Command::new(app())
        .arg("verify")
        .arg(text)
        .arg("--key")
        .arg(key)
        .env_clear()
        .output()
        .expect("the app runs")
        .status;
    status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_archived_checked_again_and_handed_on() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::with_keychain().await;
    let window = Window::open(&desktop).await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Keychain).await;
    let number = window.pay("640").await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;

    window.click("rail-receipts").await;
    let row = format!("[data-testid='receipt-row'][data-id='{number}']");
    window.see(&row).await;
    window.fill("receipts-search", "nobody at all").await;
    window.see_gone("receipt-row").await;
    window.fill("receipts-search", &number).await;
    window.click(&row).await;
    window
        .see(&format!(
            "[data-testid='receipt'][data-id='{number}'][data-seal='verified']"
        ))
        .await;
    window.see("receipt-first-seen").await;
    window.see("receipt-key-groups").await;

    let key = desktop.file("key.asc");
    std::fs::write(&key, market.public_key()).expect("a file");
    // Copied, it is the signed text to the letter: the checking desk and the command line both say so.
    window.click("receipt-copy").await;
    window.click("tab-archive").await;
    window.click("tab-check").await;
    window.see("receipt-text").await;
    window.chord("receipt-text", 'v').await;
    let copied = until("the copied text arrives", async || {
        let text = window.value("receipt-text").await;
        (!text.is_empty()).then_some(text)
    })
    .await;
    window.click("receipt-check").await;
    window
        .see("[data-testid='receipt-verdict'] [data-testid='seal'][data-state='verified']")
        .await;
    let pasted = desktop.file("copied.asc");
    std::fs::write(&pasted, &copied).expect("a file");
    assert!(verified(&pasted, &key));
    std::fs::write(&pasted, copied.replacen(&number, "999999", 1)).expect("a file");
    assert!(!verified(&pasted, &key), "it was the text that was checked");

    // Kept where the person says in the system's own dialog.
    window.click("tab-archive").await;
    window.click(&row).await;
    window.click("receipt-save").await;
    let kept = desktop.file("kept.asc");
    keep_at(&desktop, &kept).await;
    until("the file is there", async || kept.exists().then_some(())).await;
    window.see_text("[data-testid='said']", "kept.asc").await;
    assert!(verified(&kept, &key));
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_exported_to_the_file_that_the_person_names() {
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    window.practise().await;
    let number = window.pay("640").await;
    window.click("rail-payments").await;
    window.see_whole_list().await;
    let shown = window.texts("payment-row").await.len();
    window.click("export").await;
    window.see("export-rows").await;
    window.click("export-save").await;
    let file = desktop.file("payments.csv");
    keep_at(&desktop, &file).await;
    window.see_text("export-done", "payments.csv").await;
    let text = std::fs::read_to_string(&file).expect("a table");
    assert!(text.lines().any(|line| line.contains(&number)), "{text}");
    assert!(
        text.lines().count() > shown,
        "a head, and a line for each: {text}"
    );
}
