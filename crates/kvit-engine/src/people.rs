//! People: read one by id.

use kvit_domain::{fault::Fault, id::UserId, person::Person};

use crate::{engine::Engine, shell::Shell};

impl<S: Shell> Engine<S> {
    /// Who the person is at the current marketplace.
    ///
    /// # Errors
    /// What stands in the way of asking the first time.
    pub async fn me(&self) -> Result<UserId, Fault> {
        Ok(self.session()?.profile().await?.id)
    }

    /// A person with their figures, read now.
    ///
    /// # Errors
    /// `UserNotFound`, or what stands in the way of reading.
    pub async fn person(&self, id: UserId) -> Result<Person, Fault> {
        self.session()?.market.user(id).await
    }
}
