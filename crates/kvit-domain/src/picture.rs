//! Pictures: known by a number that whoever makes them chooses (section 10.1).

use std::{fmt, str::FromStr};

/// Most pictures of one message (section 3.3).
pub const PICTURES_OF_A_MESSAGE: usize = 10;

/// Largest picture that the marketplace takes, bytes (section 10.2).
pub const PICTURE_LIMIT: usize = 10 * 1024 * 1024;

/// A picture's GUID. It belongs to whoever uploads it and to one message; one is never used twice (section 10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureId(uuid::Uuid);

impl PictureId {
    /// The picture of this GUID.
    pub fn new(id: uuid::Uuid) -> Self {
        Self(id)
    }

    /// The GUID.
    pub fn get(self) -> uuid::Uuid {
        self.0
    }
}

impl fmt::Display for PictureId {
    /// Lower-case with hyphens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl FromStr for PictureId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        uuid::Uuid::parse_str(text).map(Self)
    }
}
