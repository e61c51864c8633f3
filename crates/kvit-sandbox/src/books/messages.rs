//! What people write to each other: lines of a deal's chat and of a conversation, with the pictures they name
//! (marketplace reference, sections 8, 10.1 and 13.6).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Moment;
use crate::refusal::Refusal;
use crate::table::Row;

/// Longest message, in UTF-16 units.
pub(crate) const MESSAGE_LIMIT: usize = 1_000;

/// Most pictures in a message.
const IMAGES_LIMIT: usize = 10;

/// A line of a deal's chat, which keeps it, or of a conversation; those are rows of their own, as a conversation may
/// be long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub id: u64,
    pub at: Moment,
    pub owner: u64,
    pub text: String,
    /// GUIDs as printed, whether or not the pictures were uploaded yet.
    pub images: Vec<String>,
}

impl Row for Message {
    const TABLE: &'static str = "messages";
}

/// A GUID in any usual notation, as it is printed (reference 3.2).
pub(crate) fn printed_guid(guid: &str) -> Result<String, Refusal> {
    Uuid::try_parse(guid)
        .map(|guid| guid.hyphenated().to_string())
        .map_err(|_| Refusal::Argument("Invalid guid.".to_owned()))
}

/// At most ten pictures, each with a GUID; as they are printed.
pub(crate) fn picture_ids(images: &[String]) -> Result<Vec<String>, Refusal> {
    if images.len() > IMAGES_LIMIT {
        return Err(Refusal::OutOfRange(format!(
            "ImagesCount cannot be greater than {IMAGES_LIMIT}. (Parameter 'ImagesCount')\nActual value was {}.",
            images.len()
        )));
    }
    images.iter().map(|guid| printed_guid(guid)).collect()
}

/// Something must be said or shown.
pub(crate) fn require_content(text: &str, images: &[String]) -> Result<(), Refusal> {
    if text.is_empty() && images.is_empty() {
        return Err(Refusal::empty("Text"));
    }
    Ok(())
}

/// `text` has at most `limit` UTF-16 units.
pub(crate) fn require_length(name: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.encode_utf16().count() > limit {
        return Err(Refusal::too_long(name, limit));
    }
    Ok(())
}
