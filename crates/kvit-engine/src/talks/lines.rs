//! The lines of a talk: its messages, and at its end what the person sent that became no message yet.

use std::collections::BTreeMap;

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    id::{MessageId, UserId},
    message::{Message, Talk},
};
use kvit_store::{KeptMessage, Page, Store, StoreFault};

use crate::{
    engine::Engine,
    outgoing::{Outbox, Outgoing},
    shell::Shell,
};

/// Most messages of a page.
const LINES: u32 = 200;

/// A line of a talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TalkLine {
    /// A message.
    Message {
        /// As the marketplace gives it now, or gave it last.
        message: Message,
        /// The person wrote it.
        mine: bool,
        /// When it was read here first.
        first_seen: Timestamp,
        /// What the marketplace gave under this number before, oldest first.
        former: Vec<Message>,
        /// It arrived so many times more: the front proxy repeated it (section 2.1). Those are shown as this one.
        repeats: u32,
    },
    /// One that became no message yet.
    Outgoing(Outgoing),
}

/// Lines of a talk, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalkLines {
    /// The lines.
    pub lines: Vec<TalkLine>,
    /// The first of the messages, repetitions counted: ask for what is before it.
    pub first: Option<MessageId>,
    /// The last of the messages, repetitions counted: ask for what is after it, and say that it was read.
    pub last: Option<MessageId>,
    /// There are messages before these.
    pub earlier: bool,
    /// There are messages after these.
    pub later: bool,
    /// Messages of the whole talk, repetitions counted.
    pub total: u64,
}

struct Found {
    total: u64,
    messages: Vec<KeptMessage>,
    /// Repetitions with what they are repetitions of.
    repetitions: BTreeMap<MessageId, MessageId>,
    earlier: bool,
    later: bool,
}

impl<S: Shell> Engine<S> {
    /// Lines of a talk from the store: at most `count` messages, 200 at most; those on their way stand at the end.
    ///
    /// # Errors
    /// Why the store is not open.
    pub async fn talk_lines(&self, talk: Talk, page: Page, count: u32) -> Result<TalkLines, Fault> {
        let account = self.opened()?;
        let count = count.clamp(1, LINES);
        // In this order: what becomes a message in between is among the messages.
        let before = account.outbox.of(talk)?;
        let mut found = account
            .ask_behind(move |store| find(store, talk, page, count))
            .await?;
        let me = account.me().ok();
        let on_their_way = found.without_messages(&account.outbox, talk, before, me)?;
        Ok(found.lines(on_their_way, me))
    }
}

impl Found {
    /// Those of the ones that were on their way `before` the messages were read that are none of them. What the others
    /// became is taken in, also where nobody has claimed it yet: each is in one place, whatever happens meanwhile.
    fn without_messages(
        &mut self,
        outbox: &Outbox,
        talk: Talk,
        before: Vec<Outgoing>,
        me: Option<UserId>,
    ) -> Result<Vec<Outgoing>, Fault> {
        // First the claims, then what became of each: what is claimed in between shows there.
        let claimed = outbox.claimed(talk)?;
        let mut left = Vec::new();
        for was in before {
            let mut now = match outbox.get(was.id) {
                Ok(now) => now,
                // Taken back, or deleted.
                Err(fault) if fault.code == FaultCode::MessageNotFound => continue,
                Err(fault) => return Err(fault),
            };
            if let Some(me) = me
                && !outbox.has_open_twin(&now)
            {
                now.take_in_copies(&now.copies_among(self.said(), &claimed, me));
            }
            match now.message() {
                None => left.push(now),
                Some(message) if self.has(message) => self.take_in_repeats(&now),
                // It arrived after the messages were read.
                Some(_) => left.push(was),
            }
        }
        for mut arrived in outbox.may_be_repeated(talk) {
            if let Some(me) = me {
                arrived.repeated(&arrived.copies_among(self.said(), &claimed, me));
            }
            self.take_in_repeats(&arrived);
        }
        Ok(left)
    }

    fn said(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().map(|kept| &kept.message)
    }

    /// It is here, or before what is here.
    fn has(&self, message: MessageId) -> bool {
        let mut said = self.said().map(|said| said.id);
        self.said().next().is_some_and(|first| message < first.id) || said.any(|id| id == message)
    }

    fn take_in_repeats(&mut self, arrived: &Outgoing) {
        if let Some(message) = arrived.message() {
            self.repetitions
                .extend(arrived.repeats.iter().map(|copy| (*copy, message)));
        }
    }

    /// All of it in order.
    fn lines(self, on_their_way: Vec<Outgoing>, me: Option<UserId>) -> TalkLines {
        let repeats = |id: MessageId| {
            let of_it = self.repetitions.values().filter(|of| **of == id);
            u32::try_from(of_it.count()).unwrap_or(u32::MAX)
        };
        let id_of = |kept: Option<&KeptMessage>| kept.map(|kept| kept.message.id);
        let (first, last) = (id_of(self.messages.first()), id_of(self.messages.last()));
        let mut lines: Vec<TalkLine> = self
            .messages
            .into_iter()
            .filter(|kept| !self.repetitions.contains_key(&kept.message.id))
            .map(|kept| TalkLine::Message {
                mine: me.is_some() && kept.message.author == me,
                repeats: repeats(kept.message.id),
                message: kept.message,
                first_seen: kept.first_seen,
                former: kept.former,
            })
            .collect();
        if !self.later {
            lines.extend(on_their_way.into_iter().map(TalkLine::Outgoing));
        }
        TalkLines {
            lines,
            first,
            last,
            earlier: self.earlier,
            later: self.later,
            total: self.total,
        }
    }
}

fn find(store: &Store, talk: Talk, page: Page, count: u32) -> Result<Found, StoreFault> {
    let total = store.message_count(talk)?;
    let messages = store.messages(talk, page, count)?;
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
        return Ok(Found {
            total,
            messages: Vec::new(),
            repetitions: BTreeMap::new(),
            earlier: matches!(page, Page::After(_)),
            later: matches!(page, Page::Before(_)),
        });
    };
    let (first, last) = (first.message.id, last.message.id);
    Ok(Found {
        total,
        // A repetition may stand on a later page than what it repeats.
        repetitions: store
            .repetitions(
                talk,
                first,
                MessageId::new(i64::MAX.unsigned_abs()).unwrap_or(last),
            )?
            .into_iter()
            .collect(),
        earlier: !store.messages(talk, Page::Before(first), 1)?.is_empty(),
        // After the end there is nothing; what came since this was read is announced.
        later: page != Page::Last && !store.messages(talk, Page::After(last), 1)?.is_empty(),
        messages,
    })
}

#[cfg(test)]
mod tests;
