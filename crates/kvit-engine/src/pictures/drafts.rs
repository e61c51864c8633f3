//! Pictures beside a message that was not sent: prepared at once, kept like its words, uploaded when it is sent.

use std::sync::Arc;

use bytes::Bytes;
use kvit_domain::{
    fault::{Fault, FaultCode},
    message::Talk,
    picture::{PICTURES_OF_A_MESSAGE, PictureId},
};
use kvit_images::{LONG_SIDE, Limits, PictureFault, Prepare, Prepared, Shown, Side, Stop, prepare, show};
use kvit_store::{PictureRow, PictureState};
use sha2::{Digest as _, Sha256};

use super::{PictureWork, fault_of};
use crate::{account::AccountId, connect::blocking, engine::Engine, open_account::OpenAccount, shell::Shell};

/// Most characters of the name of a file that are kept.
const NAME: usize = 120;

/// A file that a person chose, pasted or dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct PictureSource {
    /// Name of the file, with or without folders; it stays on this computer.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for PictureSource {
    /// Not the picture.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PictureSource({} bytes)", self.bytes.len())
    }
}

/// A picture beside a message that was not sent, as it would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPicture {
    /// Its number.
    pub id: PictureId,
    /// Name of the file it came from.
    pub name: String,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes that will be sent.
    pub length: u64,
    /// It was not made smaller.
    pub full_size: bool,
    /// Its size can be changed: the file is still at hand.
    pub can_resize: bool,
}

/// A place in a draft that is held while the picture for it is prepared. It is let go, and the work stopped, when whoever
/// waits for it goes away.
struct Held<'a> {
    work: &'a PictureWork,
    talk: Talk,
    order: u32,
    stop: Stop,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.stop.stop();
        self.work
            .live()
            .prepared
            .retain(|(talk, order, _)| (*talk, *order) != (self.talk, self.order));
    }
}

impl<S: Shell> Engine<S> {
    /// Puts a picture beside the message that is being written in a talk: what of it would be sent, upright, without
    /// metadata, and small unless `full_size`. It is on the disk when this returns. `None`: it was stopped. Dropping the
    /// future stops it as well.
    ///
    /// # Errors
    /// `AccountChanged`; `TooManyPictures`; `PictureTooLarge`, `PictureUnsupported`, `PictureDamaged`,
    /// `PictureTooManyPixels`, `PictureTooHeavy`; why the store is not open or cannot be written.
    pub async fn add_picture(
        &self,
        account: AccountId,
        talk: Talk,
        source: PictureSource,
        full_size: bool,
    ) -> Result<Option<DraftPicture>, Fault> {
        let account = self.opened_if(account)?;
        let file = Bytes::from(source.bytes);
        let held = hold_place(&account, talk)?;
        let made = self
            .draft_of(&account, &held, file.clone(), short(&source.name), full_size)
            .await?;
        Ok(made.map(|row| {
            account.pictures.keep_source(row.id, file);
            seen(&account, row)
        }))
    }

    /// Makes a picture of a draft anew in another size, under another number in the same place. `None`: it was stopped.
    ///
    /// # Errors
    /// `AccountChanged`; `PictureNotFound`: no draft, or its file is not at hand any more; as [`Engine::add_picture`].
    pub async fn set_full_size(
        &self,
        account: AccountId,
        id: PictureId,
        full_size: bool,
    ) -> Result<Option<DraftPicture>, Fault> {
        let account = self.opened_if(account)?;
        let row = account
            .ask(|store| store.picture(id))?
            .ok_or(FaultCode::PictureNotFound)?;
        let file = account.pictures.source(id).ok_or(FaultCode::PictureNotFound)?;
        let (PictureState::Draft(order), Some(talk)) = (row.state, row.talk) else {
            return Err(FaultCode::PictureNotFound.into());
        };
        let held = hold(&account, talk, order);
        let made = self
            .draft_of(&account, &held, file.clone(), row.name, full_size)
            .await?;
        let Some(made) = made else { return Ok(None) };
        account.pictures.keep_source(made.id, file);
        self.remove_picture(account.id, id)?;
        Ok(Some(seen(&account, made)))
    }

    /// Stops preparing pictures for a talk.
    ///
    /// # Errors
    /// `AccountChanged`; why the store is not open.
    pub fn stop_adding(&self, account: AccountId, talk: Talk) -> Result<(), Fault> {
        let account = self.opened_if(account)?;
        for (of, _, stop) in &account.pictures.live().prepared {
            if *of == talk {
                stop.stop();
            }
        }
        Ok(())
    }

    /// Takes a picture out of a draft. One that is in none is nothing to do.
    ///
    /// # Errors
    /// `AccountChanged`; why the store is not open or cannot be written.
    pub fn remove_picture(&self, account: AccountId, id: PictureId) -> Result<(), Fault> {
        let account = self.opened_if(account)?;
        account.ask(|store| store.remove_draft_picture(id))?;
        account.pictures.forget_sources(&[id]);
        Ok(())
    }

    /// The pictures beside the message that is being written in a talk, in order.
    ///
    /// # Errors
    /// `AccountChanged`; why the store is not open.
    pub fn draft_pictures(&self, account: AccountId, talk: Talk) -> Result<Vec<DraftPicture>, Fault> {
        let account = self.opened_if(account)?;
        let rows = account.ask(|store| store.draft_pictures(talk))?;
        Ok(rows.into_iter().map(|row| seen(&account, row)).collect())
    }

    /// Prepares a file and keeps it as a picture of a draft.
    async fn draft_of(
        &self,
        account: &Arc<OpenAccount>,
        held: &Held<'_>,
        file: Bytes,
        name: String,
        full_size: bool,
    ) -> Result<Option<PictureRow>, Fault> {
        let stop = held.stop.clone();
        let made = blocking(move || make(file, full_size, &stop)).await?;
        let (prepared, preview) = match made {
            Ok(made) => made,
            Err(fault) => return fault_of(fault).map_or(Ok(None), Err),
        };
        let now = self.now();
        let row = PictureRow {
            id: PictureId::new(uuid::Uuid::new_v4()),
            mine: true,
            talk: Some(held.talk),
            state: PictureState::Draft(held.order),
            name,
            width: prepared.width,
            height: prepared.height,
            length: u64::try_from(prepared.jpeg.len()).unwrap_or(u64::MAX),
            sha256: Some(Sha256::digest(&prepared.jpeg).into()),
            made: now,
            used: now,
        };
        let kept = row.clone();
        account
            .ask_behind(move |store| store.put_picture(&kept, Some(&prepared.jpeg), Some(&preview.bytes)))
            .await?;
        Ok(Some(row))
    }
}

fn make(file: Bytes, full_size: bool, stop: &Stop) -> Result<(Prepared, Shown), PictureFault> {
    let mut prepared = prepare(file, Prepare { full_size }, Limits::OWN, stop)?;
    let jpeg = Bytes::from(std::mem::take(&mut prepared.jpeg));
    let preview = show(jpeg.clone(), Limits::OWN, Side::PREVIEW, stop)?;
    prepared.jpeg = Vec::from(jpeg);
    Ok((prepared, preview))
}

/// Holds the next place of a draft.
fn hold_place(account: &OpenAccount, talk: Talk) -> Result<Held<'_>, Fault> {
    let drafts = account.ask(|store| store.draft_pictures(talk))?;
    let mut live = account.pictures.live();
    let held = live.prepared.iter().filter(|(of, ..)| *of == talk);
    let taken: Vec<u32> = drafts
        .iter()
        .filter_map(|row| match row.state {
            PictureState::Draft(order) => Some(order),
            _ => None,
        })
        .chain(held.map(|(_, order, _)| *order))
        .collect();
    if taken.len() >= PICTURES_OF_A_MESSAGE {
        return Err(Fault::new(FaultCode::TooManyPictures).with("max", PICTURES_OF_A_MESSAGE));
    }
    let order = taken.iter().max().map_or(0, |last| last.saturating_add(1));
    let stop = Stop::new();
    live.prepared.push((talk, order, stop.clone()));
    drop(live);
    Ok(Held {
        work: &account.pictures,
        talk,
        order,
        stop,
    })
}

/// Holds this place of a draft.
fn hold(account: &OpenAccount, talk: Talk, order: u32) -> Held<'_> {
    let stop = Stop::new();
    let held = (talk, order, stop.clone());
    account.pictures.live().prepared.push(held);
    Held {
        work: &account.pictures,
        talk,
        order,
        stop,
    }
}

fn seen(account: &OpenAccount, row: PictureRow) -> DraftPicture {
    DraftPicture {
        id: row.id,
        name: row.name,
        width: row.width,
        height: row.height,
        length: row.length,
        // What is made smaller ends at this side, and a small picture is the same either way.
        full_size: row.width.max(row.height) > LONG_SIDE,
        can_resize: account.pictures.source(row.id).is_some(),
    }
}

/// The name of a file without folders, cut.
fn short(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().take(NAME).collect()
}
