//! A picture in a conversation: prepared, sent, looked at closely, kept; and the bundle of evidence it goes into.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use kvit_sandbox::People;
use zip::ZipArchive;

use crate::connect::market;
use crate::desktop::{Desktop, app, until};
use crate::display::keep_at;
use crate::window::{Keep, Window};

/// The exit code of the command line's verdict over a bundle.
fn verdict(bundle: &Path, key: &Path) -> Option<i32> {
    let output = Command::new(app())
        .arg("verify-bundle")
        .arg(bundle)
        .arg("--key")
        .arg(key)
        .env_clear()
        .output()
        .expect("the app runs");
    output.status.code()
}

/// The names of what is in a bundle.
fn names(bundle: &Path) -> Vec<String> {
    let file = File::open(bundle).expect("a bundle");
    let zip = ZipArchive::new(file).expect("an archive");
    zip.file_names()
        .map(|name| name.expect("a name").into_owned())
        .collect()
}

/// How much of the picture is on screen, in per cent.
async fn scale(window: &Window) -> u32 {
    let text = window.text("viewer-scale").await;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{text} is no scale"))
}

/// Keeps what the window is about to ask about in a file of this name, and waits until it is there.
async fn kept(desktop: &Desktop, name: &str) -> PathBuf {
    let file = desktop.file(name);
    keep_at(desktop, &file).await;
    until("the file is there", async || file.exists().then_some(())).await;
    // No window manager gives the keys back.
    desktop.bring_to_front().await;
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_looked_at_by_keyboard_kept_and_bound_into_evidence() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    desktop.bring_to_front().await;
    window.click("welcome-connect").await;
    window.connect(&market, &endpoint, Keep::Session).await;
    let number = window.pay("640").await;
    let number = number.parse().expect("a number");
    market
        .write_about_payment("pixel-forge", number, "Your library is ready.", &[])
        .expect("the seller writes");
    window.click("payment-write").await;
    window
        .see_one_with(
            "[data-testid='talk-line'][data-author='them']",
            "Your library is ready.",
        )
        .await;

    // A picture of more than the window can show, made smaller for sending unless the person wants all of it.
    window
        .paste_picture("talk-input", "screen.png", (3000, 2000))
        .await;
    window.drawn("[data-testid='draft-picture'] img").await;
    let small = window.text("draft-size").await;
    window.click("draft-full").await;
    window.see_changed("draft-size", &small).await;
    window.click("draft-full").await;
    window.see_text("draft-size", &small).await;
    window.write("There is a line across it.").await;

    // The viewer: the original, closer and back by keyboard, and away.
    let picture = "[data-testid='talk-line'][data-state='sent'] [data-testid='picture']";
    window.drawn(&format!("{picture} img")).await;
    window.click(picture).await;
    window
        .see("[data-testid='viewer-stage'][data-whole='true']")
        .await;
    let (width, height) = window.drawn("[data-testid='viewer-stage'] img").await;
    assert!(width < 3000 && width > 1000, "{width} by {height}");
    let off = (width * 2).abs_diff(height * 3);
    assert!(off < 3, "of the same shape to the pixel: {width} by {height}");
    let fitted = scale(&window).await;
    window.press("++").await;
    assert!(scale(&window).await > fitted, "two steps closer");
    window.press("-").await;
    window.press("0").await;
    assert_eq!(scale(&window).await, fitted);
    window.click("viewer-save").await;
    let image = kept(&desktop, "kept.jpg").await;
    let bytes = std::fs::read(&image).expect("a picture");
    assert!(bytes.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG (ITU-T T.81)");
    window.escape().await;
    window.see_gone("viewer-stage").await;

    // Everything that is known of the payment, but for the picture.
    window.unfold("talk-fold").await;
    window.click("talk-open-payment").await;
    window.click("evidence-button").await;
    for kind in ["receipt", "payment", "message", "picture", "operation"] {
        window
            .see(&format!("[data-testid='evidence-group'][data-kind='{kind}']"))
            .await;
    }
    window
        .click("[data-testid='evidence-group'][data-kind='message'] [data-testid='evidence-open']")
        .await;
    window
        .see_one_with(
            "[data-testid='evidence-group'][data-kind='message']",
            "There is a line across it.",
        )
        .await;
    window.click("evidence-save").await;
    let whole = kept(&desktop, "whole.zip").await;
    window.see_gone("[data-testid='evidence-dialog'][open]").await;
    window.click("evidence-button").await;
    window
        .click("[data-testid='evidence-group'][data-kind='picture'] [data-testid='evidence-all']")
        .await;
    window.click("evidence-save").await;
    let part = kept(&desktop, "part.zip").await;

    let key = desktop.file("key.asc");
    std::fs::write(&key, market.public_key()).expect("a file");
    let pictures = |bundle: &Path| {
        let names = names(bundle);
        names.iter().filter(|name| name.ends_with(".jpg")).count()
    };
    assert_eq!((pictures(&whole), pictures(&part)), (1, 0), "{:?}", names(&whole));
    for bundle in [&whole, &part] {
        assert_eq!(verdict(bundle, &key), Some(0), "{}", bundle.display());
    }
    // One bit of it is another.
    let mut altered = std::fs::read(&whole).expect("a bundle");
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let file = desktop.file("altered.zip");
    std::fs::write(&file, altered).expect("a file");
    assert_eq!(verdict(&file, &key), Some(2));
    desktop.close_window().await;
}
