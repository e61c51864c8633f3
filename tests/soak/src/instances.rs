//! Test R6: two processes over one folder.
//!
//! Both are started at once. One gets it; the other one says so and touches nothing. The one that got it is killed, which
//! leaves its lock behind, and the next one gets it all the same.

use std::fmt;
use std::path::Path;

use anyhow::Result;

use crate::engine::Word;
use crate::lane::Lane;
use crate::pace::Scale;
use crate::run::Work;
use crate::stand::{Engine, PATIENCE};

/// What the races showed.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Races.
    pub races: u64,
    /// With one winner, and a loser that said so.
    pub one: u64,
    /// Both got in. Must be 0.
    pub both: u64,
    /// Nobody got in. Must be 0.
    pub nobody: u64,
    /// Starts after a kill that were refused. Must be 0.
    pub locked_out: u64,
}

impl Totals {
    /// Every race had one winner.
    pub fn good(&self) -> bool {
        self.races > 0 && self.one == self.races && self.locked_out == 0
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "races: {}", self.races)?;
        writeln!(f, "one got it, one was turned away: {}", self.one)?;
        writeln!(f, "both got it: {}", self.both)?;
        writeln!(f, "nobody got it: {}", self.nobody)?;
        writeln!(f, "locked out by a dead one: {}", self.locked_out)
    }
}

/// Runs so many races.
///
/// # Errors
/// A process cannot be started.
pub async fn run(races: u64, seed: u64, scale: Scale, folder: &Path) -> Result<Totals> {
    let lane = Lane::open(&folder.join("instances"), seed, false, scale, None).await?;
    let mut totals = Totals::default();
    for _ in 0..races {
        let (mut one, mut other) = (lane.new_engine()?, lane.new_engine()?);
        let (first, second) = tokio::join!(got_in(&mut one), got_in(&mut other));
        totals.races += 1;
        match (first, second) {
            (true, true) => totals.both += 1,
            (false, false) => totals.nobody += 1,
            _ => totals.one += 1,
        }
        one.kill().await;
        other.kill().await;
        let mut next = lane.new_engine()?;
        if !got_in(&mut next).await {
            totals.locked_out += 1;
        }
        next.kill().await;
    }
    Ok(totals)
}

/// Whether an engine has the folder.
async fn got_in(engine: &mut Engine) -> bool {
    matches!(engine.word_within(PATIENCE).await, Ok(Word::Ready { .. }))
}
