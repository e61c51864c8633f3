//! The marketplace's own books, as the judge reads them.

use std::collections::BTreeMap;

use kvit_client::PaymentsFilter;
use kvit_domain::{
    id::PaymentId,
    payment::{Payment, PaymentStatus},
};
use kvit_testkit::World;

/// Everybody's bitcoin, in satoshi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Books {
    /// Spendable and deposited, by login.
    people: BTreeMap<String, (i64, i64)>,
    /// Fees taken.
    fees: i64,
}

impl Books {
    pub(crate) fn of(world: &World) -> Self {
        let mut logins = world.sandbox.logins().unwrap();
        logins.push(world.you());
        let people = logins.into_iter().map(|login| {
            let (spendable, deposited) = world.sandbox.balance(&login).unwrap();
            (login, (spendable.0, deposited.0))
        });
        Self {
            people: people.collect(),
            fees: world.sandbox.fees().unwrap().0,
        }
    }

    /// What moved since `before`: who (`fees` is the marketplace), spendable, deposited. Only who moved.
    pub(crate) fn since(&self, before: &Self) -> BTreeMap<String, (i64, i64)> {
        let mut moved: BTreeMap<String, (i64, i64)> = self
            .people
            .iter()
            .map(|(login, now)| {
                let then = before.people[login];
                (login.clone(), (now.0 - then.0, now.1 - then.1))
            })
            .collect();
        moved.insert("fees".to_owned(), (self.fees - before.fees, 0));
        moved.retain(|_, change| *change != (0, 0));
        moved
    }
}

/// What moved, written down.
pub(crate) fn moved<const N: usize>(changes: [(&str, i64, i64); N]) -> BTreeMap<String, (i64, i64)> {
    changes
        .into_iter()
        .map(|(login, spendable, deposited)| (login.to_owned(), (spendable, deposited)))
        .collect()
}

/// The newest hundred payments of a user, over a line of the judge's own.
pub(crate) async fn payments_of(world: &World, login: &str) -> Vec<Payment> {
    let filter = PaymentsFilter {
        count: 100,
        ..PaymentsFilter::default()
    };
    world.line_of(login).payments(filter).await.unwrap()
}

/// The same as numbers and statuses: confirmations are signed anew at every read.
pub(crate) async fn statuses_of(world: &World, login: &str) -> Vec<(PaymentId, PaymentStatus)> {
    payments_of(world, login)
        .await
        .iter()
        .map(|payment| (payment.id, payment.status))
        .collect()
}

/// How many payments the person has on an invoice that are not canceled.
pub(crate) async fn payments_on(world: &World, number: u64) -> usize {
    payments_of(world, &world.you())
        .await
        .iter()
        .filter(|payment| payment.invoice.id.get() == number && payment.status != PaymentStatus::Canceled)
        .count()
}
