//! Which keys can be pinned, and what is said of them.

use jiff::Timestamp;
use kvit_proof::{HISTORICAL_KEYS, KeyFault, KeyState, MAX_KEY_BYTES, PinnedKey, verify_signature};
use sequoia_openpgp::cert::{Cert, CertRevocationBuilder};
use sequoia_openpgp::parse::Parse as _;
use sequoia_openpgp::serialize::SerializeInto as _;
use sequoia_openpgp::types::ReasonForRevocation;

use crate::fixture::{AT, SIGNED_AT, word, world};

#[test]
fn what_is_said_of_a_key() {
    let world = world();
    let key = PinnedKey::parse(&world.armored).unwrap();
    assert_eq!(key, world.key("market"), "armored and binary are the same key");
    assert_eq!(key.fingerprint().len(), 40);
    assert_eq!(key.fingerprint_groups().len(), 10);
    assert_eq!(key.fingerprint_groups().concat(), key.fingerprint());
    assert_eq!(key.user_ids(), ["market <market@example.org>"]);
    assert_eq!(key.algorithm(), "RSA 3072");
    assert_eq!(key.created(), SIGNED_AT);
    assert_eq!(key.expires(AT), None);
    assert!(key.can_sign(AT) && !key.is_historical());
    assert_eq!(world.key("edwards").algorithm(), "Ed25519");

    let before = SIGNED_AT - jiff::SignedDuration::from_secs(1);
    assert_eq!(key.state(before), KeyState::NotYetValid { from: SIGNED_AT });
    let expired = world.key("expired");
    let since: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(expired.state(AT), KeyState::Expired { since });
    assert_eq!(expired.expires(AT), Some(since));
    assert!(expired.can_sign(since - jiff::SignedDuration::from_secs(1)));
    assert!(!expired.can_sign(since));
    assert_eq!(world.key("revoked").state(AT), KeyState::Revoked);
    assert_eq!(world.key("split").state(AT), KeyState::Usable);
}

#[test]
fn only_one_public_key_can_be_pinned() {
    let world = world();
    let armored = String::from_utf8(world.armored.clone()).unwrap();
    let fault = |text: &[u8]| PinnedKey::parse(text).unwrap_err();
    assert!(PinnedKey::parse(format!("\n  {armored}\n\n").as_bytes()).is_ok());
    assert!(PinnedKey::parse(armored.replace('\n', "\r\n").as_bytes()).is_ok());
    assert_eq!(fault(b""), KeyFault::NotAKey);
    assert_eq!(fault(b"hello"), KeyFault::NotAKey);
    assert_eq!(fault(&[0xFF; 100]), KeyFault::NotAKey);
    assert_eq!(fault(format!("key:\n{armored}").as_bytes()), KeyFault::NotAKey);
    assert_eq!(fault(&armored.as_bytes()[1..]), KeyFault::NotAKey);
    assert_eq!(
        fault(armored.replace("-----END", "--END").as_bytes()),
        KeyFault::NotAKey
    );
    assert_eq!(fault(world.text("public").as_bytes()), KeyFault::NotAKey);
    assert_eq!(
        fault(format!("{armored}{armored}").as_bytes()),
        KeyFault::MoreThanOne
    );
    assert_eq!(
        fault(format!("{armored}thanks").as_bytes()),
        KeyFault::MoreThanOne
    );
    let two = [world.public_bytes("market"), world.public_bytes("stranger")].concat();
    assert_eq!(fault(&two), KeyFault::MoreThanOne);
    assert_eq!(fault(world.secret_bytes("market")), KeyFault::SecretKey);
    let secret = Cert::from_bytes(world.secret_bytes("market")).unwrap();
    assert_eq!(
        fault(&secret.as_tsk().armored().to_vec().unwrap()),
        KeyFault::SecretKey
    );
    assert_eq!(fault(&vec![b' '; MAX_KEY_BYTES + 1]), KeyFault::TooLarge);
}

#[test]
fn damaged_keys_do_not_panic() {
    let world = world();
    let good = world.public_bytes("market");
    let text = world.text("public").as_bytes();
    for index in 0..good.len() {
        let mut bad = good.to_vec();
        bad[index] ^= 0x41;
        if let Ok(key) = PinnedKey::parse(&bad) {
            // Whatever was pinned is judged by its own fingerprint; only unsigned parts may differ.
            let verdict = word(&verify_signature(text, Some(&key), AT));
            if verdict == "verified" {
                assert_eq!(
                    key.fingerprint(),
                    world.key("market").fingerprint(),
                    "byte {index}"
                );
            }
        }
        let _ = PinnedKey::parse(&good[..index]);
    }
}

#[test]
fn a_retired_key_is_told_apart_from_a_stolen_one() {
    use kvit_proof::{NotVerified, Refusal};
    let world = world();
    let cert = Cert::from_bytes(world.secret_bytes("market")).unwrap();
    let mut signer = cert
        .primary_key()
        .key()
        .clone()
        .parts_into_secret()
        .unwrap()
        .into_keypair()
        .unwrap();
    let then = std::time::SystemTime::from(SIGNED_AT + jiff::SignedDuration::from_secs(60));
    let mut revoke = |reason, text: &[u8]| {
        let revocation = CertRevocationBuilder::new()
            .set_signature_creation_time(then)
            .unwrap()
            .set_reason_for_revocation(reason, text)
            .unwrap()
            .build(&mut signer, &cert, None)
            .unwrap();
        let (cert, _) = cert
            .clone()
            .strip_secret_key_material()
            .insert_packets(revocation)
            .unwrap();
        PinnedKey::parse(&cert.to_vec().unwrap()).unwrap()
    };
    let text = world.text("public").as_bytes();
    let revoked = |signed_while_valid| {
        Err(Refusal::NotVerified(NotVerified::KeyRevoked {
            signed_while_valid,
        }))
    };
    let retired = revoke(ReasonForRevocation::KeyRetired, b"moved");
    assert_eq!(verify_signature(text, Some(&retired), AT), revoked(true));
    let stolen = revoke(ReasonForRevocation::KeyCompromised, b"stolen");
    assert_eq!(verify_signature(text, Some(&stolen), AT), revoked(false));
}

#[test]
fn names_in_a_key_are_only_shown_safely() {
    use sequoia_openpgp::cert::CertBuilder;
    let made = std::time::SystemTime::from(SIGNED_AT);
    let (cert, _) = CertBuilder::new()
        .set_creation_time(made)
        .add_userid("market\u{202E}gro\n\u{1B}[2J")
        .add_userid("x".repeat(5000))
        .add_signing_subkey()
        .generate()
        .unwrap();
    let key = PinnedKey::parse(&cert.strip_secret_key_material().to_vec().unwrap()).unwrap();
    let ids = key.user_ids();
    assert!(
        ids.contains(&"market\\u{202E}gro\\n\\u{001B}[2J".to_owned()),
        "{ids:?}"
    );
    assert!(ids.iter().all(|id| id.len() <= 200));
}

#[test]
fn historical_keys_are_known_by_full_fingerprint() {
    for fingerprint in HISTORICAL_KEYS {
        assert_eq!(fingerprint.len(), 40);
        assert!(
            fingerprint
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
        );
    }
}
