//! A world for tests: the real engine, the real practice marketplace over a connection in memory, a vault in memory,
//! a folder that goes away, and a shell that writes down what it is told.
//!
//! The judge is not the judged: what happened is asked of the marketplace's own books ([`World::sandbox`]), what the
//! person was told of the engine.
#![allow(
    clippy::expect_used,
    reason = "a test world that cannot be made is a failed test"
)]

pub mod wire;

use std::{
    collections::HashSet,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use kvit_client::{Limits, Marketplace};
use kvit_domain::{Timestamp, fault::Fault, news::News};
use kvit_engine::{
    Account, ConnectionState, Connector, Engine, EngineParts, Pace, Practice, PracticeDoor, Shell, SyncStep,
    Topic, account::AccountId,
};
use kvit_sandbox::{Clock, Moment, Options, Sandbox, SigningKey};
use kvit_vault::{MemoryVault, Vault, VaultError};
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
    /// The keychain.
    pub vault: Arc<TestVault>,
    /// Who the person is; `None`: the local user.
    pub token: Option<String>,
}

impl World {
    /// A connected world of this seed, at [`BEGINNING`].
    pub async fn new(seed: u64) -> Self {
        let world = Self::disconnected(seed).await;
        world.engine.start_practice().await.expect("the practice account");
        world.settled().await;
        world
    }

    /// Somebody else at the same marketplace, with an engine, a keychain and a folder of their own, connected. From now on
    /// nobody acts for them but their engine.
    pub async fn beside(&self, login: &str) -> Self {
        let token = Some(self.sandbox.join(login).expect("a token"));
        let folder = tempfile::tempdir().expect("a folder");
        let told = Told::default();
        let vault = Arc::new(TestVault::default());
        let engine = engine(folder.path(), &self.sandbox, token.clone(), &told, &vault);
        let world = Self {
            engine,
            sandbox: Arc::clone(&self.sandbox),
            told,
            folder,
            vault,
            token,
        };
        world.engine.start_practice().await.expect("the practice account");
        world.settled().await;
        world
    }

    /// Waits until the engine is connected and has read everything.
    pub async fn settled(&self) {
        self.until(|world| {
            let state = world.engine.state();
            state.connection.state == ConnectionState::Connected
                && state.sync.is_some_and(|sync| sync.state == SyncStep::Done)
        })
        .await;
    }

    /// The account in use.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.engine.state().current.expect("an account in use")
    }

    /// A world whose engine has no account yet.
    pub async fn disconnected(seed: u64) -> Self {
        Self::disconnected_with(seed, |_| {}).await
    }

    /// The same, of a marketplace that is opened in another way.
    pub async fn disconnected_with(seed: u64, change: impl FnOnce(&mut Options)) -> Self {
        let clock = Clock::manual(UNIX_EPOCH + Duration::from_secs(BEGINNING.unsigned_abs()));
        let mut options = Options::still(seed, clock, SIGNING_KEY.clone());
        change(&mut options);
        let sandbox = Arc::new(Sandbox::open(options).await.expect("the practice marketplace"));
        let folder = tempfile::tempdir().expect("a folder");
        let told = Told::default();
        let vault = Arc::new(TestVault::default());
        let engine = engine(folder.path(), &sandbox, None, &told, &vault);
        Self {
            engine,
            sandbox,
            told,
            folder,
            vault,
            token: None,
        }
    }

    /// The same folder, keychain and marketplace under a new engine: the app was closed and opened again.
    #[must_use]
    pub async fn reopened(self) -> Self {
        self.reopened_after(|_| {}).await
    }

    /// The same, with something done to the folder of the app while it is closed.
    #[must_use]
    pub async fn reopened_after(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self {
            engine: old,
            sandbox,
            told,
            folder,
            vault,
            token,
        } = self;
        old.shut().await;
        // One process at a time works in a folder: it is free when the last of the old engine is gone.
        drop(old);
        tokio::time::sleep(Duration::from_millis(10)).await;
        meanwhile(&folder.path().join("kvit"));
        let engine = engine(folder.path(), &sandbox, token.clone(), &told, &vault);
        Self {
            engine,
            sandbox,
            told,
            folder,
            vault,
            token,
        }
    }

    /// The app was killed at this moment and is opened again: the folder is as it was just now, whatever the end of
    /// the old engine still wrote; then something is done to it.
    #[must_use]
    pub async fn killed(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let copy = tempfile::tempdir().expect("a folder");
        copy_folder(&self.folder.path().join("kvit"), copy.path());
        self.reopened_after(|folder| {
            std::fs::remove_dir_all(folder).expect("removed");
            copy_folder(copy.path(), folder);
            meanwhile(folder);
        })
        .await
    }

    /// Folder of the account in use.
    #[must_use]
    pub fn account_folder(&self) -> PathBuf {
        let accounts = self.folder.path().join("kvit/accounts");
        accounts.join(self.account().as_hyphenated().to_string())
    }

    /// A second engine over the same folder, keychain and marketplace: the app started twice. It tells nobody.
    #[must_use]
    pub fn second_engine(&self) -> Engine<RecordingShell> {
        engine(
            self.folder.path(),
            &self.sandbox,
            self.token.clone(),
            &Told::default(),
            &self.vault,
        )
    }

    /// Lets the marketplace's clock run, and its people act after each second.
    pub async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            self.sandbox.clock().advance(Duration::from_secs(1));
            self.sandbox.step().await;
        }
    }

    /// Lets everybody's time run: the marketplace's clock and its people, and the timers of the program. Only for
    /// tests with paused time.
    pub async fn wait(&self, seconds: u32) {
        for _ in 0..seconds {
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.pass(1).await;
        }
    }

    /// Login name of the person.
    #[must_use]
    pub fn you(&self) -> String {
        self.sandbox.login().expect("the person's login")
    }

    /// A line of its own to the marketplace, as any of its users: what another computer, or another person, sees.
    #[must_use]
    pub fn line_of(&self, login: &str) -> Marketplace {
        let token = self.sandbox.mint_token(login).expect("a token");
        line(&self.sandbox, &SecretString::from(token)).expect("a line")
    }

    /// Waits until something is so.
    ///
    /// # Panics
    /// After five minutes of (virtual or real) time.
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

fn engine(
    folder: &Path,
    sandbox: &Arc<Sandbox>,
    token: Option<String>,
    told: &Told,
    vault: &Arc<TestVault>,
) -> Engine<RecordingShell> {
    let shell = RecordingShell {
        told: told.clone(),
        clock: sandbox.clock(),
    };
    let practice = TestPractice {
        sandbox: Arc::clone(sandbox),
        token,
    };
    let connector = MemoryConnector(Arc::clone(sandbox));
    Engine::open(EngineParts {
        folder: folder.join("kvit"),
        shell,
        vault: Arc::clone(vault) as Arc<dyn Vault>,
        practice: Box::new(practice),
        connector: Box::new(connector),
        pace: Pace::REAL,
    })
    .expect("the engine")
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (here, there) = (entry.path(), to.join(entry.file_name()));
        if here.is_dir() {
            copy_folder(&here, &there);
        } else {
            std::fs::copy(&here, &there).expect("copied");
        }
    }
}

/// What a shell was told, in order.
#[derive(Debug, Clone, Default)]
pub struct Told {
    topics: Arc<Mutex<Vec<Topic>>>,
    news: Arc<Mutex<Vec<News>>>,
}

impl Told {
    /// Everything so far; begins anew.
    pub fn take(&self) -> Vec<Topic> {
        std::mem::take(&mut self.topics.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All news that the person was told.
    #[must_use]
    pub fn news(&self) -> Vec<News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
            .topics
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(topics);
    }

    fn tell(&self, news: &News) {
        self.told
            .news
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(news.clone());
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.clock.now().seconds()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

struct TestPractice {
    sandbox: Arc<Sandbox>,
    /// Whose; `None`: the local user's.
    token: Option<String>,
}

impl Practice for TestPractice {
    fn open<'a>(
        &'a self,
        _: &'a Path,
    ) -> Pin<Box<dyn Future<Output = Result<PracticeDoor, Fault>> + Send + 'a>> {
        Box::pin(async {
            Ok(PracticeDoor {
                address: "https://localhost:1".to_owned(),
                certificate_sha256: "00".repeat(32),
                token: SecretString::from(self.token.clone().unwrap_or_else(|| self.sandbox.token())),
                public_key: self.sandbox.public_key(),
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
        line(&self.0, &token)
    }
}

fn line(sandbox: &Arc<Sandbox>, token: &SecretString) -> Result<Marketplace, Fault> {
    let sandbox = Arc::clone(sandbox);
    Marketplace::over(move || Ok(sandbox.connect_in_memory()), token, Limits::default())
}

/// A keychain in memory that fails on command.
#[derive(Debug, Default)]
pub struct TestVault {
    memory: MemoryVault,
    kept: Mutex<HashSet<kvit_vault::Account>>,
    failure: Mutex<Option<VaultError>>,
}

impl TestVault {
    /// From now on every use fails in this way; `None`: works.
    pub fn fail(&self, failure: impl Into<Option<VaultError>>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure.into();
    }

    /// Whether nothing is kept, whatever it was kept for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    fn working(&self) -> Result<&MemoryVault, VaultError> {
        match &*self.failure.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(&self.memory),
            Some(failure) => Err(failure.clone()),
        }
    }
}

impl Vault for TestVault {
    fn store(&self, account: &kvit_vault::Account, secret: &SecretString) -> Result<(), VaultError> {
        self.working()?.store(account, secret)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(account.clone());
        Ok(())
    }

    fn load(&self, account: &kvit_vault::Account) -> Result<SecretString, VaultError> {
        self.working()?.load(account)
    }

    fn remove(&self, account: &kvit_vault::Account) -> Result<(), VaultError> {
        self.working()?.remove(account)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(account);
        Ok(())
    }

    fn probe(&self) -> Result<(), VaultError> {
        self.working()?.probe()
    }
}
