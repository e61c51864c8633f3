//! The laws under random sequences of acts.

mod acts;
mod refunds;
mod talk;

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::advertisements::{Advertisement, Pricing};
use super::deals::DealStatus;
use super::invoices::{InvoiceStatus, NewInvoice, Price};
use super::payments::PaymentStatus;
use super::users::Role;
use super::{Books, MARKETPLACE};
use crate::clock::Moment;
use crate::money::{Cents, Sats};
use crate::refusal::Refusal;
use acts::{Act, act, perform};

const START: Moment = Moment::from_millis(1_700_000_000_000);

/// Four people who buy and sell, two traders with four ads, five invoices of every kind.
fn small_world() -> Books {
    let mut books = Books::empty(START);
    let rates = books.rates_mut().unwrap();
    rates.exchanges.insert("bittrex_usd".into(), Cents(6_124_057));
    rates
        .currencies
        .extend([("USD".into(), Cents(100)), ("EUR".into(), Cents(92))]);
    books.refresh_prices(START).unwrap();
    let people: Vec<u64> = (0..6)
        .map(|n| {
            let role = if n < 4 { Role::Seller } else { Role::Trader };
            let id = books
                .add_user(Uuid::from_u128(n), &format!("user-{n}"), role, START)
                .unwrap();
            books
                .credit(id, Sats(if n < 4 { 3_000_000 } else { 20_000_000 }))
                .unwrap();
            id
        })
        .collect();
    for (n, owner, margin, max, monitor) in [
        (1, 4, 100, 0, false),
        (2, 4, 150, 9_000, true),
        (3, 5, 120, 20_000, false),
        (4, 5, 90, 4_000, true),
    ] {
        let pricing = Pricing::Margin(margin);
        let price = books.ad_price(pricing, "EUR").unwrap();
        let ad = Advertisement {
            id: n,
            owner: people[owner],
            country: "DE".into(),
            currency: "EUR".into(),
            payment_type: "PAYPAL".into(),
            is_buy: false,
            pricing,
            price,
            min: Cents(100),
            max: Cents(max),
            monitor_liquidity: monitor,
            title: String::new(),
            message: String::new(),
            window: 15,
            enabled: true,
            trusted_only: false,
            not_anonymous: false,
            created_at: START,
        };
        books.advertisements.put(n, ad);
    }
    let new = |owner: usize, target: Option<usize>, price, pieces: (u32, u32), limited| NewInvoice {
        owner: people[owner],
        target: target.map(|n| people[n]),
        price,
        currency: "EUR".into(),
        variable: "Average".into(),
        ttl_minutes: 20,
        comment: String::new(),
        pieces_min: pieces.0,
        pieces_max: pieces.1,
        limited,
        secrets: (0..5).map(|n| (format!("secret {n}"), String::new())).collect(),
    };
    for invoice in [
        new(0, None, Price::Btc(Sats(12_345)), (1, 9), false),
        new(0, None, Price::Fiat(Cents(1_999)), (1, 7), true),
        new(1, None, Price::Btc(Sats(777)), (2, 11), true),
        new(1, Some(2), Price::Fiat(Cents(4_200)), (1, 1), false),
        new(2, Some(3), Price::Btc(Sats(50_050)), (1, 1), false),
    ] {
        books.issue(invoice, START).unwrap();
    }
    books.commit(START);
    books
}

fn total(books: &Books) -> i64 {
    books
        .users
        .values()
        .map(|user| user.confirmed.0 + user.deposited.0)
        .sum()
}

/// Everything that is stored, to be compared as text.
fn stored(books: &Books) -> String {
    format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        books.numbers,
        books.rates,
        books.users,
        books.invoices,
        books.secrets,
        books.payments,
        books.deals,
        books.events,
        books.conversations,
        books.messages,
        books.images,
        books.feedback
    )
}

fn check_state(start: &Books, books: &Books) {
    let of = |user: u64| move |deal: &&super::Deal| deal.owner == user;
    for user in books.users.values() {
        assert!(
            user.confirmed >= Sats::ZERO && user.deposited >= Sats::ZERO,
            "{user:?}"
        );
        let running = |deal: &&super::Deal| matches!(deal.status, DealStatus::Opened | DealStatus::Disputed);
        let locked: i64 = books
            .deals
            .values()
            .filter(of(user.id))
            .filter(running)
            .map(|deal| deal.amount.0 + deal.fee.0)
            .sum();
        assert_eq!(
            user.deposited.0, locked,
            "a deposit is exactly what running deals lock"
        );
    }
    let paid = |payment: &&super::Payment| payment.status == PaymentStatus::Paid;
    // Fees as section 1 says, recomputed from the objects alone.
    let percent = |sats: i64| crate::money::half_even(i128::from(sats), 100).unwrap() as i64;
    let deal_fees: i64 = books
        .deals
        .values()
        .filter(|deal| deal.status == DealStatus::Completed)
        .map(|deal| percent(deal.amount.0))
        .sum();
    let payment_fees: i64 = books
        .payments
        .values()
        .filter(paid)
        .filter(|payment| payment.snapshot.is_some())
        .map(|payment| percent(payment.amount.0 / i64::from(payment.pieces)) * i64::from(payment.pieces))
        .sum();
    let invoice_fees: i64 = books.invoices.values().map(|invoice| invoice.fee.0).sum();
    assert_eq!(
        books.user(MARKETPLACE).unwrap().confirmed.0,
        deal_fees + payment_fees + invoice_fees
    );

    for invoice in books.invoices.values() {
        let mine = || {
            books
                .payments
                .values()
                .filter(|payment| payment.invoice == invoice.id)
        };
        assert_eq!(
            invoice.total.0,
            mine().filter(paid).map(|payment| payment.amount.0).sum::<i64>()
        );
        assert_eq!(invoice.payments as usize, mine().filter(paid).count());
        let taken: u32 = mine()
            .filter(|p| p.status != PaymentStatus::Canceled)
            .map(|payment| payment.pieces)
            .sum();
        // Refunds were not there at the start; they are never bought in parts.
        let first = start
            .invoice(invoice.id)
            .map_or(invoice.pieces_min, |row| row.pieces_max);
        if invoice.limited {
            assert_eq!(
                invoice.pieces_max + taken,
                first,
                "stock is neither lost nor made"
            );
        } else {
            assert_eq!(invoice.pieces_max, first);
        }
        if invoice.is_private() {
            assert!(mine().filter(|p| p.status != PaymentStatus::Canceled).count() <= 1);
        }
        let pending = mine().filter(|p| p.status == PaymentStatus::Pending);
        let mut buyers: Vec<u64> = pending.map(|payment| payment.owner).collect();
        buyers.sort_unstable();
        let all = buyers.len();
        buyers.dedup();
        assert_eq!(all, buyers.len(), "one pending payment per buyer and invoice");
    }
    for payment in books.payments.values() {
        let deal = payment.deal.map(|id| books.deal(id).unwrap());
        match payment.status {
            PaymentStatus::Pending => assert_eq!(deal.unwrap().status, DealStatus::Opened),
            PaymentStatus::Paid => assert!(deal.is_none_or(|deal| deal.status == DealStatus::Completed)),
            PaymentStatus::Canceled => assert!(deal.is_none_or(|deal| deal.status == DealStatus::Canceled)),
        }
        if let Some(deal) = deal {
            assert_eq!(deal.amount, payment.amount, "row 39");
        }
        let sold = books
            .secrets
            .values()
            .filter(|secret| secret.payment == Some(payment.id))
            .count();
        assert!(sold <= payment.pieces as usize && (sold == 0 || payment.status == PaymentStatus::Paid));
    }
    refunds::check_refunds(books);
    talk::check_talk(books);
    for ad in books.advertisements.values().filter(|ad| ad.monitor_liquidity) {
        let used: i64 = books
            .deals
            .values()
            .filter(|deal| deal.advertisement == ad.id && deal.status != DealStatus::Canceled)
            .map(|deal| deal.fiat.0)
            .sum();
        assert_eq!(ad.max.0 + used, start.advertisement(ad.id).unwrap().max.0);
    }
}

fn check_step(before: &Books, after: &Books, act: &Act) {
    for old in before.payments.values() {
        let new = after.payment(old.id).unwrap();
        let legal = old.status == new.status || old.status == PaymentStatus::Pending;
        assert!(legal, "payment {:?} -> {:?}", old.status, new.status);
        assert_eq!(
            (old.amount, old.pieces, old.owner, old.fee),
            (new.amount, new.pieces, new.owner, new.fee)
        );
    }
    for old in before.deals.values() {
        let new = after.deal(old.id).unwrap();
        assert!(old.status == new.status || old.status == DealStatus::Opened);
        assert!(old.fiat_declared_at.is_none() || old.fiat_declared_at == new.fiat_declared_at);
        assert_eq!((old.amount, old.fiat, old.fee), (new.amount, new.fiat, new.fee));
    }
    for old in before.conversations.values() {
        let new = after.conversation(old.id).unwrap();
        assert!(new.messages.starts_with(&old.messages), "messages never vanish");
        for id in &old.messages {
            assert_eq!(before.messages.get(*id), after.messages.get(*id), "nor change");
        }
    }
    for old in before.feedback.values() {
        assert_eq!(Some(old), after.feedback.get(old.id), "feedback is final");
    }
    let deleting = matches!(act, Act::Deletes { .. } | Act::Expire);
    for old in before.invoices.values() {
        use InvoiceStatus::{Active, Deleted, NoPieces, Payed, PendingPay};
        let new = after.invoice(old.id).unwrap();
        let legal = match (old.status, new.status) {
            (a, b) if a == b => true,
            (Active, PendingPay | Payed) | (PendingPay, Payed | Active) if old.is_private() => true,
            (Active, NoPieces | Payed) | (NoPieces, Active | Payed) if old.limited => true,
            (_, Deleted) => deleting,
            _ => false,
        };
        assert!(legal, "invoice {:?} -> {:?} by {act:?}", old.status, new.status);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_books_keep_their_laws(acts in proptest::collection::vec(act(), 1..60)) {
        let start = small_world();
        let mut books = start.clone();
        let bitcoin = total(&start);
        let mut now = START;
        for act in &acts {
            let before = books.clone();
            match perform(&mut books, act, &mut now) {
                Ok(()) => {
                    let told = books.commit(now);
                    for notice in &told.notices {
                        assert!(books.user(notice.to).is_ok());
                    }
                }
                Err(refusal) => {
                    assert_ne!(refusal, Refusal::Internal, "{act:?}");
                    books.rollback();
                    assert_eq!(stored(&books), stored(&before), "a refused act left a trace: {act:?}");
                }
            }
            assert_eq!(total(&books), bitcoin, "bitcoin was made or lost by {act:?}");
            check_state(&start, &books);
            check_step(&before, &books, act);
        }
    }
}

#[test]
fn every_kind_of_act_succeeds_somewhere() {
    // Otherwise the property above could hold for want of anything happening.
    let mut books = small_world();
    let mut now = START;
    let mut status = BTreeMap::new();
    let acts = [
        Act::FromBalance {
            buyer: 1,
            invoice: 0,
            pieces: 2,
        },
        Act::ByDeal {
            buyer: 2,
            invoice: 0,
            pieces: 1,
            ad: 1,
        },
        Act::Say { user: 2, deal: 0 },
        Act::IPayed { user: 2, deal: 0 },
        Act::Completes { deal: 0 },
        Act::ByBest {
            buyer: 3,
            invoice: 1,
            pieces: 3,
        },
        Act::CancelDeal { user: 3, deal: 1 },
        Act::ByBest {
            buyer: 2,
            invoice: 3,
            pieces: 9,
        },
        Act::CancelPayment { user: 2, payment: 3 },
        Act::ByBest {
            buyer: 3,
            invoice: 4,
            pieces: 1,
        },
        Act::Refunds {
            user: 0,
            payment: 0,
            pieces: 1,
        },
        Act::PaysRefund { refund: 0, ad: None },
        Act::Refunds {
            user: 0,
            payment: 1,
            pieces: 1,
        },
        Act::PaysRefund {
            refund: 0,
            ad: Some(3),
        },
        Act::Deletes { user: 0, invoice: 6 },
        Act::Refunds {
            user: 0,
            payment: 1,
            pieces: 1,
        },
        Act::WritesAboutInvoice {
            user: 3,
            to: 3,
            invoice: 0,
        },
        Act::WritesAboutInvoice {
            user: 0,
            to: 3,
            invoice: 0,
        },
        Act::WritesAboutPayment { user: 0, payment: 0 },
        Act::Hides {
            user: 0,
            conversation: 1,
        },
        Act::JudgesPayment {
            user: 1,
            payment: 0,
            positive: true,
        },
        Act::JudgesDeal {
            user: 4,
            deal: 0,
            positive: false,
        },
        Act::Pass { seconds: 900 },
        Act::Expire,
        Act::Pass { seconds: 400 },
        Act::Expire,
        Act::Rates { percent: 5 },
        Act::AdPrice {
            ad: 1,
            price: 5_000_000,
        },
    ];
    for act in &acts {
        assert_eq!(perform(&mut books, act, &mut now), Ok(()), "{act:?}");
        books.commit(now);
    }
    for payment in books.payments.values() {
        *status.entry(payment.status.number()).or_insert(0) += 1;
    }
    assert_eq!(status, BTreeMap::from([(1, 3), (2, 4)]));
    let ends: Vec<_> = books.invoices.values().map(|invoice| invoice.status).collect();
    use InvoiceStatus::{Active, Deleted, Payed};
    assert_eq!(ends[3..5], [Deleted, Deleted]);
    assert_eq!(
        ends[5..],
        [Payed, Deleted, Active],
        "refunds outlive the other invoices"
    );
}

#[test]
fn a_deleted_private_invoice_stays_deleted_when_its_payment_is_canceled() {
    // Section 20, row 44.
    let mut books = small_world();
    let mut now = START;
    for act in [
        Act::ByBest {
            buyer: 2,
            invoice: 3,
            pieces: 1,
        },
        Act::Deletes { user: 1, invoice: 3 },
        Act::CancelPayment { user: 2, payment: 0 },
    ] {
        assert_eq!(perform(&mut books, &act, &mut now), Ok(()), "{act:?}");
        books.commit(now);
    }
    let invoice = books.invoices.ids()[3];
    assert_eq!(books.invoice(invoice).unwrap().status, InvoiceStatus::Deleted);
    assert_eq!(
        books.payments.values().next().unwrap().status,
        PaymentStatus::Canceled
    );
}
