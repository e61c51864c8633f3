//! What people may try, at random.

use proptest::prelude::*;
use uuid::Uuid;

use crate::books::advertisements::Pricing;
use crate::books::conversations::Words;
use crate::books::deals::DealStatus;
use crate::books::feedback::Verdict;
use crate::books::invoices::InvoiceStatus;
use crate::books::payments::By;
use crate::books::{Books, MARKETPLACE};
use crate::clock::Moment;
use crate::money::Cents;
use crate::refusal::Refusal;

#[derive(Clone, Debug)]
pub(super) enum Act {
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
        user: usize,
        invoice: usize,
    },
    Refunds {
        user: usize,
        payment: usize,
        pieces: u32,
    },
    /// Pays an open refund invoice with the pieces it has.
    PaysRefund {
        refund: usize,
        ad: Option<u64>,
    },
    WritesAboutInvoice {
        user: usize,
        to: usize,
        invoice: usize,
    },
    WritesAboutPayment {
        user: usize,
        payment: usize,
    },
    Hides {
        user: usize,
        conversation: usize,
    },
    JudgesPayment {
        user: usize,
        payment: usize,
        positive: bool,
    },
    JudgesDeal {
        user: usize,
        deal: usize,
        positive: bool,
    },
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let (user, invoice, any) = (0..6_usize, 0..7_usize, 0..12_usize);
    prop_oneof![
        4 => (user.clone(), invoice.clone(), 0..6_u32).prop_map(|(buyer, invoice, pieces)| Act::FromBalance { buyer, invoice, pieces }),
        6 => (user.clone(), invoice.clone(), 0..6_u32, 0..6_u64).prop_map(|(buyer, invoice, pieces, ad)| Act::ByDeal { buyer, invoice, pieces, ad }),
        4 => (user.clone(), invoice.clone(), 0..6_u32).prop_map(|(buyer, invoice, pieces)| Act::ByBest { buyer, invoice, pieces }),
        3 => (user.clone(), any.clone()).prop_map(|(user, payment)| Act::CancelPayment { user, payment }),
        3 => (user.clone(), any.clone()).prop_map(|(user, deal)| Act::CancelDeal { user, deal }),
        4 => (user.clone(), any.clone()).prop_map(|(user, deal)| Act::IPayed { user, deal }),
        4 => any.clone().prop_map(|deal| Act::Completes { deal }),
        1 => (user.clone(), any.clone()).prop_map(|(user, deal)| Act::Say { user, deal }),
        3 => (0..1_000_i64).prop_map(|seconds| Act::Pass { seconds }),
        2 => Just(Act::Expire),
        1 => (-30..30_i64).prop_map(|percent| Act::Rates { percent }),
        1 => (1..5_u64, 1..9_000_000_i64).prop_map(|(ad, price)| Act::AdPrice { ad, price }),
        1 => (user.clone(), 0..12_usize).prop_map(|(user, invoice)| Act::Deletes { user, invoice }),
        6 => (user.clone(), any.clone(), 0..4_u32).prop_map(|(user, payment, pieces)| Act::Refunds { user, payment, pieces }),
        4 => (any.clone(), proptest::option::of(1..5_u64)).prop_map(|(refund, ad)| Act::PaysRefund { refund, ad }),
        3 => (user.clone(), user.clone(), invoice).prop_map(|(user, to, invoice)| Act::WritesAboutInvoice { user, to, invoice }),
        2 => (user.clone(), any.clone()).prop_map(|(user, payment)| Act::WritesAboutPayment { user, payment }),
        2 => (user.clone(), any.clone()).prop_map(|(user, conversation)| Act::Hides { user, conversation }),
        2 => (user.clone(), any.clone(), proptest::bool::ANY).prop_map(|(user, payment, positive)| Act::JudgesPayment { user, payment, positive }),
        1 => (user, any, proptest::bool::ANY).prop_map(|(user, deal, positive)| Act::JudgesDeal { user, deal, positive }),
    ]
}

fn pick(ids: &[u64], n: usize) -> u64 {
    if ids.is_empty() { 0 } else { ids[n % ids.len()] }
}

pub(super) fn perform(books: &mut Books, act: &Act, now: &mut Moment) -> Result<(), Refusal> {
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
        Act::Deletes { user, invoice } => books
            .delete_invoice(pick(&users, user), pick(&invoices, invoice), *now)
            .map(drop),
        Act::Refunds {
            user,
            payment,
            pieces,
        } => books
            .create_refund(pick(&users, user), pick(&payments, payment), pieces, *now)
            .map(drop),
        Act::PaysRefund { refund, ad } => {
            let open: Vec<(u64, u64, u32)> = books
                .invoices
                .values()
                .filter(|invoice| invoice.refund_of.is_some() && invoice.status == InvoiceStatus::Active)
                .filter_map(|invoice| Some((invoice.target?, invoice.id, invoice.pieces_min)))
                .collect();
            let Some((payer, invoice, pieces)) = open.get(refund % open.len().max(1)).copied() else {
                return Err(Refusal::InvoiceNotFound);
            };
            match ad {
                Some(ad) => books.pay_by_deal(payer, invoice, pieces, By::Advertisement(ad), *now),
                None => books.pay_from_balance(payer, invoice, pieces, *now),
            }
            .map(drop)
        }
        Act::WritesAboutInvoice { user, to, invoice } => {
            let to = books.user(pick(&users, to))?.guid.clone();
            let (user, invoice) = (pick(&users, user), pick(&invoices, invoice));
            // A buyer names nobody.
            let own = books.invoice(invoice)?.owner == user;
            let to = if own { to.as_str() } else { "" };
            books
                .write_about_invoice(user, invoice, to, words(user, now), *now)
                .map(drop)
        }
        Act::WritesAboutPayment { user, payment } => {
            let user = pick(&users, user);
            books
                .write_about_payment(user, pick(&payments, payment), words(user, now), *now)
                .map(drop)
        }
        Act::Hides { user, conversation } => {
            let conversation = pick(&books.conversations.ids(), conversation);
            books.hide_conversation(pick(&users, user), conversation)
        }
        Act::JudgesPayment {
            user,
            payment,
            positive,
        } => books
            .judge_payment(
                pick(&users, user),
                pick(&payments, payment),
                verdict(positive),
                *now,
            )
            .map(drop),
        Act::JudgesDeal { user, deal, positive } => books
            .judge_deal(pick(&users, user), pick(&deals, deal), verdict(positive), *now)
            .map(drop),
    }
}

/// Words with a picture that nobody else names.
fn words(user: u64, now: &Moment) -> Words {
    Words {
        text: "hello".into(),
        images: vec![
            Uuid::from_u128(u128::from(now.seconds().unsigned_abs()) << 64 | u128::from(user)).to_string(),
        ],
    }
}

fn verdict(positive: bool) -> Verdict {
    Verdict {
        positive,
        text: "fine".into(),
    }
}
