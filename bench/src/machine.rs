//! Where and when a figure was taken.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// Ticks of all processors since the system started: all, and those the host took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticks {
    all: u64,
    stolen: u64,
}

impl Ticks {
    /// As of now.
    pub fn now() -> Result<Self> {
        let stat = std::fs::read_to_string("/proc/stat")?;
        Self::parse(&stat).context("/proc/stat is not as expected")
    }

    /// The first line of `/proc/stat` (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal; guests are
    /// counted in user and nice already.
    fn parse(stat: &str) -> Option<Self> {
        let numbers: Vec<u64> = stat
            .lines()
            .next()?
            .strip_prefix("cpu ")?
            .split_whitespace()
            .take(8)
            .map(|word| word.parse().ok())
            .collect::<Option<_>>()?;
        Some(Self {
            all: numbers.iter().sum(),
            stolen: *numbers.get(7)?,
        })
    }

    /// The part of the time since then that the host took away, in percent.
    pub fn stolen_since(self, then: Self) -> f64 {
        let all = self.all.saturating_sub(then.all).max(1);
        100.0 * crate::figures::to_f64(self.stolen.saturating_sub(then.stolen)) / crate::figures::to_f64(all)
    }
}

/// The three load averages.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// The first line a program prints, or that it is not there.
pub fn says(program: &str, arguments: &[&str], at: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(at).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
        _ => format!("{program}: not known"),
    }
}

/// One line for each fact about machine and tree.
pub fn facts(top: &Path) -> Vec<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("processor not known", |line| {
            line.trim_start_matches(['\t', ' ', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .unwrap_or("system not known")
        .trim_matches('"')
        .to_owned();
    let changed = Command::new("git")
        .args(["status", "--porcelain", "--untracked-files=no"])
        .current_dir(top)
        .output()
        .is_ok_and(|output| !output.stdout.is_empty());
    let commit = says("git", &["rev-parse", "--short=12", "HEAD"], top);
    vec![
        format!(
            "commit {commit}{}",
            if changed { ", with changes since" } else { "" }
        ),
        says("rustc", &["--version"], top),
        format!(
            "{model}, {cores} cores; {system}; {}",
            says("uname", &["-sr"], top)
        ),
        says(
            "pkg-config",
            &["--print-errors", "--modversion", "webkit2gtk-4.1"],
            top,
        )
        .split_whitespace()
        .last()
        .map_or_else(String::new, |version| format!("WebKitGTK {version}")),
    ]
}

/// Packages whose features decide what is measured.
const MATTER: &[&str] = &[
    "kvit-client",
    "kvit-domain",
    "kvit-engine",
    "kvit-proof",
    "kvit-sandbox",
    "kvit-store",
    "kvit-wire",
    "libsqlite3-sys",
    "mimalloc",
    "rusqlite",
    "sequoia-openpgp",
    "nettle",
    "rust_decimal",
    "rustls",
    "ring",
    "h2",
    "prost",
];

/// The features with which `package` is built: one `NAME vVERSION FEATURES` for each of [`MATTER`].
pub fn features(top: &Path, package: &str) -> Result<Vec<String>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--no-dedupe",
        ])
        .args(["--format", "{p} {f}", "--package", package])
        .current_dir(top)
        .output()
        .context("cannot start cargo")?;
    anyhow::ensure!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(mattering(&String::from_utf8_lossy(&output.stdout)))
}

fn mattering(tree: &str) -> Vec<String> {
    let mut found: Vec<String> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, version) = (words.next()?, words.next()?);
            // `(*)` and the place of a package in the tree are not features.
            let features: Vec<&str> = words
                .filter(|word| !word.starts_with('(') && !word.ends_with(')'))
                .collect();
            MATTER.contains(&name).then(|| {
                format!("{name} {version} {}", features.join(" "))
                    .trim_end()
                    .to_owned()
            })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_a_part_of_all_time() {
        let then = Ticks::parse("cpu  10 0 10 80 0 0 0 0 5 0\ncpu0 1").unwrap();
        let now = Ticks::parse("cpu  20 0 20 150 0 0 0 10 9 0\ncpu0 1").unwrap();
        assert!((now.stolen_since(then) - 10.0).abs() < 1e-9);
        assert_eq!(now.stolen_since(now), 0.0);
        assert_eq!(Ticks::parse("intr 1 2"), None);
        assert_eq!(Ticks::parse("cpu  1 2 3"), None);
    }

    #[test]
    fn only_what_matters_is_compared() {
        let tree = "kvit-app v0.1.0 (/a tree/src-tauri) custom-protocol\nsequoia-openpgp v2.4.2 a,b (*)\n\
                    serde v1.0.0 std\nkvit-proof v0.1.0 (/tree/crates/kvit-proof) \nsequoia-openpgp v2.4.2 a,b\n";
        assert_eq!(
            mattering(tree),
            ["kvit-proof v0.1.0", "sequoia-openpgp v2.4.2 a,b"]
        );
    }

    /// What is measured is what is shipped.
    #[test]
    fn the_features_are_those_of_the_app() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let ours = features(top, "kvit-bench").unwrap();
        assert!(ours.len() >= 9, "{ours:?}");
        let app = features(top, "kvit-app").unwrap();
        assert!(!app.is_empty());
        assert_eq!(ours, app);
    }
}
