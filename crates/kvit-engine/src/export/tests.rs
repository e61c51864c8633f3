//! What was written is read back by a reader of our own, made from RFC 4180, which shares no code with the writer.

mod file;

use std::{cell::Cell, convert::Infallible, rc::Rc};

use jiff::tz;
use kvit_domain::{
    Decimal,
    advertisement::Advertisement,
    deal::{Deal, DealStatus},
    id::{AdvertisementId, DealId, InvoiceId, PaymentId},
    invoice::{Invoice, InvoicePrice, InvoiceStatus},
    money::{MAX_SATS, Sats},
    payment::PaymentStatus,
    person::Person,
};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const ME: u128 = 1;
const THEM: u128 = 2;

fn user(number: u128) -> UserId {
    UserId::Person(uuid::Uuid::from_u128(number))
}

fn person(number: u128, name: &str) -> Person {
    Person {
        id: user(number),
        name: name.into(),
        anonymous: false,
        deal_rate: Decimal::ZERO,
        deals: 0,
        partners: 0,
        deal_average: Decimal::ZERO,
        median_seconds: 0,
        mean_seconds: 0,
        first_deal: None,
        invoice_rate: Decimal::ZERO,
        invoices: 0,
        payments_made: 0,
        payments_received: 0,
        trusted_by: 0,
        blocked_by: 0,
        created: None,
        last_online: None,
        introduction: String::new(),
        site: String::new(),
    }
}

/// A payment of mine to `seller`, made at 2026-11-22T21:30:05Z.
fn row(id: u64, amount: i64, seller: &str, comment: &str) -> Row {
    let created: Timestamp = "2026-11-22T21:30:05Z".parse().unwrap();
    let payment = Payment {
        id: PaymentId::new(id).unwrap(),
        amount: Sats::new(amount).unwrap(),
        created,
        confirmation: None,
        buyer: person(ME, "you"),
        invoice: Invoice {
            id: InvoiceId::new(88).unwrap(),
            target: None,
            private: false,
            price: InvoicePrice::Crypto,
            currency: "EUR".parse().unwrap(),
            unit: Sats::ZERO,
            comment: comment.into(),
            pieces_min: 1,
            pieces_max: 10,
            limited: false,
            status: InvoiceStatus::Active,
            total_paid: Sats::ZERO,
            payments: 0,
            owner: person(THEM, seller),
            created,
            valid_to: None,
            refund_of: None,
            service: false,
            pictures: Vec::new(),
        },
        seller_feedback: None,
        buyer_feedback: None,
        status: PaymentStatus::Paid,
        deal: None,
        pieces: 2,
        refund: false,
        refunds: Vec::new(),
        refunded: 0,
        refunding: 0,
        change_promise: None,
        secrets: Vec::new(),
        lightning_request: None,
    };
    Row {
        payment,
        seal: SealMark::Nothing,
        receipt: None,
    }
}

/// With everything that a row can have.
fn full_row() -> Row {
    let mut row = row(1207, 240_000, "shop", "Two keys");
    let eur = |cents: i64| Fiat::new(Decimal::new(cents, 2), "EUR".parse().unwrap()).unwrap();
    row.payment.deal = Some(Box::new(Deal {
        id: DealId::new(31).unwrap(),
        fiat: eur(14_450),
        amount: row.payment.amount,
        created: row.payment.created,
        status: DealStatus::Completed,
        completed: None,
        canceled: None,
        disputed: None,
        fiat_declared: true,
        fiat_declared_at: None,
        ad: Advertisement {
            id: AdvertisementId::new(5).unwrap(),
            owner_buys: false,
            price: eur(6_000_000),
            min: eur(1),
            max: eur(100_000),
            country: "DE".into(),
            payment_type: "SEPA".into(),
            title: String::new(),
            terms: String::new(),
            window_minutes: 30,
            enabled: true,
            owner: person(3, "trader"),
        },
        owner: person(3, "trader"),
        initiator: person(ME, "you"),
        messages: Vec::new(),
        fee: None,
        owner_feedback: None,
        initiator_feedback: None,
        payment: None,
    }));
    row.seal = SealMark::Verified;
    row.receipt = Some(Receipt {
        payment: row.payment.id,
        text: "signed".into(),
        first_seen: "2026-11-22T21:31:00.5Z".parse().unwrap(),
        key: "0123456789ABCDEF0123456789ABCDEF01234567".into(),
        signed: row.payment.created,
        pieces: Some(2),
        invoice: row.payment.invoice.id,
        amount: row.payment.amount,
        created: row.payment.created,
        payer: "you".into(),
        owner: "shop".into(),
    });
    row
}

fn head() -> Head {
    Head {
        made: "2026-11-22T21:59:00Z".parse().unwrap(),
        account: "Main \"one\"".into(),
        marketplace: "https://market.example".into(),
        me: user(ME),
        zone: TimeZone::fixed(tz::offset(3)),
    }
}

fn export(format: Format, tongue: Tongue, rows: &[Row]) -> String {
    let mut out = Vec::new();
    let rows_of = rows.iter().cloned().map(Ok::<_, Infallible>);
    let count = write(format, tongue, &head(), rows_of, &mut out).unwrap();
    assert_eq!(count as usize, rows.len());
    String::from_utf8(out).unwrap()
}

/// RFC 4180 with any separator. Lenient where spreadsheets are: text after a closing quote belongs to the cell, and a
/// quote that is never closed reaches to the end. The second value tells that nothing was cut off.
fn read_csv(text: &str, separator: char) -> (Vec<Vec<String>>, bool) {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut fresh = true;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if fresh => {
                quoted = true;
                fresh = false;
            }
            '\r' if !quoted && characters.peek() == Some(&'\n') => {
                characters.next();
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
                fresh = true;
            }
            _ if character == separator && !quoted => {
                line.push(std::mem::take(&mut cell));
                fresh = true;
            }
            _ => {
                cell.push(character);
                fresh = false;
            }
        }
    }
    let whole = !quoted && cell.is_empty() && line.is_empty();
    line.push(cell);
    lines.push(line);
    if whole {
        lines.pop();
    }
    (lines, whole)
}

fn read_export(tongue: Tongue, rows: &[Row]) -> Vec<Vec<String>> {
    let text = export(Format::Csv, tongue, rows);
    let text = text.strip_prefix('\u{FEFF}').expect("a byte order mark");
    let (lines, whole) = read_csv(text, char::from(tongue.separator()));
    assert!(whole, "cut off");
    lines
}

/// Would a spreadsheet, trimming what some trim, calculate it?
fn begins_a_formula(cell: &str) -> bool {
    let visible = |character: &char| {
        !character.is_whitespace()
            && !character.is_control()
            && *character != '"'
            && !cell::is_hidden(*character)
            && !cell::is_blank(*character)
    };
    cell.chars()
        .find(visible)
        .is_some_and(|character| "=+-@＝＋－＠﹦﹢﹣﹫−".contains(character))
}

#[test]
fn every_column_in_english() {
    let lines = read_export(Tongue::En, &[full_row()]);
    assert_eq!(lines.len(), 2);
    let named: Vec<(&str, &str)> = lines[0]
        .iter()
        .map(String::as_str)
        .zip(lines[1].iter().map(String::as_str))
        .collect();
    assert_eq!(
        named,
        [
            ("Payment", "1207"),
            ("Direction", "from me"),
            ("Status", "paid"),
            ("Created, UTC", "2026-11-22T21:30:05Z"),
            ("Created, local time", "2026-11-23T00:30:05+03:00"),
            ("Amount, BTC", "0.00240000"),
            ("Amount, satoshi", "240000"),
            ("Fiat of the deal", "144.50"),
            ("Currency", "EUR"),
            ("Pieces", "2"),
            ("Invoice", "88"),
            ("Counterparty", "shop"),
            ("Words of the invoice", "Two keys"),
            ("Refund", "no"),
            ("Deal", "31"),
            ("Receipt", "verified"),
            ("Receipt first seen, UTC", "2026-11-22T21:31:00.5Z"),
            (
                "Fingerprint of the key",
                "0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567"
            ),
            ("Buyer", "you"),
            ("Seller", "shop"),
        ]
    );
}

#[test]
fn russian_has_its_own_separator_and_mark() {
    let text = export(Format::Csv, Tongue::Ru, &[full_row()]);
    assert!(text.starts_with("\u{FEFF}\"Платёж\";\"Направление\";"));
    assert!(text.ends_with("\"you\";\"shop\"\r\n"));
    assert!(text.contains("\"0,00240000\";\"240000\";\"144,50\";\"EUR\""));
    assert!(text.contains("\"от меня\";\"оплачен\";"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    let lines = read_export(Tongue::Ru, &[full_row()]);
    assert!(lines.iter().all(|line| line.len() == words::COLUMNS));
}

#[test]
fn what_is_not_known_is_empty_and_no_estimate_fills_it() {
    let mut plain = row(7, 1, "shop", "");
    plain.payment.invoice.price = InvoicePrice::Fiat(Decimal::from(99));
    let lines = read_export(Tongue::En, std::slice::from_ref(&plain));
    for column in [7, 8, 12, 14, 16, 17] {
        assert_eq!(lines[1][column], "", "{}", lines[0][column]);
    }
    let json: Value = serde_json::from_str(&export(Format::Json, Tongue::En, &[plain])).unwrap();
    for name in ["fiat", "deal", "receipt"] {
        assert_eq!(json["payments"][0][name], Value::Null);
    }
}

#[test]
fn the_other_side_is_named() {
    let mut received = row(7, 1, "me as seller", "");
    received.payment.invoice.owner.id = user(ME);
    received.payment.buyer = person(THEM, "buyer");
    received.payment.refund = true;
    let line = &read_export(Tongue::En, &[received])[1];
    assert_eq!((line[1].as_str(), line[11].as_str()), ("to me", "buyer"));
    assert_eq!(line[13], "yes");
}

#[test]
fn json_is_exact_text() {
    let text = export(
        Format::Json,
        Tongue::Ru,
        &[full_row(), row(7, MAX_SATS, "=1+1", "a\u{202E}b\n")],
    );
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["made"], "2026-11-22T21:59:00Z");
    assert_eq!(json["account"], "Main \"one\"");
    assert_eq!(json["marketplace"], "https://market.example");
    assert_eq!(
        json["payments"][0],
        serde_json::json!({
            "payment": "1207",
            "direction": "from_me",
            "status": "paid",
            "created": "2026-11-22T21:30:05Z",
            "created_local": "2026-11-23T00:30:05+03:00",
            "amount_btc": "0.00240000",
            "amount_satoshi": "240000",
            "fiat": { "amount": "144.50", "currency": "EUR" },
            "pieces": "2",
            "invoice": "88",
            "counterparty": "shop",
            "comment": "Two keys",
            "refund": false,
            "deal": "31",
            "seal": "verified",
            "receipt": {
                "first_seen": "2026-11-22T21:31:00.5Z",
                "key": "0123456789ABCDEF0123456789ABCDEF01234567"
            },
            "buyer": "you",
            "seller": "shop",
        })
    );
    let second = &json["payments"][1];
    assert_eq!(second["amount_btc"], "21000000.00000000");
    assert_eq!(
        (&second["seller"], &second["comment"]),
        (&"=1+1".into(), &"a\u{202E}b\n".into())
    );
    assert_eq!(export(Format::Json, Tongue::En, &[]).matches("[\n]").count(), 1);
}

#[test]
fn formulas_are_defused() {
    for (given, safe) in [
        ("=1+1", "'=1+1"),
        ("+7 900", "'+7 900"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", " '=1"),
        ("\r=1", " '=1"),
        ("\u{0}=1", "'=1"),
        ("  =1", "  '=1"),
        ("＝1", "'＝1"),
        ("\u{200B}\u{FEFF}=1", "'=1"),
        ("\"=1", "\"'=1"),
        // With the separator of another region a cell would begin in the middle.
        ("a;=1", "a;'=1"),
        ("a,\"=1", "a,\"'=1"),
        ("a;, @x", "a;, '@x"),
        // And what is no formula stays as it is.
        ("a=b", "a=b"),
        ("well-known, e-mail", "well-known, e-mail"),
        ("'=1", "'=1"),
        ("", ""),
        ("Ключ № 5", "Ключ № 5"),
    ] {
        assert_eq!(cell::text(given), safe, "{given:?}");
    }
}

#[test]
fn what_hides_or_breaks_is_gone() {
    assert_eq!(
        cell::text("one\r\ntwo\nthree\u{2028}four\u{85}five"),
        "one two three four five"
    );
    assert_eq!(
        cell::text("a\u{202E}b\u{7}c\u{7F}d\u{9B}e\u{2066}f\u{E0041}"),
        "abcdef"
    );
    // Spelling and pictures keep their joiners.
    assert_eq!(
        cell::text("👩\u{200D}🚀 می\u{200C}خواهم"),
        "👩\u{200D}🚀 می\u{200C}خواهم"
    );
}

#[test]
fn long_numbers_stay_whole() {
    let line = &read_export(Tongue::En, &[row(i64::MAX as u64, MAX_SATS, "shop", "")])[1];
    assert_eq!(line[0], "'9223372036854775807");
    assert_eq!(
        (line[5].as_str(), line[6].as_str()),
        ("'21000000.00000000", "'2100000000000000")
    );
    let line = &read_export(Tongue::Ru, &[row(999_999_999_999_999, 1, "shop", "")])[1];
    assert_eq!(
        (line[0].as_str(), line[5].as_str()),
        ("999999999999999", "0,00000001")
    );
}

/// Counts what reached it.
struct Counting(Rc<Cell<usize>>);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn rows_leave_as_they_come() {
    for format in [Format::Csv, Format::Json] {
        let written = Rc::new(Cell::new(0));
        let seen = Rc::clone(&written);
        let rows = (1..=30_000u64).map(move |id| {
            // No row is shorter than a hundred bytes; little more than a buffer may be held back.
            assert!(
                seen.get() + 64 * 1024 >= (id as usize - 1) * 100,
                "{format:?}, row {id}"
            );
            Ok::<_, Infallible>(row(id, 1, "shop", "words"))
        });
        let count = write(format, Tongue::En, &head(), rows, Counting(Rc::clone(&written))).unwrap();
        assert_eq!(count, 30_000);
        assert!(written.get() > 3_000_000);
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        // What an attacker would write: separators, quotes, signs and blanks in any order.
        "[=+@,;|\"' \t\r\n\u{0}\u{FEFF}\u{200B}\u{200D}\u{FF1D}\u{A0}a1-]{0,12}",
    ]
}

proptest! {
    #[test]
    fn no_cell_begins_a_formula_whatever_the_separator(
        seller in texts(),
        comment in texts(),
        buyer in texts(),
        key in texts(),
        seconds in -377_705_023_201i64..253_402_207_200,
    ) {
        let mut row = full_row();
        row.payment.invoice.owner.name = seller;
        row.payment.invoice.comment = comment;
        row.payment.buyer.name = buyer;
        row.payment.created = Timestamp::from_second(seconds).unwrap();
        if let Some(receipt) = &mut row.receipt {
            receipt.key = key;
        }
        for tongue in [Tongue::En, Tongue::Ru] {
            for cell in read_export(tongue, std::slice::from_ref(&row)).iter().flatten() {
                let harmless = |character: char| !character.is_control() && !cell::is_hidden(character);
                prop_assert!(cell.chars().all(harmless), "{cell:?}");
            }
            let text = export(Format::Csv, tongue, std::slice::from_ref(&row));
            let text = text.strip_prefix('\u{FEFF}').unwrap();
            for separator in [',', ';', '\t', '|'] {
                for cell in read_csv(text, separator).0.iter().flatten() {
                    prop_assert!(!begins_a_formula(cell), "{separator:?}: {cell:?}");
                }
            }
        }
    }

    #[test]
    fn values_come_back_exactly(
        id in 1u64..=i64::MAX as u64,
        amount in 0..=MAX_SATS,
        cents in 0i64..1_000_000_000_000,
        pieces in any::<u32>(),
        seller in "[a-zA-Zа-я][a-zA-Zа-я0-9 .,;\"'&<>№-]{0,20}[a-z]",
    ) {
        let mut row = full_row();
        row.payment.id = PaymentId::new(id).unwrap();
        row.payment.amount = Sats::new(amount).unwrap();
        row.payment.pieces = pieces;
        // A separator and then a minus is what another region would take for a formula.
        let seller = seller.replace('-', "_");
        row.payment.invoice.owner.name.clone_from(&seller);
        let fiat = Fiat::new(Decimal::new(cents, 2), "EUR".parse().unwrap()).unwrap();
        if let Some(deal) = &mut row.payment.deal {
            deal.fiat = fiat;
        }
        for tongue in [Tongue::En, Tongue::Ru] {
            let line = read_export(tongue, std::slice::from_ref(&row)).swap_remove(1);
            let plain = |column: usize| line[column].trim_start_matches('\'').replace(',', ".");
            prop_assert_eq!(plain(0), id.to_string());
            prop_assert_eq!(plain(5).parse::<Decimal>().map(Sats::from_btc), Ok(Sats::new(amount)));
            prop_assert_eq!(plain(5).len() - plain(5).find('.').unwrap(), 9, "eight places");
            prop_assert_eq!(plain(6), amount.to_string());
            prop_assert_eq!(plain(7).parse::<Decimal>(), Ok(Decimal::new(cents, 2)));
            prop_assert_eq!(plain(9), pieces.to_string());
            prop_assert_eq!(&line[11], &seller);
            prop_assert_eq!(&line[19], &seller);
        }
        let json: Value = serde_json::from_str(&export(Format::Json, Tongue::En, std::slice::from_ref(&row))).unwrap();
        let payment = &json["payments"][0];
        prop_assert_eq!(&payment["payment"], &Value::from(id.to_string()));
        prop_assert_eq!(&payment["amount_satoshi"], &Value::from(amount.to_string()));
        prop_assert_eq!(&payment["amount_btc"], &Value::from(row.payment.amount.to_btc().to_string()));
        prop_assert_eq!(&payment["fiat"]["amount"], &Value::from(fiat.amount_text()));
        prop_assert_eq!(&payment["seller"], &Value::from(seller));
    }

    #[test]
    fn json_gives_every_text_back(name in any::<String>(), comment in any::<String>()) {
        let text = export(Format::Json, Tongue::En, &[row(7, 1, &name, &comment)]);
        let json: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&json["payments"][0]["seller"], &Value::from(name));
        prop_assert_eq!(&json["payments"][0]["comment"], &Value::from(comment));
    }
}
