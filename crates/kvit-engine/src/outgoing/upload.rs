//! The pictures of a message, before it is sent: the other side never sees one that is not there.

use std::sync::Arc;

use kvit_client::Marketplace;
use kvit_domain::fault::{Fault, FaultCode};
use kvit_store::{PictureSize, PictureState};
use tokio::sync::watch;

use super::{Outgoing, OutgoingId, deliver::is_passing, outbox::UploadProgress};
use crate::{engine::Engine, open_account::OpenAccount, shell::Shell};

/// Why the pictures of a message are not all uploaded.
pub(super) enum Hindrance {
    /// It can be tried again.
    Later,
    /// It cannot.
    Refused(Fault),
    /// The person took the message back.
    TakenBack,
}

impl<S: Shell> Engine<S> {
    /// Uploads the pictures that are not there yet. Doing it twice does no harm (section 10.2), so it is tried again by
    /// itself.
    pub(super) async fn upload(
        &self,
        account: &Arc<OpenAccount>,
        line: &Marketplace,
        outgoing: &Outgoing,
        woken: &mut watch::Receiver<()>,
    ) -> Result<(), Hindrance> {
        if crate::planted!("planted.no_upload") {
            return Ok(());
        }
        let id = outgoing.id;
        let of_store = |fault: Fault| {
            tracing::warn!(%fault, outgoing = %id, "pictures of a message");
            Hindrance::Later
        };
        let rows = account
            .ask_behind(move |store| store.outgoing_pictures(id))
            .await
            .map_err(of_store)?;
        let mut progress = UploadProgress {
            picture: 0,
            pictures: count(outgoing.pictures.len()),
            bytes: 0,
            all_bytes: rows.iter().map(|row| row.length).sum(),
        };
        for picture in &outgoing.pictures {
            progress.picture = progress.picture.saturating_add(1);
            let row = rows.iter().find(|row| row.id == *picture);
            let Some(row) = row else {
                return Err(Hindrance::Refused(FaultCode::PictureNotFound.into()));
            };
            if row.state != PictureState::Uploaded {
                if !self.settle(account, id, Outgoing::uploading) {
                    return Err(Hindrance::TakenBack);
                }
                account.outbox.set_progress(id, progress);
                self.announce_talk(account, outgoing.talk);
                let wanted = *picture;
                let bytes = account
                    .ask_behind(move |store| store.picture_bytes(wanted, PictureSize::Original))
                    .await
                    .map_err(of_store)?
                    .ok_or_else(|| Hindrance::Refused(FaultCode::PictureNotFound.into()))?;
                crate::point!("pictures.before_upload");
                let stored = tokio::select! {
                    stored = line.store_picture(wanted, bytes) => stored,
                    () = taken_back(account, id, woken) => return Err(Hindrance::TakenBack),
                };
                crate::point!("pictures.after_upload");
                match stored {
                    Ok(()) => account.outbox.set_uploaded(wanted).map_err(of_store)?,
                    Err(fault) if is_passing(&fault) && fault.code != FaultCode::ServerFailed => {
                        tracing::info!(%fault, %wanted, "not uploaded yet");
                        return Err(Hindrance::Later);
                    }
                    Err(fault) => return Err(Hindrance::Refused(fault)),
                }
            }
            progress.bytes = progress.bytes.saturating_add(row.length);
        }
        Ok(())
    }
}

/// Comes to an end when the person takes the message back.
async fn taken_back(account: &OpenAccount, id: OutgoingId, woken: &mut watch::Receiver<()>) {
    loop {
        if woken.changed().await.is_err() || account.outbox.get(id).is_err() {
            return;
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
