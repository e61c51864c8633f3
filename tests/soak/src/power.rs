//! Test R4: the power goes.
//!
//! `kill -9` does not test that: the page cache survives it. Here a process that uses the store is recorded by strace:
//! every write, sync, and change of a name. From the record disks are made as a cut of the power may leave them at any
//! moment: all that was synced, and of the rest any sectors of 512 bytes, each by itself, so pages and log frames are
//! torn. Each disk is opened with the real store. It must be whole, and everything that was acknowledged before the cut
//! must be in it.
//!
//! Not shown: a disk that lies about a sync, or one that damages sectors which nobody wrote.

pub mod image;
pub mod log;
pub mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kvit_domain::Timestamp;
use kvit_store::{OpenFault, Store};
use rand::SeedableRng;
use rand::rngs::StdRng;

use image::Disk;
use log::Event;
use work::{Acknowledged, Stage};

/// What the images showed.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Events in the records.
    pub events: u64,
    /// Syncs among them.
    pub syncs: u64,
    /// Disks that were made and opened.
    pub images: u64,
    /// Opened, nothing missing.
    pub whole: u64,
    /// Cut before anything was acknowledged, in the making of the file: refused as damaged, which loses nothing.
    pub unmade: u64,
    /// Opened, with a doubt said aloud although nothing is missing.
    pub doubted: u64,
    /// Not opened, or failed its check. Must be 0.
    pub damaged: u64,
    /// Something acknowledged is missing or older than acknowledged. Must be 0.
    pub lost: u64,
    /// Middle time of opening after a cut, and of opening what was closed; microseconds.
    pub open: (u128, u128),
    /// What was wrong; the first ones.
    pub complaints: Vec<String>,
}

impl Totals {
    /// Nothing that must be 0 is not, and there was something to see.
    pub fn good(&self) -> bool {
        self.damaged == 0 && self.lost == 0 && self.images > 0 && self.syncs > 0 && self.complaints.is_empty()
    }

    fn complain(&mut self, words: String) {
        if self.complaints.len() < 5 {
            self.complaints.push(words);
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "recorded events: {}", self.events)?;
        writeln!(f, "recorded syncs: {}", self.syncs)?;
        writeln!(f, "crash images: {}", self.images)?;
        writeln!(f, "whole: {}", self.whole)?;
        writeln!(
            f,
            "cut in the making of the file, nothing acknowledged yet: {}",
            self.unmade
        )?;
        writeln!(f, "doubted although nothing is missing: {}", self.doubted)?;
        writeln!(f, "damaged: {}", self.damaged)?;
        writeln!(f, "acknowledged and lost: {}", self.lost)?;
        writeln!(
            f,
            "opening after a cut, middle: {} us; after a close: {} us",
            self.open.0, self.open.1
        )?;
        for words in &self.complaints {
            writeln!(f, "WRONG: {words}")?;
        }
        Ok(())
    }
}

/// Records a workload of the store and opens `images` crash images of it.
///
/// # Errors
/// strace is not there or does not work; the workload fails.
pub fn run(images: u64, operations: u32, seed: u64, planted: Option<&str>) -> Result<Totals> {
    let place = tempfile::tempdir()?;
    let folder = place.path().join("account");
    let key = work::key(seed);
    let record = record(place.path(), &folder, &key, operations, planted)?;
    let events = log::read(&record, &folder)?;
    let mut totals = Totals {
        events: events.len() as u64,
        syncs: events
            .iter()
            .filter(|event| matches!(event, Event::Sync(..)))
            .count() as u64,
        ..Totals::default()
    };
    ensure!(
        events.iter().any(|event| matches!(event, Event::Said(_))),
        "the record has no acknowledgement"
    );
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut disk, mut acknowledged) = (Disk::default(), BTreeMap::new());
    let mut times = Vec::new();
    // Images in memory: it is the store that is tested, not this disk.
    let shared = Path::new("/dev/shm");
    let base = if shared.is_dir() { shared } else { place.path() };
    for (number, event) in events.iter().enumerate() {
        disk.happened(number, event);
        if let Event::Said(line) = event {
            let said: Acknowledged =
                serde_json::from_str(line).with_context(|| format!("not understood: {line}"))?;
            acknowledged.insert(said.number, said.stage);
        }
        for _ in 0..share(images, events.len() as u64, number as u64) {
            let image = tempfile::tempdir_in(base)?;
            disk.lose_power(&mut rng, &folder, image.path())?;
            totals.images += 1;
            let began = Instant::now();
            examine(image.path(), &key, &acknowledged, number, &mut totals);
            times.push(began.elapsed());
        }
    }
    totals.open = (middle(&mut times), usual(&folder, base, &key)?);
    Ok(totals)
}

/// How many of `all` fall on part `number` of `parts`.
fn share(all: u64, parts: u64, number: u64) -> u64 {
    all * (number + 1) / parts - all * number / parts
}

fn middle(times: &mut [Duration]) -> u128 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0, Duration::as_micros)
}

/// Opening what was closed in good order, for comparison: in the same place as the images, with the same look into it.
fn usual(folder: &Path, base: &Path, key: &str) -> Result<u128> {
    let copy = tempfile::tempdir_in(base)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        std::fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
    }
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let opened = Store::open(copy.path(), &work::store_key(key)?, 0, Timestamp::UNIX_EPOCH)?;
        opened.store.check()?;
        times.push(began.elapsed());
        opened.store.close();
    }
    Ok(middle(&mut times))
}

/// Runs the workload under strace; its record.
fn record(place: &Path, folder: &Path, key: &str, operations: u32, planted: Option<&str>) -> Result<String> {
    let record = place.join("record");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-xx", "-s", "10000000", "-o"])
        .arg(&record)
        .arg("-e")
        .arg(format!("trace={}", log::CALLS))
        .arg(std::env::current_exe()?)
        .arg("store-work")
        .arg(folder)
        .args([key, &operations.to_string(), planted.unwrap_or_default()])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = command
        .status()
        .context("strace does not start; `apt-get install strace`")?;
    if !status.success() {
        bail!("the recorded process ended with {status}");
    }
    Ok(std::fs::read_to_string(record)?)
}

/// Opens a disk and compares it with what was acknowledged.
fn examine(folder: &Path, key: &str, acknowledged: &BTreeMap<u32, Stage>, cut: usize, totals: &mut Totals) {
    let key = match work::store_key(key) {
        Ok(key) => key,
        Err(error) => return totals.complain(error.to_string()),
    };
    let opened = match Store::open(folder, &key, 0, Timestamp::UNIX_EPOCH) {
        Ok(opened) => opened,
        Err(OpenFault::Damaged) if acknowledged.is_empty() => {
            totals.unmade += 1;
            return;
        }
        Err(fault) => {
            totals.damaged += 1;
            return totals.complain(format!("cut at event {cut}: not opened: {fault}"));
        }
    };
    if let Err(fault) = opened.store.check() {
        totals.damaged += 1;
        totals.complain(format!("cut at event {cut}: fails its check: {fault}"));
        return;
    }
    for (number, stage) in acknowledged {
        match work::stage_of(&opened.store, *number) {
            Ok(Some(kept)) if kept >= *stage => {}
            Ok(kept) => {
                totals.lost += 1;
                totals.complain(format!(
                    "cut at event {cut}: operation {number} was acknowledged as {stage:?} and is {kept:?}; doubt {:?}",
                    opened.doubt
                ));
                return;
            }
            Err(fault) => {
                totals.damaged += 1;
                totals.complain(format!(
                    "cut at event {cut}: operation {number} cannot be read: {fault}"
                ));
                return;
            }
        }
    }
    totals.whole += 1;
    if opened.doubt.is_some() {
        totals.doubted += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_spread_over_all_events() {
        for (all, parts) in [(10, 3), (3, 10), (1_000, 7), (0, 5)] {
            let shares: u64 = (0..parts).map(|number| share(all, parts, number)).sum();
            assert_eq!(shares, all);
        }
    }
}
