//! What a run adds up, and what of it must be nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The totals of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Acts that a person asked for, or messages that he sent off.
    pub asked: u64,
    /// Of these, payments.
    pub payments: u64,
    /// Acts that the ledger has.
    pub made: u64,
    /// Carried out more than once without the front proxy's doing. Must be 0.
    pub doubled_by_us: u64,
    /// Calls that left the client more than once for one asking. Must be 0.
    pub sent_again_by_us: u64,
    /// Carried out twice by the front proxy, and shown to the person as a double.
    pub doubled_and_noticed: u64,
    /// The same, not shown. Must be 0.
    pub doubled_unnoticed: u64,
    /// Carried out, and no operation in the journal knows of it. Must be 0.
    pub forgotten: u64,
    /// The person or the journal was told something that the ledger contradicts. Must be 0.
    pub reported_wrongly: u64,
    /// Not settled after the wire was healthy again. Must be 0.
    pub unknown_at_the_end: u64,
    /// Pictures that arrived.
    pub pictures: u64,
    /// Messages that arrived before one of their pictures. Must be 0.
    pub dangling: u64,
    /// Messages that arrived before one that was sent earlier in the same talk. Must be 0.
    pub out_of_order: u64,
    /// Processes of the engine that ended without being told to. Must be 0.
    pub died_by_themselves: u64,
    /// Starts of the engine after a kill, and then as often as it was started again for the last word.
    pub restarts: u64,
    /// Faults that were really injected, by class.
    pub injected: BTreeMap<String, u64>,
    /// Classes that need a minimum.
    pub minimums: BTreeMap<String, u64>,
    /// Which octets of each class were struck, and how long the struck part was at most.
    pub octets: BTreeMap<String, (BTreeSet<usize>, usize)>,
    /// What was wrong, in words; the first ones.
    pub complaints: Vec<String>,
}

/// Complaints that are kept.
const COMPLAINTS: usize = 40;

impl Totals {
    /// One more fault of this class was injected.
    pub fn inject(&mut self, class: impl Into<String>) {
        *self.injected.entry(class.into()).or_default() += 1;
    }

    /// The same for several classes.
    pub fn injected_all(&mut self, classes: Vec<String>) {
        for class in classes {
            self.inject(class);
        }
    }

    /// This octet of a class was struck, of so many.
    pub fn strike(&mut self, class: impl Into<String>, octet: usize, of: usize) {
        let struck = self.octets.entry(class.into()).or_default();
        struck.0.insert(octet);
        struck.1 = struck.1.max(of);
    }

    /// Something is wrong; in words.
    pub fn complain(&mut self, words: String) {
        if self.complaints.len() < COMPLAINTS {
            self.complaints.push(words);
        }
    }

    /// Adds another part of the run.
    pub fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.payments += other.payments;
        self.made += other.made;
        self.doubled_by_us += other.doubled_by_us;
        self.sent_again_by_us += other.sent_again_by_us;
        self.doubled_and_noticed += other.doubled_and_noticed;
        self.doubled_unnoticed += other.doubled_unnoticed;
        self.forgotten += other.forgotten;
        self.reported_wrongly += other.reported_wrongly;
        self.unknown_at_the_end += other.unknown_at_the_end;
        self.pictures += other.pictures;
        self.dangling += other.dangling;
        self.out_of_order += other.out_of_order;
        self.died_by_themselves += other.died_by_themselves;
        self.restarts += other.restarts;
        for (class, count) in other.injected {
            *self.injected.entry(class).or_default() += count;
        }
        for (class, least) in other.minimums {
            let known = self.minimums.entry(class).or_default();
            *known = least.max(*known);
        }
        for (class, (octets, of)) in other.octets {
            let struck = self.octets.entry(class).or_default();
            struck.0.extend(octets);
            struck.1 = struck.1.max(of);
        }
        for words in other.complaints {
            self.complain(words);
        }
    }

    /// The totals that must be 0, with their names.
    pub fn sins(&self) -> [(&'static str, u64); 9] {
        [
            ("doubled by us", self.doubled_by_us),
            ("sent again by us", self.sent_again_by_us),
            ("doubled by the proxy and NOT noticed", self.doubled_unnoticed),
            ("forgotten", self.forgotten),
            ("reported wrongly", self.reported_wrongly),
            ("unknown at the end", self.unknown_at_the_end),
            ("sent before its pictures", self.dangling),
            ("out of order", self.out_of_order),
            ("engine died by itself", self.died_by_themselves),
        ]
    }

    /// The classes that got fewer faults than their minimum: class, injected, minimum.
    pub fn too_few(&self) -> Vec<(&str, u64, u64)> {
        self.minimums
            .iter()
            .map(|(class, least)| {
                (
                    class.as_str(),
                    self.injected.get(class).copied().unwrap_or_default(),
                    *least,
                )
            })
            .filter(|(_, injected, least)| injected < least)
            .collect()
    }

    /// Nothing that must be 0 is not, and every class got its minimum.
    pub fn good(&self) -> bool {
        self.sins().iter().all(|(_, count)| *count == 0)
            && self.too_few().is_empty()
            && self.complaints.is_empty()
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "asked: {}", self.asked)?;
        writeln!(f, "asked, payments only: {}", self.payments)?;
        writeln!(f, "made: {}", self.made)?;
        writeln!(f, "pictures that arrived: {}", self.pictures)?;
        writeln!(
            f,
            "doubled by the proxy and noticed: {}",
            self.doubled_and_noticed
        )?;
        for (name, count) in self.sins() {
            writeln!(f, "{name}: {count}")?;
        }
        writeln!(f, "engine started again: {}", self.restarts)?;
        for (class, count) in &self.injected {
            match self.minimums.get(class) {
                Some(least) => writeln!(f, "injected {class}: {count} (at least {least})")?,
                None => writeln!(f, "injected {class}: {count}")?,
            }
        }
        for (class, (octets, of)) in &self.octets {
            writeln!(
                f,
                "octets struck in {class}: {} different ones, of at most {of}",
                octets.len()
            )?;
        }
        for (class, injected, least) in self.too_few() {
            writeln!(f, "TOO FEW {class}: {injected} of {least}")?;
        }
        for words in &self.complaints {
            writeln!(f, "WRONG: {words}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sin_and_every_gap_is_seen() {
        let good = || Totals {
            asked: 1,
            made: 1,
            ..Totals::default()
        };
        assert!(good().good());
        let sin = |change: fn(&mut Totals)| {
            let mut totals = good();
            change(&mut totals);
            assert!(!totals.good(), "{totals}");
        };
        sin(|totals| totals.doubled_by_us = 1);
        sin(|totals| totals.sent_again_by_us = 1);
        sin(|totals| totals.doubled_unnoticed = 1);
        sin(|totals| totals.forgotten = 1);
        sin(|totals| totals.reported_wrongly = 1);
        sin(|totals| totals.unknown_at_the_end = 1);
        sin(|totals| totals.dangling = 1);
        sin(|totals| totals.out_of_order = 1);
        sin(|totals| totals.died_by_themselves = 1);
        sin(|totals| totals.complain("something".to_owned()));
        sin(|totals| {
            totals.minimums.insert("c5".to_owned(), 2);
            totals.inject("c5");
        });
    }
}
