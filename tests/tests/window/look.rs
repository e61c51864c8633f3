//! The payments as the real web view draws them: without an accessibility complaint, and as the picture in the README.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::desktop::Desktop;
use crate::window::Window;

/// Where the picture goes, when somebody wants it.
const PICTURE: &str = "KVIT_PICTURE";
/// Size of the window, as `tauri.conf.json` has it.
const SIZE: (u32, u32) = (1180, 780);

fn axe() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error} (run `cargo xtask test`)", path.display()))
}

/// What axe-core has to say about the page.
async fn complaints(window: &Window) -> Vec<String> {
    let script = format!(
        "const done = arguments[arguments.length - 1];
        {};
        axe.run(document, {{ resultTypes: ['violations'] }}).then(
            (found) => done({{
                checked: found.passes.length,
                wrong: found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.target.join(' ')).join(', ')),
            }}),
            (failed) => done({{ checked: 0, wrong: [String(failed)] }}),
        )",
        axe()
    );
    let found = window.run(&script).await;
    let wrong = found.get("wrong").and_then(Value::as_array).cloned();
    let checked = found.get("checked").and_then(Value::as_u64);
    let mut wrong: Vec<String> = wrong
        .expect("an answer of axe")
        .iter()
        .map(ToString::to_string)
        .collect();
    if checked.unwrap_or_default() < 10 {
        wrong.push(format!("axe found nothing to look at: {found}"));
    }
    wrong
}

/// Width and height of a PNG (PNG specification, 11.2.2).
fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "a PNG");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_payments_are_drawn_without_an_accessibility_complaint() {
    let desktop = Desktop::new().await;
    // As `cargo xtask run` opens it.
    let window = Window::open_with(&desktop, &["--practice"]).await;
    window
        .see("[data-testid='connection'][data-state='connected']")
        .await;
    window.find_invoice("88").await;
    window.fill("pay-pieces", "2").await;
    window.click("pay-from-balance").await;
    window.click("pay-confirm").await;
    window
        .see("[data-testid='payment-detail'] [data-testid='seal'][data-state='verified']")
        .await;
    window.see("seal-field").await;
    let complaints = complaints(&window).await;
    assert!(complaints.is_empty(), "{complaints:#?}");
    // The word about the payment has been read.
    while window.has("[data-testid='said'] button").await {
        window.click("[data-testid='said'] button").await;
    }
    let picture = window.picture().await;
    assert_eq!(size(&picture), SIZE);
    if let Some(path) = std::env::var_os(PICTURE).map(PathBuf::from) {
        std::fs::write(&path, &picture).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}
