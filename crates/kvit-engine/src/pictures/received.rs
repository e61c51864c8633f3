//! Pictures of others: fetched when they are shown, decoded and encoded again here, kept in a bounded cache. Nothing of a
//! stranger's bytes is kept or shown.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use kvit_domain::{
    fault::{Fault, FaultCode},
    picture::PictureId,
};
use kvit_images::{Limits, PictureFault, Shown, Side, Stop, show, sniff};
use kvit_store::{Page, PictureRow, PictureSize, PictureState, Store, StoreFault};
use sha2::{Digest as _, Sha256};

use super::{PicturePlace, fault_of};
use crate::{
    account::AccountId,
    connect::blocking,
    engine::Engine,
    export::save_bytes,
    open_account::OpenAccount,
    shell::{Shell, Topic},
};

/// Bytes of pictures that can be fetched again.
const CACHE: u64 = 256 * 1024 * 1024;

/// One that is not uploaded yet is asked for again after this, as the marketplace's own client does (section 10.1)...
const FIRST_WAIT: Duration = Duration::from_secs(20);

/// ...then after longer and longer waits up to this...
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// ...for so long after it was last shown.
const AWAITED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Pictures that are awaited at once; more wait until they are shown again.
const AWAITED: usize = 100;

/// A picture for a web view.
#[derive(Clone, PartialEq, Eq)]
pub struct PictureBytes {
    /// Its media type: `image/jpeg` or `image/png`.
    pub mime: &'static str,
    /// The file, encoded on this computer.
    pub bytes: Vec<u8>,
    /// Pixels in a row of the largest that was read of it; smaller ones have the same proportions.
    pub width: u32,
    /// Its rows.
    pub height: u32,
}

impl std::fmt::Debug for PictureBytes {
    /// Not the picture.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PictureBytes({}, {} bytes)", self.mime, self.bytes.len())
    }
}

/// Why a fetched picture is not there.
enum Unseen {
    /// It may be another time.
    Fault(Fault),
    /// It is no picture, and will not be one.
    Damaged(Fault),
}

/// What is known here of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownPicture {
    /// Whether it can be shown.
    pub standing: PictureStanding,
    /// Width; 0: not known.
    pub width: u32,
    /// Height; 0: not known.
    pub height: u32,
    /// Bytes; 0: not known.
    pub length: u64,
}

/// Whether a picture can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureStanding {
    /// It was, and can be again.
    Here,
    /// Its maker had not uploaded it when it was asked for last.
    NotUploaded,
    /// It came, and is not a picture.
    Damaged,
}

impl<S: Shell> Engine<S> {
    /// A picture that is shown at a place: from the cache, or fetched. One that is not uploaded yet is asked for again
    /// quietly, and announced when it is there.
    ///
    /// # Errors
    /// `AccountChanged`; `PictureNotFound`: not uploaded yet, or not shown there; `PictureDamaged` and the other faults of
    /// pictures, at once when it is asked for again; what stands in the way.
    pub async fn picture(
        &self,
        account: AccountId,
        place: PicturePlace,
        id: PictureId,
        size: PictureSize,
    ) -> Result<PictureBytes, Fault> {
        let account = self.opened_if(account)?;
        let shown = account
            .ask_behind(move |store| is_shown(store, place, id))
            .await?;
        if !shown {
            return Err(FaultCode::PictureNotFound.into());
        }
        if let Some(cached) = self.cached(&account, id, size).await? {
            let now = self.now();
            account
                .keep_behind(move |store| store.touch_picture(id, now))
                .await;
            return Ok(cached);
        }
        let fetched = self.fetch(&account, place, id, size).await;
        if fetched
            .as_ref()
            .is_err_and(|fault| fault.code == FaultCode::PictureNotFound)
        {
            self.await_picture(&account, place, id);
        }
        fetched
    }

    /// What is known here of these pictures; those that were never asked for are left out.
    ///
    /// # Errors
    /// Why the store is not open.
    pub async fn known_pictures(
        &self,
        pictures: Vec<PictureId>,
    ) -> Result<HashMap<PictureId, KnownPicture>, Fault> {
        let account = self.opened()?;
        account
            .ask_behind(move |store| {
                let mut known = HashMap::new();
                for id in pictures {
                    if let Some(row) = store.picture(id)? {
                        let standing = match row.state {
                            PictureState::Missing => PictureStanding::NotUploaded,
                            PictureState::Damaged => PictureStanding::Damaged,
                            PictureState::Draft(_)
                            | PictureState::Queued
                            | PictureState::Uploaded
                            | PictureState::Received => PictureStanding::Here,
                        };
                        known.insert(
                            id,
                            KnownPicture {
                                standing,
                                width: row.width,
                                height: row.height,
                                length: row.length,
                            },
                        );
                    }
                }
                Ok(known)
            })
            .await
    }

    /// Saves a picture as it is shown, at this path or beside what is there already; where it went.
    ///
    /// # Errors
    /// As [`Engine::picture`]; `FileUnwritable`.
    pub async fn save_picture(
        &self,
        account: AccountId,
        place: PicturePlace,
        id: PictureId,
        path: PathBuf,
    ) -> Result<PathBuf, Fault> {
        let picture = self.picture(account, place, id, PictureSize::Original).await?;
        let saved = blocking(move || save_bytes(&path, &picture.bytes)).await?;
        saved.map_err(|error| {
            tracing::warn!(%error, "a picture was not saved");
            FaultCode::FileUnwritable.into()
        })
    }

    async fn cached(
        &self,
        account: &Arc<OpenAccount>,
        id: PictureId,
        size: PictureSize,
    ) -> Result<Option<PictureBytes>, Fault> {
        let found = account
            .ask_behind(move |store| {
                let Some(row) = store.picture(id)? else {
                    return Ok(None);
                };
                let bytes = store.picture_bytes(id, size)?;
                Ok(Some((row, bytes)))
            })
            .await?;
        match found {
            Some((row, Some(bytes))) => Ok(Some(PictureBytes {
                mime: media_type(&bytes),
                bytes,
                width: row.width,
                height: row.height,
            })),
            Some((row, None)) if row.state == PictureState::Damaged => Err(FaultCode::PictureDamaged.into()),
            _ => Ok(None),
        }
    }

    /// Fetches a picture, unless somebody else just did.
    async fn fetch(
        &self,
        account: &Arc<OpenAccount>,
        place: PicturePlace,
        id: PictureId,
        size: PictureSize,
    ) -> Result<PictureBytes, Fault> {
        let turn = account.pictures.turn(id);
        let _one_at_a_time = turn.lock().await;
        if let Some(cached) = self.cached(account, id, size).await? {
            return Ok(cached);
        }
        let fetched = {
            let _few_at_once = account.pictures.fetching.acquire().await;
            match size {
                PictureSize::Original => self.fetch_original(account, place, id).await,
                // A marketplace's preview that cannot be read says nothing of the picture.
                PictureSize::Preview => match self.fetch_preview(account, place, id).await {
                    Err(Unseen::Damaged(_)) => self.fetch_original(account, place, id).await,
                    answer => answer,
                },
            }
        };
        match fetched {
            Ok(()) => {
                account.keep_behind(|store| store.evict_pictures(CACHE)).await;
                self.cached(account, id, size)
                    .await?
                    .ok_or_else(|| FaultCode::PictureNotFound.into())
            }
            Err(Unseen::Damaged(fault)) => {
                self.note(account, place, id, PictureState::Damaged).await;
                Err(fault)
            }
            Err(Unseen::Fault(fault)) => {
                if fault.code == FaultCode::PictureNotFound {
                    self.note(account, place, id, PictureState::Missing).await;
                }
                Err(fault)
            }
        }
    }

    async fn fetch_original(
        &self,
        account: &Arc<OpenAccount>,
        place: PicturePlace,
        id: PictureId,
    ) -> Result<(), Unseen> {
        let line = account
            .line()
            .ok_or_else(|| Unseen::Fault(FaultCode::NotConnected.into()))?;
        let received = line.picture(id, false).await.map_err(Unseen::Fault)?;
        let (original, preview) = decoded(received, |received| {
            let original = show(received, Limits::RECEIVED, Side::VIEWER, &Stop::new())?;
            // Of what is ours by now.
            let bytes = Bytes::from(original.bytes.clone());
            let preview = show(bytes, Limits::OWN, Side::PREVIEW, &Stop::new())?;
            Ok((original, preview))
        })
        .await?;
        let row = self.received(place, id, &original);
        account
            .keep_behind(move |store| keep(store, row, Some(&original.bytes), &preview.bytes))
            .await;
        Ok(())
    }

    async fn fetch_preview(
        &self,
        account: &Arc<OpenAccount>,
        place: PicturePlace,
        id: PictureId,
    ) -> Result<(), Unseen> {
        let line = account
            .line()
            .ok_or_else(|| Unseen::Fault(FaultCode::NotConnected.into()))?;
        let received = line.picture(id, true).await.map_err(Unseen::Fault)?;
        let preview = decoded(received, |received| {
            show(received, Limits::RECEIVED, Side::PREVIEW, &Stop::new())
        })
        .await?;
        let row = self.received(place, id, &preview);
        account
            .keep_behind(move |store| keep(store, row, None, &preview.bytes))
            .await;
        Ok(())
    }

    /// What is kept of a picture that came.
    fn received(&self, place: PicturePlace, id: PictureId, shown: &Shown) -> PictureRow {
        PictureRow {
            width: shown.width,
            height: shown.height,
            length: u64::try_from(shown.bytes.len()).unwrap_or(u64::MAX),
            sha256: Some(Sha256::digest(&shown.bytes).into()),
            ..self.unseen(place, id, PictureState::Received)
        }
    }

    fn unseen(&self, place: PicturePlace, id: PictureId, state: PictureState) -> PictureRow {
        let now = self.now();
        PictureRow {
            id,
            mine: false,
            talk: match place {
                PicturePlace::Message(talk, _) => Some(talk),
                _ => None,
            },
            state,
            name: String::new(),
            width: 0,
            height: 0,
            length: 0,
            sha256: None,
            made: now,
            used: now,
        }
    }

    /// Remembers that there is no picture (yet).
    async fn note(
        &self,
        account: &Arc<OpenAccount>,
        place: PicturePlace,
        id: PictureId,
        state: PictureState,
    ) {
        let row = self.unseen(place, id, state);
        account
            .keep_behind(move |store| match store.picture(id)? {
                // Something is known of it already, or it is the person's own.
                Some(known) if known.mine || known.state == PictureState::Received => Ok(()),
                _ => store.put_picture(&row, None, None),
            })
            .await;
    }

    /// Asks again and again for a picture that is not uploaded yet, and says when it is there.
    fn await_picture(&self, account: &Arc<OpenAccount>, place: PicturePlace, id: PictureId) {
        {
            let awaited = &mut account.pictures.live().awaited;
            if awaited.len() >= AWAITED || !awaited.insert(id) {
                return;
            }
        }
        let (engine, account) = (self.clone(), Arc::clone(account));
        self.behind(async move {
            let mut wait = FIRST_WAIT;
            let mut waited = Duration::ZERO;
            while waited < AWAITED_FOR {
                tokio::time::sleep(wait).await;
                waited = waited.saturating_add(wait);
                wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                match engine.fetch(&account, place, id, PictureSize::Preview).await {
                    Err(fault) if !is_of_the_picture(fault.code) => {}
                    _ => break,
                }
            }
            account.pictures.live().awaited.remove(&id);
            engine.announce(account.id, &[Topic::Picture(id)]);
        });
    }
}

/// Off the async threads: what a decoder says of what came.
async fn decoded<T: Send + 'static>(
    received: Vec<u8>,
    decode: impl FnOnce(Bytes) -> Result<T, PictureFault> + Send + 'static,
) -> Result<T, Unseen> {
    let decoded = blocking(move || decode(Bytes::from(received)))
        .await
        .map_err(Unseen::Fault)?;
    decoded.map_err(|fault| match (fault, fault_of(fault)) {
        // On a computer that is busy with other things it may work another time.
        (PictureFault::TooSlow, Some(words)) => Unseen::Fault(words),
        (_, Some(words)) => Unseen::Damaged(words),
        (_, None) => Unseen::Fault(FaultCode::Internal.into()),
    })
}

/// Keeps what came; the person's own pictures stay theirs, and what is known of an original is not replaced by what a
/// preview shows.
fn keep(store: &Store, row: PictureRow, original: Option<&[u8]>, preview: &[u8]) -> Result<(), StoreFault> {
    let row = match store.picture(row.id)? {
        Some(known) if known.mine => known,
        Some(known) if original.is_none() && known.length > row.length => PictureRow {
            used: row.used,
            ..known
        },
        _ => row,
    };
    store.put_picture(&row, original, Some(preview))
}

/// Is this picture named at this place, in the copies that are kept?
fn is_shown(store: &Store, place: PicturePlace, id: PictureId) -> Result<bool, StoreFault> {
    Ok(match place {
        PicturePlace::Own => store.picture(id)?.is_some_and(|row| row.mine),
        PicturePlace::Message(talk, message) => {
            store
                .messages(talk, Page::Around(message), 1)?
                .iter()
                .any(|kept| {
                    kept.message.id == message
                        && (kept.message.pictures.contains(&id)
                            || kept.former.iter().any(|former| former.pictures.contains(&id)))
                })
        }
        PicturePlace::Invoice(invoice) => store
            .invoice(invoice)?
            .is_some_and(|(invoice, _)| invoice.pictures.contains(&id)),
        PicturePlace::Payment(payment) => store.payment(payment)?.is_some_and(|kept| {
            let payment = &kept.payment;
            payment.invoice.pictures.contains(&id)
                || payment.secrets.iter().any(|secret| secret.pictures.contains(&id))
        }),
    })
}

/// It came, and is no picture.
fn is_of_the_picture(code: FaultCode) -> bool {
    matches!(
        code,
        FaultCode::PictureDamaged
            | FaultCode::PictureUnsupported
            | FaultCode::PictureTooLarge
            | FaultCode::PictureTooManyPixels
            | FaultCode::PictureTooHeavy
    )
}

/// What this computer encoded is one of two.
fn media_type(bytes: &[u8]) -> &'static str {
    match sniff(bytes) {
        Ok(kvit_images::Format::Png) => "image/png",
        _ => "image/jpeg",
    }
}
