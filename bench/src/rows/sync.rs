//! Row P28 and the first reading of everything.

use anyhow::{Context, Result, bail};
use kvit_bench_worker::Order;

use super::{Bench, control, figure, micros};
use crate::figures::{Attempt, Clock, Figure, Round, Spread, Target, ratios, to_f64};
use crate::harness::{Subject, Worker, alternate_after};

/// Marketplaces, and who reads from them.
pub struct Markets {
    // Ended in this order: the reader first.
    workers: [Worker; 1],
    _market: Worker,
    _folder: tempfile::TempDir,
    /// New payments of the one and of the other, and payments of the other in all.
    few: u64,
    many: u64,
    all: u64,
}

impl Markets {
    fn open(bench: &mut Bench) -> Result<Self> {
        let (past, few, many) = if bench.quick {
            (1_000, 250, 1_250)
        } else {
            (5_000, 1_000, 5_000)
        };
        println!("    making marketplaces with {past} payments, which grow by {few} and {many}");
        let folder = tempfile::tempdir()?;
        let numbers = [past, few, many, bench.seed].map(|number: u64| number.to_string());
        let at = folder.path().as_os_str();
        let arguments = ["worker".into(), "market".into(), at.to_owned()]
            .into_iter()
            .chain(numbers.into_iter().map(Into::into));
        let mut market = Worker::start("market", &bench.own, arguments)?;
        let mut reader = Worker::start("reader", &bench.own, ["worker".as_ref(), "reader".as_ref(), at])?;
        bench.peers.insert(
            "reading everything".to_owned(),
            format!("{}; from {}", reader.about, market.about),
        );
        let order = |what: &str| Order {
            what: what.to_owned(),
            start: 0,
            count: 1,
        };
        reader.slice(&order("learn"))?;
        market.slice(&order("grow"))?;
        reader.slice(&order("count"))?;
        Ok(Self {
            workers: [reader],
            _market: market,
            _folder: folder,
            few,
            many,
            all: past + many,
        })
    }
}

fn subjects(what: &[&str]) -> Vec<Subject> {
    what.iter()
        .map(|what| Subject {
            worker: 0,
            what: (*what).to_owned(),
            count: 1,
            expected: None,
        })
        .collect()
}

/// What each of the payments by which the long one is longer took.
fn slope(long: &[Round], short: &[Round], payments: u64) -> Vec<Round> {
    let one = |long: f64, short: f64| (long - short) / to_f64(payments.max(1));
    long.iter()
        .zip(short)
        .map(|(long, short)| Round {
            there: one(long.there, short.there),
            back: one(long.back, short.back),
        })
        .collect()
}

fn opened(bench: &mut Bench) -> Result<Markets> {
    match bench.markets.take() {
        Some(markets) => Ok(markets),
        None => Markets::open(bench),
    }
}

/// P28: catching up.
pub fn catch_up(bench: &mut Bench) -> Result<Attempt> {
    let mut markets = opened(bench)?;
    let names = [
        "catch-up-few",
        "catch-up-many",
        "catch-up-many",
        "bare-few",
        "bare-many",
    ];
    let measured = alternate_after(
        1,
        &mut markets.workers,
        &subjects(&names),
        bench.rounds(6, 2),
        Clock::Wall,
        &mut bench.random,
    )?;
    let usable = alternate_after(
        1,
        &mut markets.workers,
        &subjects(&["usable-few", "usable-many"]),
        bench.rounds(10, 4),
        Clock::Wall,
        &mut bench.random,
    )?;
    let (few, many, all) = (markets.few, markets.many, markets.all);
    bench.markets = Some(markets);
    let ([short, long, again, bare_short, bare_long], [usable_few, usable_many]) =
        (measured.as_slice(), usable.as_slice())
    else {
        bail!("a subject got lost");
    };
    let kvit = slope(&long.rounds, &short.rounds, many - few);
    let bare = slope(&bare_long.rounds, &bare_short.rounds, many - few);
    Ok(Attempt {
        figures: vec![
            Figure::ratio(
                format!("slope from {few} to {many} new payments, Kvit / bare drain and one transaction"),
                Spread::of(&ratios(&kvit, &bare)).context("nothing was measured")?,
                Target::AtMost(10.0),
            ),
            figure(
                format!("until the list can be shown, {many} new payments / {few}"),
                &usable_many.rounds,
                &usable_few.rounds,
                Target::AtMost(1.2),
            )?,
        ],
        control: Some(control(&again.rounds, &long.rounds, Clock::Wall)?),
        notes: vec![format!(
            "{few} new payments take Kvit {:.0} ms, {many} take {:.0} ms: {:.0} us each; bare {:.0} us each; the list can \
             be shown after {:.0} ms; {all} payments there in all",
            micros(&short.rounds)? / 1e3,
            micros(&long.rounds)? / 1e3,
            micros(&kvit)?,
            micros(&bare)?,
            micros(&usable_many.rounds)? / 1e3,
        )],
    })
}

/// The first reading of everything.
pub fn first(bench: &mut Bench) -> Result<Attempt> {
    let mut markets = opened(bench)?;
    let measured = alternate_after(
        1,
        &mut markets.workers,
        &subjects(&["first-many", "first-many", "paging-many"]),
        bench.rounds(4, 1),
        Clock::Wall,
        &mut bench.random,
    )?;
    let all = markets.all;
    bench.markets = Some(markets);
    let [kvit, again, paging] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    Ok(Attempt {
        figures: vec![figure(
            format!("{all} payments, Kvit / the bare paging loop of kvit-client"),
            &kvit.rounds,
            &paging.rounds,
            Target::Reported,
        )?],
        control: Some(control(&again.rounds, &kvit.rounds, Clock::Wall)?),
        notes: vec![format!(
            "Kvit {:.0} ms, the loop {:.0} ms",
            micros(&kvit.rounds)? / 1e3,
            micros(&paging.rounds)? / 1e3
        )],
    })
}
