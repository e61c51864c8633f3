//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lexopt::Arg;
use rand::Rng;

use crate::engine::PAYMENTS;
use crate::lane::Lane;
use crate::pace::Scale;
use crate::plan::{Fault, Plan, Size};
use crate::{engine, instances, mutants, power, races, run, server, simulate, suite, syscalls, talks};

const HELP: &str = "\
kvit-soak COMMAND

  all [--minutes N]                          each of these, in CI's size or for so many minutes
  run [--asks N] [--lanes N] [--minutes N]   payments through everything that can go wrong (R1-R3, R5, R24)
  talks [--messages N] [--lanes N] [--minutes N]   messages and pictures through the same
  power-loss [--images N] [--operations N]   crash images of the store (R4)
  syscalls [--operations N] [--step N]       the store killed or refused at every Nth system call (R3, R5)
  races [--count N]                          a person who presses twice (R10)
  instances [--count N]                      two processes over one folder (R6)
  simulate [--count N] [--hours N]           whole days in seconds, one for each seed (R7, R9)
  mutants                                    planted mistakes, each of which must be seen

  --scale N        so many times shorter than in life (30)
  --seed N         what happens follows from it; random, and printed, if not given
  --planted NAME   with a planted mistake
  --keep FOLDER    where ledgers and logs stay; a folder that goes away if not given
";

/// What was asked for.
#[derive(Debug, Default)]
struct Wanted {
    command: Option<String>,
    rest: Vec<OsString>,
    asks: Option<usize>,
    messages: Option<usize>,
    lanes: Option<usize>,
    minutes: Option<u64>,
    images: Option<u64>,
    operations: Option<u32>,
    step: Option<u64>,
    hours: Option<u64>,
    count: Option<u64>,
    scale: Option<u32>,
    seed: Option<u64>,
    planted: Option<String>,
    keep: Option<PathBuf>,
}

impl Wanted {
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut wanted = Self::default();
        let mut parser = lexopt::Parser::from_args(arguments);
        use lexopt::ValueExt;
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("asks") => wanted.asks = Some(parser.value()?.parse()?),
                Arg::Long("messages") => wanted.messages = Some(parser.value()?.parse()?),
                Arg::Long("lanes") => wanted.lanes = Some(parser.value()?.parse()?),
                Arg::Long("minutes") => wanted.minutes = Some(parser.value()?.parse()?),
                Arg::Long("images") => wanted.images = Some(parser.value()?.parse()?),
                Arg::Long("operations") => wanted.operations = Some(parser.value()?.parse()?),
                Arg::Long("step") => wanted.step = Some(parser.value()?.parse()?),
                Arg::Long("scale") => wanted.scale = Some(parser.value()?.parse()?),
                Arg::Long("count") => wanted.count = Some(parser.value()?.parse()?),
                Arg::Long("hours") => wanted.hours = Some(parser.value()?.parse()?),
                Arg::Long("seed") => wanted.seed = Some(parser.value()?.parse()?),
                Arg::Long("planted") => wanted.planted = Some(parser.value()?.string()?),
                Arg::Long("keep") => wanted.keep = Some(parser.value()?.into()),
                Arg::Long("help") | Arg::Short('h') => wanted.command = Some("help".to_owned()),
                Arg::Value(value) if wanted.command.is_none() => wanted.command = Some(value.string()?),
                Arg::Value(value) => wanted.rest.push(value),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(wanted)
    }

    fn rest(&self, at: usize) -> Result<&str> {
        self.rest
            .get(at)
            .and_then(|text| text.to_str())
            .context("an argument is missing")
    }
}

/// Does as the arguments say.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match Wanted::parse(arguments).and_then(|wanted| obey(&wanted)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kvit-soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `true`: everything is as it must be.
fn obey(wanted: &Wanted) -> Result<bool> {
    match wanted.command.as_deref().unwrap_or("run") {
        // Processes of a run.
        "server" => {
            logs();
            let (ledger, seed) = (wanted.rest(0)?.into(), wanted.rest(1)?.parse()?);
            runtime()?.block_on(server::serve(ledger, seed)).map(|()| true)
        }
        "engine" => {
            logs();
            let start = serde_json::from_str(wanted.rest(0)?)?;
            runtime()?.block_on(engine::serve(start)).map(|()| true)
        }
        "store-work" => {
            if let Ok(planted @ ("planted.no_sync" | "planted.nothing")) = wanted.rest(3) {
                plant(planted)?;
            }
            power::work::work(
                Path::new(wanted.rest(0)?),
                wanted.rest(1)?,
                wanted.rest(2)?.parse()?,
            )
            .map(|()| true)
        }
        "run" => in_a_folder(wanted, |seed, folder| {
            let size = Size::of(wanted.asks.unwrap_or(10_000));
            let plan = Plan::new(size, &PAYMENTS, &[Fault::PriceChanged], seed);
            a_run::<Lane>(wanted, plan, seed, folder)
        }),
        "talks" => in_a_folder(wanted, |seed, folder| {
            let plan = talks::plan(wanted.messages.unwrap_or(10_000), seed);
            a_run::<talks::Lane>(wanted, plan, seed, folder)
        }),
        "power-loss" => in_a_folder(wanted, |seed, _| {
            let (images, operations) = (wanted.images.unwrap_or(3_000), wanted.operations.unwrap_or(60));
            let totals = power::run(images, operations, seed, wanted.planted.as_deref())?;
            print!("{totals}");
            Ok(totals.good())
        }),
        "syscalls" => in_a_folder(wanted, |seed, _| {
            let totals = syscalls::run(wanted.operations.unwrap_or(4), wanted.step.unwrap_or(1), seed)?;
            print!("{totals}");
            Ok(totals.good())
        }),
        "all" => in_a_folder(wanted, |seed, folder| {
            let sizes = wanted.minutes.map_or(suite::Sizes::CI, suite::Sizes::for_minutes);
            let scale = wanted.scale.map(Scale).unwrap_or_default();
            let (passed, failed) = runtime()?.block_on(suite::all(sizes, seed, scale, folder));
            println!("{passed} passed, {failed} failed");
            Ok(failed == 0)
        }),
        "races" => in_a_folder(wanted, |seed, folder| {
            let (scripts, planted) = (wanted.count.unwrap_or(400), wanted.planted.as_deref());
            let scale = wanted.scale.map(Scale).unwrap_or_default();
            let races = runtime()?.block_on(races::run(scripts, seed, scale, planted, folder))?;
            print!("{races}");
            Ok(races.good())
        }),
        "simulate" => in_a_folder(wanted, |seed, _| {
            let days = simulate::run(wanted.count.unwrap_or(20), wanted.hours.unwrap_or(24), seed)?;
            print!("{days}");
            Ok(days.good())
        }),
        "instances" => in_a_folder(wanted, |seed, folder| {
            let scale = wanted.scale.map(Scale).unwrap_or_default();
            let totals =
                runtime()?.block_on(instances::run(wanted.count.unwrap_or(50), seed, scale, folder))?;
            print!("{totals}");
            Ok(totals.good())
        }),
        "mutants" => in_a_folder(wanted, |seed, folder| {
            let scale = wanted.scale.map(Scale).unwrap_or_default();
            let found = runtime()?.block_on(mutants::run(seed, scale, folder))?;
            for mutant in &found {
                println!("{mutant}");
            }
            Ok(found.iter().all(mutants::Found::seen))
        }),
        "help" => {
            print!("{HELP}");
            Ok(true)
        }
        other => bail!("there is no `{other}`; `kvit-soak help` shows what there is"),
    }
}

/// Plants a mistake in this process.
///
/// # Errors
/// This program was built without fail points.
pub fn plant(point: &str) -> Result<()> {
    if !fail::has_failpoints() {
        bail!("built without fail points: use `cargo xtask soak`, or `--features failpoints`");
    }
    fail::cfg(point, "return").map_err(anyhow::Error::msg)
}

fn a_run<L: run::Work>(wanted: &Wanted, plan: Plan, seed: u64, folder: &Path) -> Result<bool> {
    let options = run::Options {
        lanes: wanted.lanes.unwrap_or(suite::LANES),
        seed,
        scale: wanted.scale.map(Scale).unwrap_or_default(),
        planted: wanted.planted.clone(),
        limit: wanted.minutes.map(|minutes| Duration::from_secs(minutes * 60)),
        progress: true,
    };
    let totals = runtime()?.block_on(run::run::<L>(plan, &options, folder))?;
    print!("{totals}");
    Ok(totals.good())
}

fn in_a_folder(wanted: &Wanted, harness: impl FnOnce(u64, &Path) -> Result<bool>) -> Result<bool> {
    let seed = wanted
        .seed
        .unwrap_or_else(|| rand::rng().random_range(0..1_000_000_000));
    println!("kvit-soak {}, seed {seed}", env!("CARGO_PKG_VERSION"));
    let began = Instant::now();
    let good = match &wanted.keep {
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            harness(seed, folder)
        }
        None => harness(seed, tempfile::tempdir()?.path()),
    }?;
    println!("seconds: {}", began.elapsed().as_secs());
    Ok(good)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime")
}

/// Logs of the processes, on standard error, which goes to a file.
fn logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("KVIT_SOAK_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
