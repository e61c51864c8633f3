//! Tests R3 and R5 for the store: killed, or refused by the system, at every single call to it.
//!
//! A workload of the store is run once under strace to count its calls of each kind; then once for each of them, with that
//! one call made to fail or the process killed at it (`-e inject`). Whatever happens, what was acknowledged is there
//! afterwards, the file is whole, and a store that could not write says so instead of going on.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use kvit_domain::Timestamp;
use kvit_store::Store;

use crate::power::work::{Acknowledged, Stage, key, stage_of, store_key};

/// The calls that are struck.
const CALLS: &[&str] = &[
    "openat",
    "lseek",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "rename",
    "fcntl",
    "flock",
    "mmap",
];

/// Calls at which the process is killed: those that change something.
const KILLED_AT: &[&str] = &[
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "rename",
];

/// Errors that a disk or a system gives, and the calls that can give them (the manual pages of each).
const ERRORS: &[(&str, &[&str])] = &[
    (
        "EIO",
        &[
            "read",
            "pread64",
            "write",
            "pwrite64",
            "fsync",
            "fdatasync",
            "ftruncate",
            "unlink",
            "rename",
        ],
    ),
    ("ENOSPC", &["openat", "write", "pwrite64", "fsync", "fdatasync"]),
    ("EROFS", &["openat", "unlink", "rename"]),
    ("EMFILE", &["openat"]),
    ("EACCES", &["openat", "unlink", "rename"]),
];

/// What the runs showed.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Runs by what was done: class, runs, of these with the fault really injected.
    pub runs: BTreeMap<String, (u64, u64)>,
    /// The file did not open afterwards, or failed its check. Must be 0.
    pub damaged: u64,
    /// Something acknowledged was missing. Must be 0.
    pub lost: u64,
    /// Runs of errors in which the work went on to its end, with everything acknowledged.
    pub went_on: u64,
    /// Runs of errors that ended with the store's plain words.
    pub said_so: u64,
    /// Runs that ended in a panic. Must be 0.
    pub panicked: u64,
    /// What was wrong; the first ones.
    pub complaints: Vec<String>,
}

impl Totals {
    /// Nothing that must be 0 is not, and each class was really injected.
    pub fn good(&self) -> bool {
        self.damaged == 0
            && self.lost == 0
            && self.panicked == 0
            && self.complaints.is_empty()
            && !self.runs.is_empty()
            && self.runs.values().all(|(runs, injected)| runs == injected)
    }

    fn complain(&mut self, words: String) {
        if self.complaints.len() < 10 {
            self.complaints.push(words);
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (class, (runs, injected)) in &self.runs {
            writeln!(f, "injected {class}: {injected} of {runs}")?;
        }
        writeln!(f, "went on to the end: {}", self.went_on)?;
        writeln!(f, "said so: {}", self.said_so)?;
        writeln!(f, "panicked: {}", self.panicked)?;
        writeln!(f, "damaged: {}", self.damaged)?;
        writeln!(f, "acknowledged and lost: {}", self.lost)?;
        for words in &self.complaints {
            writeln!(f, "WRONG: {words}")?;
        }
        Ok(())
    }
}

/// Strikes every `step`th call of a workload of so many operations; 1: every one.
///
/// # Errors
/// strace is not there, or does not inject.
pub fn run(operations: u32, step: u64, seed: u64) -> Result<Totals> {
    let key = key(seed);
    let counts = counts(&key, operations)?;
    let mut totals = Totals::default();
    for (call, count) in &counts {
        if KILLED_AT.contains(&call.as_str()) {
            for number in (1..=*count).step_by(usize::try_from(step)?) {
                strike(&mut totals, &key, operations, call, "signal=KILL", number)?;
            }
        }
        for (error, calls) in ERRORS {
            if calls.contains(&call.as_str()) {
                for number in (1..=*count).step_by(usize::try_from(step)?) {
                    strike(
                        &mut totals,
                        &key,
                        operations,
                        call,
                        &format!("error={error}"),
                        number,
                    )?;
                }
            }
        }
    }
    Ok(totals)
}

/// How often a workload makes each call, in the thread that works: the loader and the runtime are not struck.
fn counts(key: &str, operations: u32) -> Result<BTreeMap<String, u64>> {
    let place = tempfile::tempdir()?;
    let record = place.path().join("record");
    let status = under_strace(
        place.path(),
        key,
        operations,
        &[
            "-o",
            record.to_str().context("no plain name")?,
            "-e",
            &format!("trace={}", CALLS.join(",")),
        ],
    )
    .status()
    .context("strace does not start; `apt-get install strace`")?;
    ensure!(status.success(), "the recorded process ended with {status}");
    let mut counts = BTreeMap::new();
    for line in std::fs::read_to_string(record)?.lines() {
        // strace without -f writes no process numbers.
        let Some((call, _)) = line.split_once('(') else {
            continue;
        };
        if CALLS.contains(&call) {
            *counts.entry(call.to_owned()).or_default() += 1;
        }
    }
    Ok(counts)
}

fn under_strace(place: &Path, key: &str, operations: u32, arguments: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command
        .args(arguments)
        .arg(std::env::current_exe().unwrap_or_default())
        .arg("store-work")
        .arg(place.join("account"))
        .args([key, &operations.to_string(), "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// One run, with one call struck.
fn strike(totals: &mut Totals, key: &str, operations: u32, call: &str, how: &str, number: u64) -> Result<()> {
    let place = tempfile::tempdir()?;
    let record = place.path().join("record");
    let output = under_strace(
        place.path(),
        key,
        operations,
        &[
            "-o",
            record.to_str().context("no plain name")?,
            "-e",
            &format!("trace={call}"),
            "-e",
            &format!("inject={call}:{how}:when={number}"),
        ],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .output()?;
    let what = format!("{call} {how} at {number}");
    let recorded = std::fs::read_to_string(&record)?;
    let killed = how.starts_with("signal");
    let injected = if killed {
        recorded.contains("killed by SIGKILL")
    } else {
        recorded.contains("(INJECTED)")
    };
    let runs = totals.runs.entry(format!("{call} {how}")).or_default();
    *runs = (runs.0 + 1, runs.1 + u64::from(injected));
    if !killed {
        if output.status.success() {
            totals.went_on += 1;
        } else {
            totals.said_so += 1;
        }
    }
    if String::from_utf8_lossy(&output.stderr).contains("panicked") {
        totals.panicked += 1;
        totals.complain(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    examine(totals, key, &place.path().join("account"), &what, &output);
    Ok(())
}

fn examine(totals: &mut Totals, key: &str, folder: &Path, what: &str, output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    // A killed process may leave half a line; what it did not say it did not acknowledge.
    let said: Vec<Acknowledged> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let acknowledged: BTreeMap<u32, Stage> = said.iter().map(|one| (one.number, one.stage)).collect();
    let Ok(key) = store_key(key) else { return };
    let opened = match Store::open(folder, &key, 0, Timestamp::UNIX_EPOCH) {
        Ok(opened) => opened,
        Err(fault) => {
            totals.damaged += 1;
            return totals.complain(format!("{what}: does not open: {fault}"));
        }
    };
    if let Err(fault) = opened.store.check() {
        totals.damaged += 1;
        return totals.complain(format!("{what}: fails its check: {fault}"));
    }
    for (number, stage) in acknowledged {
        match stage_of(&opened.store, number) {
            Ok(Some(kept)) if kept >= stage => {}
            other => {
                totals.lost += 1;
                return totals.complain(format!(
                    "{what}: operation {number} was {stage:?} and is {other:?}"
                ));
            }
        }
    }
}
