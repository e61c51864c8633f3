//! The lines of a talk: its messages, and at its end what the person sent that became no message yet.

use kvit_domain::{
    Timestamp,
    fault::Fault,
    id::MessageId,
    message::{Message, Talk},
};
use kvit_store::{KeptMessage, Page, Store, StoreFault};

use crate::{engine::Engine, outgoing::Outgoing, shell::Shell};

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
    repetitions: Vec<(MessageId, MessageId)>,
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
        let found = account
            .ask_behind(move |store| find(store, talk, page, count))
            .await?;
        let me = account.me().ok();
        let repeats = |id: MessageId| {
            let of_it = found.repetitions.iter().filter(|(_, of)| *of == id);
            u32::try_from(of_it.count()).unwrap_or(u32::MAX)
        };
        let is_repetition = |id: MessageId| found.repetitions.iter().any(|(repetition, _)| *repetition == id);
        let id_of = |kept: Option<&KeptMessage>| kept.map(|kept| kept.message.id);
        let (first, last) = (id_of(found.messages.first()), id_of(found.messages.last()));
        let mut lines: Vec<TalkLine> = found
            .messages
            .into_iter()
            .filter(|kept| !is_repetition(kept.message.id))
            .map(|kept| TalkLine::Message {
                mine: me.is_some() && kept.message.author == me,
                repeats: repeats(kept.message.id),
                message: kept.message,
                first_seen: kept.first_seen,
                former: kept.former,
            })
            .collect();
        if !found.later {
            lines.extend(account.outbox.of(talk)?.into_iter().map(TalkLine::Outgoing));
        }
        Ok(TalkLines {
            lines,
            first,
            last,
            earlier: found.earlier,
            later: found.later,
            total: found.total,
        })
    }
}

fn find(store: &Store, talk: Talk, page: Page, count: u32) -> Result<Found, StoreFault> {
    let total = store.message_count(talk)?;
    let messages = store.messages(talk, page, count)?;
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
        return Ok(Found {
            total,
            messages: Vec::new(),
            repetitions: Vec::new(),
            earlier: matches!(page, Page::After(_)),
            later: matches!(page, Page::Before(_)),
        });
    };
    let (first, last) = (first.message.id, last.message.id);
    Ok(Found {
        total,
        // A repetition may stand on a later page than what it repeats.
        repetitions: store.repetitions(
            talk,
            first,
            MessageId::new(i64::MAX.unsigned_abs()).unwrap_or(last),
        )?,
        earlier: !store.messages(talk, Page::Before(first), 1)?.is_empty(),
        later: !store.messages(talk, Page::After(last), 1)?.is_empty(),
        messages,
    })
}
