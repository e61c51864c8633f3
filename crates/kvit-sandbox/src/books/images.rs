//! Pictures: who made them, where they are shown, and whether they have arrived (marketplace reference, section 10).
//!
//! The bytes themselves are not kept in memory: an act hands them to the store, which gives them back when they are
//! asked for.

use serde::{Deserialize, Serialize};

use super::Books;
use super::messages::printed_guid;
use crate::clock::Moment;
use crate::jpeg::Picture;
use crate::refusal::Refusal;
use crate::table::Row;

/// Where a picture is shown. Whoever is a party there may see it (reference 10.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Deal(u64),
    Conversation(u64),
}

/// A picture that was uploaded, named in a message, or both.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Image {
    pub guid: String,
    /// Who uploads it.
    pub owner: u64,
    /// When it was uploaded or, before that, first named.
    pub at: Moment,
    /// SHA-256 of the bytes as they were sent, 64 lower-case hexadecimal digits; `None` until they were.
    pub sent: Option<String>,
    pub places: Vec<Place>,
}

impl Row for Image {
    const TABLE: &'static str = "images";
}

/// The bytes of a picture on their way into the store.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// Number of the image.
    pub image: u64,
    pub picture: Picture,
}

impl Books {
    fn image_by_guid(&self, guid: &str) -> Option<(u64, &Image)> {
        self.images.iter().rev().find(|(_, image)| image.guid == guid)
    }

    /// Notes that `user` shows these pictures at a place. One GUID has one owner: another's is refused, or naming a
    /// picture would be enough to see it.
    pub(crate) fn show_images(
        &mut self,
        user: u64,
        guids: &[String],
        place: Place,
        now: Moment,
    ) -> Result<(), Refusal> {
        for guid in guids {
            let known = self.image_by_guid(guid).map(|(id, image)| (id, image.owner));
            match known {
                Some((_, owner)) if owner != user => return Err(Refusal::ImageNotFound),
                Some((id, _)) => {
                    let image = self.images.edit(id).ok_or(Refusal::Internal)?;
                    if !image.places.contains(&place) {
                        image.places.push(place);
                    }
                }
                None => {
                    self.new_image(user, guid.clone(), vec![place], now)?;
                }
            }
        }
        Ok(())
    }

    fn new_image(
        &mut self,
        owner: u64,
        guid: String,
        places: Vec<Place>,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let id = self.number(|n| &mut n.image)?;
        let image = Image {
            guid,
            owner,
            at: now,
            sent: None,
            places,
        };
        self.images.put(id, image);
        Ok(id)
    }

    /// StoreImage, once per GUID (reference 10.2). Somebody else's GUID does not exist for the caller (section 20,
    /// row 60; the closed exchange said `Internal error.`). The image's number.
    pub(crate) fn store_image(
        &mut self,
        user: u64,
        guid: &str,
        picture: Picture,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let guid = printed_guid(guid)?;
        let id = match self.image_by_guid(&guid) {
            Some((_, image)) if image.owner != user => return Err(Refusal::ImageNotFound),
            Some((_, image)) if image.sent.is_some() => return Err(Refusal::ImageExists),
            Some((id, _)) => id,
            None => self.new_image(user, guid, Vec::new(), now)?,
        };
        let image = self.images.edit(id).ok_or(Refusal::Internal)?;
        image.at = now;
        image.sent = Some(picture.sent.clone());
        self.arriving.push(Arrival { image: id, picture });
        Ok(id)
    }

    /// The number of a picture that has arrived and that `user` may see (reference 10.3).
    pub(crate) fn visible_image(&self, user: u64, guid: &str) -> Result<u64, Refusal> {
        let guid = printed_guid(guid)?;
        let (id, image) = self.image_by_guid(&guid).ok_or(Refusal::ImageNotFound)?;
        let shown = image.places.iter().any(|place| match *place {
            Place::Deal(id) => self.deal_of(user, id).is_ok(),
            Place::Conversation(id) => self.conversations.get(id).is_some_and(|talk| talk.is_party(user)),
        });
        if image.sent.is_none() || !shown {
            return Err(Refusal::ImageNotFound);
        }
        Ok(id)
    }
}
