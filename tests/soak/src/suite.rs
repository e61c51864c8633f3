//! All harnesses, one after the other: in CI's size, or for so many minutes.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::engine::PAYMENTS;
use crate::lane::Lane;
use crate::pace::Scale;
use crate::plan::{Fault, Plan, Size};
use crate::run::Work;
use crate::totals::Totals;
use crate::{instances, mutants, power, races, run, simulate, syscalls, talks};

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Crash images.
    pub images: u64,
    /// Every so manyeth system call is struck.
    pub step: u64,
    /// Scripts of a person who presses twice.
    pub scripts: u64,
    /// Days of 24 hours.
    pub days: u64,
    /// Races for a folder.
    pub races: u64,
    /// Askings of one round of payments.
    pub asks: usize,
    /// Rounds go on for so long; one round if not given.
    pub payments_for: Option<Duration>,
    /// Messages of one round.
    pub messages: usize,
    /// Rounds of them go on for so long; one round if not given.
    pub messages_for: Option<Duration>,
}

impl Sizes {
    /// What fits CI's time on two processors.
    pub const CI: Self = Self {
        images: 3_000,
        step: 4,
        scripts: 400,
        days: 20,
        races: 50,
        asks: 10_000,
        payments_for: None,
        messages: 2_000,
        messages_for: None,
    };

    /// For so many minutes: half of them are payments, a sixth are messages, and the others grow up to their full size.
    pub fn for_minutes(minutes: u64) -> Self {
        Self {
            images: (minutes * 300).clamp(300, 50_000),
            step: if minutes < 30 { 8 } else { 1 },
            days: (minutes * 3).clamp(2, 10_000),
            scripts: (minutes * 30).clamp(40, 10_000),
            races: (minutes * 4).clamp(10, 500),
            asks: if minutes < 30 { 400 } else { 2_000 },
            payments_for: Some(Duration::from_secs(minutes * 30)),
            messages: if minutes < 30 { 2_000 } else { 10_000 },
            messages_for: Some(Duration::from_secs(minutes * 10)),
        }
    }
}

/// Lanes of a run on two processors.
pub const LANES: usize = 8;

/// Runs all; how many harnesses found everything as it must be, and how many did not.
pub async fn all(sizes: Sizes, seed: u64, scale: Scale, folder: &Path) -> (u64, u64) {
    let mut tally = (0, 0);
    let mut judged = |name: &str, began: Instant, outcome: Result<(String, bool)>| {
        let good = match outcome {
            Ok((report, good)) => {
                print!("{report}");
                good
            }
            Err(error) => {
                println!("{error:#}");
                false
            }
        };
        println!(
            "{name}: {}, {} s\n",
            if good { "passed" } else { "FAILED" },
            began.elapsed().as_secs()
        );
        if good {
            tally.0 += 1;
        } else {
            tally.1 += 1;
        }
    };
    let begin = |name: &str| {
        println!("== {name}");
        Instant::now()
    };

    let began = begin("mutants");
    let found = mutants::run(seed, scale, &folder.join("mutants"))
        .await
        .map(|found| {
            let report = found.iter().map(|mutant| format!("{mutant}\n")).collect();
            (report, found.iter().all(mutants::Found::seen))
        });
    judged("mutants", began, found);

    let began = begin("power-loss (R4)");
    let totals = power::run(sizes.images, 60, seed, None);
    judged(
        "power-loss",
        began,
        totals.map(|totals| (totals.to_string(), totals.good())),
    );

    let began = begin("syscalls (R3, R5)");
    let totals = syscalls::run(4, sizes.step, seed);
    judged(
        "syscalls",
        began,
        totals.map(|totals| (totals.to_string(), totals.good())),
    );

    let began = begin("instances (R6)");
    let totals = instances::run(sizes.races, seed, scale, folder).await;
    judged(
        "instances",
        began,
        totals.map(|totals| (totals.to_string(), totals.good())),
    );

    let began = begin("races (R10)");
    let totals = races::run(sizes.scripts, seed, scale, None, folder).await;
    judged(
        "races",
        began,
        totals.map(|totals| (totals.to_string(), totals.good())),
    );

    let began = begin("simulate (R7, R9)");
    // It has runtimes of its own.
    let days = tokio::task::spawn_blocking(move || simulate::run(sizes.days, 24, seed)).await;
    let days = days.map_err(anyhow::Error::from).flatten();
    judged(
        "simulate",
        began,
        days.map(|days| (days.to_string(), days.good())),
    );

    let began = begin("talks");
    let plan = |seed| talks::plan(sizes.messages, seed);
    let totals = rounds::<talks::Lane>(plan, sizes.messages_for, seed, scale, &folder.join("talks")).await;
    judged(
        "talks",
        began,
        totals.map(|totals| (totals.to_string(), totals.good())),
    );

    let began = begin("run (R1-R3, R8, R24)");
    let plan = |seed| Plan::new(Size::of(sizes.asks), &PAYMENTS, &[Fault::PriceChanged], seed);
    let totals = rounds::<Lane>(plan, sizes.payments_for, seed, scale, &folder.join("run")).await;
    judged(
        "run",
        began,
        totals.map(|totals| (totals.to_string(), totals.good())),
    );
    tally
}

/// Rounds of a run, each with a seed of its own.
async fn rounds<L: Work>(
    plan: impl Fn(u64) -> Plan,
    time: Option<Duration>,
    seed: u64,
    scale: Scale,
    folder: &Path,
) -> Result<Totals> {
    let end = time.map(|time| Instant::now() + time);
    let mut totals = Totals::default();
    for round in 0.. {
        let seed = seed.wrapping_add(round);
        let options = run::Options {
            lanes: LANES,
            seed,
            scale,
            planted: None,
            limit: None,
            progress: true,
        };
        let folder = folder.join(format!("round-{round}"));
        totals.add(run::run::<L>(plan(seed), &options, &folder).await?);
        if end.is_none_or(|end| Instant::now() > end) {
            break;
        }
    }
    Ok(totals)
}
