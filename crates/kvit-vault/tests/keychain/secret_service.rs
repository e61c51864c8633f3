//! Linux: the vault against a real gnome-keyring.

use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use kvit_vault::{Absence, Account, OsVault, Vault, VaultError};
use libtest_mimic::{Arguments, Failed, Trial};
use secrecy::{ExposeSecret, SecretString};
use zbus_secret_service_keyring_store::Store;

/// Names the scenario to the second run.
const SCENARIO: &str = "KVIT_KEYCHAIN_SCENARIO";
/// A keyring password. `gnome-keyring-daemon --unlock` makes no keyring for an empty one.
const PASSWORD: &str = "practice";
/// Far above what any of these takes; only a hang meets it.
const PATIENCE: Duration = Duration::from_secs(60);

type Scenario = (&'static str, Bus, fn());

/// What the scenario finds where the session bus should be.
#[derive(Clone, Copy)]
enum Bus {
    /// A bus that can start a keychain program.
    Real,
    /// A bus on which nobody offers a keychain and nobody can be started.
    Bare,
    /// An address at which nobody listens.
    Absent,
}

const SCENARIOS: &[Scenario] = &[
    (
        "keeps_reads_replaces_and_forgets",
        Bus::Real,
        keeps_reads_replaces_and_forgets,
    ),
    (
        "others_find_the_entry_under_its_attributes",
        Bus::Real,
        others_find_the_entry_under_its_attributes,
    ),
    (
        "outlives_the_keychain_program",
        Bus::Real,
        outlives_the_keychain_program,
    ),
    ("locked_is_not_empty", Bus::Real, locked_is_not_empty),
    (
        "a_failure_is_not_remembered",
        Bus::Real,
        a_failure_is_not_remembered,
    ),
    (
        "a_keychain_without_a_keyring_is_no_keychain",
        Bus::Real,
        a_keychain_without_a_keyring_is_no_keychain,
    ),
    (
        "a_hanging_keychain_is_given_up",
        Bus::Real,
        a_hanging_keychain_is_given_up,
    ),
    (
        "two_entries_of_one_name_are_not_trusted",
        Bus::Real,
        two_entries_of_one_name_are_not_trusted,
    ),
    (
        "bytes_that_are_no_text_are_damage",
        Bus::Real,
        bytes_that_are_no_text_are_damage,
    ),
    (
        "the_trial_leaves_nothing_behind",
        Bus::Real,
        the_trial_leaves_nothing_behind,
    ),
    ("usable_from_many_threads", Bus::Real, usable_from_many_threads),
    ("no_service_on_the_bus", Bus::Bare, no_service_on_the_bus),
    ("no_bus", Bus::Absent, no_bus),
];

/// Runs all scenarios, or, inside one's session, that one.
pub fn main() -> ExitCode {
    if let Ok(wanted) = std::env::var(SCENARIO) {
        let Some((_, _, act)) = SCENARIOS.iter().find(|(name, _, _)| *name == wanted) else {
            eprintln!("there is no scenario {wanted}");
            return ExitCode::FAILURE;
        };
        act();
        return ExitCode::SUCCESS;
    }
    let trials = SCENARIOS
        .iter()
        .map(|(name, bus, _)| {
            let (name, bus) = (*name, *bus);
            Trial::test(name, move || in_its_own_session(name, bus))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A bus for one scenario, without any program to start.
const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=FOLDER</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

fn in_its_own_session(name: &str, bus: Bus) -> Result<(), Failed> {
    let home = tempfile::tempdir()?;
    let runtime = home.path().join("run");
    std::fs::DirBuilder::new().mode(0o700).create(&runtime)?;
    let data = home.path().join("data");
    std::fs::create_dir(&data)?;
    let me = std::env::current_exe()?;
    let mut command = match bus {
        Bus::Real => session(&[], &me),
        Bus::Bare => {
            let config = home.path().join("bus.conf");
            std::fs::write(&config, BARE_BUS.replace("FOLDER", &runtime.to_string_lossy()))?;
            session(&[format!("--config-file={}", config.display())], &me)
        }
        Bus::Absent => {
            let mut command = Command::new(&me);
            let nobody = format!("unix:path={}", runtime.join("nobody").display());
            command.env("DBUS_SESSION_BUS_ADDRESS", nobody);
            command
        }
    };
    let output = command
        .env(SCENARIO, name)
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("XDG_DATA_HOME", &data)
        // Nobody sits here to answer a prompt.
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run {command:?} (package dbus): {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{}\n{said}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout)
    )
    .into())
}

fn session(options: &[String], program: &Path) -> Command {
    let mut command = Command::new("dbus-run-session");
    command.args(options).arg("--").arg(program);
    command
}

/// A running gnome-keyring of this scenario.
struct Keyring(Child);

impl Keyring {
    /// Starts it with its login keyring open (made if need be).
    fn open() -> Self {
        Self::start(&["--unlock"], PASSWORD)
    }

    /// Starts it as a fresh login would without a password: what keyrings there are, stay locked.
    fn locked() -> Self {
        Self::start(&[], "")
    }

    fn start(options: &[&str], input: &str) -> Self {
        let mut child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon runs (package gnome-keyring)");
        // Closing standard input ends the password.
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        // Without this the first call would have the bus start a second one.
        succeed(Command::new("gdbus").args([
            "wait",
            "--session",
            "--timeout",
            "30",
            "org.freedesktop.secrets",
        ]));
        Self(child)
    }

    fn signal(&self, name: &str) {
        // The shell's own; there need not be a program of that name.
        succeed(Command::new("sh").args(["-c", &format!("kill {name} {}", self.0.id())]));
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn succeed(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn vault() -> OsVault {
    OsVault::with(OsVault::SERVICE, PATIENCE)
}

fn account(name: &str) -> Account {
    Account::new(name).unwrap()
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

#[track_caller]
fn holds(vault: &OsVault, name: &str, text: &str) {
    assert_eq!(vault.load(&account(name)).unwrap().expose_secret(), text);
}

#[track_caller]
fn fails<T>(result: Result<T, VaultError>, with: VaultError) {
    assert_eq!(result.map(|_| ()), Err(with));
}

fn keeps_reads_replaces_and_forgets() {
    let _keyring = Keyring::open();
    let vault = vault();
    assert_eq!(vault.probe(), Ok(()));
    fails(vault.load(&account("a")), VaultError::Missing);
    vault.store(&account("a"), &secret("hünter2 токен")).unwrap();
    vault.store(&account("b"), &secret("other")).unwrap();
    holds(&vault, "a", "hünter2 токен");
    let long = "t".repeat(8000);
    vault.store(&account("a"), &secret(&long)).unwrap();
    holds(&vault, "a", &long);
    vault.remove(&account("a")).unwrap();
    vault.remove(&account("a")).unwrap();
    fails(vault.load(&account("a")), VaultError::Missing);
    holds(&vault, "b", "other");
    // Another app, the same account name.
    fails(
        OsVault::with("kvit-other", PATIENCE).load(&account("b")),
        VaultError::Missing,
    );
}

fn secret_tool(verb: &str) -> Command {
    let mut command = Command::new("secret-tool");
    command.arg(verb);
    command
}

fn others_find_the_entry_under_its_attributes() {
    let _keyring = Keyring::open();
    vault().store(&account("a"), &secret("seen")).unwrap();
    let mut look = secret_tool("lookup");
    let found = succeed(look.args(["service", OsVault::SERVICE, "username", "a"]));
    assert_eq!(found, "seen");
}

fn outlives_the_keychain_program() {
    let vault = vault();
    let keyring = Keyring::open();
    vault.store(&account("a"), &secret("kept")).unwrap();
    holds(&vault, "a", "kept");
    drop(keyring);
    let _again = Keyring::open();
    holds(&vault, "a", "kept");
}

fn locked_is_not_empty() {
    let vault = vault();
    let keyring = Keyring::open();
    vault.store(&account("a"), &secret("kept")).unwrap();
    drop(keyring);

    let keyring = Keyring::locked();
    fails(vault.probe(), VaultError::Locked);
    // Asked, and nobody could answer.
    fails(vault.load(&account("a")), VaultError::Denied);
    fails(vault.load(&account("never-stored")), VaultError::Denied);
    fails(
        vault.store(&account("a"), &secret("overwritten")),
        VaultError::Denied,
    );
    fails(vault.remove(&account("a")), VaultError::Denied);
    drop(keyring);

    let _open = Keyring::open();
    holds(&vault, "a", "kept");
}

fn a_failure_is_not_remembered() {
    let vault = vault();
    let keyring = Keyring::open();
    vault.store(&account("a"), &secret("kept")).unwrap();
    drop(keyring);
    let keyring = Keyring::locked();
    fails(vault.load(&account("a")), VaultError::Denied);
    drop(keyring);
    let _open = Keyring::open();
    assert_eq!(vault.probe(), Ok(()));
    holds(&vault, "a", "kept");
}

fn a_keychain_without_a_keyring_is_no_keychain() {
    let _keyring = Keyring::locked();
    let vault = vault();
    let none = || VaultError::NoKeychain(Absence::NoKeyring);
    fails(vault.probe(), none());
    fails(vault.load(&account("a")), none());
    fails(vault.store(&account("a"), &secret("s")), none());
    fails(vault.remove(&account("a")), none());
}

fn a_hanging_keychain_is_given_up() {
    let keyring = Keyring::open();
    vault().store(&account("a"), &secret("kept")).unwrap();
    keyring.signal("-STOP");
    let hasty = OsVault::with(OsVault::SERVICE, Duration::from_millis(200));
    fails(hasty.load(&account("a")), VaultError::NoAnswer);
    fails(
        hasty.store(&account("a"), &secret("too late")),
        VaultError::NoAnswer,
    );
    assert_eq!(hanging_calls(), 2);
    keyring.signal("-CONT");
    // Those two go on now, too late, and must change nothing.
    while hanging_calls() > 0 {
        std::thread::yield_now();
    }
    holds(&vault(), "a", "kept");
}

/// Threads of this process that still wait for the keychain, by the name they have.
fn hanging_calls() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "keychain").count()
}

fn two_entries_of_one_name_are_not_trusted() {
    let _keyring = Keyring::open();
    let vault = vault();
    vault.store(&account("a"), &secret("ours")).unwrap();
    let mut other = secret_tool("store")
        .args([
            "--label",
            "other",
            "service",
            OsVault::SERVICE,
            "username",
            "a",
            "extra",
            "1",
        ])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    other.stdin.take().unwrap().write_all(b"theirs").unwrap();
    assert!(other.wait().unwrap().success());
    fails(vault.load(&account("a")), VaultError::Damaged);
    vault.store(&account("a"), &secret("ours again")).unwrap();
    holds(&vault, "a", "ours again");
}

fn bytes_that_are_no_text_are_damage() {
    let _keyring = Keyring::open();
    let vault = vault();
    vault.store(&account("a"), &secret("ours")).unwrap();
    vault.store(&account("b"), &secret("fine")).unwrap();
    let store = Store::new().unwrap();
    store
        .build(OsVault::SERVICE, "a", None)
        .unwrap()
        .set_secret(b"\xff\xfe")
        .unwrap();
    fails(vault.load(&account("a")), VaultError::Damaged);
    holds(&vault, "b", "fine");
    vault.remove(&account("a")).unwrap();
    fails(vault.load(&account("a")), VaultError::Missing);
}

fn the_trial_leaves_nothing_behind() {
    let _keyring = Keyring::open();
    let vault = vault();
    assert_eq!(vault.probe(), Ok(()));
    assert_eq!(vault.probe(), Ok(()));
    let mut search = secret_tool("search");
    let output = search
        .args(["--all", "service", OsVault::SERVICE])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    // And the search does find what is there.
    vault.store(&account("a"), &secret("s")).unwrap();
    let found = succeed(secret_tool("search").args(["--all", "service", OsVault::SERVICE]));
    assert!(found.contains("label = Kvit: a"), "{found}");
}

fn usable_from_many_threads() {
    let _keyring = Keyring::open();
    let vault = vault();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let vault = &vault;
            scope.spawn(move || {
                let name = format!("account-{number}");
                vault.store(&account(&name), &secret(&name)).unwrap();
                holds(vault, &name, &name);
            });
        }
    });
}

fn no_service_on_the_bus() {
    let vault = vault();
    let none = || VaultError::NoKeychain(Absence::NoService);
    fails(vault.probe(), none());
    fails(vault.load(&account("a")), none());
    fails(vault.store(&account("a"), &secret("s")), none());
}

fn no_bus() {
    let vault = vault();
    let none = || VaultError::NoKeychain(Absence::NoBus);
    fails(vault.probe(), none());
    fails(vault.load(&account("a")), none());
    fails(vault.store(&account("a"), &secret("s")), none());
}
