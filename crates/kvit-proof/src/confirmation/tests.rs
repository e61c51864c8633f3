use proptest::prelude::*;

use super::*;

const PUBLIC: &str = "Type: INVOICE_PAYMENT\nPaymentId: 1207\nPieces: 2\nInvoiceId: 88\nCryptoAmount: 0.00240000\n\
     CreatedAt: 03/15/2021 13:45:07\nPayer: alice\nInvoiceOwner: shop-1";

fn fault(text: &str) -> BodyFault {
    Confirmation::parse(text).unwrap_err()
}

#[test]
fn the_example_of_the_reference() {
    let body = Confirmation::parse(PUBLIC).unwrap();
    assert_eq!(body.payment_id, 1207);
    assert_eq!(body.pieces, Some(2));
    assert_eq!(body.invoice_id, 88);
    assert_eq!(body.amount, Decimal::new(24, 4));
    assert_eq!(body.created_at.to_string(), "2021-03-15T13:45:07Z");
    assert_eq!(
        (body.payer.as_str(), body.invoice_owner.as_str()),
        ("alice", "shop-1")
    );
    let private = Confirmation::parse(&PUBLIC.replace("Pieces: 2\n", "")).unwrap();
    assert_eq!(private, Confirmation { pieces: None, ..body });
}

#[test]
fn lines_have_one_order() {
    use BodyFaultKind as K;
    let lines: Vec<&str> = PUBLIC.split('\n').collect();
    for index in 0..lines.len() {
        let mut missing = lines.clone();
        let name = missing.remove(index).split(':').next().unwrap();
        if name != "Pieces" {
            assert!(
                matches!(fault(&missing.join("\n")).kind, K::Expected(f) if f.name() == name),
                "{name}"
            );
        }
        let mut twice = lines.clone();
        twice.insert(index, lines[index]);
        assert!(Confirmation::parse(&twice.join("\n")).is_err(), "{name} twice");
        for other in index + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(index, other);
            assert!(
                Confirmation::parse(&swapped.join("\n")).is_err(),
                "{index} and {other} swapped"
            );
        }
        let mut extra = lines.clone();
        extra.insert(index, "Note: paid in full");
        assert!(
            Confirmation::parse(&extra.join("\n")).is_err(),
            "extra line before {name}"
        );
    }
    let extra = BodyFault {
        line: 9,
        kind: K::Extra,
    };
    assert_eq!(fault(&format!("{PUBLIC}\nNote: x")), extra);
    assert_eq!(fault(&format!("{PUBLIC}\n")), extra);
    let amount = BodyFault {
        line: 5,
        kind: K::Value(Field::CryptoAmount),
    };
    assert_eq!(fault(&PUBLIC.replace("0.00240000", "0,0024")), amount);
}

#[test]
fn values_have_one_notation() {
    for (from, bad) in [
        (
            "PaymentId: 1207",
            &[
                "0",
                "01207",
                "+1207",
                "-1207",
                "1 207",
                "1,207",
                "",
                " 1207",
                "0x4B7",
                "9223372036854775808",
                "१२",
            ][..],
        ),
        ("Pieces: 2", &["0", "02", "-2", "2.0", "4294967296", ""]),
        (
            "CryptoAmount: 0.00240000",
            &[
                "0,0024",
                "2.4E-3",
                "2.4e-3",
                ".0024",
                "0.",
                "00.0024",
                "-0.0024",
                "+0.0024",
                "0.002400001",
                "1 000",
                "1,000.0",
                "21000000.00000001",
                "0.0024 BTC",
                "",
                "0.00240000000000000000000000000",
                "NaN",
                "0x1",
                "1_000",
                "0.0_1",
                "99999999999999999999999999999999",
            ],
        ),
        (
            "CreatedAt: 03/15/2021 13:45:07",
            &[
                "15.03.2021 13:45:07",
                "3/15/2021 1:45:07 PM",
                "03/15/2021 13:45",
                "13/03/2021 13:45:07",
                "02/29/2021 00:00:00",
                "03/15/2021 24:00:00",
                "03/15/2021 13:45:60",
                "03/15/2021  13:45:07",
                "2021-03-15 13:45:07",
                "03/15/2021 13:45:07Z",
                "03/15/2021 13:45:07.1",
                "03/15/0000 00:00:00",
                "+3/15/2021 13:45:07",
                "03/15/20210 3:45:07",
            ],
        ),
        (
            "Payer: alice",
            &["", "al ice", "аlice", "alice\u{202E}", "a/b", "alice:", "<b>"],
        ),
        (
            "InvoiceOwner: shop-1",
            &["", "shop 1", "shop\u{200B}-1", "shop–1"],
        ),
    ] {
        assert!(PUBLIC.contains(from));
        let name = from.split(' ').next().unwrap();
        for value in bad {
            let text = PUBLIC.replace(from, &format!("{name} {value}"));
            assert!(Confirmation::parse(&text).is_err(), "{name} {value:?}");
        }
        for prefix in [" ", "\t", "\u{FEFF}"] {
            assert!(Confirmation::parse(&PUBLIC.replace(from, &format!("{prefix}{from}"))).is_err());
        }
        assert!(Confirmation::parse(&PUBLIC.replace(from, &from.replace(": ", ":"))).is_err());
        assert!(Confirmation::parse(&PUBLIC.replace(from, &from.replace(": ", ":  "))).is_err());
        assert!(Confirmation::parse(&PUBLIC.replace(from, &from.to_lowercase())).is_err());
    }
}

proptest! {
    /// Every satoshi amount is read exactly, however many zeros trail.
    #[test]
    fn amounts_are_exact(satoshis in 0..=2_100_000_000_000_000_i64, zeros in 0..20_usize) {
        let amount = Decimal::new(satoshis, 8);
        let written = format!("{}{}", amount, "0".repeat(zeros));
        prop_assert_eq!(btc(&written), Some(amount));
        let short = amount.normalize().to_string();
        prop_assert_eq!(btc(&short), Some(amount));
    }

    #[test]
    fn times_are_exact(second in -62_135_596_800_i64..253_402_300_800) {
        let time = Timestamp::from_second(second).unwrap();
        let civil = time.to_zoned(TimeZone::UTC);
        let written = civil.strftime("%m/%d/%Y %H:%M:%S").to_string();
        prop_assert_eq!(created_at(&written), Some(time));
    }

    #[test]
    fn nothing_panics(text in "(Type: INVOICE_PAYMENT\n)?(PaymentId: [0-9]{0,30}\n)?(CryptoAmount: \\PC{0,40}\n)?.*") {
        let _ = Confirmation::parse(&text);
    }

    #[test]
    fn no_value_panics(value in "[0-9./: ,eE+-]{0,60}") {
        let _ = (id(&value), pieces(&value), btc(&value), created_at(&value), name(&value));
    }
}
