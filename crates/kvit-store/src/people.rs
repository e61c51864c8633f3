//! Copies of how people stand.

use std::collections::HashSet;

use kvit_domain::{Timestamp, id::UserId, person::Person};

use crate::{
    fault::StoreFault,
    rows::{keep_person, read_person},
    store::{Level, Store},
};

impl Store {
    /// A person as last read, by themselves or in a payment or a deal, and when.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn person(&self, id: UserId) -> Result<Option<(Person, Timestamp)>, StoreFault> {
        self.read(|look| read_person(look, id))
    }

    /// Keeps a person as they came.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn keep_person(&self, person: &Person, now: Timestamp) -> Result<(), StoreFault> {
        self.write(Level::Copy, "people", |step| {
            keep_person(step, person, now, &mut HashSet::new())
        })
    }
}
