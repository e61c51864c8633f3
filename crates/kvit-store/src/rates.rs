//! The rates as last heard.

use std::collections::BTreeMap;

use kvit_domain::{Timestamp, balance::Rates};
use rusqlite::OptionalExtension as _;

use crate::{
    fault::StoreFault,
    rows::{self, decimal, stamp, time},
    store::{Level, Store},
};

impl Store {
    /// Keeps the rates in the place of the earlier ones.
    ///
    /// # Errors
    /// Damage, or the disk; nothing is kept then.
    pub fn keep_rates(&self, rates: &Rates, at: Timestamp) -> Result<(), StoreFault> {
        let Rates(rates) = rates;
        let texts: BTreeMap<&str, String> = rates
            .iter()
            .map(|(name, rate)| (name.as_str(), rate.to_string()))
            .collect();
        let body = rows::write(&texts)?;
        self.write(Level::Copy, "rates", |step| {
            step.prepare_cached(
                "INSERT INTO rates (one, at, body) VALUES (1, ?1, ?2)
                 ON CONFLICT (one) DO UPDATE SET at = excluded.at, body = excluded.body",
            )?
            .execute((stamp(at), body))?;
            Ok(())
        })
    }

    /// The rates as last heard, and when.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn rates(&self) -> Result<Option<(Rates, Timestamp)>, StoreFault> {
        self.read(|look| {
            let row: Option<(String, String)> = look
                .prepare_cached("SELECT body, at FROM rates")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            row.map(|(body, at)| {
                let rates = rows::read::<BTreeMap<String, String>>("rates", &body)?
                    .into_iter()
                    .map(|(name, rate)| Ok((name, decimal("rate", &rate)?)))
                    .collect::<Result<_, StoreFault>>()?;
                Ok((Rates(rates), time("time of rates", &at)?))
            })
            .transpose()
        })
    }
}
