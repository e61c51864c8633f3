//! Files that released versions made are read for ever.

use std::path::{Path, PathBuf};

use kvit_domain::{
    deal::DealStatus,
    id::DealId,
    memory::Said,
    payment::{BearerText, PaymentStatus, Secret},
};
use kvit_store::{FILE, Freshness, OperationRow, Page, PictureSize, Seed, Store, SyncState};
use zeroize::Zeroizing;

use crate::samples::*;

pub fn fixture(layout: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(format!("store-v{layout}.db"))
}

/// The newest layout.
const NEWEST: u32 = 2;

fn fill(store: &Store) {
    let mut bought = payment(7);
    bought.secrets = vec![Secret {
        text: "Locker 14".into(),
        url: Some("https://shop.example/14".into()),
        pictures: vec![picture(1)],
    }];
    bought.change_promise = Some(BearerText::new("promise".into()));
    bought.deal = Some(Box::new(deal(5)));
    store.keep_payments(vec![verified(bought)], at(1)).unwrap();
    let mut pending = payment(8);
    pending.status = PaymentStatus::Pending;
    pending.confirmation = None;
    store.keep_payments(vec![unchecked(pending)], at(1)).unwrap();
    let mut other = payment(8);
    other.buyer.name = "another".into();
    store.keep_payments(vec![unchecked(other)], at(2)).unwrap();
    store.vanished(&[payment_id(8)], at(3)).unwrap();
    let mut completed = deal(5);
    completed.status = DealStatus::Completed;
    completed.messages = vec![message(1)];
    store.keep_deals(vec![completed], Freshness::Read, at(2)).unwrap();
    store.begin_operation(&operation(1), &step("begun")).unwrap();
    let done = OperationRow {
        open: false,
        payment: Some(payment_id(7)),
        settled: Some(at(2)),
        ..operation(1)
    };
    store.change_operation(&done, &[step("done")]).unwrap();
    store.begin_operation(&operation(2), &step("begun")).unwrap();
    store.take_news(&[news(1)], at(3)).unwrap();
    store.keep_invoice(invoice(88), at(3)).unwrap();
    store
        .keep_balance(
            kvit_domain::balance::Balance {
                confirmed: kvit_domain::money::Sats::new(123).unwrap(),
                ..Default::default()
            },
            at(3),
        )
        .unwrap();
    store.keep_draft("chat/5", "half a").unwrap();
    store.keep_mark("events", 77).unwrap();
    let sync = SyncState {
        first_done: true,
        before: None,
        taken: 2,
        finished: Some(at(3)),
    };
    store.keep_sync_state(&sync).unwrap();
    store.keep_profile(&profile()).unwrap();
    store
        .keep_conversations(
            vec![conversation(7, vec![message(3), message(4)])],
            user(1),
            at(3),
        )
        .unwrap();
    store.read_up_to(talk(7), message_id(3)).unwrap();
    store
        .put_picture(&draft_picture(1), Some(b"original"), Some(b"preview"))
        .unwrap();
    store.put_outgoing(&outgoing(1), &[picture(1)], false).unwrap();
    store
        .put_signing_seed(&Seed::new(&Zeroizing::new([9; 32])))
        .unwrap();
}

/// What layout 2 has beside what there was before.
fn holds_talks(store: &Store) {
    let kept = store.talk(talk(7)).unwrap().unwrap();
    assert_eq!((kept.unread, kept.read_to), (1, Some(message_id(3))));
    let kept: Vec<_> = store
        .messages(talk(7), Page::Last, 9)
        .unwrap()
        .into_iter()
        .map(|one| one.message)
        .collect();
    assert_eq!(kept, [message(3), message(4)]);
    assert_eq!(store.open_outgoing().unwrap(), [(1, outgoing(1))]);
    assert_eq!(store.outgoing_pictures(outgoing(1).id).unwrap()[0].id, picture(1));
    assert_eq!(
        store
            .picture_bytes(picture(1), PictureSize::Original)
            .unwrap()
            .as_deref(),
        Some(b"original".as_slice())
    );
    assert_eq!(store.signing_seed().unwrap().unwrap().reveal(), &[9; 32]);
}

/// There is one of the newest layout. `KVIT_MAKE_FIXTURE` makes it, for a new layout only: a released one's file is
/// never made again.
#[test]
fn there_is_a_file_of_the_newest_layout() {
    if std::env::var_os("KVIT_MAKE_FIXTURE").is_none() {
        assert!(fixture(NEWEST).exists(), "set KVIT_MAKE_FIXTURE once");
        return;
    }
    assert!(!fixture(NEWEST).exists(), "a released fixture stays as it is");
    let folder = folder();
    let store = open(folder.path());
    fill(&store);
    store.close();
    std::fs::create_dir_all(fixture(NEWEST).parent().unwrap()).unwrap();
    std::fs::copy(folder.path().join(FILE), fixture(NEWEST)).unwrap();
}

#[test]
fn every_released_file_is_read() {
    for layout in 1..=NEWEST {
        let folder = folder();
        std::fs::copy(fixture(layout), folder.path().join(FILE)).unwrap();
        let store = open(folder.path());
        store.check().unwrap();
        let kept = store.payment(payment_id(7)).unwrap().unwrap();
        assert_eq!(kept.payment.amount.get(), 2_000);
        assert_eq!(kept.payment.secrets[0].text, "Locker 14");
        assert_eq!(kept.payment.change_promise.unwrap().reveal(), "promise");
        assert_eq!(kept.payment.invoice, invoice(88));
        let deal = kept.payment.deal.unwrap();
        assert_eq!((deal.status, deal.messages.len()), (DealStatus::Completed, 1));
        assert_eq!(store.deal(DealId::new(5).unwrap()).unwrap().unwrap().deal, *deal);
        assert_eq!(store.receipt(payment_id(7)).unwrap(), Some(receipt(&payment(7))));
        let other = store.payment(payment_id(8)).unwrap().unwrap();
        assert!(other.vanished && other.noticed);
        let abouts: Vec<Said> = store
            .notices_of(payment_id(8))
            .unwrap()
            .into_iter()
            .map(|notice| notice.what.about)
            .collect();
        assert_eq!(abouts, [Said::Buyer, Said::Presence]);
        assert_eq!(store.said_of(payment_id(8)).unwrap().len(), 8);
        let operations = store.operations(None, 9).unwrap();
        assert_eq!(operations.len(), 2);
        assert_eq!(operations[1].1.payment, Some(payment_id(7)));
        assert_eq!(store.open_operations().unwrap()[0].1, operation(2));
        assert_eq!(store.steps(operation(1).id).unwrap().len(), 2);
        assert_eq!(store.untold_news().unwrap(), [news(1)]);
        assert_eq!(store.invoice(invoice(88).id).unwrap(), Some((invoice(88), at(3))));
        assert_eq!(store.balance().unwrap().unwrap().0.confirmed.get(), 123);
        assert_eq!(store.draft("chat/5").unwrap().as_deref(), Some("half a"));
        assert_eq!(store.mark("events").unwrap(), Some(77));
        assert!(store.sync_state().unwrap().first_done);
        if layout >= 2 {
            holds_talks(&store);
        }
        // And it can be written.
        store.keep_payments(vec![verified(payment(9))], at(9)).unwrap();
        store.check().unwrap();
    }
}
