//! A program with a window: started in a home of its own, weighed, and ended with everything it started.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::past::APP_FOLDER;
use crate::screen::Screen;

/// A program and how it is called.
#[derive(Debug, Clone)]
pub struct Program {
    /// In tables.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// What it is told. `{home}` is its home in that run.
    pub arguments: Vec<String>,
    /// A home with the app's folder in it, used again and again; `None`: an empty one each time.
    pub home: Option<PathBuf>,
    /// It opens windows for a script to use.
    pub driver: bool,
}

/// What Kvit itself keeps in its folder; what else is there is the web view's.
const KVITS: [&str; 5] = [
    "accounts",
    "accounts.json",
    "accounts.before.json",
    "settings.json",
    "lock",
];

/// Takes everything out of a home but what Kvit itself keeps, so that a web view that was there before helps nobody.
fn tidy(home: &Path) -> std::io::Result<()> {
    let mut at = home.to_owned();
    for name in Path::new(APP_FOLDER) {
        keep_only(&at, |one| one == name)?;
        at.push(name);
    }
    keep_only(&at, |one| KVITS.iter().any(|name| one == *name))
}

fn keep_only(folder: &Path, keep: impl Fn(&OsStr) -> bool) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if keep(&entry.file_name()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

impl Program {
    /// As one would type it.
    pub fn shown(&self) -> String {
        let program = self
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        std::iter::once(program)
            .chain(self.arguments.iter().map(|argument| {
                // A page in our tree; where the tree lies is nobody's business.
                match argument.rsplit_once("file://") {
                    Some((before, path)) => {
                        format!(
                            "{before}file://.../{}",
                            path.rsplit('/').next().unwrap_or_default()
                        )
                    }
                    None => argument.clone(),
                }
            }))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Starts it on the display, in its home.
    pub fn start(&self, screen: &Screen) -> Result<Running> {
        let (at, home) = match &self.home {
            Some(home) => {
                tidy(home)?;
                (home.clone(), None)
            }
            None => {
                let home = tempfile::tempdir()?;
                (home.path().to_owned(), Some(home))
            }
        };
        let runtime = at.join("runtime");
        std::fs::create_dir(&runtime)?;
        std::fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let arguments = self
            .arguments
            .iter()
            .map(|argument| argument.replace("{home}", &at.to_string_lossy()));
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .env("HOME", &at)
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("DISPLAY", &screen.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &screen.bus_address)
            // Only a window that a driver starts lets itself be driven.
            .envs(self.driver.then_some(("TAURI_WEBVIEW_AUTOMATION", "true")))
            .current_dir(&at)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that all of it can be ended and nothing else.
            .process_group(0);
        let began = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.path.display()))?;
        Ok(Running { child, began, home })
    }
}

/// A program that runs.
pub struct Running {
    child: Child,
    /// Just before it was started.
    pub began: Instant,
    home: Option<tempfile::TempDir>,
}

impl Running {
    /// It and everything it started, as far as that is still its descendant.
    fn family(&self) -> Vec<u32> {
        let mut family = BTreeSet::from([self.child.id()]);
        let parents = parents();
        loop {
            let before = family.len();
            family.extend(
                parents
                    .iter()
                    .filter(|(_, parent)| family.contains(parent))
                    .map(|(process, _)| *process)
                    .collect::<Vec<_>>(),
            );
            if family.len() == before {
                return family.into_iter().collect();
            }
        }
    }

    /// Proportional share of memory of all of it, in bytes.
    pub fn memory(&mut self) -> Result<u64> {
        ensure!(self.child.try_wait()?.is_none(), "it ended by itself");
        let family = self.family();
        let mut sum = 0_u64;
        for process in &family {
            // A process may have gone in between.
            let Ok(rollup) = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")) else {
                continue;
            };
            sum = sum.saturating_add(proportional(&rollup).context("no Pss in smaps_rollup")?);
        }
        ensure!(sum > 0, "it weighs nothing");
        Ok(sum)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let family = self.family();
        let pid = |process: u32| i32::try_from(process).ok().map(Pid::from_raw);
        if let Some(group) = pid(self.child.id()) {
            let _ = killpg(group, Signal::SIGKILL);
        }
        for process in &family {
            // Those that made groups of their own. They are ours: they descend from what we started.
            if let Some(process) = pid(*process) {
                let _ = kill(process, Signal::SIGKILL);
            }
        }
        let _ = self.child.wait();
        // What the next run measures must not share the machine with what is left of this one.
        for _ in 0..200 {
            if !family.iter().any(|process| lives(*process)) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        // A dying process may still write into its home.
        if let Some(home) = self.home.take() {
            let path = home.keep();
            for _ in 0..50 {
                if std::fs::remove_dir_all(&path).is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
    }
}

/// Whether a process still runs; a killed one stays listed, without a command line, until its parent has looked.
fn lives(process: u32) -> bool {
    std::fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|line| !line.is_empty())
}

/// All processes and their parents.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let process: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            Some((process, parent(&stat)?))
        })
        .collect()
}

/// The parent in `/proc/PID/stat`: the second word behind the name, which may hold anything, parentheses too.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// `Pss` in bytes.
fn proportional(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_proc_says() {
        assert_eq!(parent("12 (a (b) c) S 7 12 12 0"), Some(7));
        assert_eq!(parent("12 nothing"), None);
        let rollup = "00400000-7fff00000000 ---p 00000000 00:00 0  [rollup]\nRss:  300 kB\nPss:  120 kB\nPss_Anon: 3 kB\n";
        assert_eq!(proportional(rollup), Some(120 * 1024));
        assert_eq!(proportional("Rss: 1 kB\n"), None);
    }

    #[test]
    fn a_family_is_found_weighed_and_ended() {
        let script = "sleep 300 & sh -c 'sleep 300 & wait' & wait";
        let child = Command::new("sh")
            .args(["-c", script])
            .process_group(0)
            .spawn()
            .unwrap();
        let mut running = Running {
            child,
            began: Instant::now(),
            home: None,
        };
        let mut family = running.family();
        while family.len() < 4 {
            std::thread::yield_now();
            family = running.family();
        }
        assert!(running.memory().unwrap() > 10_000);
        drop(running);
        assert!(!family.iter().any(|process| lives(*process)), "{family:?}");
    }

    #[test]
    fn a_home_is_tidied_and_what_kvit_keeps_stays() {
        let home = tempfile::tempdir().unwrap();
        let app = home.path().join(APP_FOLDER);
        let account = app.join("accounts").join("one");
        std::fs::create_dir_all(&account).unwrap();
        std::fs::create_dir_all(home.path().join(".cache/webkit")).unwrap();
        std::fs::create_dir_all(app.join("storage")).unwrap();
        for file in [
            app.join("accounts.json"),
            account.join("store.db"),
            app.join("storage/x"),
        ] {
            std::fs::write(file, "x").unwrap();
        }
        tidy(home.path()).unwrap();
        assert!(account.join("store.db").exists() && app.join("accounts.json").exists());
        assert!(!app.join("storage").exists() && !home.path().join(".cache").exists());
    }

    #[test]
    fn a_call_is_shown_without_the_way_to_the_tree() {
        let program = Program {
            name: "x",
            path: PathBuf::from("/somewhere/floor"),
            arguments: vec!["--app=file:///somewhere/page/index.html".to_owned()],
            home: None,
            driver: false,
        };
        assert_eq!(program.shown(), "floor --app=file://.../index.html");
    }
}
