//! People: read one by id.

use kvit_domain::{
    fault::{Fault, FaultCode},
    id::UserId,
    person::Person,
};

use crate::{engine::Engine, shell::Shell};

impl<S: Shell> Engine<S> {
    /// Who the person is at the current marketplace.
    ///
    /// # Errors
    /// What stands in the way of asking the first time.
    pub async fn me(&self) -> Result<UserId, Fault> {
        let account = self.opened()?;
        match account.me() {
            Ok(me) => Ok(me),
            Err(_) => Ok(self.session()?.profile().await?.id),
        }
    }

    /// A person with their figures, read now; without a connection the copy.
    ///
    /// # Errors
    /// `UserNotFound`, or what stands in the way of reading.
    pub async fn person(&self, id: UserId) -> Result<Person, Fault> {
        let account = self.opened()?;
        let read = match self.session() {
            Ok(session) => session.market.user(id).await,
            Err(fault) => Err(fault),
        };
        match read {
            Ok(person) => {
                let (copy, now) = (person.clone(), self.now());
                account
                    .keep_behind(move |store| store.keep_person(&copy, now))
                    .await;
                Ok(person)
            }
            Err(fault) if fault.code == FaultCode::UserNotFound => Err(fault),
            Err(fault) => {
                let kept = account.ask(|store| store.person(id))?;
                kept.map(|(person, _)| person).ok_or(fault)
            }
        }
    }
}
