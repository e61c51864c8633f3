//! What must be accepted.

use std::num::NonZeroUsize;

use kvit_proof::{
    Digest, Facts, Field, NotVerified, PinnedKey, Refusal, Verdict, verify_many, verify_payment,
    verify_payments, verify_signature, verify_text,
};
use rust_decimal::Decimal;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::parse::Parse as _;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::stream::{Message, Signer};

use crate::fixture::{AT, PUBLIC, SIGNED_AT, facts, packets, private, with_packets, word, world};

#[test]
fn gnupg_with_each_digest() {
    let world = world();
    for (name, digest) in [
        ("public sha256", Digest::Sha256),
        ("public sha384", Digest::Sha384),
        ("public", Digest::Sha512),
    ] {
        let signed = world.verify(world.text(name)).unwrap();
        assert_eq!(signed.digest, digest);
        assert_eq!(signed.text, PUBLIC);
        assert_eq!(signed.signed_at, SIGNED_AT);
        assert_eq!(signed.key, world.key("market").fingerprint());
        assert_eq!(signed.signing_key, signed.key);
        assert_eq!(signed.confirmation.payment_id, 1207);
    }
}

#[test]
fn private_and_public_look_alike() {
    let world = world();
    let signed = world.verify(world.text("private")).unwrap();
    assert_eq!(signed.text, private());
    assert_eq!(signed.confirmation.pieces, None);
}

#[test]
fn harmless_ways_of_arriving() {
    let world = world();
    for name in ["public", "private", "public sha256"] {
        let text = world.text(name);
        let crc = text
            .lines()
            .find(|line| line.starts_with('='))
            .expect("GnuPG 2.2 writes a checksum");
        for (how, other) in [
            ("whole file CRLF", text.replace('\n', "\r\n")),
            ("no line end at the end", text.trim_end().to_owned()),
            (
                "CRLF, no line end at the end",
                text.trim_end().replace('\n', "\r\n"),
            ),
            ("no checksum", text.replace(&format!("{crc}\n"), "")),
        ] {
            let signed = world
                .verify(&other)
                .unwrap_or_else(|refusal| panic!("{how}: {refusal}"));
            assert_eq!(signed, world.verify(text).unwrap(), "{how}");
        }
    }
}

#[test]
fn other_keys_when_they_are_the_pinned_ones() {
    let world = world();
    let edwards = verify_signature(
        world.text("by edwards").as_bytes(),
        Some(&world.key("edwards")),
        AT,
    );
    assert_eq!(word(&edwards), "verified");
    let split = world.key("split");
    let signed = verify_signature(world.text("by a subkey").as_bytes(), Some(&split), AT).unwrap();
    assert_eq!(signed.key, split.fingerprint());
    assert_ne!(signed.signing_key, signed.key);
    // A notation that nobody needs to understand, and a signature that is still valid.
    assert_eq!(word(&world.verify(world.text("with notation"))), "verified");
    assert_eq!(word(&world.verify(world.text("signature expires"))), "verified");
    // The server's clock may be a little ahead of ours.
    assert_eq!(word(&world.verify(world.text("a little early"))), "verified");
}

#[test]
fn text_is_unescaped_once() {
    let world = world();
    let text = verify_text(
        world.text("dashes").as_bytes(),
        Some(&world.key("market")),
        AT,
        10_000,
    )
    .unwrap()
    .text;
    assert!(text.starts_with("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nType: INVOICE_PAYMENT\n"));
    assert!(world.text("dashes").contains("\n- -----BEGIN"));
}

#[test]
fn sequoia_with_the_same_key() {
    // The practice marketplace signs with Sequoia. One RSA signature in 256 is a byte short, and must pass too.
    let world = world();
    let policy = StandardPolicy::at(std::time::SystemTime::from(AT));
    let cert = Cert::from_bytes(world.secret_bytes("market")).unwrap();
    let key = world.key("market");
    let mut short = 0;
    for round in 0..20_000_u32 {
        let pair = cert
            .keys()
            .with_policy(&policy, std::time::SystemTime::from(AT))
            .secret()
            .for_signing()
            .next()
            .unwrap()
            .key()
            .clone()
            .into_keypair()
            .unwrap();
        let text = PUBLIC.replace("1207", &(round + 1).to_string());
        let mut frame = Vec::new();
        let mut signer = Signer::new(Message::new(&mut frame), pair)
            .unwrap()
            .cleartext()
            .creation_time(std::time::SystemTime::from(AT))
            .build()
            .unwrap();
        std::io::Write::write_all(&mut signer, text.as_bytes()).unwrap();
        signer.finalize().unwrap();
        let signed = verify_signature(&frame, Some(&key), AT).unwrap();
        assert_eq!(signed.text, text);
        let packets = packets(std::str::from_utf8(&frame).unwrap());
        // 3,072 bits: 384 octets behind two octets of length.
        let bits = u16::from_be_bytes([packets[packets.len() - 386], packets[packets.len() - 385]]);
        if !(3065..=3072).contains(&bits) {
            short += 1;
            if short == 2 {
                return;
            }
        }
    }
    panic!("no short signature in 20,000");
}

#[test]
fn other_packet_headers_say_the_same() {
    let world = world();
    let text = world.text("public");
    let packets = packets(text);
    assert_eq!(packets[0], 0x89, "an old header with two octets of length");
    let body = &packets[3..];
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let new = [&[0xC2, 0xFF][..], &length, body].concat();
    assert_eq!(word(&world.verify(with_packets(text, &new))), "verified");
}

#[test]
fn every_field_is_compared() {
    let world = world();
    let key = world.key("market");
    let check = |facts: &Facts| verify_payment(world.text("public").as_bytes(), Some(&key), AT, facts);
    match check(&facts()) {
        Verdict::Verified { fields, .. } => {
            assert!(fields.len() == 8 && fields.iter().all(|field| field.matches))
        }
        other => panic!("{other:?}"),
    }
    let changed = [
        (
            Facts {
                payment_id: 1,
                ..facts()
            },
            Field::PaymentId,
        ),
        (
            Facts {
                pieces: None,
                ..facts()
            },
            Field::Pieces,
        ),
        (
            Facts {
                invoice_id: 1,
                ..facts()
            },
            Field::InvoiceId,
        ),
        (
            Facts {
                amount: Decimal::new(240_001, 8),
                ..facts()
            },
            Field::CryptoAmount,
        ),
        (
            Facts {
                created_at: AT,
                ..facts()
            },
            Field::CreatedAt,
        ),
        (
            Facts {
                payer: "mallory".to_owned(),
                ..facts()
            },
            Field::Payer,
        ),
        (
            Facts {
                invoice_owner: "shop-2".to_owned(),
                ..facts()
            },
            Field::InvoiceOwner,
        ),
    ];
    for (facts, expected) in changed {
        match check(&facts) {
            Verdict::DoesNotMatch { fields, signed } => {
                let wrong: Vec<_> = fields
                    .iter()
                    .filter(|field| !field.matches)
                    .map(|field| field.field)
                    .collect();
                assert_eq!(wrong, [expected]);
                assert_eq!(signed.confirmation.payment_id, 1207);
            }
            other => panic!("{expected:?}: {other:?}"),
        }
    }
    // A private confirmation does not confirm a public payment.
    let private = verify_payment(world.text("private").as_bytes(), Some(&key), AT, &facts());
    assert!(matches!(private, Verdict::DoesNotMatch { .. }));
    assert!(
        verify_payment(
            world.text("private").as_bytes(),
            Some(&key),
            AT,
            &Facts {
                pieces: None,
                ..facts()
            }
        )
        .is_verified()
    );
}

#[test]
fn many_at_once_are_the_same_as_one_by_one() {
    let world = world();
    let key: PinnedKey = world.key("market");
    let bad = world.text("public").replace("alice", "mallory");
    let texts: Vec<&[u8]> = (0..100)
        .map(|index| match index % 4 {
            0 => world.text("public").as_bytes(),
            1 => world.text("private").as_bytes(),
            2 => bad.as_bytes(),
            _ => &b""[..],
        })
        .collect();
    let two = NonZeroUsize::new(2).unwrap();
    let alone: Vec<_> = texts
        .iter()
        .map(|text| verify_signature(text, Some(&key), AT))
        .collect();
    assert_eq!(verify_many(&texts, Some(&key), AT, two), alone);
    let facts = facts();
    let payments: Vec<_> = texts.iter().map(|text| (*text, &facts)).collect();
    let verdicts = verify_payments(&payments, Some(&key), AT, two);
    assert_eq!(
        verdicts.iter().filter(|verdict| verdict.is_verified()).count(),
        25
    );
    assert_eq!(verdicts[3], Verdict::NotVerified(NotVerified::NoConfirmation));
    assert_eq!(alone[3], Err(Refusal::NotVerified(NotVerified::NoConfirmation)));
}
