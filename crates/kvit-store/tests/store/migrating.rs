//! What earlier layouts kept is there in the newest one, and means the same.

use std::path::Path;

use kvit_domain::{message::Talk, payment::PaymentStatus};
use kvit_store::{FILE, Freshness, Page, Store, TalksQuery, Unread};

use crate::{fixture::fixture, samples::*};

/// The file of layout 1, changed by statements before it is opened.
fn migrated(folder: &Path, statements: &str) -> Store {
    std::fs::copy(fixture(1), folder.join(FILE)).unwrap();
    let raw = rusqlite::Connection::open(folder.join(FILE)).unwrap();
    raw.execute_batch(&format!("PRAGMA key = \"x'{}'\"", "5a".repeat(32)))
        .unwrap();
    raw.execute_batch(statements).unwrap();
    drop(raw);
    let store = open(folder);
    store.check().unwrap();
    store
}

/// Person 1 is whose account it is, and deal 5 has a chat with a picture that was only counted.
const CHAT: &str = r#"
    INSERT INTO profile VALUES (1, x'00000000000000000000000000000001', 'you', 0, 'EUR');
    UPDATE deals SET body = json_set(body, '$.messages', json('[
        {"id":2,"created":"2026-11-22T10:00:01Z","author":"00000000-0000-0000-0000-000000000001","text":"mine","pictures":0},
        {"id":1,"created":"2026-11-22T10:00:00Z","author":"00000000-0000-0000-0000-000000000003","text":"theirs","pictures":2}
    ]'));"#;

#[test]
fn chats_of_deals_are_adopted_as_read() {
    let folder = folder();
    let store = migrated(folder.path(), CHAT);
    let chat = Talk::Deal(deal(5).id);
    let kept = store.talk(chat).unwrap().unwrap();
    assert_eq!(
        (kept.with.name.as_str(), kept.unread, kept.read_to),
        ("trader", 0, Some(message_id(2)))
    );
    assert_eq!(kept.read, at(2), "as its deal was");
    let texts = |store: &Store| -> Vec<_> {
        let kept = store.messages(chat, Page::Last, 9).unwrap();
        kept.into_iter()
            .map(|one| {
                (
                    one.message.text,
                    one.message.author,
                    one.message.pictures.len(),
                    one.former.len(),
                )
            })
            .collect()
    };
    assert_eq!(
        texts(&store),
        [
            ("theirs".to_owned(), Some(user(3)), 0, 0),
            ("mine".to_owned(), Some(user(1)), 0, 0)
        ]
    );
    assert_eq!(store.unread().unwrap(), Unread::default());
    let query = TalksQuery {
        text: "THEIRS".into(),
        deals: true,
        ..TalksQuery::default()
    };
    assert_eq!(store.talks(&query, 0, 9).unwrap().1, 1);
    // Read again, the pictures have names: that is the same message. Another number of them is another one.
    let mut deal = store.deal(deal(5).id).unwrap().unwrap().deal;
    deal.messages[1].pictures = vec![picture(1), picture(2)];
    store
        .keep_deals(vec![deal.clone()], Freshness::Read, at(9))
        .unwrap();
    assert_eq!(texts(&store)[0], ("theirs".to_owned(), Some(user(3)), 2, 0));
    deal.messages[1].pictures = vec![picture(1)];
    store.keep_deals(vec![deal], Freshness::Read, at(9)).unwrap();
    assert_eq!(texts(&store)[0], ("theirs".to_owned(), Some(user(3)), 1, 1));
    assert_eq!(store.talk(chat).unwrap().unwrap().unread, 0);
}

#[test]
fn a_deal_that_cannot_be_read_does_not_stand_in_the_way() {
    let folder = folder();
    let store = migrated(folder.path(), &format!("{CHAT} UPDATE deals SET body = '{{}}';"));
    assert_eq!(store.talk(Talk::Deal(deal(5).id)).unwrap(), None);
    assert!(store.deal(deal(5).id).is_err());
}

#[test]
fn pictures_that_get_their_names_are_no_other_secret() {
    let folder = folder();
    let store = migrated(folder.path(), "");
    let mut bought = store.payment(payment_id(7)).unwrap().unwrap().payment;
    assert_eq!(bought.secrets[0].pictures, [], "only counted");
    bought.secrets[0].pictures = vec![picture(1)];
    let taken = store
        .keep_payments(vec![verified(bought.clone())], at(9))
        .unwrap();
    assert!(taken[0].changed && taken[0].noticed.is_empty());
    assert_eq!(store.former_secrets(payment_id(7)).unwrap(), []);
    bought.secrets[0].pictures = vec![picture(2)];
    let taken = store.keep_payments(vec![verified(bought)], at(9)).unwrap();
    assert_eq!(taken[0].noticed.len(), 1, "another picture is another secret");
}

#[test]
fn more_pictures_than_were_counted_are_another_secret() {
    let folder = folder();
    let store = migrated(folder.path(), "");
    let mut bought = store.payment(payment_id(7)).unwrap().unwrap().payment;
    bought.secrets[0].pictures = vec![picture(1), picture(2)];
    let taken = store.keep_payments(vec![verified(bought)], at(9)).unwrap();
    assert_eq!(taken[0].noticed.len(), 1);
}

#[test]
fn refunds_are_found_by_what_they_give_back_of() {
    let folder = folder();
    let store = migrated(
        folder.path(),
        "UPDATE payments SET refund = 1 WHERE id = 8;
         UPDATE payment_bodies SET body = json_set(body, '$.refund', json('true'), '$.invoice.refund_of', 7);",
    );
    // 7 itself is no refund, whatever its invoice says.
    assert_eq!(store.refund_payments_of(payment_id(7)).unwrap(), [payment_id(8)]);
    let mut refund = payment(9);
    refund.refund = true;
    refund.invoice.refund_of = Some(payment_id(7));
    store
        .keep_payments(vec![unchecked(refund.clone())], at(9))
        .unwrap();
    assert_eq!(
        store.refund_payments_of(payment_id(7)).unwrap(),
        [payment_id(9), payment_id(8)]
    );
    refund.invoice.refund_of = Some(payment_id(6));
    store.keep_payments(vec![unchecked(refund)], at(9)).unwrap();
    assert_eq!(store.refund_payments_of(payment_id(7)).unwrap(), [payment_id(8)]);
    assert_eq!(store.refund_payments_of(payment_id(6)).unwrap(), [payment_id(9)]);
    let paid = |id| store.payment(id).unwrap().unwrap().payment.status == PaymentStatus::Paid;
    let mut refunds = vec![payment_id(9), payment_id(8)];
    refunds.retain(|id| paid(*id));
    assert!(!refunds.is_empty());
    assert_eq!(
        store.refund_payments(10).unwrap(),
        refunds,
        "whatever they give back of"
    );
    assert_eq!(store.refund_payments(1).unwrap(), refunds[..1]);
}
