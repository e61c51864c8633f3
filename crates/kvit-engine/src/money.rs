//! The money map: what there is, where it is, and whether that adds up.

use std::sync::Arc;

use jiff::SignedDuration;
use kvit_domain::{
    Timestamp,
    balance::Balance,
    money::{Fiat, Sats},
    reckoning::{Movement, Reckoning, Span},
};

use crate::{engine::Engine, open_account::OpenAccount, operation::OperationState, shell::Shell};

/// The server's clock and ours may be so far apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// Balances looked back on for a reading to reckon from.
const LOOKED_BACK: u32 = 64;

/// The money map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyMap {
    /// Balance as read.
    pub balance: Balance,
    /// In bearer promises that are kept here. None are kept before there is a way to make or take them.
    pub in_notes: Sats,
    /// In operations whose outcome is not known: of the spendable part, may have left.
    pub unresolved: Sats,
    /// The spendable part in the person's currency; an estimate.
    pub estimate: Option<Fiat>,
    /// When read.
    pub read: Timestamp,
    /// The change since the last reading that added up, where what is known does not explain it.
    pub reckoning: Option<Reckoning>,
}

impl MoneyMap {
    /// Everything: spendable, expected, in deals, in notes.
    pub fn total(&self) -> Sats {
        self.balance.confirmed + self.balance.unconfirmed + self.balance.deposited + self.in_notes
    }
}

impl<S: Shell> Engine<S> {
    /// The map, from the store.
    pub(crate) fn money(&self, account: &Arc<OpenAccount>) -> Option<MoneyMap> {
        let (balance, read) = account.ask(|store| store.balance()).ok().flatten()?;
        Some(MoneyMap {
            balance,
            in_notes: Sats::ZERO,
            unresolved: account.operations.unresolved(),
            estimate: account.estimate(balance.confirmed),
            read,
            reckoning: self.reckon(account).filter(|reckoning| !reckoning.explains()),
        })
    }

    /// Adds up what is known since the first reading of the balance after everything was read once. Before that, what
    /// is known is not whole.
    fn reckon(&self, account: &OpenAccount) -> Option<Reckoning> {
        let since = account.live().sync.finished?;
        let readings = account.ask(|store| store.balances(since, LOOKED_BACK)).ok()?;
        let (first, last) = (*readings.first()?, *readings.last()?);
        if first.1 == last.1 {
            return None;
        }
        let me = account.me().ok()?;
        let between = Span {
            from: first.1,
            to: last.1,
        };
        let around = first.1.checked_sub(CLOCKS).unwrap_or(first.1);
        let paid = account.ask(|store| store.became_paid(around)).ok()?;
        let deals = account.ask(|store| store.deals_changed(around)).ok()?;
        let of_payments = paid.iter().filter_map(|kept| {
            let movement = Movement::of_payment(&kept.payment, me)?;
            movement.between(Span::at(kept.payment.created).widened(CLOCKS), between)
        });
        let of_deals = deals.iter().filter_map(|kept| {
            let movement = Movement::of_deal(&kept.deal, me)?;
            let when = kept.deal.completed.unwrap_or(kept.deal.created);
            movement.between(Span::at(when).widened(CLOCKS), between)
        });
        let open = account.operations.open();
        let of_operations = open
            .iter()
            .filter(|op| !matches!(op.state, OperationState::Done(_)))
            .filter_map(|op| op.intent.amount)
            .map(|amount| Movement::spent(amount).perhaps());
        Some(Reckoning::new(
            first,
            last,
            of_payments.chain(of_deals).chain(of_operations),
        ))
    }
}
