//! Rows P20 to P22: the store.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use kvit_bench_worker::Order;
use secrecy::ExposeSecret;

use super::{Bench, control, figure, micros};
use crate::figures::{Attempt, Clock, Figure, Round, Spread, Target, quantile, to_f64};
use crate::harness::{Measured, Subject, Worker, alternate};
use crate::past::{LONG, SHORT};

/// The arguments of the worker.
fn arguments(bench: &mut Bench) -> Result<Vec<String>> {
    let stores = bench.stores()?;
    Ok(vec![
        "worker".to_owned(),
        "store".to_owned(),
        stores.folder().to_string_lossy().into_owned(),
        stores.key.expose_secret().to_owned(),
        stores.seed().to_string(),
    ])
}

fn start(bench: &mut Bench) -> Result<Worker> {
    let arguments = arguments(bench)?;
    let worker = Worker::start("store", &bench.own, arguments)?;
    bench
        .peers
        .insert("plain SQLite".to_owned(), worker.about.clone());
    Ok(worker)
}

fn subjects(what: &[(&str, usize)]) -> Vec<Subject> {
    what.iter()
        .map(|(what, count)| Subject {
            worker: 0,
            what: (*what).to_owned(),
            count: *count,
            expected: None,
        })
        .collect()
}

/// Two who must have read the same, whatever they read it from.
fn agree(worker: &mut Worker, one: &str, other: &str) -> Result<()> {
    let mut proof = |what: &str| -> Result<u64> {
        let order = Order {
            what: what.to_owned(),
            start: 3,
            count: 2,
        };
        Ok(worker.slice(&order)?.done.proof)
    };
    ensure!(
        proof(one)? == proof(other)?,
        "{one} and {other} read different rows"
    );
    Ok(())
}

fn millis(rounds: &[Round]) -> Result<f64> {
    Ok(micros(rounds)? / 1e3)
}

/// P21: a window of the list.
pub fn window(bench: &mut Bench) -> Result<Attempt> {
    let mut worker = start(bench)?;
    for other in ["window-plain", "cold", "cold-plain"] {
        agree(&mut worker, "window", other)?;
    }
    agree(&mut worker, "numbers", "numbers-plain")?;
    let workers = &mut [worker];
    let warm = alternate(
        workers,
        &subjects(&[
            ("window", 5),
            ("window", 5),
            ("window-plain", 5),
            ("window-json", 5),
            ("window-top", 5),
            ("window-deep", 5),
            ("numbers", 1),
            ("numbers-plain", 1),
        ]),
        bench.rounds(150, 40),
        Clock::Cpu,
        &mut bench.random,
    )?;
    let cold = alternate(
        workers,
        &subjects(&[("cold", 1), ("cold-plain", 1)]),
        bench.rounds(30, 8),
        Clock::Wall,
        &mut bench.random,
    )?;
    let ([kvit, again, plain, json, top, deep, numbers, bare_numbers], [cold, cold_plain]) =
        (warm.as_slice(), cold.as_slice())
    else {
        bail!("a subject got lost");
    };
    let over = |name: &str, above: &Measured, below: &Measured, target| {
        figure(name, &above.rounds, &below.rounds, target)
    };
    Ok(Attempt {
        figures: vec![
            over("warm, Kvit / plain SQLite", kvit, plain, Target::AtMost(1.6))?,
            over(
                "first after opening, from the disk, Kvit / plain SQLite",
                cold,
                cold_plain,
                Target::AtMost(3.0),
            )?,
            over(
                "warm, the last rows / the first rows",
                deep,
                top,
                Target::AtMost(1.2),
            )?,
            over(
                "warm, Kvit / plain SQLite and the bodies read as JSON",
                kvit,
                json,
                Target::Reported,
            )?,
            over(
                "the numbers of the whole list, Kvit / plain SQLite",
                numbers,
                bare_numbers,
                Target::Reported,
            )?,
        ],
        control: Some(control(&again.rounds, &kvit.rounds, Clock::Cpu)?),
        notes: vec![format!(
            "a window of 50: Kvit {:.0} us, plain SQLite {:.0} us, and its JSON {:.0} us; from the disk: Kvit {:.2} ms, \
             plain {:.2} ms; all {LONG} numbers, once after each change: Kvit {:.1} ms, plain {:.1} ms",
            micros(&kvit.rounds)?,
            micros(&plain.rounds)?,
            micros(&json.rounds)?,
            millis(&cold.rounds)?,
            millis(&cold_plain.rounds)?,
            millis(&numbers.rounds)?,
            millis(&bare_numbers.rounds)?,
        )],
    })
}

/// Operations whose syncs are counted.
const COUNTED: usize = 40;

/// P22: a step of the journal on the disk.
pub fn journal(bench: &mut Bench) -> Result<Attempt> {
    let worker = start(bench)?;
    let measured = alternate(
        &mut [worker],
        &subjects(&[("begin", 5), ("begin", 5), ("bare", 5)]),
        bench.rounds(150, 40),
        Clock::Wall,
        &mut bench.random,
    )?;
    let [kvit, again, bare] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    let counted = syncs(bench)?;
    ensure!(
        counted > 0,
        "nothing was synced: the figure would be worth nothing"
    );
    let tail = |measured: &Measured| -> Result<f64> {
        let mut sorted: Vec<f64> = measured.samples.iter().copied().map(to_f64).collect();
        sorted.sort_by(f64::total_cmp);
        Ok(quantile(&sorted, 0.9).context("no samples")? / 1e6)
    };
    Ok(Attempt {
        figures: vec![
            figure(
                "Kvit / bare write and fdatasync",
                &kvit.rounds,
                &bare.rounds,
                Target::AtMost(1.5),
            )?,
            Figure {
                name: "syncs for each step".to_owned(),
                unit: "syncs",
                spread: Spread::exact(to_f64(counted) / to_f64(COUNTED as u64)),
                target: Target::AtMost(1.0),
            },
        ],
        control: Some(control(&again.rounds, &kvit.rounds, Clock::Wall)?),
        notes: vec![format!(
            "p50 {:.2} ms, of the bare write {:.2} ms; p90 {:.2} ms and {:.2} ms; strace saw {counted} syncs for {COUNTED} \
             operations",
            millis(&kvit.rounds)?,
            millis(&bare.rounds)?,
            tail(kvit)?,
            tail(bare)?,
        )],
    })
}

/// The syncs that strace sees while [`COUNTED`] operations are begun.
fn syncs(bench: &mut Bench) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("calls");
    let mut command = vec![
        "-f".to_owned(),
        "-qq".to_owned(),
        "-e".to_owned(),
        "trace=fsync,fdatasync,sync_file_range,msync".to_owned(),
        "-o".to_owned(),
        log.to_string_lossy().into_owned(),
        bench.own.to_string_lossy().into_owned(),
    ];
    command.extend(arguments(bench)?);
    let mut worker = Worker::start("store under strace", Path::new("strace"), command)
        .context("strace is needed to count syncs")?;
    let calls = || -> Result<u64> {
        let text = std::fs::read_to_string(&log)?;
        Ok(text.lines().filter(|line| line.contains("sync")).count() as u64)
    };
    let mut begin = |count| {
        worker.slice(&Order {
            what: "begin".to_owned(),
            start: 0,
            count,
        })
    };
    // The log of the file is long by then: what is counted is a step, not what comes with the first.
    begin(1)?;
    let before = calls()?;
    begin(COUNTED)?;
    Ok(calls()?.saturating_sub(before))
}

/// What is typed, and what it is called.
const TYPED: [(&str, &str); 4] = [
    ("name", "most of a name"),
    ("word", "a word of many"),
    ("letters", "two letters"),
    ("number", "a number"),
];

/// P20: a letter typed into the search.
pub fn filter(bench: &mut Bench) -> Result<Attempt> {
    let (windows, painted) = super::page::typed(bench)?;
    let [long, short, again] = windows.as_slice() else {
        bail!("a window got lost");
    };
    let mut figures = vec![figure(
        format!("letter to paint, {LONG} rows / {SHORT} rows"),
        long,
        short,
        Target::AtMost(2.0),
    )?];
    let control = control(again, long, Clock::Wall)?;
    let worker = start(bench)?;
    let names: Vec<String> = TYPED
        .iter()
        .flat_map(|(kind, _)| [format!("long-{kind}"), format!("short-{kind}")])
        .collect();
    let what: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 2)).collect();
    let measured = alternate(
        &mut [worker],
        &subjects(&what),
        bench.rounds(100, 20),
        Clock::Cpu,
        &mut bench.random,
    )?;
    let mut notes = vec![painted];
    for ((_, name), pair) in TYPED.iter().zip(measured.chunks(2)) {
        let [long, short] = pair else {
            bail!("a subject got lost");
        };
        figures.push(figure(
            format!("the store alone, {name}"),
            &long.rounds,
            &short.rounds,
            Target::Reported,
        )?);
        notes.push(format!(
            "the store alone, {name}: {:.2} ms and {:.2} ms",
            millis(&long.rounds)?,
            millis(&short.rounds)?
        ));
    }
    Ok(Attempt {
        figures,
        control: Some(control),
        notes,
    })
}
