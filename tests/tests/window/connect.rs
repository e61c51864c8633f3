//! Connecting to a marketplace: what can be wrong is said at its field, and the form keeps what was typed.

use std::collections::BTreeSet;

use kvit_sandbox::{Endpoint, Options, People, Sandbox};

use crate::desktop::{Desktop, free_port};
use crate::window::{Keep, Language, Window};

/// A marketplace on the loopback, under TLS with a certificate that no system trusts.
pub async fn market(people: People) -> (Sandbox, Endpoint) {
    let options = Options {
        people,
        surprises: false,
        ..Options::default()
    };
    let market = Sandbox::open(options).await.expect("a marketplace");
    let endpoint = market.serve_tcp().await.expect("the loopback");
    (market, endpoint)
}

/// The fields that are typed into.
const FIELDS: &[&str] = &[
    "connect-address",
    "connect-proxy",
    "connect-pin-field",
    "connect-token",
    "connect-label",
];

async fn typed(window: &Window) -> Vec<String> {
    let mut values = Vec::new();
    for field in FIELDS {
        values.push(window.value(field).await);
    }
    values
}

/// One wrong thing in one field, and the field that complains about it.
struct Wrong {
    field: &'static str,
    text: String,
    at: &'static str,
}

fn everything_wrong(endpoint: &Endpoint, strange_token: &str) -> Vec<Wrong> {
    let wrong = |field, text: &str, at| Wrong {
        field,
        text: text.to_owned(),
        at,
    };
    let one_digit_off = |text: &str| {
        let last = if text.ends_with('0') { '1' } else { '0' };
        format!("{}{last}", &text[..text.len() - 1])
    };
    vec![
        wrong("connect-address", "not an address", "connect-address"),
        wrong(
            "connect-address",
            &format!("https://localhost:{}", free_port()),
            "connect-address",
        ),
        wrong("connect-proxy", "no proxy", "connect-proxy"),
        // Nobody vouches for it, and nothing is pinned.
        wrong("connect-pin-field", "", "connect-pin-field"),
        wrong("connect-pin-field", "C0FFEE", "connect-pin-field"),
        wrong(
            "connect-pin-field",
            &one_digit_off(&endpoint.certificate_sha256),
            "connect-pin-field",
        ),
        wrong("connect-token", "my password", "connect-token"),
        wrong("connect-token", strange_token, "connect-token"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_at_its_field_and_the_form_keeps_its_values() {
    let (market, endpoint) = market(People::Still).await;
    let desktop = Desktop::new().await;
    let window = Window::open(&desktop).await;
    let strange_token = "5A".repeat(32);
    assert_ne!(strange_token, market.token());
    let right = [
        endpoint.address.as_str(),
        "",
        &endpoint.certificate_sha256,
        &market.token(),
        "Market",
    ];
    let mut sentences = Vec::new();
    for language in Language::BOTH {
        window
            .click(&format!(
                "label:has([data-testid='language-{}'])",
                language.code()
            ))
            .await;
        window.click("welcome-connect").await;
        for (field, value) in FIELDS.iter().zip(right) {
            window.fill(field, value).await;
        }
        window.keep(Keep::Session).await;
        for wrong in everything_wrong(&endpoint, &strange_token) {
            let before = window.value(wrong.field).await;
            window.fill(wrong.field, &wrong.text).await;
            let form = typed(&window).await;
            window.click("connect-submit").await;
            let sentence = window.complaint(wrong.at).await;
            language.is_of(&sentence);
            assert_eq!(typed(&window).await, form, "after: {sentence}");
            assert!(window.has("connect-submit").await);
            sentences.push(sentence);
            window.fill(wrong.field, &before).await;
        }
        // A key that is none, and one whose fingerprint nobody compared.
        window.paste("connect-key", "a key").await;
        sentences.push(window.complaint("connect-key").await);
        window.paste("connect-key", &market.public_key()).await;
        window.see("connect-key-card").await;
        window.click("connect-submit").await;
        sentences.push(window.complaint("connect-groups").await);
        assert_eq!(
            window.value("connect-key").await.trim(),
            market.public_key().trim()
        );
        window.click("connect-key-remove").await;
        // A passphrase that is none yet, and two that differ.
        window.keep(Keep::Passphrase("short")).await;
        window.click("connect-submit").await;
        sentences.push(window.complaint("connect-passphrase").await);
        window.fill("connect-passphrase", "correct horse battery").await;
        window.click("connect-submit").await;
        sentences.push(window.complaint("connect-passphrase-again").await);
        // The wish for a keychain is not quietly given up.
        window.click(Keep::Keychain.choice()).await;
        let absent = window.text("connect-keychain").await;
        language.is_of(&absent);
        assert_eq!(typed(&window).await, right);
        window.click("connect-back").await;
        window.see("welcome-connect").await;
    }
    let different: BTreeSet<&String> = sentences.iter().collect();
    assert_eq!(different.len(), sentences.len(), "{sentences:#?}");
    // Nothing of all that has become an account.
    assert!(!window.has("account-menu").await);
    let leaks = desktop.files_with(&market.token());
    assert!(leaks.is_empty(), "{leaks:?}");
}
