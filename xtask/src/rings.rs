//! The rings of tests, from the cheapest to the dearest. All run even when one fails.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::APP_FEATURE;
use crate::command::{Run, say};
use crate::setup::Setup;
use crate::soak;
use crate::tally::{self, Tally};
use crate::tools;

/// One ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    Format,
    Lint,
    Rust,
    Ui,
    Window,
    Soak,
}

const ALL: &[Ring] = &[
    Ring::Format,
    Ring::Lint,
    Ring::Rust,
    Ring::Ui,
    Ring::Window,
    Ring::Soak,
];

/// Tells the tests of the real window which program to open,
const APP_VARIABLE: &str = "KVIT_APP";
/// and which to open it with.
const DRIVER_VARIABLE: &str = "KVIT_TAURI_DRIVER";
/// Where they put the picture for the README; without it they only look at it.
const PICTURE_VARIABLE: &str = "KVIT_PICTURE";
/// The test that takes it.
const PICTURE_TEST: &str = "look::";
/// Where it is.
const PICTURE: &str = "docs/payments.png";
/// Where those tests are.
const WINDOW_TESTS: &[&str] = &["test", "--package", "kvit-tests", "--test", "window"];

impl Ring {
    const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Rust => "rust",
            Self::Ui => "ui",
            Self::Window => "window",
            Self::Soak => "soak",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Format => "the Rust sources are formatted",
            Self::Lint => "clippy, eslint and the type checkers have nothing to say",
            Self::Rust => "rules, contract, hygiene and journeys",
            Self::Ui => "parts and pictures of the UI in Chromium",
            Self::Window => "the real app in a real window",
            Self::Soak => "never twice, never lost: real processes under cuts, kills and losses of power",
        }
    }

    fn run(self, setup: &Setup) -> Result<Tally> {
        match self {
            Self::Format => Ok(checked(setup.cargo(&["fmt", "--all", "--check"]))),
            Self::Lint => {
                let clippy = [
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--features",
                    APP_FEATURE,
                    "--",
                    "-D",
                    "warnings",
                ];
                let mut sum = checked(setup.cargo(&clippy));
                sum += checked(setup.npm(&["run", "lint"]));
                sum += checked(setup.npm(&["run", "check"]));
                Ok(sum)
            }
            // The real window is a ring of its own: its target is not among the default ones.
            Self::Rust => counted(
                setup.cargo(&["test", "--workspace", "--features", APP_FEATURE, "--no-fail-fast"]),
                tally::of_rust,
                Sum::All,
            ),
            Self::Ui => counted(setup.npm(&["test"]), tally::of_ui, Sum::Last),
            Self::Window => counted(window(setup, &[])?, tally::of_rust, Sum::All),
            Self::Soak => {
                let mut sum = counted(soak::store(setup), tally::of_rust, Sum::All)?;
                // It ends with the same line as the tests of the UI.
                sum += counted(soak::all(setup, &[]), tally::of_ui, Sum::Last)?;
                Ok(sum)
            }
        }
    }
}

/// The tests of the real window whose names hold one of `names`, or all of them, ready to run.
fn window(setup: &Setup, names: &[&str]) -> Result<Run> {
    let driver = tools::tauri_driver(setup)?;
    let app = setup.build_app(false)?;
    let mut build = WINDOW_TESTS.to_vec();
    build.push("--no-run");
    setup.cargo(&build).succeed()?;
    // A display of their own: nothing of the person's desktop is touched.
    Ok(setup
        .run("xvfb-run")
        .args([
            "--auto-servernum",
            "--server-args",
            "-screen 0 1280x900x24 -nolisten tcp",
        ])
        .arg(tools::cargo())
        .args(WINDOW_TESTS)
        // They take turns on the one display anyway; so the log tells which one it is.
        .args(["--", "--test-threads", "1"])
        .args(names)
        .env(APP_VARIABLE, app)
        .env(DRIVER_VARIABLE, driver))
}

/// Takes the picture for the README from the real window.
pub fn picture(setup: &Setup) -> Result<()> {
    let picture = setup.top().join(PICTURE);
    if let Some(folder) = picture.parent() {
        std::fs::create_dir_all(folder)?;
    }
    window(setup, &[PICTURE_TEST])?
        .env(PICTURE_VARIABLE, picture)
        .succeed()
}

/// The rings of these names, in their usual order; all for none.
pub fn chosen(names: &[&str]) -> Result<Vec<Ring>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !ALL.iter().any(|ring| ring.name() == **name))
    {
        let known: Vec<&str> = ALL.iter().map(|ring| ring.name()).collect();
        bail!(
            "there is no ring of tests called {unknown}; there are {}",
            known.join(", ")
        );
    }
    Ok(ALL
        .iter()
        .copied()
        .filter(|ring| names.is_empty() || names.contains(&ring.name()))
        .collect())
}

/// Runs them all, says how each went, and ends with one line for all of them.
pub fn run(setup: &Setup, rings: &[Ring]) -> ExitCode {
    let mut results = Vec::new();
    for ring in rings {
        say(&format!("Ring {}: {}", ring.name(), ring.what()));
        let tally = ring.run(setup).unwrap_or_else(|error| {
            println!("\n{error:#}");
            Tally { passed: 0, failed: 1 }
        });
        println!("\n    {}: {tally}", ring.name());
        results.push((ring.name(), tally));
    }
    let (report, sum) = report(&results);
    say("Results");
    print!("{report}");
    if sum.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A line for each ring, the names of those that failed, and the last line.
fn report(results: &[(&str, Tally)]) -> (String, Tally) {
    let mut sum = Tally::default();
    let mut report = String::new();
    for (name, tally) in results {
        sum += *tally;
        report.push_str(&format!("    {name:<8} {tally}\n"));
    }
    let failed: Vec<&str> = results
        .iter()
        .filter(|(_, tally)| tally.failed > 0)
        .map(|(name, _)| *name)
        .collect();
    if !failed.is_empty() {
        report.push_str(&format!("Failed: {}\n", failed.join(", ")));
    }
    report.push_str(&format!("{sum}\n"));
    (report, sum)
}

/// A program that only succeeds or fails: one test.
fn checked(run: Run) -> Tally {
    match run.succeed() {
        Ok(()) => Tally { passed: 1, failed: 0 },
        Err(error) => {
            println!("    {error:#}");
            Tally { passed: 0, failed: 1 }
        }
    }
}

/// Which of the counts that a program prints are its result.
#[derive(Clone, Copy)]
enum Sum {
    /// Each is of other tests.
    All,
    /// The last is of all.
    Last,
}

/// A program that prints counts.
fn counted(run: Run, count: fn(&str) -> Option<Tally>, which: Sum) -> Result<Tally> {
    let mut sum = Tally::default();
    let status = run.overheard(|line| {
        if let Some(tally) = count(line) {
            match which {
                Sum::All => sum += tally,
                Sum::Last => sum = tally,
            }
        }
    })?;
    Ok(tally::judged(sum, status.success()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shell(script: &str) -> Run {
        Run::new("sh", Path::new("/")).args(["-c", script])
    }

    #[test]
    fn rings_are_chosen_by_name_and_run_in_order() {
        assert_eq!(chosen(&[]).unwrap(), ALL);
        assert_eq!(
            chosen(&["window", "format"]).unwrap(),
            [Ring::Format, Ring::Window]
        );
        assert!(
            chosen(&["rusty"])
                .unwrap_err()
                .to_string()
                .contains("format, lint, rust, ui, window")
        );
    }

    #[test]
    fn counts_of_all_programs_add_up() {
        let script = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'
            echo 'test result: FAILED. 2 passed; 1 failed; 0 ignored'; exit 101";
        let tally = counted(shell(script), tally::of_rust, Sum::All).unwrap();
        assert_eq!(tally, Tally { passed: 5, failed: 1 });
    }

    #[test]
    fn only_the_last_count_of_the_ui_is_its_result() {
        let script = "echo '3 passed, 0 failed'; echo '40 passed, 0 failed'";
        let tally = counted(shell(script), tally::of_ui, Sum::Last).unwrap();
        assert_eq!(
            tally,
            Tally {
                passed: 40,
                failed: 0
            }
        );
    }

    #[test]
    fn a_program_that_fails_without_a_count_has_failed() {
        let tally = counted(
            shell("echo 'error: could not compile'; exit 101"),
            tally::of_rust,
            Sum::All,
        )
        .unwrap();
        assert_eq!(tally, Tally { passed: 0, failed: 1 });
        assert_eq!(checked(shell("exit 1")), Tally { passed: 0, failed: 1 });
        assert_eq!(checked(shell("exit 0")), Tally { passed: 1, failed: 0 });
    }

    #[test]
    fn the_report_ends_with_the_sum_and_names_what_failed() {
        let (text, sum) = report(&[
            ("rust", Tally { passed: 5, failed: 1 }),
            ("ui", Tally { passed: 2, failed: 0 }),
        ]);
        assert_eq!(sum, Tally { passed: 7, failed: 1 });
        assert!(text.ends_with("Failed: rust\n7 passed, 1 failed\n"), "{text}");
        let (text, _) = report(&[("ui", Tally { passed: 2, failed: 0 })]);
        assert_eq!(text, "    ui       2 passed, 0 failed\n2 passed, 0 failed\n");
    }
}
