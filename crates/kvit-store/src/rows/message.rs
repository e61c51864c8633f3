//! Messages as columns.

use kvit_domain::{
    id::{MessageId, UserId},
    message::{Message, Talk},
};
use rusqlite::Row;

use crate::{
    fault::StoreFault,
    rows::{self, PicturesRow, odd, parse, stamp, time, user, user_bytes},
};

/// What a message says, as it lies in the file: equal if and only if it says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SaidIn {
    pub(crate) author: Option<Vec<u8>>,
    pub(crate) created: String,
    pub(crate) text: String,
    pub(crate) pictures: String,
}

impl SaidIn {
    /// What this message says.
    pub(crate) fn of(message: &Message) -> Result<Self, StoreFault> {
        Ok(Self {
            author: message.author.map(user_bytes),
            created: stamp(message.created),
            text: message.text.clone(),
            pictures: rows::write(&PicturesRow::from(&message.pictures))?,
        })
    }

    /// From the columns `author, created, text, pictures`, the first of which has this place.
    pub(crate) fn from_row(row: &Row<'_>, place: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            author: row.get(place)?,
            created: row.get(place.saturating_add(1))?,
            text: row.get(place.saturating_add(2))?,
            pictures: row.get(place.saturating_add(3))?,
        })
    }

    /// Names pictures that were only counted, where as many came.
    pub(crate) fn named(&self, came: &Message) -> Result<Self, StoreFault> {
        let mut pictures: PicturesRow = rows::read("pictures of a message", &self.pictures)?;
        pictures.name(&came.pictures);
        Ok(Self {
            pictures: rows::write(&pictures)?,
            ..self.clone()
        })
    }

    /// The message of that number.
    pub(crate) fn message(self, id: MessageId) -> Result<Message, StoreFault> {
        Ok(Message {
            id,
            created: time("time of a message", &self.created)?,
            author: self.author()?,
            pictures: rows::read::<PicturesRow>("pictures of a message", &self.pictures)?.names(),
            text: self.text,
        })
    }

    pub(crate) fn author(&self) -> Result<Option<UserId>, StoreFault> {
        self.author
            .as_deref()
            .map(|bytes| user("author of a message", bytes))
            .transpose()
    }
}

/// A number of a message from a column.
pub(crate) fn message_id(number: i64) -> Result<MessageId, StoreFault> {
    u64::try_from(number)
        .ok()
        .and_then(MessageId::new)
        .ok_or_else(|| odd("number of a message"))
}

/// A talk from its name.
pub(crate) fn talk(name: &str) -> Result<Talk, StoreFault> {
    parse("name of a talk", name)
}
