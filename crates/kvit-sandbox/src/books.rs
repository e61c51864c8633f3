//! The marketplace's books and its laws: pure and synchronous; time is an argument.
//!
//! Every act either succeeds as a whole or leaves no trace: rows remember what they were until
//! [`Books::commit`], and [`Books::rollback`] brings everything back.

pub(crate) mod advertisements;
pub(crate) mod conversations;
pub(crate) mod deals;
pub(crate) mod events;
pub(crate) mod feedback;
pub(crate) mod images;
pub(crate) mod invoices;
pub(crate) mod messages;
pub(crate) mod payments;
pub(crate) mod rates;
pub(crate) mod refunds;
pub(crate) mod users;

#[cfg(test)]
mod laws;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::knobs::Defects;
use crate::refusal::Refusal;
use crate::table::{Row, Table};

use self::advertisements::Advertisement;
use self::conversations::Conversation;
use self::deals::Deal;
use self::events::{Notice, Stored, What};
use self::feedback::Feedback;
use self::images::{Arrival, Image};
use self::invoices::{Invoice, Secret};
use self::messages::Message;
use self::payments::Payment;
use self::rates::Rates;
use self::users::User;

/// Number of the marketplace's own account, which receives all fees.
pub(crate) const MARKETPLACE: u64 = 1;

/// The only row of tables that have one.
const ONLY: u64 = 1;

/// The next number of each kind of thing. Numbers grow with creation (reference 3.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Numbers {
    pub user: u64,
    pub invoice: u64,
    pub secret: u64,
    pub payment: u64,
    pub advertisement: u64,
    pub deal: u64,
    pub message: u64,
    pub event: u64,
    /// This and the following came with the second layout of the store.
    #[serde(default = "first")]
    pub conversation: u64,
    #[serde(default = "first")]
    pub image: u64,
    #[serde(default = "first")]
    pub feedback: u64,
}

/// Where numbers begin.
fn first() -> u64 {
    1
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers {
            user: MARKETPLACE,
            invoice: 1,
            secret: 1,
            payment: 1,
            advertisement: 1,
            deal: 1,
            message: 1,
            event: 1,
            conversation: first(),
            image: first(),
            feedback: first(),
        }
    }
}

impl Row for Numbers {
    const TABLE: &'static str = "numbers";
}

/// What the simulated people will do next of their own accord.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Plans {
    /// Somebody buys from the local user.
    pub next_purchase: Moment,
    /// Prices move.
    pub next_prices: Moment,
    /// Somebody asks the local user about what he sells.
    #[serde(default)]
    pub next_question: Moment,
    /// How many plans were made; with the seed it gives the next random numbers.
    pub made: u64,
}

impl Row for Plans {
    const TABLE: &'static str = "plans";
}

/// Everything the marketplace knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    pub numbers: Table<Numbers>,
    pub plans: Table<Plans>,
    pub rates: Table<Rates>,
    pub users: Table<User>,
    pub invoices: Table<Invoice>,
    pub secrets: Table<Secret>,
    pub payments: Table<Payment>,
    pub advertisements: Table<Advertisement>,
    pub deals: Table<Deal>,
    pub events: Table<Stored>,
    pub conversations: Table<Conversation>,
    /// Lines of conversations; those of deals are in the deals.
    pub messages: Table<Message>,
    pub images: Table<Image>,
    pub feedback: Table<Feedback>,
    /// Pictures of this act, to be taken by the store.
    pub arriving: Vec<Arrival>,
    /// Which of the closed exchange's defects are switched on; not stored.
    pub defects: Defects,
    /// Last API call of a user since the start; not stored, as reading must not write.
    pub seen: BTreeMap<u64, Moment>,
    /// What to announce when the act is committed.
    outbox: Vec<Notice>,
    /// Whose balance changed in this act.
    balances_changed: BTreeSet<u64>,
    rates_changed: bool,
}

/// What a committed act wants announced.
#[derive(Debug, Default)]
pub(crate) struct Announcements {
    pub notices: Vec<Notice>,
    pub rates_changed: bool,
}

/// Runs the same expression on every table.
macro_rules! each_table {
    ($books:expr, $table:ident => $do:expr) => {{
        {
            let $table = $books.numbers;
            $do
        }
        {
            let $table = $books.plans;
            $do
        }
        {
            let $table = $books.rates;
            $do
        }
        {
            let $table = $books.users;
            $do
        }
        {
            let $table = $books.invoices;
            $do
        }
        {
            let $table = $books.secrets;
            $do
        }
        {
            let $table = $books.payments;
            $do
        }
        {
            let $table = $books.advertisements;
            $do
        }
        {
            let $table = $books.deals;
            $do
        }
        {
            let $table = $books.events;
            $do
        }
        {
            let $table = $books.conversations;
            $do
        }
        {
            let $table = $books.messages;
            $do
        }
        {
            let $table = $books.images;
            $do
        }
        {
            let $table = $books.feedback;
            $do
        }
    }};
}

/// All tables, to be visited by the store.
pub(crate) struct Tables<'a> {
    pub numbers: &'a mut Table<Numbers>,
    pub plans: &'a mut Table<Plans>,
    pub rates: &'a mut Table<Rates>,
    pub users: &'a mut Table<User>,
    pub invoices: &'a mut Table<Invoice>,
    pub secrets: &'a mut Table<Secret>,
    pub payments: &'a mut Table<Payment>,
    pub advertisements: &'a mut Table<Advertisement>,
    pub deals: &'a mut Table<Deal>,
    pub events: &'a mut Table<Stored>,
    pub conversations: &'a mut Table<Conversation>,
    pub messages: &'a mut Table<Message>,
    pub images: &'a mut Table<Image>,
    pub feedback: &'a mut Table<Feedback>,
}

pub(crate) use each_table;

impl Books {
    /// Books with the marketplace's own account and nothing else.
    pub(crate) fn empty(now: Moment) -> Books {
        let mut books = Books::default();
        books.numbers.put(ONLY, Numbers::default());
        books.plans.put(ONLY, Plans::default());
        books.rates.put(ONLY, Rates::default());
        books.users.put(MARKETPLACE, User::marketplace(now));
        if let Some(numbers) = books.numbers.edit(ONLY) {
            numbers.user = MARKETPLACE + 1;
        }
        books
    }

    /// Every table, for the store.
    pub(crate) fn tables(&mut self) -> Tables<'_> {
        Tables {
            numbers: &mut self.numbers,
            plans: &mut self.plans,
            rates: &mut self.rates,
            users: &mut self.users,
            invoices: &mut self.invoices,
            secrets: &mut self.secrets,
            payments: &mut self.payments,
            advertisements: &mut self.advertisements,
            deals: &mut self.deals,
            events: &mut self.events,
            conversations: &mut self.conversations,
            messages: &mut self.messages,
            images: &mut self.images,
            feedback: &mut self.feedback,
        }
    }

    /// Takes the next number of a kind.
    pub(crate) fn number(&mut self, of: impl FnOnce(&mut Numbers) -> &mut u64) -> Result<u64, Refusal> {
        let next = of(self.numbers.edit(ONLY).ok_or(Refusal::Internal)?);
        let taken = *next;
        *next = next.checked_add(1).ok_or(Refusal::Internal)?;
        Ok(taken)
    }

    /// Chooses the next numbers, as the world does at first start.
    pub(crate) fn set_numbers(&mut self, set: impl FnOnce(&mut Numbers)) -> Result<(), Refusal> {
        set(self.numbers.edit(ONLY).ok_or(Refusal::Internal)?);
        Ok(())
    }

    pub(crate) fn rates(&self) -> Result<&Rates, Refusal> {
        self.rates.get(ONLY).ok_or(Refusal::Internal)
    }

    pub(crate) fn rates_mut(&mut self) -> Result<&mut Rates, Refusal> {
        self.rates_changed = true;
        self.rates.edit(ONLY).ok_or(Refusal::Internal)
    }

    pub(crate) fn plans(&self) -> Result<&Plans, Refusal> {
        self.plans.get(ONLY).ok_or(Refusal::Internal)
    }

    pub(crate) fn plans_mut(&mut self) -> Result<&mut Plans, Refusal> {
        self.plans.edit(ONLY).ok_or(Refusal::Internal)
    }

    /// Makes the act final and says what to announce, one Balance per user whose balance changed.
    pub(crate) fn commit(&mut self, now: Moment) -> Announcements {
        each_table!(self.tables(), table => table.commit());
        self.arriving.clear();
        let mut notices: Vec<Notice> = std::mem::take(&mut self.balances_changed)
            .into_iter()
            .map(|to| Notice {
                id: 0,
                to,
                at: now,
                what: What::Balance,
            })
            .collect();
        notices.append(&mut self.outbox);
        Announcements {
            notices,
            rates_changed: std::mem::take(&mut self.rates_changed),
        }
    }

    /// Whether anything was done since the last commit.
    pub(crate) fn is_changed(&mut self) -> bool {
        let mut changed = false;
        each_table!(self.tables(), table => changed |= table.is_changed());
        changed
    }

    /// Undoes everything since the last commit.
    pub(crate) fn rollback(&mut self) {
        each_table!(self.tables(), table => table.rollback());
        self.arriving.clear();
        self.balances_changed.clear();
        self.outbox.clear();
        self.rates_changed = false;
    }

    pub(crate) fn announce(&mut self, notice: Notice) {
        self.outbox.push(notice);
    }

    pub(crate) fn balance_changed(&mut self, user: u64) {
        self.balances_changed.insert(user);
    }
}
