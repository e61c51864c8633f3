//! Pictures: what the person is about to send, which must not be lost, and a cache of all others.

mod cache;
mod draft;

pub(crate) use draft::{drop_of, queue};

use kvit_domain::{Timestamp, message::Talk, picture::PictureId};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use uuid::Uuid;

use crate::{
    fault::StoreFault,
    rows::{self, number, odd, stamp, time},
    store::{Level, Store},
};

/// Most bytes of one size of a picture.
pub const BYTES_LIMIT: usize = 64 * 1024 * 1024;
/// Longest name of a picture, in bytes.
const NAME_LIMIT: usize = 1024;

/// A picture, its bytes aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureRow {
    /// Its name at the marketplace.
    pub id: PictureId,
    /// Made on this installation, to be sent.
    pub mine: bool,
    /// Where it is sent or was found, if in a talk.
    pub talk: Option<Talk>,
    /// How far it is.
    pub state: PictureState,
    /// Name of its file as the person knew it; never sent. Empty: none.
    pub name: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes of the original.
    pub length: u64,
    /// SHA-256 of the original.
    pub sha256: Option<[u8; 32]>,
    /// When it was made, or came first.
    pub made: Timestamp,
    /// When it was last looked at.
    pub used: Timestamp,
}

/// How far a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureState {
    /// In the draft of its talk, at this place.
    Draft(u32),
    /// Of a message on its way; not at the marketplace yet.
    Queued,
    /// Of a message, and at the marketplace.
    Uploaded,
    /// Came from the marketplace.
    Received,
    /// The marketplace did not have it yet.
    Missing,
    /// Came, and is not a picture.
    Damaged,
}

impl PictureState {
    fn word(self) -> &'static str {
        match self {
            Self::Draft(_) => "draft",
            Self::Queued => "queued",
            Self::Uploaded => "uploaded",
            Self::Received => "received",
            Self::Missing => "missing",
            Self::Damaged => "damaged",
        }
    }

    fn of(word: &str, place: Option<u32>) -> Result<Self, StoreFault> {
        match (word, place) {
            ("draft", Some(place)) => Ok(Self::Draft(place)),
            ("queued", _) => Ok(Self::Queued),
            ("uploaded", _) => Ok(Self::Uploaded),
            ("received", _) => Ok(Self::Received),
            ("missing", _) => Ok(Self::Missing),
            ("damaged", _) => Ok(Self::Damaged),
            _ => Err(odd("state of a picture")),
        }
    }

    fn place(self) -> Option<u32> {
        match self {
            Self::Draft(place) => Some(place),
            _ => None,
        }
    }

    /// States of pictures made here.
    fn is_mine(self) -> bool {
        matches!(self, Self::Draft(_) | Self::Queued | Self::Uploaded)
    }

    /// Nobody else has it.
    fn is_precious(self) -> bool {
        matches!(self, Self::Draft(_) | Self::Queued)
    }

    fn level(self) -> Level {
        if self.is_precious() {
            Level::Durable
        } else {
            Level::Copy
        }
    }
}

/// Which bytes of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// All of it.
    Original,
    /// Small, for a list.
    Preview,
}

impl PictureSize {
    fn word(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Preview => "preview",
        }
    }
}

fn bytes_of(id: PictureId) -> Vec<u8> {
    id.get().as_bytes().to_vec()
}

fn refused(why: &str) -> StoreFault {
    StoreFault::Invalid(why.to_owned())
}

const COLUMNS: &str =
    "SELECT id, mine, talk, state, place, name, width, height, length, sha256, made, used FROM pictures";

struct Columns {
    id: Vec<u8>,
    mine: bool,
    talk: Option<String>,
    state: String,
    place: Option<u32>,
    name: String,
    width: u32,
    height: u32,
    length: u64,
    sha256: Option<[u8; 32]>,
    made: String,
    used: String,
}

impl Columns {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            mine: row.get(1)?,
            talk: row.get(2)?,
            state: row.get(3)?,
            place: row.get(4)?,
            name: row.get(5)?,
            width: row.get(6)?,
            height: row.get(7)?,
            length: row.get(8)?,
            sha256: row.get(9)?,
            made: row.get(10)?,
            used: row.get(11)?,
        })
    }

    fn picture(self) -> Result<PictureRow, StoreFault> {
        Ok(PictureRow {
            id: PictureId::new(Uuid::from_slice(&self.id).map_err(|_| odd("name of a picture"))?),
            mine: self.mine,
            talk: self.talk.as_deref().map(rows::talk).transpose()?,
            state: PictureState::of(&self.state, self.place)?,
            name: self.name,
            width: self.width,
            height: self.height,
            length: self.length,
            sha256: self.sha256,
            made: time("time of a picture", &self.made)?,
            used: time("time of a picture", &self.used)?,
        })
    }
}

fn pictures(look: &Connection, rest: &str, values: &[&dyn ToSql]) -> Result<Vec<PictureRow>, StoreFault> {
    let mut statement = look.prepare_cached(&format!("{COLUMNS} {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Columns::of(row)?.picture()?);
    }
    Ok(found)
}

/// Whose a kept picture is, and its state.
fn kept(step: &Connection, id: PictureId) -> rusqlite::Result<Option<(bool, String)>> {
    step.prepare_cached("SELECT mine, state FROM pictures WHERE id = ?1")?
        .query_row([bytes_of(id)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

fn bounded(row: &PictureRow, bytes: &[Option<&[u8]>]) -> Result<(), StoreFault> {
    if row.name.len() > NAME_LIMIT
        || i64::try_from(row.length).is_err()
        || bytes.iter().flatten().any(|bytes| bytes.len() > BYTES_LIMIT)
    {
        return Err(refused("the picture is too large"));
    }
    if row.mine != row.state.is_mine() {
        return Err(refused(
            "a picture made here is not received, nor the other way round",
        ));
    }
    if matches!(row.state, PictureState::Draft(_)) && row.talk.is_none() {
        return Err(refused("a draft is of a talk"));
    }
    Ok(())
}

fn put_bytes(step: &Connection, id: PictureId, size: PictureSize, bytes: &[u8]) -> Result<(), StoreFault> {
    step.prepare_cached(
        "INSERT INTO picture_bytes (picture, size, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (picture, size) DO UPDATE SET bytes = excluded.bytes",
    )?
    .execute(params![bytes_of(id), size.word(), bytes])?;
    Ok(())
}

impl Store {
    /// Keeps a picture, in the place of an earlier one of that name; bytes that are not given stay as they are. On the disk
    /// when it returns if nobody else has it, some time later otherwise.
    ///
    /// # Errors
    /// `Invalid` for what is too large, for a state that its maker does not allow, for a received one in the place of one
    /// made here or the other way round, and for one that is on its way already; damage; the disk. Nothing is kept then.
    pub fn put_picture(
        &self,
        row: &PictureRow,
        original: Option<&[u8]>,
        preview: Option<&[u8]>,
    ) -> Result<(), StoreFault> {
        bounded(row, &[original, preview])?;
        self.write(row.state.level(), "pictures", |step| {
            if let Some((mine, state)) = kept(step, row.id)? {
                if mine != row.mine {
                    return Err(refused("somebody else's picture has this name"));
                }
                if state == PictureState::Queued.word() {
                    return Err(refused("the picture is on its way already"));
                }
            }
            step.prepare_cached(
                "INSERT INTO pictures (id, mine, talk, state, place, name, width, height, length, sha256, made, used, held)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)
                 ON CONFLICT (id) DO UPDATE SET talk = excluded.talk, state = excluded.state, place = coalesce(excluded.place, pictures.place),
                     name = excluded.name, width = excluded.width, height = excluded.height, length = excluded.length,
                     sha256 = excluded.sha256, made = excluded.made, used = excluded.used",
            )?
            .execute(params![
                bytes_of(row.id),
                row.mine,
                row.talk.map(|talk| talk.to_string()),
                row.state.word(),
                row.state.place(),
                row.name,
                row.width,
                row.height,
                number(row.length),
                row.sha256,
                stamp(row.made),
                stamp(row.used),
            ])?;
            for (size, bytes) in [(PictureSize::Original, original), (PictureSize::Preview, preview)] {
                if let Some(bytes) = bytes {
                    put_bytes(step, row.id, size, bytes)?;
                }
            }
            step.prepare_cached(
                "UPDATE pictures SET held = (SELECT coalesce(sum(length(bytes)), 0) FROM picture_bytes WHERE picture = ?1)
                 WHERE id = ?1",
            )?
            .execute([bytes_of(row.id)])?;
            Ok(())
        })
    }

    /// A picture; `None`: never seen.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn picture(&self, id: PictureId) -> Result<Option<PictureRow>, StoreFault> {
        self.read(|look| {
            Ok(pictures(look, "WHERE id = ?1", &[&bytes_of(id)])?
                .into_iter()
                .next())
        })
    }

    /// Its bytes; `None`: they are not here.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn picture_bytes(&self, id: PictureId, size: PictureSize) -> Result<Option<Vec<u8>>, StoreFault> {
        self.read(|look| {
            Ok(look
                .prepare_cached("SELECT bytes FROM picture_bytes WHERE picture = ?1 AND size = ?2")?
                .query_row(params![bytes_of(id), size.word()], |row| row.get(0))
                .optional()?)
        })
    }

    /// Puts a picture into another state; `false`: there is none of that name. One that goes back into a draft is no
    /// message's any more.
    ///
    /// # Errors
    /// `Invalid` for a state that its maker does not allow; damage; the disk. Nothing is kept then.
    pub fn set_picture_state(&self, id: PictureId, state: PictureState) -> Result<bool, StoreFault> {
        self.write(state.level(), "picture_state", |step| {
            let Some((mine, _)) = kept(step, id)? else {
                return Ok(false);
            };
            if mine != state.is_mine() {
                return Err(refused(
                    "a picture made here is not received, nor the other way round",
                ));
            }
            let draft = matches!(state, PictureState::Draft(_));
            step.prepare_cached(
                "UPDATE pictures SET state = ?2, place = CASE WHEN ?4 THEN ?3 ELSE place END,
                                     outgoing = CASE WHEN ?4 THEN NULL ELSE outgoing END
                 WHERE id = ?1",
            )?
            .execute(params![bytes_of(id), state.word(), state.place(), draft])?;
            Ok(true)
        })
    }
}
