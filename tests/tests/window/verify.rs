//! `kvit verify`: the app without a window, a display, an account or a network. Its exit code is its answer.

use std::process::Command;

use kvit_client::{Limits, Marketplace, Target};
use kvit_domain::id::{InvoiceId, PaymentId};
use kvit_sandbox::People;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::connect::market;
use crate::desktop::app;

/// A folder with a genuine confirmation, an altered one, its key and a stranger's.
async fn papers() -> TempDir {
    let (market, endpoint) = market(People::Still).await;
    let target = Target::parse(&endpoint.address, "", &endpoint.certificate_sha256).expect("an address");
    let token = SecretString::from(market.token());
    let client = Marketplace::connect(&target, &token, Limits::default()).expect("a line");
    let paid = client
        .pay_from_balance(InvoiceId::new(88).expect("a number"), 2)
        .await
        .expect("paid");
    let id: PaymentId = paid.id;
    let payment = client.payment(id).await.expect("the payment");
    let genuine = payment.confirmation.expect("a confirmation");
    let (stranger, _) = crate::connect::market(People::Still).await;
    let altered = genuine.replacen("88", "89", 1);
    assert_ne!(altered, genuine);
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("genuine.asc", &genuine),
        ("altered.asc", &altered),
        ("key.asc", &market.public_key()),
        ("stranger.asc", &stranger.public_key()),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn verify(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(app())
        .arg("verify")
        .args(arguments)
        // No display, no bus, no home: nothing but the files.
        .env_clear()
        .env("LANG", "C.UTF-8")
        .current_dir(folder.path())
        .output()
        .expect("the app runs");
    (
        output.status.code(),
        String::from_utf8(output.stdout).expect("a text"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_answers_with_its_exit_code() {
    let folder = papers().await;
    for (arguments, code) in [
        (&["genuine.asc", "--key", "key.asc"][..], 0),
        (&["genuine.asc", "--key", "stranger.asc"], 1),
        (&["genuine.asc"], 1),
        (&["altered.asc", "--key", "key.asc"], 2),
        (&["absent.asc", "--key", "key.asc"], 3),
    ] {
        let (found, said) = verify(&folder, arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {said}");
    }
    let (code, said) = verify(&folder, &["genuine.asc", "--key", "key.asc", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(code, Some(0));
    assert_eq!(report["outcome"], "verified", "{report}");
}
