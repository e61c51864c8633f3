//! The laws under random sequences of acts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::advertisements::{Advertisement, Pricing};
use super::deals::DealStatus;
use super::invoices::{InvoiceStatus, NewInvoice, Price};
use super::payments::{By, PaymentStatus};
use super::users::Role;
use super::{Books, MARKETPLACE};
use crate::clock::Moment;
use crate::money::{Cents, Sats};
use crate::refusal::Refusal;

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

#[derive(Clone, Debug)]
enum Act {
    FromBalance {
        buyer: usize,
        invoice: usize,
        pieces: u32,
    },
    ByDeal {
        buyer: usize,
        invoice: usize,
        pieces: u32,
        ad: u64,
    },
    ByBest {
        buyer: usize,
        invoice: usize,
        pieces: u32,
    },
    CancelPayment {
        user: usize,
        payment: usize,
    },
    CancelDeal {
        user: usize,
        deal: usize,
    },
    IPayed {
        user: usize,
        deal: usize,
    },
    Completes {
        deal: usize,
    },
    Say {
        user: usize,
        deal: usize,
    },
    Pass {
        seconds: i64,
    },
    Expire,
    Rates {
        percent: i64,
    },
    AdPrice {
        ad: u64,
        price: i64,
    },
    Deletes {
        invoice: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let (user, invoice, any) = (0..6_usize, 0..5_usize, 0..12_usize);
    prop_oneof![
        4 => (user.clone(), invoice.clone(), 0..6_u32).prop_map(|(buyer, invoice, pieces)| Act::FromBalance { buyer, invoice, pieces }),
        6 => (user.clone(), invoice.clone(), 0..6_u32, 0..6_u64).prop_map(|(buyer, invoice, pieces, ad)| Act::ByDeal { buyer, invoice, pieces, ad }),
        4 => (user.clone(), invoice.clone(), 0..6_u32).prop_map(|(buyer, invoice, pieces)| Act::ByBest { buyer, invoice, pieces }),
        3 => (user.clone(), any.clone()).prop_map(|(user, payment)| Act::CancelPayment { user, payment }),
        3 => (user.clone(), any.clone()).prop_map(|(user, deal)| Act::CancelDeal { user, deal }),
        4 => (user.clone(), any.clone()).prop_map(|(user, deal)| Act::IPayed { user, deal }),
        4 => any.clone().prop_map(|deal| Act::Completes { deal }),
        1 => (user, any).prop_map(|(user, deal)| Act::Say { user, deal }),
        3 => (0..1_000_i64).prop_map(|seconds| Act::Pass { seconds }),
        2 => Just(Act::Expire),
        1 => (-30..30_i64).prop_map(|percent| Act::Rates { percent }),
        1 => (1..5_u64, 1..9_000_000_i64).prop_map(|(ad, price)| Act::AdPrice { ad, price }),
        1 => invoice.prop_map(|invoice| Act::Deletes { invoice }),
    ]
}

fn pick(ids: &[u64], n: usize) -> u64 {
    if ids.is_empty() { 0 } else { ids[n % ids.len()] }
}

fn perform(books: &mut Books, act: &Act, now: &mut Moment) -> Result<(), Refusal> {
    let users: Vec<u64> = books
        .users
        .ids()
        .into_iter()
        .filter(|id| *id != MARKETPLACE)
        .collect();
    let (payments, deals, invoices) = (books.payments.ids(), books.deals.ids(), books.invoices.ids());
    match *act {
        Act::FromBalance {
            buyer,
            invoice,
            pieces,
        } => books
            .pay_from_balance(pick(&users, buyer), pick(&invoices, invoice), pieces, *now)
            .map(drop),
        Act::ByDeal {
            buyer,
            invoice,
            pieces,
            ad,
        } => {
            let by = By::Advertisement(ad);
            books
                .pay_by_deal(pick(&users, buyer), pick(&invoices, invoice), pieces, by, *now)
                .map(drop)
        }
        Act::ByBest {
            buyer,
            invoice,
            pieces,
        } => {
            let by = By::Best {
                country: "DE".into(),
                currency: "EUR".into(),
                payment_type: "PAYPAL".into(),
            };
            books
                .pay_by_deal(pick(&users, buyer), pick(&invoices, invoice), pieces, by, *now)
                .map(drop)
        }
        Act::CancelPayment { user, payment } => {
            books.cancel_payment(pick(&users, user), pick(&payments, payment), *now)
        }
        Act::CancelDeal { user, deal } => books.cancel_deal(pick(&users, user), pick(&deals, deal), *now),
        Act::IPayed { user, deal } => books.i_payed(pick(&users, user), pick(&deals, deal), *now),
        Act::Completes { deal } => {
            let deal = pick(&deals, deal);
            let owner = books.deal(deal)?.owner;
            books.i_payed(owner, deal, *now)
        }
        Act::Say { user, deal } => books
            .say(pick(&users, user), pick(&deals, deal), "hello".into(), &[], *now)
            .map(drop),
        Act::Pass { seconds } => {
            *now = now.after(seconds);
            Ok(())
        }
        Act::Expire => {
            let over = |id: &u64| {
                books.deal(*id).is_ok_and(|d| {
                    d.status == DealStatus::Opened && d.fiat_declared_at.is_none() && d.window_over(*now)
                })
            };
            let over: Vec<u64> = deals.iter().copied().filter(over).collect();
            for deal in over {
                books.expire_deal(deal, *now)?;
            }
            let dead = |id: &u64| {
                books.invoice(*id).is_ok_and(|i| {
                    i.status == InvoiceStatus::Active && i.valid_to().is_some_and(|end| end <= *now)
                })
            };
            let dead: Vec<u64> = invoices.iter().copied().filter(dead).collect();
            dead.into_iter()
                .try_for_each(|invoice| books.expire_invoice(invoice, *now))
        }
        Act::Rates { percent } => {
            let rate = books.rates_mut()?.exchanges.get_mut("bittrex_usd").unwrap();
            *rate = Cents((rate.0 + rate.0 * percent / 100).clamp(1_000_000, 20_000_000));
            books.refresh_prices(*now)
        }
        Act::AdPrice { ad, price } => {
            let ad = books.advertisements.edit(ad).ok_or(Refusal::AdNotFound)?;
            ad.pricing = Pricing::Fixed(Cents(price));
            ad.price = Cents(price);
            Ok(())
        }
        // DeleteInvoice is not served yet; what it leaves behind must hold all the same (row 44).
        Act::Deletes { invoice } => {
            let invoice = books
                .invoices
                .edit(pick(&invoices, invoice))
                .ok_or(Refusal::InvoiceNotFound)?;
            invoice.status = InvoiceStatus::Deleted;
            Ok(())
        }
    }
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
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        books.numbers,
        books.rates,
        books.users,
        books.invoices,
        books.secrets,
        books.payments,
        books.deals,
        books.events
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
        let first = start.invoice(invoice.id).unwrap().pieces_max;
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
    assert_eq!(status, BTreeMap::from([(1, 2), (2, 3)]));
    let ends: Vec<_> = books.invoices.values().map(|invoice| invoice.status).collect();
    assert_eq!(ends[3..], [InvoiceStatus::Deleted, InvoiceStatus::Deleted]);
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
        Act::Deletes { invoice: 3 },
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
