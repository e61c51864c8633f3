//! One account: a server, an engine that is killed and started again, the wire between them, and all that was asked.

mod aim;
mod deals;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::engine::{self, Act, End, Word};
use crate::judge::{Asked, Evidence, judge};
use crate::ledger;
use crate::pace::Scale;
use crate::plan::Fault;
use crate::server::{self, Door};
use crate::talk::Process;
use crate::totals::Totals;
use crate::wire::Wire;

/// The engine's process as the driver has it.
pub type Engine = Process<engine::Order, Word>;
/// The server's.
pub type Server = Process<server::Order, server::Word>;

/// How long a process may be silent before that is a fault of its own. Far above every limit of a run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// So long after a person was told a fail point is waited for.
const LATER: Duration = Duration::from_millis(700);
/// Satoshi a piece.
pub(crate) const PRICE: u32 = 100;
/// Most pieces of one payment; so many payments an invoice serves.
const PIECES: u32 = 100;
/// Invoices issued at once.
const INVOICES: u32 = 60;
/// So many invoices that were asked for last are left alone.
const LATELY: usize = 30;
/// More than a lane can spend before it is given more.
const BALANCE: i64 = 1_000_000_000;

/// A lane.
pub struct Lane {
    folder: PathBuf,
    server: Server,
    engine: Option<Engine>,
    wire: Wire,
    door: Door,
    tls: bool,
    scale: Scale,
    rng: StdRng,
    fresh: Vec<(u64, u32)>,
    lately: VecDeque<u64>,
    deals: deals::Deals,
    asked: Vec<Asked>,
    totals: Totals,
    /// A kill or a panic at a point that has not been passed yet.
    awaited: Option<Fault>,
    /// Planted in every engine of this lane.
    planted: Option<String>,
    /// No line of the server's ledger is later than this.
    quiet: Instant,
    /// Until then the wire may hold back a request.
    held: Instant,
}

impl Lane {
    /// Starts its server and its wire.
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
        let mut lane = Self {
            folder: folder.to_owned(),
            server,
            engine: None,
            wire,
            door,
            tls,
            scale,
            rng: StdRng::seed_from_u64(seed),
            fresh: Vec::new(),
            lately: VecDeque::new(),
            deals: deals::Deals::default(),
            asked: Vec::new(),
            totals: Totals::default(),
            awaited: None,
            planted: planted.map(str::to_owned),
            quiet: Instant::now(),
            held: Instant::now(),
        };
        lane.tell_server(server::Order::Balance { sats: BALANCE }).await?;
        Ok(lane)
    }

    /// Asks for one thing, with a fault. Says whether the fault was really injected.
    ///
    /// # Errors
    /// A process does not do as it is told.
    pub async fn ask(&mut self, fault: Fault) -> Result<bool> {
        let began = Instant::now();
        self.start().await?;
        let act = self.choose(fault).await?;
        let ask = self.asked.len() as u64;
        self.asked.push(Asked {
            ask,
            act: act.clone(),
            fault: fault.to_string(),
            repeated: matches!(fault, Fault::Twice(_) | Fault::TwiceLate(_)),
            told: None,
        });
        let aimed = self.aim(fault, &act).await?;
        let told = self.press(ask, &act, fault).await?;
        let struck = self.struck(fault, aimed).await?;
        self.wire.heal();
        if let Some(end) = &told {
            self.deals.learn(&act, end);
        }
        if let Act::Declare { deal } = act
            && matches!(told, Some(End::Done { .. }))
        {
            // The trader believes it. He may refuse, where another act was quicker.
            self.server.ask(&server::Order::Complete { deal }).await?;
        }
        if let Some(asked) = self.asked.last_mut() {
            asked.told = told;
        }
        self.note(&format!(
            "{fault}: struck {struck}, {:?} after {:?}",
            self.asked.last(),
            began.elapsed()
        ))?;
        if struck {
            for class in fault.classes() {
                self.totals.inject(class);
            }
        }
        Ok(struck)
    }

    /// Heals everything, lets it settle, and judges.
    ///
    /// # Errors
    /// A process does not do as it is told.
    pub async fn verdict(mut self) -> Result<Totals> {
        self.wire.heal();
        self.tell_server(server::Order::Clear).await?;
        tokio::time::sleep(self.quiet.saturating_duration_since(Instant::now())).await;
        self.settle().await?;
        let journal = self.fresh_journal().await?;
        self.server.end(PATIENCE).await?;
        let evidence = Evidence {
            asked: std::mem::take(&mut self.asked),
            ledger: ledger::read(&self.folder.join("ledger.jsonl"))?,
            requests: self.wire.requests(),
            journal,
        };
        let mut totals = judge(&evidence);
        totals.add(self.totals);
        Ok(totals)
    }

    /// A line in the lane's own log.
    fn note(&mut self, words: &str) -> Result<()> {
        use std::io::Write;
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("lane.log"));
        writeln!(log?, "{words}")?;
        Ok(())
    }

    /// Starts an engine if none runs.
    pub(crate) async fn start(&mut self) -> Result<()> {
        if self
            .engine
            .as_mut()
            .is_some_and(|engine| engine.ended().is_none())
        {
            return Ok(());
        }
        let mut engine = self.new_engine()?;
        match engine.word_within(PATIENCE).await {
            Ok(Word::Ready { .. }) => {
                self.engine = Some(engine);
                Ok(())
            }
            Ok(other) => bail!("the engine does not begin: {other:?}"),
            Err(error) => Err(error.context(format!("see {}", self.folder.join("engine.log").display()))),
        }
    }

    /// One more process of the engine over this lane's folder. It has not said anything yet.
    pub(crate) fn new_engine(&self) -> Result<Engine> {
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

    /// Takes the lane's engine out of it, starting one if none runs.
    pub(crate) async fn take_engine(&mut self) -> Result<Engine> {
        self.start().await?;
        self.engine.take().context("no engine")
    }

    /// Puts an engine that runs back into the lane.
    pub(crate) fn put_engine(&mut self, engine: Engine) {
        self.engine = Some(engine);
    }

    /// Writes down an asking that was made past [`Lane::ask`].
    pub(crate) fn asked(&mut self, act: Act, fault: &str, told: Option<End>) {
        let ask = self.asked.len() as u64;
        self.asked.push(Asked {
            ask,
            act,
            fault: fault.to_owned(),
            repeated: false,
            told,
        });
    }

    /// The next thing to ask for.
    async fn choose(&mut self, fault: Fault) -> Result<Act> {
        if matches!(fault, Fault::None | Fault::KillTime)
            && self.rng.random_ratio(1, 3)
            && let Some(act) = self.deals.next(&mut self.rng)
        {
            return Ok(act);
        }
        let (invoice, pieces) = self.goods().await?;
        let seen = i64::from(pieces * PRICE);
        if fault == Fault::None && self.rng.random_ratio(1, 6) {
            return Ok(deals::pay(invoice, pieces, seen, &mut self.rng));
        }
        Ok(Act::Pay {
            invoice,
            pieces,
            seen,
        })
    }

    /// An invoice and a number of pieces that were never asked for.
    pub(crate) async fn goods(&mut self) -> Result<(u64, u32)> {
        if self.fresh.is_empty() {
            let order = server::Order::Issue {
                count: INVOICES,
                price: i64::from(PRICE),
            };
            let invoices = self.tell_server(order).await?;
            self.tell_server(server::Order::Balance { sats: BALANCE }).await?;
            self.fresh = (1..=PIECES)
                .flat_map(|pieces| invoices.iter().map(move |invoice| (*invoice, pieces)))
                .collect();
        }
        // Not one that was asked for just now: after silence nothing is begun on an invoice for a while.
        let mut at = 0;
        for _ in 0..20 {
            at = self.rng.random_range(0..self.fresh.len());
            if !self.lately.contains(&self.fresh[at].0) {
                break;
            }
        }
        let goods = self.fresh.swap_remove(at);
        self.lately.push_back(goods.0);
        if self.lately.len() > LATELY {
            self.lately.pop_front();
        }
        Ok(goods)
    }

    /// Another number of pieces of the same invoice that was never asked for.
    pub(crate) fn goods_on(&mut self, invoice: u64) -> Option<u32> {
        let at = self.fresh.iter().position(|(other, _)| *other == invoice)?;
        Some(self.fresh.swap_remove(at).1)
    }

    /// Presses the button and waits for what is said. `None`: the process died before.
    async fn press(&mut self, ask: u64, act: &Act, fault: Fault) -> Result<Option<End>> {
        let order = engine::Order::Act {
            ask,
            act: act.clone(),
        };
        let moment = Duration::from_millis(self.rng.random_range(0..60));
        let Some(engine) = &mut self.engine else {
            bail!("no engine")
        };
        engine.order(&order).await;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let killed = tokio::time::Instant::now() + moment;
        loop {
            let Some(engine) = &mut self.engine else {
                bail!("no engine")
            };
            let word = tokio::select! {
                word = engine.word() => word,
                () = tokio::time::sleep_until(killed), if fault == Fault::KillTime => {
                    engine.kill().await;
                    self.totals.restarts += 1;
                    // What it said before it died, it said.
                    let mut told = None;
                    while let Some(word) = engine.word().await {
                        if let Word::Told { ask: of, end } = word && of == ask {
                            told = Some(end);
                        }
                    }
                    self.engine = None;
                    return Ok(told);
                }
                () = tokio::time::sleep_until(deadline) => bail!("nobody is told anything about {act:?} ({fault})"),
            };
            match word {
                Some(Word::Told { ask: of, end }) if of == ask => {
                    self.await_the_point().await;
                    return Ok(Some(end));
                }
                Some(Word::At { .. }) => self.at_the_point(fault).await,
                Some(Word::Failed { why }) => bail!("the engine cannot go on: {why}"),
                Some(_) => {}
                None => {
                    self.died().await;
                    return Ok(None);
                }
            }
        }
    }

    /// The person was told, and a kill or a panic is still awaited: the point may be passed a little later. If it is not,
    /// the process is started anew, without it.
    async fn await_the_point(&mut self) {
        let end = tokio::time::Instant::now() + LATER;
        while let Some(fault) = self.awaited {
            let Some(engine) = &mut self.engine else { return };
            match tokio::time::timeout_at(end, engine.word()).await {
                Ok(Some(Word::At { .. })) => self.at_the_point(fault).await,
                Ok(Some(_)) => {}
                Ok(None) => return self.died().await,
                Err(_) => {
                    engine.kill().await;
                    self.engine = None;
                    self.totals.restarts += 1;
                    return;
                }
            }
        }
    }

    /// The engine's process ended: as it was told to, or by itself.
    async fn died(&mut self) {
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

    /// Waits until nothing is open and nothing is watched.
    async fn settle(&mut self) -> Result<()> {
        // The wire is healthy: what is open has to settle within the time a late call has, and some looks.
        let deadline = Instant::now() + self.scale.settling();
        loop {
            self.start().await?;
            let Some(engine) = &mut self.engine else { continue };
            engine.order(&engine::Order::State).await;
            match engine.word_within(PATIENCE).await {
                Ok(Word::State { open, watched }) if open.is_empty() && watched == 0 => return Ok(()),
                Ok(_) => {}
                Err(_) => self.died().await,
            }
            if Instant::now() > deadline {
                // The judge counts what is still open.
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The journal as an engine has it that was started anew.
    async fn fresh_journal(&mut self) -> Result<Vec<engine::Entry>> {
        if let Some(mut engine) = self.engine.take() {
            engine.end(PATIENCE).await?;
        }
        self.start().await?;
        let Some(mut engine) = self.engine.take() else {
            bail!("no engine")
        };
        engine.order(&engine::Order::Journal { most: None }).await;
        loop {
            if let Word::Journal { operations } = engine.word_within(PATIENCE).await? {
                engine.end(PATIENCE).await?;
                return Ok(operations);
            }
        }
    }

    async fn tell_server(&mut self, order: server::Order) -> Result<Vec<u64>> {
        match self.server.ask(&order).await? {
            server::Word::Done { numbers } => Ok(numbers),
            other => bail!("the server does not do {order:?}: {other:?}"),
        }
    }
}

fn text(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("a folder without a plain name"),
    }
}
