//! The system's packages: which are needed for what, which are missing, and getting those.

use std::path::Path;

use anyhow::{Result, bail};

use crate::command::{Run, say};
use crate::tools;

/// What one wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Build the app and open it.
    Run,
    /// That, and every ring of tests.
    Test,
    /// That, and what Kvit is measured against.
    Bench,
}

/// For building and running: compilers, the web view, the library under the OpenPGP checks (whose bindings need clang),
/// and the one under the encrypted store.
const RUN: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "nettle-dev",
    "libgmp-dev",
    "clang",
    "libclang-dev",
    "libssl-dev",
];

/// For the tests on top: a display and its driver, a D-Bus session with a keychain, real GnuPG to be compared with, and strace,
/// which records and refuses system calls for the soak.
const TEST: &[&str] = &[
    "xvfb",
    "xauth",
    "webkit2gtk-driver",
    "at-spi2-core",
    "fonts-dejavu-core",
    "dbus",
    "dbus-daemon",
    "gnome-keyring",
    "libsecret-tools",
    "libglib2.0-bin",
    "gnupg",
    "gpgv",
    "strace",
    "git",
];

/// For the measurements on top: the programs that pictures are measured against.
const BENCH: &[&str] = &["libjpeg-turbo-progs", "libvips-tools"];

/// For the measurements on top: the library behind one of the peers. Newer systems no longer have it; then that peer is left out, and said to be.
const BENCH_IF_THERE: &str = "libbotan-2-dev";

/// A system whose packages we know by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Debian,
    /// As Debian, but its Chromium comes as a snap, which the package of this other name brings.
    Ubuntu,
}

impl System {
    /// From the text of `/etc/os-release` (os-release(5)).
    fn of(os_release: &str) -> Option<Self> {
        let value = |key: &str| {
            os_release
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .unwrap_or_default()
        };
        let id = value("ID");
        let like = value("ID_LIKE");
        let names = || {
            let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
            [unquoted(id)]
                .into_iter()
                .chain(unquoted(like).split(' ').map(str::to_owned).collect::<Vec<_>>())
        };
        if names().any(|name| name == "ubuntu") {
            Some(Self::Ubuntu)
        } else {
            names().any(|name| name == "debian").then_some(Self::Debian)
        }
    }

    const fn chromium(self) -> &'static str {
        match self {
            Self::Debian => "chromium",
            Self::Ubuntu => "chromium-browser",
        }
    }
}

/// All packages for `purpose`; the browser only where none is at hand yet.
fn needed(system: System, purpose: Purpose, has_browser: bool) -> Vec<&'static str> {
    let mut needed = RUN.to_vec();
    if purpose != Purpose::Run {
        needed.extend(TEST);
        if !has_browser {
            needed.push(system.chromium());
        }
    }
    if purpose == Purpose::Bench {
        needed.extend(BENCH);
    }
    needed
}

/// Which of `needed` are not installed, by what `dpkg-query` printed about them: lines of name and state.
fn missing<'a>(needed: &[&'a str], printed: &str) -> Vec<&'a str> {
    let is_installed = |name: &str| {
        printed
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .any(|(package, state)| package == name && state == "install ok installed")
    };
    needed
        .iter()
        .copied()
        .filter(|name| !is_installed(name))
        .collect()
}

/// Sees to it that the packages for `purpose` are there, installing the missing ones.
pub fn ensure(top: &Path, purpose: Purpose) -> Result<()> {
    say("Checking the system's packages");
    let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let has_browser = purpose == Purpose::Run || tools::browser().is_some();
    let Some(system) = System::of(&os_release) else {
        bail!(
            "this is neither Debian nor Ubuntu, so install these yourself (names as in Debian), and then add --as-is:\n  {}",
            needed(System::Debian, purpose, has_browser).join(" ")
        );
    };
    let mut needed = needed(system, purpose, has_browser);
    if purpose == Purpose::Bench && offered(top, BENCH_IF_THERE) {
        needed.push(BENCH_IF_THERE);
    }
    let lacking = missing(&needed, &installed(top, &needed)?);
    if lacking.is_empty() {
        println!("    all {} are there", needed.len());
        return Ok(());
    }
    println!("    missing: {}", lacking.join(" "));
    let by_hand = format!("apt-get install {}", lacking.join(" "));
    let Some(prefix) = root(top) else {
        bail!("installing needs root, and there is no sudo here. As root: {by_hand}");
    };
    let apt = |arguments: &[&str]| {
        let mut words = prefix.clone();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        let (program, rest) = words
            .split_first()
            .map_or(("apt-get", &[][..]), |(first, rest)| (*first, rest));
        Run::new(program, top).args(rest).args(arguments)
    };
    say("Installing them");
    if let Err(error) = apt(&["update"]).succeed() {
        // A stale list may still do; if not, the next line fails and says so.
        println!("    {error}; going on with the list of packages that is there");
    }
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&lacking);
    if apt(&install).succeed().is_err() {
        bail!("the packages could not be installed. Try by hand: {by_hand}");
    }
    let still = missing(&needed, &installed(top, &needed)?);
    if !still.is_empty() {
        bail!(
            "apt-get succeeded, and these are still missing: {}",
            still.join(" ")
        );
    }
    Ok(())
}

/// Whether the system's lists of packages have this one.
fn offered(top: &Path, name: &str) -> bool {
    Run::new("apt-cache", top)
        .args(["show", "--no-all-versions", name])
        .quiet()
        .is_some()
}

fn installed(top: &Path, names: &[&str]) -> Result<String> {
    // It fails when it does not know a name; what it does know it prints all the same.
    Run::new("dpkg-query", top)
        .args(["--show", "--showformat=${Package}\\t${Status}\\n"])
        .args(names)
        .answer()
}

/// The words that make a command root's: none for root, `sudo` for others, `None` without sudo.
fn root(top: &Path) -> Option<Vec<&'static str>> {
    if Run::new("id", top).arg("-u").quiet()?.trim() == "0" {
        return Some(Vec::new());
    }
    tools::on_path("sudo").map(|_| vec!["sudo"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_systems() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n";
        assert_eq!(System::of(debian), Some(System::Debian));
        assert_eq!(
            System::of("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n"),
            Some(System::Ubuntu)
        );
        assert_eq!(
            System::of("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            Some(System::Ubuntu)
        );
        assert_eq!(
            System::of("ID=\"raspbian\"\nID_LIKE=debian\n"),
            Some(System::Debian)
        );
        assert_eq!(System::of("ID=fedora\n"), None);
        assert_eq!(System::of("VARIANT_ID=debian\nID=arch\n"), None);
        assert_eq!(System::of(""), None);
    }

    #[test]
    fn only_what_is_fully_installed_counts() {
        let printed = "a\tinstall ok installed\nb\tdeinstall ok config-files\nab\tinstall ok installed\n";
        assert_eq!(missing(&["a", "b", "c", "ab"], printed), ["b", "c"]);
        assert_eq!(missing(&["a"], ""), ["a"]);
    }

    #[test]
    fn tests_need_a_browser_of_the_systems_own_name() {
        assert!(needed(System::Debian, Purpose::Test, false).contains(&"chromium"));
        assert!(needed(System::Ubuntu, Purpose::Test, false).contains(&"chromium-browser"));
        assert!(!needed(System::Ubuntu, Purpose::Test, true).contains(&"chromium-browser"));
        assert!(!needed(System::Debian, Purpose::Run, false).contains(&"chromium"));
        let run = needed(System::Debian, Purpose::Run, false);
        assert!(
            run.iter()
                .all(|name| needed(System::Ubuntu, Purpose::Test, true).contains(name))
        );
    }

    #[test]
    fn measuring_needs_all_that_tests_need() {
        let bench = needed(System::Debian, Purpose::Bench, true);
        assert!(
            needed(System::Debian, Purpose::Test, true)
                .iter()
                .all(|name| bench.contains(name))
        );
        assert!(BENCH.iter().all(|name| bench.contains(name)));
        assert!(!needed(System::Debian, Purpose::Test, true).contains(&BENCH[0]));
        assert!(needed(System::Debian, Purpose::Run, true).contains(&"libssl-dev"));
    }

    #[test]
    fn asks_dpkg_in_words_it_understands() {
        if tools::on_path("dpkg-query").is_none() {
            return;
        }
        let printed = installed(Path::new("/"), &["dpkg", "no-such-package"]).unwrap();
        assert_eq!(
            missing(&["dpkg", "no-such-package"], &printed),
            ["no-such-package"]
        );
    }
}
