//! The real engine in a process of its own, over a folder with a real encrypted store.
//!
//! It does what a person would do, as told in lines of JSON, and says what a person would have been told. It can be
//! killed at any moment and started again over the same folder.

mod points;
pub mod sends;
mod serve;

use serde::{Deserialize, Serialize};

pub use serve::{Start, serve};
pub(crate) use serve::{entry, journal, perform};

/// Named places in the engine where a run can stop, kill or panic it.
#[derive(Debug, Clone, Copy)]
pub struct Points {
    /// Those that every act passes, or every look of one.
    pub act: &'static [&'static str],
    /// Those that are passed only after news or when all is read again; a kill there comes when it comes.
    pub later: &'static [&'static str],
    /// Those of the store.
    pub store: &'static [&'static str],
}

impl Points {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        [self.act, self.later, self.store].into_iter().flatten().copied()
    }
}

/// Passed when news comes, or when all is read again.
const NEWS: &[&str] = &["sync.page", "news.kept", "news.acted", "news.told", "news.marked"];

/// The points of acts that move money.
pub const PAYMENTS: Points = Points {
    act: &[
        "act.begun",
        "act.before_call",
        "act.after_call",
        "act.before_settle",
        "act.after_settle",
        "act.look",
    ],
    later: NEWS,
    store: &[
        "store.begin.before_commit",
        "store.begin.after_commit",
        "store.change.before_commit",
        "store.change.after_commit",
        "store.payments.before_commit",
        "store.payments.after_commit",
        "store.news.before_commit",
        "store.news.after_commit",
    ],
};

/// The points of messages and pictures.
pub const TALKS: Points = Points {
    act: &[
        "outgoing.begun",
        "outgoing.before_call",
        "outgoing.after_call",
        "outgoing.before_settle",
        "outgoing.look",
        "pictures.before_upload",
        "pictures.after_upload",
    ],
    later: NEWS,
    store: &[
        "store.outgoing.before_commit",
        "store.outgoing.after_commit",
        "store.outgoing_change.before_commit",
        "store.outgoing_change.after_commit",
        "store.drafts.before_commit",
        "store.drafts.after_commit",
        "store.talks.before_commit",
        "store.talks.after_commit",
        "store.news.before_commit",
        "store.news.after_commit",
    ],
};

/// What the engine's process is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Order {
    /// An act. Answered by [`Word::Told`].
    Act {
        /// Number of the asking.
        ask: u64,
        /// What.
        act: Act,
    },
    /// What stands in the journal. Answered by [`Word::Journal`].
    Journal {
        /// Only so many, the newest; all if not given.
        most: Option<usize>,
    },
    /// How much is not settled. Answered by [`Word::State`].
    State,
    /// At a point the process says [`Word::At`] and panics; once.
    PanicAt {
        /// Which.
        point: String,
    },
    /// The process ends itself with SIGKILL at a point, when it is passed for the `nth` time (from 1).
    KillAt {
        /// Which.
        point: String,
        /// When.
        nth: u32,
    },
    /// At a point the process says [`Word::At`] and waits for [`Order::Go`]; once.
    HoldAt {
        /// Which.
        point: String,
    },
    /// Goes on from where it is held.
    Go,
    /// About talks. Answered by [`Word::Talks`].
    Talks {
        /// What.
        order: sends::Order,
    },
}

/// An act as a person chooses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Pay from balance.
    Pay {
        /// Which invoice.
        invoice: u64,
        /// Pieces.
        pieces: u32,
        /// Satoshi on the button.
        seen: i64,
    },
    /// Pay through the best advertisement for this country, currency and payment system: the terms are read as a screen
    /// reads them, and then agreed to.
    PayByDeal {
        /// Which invoice.
        invoice: u64,
        /// Pieces.
        pieces: u32,
        /// Satoshi seen.
        seen: i64,
        /// Country.
        country: String,
        /// Currency.
        currency: String,
        /// Payment system.
        payment_type: String,
        /// The advertisement is chosen; otherwise whatever is cheapest when the call arrives.
        chosen: bool,
    },
    /// Cancel a payment.
    Cancel {
        /// Which.
        payment: u64,
    },
    /// Say that the fiat was sent.
    Declare {
        /// Of which deal.
        deal: u64,
    },
    /// Cancel a deal.
    CancelDeal {
        /// Which.
        deal: u64,
    },
}

/// What the engine's process says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Word {
    /// It is there; `open`: operations it found open.
    Ready {
        /// How many.
        open: usize,
    },
    /// What the person was told of an act.
    Told {
        /// Number of the asking.
        ask: u64,
        /// What.
        end: End,
    },
    /// The journal, newest first.
    Journal {
        /// Its operations.
        operations: Vec<Entry>,
    },
    /// What is not settled.
    State {
        /// Open operations.
        open: Vec<Entry>,
        /// Settled ones that are still watched for a repetition.
        watched: usize,
    },
    /// Held at a point.
    At {
        /// Which.
        point: String,
    },
    /// It cannot go on.
    Failed {
        /// Why.
        why: String,
    },
    /// About talks.
    Talks {
        /// What.
        word: sends::Word,
    },
}

/// What a person is told at the end of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It happened.
    Done {
        /// The payment.
        payment: Option<u64>,
        /// Its deal.
        deal: Option<u64>,
        /// Not what was agreed to.
        differs: bool,
    },
    /// Not done.
    Refused {
        /// The code of the fault.
        code: String,
        /// The person is told that money may have moved.
        money_unknown: bool,
    },
    /// Not known yet.
    Unknown {
        /// The operation that finds out.
        operation: String,
    },
}

/// An operation of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub id: String,
    /// What it does.
    pub act: String,
    /// On which invoice.
    pub invoice: Option<u64>,
    /// How many pieces.
    pub pieces: Option<u32>,
    /// Which payment it was about.
    pub about: Option<u64>,
    /// Which deal it was about.
    pub deal: Option<u64>,
    /// How it stands.
    pub state: State,
    /// The payment it made.
    pub made: Option<u64>,
    /// Further payments of the same intent that were noticed.
    pub doubles: Vec<u64>,
    /// The sum taken is marked as another one than agreed.
    pub differs: bool,
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not settled.
    Open,
    /// It happened.
    Done,
    /// Refused.
    Refused,
    /// Proven not to have happened.
    Absent,
}
