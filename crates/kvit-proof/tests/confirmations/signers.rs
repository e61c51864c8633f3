//! Good signatures by keys that may not vouch, and at times when they may not.

use kvit_proof::verify_signature;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::parse::Parse as _;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::stream::{Message, Signer};
use sequoia_openpgp::types::KeyFlags;

use crate::fixture::{AT, PUBLIC, word, world};

/// Signs by Sequoia with the key of an exported certificate that has `right`, whatever else it may do.
fn sign_with(name: &str, time: jiff::Timestamp, right: fn(&KeyFlags) -> bool) -> String {
    let cert = Cert::from_bytes(world().secret_bytes(name)).unwrap();
    let policy = StandardPolicy::at(std::time::SystemTime::from(AT));
    // Judged without its expiration: the point is to sign where one should not.
    let valid_at = cert.primary_key().key().creation_time();
    let key = cert
        .keys()
        .with_policy(&policy, valid_at)
        .secret()
        .find(|key| key.key_flags().is_some_and(|flags| right(&flags)))
        .unwrap();
    let pair = key.key().clone().into_keypair().unwrap();
    let mut frame = Vec::new();
    let mut signer = Signer::new(Message::new(&mut frame), pair)
        .unwrap()
        .cleartext()
        .creation_time(std::time::SystemTime::from(time))
        .build()
        .unwrap();
    std::io::Write::write_all(&mut signer, PUBLIC.as_bytes()).unwrap();
    signer.finalize().unwrap();
    String::from_utf8(frame).unwrap()
}

#[test]
fn keys_that_may_not_vouch() {
    let world = world();
    let verify =
        |text: &str, key: &str, at| word(&verify_signature(text.as_bytes(), Some(&world.key(key)), at));

    // No key at all: the frame is looked at, nothing is claimed.
    assert_eq!(
        word(&verify_signature(world.text("public").as_bytes(), None, AT)),
        "not verified: no-key-pinned"
    );
    let broken = format!("{} ", world.text("public"));
    assert_eq!(
        word(&verify_signature(broken.as_bytes(), None, AT)),
        "forged: after-end"
    );

    // A primary key that may only certify, a signing subkey, and one for authentication.
    assert_eq!(
        verify(&sign_with("split", AT, KeyFlags::for_signing), "split", AT),
        "verified"
    );
    assert_eq!(
        verify(&sign_with("split", AT, KeyFlags::for_certification), "split", AT),
        "not verified: key-cannot-sign"
    );
    assert_eq!(
        verify(&sign_with("split", AT, KeyFlags::for_authentication), "split", AT),
        "not verified: key-cannot-sign"
    );
    let altered = sign_with("split", AT, KeyFlags::for_authentication).replace("alice", "bob");
    assert_eq!(verify(&altered, "split", AT), "forged: bad-signature");

    // Before the key was made.
    let early = "2024-02-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        verify(&sign_with("market", early, KeyFlags::for_signing), "market", AT),
        "not verified: key-not-yet-valid"
    );

    // Revoked, and given away for all we know: that reaches back.
    assert_eq!(
        verify(world.text("by the revoked"), "revoked", AT),
        "not verified: key-revoked"
    );
    let altered = world.text("by the revoked").replace("alice", "bob");
    assert_eq!(verify(&altered, "revoked", AT), "forged: bad-signature");
}

#[test]
fn an_expired_key_is_judged_by_both_times() {
    use kvit_proof::{NotVerified, Refusal};
    let world = world();
    let key = world.key("expired");
    let since = "2024-01-01T00:00:00Z".parse().unwrap();
    let verify = |text: &str, at| verify_signature(text.as_bytes(), Some(&key), at);

    // Made and judged while the key was valid.
    let good = world.text("by the expired");
    let valid: jiff::Timestamp = "2023-06-01T00:00:00Z".parse().unwrap();
    assert_eq!(word(&verify(good, valid)), "verified");
    // Judged later: the date of the signature is only the signer's word.
    let expired = |signed_while_valid| {
        Refusal::NotVerified(NotVerified::KeyExpired {
            since,
            signed_while_valid,
        })
    };
    assert_eq!(verify(good, AT), Err(expired(true)));
    // Made later.
    let late = sign_with("expired", AT, KeyFlags::for_signing);
    assert_eq!(verify(&late, AT), Err(expired(false)));
    assert_eq!(
        word(&verify(&late.replace("alice", "bob"), AT)),
        "forged: bad-signature"
    );
}

#[test]
fn signatures_expire() {
    let world = world();
    let later = "2024-03-03T00:00:00Z".parse().unwrap();
    let key = world.key("market");
    let verdict = verify_signature(world.text("signature expires").as_bytes(), Some(&key), later);
    assert_eq!(word(&verdict), "not verified: signature-expired");
}
