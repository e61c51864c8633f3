//! A message on its way, as a state machine. Pure.
//!
//! ```text
//!  Waiting ──► Uploading ──► Sending ──────────► Sent(message)
//!    ▲  ▲         │            │ │ └───────────► Failed(why)     the marketplace said no, and a look confirms it
//!    │  │         │            │ └─silence─► Checking ──┬──► Sent    a look found it
//!    │  └─────────┴────────────┘                        └──► Failed  two looks after the last moment it could arrive
//!    │     nothing could leave
//!    └── the person: once more ── Failed                      (or the person deletes it)
//! ```
//!
//! It is written down before the first byte leaves, and again, with the newest message of the talk (the *mark*), before
//! it is sent. Nothing leads from Checking back to Sending: what may have been delivered is not sent again. What was on
//! its way when the app ended is Checking at the next start.
//!
//! Whether it arrived a re-read of the talk tells: the person's own message above the mark, with the same pictures in
//! order or, where there are none, the same words, that no other one has claimed. The names of pictures are random and
//! used once, so they alone decide. Words may be said twice: a second message of the same words waits until the first
//! cannot be repeated any more.
//!
//! The front proxy repeats calls (section 2.1). What it makes of one message twice is found in the same way, is claimed
//! by the same one, and is shown once.
//!
//! [`send`] is what the person does, [`deliver`] carries it out, [`outbox`] holds what is on its way, [`kept`] is how it lies in the store.

mod deliver;
mod kept;
mod outbox;
mod send;
mod upload;

use std::{collections::BTreeSet, time::Duration};

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode, MoneyMoved},
    id::{MessageId, UserId},
    message::{Message, Talk},
    picture::PictureId,
};

pub(crate) use outbox::Outbox;
pub use outbox::UploadProgress;

use crate::{operation::LOOKS_FOR_ABSENCE, pace::Pace};

/// Number of an outgoing message: random, made here, never sent anywhere.
pub type OutgoingId = uuid::Uuid;

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutgoingState {
    /// Written down. It waits for a connection or for its turn.
    Waiting,
    /// Its pictures are being uploaded; nothing is said yet.
    Uploading,
    /// The call is being made.
    Sending,
    /// Silence: whether it arrived is being looked at.
    Checking {
        /// Looks made so far, whatever they found.
        looks: u32,
        /// Looks later than [`Pace::last_arrival`] that found nothing.
        absent: u32,
    },
    /// It arrived, as this message.
    Sent(MessageId),
    /// It did not: refused, or, where the fault hides what happened, proven absent.
    Failed(Fault),
}

impl OutgoingState {
    /// Still to be delivered, or to be found out about.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Sent(_) | Self::Failed(_))
    }

    /// Nothing of it has left that anybody could see.
    pub fn is_before_sending(&self) -> bool {
        matches!(self, Self::Waiting | Self::Uploading)
    }
}

/// What one look at the talk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// It is there, and where it is there several times, so often; by number.
    Found(Vec<MessageId>),
    /// No trace.
    Nothing,
    /// The look itself failed.
    Failed,
}

/// An outgoing message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Number here.
    pub id: OutgoingId,
    /// Where to.
    pub talk: Talk,
    /// Words.
    pub text: String,
    /// Pictures, in order.
    pub pictures: Vec<PictureId>,
    /// When the person sent it off.
    pub made: Timestamp,
    /// Where it stands.
    pub state: OutgoingState,
    /// Newest message of the talk just before it was sent.
    pub mark: Option<MessageId>,
    /// When the call was made.
    pub sent_off: Option<Timestamp>,
    /// Why nothing was heard of it.
    pub silence: Option<Fault>,
    /// Further copies of it that the front proxy made.
    pub repeats: Vec<MessageId>,
    /// Nothing of it can arrive any more, and that was looked at.
    pub watched: bool,
}

impl Outgoing {
    /// A new one.
    pub(crate) fn new(
        id: OutgoingId,
        talk: Talk,
        text: String,
        pictures: Vec<PictureId>,
        made: Timestamp,
    ) -> Self {
        Self {
            id,
            talk,
            text,
            pictures,
            made,
            state: OutgoingState::Waiting,
            mark: None,
            sent_off: None,
            silence: None,
            repeats: Vec::new(),
            watched: false,
        }
    }

    /// The message it became.
    pub fn message(&self) -> Option<MessageId> {
        match self.state {
            OutgoingState::Sent(message) => Some(message),
            _ => None,
        }
    }

    /// Its pictures are on their way.
    pub(crate) fn uploading(&mut self) {
        if self.state == OutgoingState::Waiting {
            self.state = OutgoingState::Uploading;
        }
    }

    /// The call is about to be made; `mark` is the newest message of the talk.
    pub(crate) fn sending(&mut self, mark: Option<MessageId>, now: Timestamp) {
        if self.state.is_before_sending() {
            self.state = OutgoingState::Sending;
            self.mark = mark;
            self.sent_off = Some(now);
        }
    }

    /// No line could be made, so nothing has left: it waits for its next turn.
    pub(crate) fn not_sent(&mut self) {
        if matches!(self.state, OutgoingState::Uploading | OutgoingState::Sending) {
            self.state = OutgoingState::Waiting;
            self.mark = None;
            self.sent_off = None;
        }
    }

    /// No answer came.
    pub(crate) fn silence(&mut self, fault: Fault) {
        if self.state == OutgoingState::Sending {
            self.state = OutgoingState::Checking { looks: 0, absent: 0 };
            self.silence = Some(of_words(fault));
        }
    }

    /// The marketplace refused, and nothing contradicts it.
    pub(crate) fn refused(&mut self, fault: Fault) {
        if self.state.is_before_sending() || self.state == OutgoingState::Sending {
            self.state = OutgoingState::Failed(of_words(fault));
        }
    }

    /// It is there. One that was taken for not delivered is corrected: the front proxy's first try was slower than the
    /// look after the refusal of its second one.
    pub(crate) fn arrived(&mut self, found: &[MessageId]) {
        let open = match self.state {
            OutgoingState::Sending | OutgoingState::Checking { .. } => true,
            OutgoingState::Failed(_) => self.sent_off.is_some(),
            _ => false,
        };
        if open && let Some((first, rest)) = found.split_first() {
            self.state = OutgoingState::Sent(*first);
            self.repeated(rest);
        }
    }

    /// Further copies of one that arrived.
    pub(crate) fn repeated(&mut self, copies: &[MessageId]) {
        let Some(own) = self.message() else { return };
        self.repeats.extend(copies.iter().filter(|copy| **copy != own));
        self.repeats.sort_unstable();
        self.repeats.dedup();
    }

    /// Takes in that these messages are this one, whether or not that was known.
    pub(crate) fn take_in_copies(&mut self, found: &[MessageId]) {
        self.arrived(found);
        self.repeated(found);
    }

    /// Takes in what a look **begun** at `began` found, `quiet` after the silence began.
    pub(crate) fn looked(&mut self, look: &Look, began: Timestamp, quiet: Duration, pace: &Pace) {
        let OutgoingState::Checking { looks, absent } = self.state else {
            return;
        };
        let looks = looks.saturating_add(1);
        let late = pace.is_late(self.sent_off.unwrap_or(self.made), began, quiet);
        match look {
            Look::Found(found) => self.arrived(found),
            Look::Nothing if late && absent + 1 >= LOOKS_FOR_ABSENCE => {
                let why = self.silence.clone();
                self.state = OutgoingState::Failed(why.unwrap_or_else(|| FaultCode::TimedOut.into()));
                // Proven by looks later than anything can arrive.
                self.watched = true;
            }
            Look::Nothing => {
                let absent = if late { absent + 1 } else { absent };
                self.state = OutgoingState::Checking { looks, absent };
            }
            Look::Failed => self.state = OutgoingState::Checking { looks, absent },
        }
    }

    /// The person wants it sent once more.
    pub(crate) fn once_more(&mut self) {
        if matches!(self.state, OutgoingState::Failed(_)) {
            self.state = OutgoingState::Waiting;
            self.mark = None;
            self.sent_off = None;
            self.silence = None;
            self.watched = false;
        }
    }

    /// Nothing of it can arrive any more.
    pub(crate) fn watched(&mut self) {
        self.watched = true;
    }

    /// It arrived, and the front proxy may have repeated it, or still do so: nobody has looked after its last word.
    pub(crate) fn may_be_repeated(&self) -> bool {
        matches!(self.state, OutgoingState::Sent(_)) && !self.watched
    }

    /// Could this message be what it became? The person's own, above the mark, with the same pictures; with the same words
    /// where there are none.
    pub(crate) fn could_be(&self, message: &Message, me: UserId) -> bool {
        self.sent_off.is_some()
            && message.author == Some(me)
            && self.mark.is_none_or(|mark| message.id > mark)
            && message.pictures == self.pictures
            && (!self.pictures.is_empty() || message.text == self.text)
    }

    /// Those of the messages that are this one: its own, and those that it could be and that no other one has claimed.
    pub(crate) fn copies_among<'a>(
        &self,
        messages: impl IntoIterator<Item = &'a Message>,
        claimed: &BTreeSet<MessageId>,
        me: UserId,
    ) -> Vec<MessageId> {
        let own = |id| self.message() == Some(id) || self.repeats.contains(&id);
        messages
            .into_iter()
            .filter(|message| own(message.id) || !claimed.contains(&message.id))
            .filter(|message| self.could_be(message, me))
            .map(|message| message.id)
            .collect()
    }

    /// Would the two become messages that cannot be told apart?
    pub(crate) fn is_twin_of(&self, other: &Self) -> bool {
        self.id != other.id
            && self.talk == other.talk
            && self.pictures.is_empty()
            && other.pictures.is_empty()
            && self.text == other.text
    }
}

/// A fault of a call that moves no money, whatever became of it.
fn of_words(fault: Fault) -> Fault {
    Fault {
        money: MoneyMoved::No,
        ..fault
    }
}

#[cfg(test)]
mod tests;
