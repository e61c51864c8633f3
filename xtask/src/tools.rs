//! Programs that are not packages of ours: Rust, Node, a browser.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::command::{Run, say};
use crate::packages::Purpose;
use crate::setup::Setup;

/// The oldest versions that do; Rust's is the workspace's `rust-version`, Node's is Vite's.
const RUST: Version = Version(1, 90, 0);
const NODE: Version = Version(20, 19, 0);

/// Names a browser for the tests of the UI.
pub const BROWSER_VARIABLE: &str = "KVIT_CHROMIUM";
const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// The first word of `text` that is a version: `rustc 1.95.0 (…)`, `v20.20.2`.
    fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| {
            let mut numbers = word
                .trim_start_matches('v')
                .split('-')
                .next()?
                .split('.')
                .map(|part| part.parse().ok());
            let version = Self(numbers.next()??, numbers.next()??, numbers.next()??);
            numbers.next().is_none().then_some(version)
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Checks Rust and Node, and for tests rustfmt, clippy and a browser.
pub fn check(top: &Path, purpose: Purpose) -> Result<()> {
    say("Checking Rust and Node");
    at_least(top, "rustc", RUST, "Rust (https://rustup.rs)")?;
    at_least(top, "node", NODE, "Node.js (https://nodejs.org)")?;
    if Run::new(npm(), top).arg("--version").quiet().is_none() {
        bail!("npm is missing; it comes with Node.js {NODE} or newer (https://nodejs.org)");
    }
    if purpose == Purpose::Run {
        return Ok(());
    }
    for (part, tool) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let there = || Run::new(cargo(), top).args([tool, "--version"]).quiet().is_some();
        if !there() {
            println!("    {part} is missing");
            let added = Run::new("rustup", top).args(["component", "add", part]).succeed();
            if added.is_err() || !there() {
                bail!(
                    "cargo {tool} is missing: install the {part} of your Rust (`rustup component add {part}`)"
                );
            }
        }
    }
    match browser() {
        Some(found) => println!("    browser: {}", found.display()),
        None => bail!(
            "there is no Chromium for the tests of the UI. Install Chromium or Chrome so that one of {} is on PATH, or \
             set {BROWSER_VARIABLE} to its program. (On Ubuntu the package chromium-browser brings a snap, which needs \
             snapd to run.)",
            BROWSERS.join(", ")
        ),
    }
    Ok(())
}

fn at_least(top: &Path, program: &str, wanted: Version, from: &str) -> Result<()> {
    let said = Run::new(program, top).arg("--version").quiet();
    let said = said.with_context(|| format!("{program} is missing: install {from}, {wanted} or newer"))?;
    let found =
        Version::find(&said).with_context(|| format!("{program} does not tell its version: {said}"))?;
    if found < wanted {
        bail!("{program} is {found}, and {wanted} is the oldest that does: install {from} anew");
    }
    println!("    {program} {found}");
    Ok(())
}

/// A browser that runs: the named one, or the first on PATH. On Ubuntu without snapd, what is on PATH does not run.
pub fn browser() -> Option<PathBuf> {
    let named = std::env::var_os(BROWSER_VARIABLE).filter(|named| !named.is_empty());
    let candidates = match named {
        Some(named) => vec![PathBuf::from(named)],
        None => BROWSERS.iter().filter_map(|name| on_path(name)).collect(),
    };
    candidates.into_iter().find(|program| {
        Run::new(program, Path::new("."))
            .arg("--version")
            .quiet()
            .is_some()
    })
}

/// Opens the app for the tests of the real window. An exact version, so that everybody tests with the same.
const TAURI_DRIVER: &str = "tauri-driver";
const TAURI_DRIVER_VERSION: &str = "2.1.0";

/// The driver of the real window, built beside our own programs where it is not there yet.
pub fn tauri_driver(setup: &Setup) -> Result<PathBuf> {
    say("Checking tauri-driver");
    let root = setup.target()?.join("tools");
    let program = root
        .join("bin")
        .join(format!("{TAURI_DRIVER}{}", std::env::consts::EXE_SUFFIX));
    // Cargo's own list of what it has installed there.
    let list = std::fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
    if program.is_file() && is_installed(&list, TAURI_DRIVER, TAURI_DRIVER_VERSION) {
        println!("    {TAURI_DRIVER} {TAURI_DRIVER_VERSION}");
        return Ok(program);
    }
    let install = [
        "install",
        TAURI_DRIVER,
        "--version",
        TAURI_DRIVER_VERSION,
        "--locked",
        "--debug",
    ];
    setup.cargo(&install).arg("--root").arg(&root).succeed()?;
    ensure!(
        program.is_file(),
        "cargo installed {TAURI_DRIVER} and it is not at {}",
        program.display()
    );
    Ok(program)
}

/// Whether cargo's list of installed programs has this version of a package.
fn is_installed(list: &str, package: &str, version: &str) -> bool {
    let entry = format!("\"{package} {version} (");
    list.lines().any(|line| line.starts_with(&entry))
}

/// Where `program` is, if it is on PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// The cargo that runs this.
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// npm is a script, which Windows finds only by its full name.
pub const fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_versions() {
        assert_eq!(
            Version::find("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some(Version(1, 95, 0))
        );
        assert_eq!(
            Version::find("rustc 1.97.0-nightly (abc 2026-07-01)"),
            Some(Version(1, 97, 0))
        );
        assert_eq!(Version::find("v20.20.2\n"), Some(Version(20, 20, 2)));
        for text in ["", "v20", "20.1", "no version", "1.2.3.4", "1.x.3"] {
            assert_eq!(Version::find(text), None, "{text}");
        }
    }

    #[test]
    fn finds_an_installed_program_in_cargos_list() {
        let list = "[v1]\n\"tauri-driver 2.1.0 (registry+https://example)\" = [\"tauri-driver\"]\n";
        assert!(is_installed(list, "tauri-driver", "2.1.0"));
        for (package, version) in [
            ("tauri-driver", "2.1"),
            ("tauri-driver", "2.0.9"),
            ("driver", "2.1.0"),
        ] {
            assert!(!is_installed(list, package, version), "{package} {version}");
        }
        assert!(!is_installed("", "tauri-driver", "2.1.0"));
    }

    #[test]
    fn compares_versions_by_number() {
        assert!(Version(20, 9, 0) < NODE);
        assert!(Version(20, 19, 0) >= NODE);
        assert!(Version(22, 0, 0) > NODE);
        assert!(Version(1, 100, 0) > RUST);
    }

    #[test]
    fn an_old_or_absent_tool_is_named() {
        let here = Path::new("/");
        let error = at_least(here, "rustc", Version(99, 0, 0), "Rust")
            .unwrap_err()
            .to_string();
        assert!(error.contains("99.0.0 is the oldest that does"), "{error}");
        let error = at_least(here, "no-such-program", RUST, "Rust")
            .unwrap_err()
            .to_string();
        assert_eq!(error, "no-such-program is missing: install Rust, 1.90.0 or newer");
    }
}
