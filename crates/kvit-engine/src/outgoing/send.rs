//! What the person does with outgoing messages.

use kvit_domain::{
    fault::{Fault, FaultCode},
    message::{MESSAGE_LIMIT, Talk, length},
    picture::PICTURES_OF_A_MESSAGE,
};

use super::{Outgoing, OutgoingId, OutgoingState, outbox::UploadProgress};
use crate::{account::AccountId, engine::Engine, shell::Shell, talks::Parties};

impl<S: Shell> Engine<S> {
    /// Sends what the person wrote in a talk, with the pictures put beside it. It returns when the message is on the disk:
    /// from then on it is delivered behind, whatever happens to the app.
    ///
    /// # Errors
    /// `AccountChanged`, `MessageEmpty`, `MessageTooLong`, `TooManyPictures`; what [`Engine::talk`] says of a talk that
    /// cannot be; why the store is not open or cannot be written.
    pub async fn send_message(&self, account: AccountId, talk: Talk, text: &str) -> Result<Outgoing, Fault> {
        let text = text.trim();
        let account = self.opened_if(account)?;
        let pictures: Vec<_> = account
            .ask(|store| store.draft_pictures(talk))?
            .iter()
            .map(|picture| picture.id)
            .collect();
        if text.is_empty() && pictures.is_empty() {
            return Err(FaultCode::MessageEmpty.into());
        }
        if length(text) > MESSAGE_LIMIT {
            return Err(FaultCode::MessageTooLong.into());
        }
        if pictures.len() > PICTURES_OF_A_MESSAGE {
            return Err(Fault::new(FaultCode::TooManyPictures).with("max", PICTURES_OF_A_MESSAGE));
        }
        let Parties {
            with,
            subject,
            closed,
        } = self.parties(&account, talk).await?;
        if let Some(code) = closed {
            return Err(code.into());
        }
        let now = self.now();
        account.ask(|store| store.begin_talk(talk, &with, &subject, now))?;
        let outgoing = Outgoing::new(OutgoingId::new_v4(), talk, text.to_owned(), pictures, now);
        account.outbox.add(outgoing.clone())?;
        account.pictures.forget_sources(&outgoing.pictures);
        crate::point!("outgoing.begun");
        self.announce_talk(&account, talk);
        self.deliver(&account, talk);
        Ok(outgoing)
    }

    /// Sends a message that failed once more.
    ///
    /// # Errors
    /// `AccountChanged`; `MessageNotFound` unless it failed; why the store is not open or cannot be written.
    pub fn retry_message(&self, account: AccountId, id: OutgoingId) -> Result<Outgoing, Fault> {
        let account = self.opened_if(account)?;
        let failed = account.outbox.get(id)?;
        if !matches!(failed.state, OutgoingState::Failed(_)) {
            return Err(FaultCode::MessageNotFound.into());
        }
        let outgoing = account.outbox.change(id, Outgoing::once_more)?;
        self.announce_talk(&account, outgoing.talk);
        self.deliver(&account, outgoing.talk);
        Ok(outgoing)
    }

    /// Forgets a message that failed, with its pictures.
    ///
    /// # Errors
    /// `AccountChanged`; `MessageNotFound` unless it failed; why the store is not open or cannot be written.
    pub fn delete_message(&self, account: AccountId, id: OutgoingId) -> Result<(), Fault> {
        let account = self.opened_if(account)?;
        let dropped = account.outbox.drop_failed(id)?;
        self.announce_talk(&account, dropped.talk);
        Ok(())
    }

    /// Takes a message back of which nothing has left that anybody could see: its words and pictures become the draft
    /// again. An upload is broken off.
    ///
    /// # Errors
    /// `AccountChanged`; `MessageNotFound` if it is too late; why the store is not open or cannot be written.
    pub fn take_back_message(&self, account: AccountId, id: OutgoingId) -> Result<(), Fault> {
        let account = self.opened_if(account)?;
        let taken = account.outbox.take_back(id)?;
        self.announce_talk(&account, taken.talk);
        Ok(())
    }

    /// An outgoing message of the account in use, whenever it was.
    ///
    /// # Errors
    /// `MessageNotFound`; why the store is not open.
    pub fn outgoing(&self, id: OutgoingId) -> Result<Outgoing, Fault> {
        self.opened()?.outbox.get(id)
    }

    /// How far the pictures of a message are; `None` while none is on its way.
    pub fn upload_progress(&self, id: OutgoingId) -> Option<UploadProgress> {
        self.opened().ok()?.outbox.progress(id)
    }
}
