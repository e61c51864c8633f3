//! The outgoing messages of an account that are not settled: who may change one, and in which order they go.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kvit_domain::{
    fault::{Fault, FaultCode},
    id::MessageId,
    message::Talk,
    picture::PictureId,
};
use kvit_store::{PictureState, Store};
use tokio::{sync::watch, time::Instant};

use super::{
    Outgoing, OutgoingId, OutgoingState,
    kept::{outgoing_of, row_of},
};
use crate::store_faults::fault_of;

/// How far the pictures of a message are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadProgress {
    /// The one on its way, from 1.
    pub picture: u32,
    /// So many in all.
    pub pictures: u32,
    /// Bytes that arrived.
    pub bytes: u64,
    /// Bytes in all.
    pub all_bytes: u64,
}

/// What is on its way.
pub(crate) struct Outbox {
    store: Store,
    held: Mutex<Held>,
    /// Raised when it is worth trying again at once.
    woken: watch::Sender<()>,
}

struct Held {
    /// In the order in which they go.
    entries: Vec<Entry>,
    /// Talks whose messages somebody is delivering.
    delivered: HashSet<Talk>,
    progress: HashMap<OutgoingId, UploadProgress>,
    /// The account is being removed.
    closed: bool,
}

struct Entry {
    outgoing: Outgoing,
    /// When it was sent off or, if that was in an earlier run, found in the store.
    began: Instant,
    /// Since when nothing is heard, by a clock that nobody sets.
    quiet: Option<Instant>,
    /// Somebody looks after its repetitions.
    watched_over: bool,
}

impl Outbox {
    /// What the store has. Of a message whose call was being made when the app ended nobody knows whether it arrived.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn kept_in(store: Store) -> Result<Self, Fault> {
        let rows = store.open_outgoing().map_err(|error| fault_of(&error))?;
        let number = rows.len();
        let began = Instant::now();
        let entries: Vec<Entry> = rows
            .iter()
            .filter_map(|(_, row)| outgoing_of(row))
            .map(|mut outgoing| {
                outgoing.silence(FaultCode::ConnectionLost.into());
                if outgoing.state == OutgoingState::Uploading {
                    outgoing.not_sent();
                }
                Entry {
                    outgoing,
                    began,
                    quiet: Some(began),
                    watched_over: false,
                }
            })
            .collect();
        if entries.len() != number {
            tracing::error!("an outgoing message in the store cannot be read");
        }
        Ok(Self {
            store,
            held: Mutex::new(Held {
                entries,
                delivered: HashSet::new(),
                progress: HashMap::new(),
                closed: false,
            }),
            woken: watch::Sender::new(()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a new one down with the draft it was made of; when it returns, it is on the disk.
    ///
    /// # Errors
    /// `AccountNotFound` once closed; a fault of the store.
    pub(crate) fn add(&self, outgoing: Outgoing) -> Result<(), Fault> {
        let mut held = self.lock();
        if held.closed {
            return Err(FaultCode::AccountNotFound.into());
        }
        self.store
            .put_outgoing(&row_of(&outgoing)?, &outgoing.pictures, true)
            .map_err(|error| fault_of(&error))?;
        held.entries.push(Entry::new(outgoing));
        Ok(())
    }

    /// Changes one and writes that down; gives it back as it is then. What cannot be written down has not changed.
    ///
    /// # Errors
    /// `MessageNotFound`; a fault of the store.
    pub(crate) fn change(
        &self,
        id: OutgoingId,
        change: impl FnOnce(&mut Outgoing),
    ) -> Result<Outgoing, Fault> {
        let mut held = self.lock();
        let place = held.entries.iter().position(|entry| entry.outgoing.id == id);
        let before = match place.and_then(|place| held.entries.get(place)) {
            Some(entry) => entry.outgoing.clone(),
            None => self.read(id)?,
        };
        let mut after = before.clone();
        change(&mut after);
        let only_looked = matches!(
            (&before.state, &after.state),
            (OutgoingState::Checking { .. }, OutgoingState::Checking { .. })
        );
        if after != before && !only_looked {
            self.store
                .change_outgoing(&row_of(&after)?)
                .map_err(|error| fault_of(&error))?;
        }
        let stays = after.state.is_open() || after.may_be_repeated();
        match place {
            Some(place) if !stays => {
                held.entries.remove(place);
                held.progress.remove(&id);
            }
            Some(place) => {
                if let Some(entry) = held.entries.get_mut(place) {
                    entry.take_in(after.clone());
                }
            }
            None if stays => held.entries.push(Entry::new(after.clone())),
            None => {}
        }
        Ok(after)
    }

    /// One, settled or not.
    ///
    /// # Errors
    /// `MessageNotFound`, or a fault of the store.
    pub(crate) fn get(&self, id: OutgoingId) -> Result<Outgoing, Fault> {
        let known = self.lock().find(id).map(|entry| entry.outgoing.clone());
        known.map_or_else(|| self.read(id), Ok)
    }

    fn read(&self, id: OutgoingId) -> Result<Outgoing, Fault> {
        let row = self.store.outgoing(id).map_err(|error| fault_of(&error))?;
        row.and_then(|(_, row)| outgoing_of(&row))
            .ok_or_else(|| FaultCode::MessageNotFound.into())
    }

    /// Those of a talk that became no message (yet), in the order in which they were made.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn of(&self, talk: Talk) -> Result<Vec<Outgoing>, Fault> {
        let rows = self.store.outgoing_of(talk).map_err(|error| fault_of(&error))?;
        let held = self.lock();
        Ok(rows
            .iter()
            .filter_map(|(_, row)| outgoing_of(row))
            // How often was looked is known better here.
            .map(|kept| held.find(kept.id).map_or(kept, |entry| entry.outgoing.clone()))
            .filter(|outgoing| outgoing.message().is_none())
            .collect())
    }

    /// The next one of a talk to be delivered or found out about; `None`, and the talk is let go, if there is none.
    pub(super) fn next(&self, talk: Talk) -> Option<Outgoing> {
        let mut held = self.lock();
        let next = held
            .entries
            .iter()
            .find(|entry| entry.outgoing.talk == talk && entry.outgoing.state.is_open())
            .map(|entry| entry.outgoing.clone())
            .filter(|_| !held.closed);
        if next.is_none() {
            held.delivered.remove(&talk);
        }
        next
    }

    /// Takes on delivering the messages of a talk; `false`: somebody does already, and hears that there is more.
    pub(super) fn take_on(&self, talk: Talk) -> bool {
        let taken = self.lock().delivered.insert(talk);
        if !taken {
            self.wake();
        }
        taken
    }

    /// Lets a talk go.
    pub(super) fn let_go(&self, talk: Talk) {
        self.lock().delivered.remove(&talk);
    }

    /// Talks with something to deliver.
    pub(super) fn talks(&self) -> BTreeSet<Talk> {
        let held = self.lock();
        let open = held.entries.iter().filter(|entry| entry.outgoing.state.is_open());
        open.map(|entry| entry.outgoing.talk).collect()
    }

    /// Those whose repetitions nobody looks after yet; from now on the caller does.
    pub(super) fn take_unwatched(&self) -> Vec<Outgoing> {
        let mut held = self.lock();
        held.entries
            .iter_mut()
            .filter(|entry| entry.outgoing.may_be_repeated())
            .filter_map(|entry| {
                (!std::mem::replace(&mut entry.watched_over, true)).then(|| entry.outgoing.clone())
            })
            .collect()
    }

    /// Nobody looks after its repetitions any more.
    pub(super) fn unwatched(&self, id: OutgoingId) {
        if let Some(entry) = self.lock().find_mut(id) {
            entry.watched_over = false;
        }
    }

    /// Those that arrived and may be repeated.
    pub(crate) fn may_be_repeated(&self, talk: Talk) -> Vec<Outgoing> {
        let held = self.lock();
        let of_talk = held.entries.iter().map(|entry| &entry.outgoing);
        of_talk
            .filter(|one| one.talk == talk && one.may_be_repeated())
            .cloned()
            .collect()
    }

    /// One of the same words arrived and may still be repeated: which of the two a further message is could not be told.
    pub(super) fn twin_in_the_way(&self, outgoing: &Outgoing) -> bool {
        self.may_be_repeated(outgoing.talk)
            .iter()
            .any(|other| other.is_twin_of(outgoing))
    }

    /// One that has left and is not settled cannot be told from it.
    pub(crate) fn has_open_twin(&self, outgoing: &Outgoing) -> bool {
        let held = self.lock();
        let all = held.entries.iter().map(|entry| &entry.outgoing);
        all.filter(|one| one.state.is_open() && !one.state.is_before_sending())
            .any(|one| one.is_twin_of(outgoing))
    }

    /// How long nothing has been heard of one.
    pub(super) fn quiet(&self, id: OutgoingId) -> Duration {
        let held = self.lock();
        held.find(id)
            .and_then(|entry| entry.quiet)
            .map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How long ago one was sent off.
    pub(super) fn age(&self, id: OutgoingId) -> Duration {
        self.lock()
            .find(id)
            .map_or(Duration::MAX, |entry| entry.began.elapsed())
    }

    /// Messages of a talk that are claimed.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn claimed(&self, talk: Talk) -> Result<BTreeSet<MessageId>, Fault> {
        self.store
            .matched_messages(talk)
            .map_err(|error| fault_of(&error))
    }

    /// Says how far the pictures of one are.
    pub(super) fn set_progress(&self, id: OutgoingId, progress: UploadProgress) {
        self.lock().progress.insert(id, progress);
    }

    /// How far the pictures of one are.
    pub(crate) fn progress(&self, id: OutgoingId) -> Option<UploadProgress> {
        self.lock().progress.get(&id).copied()
    }

    /// Takes back one of which nothing has left that anybody could see: its words are put at the end of the draft, and its
    /// pictures become drafts again.
    ///
    /// # Errors
    /// `MessageNotFound` if it is too late; a fault of the store.
    pub(crate) fn take_back(&self, id: OutgoingId) -> Result<Outgoing, Fault> {
        let mut held = self.lock();
        let place = held
            .entries
            .iter()
            .position(|entry| entry.outgoing.id == id && entry.outgoing.state.is_before_sending());
        let Some((place, outgoing)) =
            place.and_then(|place| Some((place, held.entries.get(place)?.outgoing.clone())))
        else {
            return Err(FaultCode::MessageNotFound.into());
        };
        // First what the person would miss.
        self.make_draft(&outgoing)?;
        let mut row = row_of(&outgoing)?;
        row.open = false;
        self.store
            .change_outgoing(&row)
            .and_then(|()| self.store.drop_outgoing(id))
            .map_err(|error| fault_of(&error))?;
        held.entries.remove(place);
        held.progress.remove(&id);
        drop(held);
        self.wake();
        Ok(outgoing)
    }

    fn make_draft(&self, outgoing: &Outgoing) -> Result<(), Fault> {
        let place = outgoing.talk.to_string();
        let kept = || {
            let draft = self.store.draft(&place)?.unwrap_or_default();
            let gap = if draft.is_empty() || outgoing.text.is_empty() {
                ""
            } else {
                "\n"
            };
            self.store
                .keep_draft(&place, &format!("{draft}{gap}{}", outgoing.text))?;
            let after = self.store.draft_pictures(outgoing.talk)?.len();
            for (order, picture) in outgoing.pictures.iter().enumerate() {
                let order = u32::try_from(after.saturating_add(order)).unwrap_or(u32::MAX);
                self.store
                    .set_picture_state(*picture, PictureState::Draft(order))?;
            }
            Ok(())
        };
        kept().map_err(|error| fault_of(&error))
    }

    /// Forgets one that failed, with its pictures.
    ///
    /// # Errors
    /// `MessageNotFound` unless it failed; a fault of the store.
    pub(crate) fn drop_failed(&self, id: OutgoingId) -> Result<Outgoing, Fault> {
        let _held = self.lock();
        let outgoing = self.read(id)?;
        if !matches!(outgoing.state, OutgoingState::Failed(_)) {
            return Err(FaultCode::MessageNotFound.into());
        }
        match self.store.drop_outgoing(id) {
            Ok(true) => Ok(outgoing),
            Ok(false) => Err(FaultCode::MessageNotFound.into()),
            Err(error) => Err(fault_of(&error)),
        }
    }

    /// The state of a picture of the person's own.
    pub(super) fn set_uploaded(&self, id: PictureId) -> Result<(), Fault> {
        self.store
            .set_picture_state(id, PictureState::Uploaded)
            .map(|_| ())
            .map_err(|error| fault_of(&error))
    }

    /// Whoever waits tries again at once.
    pub(crate) fn wake(&self) {
        self.woken.send_replace(());
    }

    /// Hears of [`Outbox::wake`] from now on.
    pub(super) fn listen(&self) -> watch::Receiver<()> {
        self.woken.subscribe()
    }

    /// Delivers nothing any more: the account is being removed.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.wake();
    }

    /// Takes [`Outbox::close`] back.
    pub(crate) fn reopen(&self) {
        self.lock().closed = false;
    }
}

impl Held {
    fn find(&self, id: OutgoingId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.outgoing.id == id)
    }

    fn find_mut(&mut self, id: OutgoingId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.outgoing.id == id)
    }
}

impl Entry {
    fn new(outgoing: Outgoing) -> Self {
        Self {
            outgoing,
            began: Instant::now(),
            quiet: None,
            watched_over: false,
        }
    }

    fn take_in(&mut self, after: Outgoing) {
        if after.state == OutgoingState::Sending && self.outgoing.state != OutgoingState::Sending {
            self.began = Instant::now();
            self.quiet = None;
        }
        if matches!(after.state, OutgoingState::Checking { .. }) {
            self.quiet.get_or_insert_with(Instant::now);
        }
        self.outgoing = after;
    }
}

#[cfg(test)]
mod tests;
