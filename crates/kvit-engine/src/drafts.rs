//! Drafts: what a person has written and not sent. Kept for ever, wherever they go meanwhile.

use kvit_domain::fault::{Fault, FaultCode};

use crate::{account::AccountId, engine::Engine, shell::Shell};

/// Longest name of a place, bytes.
const PLACE: usize = 80;
/// Longest draft, bytes: several times what can be sent.
const TEXT: usize = 16_384;

impl<S: Shell> Engine<S> {
    /// Keeps what is written at a place, for instance `deal/12`; nothing forgets it.
    ///
    /// # Errors
    /// `AccountChanged`: what was written for one account is not kept in another's; `MessageTooLong`; why the store is
    /// not open or cannot be written.
    pub fn keep_draft(&self, account: AccountId, place: &str, text: &str) -> Result<(), Fault> {
        if place.len() > PLACE || text.len() > TEXT {
            return Err(FaultCode::MessageTooLong.into());
        }
        self.opened_if(account)?
            .ask(|store| store.keep_draft(place, text))
    }

    /// What was written at a place; empty where nothing was.
    ///
    /// # Errors
    /// `AccountChanged`; why the store is not open.
    pub fn draft(&self, account: AccountId, place: &str) -> Result<String, Fault> {
        let draft = self.opened_if(account)?.ask(|store| store.draft(place))?;
        Ok(draft.unwrap_or_default())
    }
}
