//! A world for tests: the real engine, the real practice marketplace over a connection in memory, a vault in memory,
//! a folder that goes away, and a shell that writes down what it is told.
//!
//! The judge is not the judged: what happened is asked of the marketplace's own books ([`World::sandbox`]), what the
//! person was told of the engine.
#![allow(
    clippy::expect_used,
    reason = "a test world that cannot be made is a failed test"
)]

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use kvit_client::{Limits, Marketplace};
use kvit_domain::{Timestamp, fault::Fault};
use kvit_engine::{Account, ConnectionState, Connector, Engine, Practice, PracticeDoor, Shell, Topic};
use kvit_sandbox::{Clock, Moment, Options, Sandbox, SigningKey};
use kvit_vault::MemoryVault;
use secrecy::SecretString;
use tempfile::TempDir;

/// One signing key for all worlds of a test program: making RSA keys is slow.
static SIGNING_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Moment::from_seconds(BEGINNING - 86_400)).expect("a signing key"));

/// When every world begins: 2026-03-02 09:00:00 UTC, a Monday.
pub const BEGINNING: i64 = 1_772_442_000;

/// A world.
pub struct World {
    /// The engine, connected to the marketplace unless made with [`World::disconnected`].
    pub engine: Engine<RecordingShell>,
    /// The marketplace.
    pub sandbox: Arc<Sandbox>,
    /// What the shell was told.
    pub told: Told,
    /// The folder of the app.
    pub folder: TempDir,
}

impl World {
    /// A connected world of this seed, at [`BEGINNING`].
    pub async fn new(seed: u64) -> Self {
        let world = Self::disconnected(seed).await;
        world.engine.start_practice().await.expect("the practice account");
        world
            .until(|world| world.engine.state().connection.state == ConnectionState::Connected)
            .await;
        world
    }

    /// A world whose engine has no account yet.
    pub async fn disconnected(seed: u64) -> Self {
        let clock = Clock::manual(UNIX_EPOCH + Duration::from_secs(BEGINNING.unsigned_abs()));
        let options = Options::still(seed, clock, SIGNING_KEY.clone());
        let sandbox = Arc::new(Sandbox::open(options).await.expect("the practice marketplace"));
        let folder = tempfile::tempdir().expect("a folder");
        let told = Told::default();
        let engine = engine(folder.path(), &sandbox, &told);
        Self {
            engine,
            sandbox,
            told,
            folder,
        }
    }

    /// The same folder and marketplace under a new engine: the app was closed and opened again.
    #[must_use]
    pub fn reopened(self) -> Self {
        let engine = engine(self.folder.path(), &self.sandbox, &self.told);
        Self { engine, ..self }
    }

    /// Lets the marketplace's clock run, and its people act after each second.
    pub async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            self.sandbox.clock().advance(Duration::from_secs(1));
            self.sandbox.step().await;
        }
    }

    /// Waits until something is so.
    ///
    /// # Panics
    /// After half a minute of (virtual or real) time.
    pub async fn until(&self, so: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !so(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(300), waiting)
            .await
            .expect("it came to be so");
    }
}

fn engine(folder: &Path, sandbox: &Arc<Sandbox>, told: &Told) -> Engine<RecordingShell> {
    let shell = RecordingShell {
        told: told.clone(),
        clock: sandbox.clock(),
    };
    let practice = TestPractice(Arc::clone(sandbox));
    let connector = MemoryConnector(Arc::clone(sandbox));
    Engine::open(
        folder.join("kvit"),
        shell,
        Arc::new(MemoryVault::new()),
        Box::new(practice),
        Box::new(connector),
    )
    .expect("the engine")
}

/// What a shell was told, in order.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<Vec<Topic>>>);

impl Told {
    /// Everything so far; begins anew.
    pub fn take(&self) -> Vec<Topic> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A shell that writes down what it is told and has the marketplace's clock, so that both agree on the time.
pub struct RecordingShell {
    told: Told,
    clock: Clock,
}

impl Shell for RecordingShell {
    fn changed(&self, topics: &[Topic]) {
        self.told
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(topics);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.clock.now().seconds()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

struct TestPractice(Arc<Sandbox>);

impl Practice for TestPractice {
    fn open<'a>(
        &'a self,
        _: &'a Path,
    ) -> Pin<Box<dyn Future<Output = Result<PracticeDoor, Fault>> + Send + 'a>> {
        Box::pin(async {
            Ok(PracticeDoor {
                address: "https://localhost:1".to_owned(),
                certificate_sha256: "00".repeat(32),
                token: SecretString::from(self.0.token()),
                public_key: self.0.public_key(),
            })
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

/// Lines in memory to one marketplace, whatever the account says.
struct MemoryConnector(Arc<Sandbox>);

impl Connector for MemoryConnector {
    fn open(&self, _: &Account, token: SecretString) -> Result<Marketplace, Fault> {
        let sandbox = Arc::clone(&self.0);
        Marketplace::over(move || Ok(sandbox.connect_in_memory()), &token, Limits::default())
    }
}
