//! Talks: where messages are exchanged, conversations and the chats of deals alike, each with its other side, its newest
//! words, and how far the person has read.

mod adopt;
mod change;
mod keep;
mod query;

pub(crate) use adopt::adopt_deals;
pub(crate) use keep::{Copied, hear, is_kept};

use kvit_domain::{
    Timestamp,
    id::{ConversationId, MessageId, UserId},
    message::Talk,
    person::Person,
};

use crate::{
    fault::StoreFault,
    rows::{number, user_bytes},
};

/// Most characters of the newest message that a list shows.
const LAST_WORDS: usize = 200;

/// A talk as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTalk {
    /// Where.
    pub talk: Talk,
    /// Number of the conversation; `None`: a deal's chat, or there is nothing at the marketplace yet.
    pub conversation: Option<ConversationId>,
    /// The other side, as last read.
    pub with: Person,
    /// Words of the invoice, or the title of the deal's advertisement. A stranger's text.
    pub subject: String,
    /// The newest message; `None`: nothing was said yet.
    pub last: Option<LastWords>,
    /// Messages of others above [`KeptTalk::read_to`].
    pub unread: u32,
    /// The newest message that the person has read.
    pub read_to: Option<MessageId>,
    /// The person deleted it; something new brings it back.
    pub hidden: bool,
    /// When it was read from the marketplace, or begun here.
    pub read: Timestamp,
}

/// The newest message of a talk, for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    /// Its number.
    pub id: MessageId,
    /// When.
    pub at: Timestamp,
    /// Author; `None`: the arbiter of a deal.
    pub author: Option<UserId>,
    /// The beginning of its text, at most 200 characters. A stranger's text.
    pub text: String,
    /// How many pictures it has.
    pub pictures: u32,
}

/// Which talks are wanted; hidden ones never are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TalksQuery {
    /// Part of the other side's name, of the subject or of a message; number of the payment or deal, number or link of the
    /// invoice. Blank: all.
    pub text: String,
    /// Only with this person.
    pub person: Option<UserId>,
    /// Only those with something unread.
    pub unread_only: bool,
    /// The chats of deals too.
    pub deals: bool,
}

/// What became of a copy of a talk that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub talk: Talk,
    /// Something that a screen shows of it changed.
    pub changed: bool,
    /// Messages that were not seen before, the person's own included, by number.
    pub fresh: Vec<MessageId>,
    /// Messages that the marketplace gave otherwise before, by number. Both are kept.
    pub altered: Vec<MessageId>,
}

/// What nobody has read yet, hidden talks aside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unread {
    /// Talks with something unread.
    pub talks: u32,
    /// Unread messages.
    pub messages: u32,
}

/// A talk in columns: kind, number of what it is about, buyer.
pub(crate) fn place(talk: Talk) -> (&'static str, i64, Option<Vec<u8>>) {
    match talk {
        Talk::Invoice { invoice, buyer } => ("invoice", number(invoice.get()), Some(user_bytes(buyer))),
        Talk::Payment(id) => ("payment", number(id.get()), None),
        Talk::Deal(id) => ("deal", number(id.get()), None),
    }
}

pub(crate) fn unknown() -> StoreFault {
    StoreFault::Invalid("there is no such talk".to_owned())
}
