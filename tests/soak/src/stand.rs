//! What a lane stands on: a server, an engine that is killed and started again, and the wire between them.

mod aim;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::engine::{self, Word};
use crate::ledger;
use crate::pace::Scale;
use crate::plan::Fault;
use crate::server::{self, Door};
use crate::talk::Process;
use crate::totals::Totals;
use crate::wire::Wire;

pub(crate) use aim::{Aim, Aimed};

/// The engine's process as the driver has it.
pub type Engine = Process<engine::Order, Word>;
/// The server's.
pub type Server = Process<server::Order, server::Word>;

/// How long a process may be silent before that is a fault of its own. Far above every limit of a run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// So long after a person was told a fail point is waited for.
const LATER: Duration = Duration::from_millis(700);
/// More than a lane can spend before it is given more.
const BALANCE: i64 = 1_000_000_000;

/// The processes of a lane.
pub(crate) struct Stand {
    /// Where its files are.
    pub folder: PathBuf,
    /// The server.
    pub server: Server,
    /// The engine, if one runs.
    pub engine: Option<Engine>,
    /// What is between them.
    pub wire: Wire,
    door: Door,
    tls: bool,
    /// How much shorter the limits are.
    pub scale: Scale,
    /// Its dice.
    pub rng: StdRng,
    /// What it adds up.
    pub totals: Totals,
    /// A kill or a panic at a point that has not been passed yet.
    awaited: Option<Fault>,
    /// Planted in every engine of this lane.
    planted: Option<String>,
    /// No line of the server's ledger is later than this.
    quiet: Instant,
    /// Until then the wire may hold back a request.
    held: Instant,
    /// New connections are struck for so long where a fault is of connections; until healed if not given.
    pub barred: Option<Duration>,
}

impl Stand {
    /// Starts the server and the wire.
    ///
    /// # Errors
    /// They do not start.
    pub async fn open(
        folder: &Path,
        seed: u64,
        tls: bool,
        scale: Scale,
        planted: Option<&str>,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let ledger = folder.join("ledger.jsonl");
        let arguments = [text(&ledger)?, seed.to_string()];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut server = Server::start("server", &arguments, &folder.join("server.log"))?;
        let server::Word::Door(door) = server.word_within(PATIENCE).await? else {
            bail!("the server does not say how to get in");
        };
        let wire = Wire::open(if tls { door.tls } else { door.plain }, tls).await?;
        let mut stand = Self {
            folder: folder.to_owned(),
            server,
            engine: None,
            wire,
            door,
            tls,
            scale,
            rng: StdRng::seed_from_u64(seed),
            totals: Totals::default(),
            awaited: None,
            planted: planted.map(str::to_owned),
            quiet: Instant::now(),
            held: Instant::now(),
            barred: None,
        };
        stand.enrich().await?;
        Ok(stand)
    }

    /// Gives the buyer more than he can spend before he is given more.
    pub async fn enrich(&mut self) -> Result<()> {
        self.tell_server(server::Order::Balance { sats: BALANCE }).await?;
        Ok(())
    }

    /// A line in the lane's own log.
    pub fn note(&self, words: &str) -> Result<()> {
        use std::io::Write;
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("lane.log"));
        writeln!(log?, "{words}")?;
        Ok(())
    }

    /// Starts an engine if none runs. `true`: it did.
    pub async fn start(&mut self) -> Result<bool> {
        if self
            .engine
            .as_mut()
            .is_some_and(|engine| engine.ended().is_none())
        {
            return Ok(false);
        }
        let mut engine = self.new_engine()?;
        match engine.word_within(PATIENCE).await {
            Ok(Word::Ready { .. }) => {
                self.engine = Some(engine);
                Ok(true)
            }
            Ok(other) => bail!("the engine does not begin: {other:?}"),
            Err(error) => Err(error.context(format!("see {}", self.folder.join("engine.log").display()))),
        }
    }

    /// One more process of the engine over this lane's folder. It has not said anything yet.
    pub fn new_engine(&self) -> Result<Engine> {
        let start = engine::Start {
            folder: self.folder.join("kvit"),
            address: self.wire.address(),
            tls: self.tls.then(|| self.door.certificate.clone()),
            token: self.door.token.clone(),
            key: self.door.key.clone(),
            scale: self.scale,
            planted: self.planted.clone(),
        };
        let argument = serde_json::to_string(&start)?;
        Engine::start("engine", &[&argument], &self.folder.join("engine.log"))
    }

    /// Gives the engine an order, if one runs.
    pub async fn tell_engine(&mut self, order: &engine::Order) {
        if let Some(engine) = &mut self.engine {
            engine.order(order).await;
        }
    }

    /// Gives the server an order, and takes the numbers it answers with.
    pub async fn tell_server(&mut self, order: server::Order) -> Result<Vec<u64>> {
        match self.server.ask(&order).await? {
            server::Word::Done { numbers } => Ok(numbers),
            other => bail!("the server does not do {order:?}: {other:?}"),
        }
    }

    /// Hears the engine while `fault` is in place, until `take`, which is given every word, says that the awaited one
    /// came. `false`: the process died before, as it was told to or by itself.
    ///
    /// # Errors
    /// Nothing comes, or the engine cannot go on.
    pub async fn hear(
        &mut self,
        fault: Fault,
        killed: Option<tokio::time::Instant>,
        mut take: impl FnMut(&Word) -> bool,
    ) -> Result<bool> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let Some(engine) = &mut self.engine else {
                bail!("no engine")
            };
            let word = tokio::select! {
                word = engine.word() => word,
                () = tokio::time::sleep_until(killed.unwrap_or(deadline)), if killed.is_some() => {
                    engine.kill().await;
                    self.totals.restarts += 1;
                    // What it said before it died, it said.
                    while let Some(word) = engine.word().await {
                        take(&word);
                    }
                    self.engine = None;
                    return Ok(false);
                }
                () = tokio::time::sleep_until(deadline) => bail!("nobody is told anything ({fault})"),
            };
            match word {
                Some(Word::At { .. }) => self.at_the_point(fault).await,
                Some(Word::Failed { why }) => bail!("the engine cannot go on: {why}"),
                Some(word) => {
                    if take(&word) {
                        return Ok(true);
                    }
                }
                None => {
                    self.died().await;
                    return Ok(false);
                }
            }
        }
    }

    /// When the engine is killed, if that is the fault: any moment of about the time that an act takes.
    pub fn moment_of_killing(&mut self, fault: Fault) -> Option<tokio::time::Instant> {
        let moment = Duration::from_millis(self.rng.random_range(0..60));
        (fault == Fault::KillTime).then(|| tokio::time::Instant::now() + moment)
    }

    /// The person was told, and a kill or a panic is still awaited: the point may be passed a little later. If it is not,
    /// the process is ended, and the next one is without it.
    pub async fn await_the_point(&mut self, mut take: impl FnMut(&Word) -> bool) {
        let end = tokio::time::Instant::now() + LATER;
        while let Some(fault) = self.awaited {
            let Some(engine) = &mut self.engine else { return };
            match tokio::time::timeout_at(end, engine.word()).await {
                Ok(Some(Word::At { .. })) => self.at_the_point(fault).await,
                Ok(Some(word)) => {
                    take(&word);
                }
                Ok(None) => return self.died().await,
                Err(_) => return self.kill().await,
            }
        }
    }

    /// Kills the engine. What it said and nobody heard is lost.
    pub async fn kill(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            engine.kill().await;
            self.totals.restarts += 1;
        }
    }

    /// The engine's process ended: as it was told to, or by itself.
    pub async fn died(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            engine.kill().await;
        }
        match self.awaited.take() {
            Some(_) => self.totals.restarts += 1,
            None => {
                self.totals.died_by_themselves += 1;
                self.totals
                    .complain(format!("the engine died; see {}", self.folder.display()));
            }
        }
    }

    /// Nothing goes wrong any more, and what was on its way has had its time.
    pub async fn heal(&mut self) -> Result<()> {
        self.wire.heal();
        self.tell_server(server::Order::Clear).await?;
        tokio::time::sleep(self.quiet.saturating_duration_since(Instant::now())).await;
        Ok(())
    }

    /// Ends the engine and starts it anew.
    pub async fn start_anew(&mut self) -> Result<()> {
        self.end_engine().await?;
        self.start().await?;
        Ok(())
    }

    /// Ends the engine, orderly.
    pub async fn end_engine(&mut self) -> Result<()> {
        if let Some(mut engine) = self.engine.take() {
            engine.end(PATIENCE).await?;
        }
        Ok(())
    }

    /// Ends the server, and reads what it wrote.
    pub async fn ledger(&mut self) -> Result<Vec<kvit_sandbox::Execution>> {
        self.server.end(PATIENCE).await?;
        ledger::read(&self.folder.join("ledger.jsonl"))
    }
}

fn text(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("a folder without a plain name"),
    }
}
