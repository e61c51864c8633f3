//! What is kept comes back as it was, from a file that was closed and opened again.

use std::collections::BTreeMap;

use kvit_domain::{
    balance::{Balance, Rates},
    person::Profile,
    seal::SealMark,
};
use kvit_store::{Freshness, Incoming, KeptDeal, KeptNews, KeptPayment, SyncState};
use proptest::{option, prelude::*, sample::select};

use crate::samples::*;

/// Keeps with `keep`, closes, opens, and looks.
fn reopened(keep: impl FnOnce(&kvit_store::Store), look: impl FnOnce(&kvit_store::Store)) {
    let folder = folder();
    let store = open(folder.path());
    keep(&store);
    store.close();
    let store = open(folder.path());
    look(&store);
    store.check().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn payments(payments in any_payments(1..6), marks in proptest::collection::vec(select(SealMark::ALL.to_vec()), 6)) {
        let ids: Vec<_> = payments.iter().map(|payment| payment.id).collect();
        let kept: Vec<_> = payments
            .iter()
            .cloned()
            .zip(marks)
            .map(|(payment, mark)| KeptPayment { payment, mark, key: None, read: at(7), noticed: false, vanished: false })
            .collect();
        reopened(
            |store| {
                let incoming = kept
                    .iter()
                    .map(|one| Incoming { payment: one.payment.clone(), mark: one.mark, receipt: None, key: None })
                    .collect();
                store.keep_payments(incoming, at(7)).unwrap();
            },
            |store| {
                assert_eq!(store.payments_by_id(&ids).unwrap(), kept);
                for one in &kept {
                    assert_eq!(store.payment(one.payment.id).unwrap().as_ref(), Some(one));
                    if let Some(deal) = &one.payment.deal {
                        assert_eq!(&store.deal_of_payment(one.payment.id).unwrap().unwrap().deal, &**deal);
                    }
                    for person in [&one.payment.buyer, &one.payment.invoice.owner] {
                        assert_eq!(store.person(person.id).unwrap(), Some((person.clone(), at(7))));
                    }
                }
            },
        );
    }

    #[test]
    fn a_payment_in_the_place_of_another(payments in any_cast().prop_flat_map(|cast| (any_payment(cast.clone()), any_payment(cast)))) {
        let (first, second) = payments;
        let mut second = kvit_domain::payment::Payment { id: first.id, ..second };
        // A copy of a deal inside of another object does not take the place of a later one.
        second.deal = None;
        reopened(
            |store| {
                store.keep_payments(vec![unchecked(first)], at(1)).unwrap();
                store.keep_payments(vec![unchecked(second.clone())], at(2)).unwrap();
            },
            |store| {
                let kept = store.payment(second.id).unwrap().unwrap();
                assert_eq!((kept.payment, kept.read), (second.clone(), at(2)));
            },
        );
    }

    #[test]
    fn deals(deal in any_cast().prop_flat_map(any_deal)) {
        reopened(
            |store| { store.keep_deals(vec![deal.clone()], Freshness::Read, at(3)).unwrap(); },
            |store| {
                let kept = KeptDeal { deal: deal.clone(), read: at(3) };
                assert_eq!(store.deal(deal.id).unwrap(), Some(kept.clone()));
                assert_eq!(store.deals(false, 9).unwrap(), std::slice::from_ref(&kept));
                assert_eq!(store.deals(true, 9).unwrap().len(), usize::from(deal.status.is_open()));
                if let Some(payment) = deal.payment {
                    assert_eq!(store.deal_of_payment(payment).unwrap(), Some(kept));
                }
            },
        );
    }

    #[test]
    fn invoices(invoice in any_cast().prop_flat_map(any_invoice), read in any_time()) {
        reopened(
            |store| store.keep_invoice(invoice.clone(), read).unwrap(),
            |store| assert_eq!(store.invoice(invoice.id).unwrap(), Some((invoice.clone(), read))),
        );
    }

    #[test]
    fn receipts(receipt in any_receipt()) {
        let id = receipt.payment;
        reopened(
            |store| {
                let incoming = Incoming { receipt: Some(receipt.clone()), ..verified(payment(id.get())) };
                assert!(store.keep_payments(vec![incoming], at(1)).unwrap()[0].archived);
            },
            |store| {
                assert_eq!(store.receipt(id).unwrap().as_ref(), Some(&receipt));
                assert_eq!(store.receipts_by_id(&[id, id]).unwrap(), [receipt.clone(), receipt.clone()]);
                assert_eq!(store.receipt_count().unwrap(), 1);
            },
        );
    }

    #[test]
    fn news_of_every_kind(news in any_news(), received in any_time()) {
        reopened(
            |store| assert_eq!(store.take_news(&[news.clone(), news.clone()], received).unwrap(), [true, false]),
            |store| {
                assert_eq!(store.take_news(std::slice::from_ref(&news), received).unwrap(), [false]);
                assert_eq!(store.untold_news().unwrap(), std::slice::from_ref(&news));
                let kept = KeptNews { news: news.clone(), received, read: false };
                assert_eq!(store.news(None, 9).unwrap().into_iter().map(|(_, kept)| kept).collect::<Vec<_>>(), [kept]);
            },
        );
    }

    #[test]
    fn operations(
        first in any_operation(),
        later in any_operation(),
        steps in proptest::collection::vec(any_step(), 3),
    ) {
        let later = kvit_store::OperationRow { id: first.id, ..later };
        reopened(
            |store| {
                let number = store.begin_operation(&first, &steps[0]).unwrap();
                assert_eq!(store.operation(first.id).unwrap(), Some((number, first.clone())));
                store.change_operation(&later, &steps[1..2]).unwrap();
                store.note_step(later.id, &steps[2]).unwrap();
            },
            |store| {
                let (number, kept) = store.operation(first.id).unwrap().unwrap();
                assert_eq!(kept, later);
                assert_eq!(store.steps(first.id).unwrap(), steps);
                assert_eq!(store.operations(None, 9).unwrap(), [(number, later.clone())]);
                assert_eq!(store.open_operations().unwrap().len(), usize::from(later.open));
                if let Some(payment) = later.payment {
                    assert_eq!(store.operations_about(payment).unwrap(), [(number, later.clone())]);
                }
            },
        );
    }

    #[test]
    fn small_things(
        counts in proptest::array::uniform3(any_sats()),
        rates in proptest::collection::btree_map(any_text(), any_decimal(), 0..4),
        texts in proptest::array::uniform2(any_text()),
        anonymous in any::<bool>(),
        mark in 0..=i64::MAX as u64,
        sync in (any::<bool>(), option::of(any_number()), 0..=i64::MAX as u64, option::of(any_time())),
        read in any_time(),
    ) {
        let [confirmed, unconfirmed, deposited] = counts;
        let balance = Balance { confirmed, unconfirmed, deposited };
        let rates = Rates(BTreeMap::from_iter(rates));
        let [name, default_currency] = texts;
        let profile = Profile { id: user(1), name: name.clone(), anonymous, default_currency };
        let sync = SyncState {
            first_done: sync.0,
            before: sync.1.map(payment_id),
            taken: sync.2,
            finished: sync.3,
        };
        reopened(
            |store| {
                store.keep_balance(balance, read).unwrap();
                store.keep_rates(&rates, read).unwrap();
                store.keep_profile(&profile).unwrap();
                store.keep_mark("mark", mark).unwrap();
                store.keep_sync_state(&sync).unwrap();
                store.keep_draft("draft", &name).unwrap();
                store.keep_person(&person(4, &name), read).unwrap();
            },
            |store| {
                assert_eq!(store.balance().unwrap(), Some((balance, read)));
                assert_eq!(store.rates().unwrap(), Some((rates.clone(), read)));
                assert_eq!(store.profile().unwrap(), Some(profile.clone()));
                assert_eq!(store.mark("mark").unwrap(), Some(mark));
                assert_eq!(store.sync_state().unwrap(), sync);
                assert_eq!(store.draft("draft").unwrap(), Some(name.clone()).filter(|text| !text.is_empty()));
                assert_eq!(store.person(user(4)).unwrap(), Some((person(4, &name), read)));
            },
        );
    }
}

#[test]
fn nothing_is_there_before_it_is_kept() {
    let store = kvit_store::Store::in_memory(at(0)).unwrap();
    assert_eq!(store.payment(payment_id(1)).unwrap(), None);
    assert_eq!(store.newest_payment().unwrap(), None);
    assert_eq!(store.payment_count().unwrap(), 0);
    assert_eq!(store.receipt(payment_id(1)).unwrap(), None);
    assert_eq!(store.balance().unwrap(), None);
    assert_eq!(store.rates().unwrap(), None);
    assert_eq!(store.profile().unwrap(), None);
    assert_eq!(store.draft("x").unwrap(), None);
    assert_eq!(store.mark("x").unwrap(), None);
    assert_eq!(store.sync_state().unwrap(), SyncState::default());
    assert_eq!(store.said_of(payment_id(1)).unwrap(), []);
    assert_eq!(store.deal_of_payment(payment_id(1)).unwrap(), None);
    store.check().unwrap();
}
