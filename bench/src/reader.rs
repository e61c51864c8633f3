//! The worker that reads everything from the marketplaces of [`crate::market`]: the engine over real folders, the bare
//! paging loop of `kvit-client`, and the generated client with one transaction of plain SQLite.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kvit_bench_worker::{Done, Order, Proof, serve};
use kvit_client::{Limits, PaymentsFilter};
use kvit_domain::Timestamp;
use kvit_domain::fault::Fault;
use kvit_domain::news::News;
use kvit_engine::{
    Engine, EngineParts, NetConnector, Pace, PaymentsQuery, Practice, PracticeDoor, Shell, SyncStep, Topic,
    Window,
};
use kvit_proto::v1;
use kvit_proto::v1::trade_api_client::TradeApiClient;
use kvit_vault::MemoryVault;
use rusqlite::Connection;
use secrecy::SecretString;
use tonic::Request;
use tonic::transport::Channel;

use crate::line;
use crate::market::Door;

/// Payments asked for at once, by everybody (marketplace reference, section 7.1: at most 100).
const PAGE: u32 = 100;
/// How often it is asked whether the engine has read everything.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// After this long a reading that does not end is given up.
const PATIENCE: Duration = Duration::from_secs(600);

/// A shell without a window.
struct Quiet;

impl Shell for Quiet {
    fn changed(&self, _: &[Topic]) {}

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn tell(&self, _: &News) {}
}

/// The marketplace is another process.
struct Through(Door);

impl Practice for Through {
    fn open<'a>(
        &'a self,
        _: &'a Path,
    ) -> Pin<Box<dyn Future<Output = Result<PracticeDoor, Fault>> + Send + 'a>> {
        Box::pin(async {
            Ok(PracticeDoor {
                address: format!("https://localhost:{}", self.0.port),
                certificate_sha256: self.0.pin.clone(),
                token: SecretString::from(self.0.token.clone()),
                public_key: self.0.key.clone(),
            })
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

fn failed(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("{fault}")
}

/// One of the marketplaces and what is known of it.
struct Side {
    door: Door,
    /// The folder of an app that read everything before the marketplace grew.
    before: PathBuf,
    /// The newest payment then.
    known: u64,
    /// Payments there.
    count: u64,
}

struct Reader {
    runtime: tokio::runtime::Runtime,
    folder: PathBuf,
    sides: [Side; 2],
}

fn engine(folder: &Path, door: &Door) -> Result<Engine<Quiet>> {
    Engine::open(EngineParts {
        folder: folder.to_owned(),
        shell: Quiet,
        vault: Arc::new(MemoryVault::new()),
        practice: Box::new(Through(door.clone())),
        connector: Box::new(NetConnector),
        pace: Pace::REAL,
    })
    .map_err(failed)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &there)?;
        } else {
            std::fs::copy(entry.path(), there)?;
        }
    }
    Ok(())
}

/// Waits until everything is read; how many payments there are then.
async fn read_all(engine: &Engine<Quiet>) -> Result<u64> {
    let began = Instant::now();
    loop {
        let state = engine.state();
        if state.sync.is_some_and(|sync| sync.state == SyncStep::Done) {
            break;
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "not everything was read: {:?}, {:?}",
            engine.state().connection,
            engine.state().sync
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let page = engine
        .payments(&PaymentsQuery::default(), window(1))
        .await
        .map_err(failed)?;
    Ok(page.total.into())
}

const fn window(count: u32) -> Window {
    Window {
        from: 0,
        count,
        anchor: None,
    }
}

/// A page below a payment, as it came over the wire.
async fn bare_page(
    api: &mut TradeApiClient<Channel>,
    token: &str,
    before: u64,
) -> Result<Vec<v1::InvoicePayment>> {
    let mut request = Request::new(v1::GetInvoicePaymentsRequest {
        last_id: before,
        count: PAGE,
        ..Default::default()
    });
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {token}").parse()?);
    Ok(api.get_invoice_payments(request).await?.into_inner().payments)
}

impl Reader {
    fn open(folder: &Path) -> Result<Self> {
        let [few, many] = Door::read(folder)?;
        let side = |door, name: &str| Side {
            door,
            before: folder.join(name),
            known: 0,
            count: 0,
        };
        Ok(Self {
            // As the app's: as many threads as cores.
            runtime: tokio::runtime::Builder::new_multi_thread().enable_all().build()?,
            folder: folder.to_owned(),
            sides: [side(few, "few"), side(many, "many")],
        })
    }

    fn side(&self, what: &str) -> Result<&Side> {
        let [few, many] = &self.sides;
        if what.ends_with("-few") {
            Ok(few)
        } else if what.ends_with("-many") {
            Ok(many)
        } else {
            bail!("no such side: {what}")
        }
    }

    /// Has an app read both marketplaces and keeps its folders.
    fn learn(&mut self) -> Result<()> {
        let Self { runtime, sides, .. } = self;
        for side in sides {
            runtime.block_on(async {
                let engine = engine(&side.before, &side.door)?;
                engine.start_practice().await.map_err(failed)?;
                side.count = read_all(&engine).await?;
                let newest = engine
                    .payments(&PaymentsQuery::default(), window(1))
                    .await
                    .map_err(failed)?;
                side.known = newest.payments.first().context("no payment")?.payment.id.get();
                engine.shut().await;
                anyhow::Ok(())
            })?;
        }
        Ok(())
    }

    /// Looks what there is now, and has every confirmation signed.
    fn count(&mut self) -> Result<()> {
        let Self { runtime, sides, .. } = self;
        for side in sides {
            side.count = runtime.block_on(bare_pages(&side.door, 0))?.len() as u64;
        }
        Ok(())
    }

    /// The engine over a copy of the folder from before the growth: from its opening until everything is read.
    fn catch_up(&self, side: &Side) -> Result<u64> {
        let folder = tempfile::tempdir_in(&self.folder)?;
        copy(&side.before, folder.path())?;
        self.runtime.block_on(async {
            let begin = Instant::now();
            let engine = engine(folder.path(), &side.door)?;
            engine.resume().await;
            let count = read_all(&engine).await?;
            let took = line::nanoseconds(begin);
            engine.shut().await;
            ensure!(count == side.count, "{count} payments of {}", side.count);
            Ok(took)
        })
    }

    /// The same until the list can be shown.
    fn usable(&self, side: &Side) -> Result<u64> {
        let folder = tempfile::tempdir_in(&self.folder)?;
        copy(&side.before, folder.path())?;
        self.runtime.block_on(async {
            let begin = Instant::now();
            let engine = engine(folder.path(), &side.door)?;
            engine.resume().await;
            let page = engine
                .payments(&PaymentsQuery::default(), window(50))
                .await
                .map_err(failed)?;
            let took = line::nanoseconds(begin);
            ensure!(page.payments.len() == 50, "{} rows", page.payments.len());
            engine.shut().await;
            Ok(took)
        })
    }

    /// The engine over an empty folder.
    fn first(&self, side: &Side) -> Result<u64> {
        let folder = tempfile::tempdir_in(&self.folder)?;
        self.runtime.block_on(async {
            let begin = Instant::now();
            let engine = engine(folder.path(), &side.door)?;
            engine.start_practice().await.map_err(failed)?;
            let count = read_all(&engine).await?;
            let took = line::nanoseconds(begin);
            engine.shut().await;
            ensure!(count == side.count, "{count} payments of {}", side.count);
            Ok(took)
        })
    }

    /// `kvit-client` asks for page after page, and nobody keeps them.
    fn paging(&self, side: &Side) -> Result<u64> {
        self.runtime.block_on(async {
            let begin = Instant::now();
            let door = &side.door;
            let market = line::marketplace(&door.certificate, door.port, &door.token, Limits::default())?;
            let (mut count, mut before) = (0, None);
            loop {
                let filter = PaymentsFilter {
                    before,
                    count: PAGE,
                    ..PaymentsFilter::default()
                };
                let page = market.payments(filter).await.map_err(failed)?;
                count += page.len() as u64;
                before = page.last().map(|payment| payment.id);
                if page.len() < PAGE as usize {
                    break;
                }
            }
            ensure!(count == side.count, "{count} payments of {}", side.count);
            Ok(line::nanoseconds(begin))
        })
    }

    /// The generated client reads what is new, and plain SQLite keeps it in one synced transaction.
    fn bare(&self, side: &Side) -> Result<u64> {
        let folder = tempfile::tempdir_in(&self.folder)?;
        let begin = Instant::now();
        let payments = self.runtime.block_on(bare_pages(&side.door, side.known))?;
        let mut plain = Connection::open(folder.path().join("plain.db"))?;
        plain.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE payments (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
        )?;
        let step = plain.transaction()?;
        {
            let mut insert = step.prepare("INSERT INTO payments VALUES (?1, ?2)")?;
            for payment in &payments {
                insert.execute((payment.id, prost::Message::encode_to_vec(payment)))?;
            }
        }
        step.commit()?;
        let took = line::nanoseconds(begin);
        let newer = payments.iter().filter(|payment| payment.id > side.known).count();
        ensure!(newer > 0, "nothing was new");
        Ok(took)
    }

    fn run(&mut self, order: &Order) -> Result<Done> {
        let mut samples = Vec::new();
        match order.what.as_str() {
            "learn" => self.learn()?,
            "count" => self.count()?,
            what => {
                let side = self.side(what)?;
                for _ in 0..order.count {
                    samples.push(match what.rsplit_once('-').map(|(what, _)| what) {
                        Some("catch-up") => self.catch_up(side)?,
                        Some("usable") => self.usable(side)?,
                        Some("bare") => self.bare(side)?,
                        Some("first") => self.first(side)?,
                        Some("paging") => self.paging(side)?,
                        _ => bail!("no such operation: {what}"),
                    });
                }
            }
        }
        let mut proof = Proof::default();
        for side in &self.sides {
            proof.number(side.count);
        }
        Ok(Done {
            proof: proof.value(),
            samples,
        })
    }
}

/// Page after page, newest first, until one that is known.
async fn bare_pages(door: &Door, known: u64) -> Result<Vec<v1::InvoicePayment>> {
    let mut api = TradeApiClient::new(line::channel(&door.certificate, door.port)?);
    let (mut all, mut before) = (Vec::new(), 0);
    loop {
        let page = bare_page(&mut api, &door.token, before).await?;
        let whole = page.len() < PAGE as usize;
        before = page.last().map_or(0, |payment| payment.id);
        all.extend(page);
        if whole || before <= known {
            return Ok(all);
        }
    }
}

/// The worker: `reader FOLDER`, the folder in which the marketplaces say how to get in.
pub fn worker(folder: &Path) -> Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::new("error");
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    let mut reader = Reader::open(folder)?;
    Ok(serve(
        "kvit-engine; kvit-client; tonic 0.14 and plain SQLite",
        move |order| reader.run(order).map_err(|error| format!("{error:#}")),
    ))
}
