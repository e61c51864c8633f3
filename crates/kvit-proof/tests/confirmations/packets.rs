//! Changes inside the signature packet, each in canonical armor.

use crate::fixture::{packets, with_packets, word, world};

#[test]
fn hostile_packets() {
    let world = world();
    let text = world.text("public");
    let good = packets(text);
    assert_eq!(word(&world.verify(with_packets(text, &good))), "verified");
    let body = &good[3..];
    let framed = |body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[0x89][..], &length, body].concat()
    };
    let changed = |index: usize, value: u8| {
        let mut body = body.to_vec();
        assert_ne!(body[index], value);
        body[index] = value;
        framed(&body)
    };
    // Version, type, key algorithm, digest, hashed area, unhashed area, two octets of the digest, the number.
    let hashed = usize::from(u16::from_be_bytes([body[4], body[5]]));
    let unhashed_at = 6 + hashed;
    let unhashed = usize::from(u16::from_be_bytes([body[unhashed_at], body[unhashed_at + 1]]));
    let number_at = unhashed_at + 2 + unhashed + 2;
    let with_unhashed = |area: &[u8]| {
        let length = u16::try_from(area.len()).unwrap().to_be_bytes();
        framed(
            &[
                &body[..unhashed_at],
                &length,
                area,
                &body[unhashed_at + 2 + unhashed..],
            ]
            .concat(),
        )
    };
    let issuer = &body[unhashed_at + 2..unhashed_at + 2 + unhashed];
    assert_eq!(issuer[..2], [9, 16], "GnuPG's unhashed area is the issuer");
    let mut other_issuer = issuer.to_vec();
    other_issuer[5] ^= 1;
    let notation = [13, 20, 0, 0, 0, 0, 0, 2, 0, 2, b'a', b'b', b'c', b'd'];
    let strange = packets(world.text("by a stranger"));
    let marker = [0xCA, 3, b'P', b'G', b'P'];
    let mut longer_number = body.to_vec();
    // The same number with a zero in front and a length to match.
    longer_number.splice(number_at..number_at + 2, [0x0C, 0x08, 0]);

    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing readable", vec![0], "forged: not-one-signature"),
        (
            "the signature twice",
            [&good[..], &good].concat(),
            "forged: not-one-signature",
        ),
        (
            "another signature after",
            [&good[..], &strange].concat(),
            "forged: not-one-signature",
        ),
        (
            "another signature before",
            [&strange[..], &good].concat(),
            "forged: not-one-signature",
        ),
        (
            "a marker before",
            [&marker[..], &good].concat(),
            "forged: not-one-signature",
        ),
        (
            "a marker after",
            [&good[..], &marker].concat(),
            "forged: not-one-signature",
        ),
        (
            "a byte after",
            [&good[..], &[0]].concat(),
            "forged: not-one-signature",
        ),
        (
            "a byte less",
            good[..good.len() - 1].to_vec(),
            "forged: not-one-signature",
        ),
        (
            "indeterminate length",
            [&[0x8B][..], body].concat(),
            "forged: not-one-signature",
        ),
        (
            "another packet",
            [&[0xAD][..], &good[1..]].concat(),
            "forged: not-one-signature",
        ),
        ("version 3", changed(0, 3), "forged: malformed-signature"),
        ("version 5", changed(0, 5), "forged: malformed-signature"),
        ("version 6", changed(0, 6), "forged: malformed-signature"),
        ("over binary data", changed(1, 0), "forged: not-a-text-signature"),
        ("of a key", changed(1, 0x10), "forged: not-a-text-signature"),
        ("another digest", changed(3, 8), "forged: digest-differs"),
        (
            "another date",
            changed(6 + hashed - 1, body[6 + hashed - 1] ^ 1),
            "forged: bad-signature",
        ),
        (
            "no issuer outside",
            with_unhashed(&[]),
            "forged: malformed-signature",
        ),
        (
            "another issuer outside",
            with_unhashed(&other_issuer),
            "forged: malformed-signature",
        ),
        (
            "two issuers outside",
            with_unhashed(&[issuer, issuer].concat()),
            "forged: malformed-signature",
        ),
        (
            "a notation outside",
            with_unhashed(&[issuer, &notation].concat()),
            "forged: malformed-signature",
        ),
        (
            "a wrong hint of the digest",
            changed(number_at - 1, body[number_at - 1] ^ 1),
            "forged: malformed-signature",
        ),
        (
            "another number",
            changed(number_at + 100, body[number_at + 100] ^ 1),
            "forged: bad-signature",
        ),
        (
            "a longer number",
            framed(&longer_number),
            "forged: malformed-signature",
        ),
        (
            "a shorter number",
            framed(&body[..body.len() - 1]),
            "forged: malformed-signature",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, packets, expected) in &table {
        let verdict = word(&world.verify(with_packets(text, packets)));
        if verdict != *expected {
            wrong.push(format!("{name}: {verdict} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
