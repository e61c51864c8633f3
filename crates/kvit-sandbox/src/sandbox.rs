//! The practice marketplace as its host sees it: start, connect, stop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::books::users::Role;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::hub::{Hub, Token};
use crate::ledger::{Execution, Ledger};
use crate::people;
use crate::refusal::Refusal;
use crate::server::listen::Running;
use crate::signing::{Confirmations, Sealer, SigningError, SigningKey};
use crate::store::{Storage, Store, StoreError};
use crate::world::{self, Beginning};

/// How the simulated people get to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// By themselves, about once a second of real time.
    Acting,
    /// Only in [`Sandbox::step`].
    Still,
}

/// How to open a practice marketplace.
#[derive(Clone, Debug)]
pub struct Options {
    /// Random numbers of the world and its people. `None`: from the system at first start, and kept.
    /// The signing key is always random; see [`Options::signing_key`].
    pub seed: Option<u64>,
    /// The marketplace's time.
    pub clock: Clock,
    /// Where its world is kept.
    pub storage: Storage,
    /// How its people act.
    pub people: People,
    /// Whether people buy from the local user and prices move of themselves.
    pub surprises: bool,
    /// Login name of the local user at first start.
    pub login: String,
    /// A key to use at first start instead of making one.
    pub signing_key: Option<SigningKey>,
    /// Payments from and to the local user that lie more than four weeks back at first start, spread over a year, in
    /// addition to the few that everybody gets; then there are also three pending ones. For measurements.
    pub past: u32,
    /// Whether people have talked, shown pictures, judged each other and given money back before first start. It takes
    /// a moment; tests that are not about it go without.
    pub talk: bool,
    /// How payments get their confirmations.
    pub confirmations: Confirmations,
    /// A file to which each [`Execution`] is appended as a line of JSON before its answer leaves; made if missing.
    pub ledger: Option<PathBuf>,
}

impl Default for Options {
    /// The system's clock and random numbers, in memory, people acting.
    fn default() -> Self {
        Options {
            seed: None,
            clock: Clock::system(),
            storage: Storage::Memory,
            people: People::Acting,
            surprises: true,
            login: "you".to_owned(),
            signing_key: None,
            past: 0,
            talk: true,
            confirmations: Confirmations::Fresh,
            ledger: None,
        }
    }
}

impl Options {
    /// For tests: this seed, this clock, memory, people still, no surprises, nobody has talked, this key.
    #[must_use]
    pub fn still(seed: u64, clock: Clock, signing_key: SigningKey) -> Options {
        Options {
            seed: Some(seed),
            clock,
            people: People::Still,
            surprises: false,
            talk: false,
            signing_key: Some(signing_key),
            ..Options::default()
        }
    }
}

/// Why a practice marketplace cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Its file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its signing key failed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// Its TLS key failed.
    #[error("the practice marketplace's certificate failed: {0}")]
    Certificate(String),
    /// Its world could not be made.
    #[error("the practice world could not be made: {0}")]
    World(#[from] Refusal),
    /// Its file is incomplete.
    #[error("the practice marketplace's file lacks its {0}")]
    Incomplete(&'static str),
    /// The file of its ledger cannot be opened.
    #[error("the practice marketplace's ledger cannot be opened: {0}")]
    Ledger(std::io::Error),
    /// The thread that opened it died.
    #[error("opening the practice marketplace was interrupted")]
    Interrupted,
}

/// Where a marketplace served over TCP can be reached, and what its certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `https://localhost:PORT`; it listens on 127.0.0.1 only.
    pub address: String,
    /// The self-signed certificate, to be pinned.
    pub certificate_der: Vec<u8>,
    /// SHA-256 of it, 64 lower-case hexadecimal digits.
    pub certificate_sha256: String,
}

/// Cannot listen.
#[derive(Debug, Error)]
#[error("the practice marketplace cannot listen: {0}")]
pub struct ServeError(String);

/// A running practice marketplace. Dropping it stops it; [`Sandbox::shutdown`] also waits until it has stopped.
#[derive(Debug)]
pub struct Sandbox {
    hub: Arc<Hub>,
    running: Running,
    server: JoinHandle<()>,
    acting: Option<JoinHandle<()>>,
    house: House,
    surprises: bool,
    stop: DropGuard,
}

/// How often shutdown looks whether the last call has ended, every 2 ms.
const CLOSING_CHECKS: u32 = 2_500;

/// What stays the same between starts.
#[derive(Clone)]
struct House {
    token: String,
    /// Users and tokens of those who joined later.
    joined: Vec<(u64, String)>,
    local: u64,
    seed: u64,
    certificate: Vec<u8>,
    certificate_key: Vec<u8>,
    public_key: String,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither token nor keys belong into a log.
        f.debug_struct("House")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

/// Names of the house's secrets in the store.
mod names {
    pub(super) const SIGNING_KEY: &str = "signing key";
    pub(super) const CERTIFICATE: &str = "certificate";
    pub(super) const CERTIFICATE_KEY: &str = "certificate key";
    pub(super) const TOKEN: &str = "token";
    pub(super) const SEED: &str = "seed";
    pub(super) const LOCAL: &str = "local user";
}

impl Sandbox {
    /// Opens the marketplace on the current tokio runtime: loads its world, or makes one at first start.
    pub async fn open(options: Options) -> Result<Sandbox, OpenError> {
        let (people, surprises) = (options.people, options.surprises);
        let (hub, house) = tokio::task::spawn_blocking(move || prepare(options))
            .await
            .map_err(|_| OpenError::Interrupted)??;
        let hub = Arc::new(hub);
        hub.admit(house.token.clone(), Token::lasting(house.local));
        for (user, token) in &house.joined {
            hub.admit(token.clone(), Token::lasting(*user));
        }
        let stop = CancellationToken::new();
        let (running, server) = Running::start(Arc::clone(&hub), stop.clone());
        let acting = (people == People::Acting)
            .then(|| tokio::spawn(act(Arc::clone(&hub), house.local, surprises, stop.clone())));
        Ok(Sandbox {
            hub,
            running,
            server,
            acting,
            house,
            surprises,
            stop: stop.drop_guard(),
        })
    }

    /// Serves on a free port of 127.0.0.1 under TLS. Each call opens one more port.
    pub async fn serve_tcp(&self) -> Result<Endpoint, ServeError> {
        let certificate = CertificateDer::from(self.house.certificate.clone());
        let key = PrivatePkcs8KeyDer::from(self.house.certificate_key.clone());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ServeError(error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into())
            .map_err(|error| ServeError(error.to_string()))?;
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let port = self
            .running
            .listen(tokio_rustls::TlsAcceptor::from(Arc::new(tls)))
            .await
            .map_err(|error| ServeError(error.to_string()))?;
        Ok(Endpoint {
            address: format!("https://localhost:{port}"),
            certificate_der: self.house.certificate.clone(),
            certificate_sha256: hex(&Sha256::digest(&self.house.certificate)),
        })
    }

    /// The client's end of a new connection in memory (HTTP/2, no TLS); it can be wrapped or dropped at will.
    #[must_use]
    pub fn connect_in_memory(&self) -> DuplexStream {
        self.running.connect_in_memory()
    }

    /// The local user's bearer token: 64 upper-case hexadecimal digits, the same at every start.
    #[must_use]
    pub fn token(&self) -> String {
        self.house.token.clone()
    }

    /// The marketplace's OpenPGP public key in armor.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.house.public_key.clone()
    }

    /// Full fingerprint of that key, 40 upper-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.hub.sealer.key.fingerprint()
    }

    /// The signing key itself, so that other marketplaces of a test can share it.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        self.hub.sealer.key.clone()
    }

    /// The marketplace's clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.hub.clock.clone()
    }

    /// Lets the people do once whatever is due at the clock's time.
    pub async fn step(&self) {
        let (hub, local, surprises) = (Arc::clone(&self.hub), self.house.local, self.surprises);
        if tokio::task::spawn_blocking(move || people::step(&hub, local, surprises))
            .await
            .is_err()
        {
            tracing::error!("a step of the people was interrupted");
        }
    }

    /// The knobs for faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// What was executed since this marketplace was opened because somebody called, oldest first. What the simulated
    /// people and the knobs do is not in it.
    #[must_use]
    pub fn executions(&self) -> Vec<Execution> {
        self.hub.ledger.lines()
    }

    /// Stops serving, cuts every connection, and returns when the file is closed.
    pub async fn shutdown(self) {
        let Sandbox {
            hub,
            running,
            server,
            acting,
            house: _,
            surprises: _,
            stop,
        } = self;
        drop(stop);
        drop(running);
        for task in [Some(server), acting].into_iter().flatten() {
            if task.await.is_err() {
                tracing::error!("a part of the practice marketplace did not end well");
            }
        }
        // Calls that had begun run to their end; the file closes with the last of them.
        for _ in 0..CLOSING_CHECKS {
            if Arc::strong_count(&hub) == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tracing::warn!("a call still holds the practice marketplace's file");
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn local(&self) -> u64 {
        self.house.local
    }
}

/// Lets the people act once a second until the marketplace stops.
async fn act(hub: Arc<Hub>, local: u64, surprises: bool, stop: CancellationToken) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = seconds.tick() => {}
        }
        let hub = Arc::clone(&hub);
        if tokio::task::spawn_blocking(move || people::step(&hub, local, surprises))
            .await
            .is_err()
        {
            tracing::error!("a step of the people was interrupted");
        }
    }
}

/// Reads or makes everything that a marketplace has; blocks.
fn prepare(options: Options) -> Result<(Hub, House), OpenError> {
    let mut store = Store::open(&options.storage)?;
    let now = options.clock.now();
    if store.house_secret(names::LOCAL)?.is_none() {
        let seed = options.seed.unwrap_or_else(|| rand::rng().next_u64());
        let key = match options.signing_key {
            Some(key) => key,
            // As old as the world's first payment.
            None => SigningKey::generate(now.after(-world::AGE_SECONDS))?,
        };
        let certificate =
            rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
                .map_err(|error| OpenError::Certificate(error.to_string()))?;
        let token = new_token(options.seed);
        let beginning = Beginning {
            login: options.login,
            past: options.past,
            talk: options.talk,
        };
        let (mut books, local) = world::create(&beginning, now, seed)?;
        store.found(
            &mut books,
            &[
                (names::SIGNING_KEY, key.secret_bytes()?),
                (names::CERTIFICATE, certificate.cert.der().to_vec()),
                (names::CERTIFICATE_KEY, certificate.signing_key.serialize_der()),
                (names::TOKEN, token.into_bytes()),
                (names::SEED, seed.to_be_bytes().to_vec()),
                (names::LOCAL, local.to_be_bytes().to_vec()),
            ],
        )?;
    }
    let read = |name: &'static str| store.house_secret(name)?.ok_or(OpenError::Incomplete(name));
    let number = |name: &'static str| {
        let bytes = <[u8; 8]>::try_from(read(name)?).map_err(|_| OpenError::Incomplete(name))?;
        Ok::<u64, OpenError>(u64::from_be_bytes(bytes))
    };
    let key = SigningKey::from_secret_bytes(&read(names::SIGNING_KEY)?)?;
    let local = number(names::LOCAL)?;
    let books = store.load()?;
    let mut joined = Vec::new();
    for user in books
        .users
        .values()
        .filter(|user| user.role == Role::Local && user.id != local)
    {
        if let Some(token) = store.house_secret(&token_name(&user.login))? {
            let token = String::from_utf8(token).map_err(|_| OpenError::Incomplete(names::TOKEN))?;
            joined.push((user.id, token));
        }
    }
    let house = House {
        token: String::from_utf8(read(names::TOKEN)?).map_err(|_| OpenError::Incomplete(names::TOKEN))?,
        joined,
        local,
        seed: number(names::SEED)?,
        certificate: read(names::CERTIFICATE)?,
        certificate_key: read(names::CERTIFICATE_KEY)?,
        public_key: key.public_armor()?,
    };
    let sealer = Sealer::new(key, options.confirmations);
    let ledger = Ledger::open(options.ledger.as_deref()).map_err(OpenError::Ledger)?;
    Ok((
        Hub::new(books, store, options.clock, sealer, ledger, house.seed),
        house,
    ))
}

/// Under which name the token of somebody who joined later is kept.
pub(crate) fn token_name(login: &str) -> String {
    format!("token of {login}")
}

/// 32 random bytes as upper-case hexadecimal digits.
pub(crate) fn new_token(seed: Option<u64>) -> String {
    let mut bytes = [0_u8; 32];
    match seed {
        Some(seed) => StdRng::seed_from_u64(seed).fill(&mut bytes),
        None => rand::rng().fill(&mut bytes),
    }
    hex(&bytes).to_ascii_uppercase()
}

/// Two lower-case hexadecimal digits per byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
