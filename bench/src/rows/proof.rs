//! Rows P1, P2, P3 and P5: verification.

use anyhow::{Context, Result, bail};

use super::{Bench, control, figure, micros, over};
use crate::figures::{Attempt, Clock, Figure, Spread, Target};
use crate::harness::{Expected, Measured, Subject, Worker, alternate, fitting};
use crate::inputs::{BATCH, FAMILIES, SIZES, growth_name};
use crate::judge;
use crate::rpc;

/// A slice's length in nanoseconds where the operation is shorter.
const SLICE: f64 = 2e6;

/// The stock Sequoias: name, feature.
const SEQUOIAS: [(&str, &str); 4] = [
    ("Sequoia, Nettle", "nettle"),
    ("Sequoia, OpenSSL", "openssl"),
    ("Sequoia, Botan 2", "botan"),
    ("Sequoia, RustCrypto", "rustcrypto"),
];

/// That the confirmations under `key` were read as they were signed.
fn read_well(bench: &Bench, key: &str) -> Result<Option<Expected>> {
    Ok(Some(Box::new(bench.inputs()?.expected(key))))
}

/// Workers of one row and who they are.
struct Cast {
    workers: Vec<Worker>,
    subjects: Vec<Subject>,
}

impl Cast {
    fn new() -> Self {
        Self {
            workers: Vec::new(),
            subjects: Vec::new(),
        }
    }

    fn add(&mut self, worker: Worker, what: &str, count: usize, expected: Option<Expected>) {
        self.subjects.push(Subject {
            worker: self.workers.len(),
            what: what.to_owned(),
            count,
            expected,
        });
        self.workers.push(worker);
    }

    fn measure(&mut self, bench: &mut Bench, rounds: usize, clock: Clock) -> Result<Vec<Measured>> {
        alternate(
            &mut self.workers,
            &self.subjects,
            rounds,
            clock,
            &mut bench.random,
        )
    }
}

fn kvit(bench: &Bench, name: &str) -> Result<Worker> {
    let folder = bench.inputs()?.folder();
    Worker::start(
        name,
        &bench.own,
        ["worker".as_ref(), "proof".as_ref(), folder.as_os_str()],
    )
}

fn gpgv(bench: &mut Bench) -> Result<Worker> {
    let folder = bench.inputs()?.folder().to_owned();
    let worker = Worker::start(
        "gpgv",
        &bench.own,
        ["worker".as_ref(), "gpgv".as_ref(), folder.as_os_str()],
    )?;
    bench.peers.insert(
        "gpgv".to_owned(),
        format!("{}; `{}`, one process a text", worker.about, judge::GPGV),
    );
    Ok(worker)
}

fn raw(bench: &mut Bench) -> Result<Worker> {
    let path = bench.other("raw arithmetic", true, |builder| builder.peer("raw", "raw", ""))?;
    let worker = Worker::start(
        "raw arithmetic",
        &path.context("not built")?,
        [bench.seed.to_string()],
    )?;
    bench
        .peers
        .insert("raw arithmetic".to_owned(), worker.about.clone());
    Ok(worker)
}

fn sequoia(bench: &mut Bench, name: &str, feature: &str) -> Result<Option<Worker>> {
    let must = feature == "nettle";
    let built = bench.other(name, must, |builder| {
        builder.peer(&format!("sequoia-{feature}"), "sequoia", feature)
    })?;
    start_peer(bench, name, built)
}

fn rpgp(bench: &mut Bench) -> Result<Option<Worker>> {
    let built = bench.other("rPGP", false, |builder| builder.peer("rpgp", "rpgp", ""))?;
    start_peer(bench, "rPGP", built)
}

fn start_peer(bench: &mut Bench, name: &str, built: Option<std::path::PathBuf>) -> Result<Option<Worker>> {
    let Some(path) = built else {
        return Ok(None);
    };
    let worker = Worker::start(name, &path, [bench.inputs()?.folder()])?;
    bench.peers.insert(name.to_owned(), worker.about.clone());
    Ok(Some(worker))
}

/// P1 and P2: one text at a time under the key `key`.
pub fn first(bench: &mut Bench, key: &str) -> Result<Attempt> {
    let (rounds, mut cast) = (bench.rounds(80, 80), Cast::new());
    cast.add(kvit(bench, "Kvit")?, key, 20, read_well(bench, key)?);
    cast.add(kvit(bench, "Kvit again")?, key, 20, read_well(bench, key)?);
    cast.add(raw(bench)?, key, 40, Some(Box::new(rpc::expected)));
    for (name, feature) in SEQUOIAS {
        if let Some(worker) = sequoia(bench, name, feature)? {
            cast.add(worker, key, 20, read_well(bench, key)?);
        }
    }
    if let Some(worker) = rpgp(bench)? {
        cast.add(worker, key, 10, read_well(bench, key)?);
    }
    cast.add(gpgv(bench)?, key, 2, read_well(bench, key)?);

    let measured = cast.measure(bench, rounds, Clock::Cpu)?;
    let names: Vec<&str> = cast.workers.iter().map(Worker::name).collect();
    let [ours, again, limit, peers @ ..] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    let peer_names = names.get(3..).unwrap_or_default();
    let mut best: Option<(&str, &Measured)> = None;
    for (name, peer) in peer_names.iter().zip(peers) {
        let faster = match best {
            Some((_, so_far)) => micros(&peer.rounds)? < micros(&so_far.rounds)?,
            None => true,
        };
        if faster {
            best = Some((name, peer));
        }
    }
    let (best_name, best) = best.context("no peer took part")?;
    let gate = if key == "rsa" {
        Target::AtLeast(1.0)
    } else {
        Target::Reported
    };
    let mut figures = vec![
        figure("Kvit / best stock peer", &best.rounds, &ours.rounds, gate)?,
        figure("Kvit / raw", &limit.rounds, &ours.rounds, Target::Reported)?,
    ];
    for (name, peer) in peer_names.iter().zip(peers) {
        figures.push(figure(
            format!("{name} / raw"),
            &limit.rounds,
            &peer.rounds,
            Target::Reported,
        )?);
    }
    let (mine, stock, bare) = (
        micros(&ours.rounds)?,
        micros(&best.rounds)?,
        micros(&limit.rounds)?,
    );
    let notes = vec![format!(
        "a text takes Kvit {mine:.0} us, the best stock peer ({best_name}) {stock:.0} us, bare arithmetic {bare:.0} us"
    )];
    Ok(Attempt {
        figures,
        control: Some(control(&again.rounds, &ours.rounds, Clock::Cpu)?),
        notes,
    })
}

/// P3: a thousand at once on two cores.
pub fn batch(bench: &mut Bench) -> Result<Attempt> {
    let (rounds, mut cast) = (bench.rounds(75, 20), Cast::new());
    cast.add(kvit(bench, "Kvit")?, "batch-rsa", BATCH, read_well(bench, "rsa")?);
    cast.add(
        kvit(bench, "Kvit again")?,
        "batch-rsa",
        BATCH,
        read_well(bench, "rsa")?,
    );
    cast.add(raw(bench)?, "rsa", BATCH, Some(Box::new(rpc::expected)));
    let stock = sequoia(bench, "Sequoia, Nettle", "nettle")?.context("not built")?;
    cast.add(stock, "rsa", BATCH / 4, read_well(bench, "rsa")?);

    let measured = cast.measure(bench, rounds, Clock::Wall)?;
    let [ours, again, limit, stock] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    let (mine, bare, alone) = (
        micros(&ours.rounds)?,
        micros(&limit.rounds)?,
        micros(&stock.rounds)?,
    );
    let note = format!(
        "a thousand take {mine:.0} ms; one core does as many bare verifications in {bare:.0} ms. Stock Sequoia on one \
         thread takes {alone:.0} ms, so that two cores of it, without any checks of ours, would reach {} at best",
        crate::report::number(2.0 * bare / alone),
    );
    Ok(Attempt {
        figures: vec![
            figure(
                "Kvit on two cores / raw on one",
                &limit.rounds,
                &ours.rounds,
                Target::AtLeast(1.05),
            )?,
            figure(
                "Kvit on two cores / stock Sequoia on one",
                &stock.rounds,
                &ours.rounds,
                Target::Reported,
            )?,
        ],
        control: Some(control(&again.rounds, &ours.rounds, Clock::Wall)?),
        notes: vec![note],
    })
}

/// Time for four times the bytes over time for the bytes: the worst pair of sizes.
fn worst_growth(
    bench: &mut Bench,
    worker: &mut [Worker],
    family: &str,
    sizes: &[usize],
    rounds: usize,
    target: Target,
    name: &str,
) -> Result<Figure> {
    let mut worst: Option<Figure> = None;
    for pair in sizes.windows(2) {
        let [small, large] = pair else {
            bail!("no pair of sizes");
        };
        let mut subjects = Vec::new();
        for size in [small, large] {
            let what = growth_name(family, *size);
            let first = worker.first_mut().context("no worker")?;
            let count = fitting(first, &what, SLICE, 4000)?;
            subjects.push(Subject {
                worker: 0,
                what,
                count,
                expected: None,
            });
        }
        let measured = alternate(worker, &subjects, rounds, Clock::Cpu, &mut bench.random)?;
        let [short, long] = measured.as_slice() else {
            bail!("a subject got lost");
        };
        let spread = over(&long.rounds, &short.rounds)?;
        if worst
            .as_ref()
            .is_none_or(|worst| spread.median > worst.spread.median)
        {
            let name = format!("{name}, {family} ({small} to {large} KiB)");
            worst = Some(Figure::ratio(name, spread, target));
        }
    }
    worst.context("no pair of sizes")
}

/// P5: growth, and what is over the cap.
pub fn growth(bench: &mut Bench) -> Result<Attempt> {
    let rounds = bench.rounds(75, 15);
    let mut ours = [kvit(bench, "Kvit")?];
    let mut figures = Vec::new();
    for family in FAMILIES {
        let mut figure = worst_growth(
            bench,
            &mut ours,
            family,
            &SIZES,
            rounds,
            Target::AtMost(4.8),
            "Kvit",
        )?;
        // The pair that is worst may be another in the next launch; the figure is the same one.
        figure.name = format!("Kvit, {family}");
        figures.push(figure);
    }
    let what = growth_name("valid", 256);
    let mut pair = [kvit(bench, "Kvit")?, kvit(bench, "Kvit again")?];
    let count = fitting(pair.first_mut().context("no worker")?, &what, SLICE, 4000)?;
    let subject = |worker| Subject {
        worker,
        what: what.clone(),
        count,
        expected: None,
    };
    let itself = alternate(
        &mut pair,
        &[subject(0), subject(1)],
        75,
        Clock::Cpu,
        &mut bench.random,
    )?;
    let [first, second] = itself.as_slice() else {
        bail!("a subject got lost");
    };
    // The cap: texts one byte above it and far above it.
    let over_cap = [16 * 1024 + 1, 1024 * 1024, 10 * 1024 * 1024];
    let mut cast = Cast::new();
    for bytes in over_cap {
        cast.add(kvit(bench, "Kvit")?, &format!("over-{bytes}"), 1, None);
    }
    for (bytes, measured) in over_cap.iter().zip(cast.measure(bench, 75, Clock::Cpu)?) {
        let milliseconds: Vec<f64> = measured.rounds.iter().map(|round| round.mean() / 1e6).collect();
        figures.push(Figure {
            name: format!("Kvit, refuses {bytes} bytes"),
            unit: "ms",
            spread: Spread::of(&milliseconds).context("nothing was measured")?,
            target: Target::AtMost(1.0),
        });
    }
    // The others, on valid texts. rPGP's way grows with the square: 4 MiB would take it minutes.
    let few = bench.rounds(15, 5);
    if let Some(worker) = sequoia(bench, "Sequoia, Nettle", "nettle")? {
        let figure = worst_growth(
            bench,
            &mut [worker],
            "valid",
            &SIZES,
            few,
            Target::Reported,
            "stock Sequoia",
        )?;
        figures.push(Figure {
            name: "stock Sequoia, valid".to_owned(),
            ..figure
        });
    }
    if let Some(worker) = rpgp(bench)? {
        let small = SIZES.get(..2).context("no sizes")?;
        figures.push(worst_growth(
            bench,
            &mut [worker],
            "valid",
            small,
            few,
            Target::Reported,
            "rPGP",
        )?);
    }
    Ok(Attempt {
        figures,
        control: Some(control(&second.rounds, &first.rounds, Clock::Cpu)?),
        notes: Vec::new(),
    })
}
