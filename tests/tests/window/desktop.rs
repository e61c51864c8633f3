//! A person's desktop, made for one test: a home, a D-Bus session, a keychain if asked for, and what runs in them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::display::{ask_to_close, bring_to_front, titles};

/// How long anything may take before it is said to hang. Far above what it takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);
/// Between two looks at something that has to become true.
const GLANCE: Duration = Duration::from_millis(50);

/// The app under test.
const APP: &str = "KVIT_APP";
/// The WebDriver server that opens it.
const DRIVER: &str = "KVIT_TAURI_DRIVER";
/// A keyring password; `gnome-keyring-daemon --unlock` makes no keyring for an empty one.
const PASSWORD: &str = "practice";

/// One test at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// Nobody can be started through this bus: what a test does not start is not there.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
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

/// A program and whatever it has started. All of it ends with this value.
pub struct Program(Child);

impl Program {
    fn start(command: &mut Command) -> (Self, Option<std::process::ChildStdout>) {
        let mut child = command
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let stdout = child.stdout.take();
        (Self(child), stdout)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.0.id()) {
            // There is none when all of them have ended.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.0.wait();
    }
}

/// Everything around the app. Fields end in this order.
pub struct Desktop {
    keyring: Option<Program>,
    _bus: Program,
    bus_address: String,
    /// Of the same person at another seat of the computer.
    other_bus: Option<(Program, String)>,
    folder: TempDir,
    /// None beside another one, which has it.
    _turn: Option<MutexGuard<'static, ()>>,
}

impl Desktop {
    /// A fresh one, where nobody keeps secrets.
    pub async fn new() -> Self {
        Self::of_a_person(Some(TURN.lock().await))
    }

    /// A fresh one of another person, on the same display.
    pub fn beside(&self) -> Self {
        Self::of_a_person(None)
    }

    fn of_a_person(turn: Option<MutexGuard<'static, ()>>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a desktop");
        for part in ["home", "run"] {
            std::fs::DirBuilder::new()
                .mode(0o700)
                .create(folder.path().join(part))
                .expect("a folder of the desktop");
        }
        let (bus, bus_address) = start_bus(folder.path(), "bus.conf");
        Self {
            keyring: None,
            _bus: bus,
            bus_address,
            other_bus: None,
            folder,
            _turn: turn,
        }
    }

    /// The same home with a second D-Bus session, as after logging in at another seat: from now on programs start
    /// there, and know nothing of those that run here.
    pub fn log_in_once_more(&mut self) {
        let bus = start_bus(self.folder.path(), "other-bus.conf");
        self.other_bus = Some(bus);
    }

    /// A fresh one with a real, unlocked gnome-keyring.
    pub async fn with_keychain() -> Self {
        let mut desktop = Self::new().await;
        let mut command = desktop.command("gnome-keyring-daemon");
        command
            .args(["--foreground", "--components=secrets", "--unlock"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let (mut keyring, _) = Program::start(&mut command);
        // Closing standard input ends the password.
        keyring
            .0
            .stdin
            .take()
            .expect("a pipe")
            .write_all(PASSWORD.as_bytes())
            .expect("the keyring's password");
        desktop.keyring = Some(keyring);
        let arrived = desktop
            .command("gdbus")
            .args(["wait", "--session", "--timeout", "30", "org.freedesktop.secrets"])
            .status()
            .expect("gdbus (package libglib2.0-bin)");
        assert!(arrived.success(), "the keychain did not start");
        desktop
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A place for a file of the test, outside the home.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the app and its drivers wrote to standard error and output.
    pub fn log(&self) -> PathBuf {
        self.file("log")
    }

    /// A program on this desktop, which knows nothing of the person's own.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let home = self.home();
        let bus = self
            .other_bus
            .as_ref()
            .map_or(&self.bus_address, |(_, address)| address);
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null()).current_dir(&home);
        for kept in ["PATH", "DISPLAY", "XAUTHORITY"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("DBUS_SESSION_BUS_ADDRESS", bus)
            // On a Wayland desktop GTK would open the window there.
            .env("GDK_BACKEND", "x11")
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            // Whatever our own code has to say, so that a secret in the log is found.
            .env(
                "RUST_LOG",
                "warn,kvit_app=trace,kvit_engine=trace,kvit_client=trace,kvit_vault=trace",
            );
        command
    }

    /// Starts the WebDriver server; returns with it the address it answers at.
    pub async fn driver(&self) -> (Program, String) {
        let (port, native) = (free_port(), free_port());
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log");
        let mut command = self.command(named(DRIVER));
        command
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        let (driver, _) = Program::start(&mut command);
        for port in [native, port] {
            until("the driver listens", async || {
                tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
            })
            .await;
        }
        (driver, format!("http://127.0.0.1:{port}"))
    }

    /// The processes of the app on this desktop.
    pub fn apps(&self) -> Vec<Pid> {
        let app = app().canonicalize().expect("the app is there");
        let home = format!("HOME={}", self.home().display());
        let ours = |process: &Path| {
            // Processes end while one looks: what cannot be read is not there.
            let program = std::fs::read_link(process.join("exe")).ok()?;
            let environment = std::fs::read(process.join("environ")).ok()?;
            let here = environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == home.as_bytes());
            let pid: i32 = process.file_name()?.to_str()?.parse().ok()?;
            (here && program == app).then(|| Pid::from_raw(pid))
        };
        std::fs::read_dir("/proc")
            .expect("a list of processes")
            .filter_map(|entry| ours(&entry.ok()?.path()))
            .collect()
    }

    /// Closes the window as a person does, by its title bar, and waits until the app has ended.
    pub async fn close_window(&self) {
        let apps = self.apps();
        self.ask_to_close();
        over(&apps).await;
    }

    /// Presses the button of the title bar that closes the window; what comes of it is for the app to say.
    pub fn ask_to_close(&self) {
        let apps = self.apps();
        assert_eq!(apps.len(), 1, "one app is open");
        assert!(ask_to_close(&apps) > 0, "the app has a window");
    }

    /// Brings the window to the front, where it has the keys.
    pub async fn bring_to_front(&self) {
        bring_to_front(&self.apps()).await;
    }

    /// Waits until the title bar says this.
    pub async fn see_title(&self, title: &str) {
        let apps = self.apps();
        until(&format!("the title bar says \"{title}\""), async || {
            titles(&apps).iter().any(|one| one == title).then_some(())
        })
        .await;
    }

    /// Ends the app as a power cut does.
    pub async fn cut_power(&self) {
        let apps = self.apps();
        assert_eq!(apps.len(), 1, "one app is open");
        for app in &apps {
            kill(*app, Signal::SIGKILL).expect("the app runs");
        }
        over(&apps).await;
    }

    /// Runs the app without a driver to its end.
    pub async fn run_app(&self, arguments: &[&OsStr]) -> ExitStatus {
        let mut command = self.command(app());
        command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let (mut program, _) = Program::start(&mut command);
        until("the app has ended", async || {
            program.0.try_wait().expect("a child of ours")
        })
        .await
    }

    /// The secret that the keychain keeps for an account, as another program sees it.
    pub fn keychain_entry(&self, account: &str) -> Option<String> {
        let output = self
            .command("secret-tool")
            .args(["lookup", "service", "kvit", "username", account])
            .output()
            .expect("secret-tool (package libsecret-tools)");
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).expect("a text"))
    }

    /// Takes a secret out of the keychain, as another program or a reset of the keychain does.
    pub fn lose_from_keychain(&self, account: &str) {
        let status = self
            .command("secret-tool")
            .args(["clear", "service", "kvit", "username", account])
            .status()
            .expect("secret-tool (package libsecret-tools)");
        assert!(status.success(), "the keychain had it");
    }

    /// Every file of the home with this name.
    pub fn files_named(&self, name: &str) -> Vec<PathBuf> {
        let mut found = self.files();
        found.retain(|path| path.file_name().is_some_and(|of| of == name));
        found
    }

    /// Every file of the home, links aside: they lead out of it or back into it.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut places = vec![self.home()];
        while let Some(place) = places.pop() {
            let Ok(kind) = place.symlink_metadata() else {
                continue;
            };
            if kind.is_dir() {
                let entries = std::fs::read_dir(&place).expect("a folder of ours");
                places.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
            } else if kind.is_file() {
                found.push(place);
            }
        }
        found
    }

    /// Files, and the log, in which a secret stands as it is, in lower case, or as the web view would write it.
    pub fn files_with(&self, secret: &str) -> Vec<PathBuf> {
        let lower = secret.to_lowercase();
        let shapes: Vec<Vec<u8>> = [secret, &lower]
            .into_iter()
            .flat_map(|text| {
                let wide = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                [text.as_bytes().to_vec(), wide]
            })
            .collect();
        let mut places = self.files();
        places.push(self.log());
        places.retain(|place| {
            let bytes = std::fs::read(place).expect("a file of ours");
            shapes.iter().any(|shape| holds(&bytes, shape))
        });
        places
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(40).collect();
            eprintln!("The last of what the app said:");
            for line in last.iter().rev() {
                eprintln!("    {line}");
            }
        }
    }
}

/// A D-Bus session of its own, and its address.
fn start_bus(folder: &Path, name: &str) -> (Program, String) {
    let config = folder.join(name);
    let place = folder.to_string_lossy().into_owned();
    std::fs::write(&config, BUS.replace("FOLDER", &place)).expect("the configuration of the bus");
    let mut command = Command::new("dbus-daemon");
    command
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--print-address"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let (bus, said) = Program::start(&mut command);
    let mut address = String::new();
    BufReader::new(said.expect("a pipe"))
        .read_line(&mut address)
        .expect("the address of the bus");
    (bus, address.trim().to_owned())
}

/// The app under test.
pub fn app() -> PathBuf {
    named(APP)
}

fn named(variable: &str) -> PathBuf {
    std::env::var_os(variable).map(PathBuf::from).unwrap_or_else(|| {
        panic!("{variable} names no program: run these tests by `cargo xtask test window`")
    })
}

/// Waits until these processes have ended and let go of everything they held.
pub async fn over(apps: &[Pid]) {
    let is_over = |app: &Pid| {
        let process = PathBuf::from(format!("/proc/{app}"));
        let Ok(stat) = std::fs::read_to_string(process.join("stat")) else {
            return true;
        };
        // Memory goes first and files later; the last thread to end takes the files along (proc(5)).
        let dead = stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with(['Z', 'X']));
        let threads = std::fs::read_dir(process.join("task")).map_or(0, Iterator::count);
        dead && threads <= 1
    };
    until("the app has ended", async || {
        apps.iter().all(is_over).then_some(())
    })
    .await;
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A port of the loopback at which nobody listens.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("the loopback");
    listener.local_addr().expect("an address").port()
}

/// Looks until `look` sees it; nothing when patience ends.
pub async fn seen<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(seen) = look().await {
            return Some(seen);
        }
        tokio::time::sleep(GLANCE).await;
    }
    None
}

/// Waits until `look` sees it.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    seen(look).await.unwrap_or_else(|| panic!("in vain: {what}"))
}
