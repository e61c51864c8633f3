//! Rows P15 to P17: the window.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use rand::seq::SliceRandom;

use super::{Bench, control, figure, micros};
use crate::figures::{Attempt, Clock, Control, Figure, Round, Spread, Target, to_f64};
use crate::program::Program;
use crate::screen::{Block, Picture, Screen};

/// Places of programs in the cast.
const FLOOR: usize = 0;
const KVIT: usize = 1;

/// Kvit with a store: `long`, `short` or `none`. The folder is its home.
pub fn kvit(bench: &mut Bench, name: &'static str, store: &str) -> Result<(Program, tempfile::TempDir)> {
    let path = bench.app()?;
    let home = tempfile::tempdir()?;
    bench.stores()?.install(store, home.path())?;
    let program = Program {
        name,
        path,
        arguments: Vec::new(),
        home: Some(home.path().to_owned()),
        driver: false,
    };
    Ok((program, home))
}

/// The programs: the floor, Kvit with a long past, Kvit with none, and whoever else is there. The folders are the homes
/// of Kvit.
fn cast(bench: &mut Bench) -> Result<(Vec<Program>, [tempfile::TempDir; 2])> {
    let (long, long_home) = kvit(bench, "Kvit", "long")?;
    let (none, none_home) = kvit(bench, "Kvit without payments", "none")?;
    let page = bench.builder.page();
    let floor = bench.other("bare WebKitGTK window", true, crate::build::Builder::floor)?;
    let hello = bench.other("Tauri's hello", false, crate::build::Builder::hello)?;
    let mut cast = vec![
        Program {
            name: "bare WebKitGTK window",
            path: floor.context("not built")?,
            arguments: vec![page.clone()],
            home: None,
            driver: false,
        },
        long,
        none,
    ];
    if let Some(path) = hello {
        cast.push(Program {
            name: "Tauri's hello",
            path,
            arguments: Vec::new(),
            home: None,
            driver: false,
        });
    }
    let named = std::env::var_os("KVIT_CHROMIUM").unwrap_or_else(|| "chromium".into());
    let browser = std::path::PathBuf::from(&named);
    let version = crate::machine::says(&named.to_string_lossy(), &["--version"], &bench.builder.top);
    if version.contains("not known") {
        bench.peers.insert(
            "Chromium".to_owned(),
            "not in this run: there is none here".to_owned(),
        );
    } else {
        let flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-position=0,0",
            "--window-size=1180,780",
            "--user-data-dir={home}/profile",
        ];
        let program = Program {
            name: "Chromium",
            path: browser,
            arguments: flags
                .into_iter()
                .map(str::to_owned)
                .chain([format!("--app={page}")])
                .collect(),
            home: None,
            driver: false,
        };
        bench
            .peers
            .insert("Chromium".to_owned(), format!("{version}; `{}`", program.shown()));
        cast.push(program);
    }
    for program in cast
        .iter()
        .filter(|program| program.name != "Chromium" && program.home.is_none())
    {
        bench
            .peers
            .insert(program.name.to_owned(), format!("`{}`", program.shown()));
    }
    Ok((cast, [long_home, none_home]))
}

/// The whole display with Kvit over a short past, once it has settled.
fn short_past(bench: &mut Bench, screen: &Screen) -> Result<Picture> {
    let (short, _home) = kvit(bench, "Kvit with a short past", "short")?;
    let running = short.start(screen)?;
    let picture = screen.settled().context(short.name)?;
    drop(running);
    screen.wait_until_bare()?;
    Ok(picture)
}

/// Where a program paints its content, and how that looks: from one launch, and confirmed by a second. With the picture
/// of `other` payments it is where these are not shown: in a row, and not in the frame around them.
fn learn(screen: &Screen, program: &Program, other: Option<&Picture>) -> Result<(Block, Picture)> {
    let first = || -> Result<_> {
        let _running = program.start(screen)?;
        let block = screen.settled()?.richest_block_beyond(other)?;
        Ok((block, screen.look(block)?))
    };
    let (block, painted) = first().with_context(|| program.name.to_owned())?;
    println!("    {} shows its content at {block:?}", program.name);
    screen.wait_until_bare()?;
    launch(screen, program, block, &painted)?;
    Ok((block, painted))
}

/// Nanoseconds from exec until the content is there.
fn launch(screen: &Screen, program: &Program, block: Block, painted: &Picture) -> Result<f64> {
    let running = program.start(screen)?;
    let seen = screen
        .wait_for(block, painted)
        .with_context(|| program.name.to_owned())?;
    let took = seen.saturating_duration_since(running.began);
    drop(running);
    screen.wait_until_bare()?;
    Ok(took.as_secs_f64() * 1e9)
}

/// Launches each program twice a round, there and back, in an order drawn for each round.
fn launches(
    bench: &mut Bench,
    screen: &Screen,
    programs: &[Program],
    looks: &[(Block, Picture)],
    count: usize,
) -> Result<Vec<Vec<Round>>> {
    let mut rounds: Vec<Vec<Round>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..count {
        let mut order: Vec<usize> = (0..programs.len()).collect();
        order.shuffle(&mut bench.random);
        let back: Vec<usize> = order.iter().rev().copied().collect();
        let mut times = vec![Vec::new(); programs.len()];
        for index in order.into_iter().chain(back) {
            let (Some(program), Some((block, picture)), Some(times)) =
                (programs.get(index), looks.get(index), times.get_mut(index))
            else {
                bail!("a program got lost");
            };
            times.push(launch(screen, program, *block, picture)?);
        }
        for (rounds, times) in rounds.iter_mut().zip(times) {
            let &[there, back] = times.as_slice() else {
                bail!("a launch got lost");
            };
            rounds.push(Round { there, back });
        }
    }
    Ok(rounds)
}

/// P15: exec to first useful paint.
pub fn paint(bench: &mut Bench) -> Result<Attempt> {
    let (mut programs, _homes) = cast(bench)?;
    let screen = Screen::start()?;
    let other = short_past(bench, &screen)?;
    let mut looks = Vec::new();
    for (place, program) in programs.iter().enumerate() {
        looks.push(learn(&screen, program, (place == KVIT).then_some(&other))?);
    }
    // Kvit a second time, at the end: the control.
    programs.push(programs.get(KVIT).context("no app")?.clone());
    looks.push(looks.get(KVIT).context("no app")?.clone());
    let count = bench.rounds(16, 6);
    let rounds = launches(bench, &screen, &programs, &looks, count)?;
    let (Some(floor), Some(kvit), Some(again)) = (rounds.get(FLOOR), rounds.get(KVIT), rounds.last()) else {
        bail!("a program got lost");
    };
    let mut figures = vec![figure(
        "Kvit / bare WebKitGTK window",
        kvit,
        floor,
        Target::AtMost(1.40),
    )?];
    let mut times = Vec::new();
    for (program, rounds) in programs
        .iter()
        .zip(&rounds)
        .take(programs.len().saturating_sub(1))
    {
        match program.name {
            "Chromium" => figures.push(figure(
                "Kvit / Chromium --app",
                kvit,
                rounds,
                Target::AtMost(1.0),
            )?),
            "Kvit without payments" => figures.push(figure(
                "Kvit without payments / bare WebKitGTK window",
                rounds,
                floor,
                Target::Reported,
            )?),
            "Tauri's hello" => {
                figures.push(figure(
                    "Tauri's hello / bare WebKitGTK window",
                    rounds,
                    floor,
                    Target::Reported,
                )?);
            }
            _ => {}
        }
        times.push(format!("{} {:.0} ms", program.name, micros(rounds)? / 1e3));
    }
    Ok(Attempt {
        figures,
        control: Some(control(again, kvit, Clock::Wall)?),
        notes: vec![format!("{}; {} launches each", times.join(", "), 2 * count)],
    })
}

/// P16: start-up against the number of rows.
pub fn growth(bench: &mut Bench) -> Result<Attempt> {
    let (long, _long_home) = kvit(bench, "Kvit", "long")?;
    let (none, _none_home) = kvit(bench, "Kvit without payments", "none")?;
    let screen = Screen::start()?;
    let other = short_past(bench, &screen)?;
    let rows = learn(&screen, &long, Some(&other))?;
    let frame = learn(&screen, &none, None)?;
    let programs = [long.clone(), none, long];
    let looks = [rows.clone(), frame, rows];
    let count = bench.rounds(16, 6);
    let rounds = launches(bench, &screen, &programs, &looks, count)?;
    let [long, none, again] = rounds.as_slice() else {
        bail!("a program got lost");
    };
    Ok(Attempt {
        figures: vec![figure(
            "100,000 payments / none",
            long,
            none,
            Target::AtMost(1.05),
        )?],
        control: Some(control(again, long, Clock::Wall)?),
        notes: vec![format!(
            "{:.0} ms until rows are there, {:.0} ms without payments until the window shows its words; {} launches each",
            micros(long)? / 1e3,
            micros(none)? / 1e3,
            2 * count
        )],
    })
}

/// P17: memory at rest.
pub fn memory(bench: &mut Bench) -> Result<Attempt> {
    let rest = if bench.quick {
        Duration::from_secs(10)
    } else {
        Duration::from_secs(60)
    };
    let (mut programs, _homes) = cast(bench)?;
    programs.push(programs.get(KVIT).context("no app")?.clone());
    let screen = Screen::start()?;
    let mut weights = Vec::new();
    for program in &programs {
        let mut running = program.start(&screen)?;
        screen.settled().with_context(|| program.name.to_owned())?;
        std::thread::sleep(rest);
        weights.push(to_f64(running.memory().with_context(|| program.name.to_owned())?));
        drop(running);
        screen.wait_until_bare()?;
    }
    let (Some(floor), Some(kvit), Some(again)) = (weights.get(FLOOR), weights.get(KVIT), weights.last())
    else {
        bail!("a program got lost");
    };
    let ratio = |name: &str, above: f64, below: f64, target| {
        Figure::ratio(name, Spread::exact(above / below), target)
    };
    let mut figures = vec![ratio(
        "Kvit / bare WebKitGTK window",
        *kvit,
        *floor,
        Target::AtMost(1.45),
    )];
    let mut shown = Vec::new();
    for (program, weight) in programs
        .iter()
        .zip(&weights)
        .take(programs.len().saturating_sub(1))
    {
        match program.name {
            "Chromium" => figures.push(ratio(
                "Kvit / Chromium --app",
                *kvit,
                *weight,
                Target::AtMost(0.80),
            )),
            "Kvit without payments" => figures.push(ratio(
                "Kvit without payments / bare WebKitGTK window",
                *weight,
                *floor,
                Target::Reported,
            )),
            "Tauri's hello" => figures.push(ratio(
                "Tauri's hello / bare WebKitGTK window",
                *weight,
                *floor,
                Target::Reported,
            )),
            _ => {}
        }
        shown.push(format!("{} {:.0} MB", program.name, weight / 1e6));
    }
    Ok(Attempt {
        figures,
        control: Some(Control {
            spread: Spread::exact(again / kvit),
            clock: Clock::Wall,
        }),
        notes: vec![format!(
            "{}; after {} s at rest",
            shown.join(", "),
            rest.as_secs()
        )],
    })
}
