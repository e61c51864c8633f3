//! Lists hold what fits, all of it, newest first.

use kvit_domain::{
    id::{InvoiceId, PaymentId},
    payment::{Direction, Payment, PaymentStatus},
    reference::invoice_reference,
};
use kvit_store::{PaymentsQuery, Store};
use proptest::{option, prelude::*, sample::select};

use crate::samples::*;

fn all(me: u128) -> PaymentsQuery {
    PaymentsQuery {
        me: user(me),
        direction: None,
        status: None,
        text: String::new(),
        noticed_only: false,
    }
}

/// The rule, one payment at a time.
fn fits(query: &PaymentsQuery, payment: &Payment) -> bool {
    let text = query.text.trim();
    let words = text.to_lowercase();
    let number = text.trim_start_matches(['№', '#']).trim_start();
    let found = words.is_empty()
        || number.parse() == Ok(payment.id)
        || invoice_reference(text) == Ok(payment.invoice.id)
        || payment
            .counterparty(query.me)
            .name
            .to_lowercase()
            .contains(&words)
        || payment.invoice.comment.to_lowercase().contains(&words);
    found
        && query
            .direction
            .is_none_or(|way| payment.direction(query.me) == way)
        && query.status.is_none_or(|status| payment.status == status)
}

/// Names and comments of few letters, so that searches find something.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abAБё%_\"' ]{0,6}",
        Just("Кофе и Чай".to_owned()),
        Just("a\0b".to_owned())
    ]
}

fn payments() -> impl Strategy<Value = Vec<Payment>> {
    let one = (
        1_u64..30,
        select(vec![
            PaymentStatus::Pending,
            PaymentStatus::Paid,
            PaymentStatus::Canceled,
        ]),
        1_u128..4,
        1_u128..4,
        (words(), words(), words()),
        1_u64..4,
    );
    let one = one.prop_map(
        |(number, status, buyer, owner, (buyer_name, owner_name, comment), invoice)| {
            let mut payment = payment(number);
            payment.status = status;
            payment.buyer = person(buyer, &buyer_name);
            payment.invoice.owner = person(owner, &owner_name);
            payment.invoice.comment = comment;
            payment.invoice.id = InvoiceId::new(invoice).unwrap();
            payment
        },
    );
    proptest::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn a_list_is_what_fits(
        payments in payments(),
        text in prop_oneof![
            words(),
            "[1-9]{1,2}",
            "№ [1-3]",
            "https://market.example/invoice/[1-4]",
            "[ко]{1,4}"
        ],
        direction in option::of(select(vec![Direction::FromMe, Direction::ToMe])),
        status in option::of(select(vec![PaymentStatus::Pending, PaymentStatus::Paid])),
        me in 1_u128..4,
    ) {
        let store = Store::in_memory(at(0)).unwrap();
        let mut newest: Vec<Payment> = Vec::new();
        for payment in payments {
            store.keep_payments(vec![unchecked(payment.clone())], at(0)).unwrap();
            newest.retain(|one| one.id != payment.id);
            newest.push(payment);
        }
        newest.sort_by_key(|payment| std::cmp::Reverse(payment.id));
        let query = PaymentsQuery { direction, status, text, ..all(me) };
        let expected: Vec<PaymentId> =
            newest.iter().filter(|payment| fits(&query, payment)).map(|payment| payment.id).collect();
        prop_assert_eq!(store.payment_ids(&query).unwrap(), expected);
        prop_assert_eq!(store.payment_count().unwrap(), newest.len() as u64);
        prop_assert_eq!(store.newest_payment().unwrap(), newest.first().map(|payment| payment.id));
        let ids = |fits: &dyn Fn(&Payment) -> bool| -> Vec<PaymentId> {
            newest.iter().filter(|payment| fits(payment)).map(|payment| payment.id).collect()
        };
        prop_assert_eq!(store.pending_payments().unwrap(), ids(&|one| one.status == PaymentStatus::Pending));
        let (low, high) = (payment_id(5), payment_id(20));
        prop_assert_eq!(store.payments_between(Some(low), Some(high)).unwrap(), ids(&|one| one.id > low && one.id < high));
        prop_assert_eq!(store.payments_between(None, None).unwrap(), ids(&|_| true));
        let found = store.own_payments_above(Some(low), user(me)).unwrap();
        prop_assert_eq!(
            found.into_iter().map(|one| one.payment.id).collect::<Vec<_>>(),
            ids(&|one| one.id > low && one.direction(user(me)) == Direction::FromMe)
        );
        let on = InvoiceId::new(2).unwrap();
        let found = store.payments_on(on, user(me)).unwrap();
        prop_assert_eq!(
            found.into_iter().map(|one| one.payment.id).collect::<Vec<_>>(),
            ids(&|one| one.invoice.id == on && one.buyer.id == user(me))
        );
        store.check().unwrap();
    }
}

#[test]
fn only_those_with_notices() {
    let store = Store::in_memory(at(0)).unwrap();
    let both = vec![unchecked(payment(1)), unchecked(payment(2))];
    store.keep_payments(both, at(1)).unwrap();
    let mut pending = payment(2);
    pending.status = PaymentStatus::Pending;
    store.keep_payments(vec![unchecked(pending)], at(2)).unwrap();
    let query = PaymentsQuery {
        noticed_only: true,
        ..all(1)
    };
    assert_eq!(store.payment_ids(&query).unwrap(), [payment_id(2)]);
    store.notices_seen(payment_id(2)).unwrap();
    assert_eq!(
        store.payment_ids(&query).unwrap(),
        [payment_id(2)],
        "seen ones, too"
    );
}

#[test]
fn ones_own_name_is_not_searched() {
    let store = Store::in_memory(at(0)).unwrap();
    store.keep_payments(vec![unchecked(payment(1))], at(1)).unwrap();
    let ids = |me, text: &str| {
        let query = PaymentsQuery {
            text: text.into(),
            ..all(me)
        };
        store.payment_ids(&query).unwrap().len()
    };
    assert_eq!((ids(1, "shop"), ids(1, "you")), (1, 0));
    assert_eq!((ids(2, "shop"), ids(2, "YOU")), (0, 1));
    assert_eq!((ids(1, "BEANS, 1"), ids(1, "1 k"), ids(1, "beansx")), (1, 1, 0));
}

/// A long list. `KVIT_PAYMENTS=100000` makes it as long as it is to be, and with `--release --nocapture` it says how long
/// things take.
#[test]
fn a_long_list() {
    let payments: u64 = std::env::var("KVIT_PAYMENTS").map_or(1_000, |text| text.parse().unwrap());
    let folder = folder();
    let store = open(folder.path());
    let clock = std::time::Instant::now();
    let mut last = clock.elapsed();
    let mut took = |what: &str| {
        let now = clock.elapsed();
        println!("{what}: {:?}", now - last);
        last = now;
    };
    for page in 0..payments / 100 {
        let incoming = (0..100)
            .map(|place| {
                let number = page * 100 + place + 1;
                let mut payment = payment(number);
                payment.buyer = person(u128::from(number % 50 + 10), &format!("buyer{}", number % 50));
                payment.invoice.owner = person(1, "you");
                payment.invoice.comment = format!("Beans of {} kilograms, order {number}", number % 9);
                payment.confirmation = Some("x".repeat(900));
                verified(payment)
            })
            .collect();
        store.keep_payments(incoming, at(1)).unwrap();
    }
    took("kept");
    println!(
        "{} MB",
        std::fs::metadata(folder.path().join("store.db")).unwrap().len() / 1_000_000
    );
    let ids = store.payment_ids(&all(1)).unwrap();
    assert_eq!(ids.len() as u64, payments);
    assert!(ids.is_sorted_by(|one, next| one > next));
    took("all numbers");
    store.payment_ids(&all(1)).unwrap();
    took("all numbers again");
    for (text, expected) in [
        ("order 777", payments / 1_000),
        ("buyer7", payments / 50),
        ("be", payments),
        ("you", 0),
        ("beans", payments),
        ("zzz", 0),
    ] {
        let query = PaymentsQuery {
            text: text.into(),
            ..all(1)
        };
        let found = store.payment_ids(&query).unwrap().len() as u64;
        assert!(
            found >= expected && (found == expected || text == "order 777"),
            "{found} of {text:?}"
        );
        took(&format!("{found} of {text:?}"));
    }
    let query = PaymentsQuery {
        direction: Some(Direction::ToMe),
        status: Some(PaymentStatus::Paid),
        ..all(1)
    };
    store.payment_ids(&query).unwrap();
    took("one direction, one status");
    store
        .payments_by_id(&ids[ids.len() / 2..ids.len() / 2 + 50])
        .unwrap();
    took("a window of 50, cold");
    store
        .payments_by_id(&ids[ids.len() / 2..ids.len() / 2 + 50])
        .unwrap();
    took("a window of 50, warm");
    store.receipt_ids("buyer7").unwrap();
    took("receipts by name");
    store.unchecked_payments(Some("CD"), 50).unwrap();
    took("50 to be checked");
    store.unchecked_payments(Some(&"AB".repeat(20)), 50).unwrap();
    took("none to be checked");
    store.check().unwrap();
    took("check");
    store.close();
    took("close");
    let store = open(folder.path());
    took("open");
    store.payment_ids(&all(1)).unwrap();
    took("all numbers, cold");
    store.payments_by_id(&ids[..50]).unwrap();
    took("first 50, cold");
}

#[test]
fn what_is_pending_on_an_invoice_is_the_newest_of_the_person_themselves() {
    let store = Store::in_memory(at(0)).unwrap();
    let on = |number: u64, buyer: u128, status: PaymentStatus| {
        let mut payment = payment(number);
        payment.buyer = person(buyer, "buyer");
        payment.status = status;
        store.keep_payments(vec![unchecked(payment)], at(1)).unwrap();
    };
    on(1, 1, PaymentStatus::Pending);
    on(2, 1, PaymentStatus::Pending);
    on(3, 9, PaymentStatus::Pending);
    on(4, 1, PaymentStatus::Canceled);
    let pending = || store.pending_on(invoice(88).id).unwrap();
    assert_eq!(pending(), None, "nobody knows whose account it is");
    store.keep_profile(&profile()).unwrap();
    assert_eq!(pending(), Some(payment_id(2)));
    assert_eq!(store.pending_on(invoice(89).id).unwrap(), None);
    on(2, 1, PaymentStatus::Paid);
    assert_eq!(pending(), Some(payment_id(1)));
}
