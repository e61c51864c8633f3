//! The money map: what there is, where it is, and whether that adds up.

use std::sync::Arc;

use jiff::SignedDuration;
use kvit_domain::{
    Timestamp,
    balance::Balance,
    memory::{Said, status_word},
    money::{Fiat, Sats},
    payment::PaymentStatus,
    reckoning::{Movement, Reckoning, Span},
};
use kvit_store::{KeptPayment, Store, StoreFault};

use crate::{engine::Engine, open_account::OpenAccount, session::Session, shell::Shell, sync::SyncStep};

/// The server's clock and ours may be so far apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// Changes of the balance looked back on for one to reckon from.
const LOOKED_BACK: u32 = 64;

/// Mark in the store: when (seconds since 1970) everything had been read once.
const RECKONED_FROM: &str = "reckoned from";

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
    /// What changed since everything had been read once, where what is known does not explain it.
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
            reckoning: self
                .reckoned(account, read)
                .filter(|reckoning| !reckoning.explains()),
        })
    }

    /// The reckoning, made anew when anything it is made of has changed: it reads much, and is asked for often.
    fn reckoned(&self, account: &OpenAccount, read: Timestamp) -> Option<Reckoning> {
        if account.live().sync.state == SyncStep::Running {
            // What explains the last change may be on its way.
            return None;
        }
        let made_of = (account.store.version(), read, account.operations.open().len());
        let kept = account.live().reckoning;
        if let Some((of, reckoning)) = kept
            && of == made_of
        {
            return reckoning;
        }
        let reckoning = self.reckon(account);
        account.live().reckoning = Some((made_of, reckoning));
        reckoning
    }

    /// Adds up what is known since the balance that stood when everything had been read once, or, where it changed very
    /// often since, since the last of those changes. What is not explained stays said, over reconnections and restarts.
    fn reckon(&self, account: &OpenAccount) -> Option<Reckoning> {
        let first = account.ask(beginning).ok()??;
        let last = account.ask(|store| store.balance()).ok()??;
        let me = account.me().ok()?;
        let between = Span {
            from: first.1,
            to: last.1,
        };
        let paid = account.ask(|store| store.became_paid(first.1)).ok()?;
        let deals = account.ask(|store| store.deals_changed(first.1)).ok()?;
        let of_payments = paid.iter().filter_map(|kept| {
            let movement = Movement::of_payment(&kept.payment, me)?;
            movement.between(account.ask(|store| paid_within(store, kept)).ok()?, between)
        });
        let of_deals = deals.iter().filter_map(|kept| {
            let movement = Movement::of_deal(&kept.deal, me)?;
            let when = kept.deal.completed.unwrap_or(kept.deal.created);
            movement.between(Span::at(when).widened(CLOCKS), between)
        });
        let open = account.operations.open();
        let of_operations = open
            .iter()
            .filter_map(|op| op.intent.amount)
            .map(|amount| Movement::spent(amount).perhaps());
        Some(Reckoning::new(
            first,
            last,
            of_payments.chain(of_deals).chain(of_operations),
        ))
    }

    /// From here on what is known is whole: everything was read once. The balance of this moment is what later ones are
    /// held against.
    pub(crate) async fn begin_to_reckon(&self, session: &Session) {
        let account = &session.account;
        if !matches!(account.ask(|store| store.mark(RECKONED_FROM)), Ok(None)) {
            return;
        }
        let now = self.now();
        if let Err(fault) = session.read_balance(now).await {
            tracing::info!(%fault, "reckoned from the next time on");
            return;
        }
        let from = u64::try_from(now.as_second()).unwrap_or_default();
        account
            .keep_behind(move |store| store.keep_mark(RECKONED_FROM, from))
            .await;
        account.live().reckoning = None;
    }
}

/// The balance that is reckoned from, and since when.
fn beginning(store: &Store) -> Result<Option<(Balance, Timestamp)>, StoreFault> {
    let Some(mark) = store.mark(RECKONED_FROM)? else {
        return Ok(None);
    };
    let mark = i64::try_from(mark).unwrap_or_default();
    let changes = store.balances(Timestamp::MIN, LOOKED_BACK)?;
    let stood = changes.iter().rev().find(|(_, at)| at.as_second() <= mark);
    Ok(match (stood, Timestamp::from_second(mark)) {
        (Some((balance, _)), Ok(mark)) => Some((*balance, mark)),
        _ => changes.first().copied(),
    })
}

/// Between which moments a payment became Paid. By a deal: when that was completed. Seen pending before: between the two
/// readings. Else when it was made.
fn paid_within(store: &Store, kept: &KeptPayment) -> Result<Span, StoreFault> {
    let completed = kept.payment.deal.as_deref().and_then(|deal| deal.completed);
    if let Some(completed) = completed {
        return Ok(Span::at(completed).widened(CLOCKS));
    }
    let mut pending = None;
    for row in store.said_of(kept.payment.id)? {
        if row.about != Said::Status {
            continue;
        }
        if row.value == status_word(PaymentStatus::Paid) {
            if let Some(from) = pending {
                // Both by the clock of this computer.
                return Ok(Span { from, to: row.at });
            }
            break;
        }
        pending = Some(row.at);
    }
    Ok(Span::at(kept.payment.created).widened(CLOCKS))
}
