//! Everything one does with this tree, each by one command: `cargo xtask run`, `cargo xtask test`, and the smaller ones.
//!
//! Each command says what it does as it does it, does only what is not done yet, and ends with a sentence where it
//! cannot go on.
// Talking to the person at the terminal is what this program is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod command;
mod packages;
mod rings;
mod setup;
mod soak;
mod tally;
mod tools;
mod ui;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use command::Run;
use packages::Purpose;
use setup::Setup;

const HELP: &str = "\
cargo xtask COMMAND

  run [--release] [-- ARGUMENTS]   builds Kvit and opens it on the practice marketplace
  test [RING...]                   runs every ring of tests, or the named ones:
                                   format, lint, rust, ui, window, soak
  setup                            only what the two above begin with: system packages, tools, npm packages, the UI
  bindings                         writes the page's typed calls (ui/src/ipc/bindings.ts) from the Rust commands
  shots                            takes the pictures of every screen state, and the README's from the real window
  bench [--quick] [--rows P1,P3]   measures speed and size against others, and writes docs/figures.md;
                                   `bench --help` shows the rest

  soak [--minutes N] [--seed N]    engine, store and server as real processes under cuts, kills and losses of power;
                                   without minutes in CI's size. Ends non-zero if money, a message or a picture was
                                   doubled, lost or misreported

  --as-is                          before or after any of them: leaves the system's packages alone, there or not

KVIT_CHROMIUM names the Chromium or Chrome for the tests of the UI, where it is not on PATH.
";

/// Package and binary of the app.
const APP: &str = "kvit-app";
const APP_BINARY: &str = "kvit";
/// The test of the app's package that compares the bindings with the commands, and the variable that makes it write
/// them instead.
const BINDINGS_TEST: &str = "bindings";
const BINDINGS_WRITE: &str = "KVIT_WRITE_BINDINGS";
/// Package of the measurements, and its rows that need the app or its screens.
const BENCH: &str = "kvit-bench";
const APP_ROWS: &[&str] = &["P15", "P16", "P17", "P19", "P20", "P24", "P26"];
/// Without this feature the window looks for a development server instead of the UI inside the binary.
const APP_FEATURE: &str = "kvit-app/custom-protocol";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match obey(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A tree, and whether the system's packages are to be left alone.
struct Tree {
    top: PathBuf,
    as_is: bool,
}

fn obey(mut arguments: Vec<String>) -> Result<ExitCode> {
    // What follows `--` is the app's.
    let own = arguments
        .iter()
        .position(|argument| argument == "--")
        .unwrap_or(arguments.len());
    let theirs: Vec<String> = arguments.drain(own..).skip(1).collect();
    let before = arguments.len();
    arguments.retain(|argument| argument != "--as-is");
    let tree = Tree {
        top: top()?,
        as_is: arguments.len() < before,
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        ["run"] => tree.run(false, &theirs),
        ["run", "--release"] => tree.run(true, &theirs),
        ["test", wanted @ ..] => tree.test(wanted),
        ["setup"] => tree.setup(Purpose::Test)?.build_ui().map(|()| ExitCode::SUCCESS),
        ["bindings"] => tree.bindings(),
        ["shots"] => tree.shots(),
        ["bench", rest @ ..] => tree.bench(rest),
        ["soak", rest @ ..] => tree.soak(rest),
        other => bail!(
            "there is no `{}`; `cargo xtask` alone shows what there is",
            other.join(" ")
        ),
    }
}

/// The top of the tree, wherever the command was given.
fn top() -> Result<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in no tree")?;
    Ok(top.to_owned())
}

impl Tree {
    fn setup(&self, purpose: Purpose) -> Result<Setup> {
        Setup::prepare(&self.top, purpose, self.as_is)
    }

    fn run(&self, release: bool, arguments: &[String]) -> Result<ExitCode> {
        if cfg!(target_os = "linux") && !["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| is_set(name)) {
            bail!(
                "there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set). \
                 Run this in a desktop session, or under `xvfb-run`"
            );
        }
        let setup = self.setup(Purpose::Run)?;
        setup.build_ui()?;
        let app = setup.build_app(release)?;
        command::say("Opening Kvit on the practice marketplace");
        let status = Run::new(&app, &self.top)
            .arg("--practice")
            .args(arguments)
            .status()?;
        if !status.success() {
            bail!("Kvit ended with {status}");
        }
        Ok(ExitCode::SUCCESS)
    }

    fn test(&self, wanted: &[&str]) -> Result<ExitCode> {
        let rings = rings::chosen(wanted)?;
        let setup = self.setup(Purpose::Test)?;
        setup.build_ui()?;
        Ok(rings::run(&setup, &rings))
    }

    fn bindings(&self) -> Result<ExitCode> {
        let setup = self.setup(Purpose::Run)?;
        setup.build_ui()?;
        command::say("Writing the page's typed calls");
        setup
            .cargo(&["test", "--quiet", "--package", APP, "--test", BINDINGS_TEST])
            .env(BINDINGS_WRITE, "1")
            .succeed()?;
        Ok(ExitCode::SUCCESS)
    }

    fn bench(&self, arguments: &[&str]) -> Result<ExitCode> {
        let setup = self.setup(Purpose::Bench)?;
        let app = if wants_app(arguments) {
            setup.build_ui()?;
            Some(setup.build_app(true)?)
        } else {
            None
        };
        command::say("Measuring");
        let mut run = setup
            .cargo(&["run", "--release", "--package", BENCH, "--"])
            .args(arguments);
        if let Some(app) = app {
            run = run.arg("--app").arg(app);
        }
        run.succeed()?;
        Ok(ExitCode::SUCCESS)
    }

    fn soak(&self, arguments: &[&str]) -> Result<ExitCode> {
        let setup = self.setup(Purpose::Test)?;
        command::say("Soaking");
        soak::all(&setup, arguments).succeed()?;
        Ok(ExitCode::SUCCESS)
    }

    fn shots(&self) -> Result<ExitCode> {
        let setup = self.setup(Purpose::Test)?;
        command::say("Taking the pictures");
        setup.npm(&["run", "shots"]).succeed()?;
        setup.build_ui()?;
        rings::picture(&setup)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether the rows asked for by `bench` open or weigh the app: all rows do unless some are named.
fn wants_app(arguments: &[&str]) -> bool {
    if arguments.contains(&"--help") {
        return false;
    }
    let named = arguments.iter().enumerate().find_map(|(place, argument)| {
        let next = arguments.get(place.saturating_add(1)).copied();
        argument
            .strip_prefix("--rows")
            .and_then(|rest| rest.strip_prefix('=').or(next))
    });
    named.is_none_or(|rows| {
        rows.split(',')
            .any(|row| APP_ROWS.iter().any(|app| row.trim().eq_ignore_ascii_case(app)))
    })
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bench_builds_the_app_only_for_rows_that_need_it() {
        assert!(wants_app(&[]));
        assert!(wants_app(&["--quick"]));
        assert!(wants_app(&["--rows", "P1,p17"]));
        assert!(wants_app(&["--rows=P26"]));
        assert!(!wants_app(&["--quick", "--rows", "P1,P2,P5"]));
        assert!(!wants_app(&["--rows=P10"]));
        assert!(!wants_app(&["--help"]));
    }
}
