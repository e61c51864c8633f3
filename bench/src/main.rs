//! Speed and size of Kvit, measured against others in the same run. Called by `cargo xtask bench`.
//!
//! Absolute times on a shared machine swing by half and more, so every figure is a ratio of things that ran in turn,
//! slice by slice, in that one run: A B B A. The subject also runs against itself, and a run that cannot tell it from
//! itself says nothing. A gate is judged on the worst of several launches.
// Telling figures is what this program is for, and figures of time and size are fractions; no money is counted here.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::float_arithmetic)]

mod build;
mod figures;
mod harness;
mod inputs;
mod judge;
mod kept;
mod line;
mod listener;
mod machine;
mod market;
mod news;
mod page;
mod past;
mod program;
mod reader;
mod report;
mod rows;
mod rpc;
mod screen;
mod serving;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use build::Builder;
use inputs::Inputs;
use report::{RowReport, told};
use rows::{ALL, Bench, Row};

/// As in the app.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
cargo xtask bench [--rows P1,P3] [--quick] [--launches N] [--seed N]

  --rows      only these of P1 P2 P3 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P19 P20 P21 P22
              P24 P26 P28 SYNC; docs/figures.md is written only by a run of all rows
  --quick     one launch with fewer rounds: to look at, not to judge by
  --launches  instead of 5; they are spread over at least 3 minutes
  --seed      instead of a random one, to have the same texts again
";

/// Launches, unless said otherwise, and the least time over which they are spread.
const LAUNCHES: usize = 5;
const SPREAD_OVER: Duration = Duration::from_secs(180);
/// A void run is repeated until so many were made.
const ATTEMPTS: usize = 3;

struct Arguments {
    rows: Vec<Row>,
    quick: bool,
    launches: usize,
    seed: Option<u64>,
    app: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let done = match arguments.first() {
        Some(first) if first == "worker" => worker(arguments.get(1..).unwrap_or_default()),
        Some(first) if first == "help" || first == "--help" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => parse(arguments).and_then(|arguments| measure(&arguments)),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nbench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The other halves of this program: a role, a folder, and what the role wants to know.
fn worker(arguments: &[OsString]) -> Result<ExitCode> {
    let [role, folder, rest @ ..] = arguments else {
        bail!("a worker needs a role and a folder");
    };
    let folder = Path::new(folder);
    let role = role.to_str().context("not a role")?;
    let rest: Vec<&str> = rest
        .iter()
        .map(|one| one.to_str().context("not a text"))
        .collect::<Result<_>>()?;
    match (role, rest.as_slice()) {
        ("proof", []) => Ok(judge::proof(folder)),
        ("gpgv", []) => Ok(judge::gpgv(folder)),
        ("echo", []) => rpc::server(folder).map(|()| ExitCode::SUCCESS),
        ("call", [grpc, tcp, tls]) => rpc::caller(folder, [grpc.parse()?, tcp.parse()?, tls.parse()?]),
        ("announce", [seed]) => news::server(folder, seed.parse()?).map(|()| ExitCode::SUCCESS),
        ("listen", [news, beats, server]) => {
            listener::worker(folder, [news.parse()?, beats.parse()?], server.parse()?)
        }
        ("store", [key, seed]) => kept::worker(folder, key, seed),
        ("market", [past, few, many, seed]) => market::worker(
            folder,
            [past.parse()?, few.parse()?, many.parse()?, seed.parse()?],
        ),
        ("reader", []) => reader::worker(folder),
        ("pictures", [subject]) => Ok(rows::pictures::worker::worker(folder, subject)),
        ("picture", [job]) => rows::pictures::worker::once(folder, job),
        _ => bail!("there is no worker {role} with {} more words", rest.len()),
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Arguments> {
    let mut parsed = Arguments {
        rows: ALL.to_vec(),
        quick: false,
        launches: LAUNCHES,
        seed: None,
        app: None,
    };
    let mut launches = None;
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        use lexopt::prelude::*;
        match argument {
            Long("quick") => parsed.quick = true,
            Long("rows") => {
                let names = parser.value()?.string()?;
                parsed.rows = names
                    .split(',')
                    .map(|name| Row::named(name.trim()).with_context(|| format!("there is no row {name}")))
                    .collect::<Result<_>>()?;
                parsed.rows.sort_unstable();
                parsed.rows.dedup();
            }
            Long("launches") => launches = Some(parser.value()?.parse()?),
            Long("seed") => parsed.seed = Some(parser.value()?.parse()?),
            Long("app") => parsed.app = Some(parser.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    parsed.launches = launches.unwrap_or(if parsed.quick { 1 } else { LAUNCHES });
    ensure!((1..=100).contains(&parsed.launches), "1 to 100 launches");
    ensure!(!parsed.rows.is_empty(), "no row");
    Ok(parsed)
}

fn measure(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(
        !cfg!(debug_assertions),
        "figures of a debug build say nothing: `cargo xtask bench` builds this in release"
    );
    let top = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("this program lies in no tree")?
        .to_owned();
    let features = machine::features(&top, "kvit-bench")?;
    ensure!(
        features == machine::features(&top, "kvit-app")?,
        "what is measured is not what is shipped: the features differ from the app's"
    );
    let seed = arguments.seed.unwrap_or_else(rand::random);
    let own = std::env::current_exe()?;
    let mut bench = Bench::new(
        Builder::new(top.clone())?,
        own,
        arguments.app.clone(),
        arguments.quick,
        seed,
    );
    for row in arguments.rows.iter().filter(|row| row.wants_app()) {
        bench.app().with_context(|| row.name())?;
    }

    let mut facts = machine::facts(&top);
    facts.push(format!("seed {seed}"));
    facts.push(format!("load before {}", machine::load()));
    facts.iter().for_each(|fact| println!("    {fact}"));
    if arguments
        .rows
        .iter()
        .any(|row| matches!(row, Row::P1 | Row::P2 | Row::P3 | Row::P5))
    {
        println!("    making keys and texts with gpg");
        let inputs = Inputs::make(&mut bench.random, arguments.rows.contains(&Row::P5))?;
        bench.inputs = Some(inputs);
    }

    let began = (Instant::now(), machine::Ticks::now()?);
    let mut reports: Vec<RowReport> = arguments
        .rows
        .iter()
        .map(|row| RowReport {
            row: *row,
            launches: Vec::new(),
        })
        .collect();
    for launch in 0..arguments.launches {
        wait_for_turn(began.0, launch, arguments.launches);
        for report in &mut reports {
            if launch < report.row.launches(arguments.launches) {
                let attempts = attempts(&mut bench, report.row, launch)?;
                report.launches.push(attempts);
            }
        }
    }

    facts.push(format!("load after {}", machine::load()));
    facts.push(format!(
        "time taken away by the host: {} %",
        report::number(machine::Ticks::now()?.stolen_since(began.1))
    ));
    let mut page = page_head(arguments, &facts, &features, &bench);
    for report in &reports {
        let section = report.section();
        println!("\n{section}");
        let _ = write!(page, "\n{section}");
    }
    if arguments.rows.len() == ALL.len() {
        let docs = top.join("docs");
        std::fs::create_dir_all(&docs)?;
        std::fs::write(docs.join("figures.md"), page)?;
        println!("written: docs/figures.md");
    }
    let short: Vec<&str> = reports
        .iter()
        .filter(|report| report.falls_short())
        .map(|report| report.row.name())
        .collect();
    if short.is_empty() {
        println!("every target of these rows is reached");
    } else {
        println!("short of a target, or void: {}", short.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

/// Launches begin evenly spread over the least time, however fast they are.
fn wait_for_turn(began: Instant, launch: usize, launches: usize) {
    let intervals = u32::try_from(launches.saturating_sub(1).max(1)).unwrap_or(u32::MAX);
    let turn = u32::try_from(launch).unwrap_or(u32::MAX);
    let due = SPREAD_OVER
        .checked_div(intervals)
        .unwrap_or_default()
        .saturating_mul(turn);
    let early = due.saturating_sub(began.elapsed());
    if !early.is_zero() {
        println!(
            "\n    waiting {} s for launch {}",
            early.as_secs(),
            launch.saturating_add(1)
        );
        std::thread::sleep(early);
    }
}

/// One to three attempts at a row, until one counts.
fn attempts(bench: &mut Bench, row: Row, launch: usize) -> Result<Vec<figures::Attempt>> {
    let mut made = Vec::new();
    for _ in 0..ATTEMPTS {
        println!("\n==> {}, launch {}", row.name(), launch.saturating_add(1));
        let attempt = row.measure(bench).with_context(|| row.name())?;
        for figure in &attempt.figures {
            println!(
                "    {}: {} {} ({} to {}), target {}",
                figure.name,
                report::number(figure.spread.median),
                figure.unit,
                report::number(figure.spread.p10),
                report::number(figure.spread.p90),
                figure.target
            );
        }
        println!("    {}", told(&attempt));
        let void = attempt.is_void();
        made.push(attempt);
        if !void {
            break;
        }
    }
    Ok(made)
}

fn page_head(arguments: &Arguments, facts: &[String], features: &[String], bench: &Bench) -> String {
    let mut page = String::new();
    let judged = if arguments.quick || arguments.launches < LAUNCHES {
        "**This run was a quick one: to look at, not to judge by.**"
    } else {
        "A target counts as reached when the worst of the launches reaches it."
    };
    let _ = write!(
        page,
        "# Figures\n\n\
         Written by `cargo xtask bench`; no number here is typed by hand. {judged}\n\n\
         Every figure is a ratio of things that ran in turn in the same run (A B B A, slice by slice), so that a slow \
         minute slows all of them. The figure of a launch is the median over its rounds. Kvit also runs against \
         itself; a run whose median strays from 1 says nothing, is called void and repeated, three times at most. \
         Inputs come from a random seed, every result is checked inside the loop, and the others are as their \
         documentation has them, pinned by lock files, built in release with the app's profile.\n\n\
         What this does not show: there is no graphics card under Xvfb, the loopback loses nothing, and one machine is \
         not all machines.\n\n"
    );
    let _ = writeln!(page, "{} launches. The run:\n", arguments.launches);
    facts.iter().for_each(|fact| {
        let _ = writeln!(page, "- {fact}");
    });
    let _ = writeln!(page, "\nThe others:\n");
    for (name, about) in &bench.peers {
        let _ = writeln!(page, "- {name}: {about}");
    }
    let _ = writeln!(page, "\nKvit's parts, with the features of the app (checked):\n");
    for feature in features {
        let _ = writeln!(page, "- `{feature}`");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Arguments> {
        parse(arguments.iter().map(OsString::from).collect())
    }

    #[test]
    fn arguments_are_read() {
        let all = parsed(&[]).unwrap();
        assert_eq!((all.rows.len(), all.launches, all.quick), (ALL.len(), 5, false));
        let some = parsed(&["--rows", "P3,p1,P3", "--quick", "--seed", "7"]).unwrap();
        assert_eq!(
            (some.rows, some.launches, some.seed),
            (vec![Row::P1, Row::P3], 1, Some(7))
        );
        assert_eq!(parsed(&["--quick", "--launches", "2"]).unwrap().launches, 2);
        for bad in [
            &["--rows", "P4"][..],
            &["--launches", "0"],
            &["--what"],
            &["--rows", ""],
        ] {
            assert!(parsed(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_due_does_not_wait() {
        // Were it to wait, it would take minutes.
        wait_for_turn(Instant::now(), 0, 5);
        if let Some(long_ago) = Instant::now().checked_sub(SPREAD_OVER) {
            wait_for_turn(long_ago, 4, 5);
        }
    }
}
