use proptest::prelude::*;

use super::*;

fn frame(text: &str, packets: &[u8]) -> String {
    let strong = NamedDigest::Strong(Digest::Sha512);
    String::from_utf8(write(
        strong,
        text,
        packets,
        Some(&crc24_base64(packets)),
        true,
        0,
    ))
    .unwrap()
}

fn fault(input: &str) -> FrameFaultKind {
    Frame::parse(input.as_bytes()).unwrap_err().kind
}

#[test]
fn checksum_is_that_of_the_standard() {
    // RFC 9580, section 6.1.1: the initial value is the checksum of nothing.
    assert_eq!(crc24_base64(b""), BASE64.encode([0xB7, 0x04, 0xCE]));
    // The catalogue of CRCs gives 0x21CF02 for CRC-24/OPENPGP over "123456789".
    assert_eq!(crc24_base64(b"123456789"), BASE64.encode([0x21, 0xCF, 0x02]));
}

#[test]
fn faults_name_their_line() {
    let good = frame("one\ntwo", &[7; 60]);
    let bad = good.replace("two", "two ");
    let fault = Frame::parse(bad.as_bytes()).unwrap_err();
    assert_eq!(
        fault,
        FrameFault {
            line: 5,
            kind: FrameFaultKind::TrailingBlank
        }
    );
    assert_eq!(fault.to_string(), "line 5: a line of the text ends with a blank");
}

#[test]
fn each_departure_has_its_name() {
    use FrameFaultKind as K;
    let good = frame("one\n-two\nFrom three", &[7; 60]);
    assert!(Frame::parse(good.as_bytes()).is_ok());
    for (from, to, kind) in [
        ("-----BEGIN PGP SIGNED", " -----BEGIN PGP SIGNED", K::NoBegin),
        ("-----BEGIN PGP SIGNED", "\n-----BEGIN PGP SIGNED", K::NoBegin),
        (
            "-----BEGIN PGP SIGNED",
            "\u{FEFF}-----BEGIN PGP SIGNED",
            K::NoBegin,
        ),
        ("MESSAGE-----", "MESSAGE----- ", K::NoBegin),
        ("Hash: SHA512", "Hash: SHA512,SHA256", K::HashHeader),
        ("Hash: SHA512", "hash: SHA512", K::HashHeader),
        ("Hash: SHA512", "Hash:SHA512", K::HashHeader),
        ("Hash: SHA512", "x Hash: SHA512", K::HashHeader),
        ("Hash: SHA512\n", "", K::HashHeader),
        (
            "Hash: SHA512\n",
            "Hash: SHA512\nHash: SHA512\n",
            K::NoBlankAfterHash,
        ),
        (
            "Hash: SHA512\n",
            "Hash: SHA512\nNotDashEscaped: x\n",
            K::NoBlankAfterHash,
        ),
        (
            "Hash: SHA512\n",
            "Hash: SHA512\nComment: x\n",
            K::NoBlankAfterHash,
        ),
        ("Hash: SHA512\n\n", "Hash: SHA512\n", K::NoBlankAfterHash),
        ("- -two", "-two", K::NotEscaped),
        ("- From three", "From three", K::NotEscaped),
        ("one", "- one", K::NeedlesslyEscaped),
        ("one", "one\u{00A0}", K::TrailingBlank),
        ("one", "one\t", K::Control),
        ("one", "one\0", K::Control),
        ("one", "on\u{7F}e", K::Control),
        ("one", "on\u{85}e", K::Control),
        ("one\n", "one\r\n", K::MixedLineEnds),
        ("one", "o\rne", K::MixedLineEnds),
        ("SIGNATURE-----\n\n", "SIGNATURE-----\n", K::NoBlankBeforeArmor),
        (
            "SIGNATURE-----\n\n",
            "SIGNATURE-----\nVersion: 1\n\n",
            K::NoBlankBeforeArmor,
        ),
        ("BEGIN PGP SIGNATURE", "BEGIN PGP SIGNATURES", K::NotEscaped),
        ("-----END", "----END", K::NoEnd),
        ("-----END PGP SIGNATURE-----\n", "", K::NoEnd),
        (
            "END PGP SIGNATURE-----\n",
            "END PGP SIGNATURE-----\n\n",
            K::AfterEnd,
        ),
        (
            "END PGP SIGNATURE-----\n",
            "END PGP SIGNATURE-----\nx",
            K::AfterEnd,
        ),
        ("END PGP SIGNATURE-----\n", "END PGP SIGNATURE----- \n", K::NoEnd),
    ] {
        assert!(good.contains(from), "{from:?}");
        assert_eq!(fault(&good.replacen(from, to, 1)), kind, "{from:?} -> {to:?}");
    }
    assert_eq!(fault(""), K::NoBegin);
    let head = good.split("-----BEGIN PGP SIGNATURE").next().unwrap();
    assert_eq!(fault(head), K::NoSignature);
    assert_eq!(
        fault(&good.replacen("one\n- -two\n- From three\n", "", 1)),
        K::NoText
    );
    assert_eq!(Frame::parse(b"-----BEGIN\xFF").unwrap_err().kind, K::NotUtf8);
}

#[test]
fn armor_has_one_form() {
    use FrameFaultKind as K;
    let good = frame("one", &[0x5A; 100]);
    let data: Vec<&str> = good
        .lines()
        .skip(6)
        .take_while(|line| !line.starts_with('='))
        .collect();
    assert_eq!(
        data.iter().map(|line| line.len()).collect::<Vec<_>>(),
        [64, 64, 8]
    );
    let crc = good.lines().find(|line| line.starts_with('=')).unwrap();
    // Without the checksum, and without the last line end: both are forms that stand.
    assert!(Frame::parse(good.replace(&format!("{crc}\n"), "").as_bytes()).is_ok());
    assert!(Frame::parse(good.strip_suffix('\n').unwrap().as_bytes()).is_ok());
    for (from, to, kind) in [
        (format!("{crc}\n"), "=AAAA\n".to_owned(), K::Checksum),
        (format!("{crc}\n"), format!("{crc}\n{crc}\n"), K::NoEnd),
        (format!("{crc}\n"), "=\n".to_owned(), K::Checksum),
        (
            format!("{}\n", data[1]),
            format!("{}{}\n", data[1], data[2]),
            K::Armor,
        ),
        (
            format!("{}\n", data[0]),
            format!("{}\n{}\n", &data[0][..60], &data[0][60..]),
            K::Armor,
        ),
        (format!("{}\n", data[0]), format!("{}\n\n", data[0]), K::Armor),
        (format!("{}\n", data[0]), format!(" {}\n", data[0]), K::Armor),
        (data[2].to_owned(), data[2].replace("==", ""), K::Armor),
        (data[2].to_owned(), data[2].replace("g==", "h=="), K::Armor),
        (data[2].to_owned(), data[2].replace("==", "!="), K::Armor),
    ] {
        let bad = good.replacen(&from, &to, 1);
        assert_ne!(bad, good, "{from:?}");
        assert_eq!(fault(&bad), kind, "{from:?} -> {to:?}");
    }
}

proptest! {
    /// What is written is read back, with LF and with CRLF, with and without checksum and last line end.
    #[test]
    fn round_trip(
        lines in proptest::collection::vec("(-|From |- )?[!-~Ж-я\u{202E}]{1,20}( [a-z]+)?", 1..12),
        packets in proptest::collection::vec(any::<u8>(), 1..300),
        checksum: bool, newline: bool, crlf: bool,
    ) {
        let text = lines.join("\n");
        let digest = NamedDigest::Strong(Digest::Sha256);
        let canonical = write(digest, &text, &packets, checksum.then(|| crc24_base64(&packets)).as_deref(), newline, 0);
        let mut input = String::from_utf8(canonical.clone()).unwrap();
        if crlf {
            input = input.replace('\n', "\r\n");
        }
        let frame = Frame::parse(input.as_bytes()).unwrap();
        prop_assert_eq!(frame.text, text);
        prop_assert_eq!(frame.packets, packets);
        prop_assert_eq!(frame.digest, digest);
        prop_assert_eq!(frame.canonical, canonical);
    }

    /// One inserted, removed or changed byte is a fault, or changes what the frame says: never the same meaning
    /// in a second form (the last line end excepted).
    #[test]
    fn no_second_form(position: proptest::sample::Index, byte: u8, kind in 0..3_u8) {
        let good = frame("Type: x\n- escaped\nend", &[0xA5; 77]);
        let mut bytes = good.clone().into_bytes();
        let index = position.index(bytes.len());
        match kind {
            0 => bytes.insert(index, byte),
            1 => { bytes.remove(index); }
            _ => bytes[index] = byte,
        }
        prop_assume!(bytes != good.as_bytes());
        let original = Frame::parse(good.as_bytes()).unwrap();
        if let Ok(other) = Frame::parse(&bytes) {
            let same = other.text == original.text
                && other.packets == original.packets
                && other.digest == original.digest;
            prop_assert!(!same || good.strip_suffix('\n').unwrap().as_bytes() == bytes);
        }
    }
}
