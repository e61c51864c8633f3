//! Payments through advertisements, and what becomes of their deals.

use rand::Rng;
use rand::rngs::StdRng;

use crate::engine::{Act, End};

/// Where the practice world's traders sell small amounts.
const PLACES: &[[&str; 3]] = &[
    ["DE", "EUR", "NATIONAL_BANK"],
    ["DE", "EUR", "TRANSFERWISE"],
    ["RU", "RUB", "SBERBANK"],
    ["RU", "RUB", "TINKOFF"],
    ["US", "USD", "ZELLE"],
    ["GB", "GBP", "NATIONAL_BANK"],
    ["UA", "UAH", "NATIONAL_BANK"],
];

/// Pending payments of the lane, with their deals.
#[derive(Debug, Default)]
pub struct Deals(Vec<(u64, u64)>);

/// A payment through an advertisement.
pub fn pay(invoice: u64, pieces: u32, seen: i64, rng: &mut StdRng) -> Act {
    let [country, currency, payment_type] = PLACES[rng.random_range(0..PLACES.len())].map(str::to_owned);
    Act::PayByDeal {
        invoice,
        pieces,
        seen,
        country,
        currency,
        payment_type,
        chosen: rng.random(),
    }
}

impl Deals {
    /// Learns from what a person was told.
    pub fn learn(&mut self, act: &Act, end: &End) {
        if let (
            Act::PayByDeal { .. },
            End::Done {
                payment: Some(payment),
                deal: Some(deal),
                ..
            },
        ) = (act, end)
        {
            self.0.push((*payment, *deal));
        }
    }

    /// What is done about one of them next; each only once.
    pub fn next(&mut self, rng: &mut StdRng) -> Option<Act> {
        if self.0.is_empty() {
            return None;
        }
        let (payment, deal) = self.0.swap_remove(rng.random_range(0..self.0.len()));
        Some(match rng.random_range(0..3) {
            0 => Act::Cancel { payment },
            1 => Act::Declare { deal },
            _ => Act::CancelDeal { deal },
        })
    }
}
