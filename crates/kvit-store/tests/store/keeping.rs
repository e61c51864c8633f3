//! What becomes of what comes: changes, contradictions, receipts, what was said.

use kvit_domain::{
    deal::DealStatus,
    feedback::Feedback,
    id::{DealId, EventId, PaymentId},
    memory::Said,
    money::Sats,
    payment::{BearerText, PaymentStatus, Secret},
    seal::SealMark,
};
use kvit_store::{BODY_LIMIT, Freshness, Incoming, OperationRow, Store, StoreFault, Taken};
use proptest::prelude::*;

use crate::samples::*;

fn store() -> Store {
    Store::in_memory(at(0)).unwrap()
}

/// Keeps one and says what became of it.
fn keep(store: &Store, incoming: Incoming, second: i64) -> Taken {
    let mut taken = store.keep_payments(vec![incoming], at(second)).unwrap();
    assert_eq!(taken.len(), 1);
    taken.remove(0)
}

fn secret(text: &str) -> Secret {
    Secret {
        text: text.into(),
        url: None,
        pictures: Vec::new(),
    }
}

/// What was said of something, in its order.
fn said(store: &Store, id: PaymentId, about: Said) -> Vec<String> {
    store
        .said_of(id)
        .unwrap()
        .into_iter()
        .filter(|row| row.about == about)
        .map(|row| row.value)
        .collect()
}

#[test]
fn the_first_is_news_and_the_same_again_is_nothing() {
    let store = store();
    let first = keep(&store, unchecked(payment(1)), 1);
    assert!(first.news && !first.changed && !first.archived && first.noticed.is_empty());
    let version = store.version();
    // Signed anew, and the shop was seen since: nothing of that is the payment's.
    let mut again = payment(1);
    again.confirmation = Some("signed anew".into());
    again.invoice.owner.last_online = Some(at(2));
    let taken = keep(&store, unchecked(again.clone()), 2);
    assert!(!taken.news && !taken.changed);
    assert_eq!(store.version(), version);
    let kept = store.payment(payment_id(1)).unwrap().unwrap();
    assert_eq!((kept.payment, kept.read), (again, at(2)));
}

#[test]
fn what_a_screen_shows_is_a_change() {
    let store = store();
    keep(&store, unchecked(payment(1)), 1);
    let version = store.version();
    let mut changed = payment(1);
    changed.buyer_feedback = Some(Feedback {
        positive: true,
        text: "Good".into(),
        created: None,
    });
    let taken = keep(&store, unchecked(changed.clone()), 2);
    assert!(taken.changed && taken.noticed.is_empty());
    assert!(store.version() > version);
    let checked = Incoming {
        mark: SealMark::Verified,
        ..unchecked(changed)
    };
    assert!(keep(&store, checked, 3).changed, "a mark is shown");
}

#[test]
fn a_payment_goes_on_without_a_notice() {
    let store = store();
    let mut pending = payment(1);
    pending.status = PaymentStatus::Pending;
    pending.confirmation = None;
    keep(&store, unchecked(pending), 1);
    assert_eq!(store.pending_payments().unwrap(), [payment_id(1)]);
    let mut paid = payment(1);
    paid.secrets = vec![secret("Locker 14")];
    paid.change_promise = Some(BearerText::new("promise".into()));
    let taken = keep(&store, unchecked(paid.clone()), 2);
    assert!(taken.changed && taken.noticed.is_empty());
    assert_eq!(store.payment(payment_id(1)).unwrap().unwrap().payment, paid);
    assert_eq!(store.pending_payments().unwrap(), []);
    assert_eq!(said(&store, payment_id(1), Said::Status), ["pending", "paid"]);
    assert_eq!(store.notices_of(payment_id(1)).unwrap(), []);
}

#[test]
fn a_contradiction_is_noticed_and_both_versions_stay() {
    let store = store();
    keep(&store, unchecked(payment(1)), 1);
    let mut pending = payment(1);
    pending.status = PaymentStatus::Pending;
    pending.amount = Sats::new(1_000).unwrap();
    let taken = keep(&store, unchecked(pending.clone()), 2);
    let found: Vec<_> = taken
        .noticed
        .iter()
        .map(|notice| (notice.what.about, &*notice.what.before, &*notice.what.after))
        .collect();
    assert_eq!(
        found,
        [(Said::Status, "paid", "pending"), (Said::Amount, "2000", "1000")]
    );
    assert_eq!(store.notices_of(payment_id(1)).unwrap(), taken.noticed);
    assert_eq!(store.unseen_notices().unwrap(), 2);
    // The copy is what came last.
    assert_eq!(
        store.payment(payment_id(1)).unwrap().unwrap().payment.status,
        PaymentStatus::Pending
    );
    // Back and forth: each version is noticed once.
    let back = keep(&store, unchecked(payment(1)), 3);
    assert_eq!(
        back.noticed
            .iter()
            .map(|notice| &*notice.what.after)
            .collect::<Vec<_>>(),
        ["2000"]
    );
    for second in 4..9 {
        let next = if second % 2 == 0 {
            pending.clone()
        } else {
            payment(1)
        };
        let taken = keep(&store, unchecked(next), second);
        assert!(taken.changed && taken.noticed.is_empty());
    }
    assert_eq!(said(&store, payment_id(1), Said::Status).len(), 8);
    store.notices_seen(payment_id(1)).unwrap();
    assert_eq!(store.unseen_notices().unwrap(), 0);
    assert_eq!(store.notices(2).unwrap().len(), 2);
    assert!(store.notices(9).unwrap().iter().all(|notice| notice.seen));
}

#[test]
fn what_was_bought_is_kept_when_it_is_taken_away() {
    let store = store();
    let mut bought = payment(1);
    bought.secrets = vec![secret("one"), secret("two")];
    keep(&store, unchecked(bought.clone()), 1);
    let mut robbed = bought.clone();
    robbed.secrets = vec![secret("one"), secret("another")];
    let taken = keep(&store, unchecked(robbed), 2);
    assert_eq!(taken.noticed[0].what.about, Said::Secret);
    assert!(
        !format!("{taken:?}").contains("another"),
        "a secret is not quoted"
    );
    assert_eq!(
        store.former_secrets(payment_id(1)).unwrap(),
        [(at(2), bought.secrets)]
    );
    assert_eq!(said(&store, payment_id(1), Said::Secret), ["2", "2"]);
}

#[test]
fn first_values_are_told_with_the_first_reading() {
    let store = store();
    keep(&store, unchecked(payment(1)), 1);
    let mut later = payment(1);
    later.invoice.owner.name = "shop2".into();
    keep(&store, unchecked(later), 5);
    let rows: Vec<_> = store
        .said_of(payment_id(1))
        .unwrap()
        .into_iter()
        .map(|row| (row.at, row.about, row.value))
        .collect();
    assert_eq!(
        rows,
        [
            (at(1), Said::Seller, "shop".to_owned()),
            (at(1), Said::Status, "paid".into()),
            (at(1), Said::Amount, "2000".into()),
            (at(1), Said::Buyer, "you".into()),
            (at(5), Said::Seller, "shop2".into()),
        ]
    );
}

#[test]
fn a_name_stays_as_it_was_said_in_each_payment() {
    let store = store();
    keep(&store, unchecked(payment(1)), 1);
    let mut later = payment(2);
    later.invoice.owner.name = "renamed".into();
    later.invoice.owner.deals = 99;
    keep(&store, unchecked(later), 2);
    let kept = store.payments_by_id(&[payment_id(2), payment_id(1)]).unwrap();
    let shops: Vec<_> = kept
        .iter()
        .map(|one| (&*one.payment.invoice.owner.name, one.payment.invoice.owner.deals))
        .collect();
    assert_eq!(shops, [("renamed", 99), ("shop", 99)]);
}

#[test]
fn the_first_receipt_is_for_ever() {
    let store = store();
    let first = verified(payment(1));
    let kept = first.receipt.clone().unwrap();
    assert!(keep(&store, first.clone(), 1).archived);
    // Signed anew.
    let mut anew = first.clone();
    anew.receipt.as_mut().unwrap().text = "other bytes".into();
    let taken = keep(&store, anew, 2);
    assert!(!taken.archived && taken.noticed.is_empty());
    // Verified, and of another sum.
    let mut other = first.clone();
    other.receipt.as_mut().unwrap().amount = Sats::new(1).unwrap();
    other.receipt.as_mut().unwrap().pieces = None;
    let noticed = keep(&store, other.clone(), 3).noticed;
    assert_eq!(noticed.len(), 2);
    assert!(noticed.iter().all(|notice| notice.what.about == Said::Receipt));
    assert!(keep(&store, other, 4).noticed.is_empty(), "it was noticed");
    assert_eq!(store.receipt(payment_id(1)).unwrap(), Some(kept.clone()));
    for (mark, word) in [
        (SealMark::DoesNotMatch, "does_not_match"),
        (SealMark::Forged, "forged"),
    ] {
        let bad = Incoming {
            mark,
            ..unchecked(payment(1))
        };
        let noticed = keep(&store, bad.clone(), 5).noticed;
        assert_eq!(
            (&*noticed[0].what.before, &*noticed[0].what.after),
            ("verified", word)
        );
        assert!(keep(&store, bad, 6).noticed.is_empty());
    }
    // Nothing to hold it against, and nothing said against it.
    assert!(
        keep(
            &store,
            Incoming {
                mark: SealMark::Forged,
                ..unchecked(payment(2))
            },
            7
        )
        .noticed
        .is_empty()
    );
    assert!(keep(&store, unchecked(payment(1)), 8).noticed.is_empty());
    assert_eq!(store.receipt_ids("").unwrap(), [payment_id(1)]);
    for text in ["1", "№ 1", "88", "SHOP", "ou"] {
        assert_eq!(store.receipt_ids(text).unwrap(), [payment_id(1)], "{text}");
    }
    assert_eq!(store.receipt_ids("nobody").unwrap(), []);
}

#[test]
fn a_receipt_of_something_else_is_refused_whole() {
    let store = store();
    let mut wrong = verified(payment(1));
    wrong.receipt.as_mut().unwrap().payment = payment_id(2);
    let unverified = Incoming {
        mark: SealMark::Forged,
        ..verified(payment(1))
    };
    for bad in [wrong, unverified] {
        let fault = store
            .keep_payments(vec![verified(payment(3)), bad], at(1))
            .unwrap_err();
        assert!(matches!(fault, StoreFault::Invalid(_)));
        assert_eq!(store.payment_count().unwrap(), 0, "all or nothing");
        assert_eq!(store.receipt_count().unwrap(), 0);
    }
}

#[test]
fn what_vanished_is_noticed_once() {
    let store = store();
    for number in 1..=3 {
        keep(&store, unchecked(payment(number)), 1);
    }
    assert_eq!(
        store.payments_between(None, PaymentId::new(3)).unwrap(),
        [payment_id(2), payment_id(1)]
    );
    let noticed = store.vanished(&[payment_id(2), payment_id(9)], at(2)).unwrap();
    assert_eq!(noticed.len(), 1);
    assert_eq!(
        (noticed[0].payment, noticed[0].what.about, noticed[0].noticed),
        (payment_id(2), Said::Presence, at(2))
    );
    assert_eq!(store.vanished(&[payment_id(2)], at(3)).unwrap(), []);
    assert_eq!(
        store.payments_between(None, None).unwrap(),
        [payment_id(3), payment_id(1)]
    );
    assert!(store.payment(payment_id(2)).unwrap().is_some(), "the copy stays");
    // It comes back, and goes again.
    let back = keep(&store, unchecked(payment(2)), 4);
    assert!(back.changed && back.noticed.is_empty());
    assert_eq!(store.vanished(&[payment_id(2)], at(5)).unwrap(), []);
    assert_eq!(
        said(&store, payment_id(2), Said::Presence),
        ["listed", "gone", "listed", "gone"]
    );
    assert_eq!(store.notices_of(payment_id(2)).unwrap().len(), 1);
}

#[test]
fn a_copy_says_what_is_wrong_with_it() {
    let store = store();
    let kept = |number| {
        let kept = store.payment(payment_id(number)).unwrap().unwrap();
        (kept.noticed, kept.vanished, kept.key)
    };
    keep(&store, verified(payment(1)), 1);
    assert_eq!(kept(1), (false, false, Some("AB".repeat(20))));
    store.vanished(&[payment_id(1)], at(2)).unwrap();
    assert_eq!(kept(1), (true, true, Some("AB".repeat(20))));
    keep(&store, unchecked(payment(1)), 3);
    assert_eq!(kept(1), (true, false, None));
}

#[test]
fn what_became_paid_since_then() {
    let store = store();
    let pending = |number| {
        let mut pending = payment(number);
        pending.status = PaymentStatus::Pending;
        unchecked(pending)
    };
    let since = |second| -> Vec<u64> {
        let found = store.became_paid(at(second)).unwrap();
        found.iter().map(|one| one.payment.id.get()).collect()
    };
    keep(&store, unchecked(payment(1)), 1);
    keep(&store, pending(2), 1);
    keep(&store, pending(3), 1);
    assert_eq!(since(0), [1]);
    keep(&store, unchecked(payment(2)), 5);
    keep(&store, unchecked(payment(1)), 6);
    assert_eq!(since(0), [2, 1]);
    assert_eq!(since(2), [2], "read again is not paid again");
    assert_eq!(since(6), [] as [u64; 0]);
    keep(&store, unchecked(payment(4)), 7);
    assert_eq!(since(5), [4, 2]);
    // What is not Paid any more is in a notice, not here.
    keep(&store, pending(4), 8);
    assert_eq!(since(5), [2]);
}

#[test]
fn deals_read_since_then() {
    let store = store();
    store
        .keep_deals(vec![deal(1), deal(2)], Freshness::Read, at(1))
        .unwrap();
    store.keep_deals(vec![deal(2)], Freshness::Event, at(3)).unwrap();
    let since = |second| -> Vec<u64> {
        let found = store.deals_changed(at(second)).unwrap();
        found.iter().map(|one| one.deal.id.get()).collect()
    };
    assert_eq!((since(1), since(2), since(4)), (vec![2, 1], vec![2], vec![]));
}

#[test]
fn marks_of_another_key_are_to_be_made_again() {
    let store = store();
    keep(&store, verified(payment(1)), 1);
    keep(&store, unchecked(payment(2)), 1);
    let mut pending = payment(3);
    pending.status = PaymentStatus::Pending;
    keep(&store, unchecked(pending), 1);
    let numbers = |key: Option<&str>, count| -> Vec<u64> {
        let found = store.unchecked_payments(key, count).unwrap();
        found.iter().map(|one| one.payment.id.get()).collect()
    };
    assert_eq!(numbers(Some(&"AB".repeat(20)), 9), [2]);
    assert_eq!(numbers(None, 9), [1]);
    assert_eq!(numbers(Some("CD"), 9), [2, 1]);
    assert_eq!(numbers(Some("CD"), 1), [2]);
}

#[test]
fn a_deal_does_not_go_back_unless_it_was_read() {
    let store = store();
    let taken = |deal, freshness| {
        let taken = store.keep_deals(vec![deal], freshness, at(1)).unwrap();
        taken[0].1
    };
    let mut completed = deal(5);
    completed.status = DealStatus::Completed;
    completed.messages = vec![message(1), message(2)];
    let mut shorter = completed.clone();
    shorter.messages.pop();
    let mut longer = completed.clone();
    longer.messages.push(message(3));
    assert!(taken(deal(5), Freshness::Event));
    assert!(!taken(deal(5), Freshness::Read), "the same is no change");
    let mut declared = deal(5);
    declared.fiat_declared = true;
    assert!(taken(declared.clone(), Freshness::Event));
    assert!(!taken(deal(5), Freshness::Event), "what was declared stays so");
    assert!(taken(completed.clone(), Freshness::Read));
    assert!(!taken(declared, Freshness::Event));
    assert!(!taken(shorter.clone(), Freshness::Event));
    assert_eq!(
        store.deal(DealId::new(5).unwrap()).unwrap().unwrap().deal,
        completed
    );
    assert!(taken(longer, Freshness::Event));
    assert!(taken(shorter, Freshness::Read));
    assert_eq!(store.deals(true, 9).unwrap(), []);
    assert_eq!(store.deals(false, 9).unwrap().len(), 1);
}

#[test]
fn a_payment_shows_the_newest_copy_of_its_deal() {
    let store = store();
    let mut bought = payment(1);
    bought.deal = Some(Box::new(deal(5)));
    keep(&store, unchecked(bought.clone()), 1);
    let mut later = deal(5);
    later.status = DealStatus::Completed;
    store
        .keep_deals(vec![later.clone()], Freshness::Read, at(2))
        .unwrap();
    let taken = keep(&store, unchecked(bought), 3);
    assert!(!taken.changed, "an older deal inside changes nothing");
    let kept = store.payment(payment_id(1)).unwrap().unwrap().payment;
    assert_eq!(*kept.deal.unwrap(), later);
    assert_eq!(store.deal_of_payment(payment_id(1)).unwrap().unwrap().deal, later);
}

#[test]
fn a_balance_is_added_only_where_it_changed() {
    let store = store();
    let balance = |count| kvit_domain::balance::Balance {
        confirmed: Sats::new(count).unwrap(),
        ..Default::default()
    };
    assert!(store.keep_balance(balance(1), at(1)).unwrap());
    assert!(!store.keep_balance(balance(1), at(2)).unwrap());
    assert_eq!(store.balance().unwrap(), Some((balance(1), at(2))));
    assert!(store.keep_balance(balance(2), at(3)).unwrap());
    assert!(store.keep_balance(balance(1), at(4)).unwrap());
    assert_eq!(
        store.balances(at(0), 9).unwrap(),
        [(balance(1), at(1)), (balance(2), at(3)), (balance(1), at(4))]
    );
    assert_eq!(store.balances(at(3), 9).unwrap().len(), 2);
    assert_eq!(store.balances(at(0), 1).unwrap(), [(balance(1), at(4))]);
}

#[test]
fn the_journal_knows_what_was_begun() {
    let store = store();
    let first = store.begin_operation(&operation(1), &step("begun")).unwrap();
    let second = store.begin_operation(&operation(2), &step("begun")).unwrap();
    assert!(second > first);
    assert!(matches!(
        store.begin_operation(&operation(1), &step("again")),
        Err(StoreFault::Invalid(_))
    ));
    assert_eq!(
        store.steps(operation(1).id).unwrap().len(),
        1,
        "a refused beginning leaves nothing"
    );
    let done = OperationRow {
        open: false,
        state: "done".into(),
        settled: Some(at(1)),
        payment: PaymentId::new(7),
        deal: DealId::new(5),
        ..operation(1)
    };
    store
        .change_operation(&done, &[step("sent"), step("answered")])
        .unwrap();
    assert_eq!(store.open_operations().unwrap(), [(second, operation(2))]);
    assert_eq!(
        store.operations(None, 9).unwrap(),
        [(second, operation(2)), (first, done.clone())]
    );
    assert_eq!(
        store.operations(Some(second), 9).unwrap(),
        [(first, done.clone())]
    );
    assert_eq!(store.operations(None, 1).unwrap().len(), 1);
    assert_eq!(
        store.operations_about(payment_id(7)).unwrap(),
        [(first, done.clone())]
    );
    // By the deal that funds a payment, too.
    let mut bought = payment(1);
    bought.deal = Some(Box::new(deal(5)));
    keep(&store, unchecked(bought), 1);
    assert_eq!(store.operations_about(payment_id(1)).unwrap(), [(first, done)]);
    for stranger in [
        store.change_operation(&operation(3), &[]),
        store.note_step(operation(3).id, &step("look")),
    ] {
        assert!(matches!(stranger, Err(StoreFault::Invalid(_))));
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let store = store();
    let long = "x".repeat(BODY_LIMIT + 1);
    let operation = OperationRow {
        body: long.clone(),
        ..operation(1)
    };
    assert!(store.begin_operation(&operation, &step("begun")).is_err());
    let mut note = step("begun");
    note.body = long.clone();
    assert!(
        store
            .begin_operation(&crate::samples::operation(1), &note)
            .is_err()
    );
    assert_eq!(store.operations(None, 9).unwrap(), []);
    assert!(store.keep_draft("place", &long).is_err());
    assert!(store.keep_draft(&long, "text").is_err());
    assert!(store.keep_mark(&long, 1).is_err());
    assert!(store.keep_mark("mark", i64::MAX as u64 + 1).is_err());
    note.body.truncate(BODY_LIMIT);
    store
        .begin_operation(&crate::samples::operation(1), &note)
        .unwrap();
}

#[test]
fn an_empty_draft_goes() {
    let store = store();
    store.keep_draft("chat", "one").unwrap();
    store.keep_draft("chat", "two").unwrap();
    assert_eq!(store.draft("chat").unwrap().as_deref(), Some("two"));
    store.keep_draft("chat", "").unwrap();
    assert_eq!(store.draft("chat").unwrap(), None);
}

proptest! {
    /// Events come twice, in any order, and the person is told of each once.
    #[test]
    fn news_is_taken_told_and_marked_once(numbers in proptest::collection::vec(1_u64..12, 1..40)) {
        let store = store();
        let mut order: Vec<EventId> = Vec::new();
        for (second, number) in numbers.iter().enumerate() {
            let news = news(*number);
            let first = !order.contains(&news.event);
            prop_assert_eq!(store.take_news(std::slice::from_ref(&news), at(second as i64)).unwrap(), [first]);
            if first {
                order.push(news.event);
            }
        }
        let untold: Vec<_> = store.untold_news().unwrap().into_iter().map(|news| news.event).collect();
        prop_assert_eq!(&untold, &order);
        prop_assert_eq!(store.unread_news().unwrap() as usize, order.len());
        prop_assert_eq!(store.unmarked_news().unwrap(), []);
        let (told, rest) = order.split_at(order.len() / 2);
        store.news_told(told).unwrap();
        for event in &order {
            prop_assert!(store.has_news(*event).unwrap());
        }
        prop_assert_eq!(store.untold_news().unwrap().len(), rest.len());
        prop_assert_eq!(store.unmarked_news().unwrap(), told);
        store.news_marked(told).unwrap();
        prop_assert_eq!(store.unmarked_news().unwrap(), []);
        store.read_all_news().unwrap();
        prop_assert_eq!(store.unread_news().unwrap(), 0);
        // Page by page, newest first.
        let mut pages = Vec::new();
        let mut before = None;
        loop {
            let page = store.news(before, 3).unwrap();
            let Some((last, _)) = page.last() else { break };
            before = Some(*last);
            pages.extend(page.into_iter().map(|(_, kept)| kept.news.event));
        }
        order.reverse();
        prop_assert_eq!(pages, order);
    }
}
