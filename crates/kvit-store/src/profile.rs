//! The person whose account it is.

use kvit_domain::{id::UserId, person::Profile};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    fault::StoreFault,
    rows::{user, user_bytes},
    store::{Level, Store},
};

/// Whose account it is; `None`: not read yet.
pub(crate) fn me(look: &Connection) -> Result<Option<UserId>, StoreFault> {
    let id: Option<Vec<u8>> = look
        .prepare_cached("SELECT id FROM profile")?
        .query_row([], |row| row.get(0))
        .optional()?;
    id.map(|id| user("id of the profile", &id)).transpose()
}

impl Store {
    /// Keeps the profile in the place of the earlier one.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn keep_profile(&self, profile: &Profile) -> Result<(), StoreFault> {
        self.write(Level::Copy, "profile", |step| {
            step.prepare_cached(
                "INSERT INTO profile (one, id, name, anonymous, default_currency) VALUES (1, ?1, ?2, ?3, ?4)
                 ON CONFLICT (one) DO UPDATE SET id = excluded.id, name = excluded.name,
                     anonymous = excluded.anonymous, default_currency = excluded.default_currency",
            )?
            .execute(params![
                user_bytes(profile.id),
                profile.name,
                profile.anonymous,
                profile.default_currency
            ])?;
            Ok(())
        })
    }

    /// The profile as last read.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn profile(&self) -> Result<Option<Profile>, StoreFault> {
        self.read(|look| {
            let row: Option<(Vec<u8>, String, bool, String)> = look
                .prepare_cached("SELECT id, name, anonymous, default_currency FROM profile")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?;
            row.map(|(id, name, anonymous, default_currency)| {
                Ok(Profile {
                    id: user("id of the profile", &id)?,
                    name,
                    anonymous,
                    default_currency,
                })
            })
            .transpose()
        })
    }
}
