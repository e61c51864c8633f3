//! Who listens in rows P12 to P14: bare, through `kvit-client`, and into the store; and how long a death takes to be
//! noticed, and a cut to be mended.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kvit_bench_worker::{Done, Order, Proof, serve};
use kvit_client::{Limits, Marketplace, StreamItem, Updates};
use kvit_domain::Timestamp;
use kvit_domain::event::{Event, EventContent};
use kvit_domain::fault::FaultCode;
use kvit_domain::id::{EventId, PaymentId};
use kvit_domain::news::{News, NewsKind};
use kvit_proto::v1::trade_api_client::TradeApiClient;
use kvit_store::{Store, StoreKey};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_stream::Stream;
use tonic::transport::Channel;

use crate::line::{self, TOKEN, nanoseconds};
use crate::news::{BEAT, EVENTS, Gate};

/// Events taken in at once, as the engine does.
const BATCH: usize = 256;
/// So long Kvit waits for a sign of life here, of which there should be one every [`BEAT`]; the real ones are 25 s and
/// 10 s.
pub const SILENCE: Duration = Duration::from_millis(2_000);
/// The wait that `kvit-client` declares for a first attempt after a loss.
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_millis(1_000);

/// Everything that listens.
struct Listener {
    runtime: tokio::runtime::Runtime,
    certificate: CertificateDer<'static>,
    beats: u16,
    server: Pid,
    market: Marketplace,
    bare: TradeApiClient<Channel>,
    store: Store,
    gate: Gate,
}

/// The engine's news of an event about a payment.
fn news_of(event: &Event, id: EventId) -> Option<News> {
    let EventContent::Payment(payment) = &event.content else {
        return None;
    };
    Some(News {
        event: id,
        at: event.created?,
        kind: NewsKind::PaymentReceived,
        payment: Some(payment.id),
        deal: None,
        invoice: Some(payment.invoice.id),
        person: payment.buyer.name.clone(),
        amount: Some(payment.amount),
        fiat: None,
        talk: None,
        words: String::new(),
    })
}

impl Listener {
    fn open(folder: &Path, [news, beats]: [u16; 2], server: i32) -> Result<Self> {
        let certificate = CertificateDer::from(std::fs::read(folder.join("certificate.der"))?);
        let runtime = line::runtime()?;
        let inside = runtime.enter();
        let market = line::marketplace(&certificate, news, TOKEN, Limits::default())?;
        let bare = TradeApiClient::new(line::channel(&certificate, news)?);
        drop(inside);
        let opened = Store::open(&folder.join("store"), &StoreKey::random(), 0, Timestamp::now())?;
        Ok(Self {
            gate: Gate::open()?,
            runtime,
            certificate,
            beats,
            server: Pid::from_raw(server),
            market,
            bare,
            store: opened.store,
        })
    }

    /// The bare stream, drained.
    fn drain(&mut self) -> Result<usize> {
        let bare = &mut self.bare;
        self.runtime.block_on(async {
            let mut stream = bare.subscribe_new_events(()).await?.into_inner();
            let mut ids = HashSet::with_capacity(EVENTS);
            while ids.len() < EVENTS {
                let event = stream.message().await?.context("the stream ended")?;
                ids.insert(event.id);
            }
            Ok(ids.len())
        })
    }

    /// Through `kvit-client`, taken in batches as the engine does it; with `journal` also into the store.
    fn listen(&self, journal: bool) -> Result<usize> {
        let (market, store) = (&self.market, &self.store);
        self.runtime.block_on(async {
            let mut events = market.events();
            let (mut seen, mut shown) = (0, 0_usize);
            while seen < EVENTS {
                let mut batch = match events.next().await.context("the stream stopped")? {
                    StreamItem::News(event) => vec![event],
                    StreamItem::Connected => continue,
                    StreamItem::Lost(fault) | StreamItem::Stopped(fault) => bail!("{fault}"),
                };
                while batch.len() < BATCH {
                    match futures_now(&mut events) {
                        Some(StreamItem::News(event)) => batch.push(event),
                        _ => break,
                    }
                }
                seen += batch.len();
                // Each thing once, however often it was named: that is what the window is told.
                let mut about: BTreeSet<PaymentId> = BTreeSet::new();
                let mut news = Vec::with_capacity(batch.len());
                for event in &batch {
                    let id = event.id.context("an event without a number")?;
                    let one = news_of(event, id).context("an event of another kind")?;
                    about.extend(one.payment);
                    news.push(one);
                }
                shown += about.len();
                if journal {
                    let first = store.take_news(&news, Timestamp::now())?;
                    ensure!(first.iter().all(|first| *first), "an event came twice");
                    let told: Vec<EventId> = news.iter().map(|one| one.event).collect();
                    store.news_told(&told)?;
                    store.news_marked(&told)?;
                }
            }
            ensure!(shown > 0, "nothing to show");
            Ok(seen)
        })
    }

    /// A stream of heartbeats that lives, over a port.
    async fn living(
        certificate: &CertificateDer<'static>,
        port: u16,
        limits: Limits,
    ) -> Result<Updates<Event>> {
        let market = line::marketplace(certificate, port, TOKEN, limits)?;
        let mut events = market.events();
        match events.next().await {
            Some(StreamItem::Connected) => Ok(events),
            other => bail!("not connected: {other:?}"),
        }
    }

    /// The server's process is stopped, which answers nothing and closes nothing; how long until that is noticed.
    fn dead_peer(&self) -> Result<u64> {
        let limits = Limits {
            silence: SILENCE,
            ..Limits::default()
        };
        self.runtime.block_on(async {
            let mut events = Self::living(&self.certificate, self.beats, limits).await?;
            // Heartbeats are no news: for a while nothing may come.
            let quiet = tokio::time::timeout(BEAT * 4, events.next()).await;
            ensure!(quiet.is_err(), "a living stream said {quiet:?}");
            kill(self.server, Signal::SIGSTOP)?;
            let stopped = Instant::now();
            let lost = tokio::time::timeout(SILENCE * 20, events.next()).await;
            let took = nanoseconds(stopped);
            kill(self.server, Signal::SIGCONT)?;
            match lost {
                Ok(Some(StreamItem::Lost(fault))) if fault.code == FaultCode::TimedOut => Ok(took),
                other => bail!("a dead peer was not noticed: {other:?}"),
            }
        })
    }

    /// The same for a call that only reads.
    fn dead_call(&self) -> Result<u64> {
        let limits = Limits {
            read: SILENCE,
            ..Limits::default()
        };
        self.runtime.block_on(async {
            let market = line::marketplace(&self.certificate, self.beats, TOKEN, limits)?;
            kill(self.server, Signal::SIGSTOP)?;
            let begin = Instant::now();
            let answer = tokio::time::timeout(SILENCE * 20, market.balance()).await;
            let took = nanoseconds(begin);
            kill(self.server, Signal::SIGCONT)?;
            match answer {
                Ok(Err(fault)) if fault.code == FaultCode::TimedOut => Ok(took),
                other => bail!("a dead peer was not noticed: {other:?}"),
            }
        })
    }

    /// A stream is cut; how long from the new connection, after the declared wait, until it lives again.
    fn reconnect(&self) -> Result<u64> {
        self.runtime.block_on(async {
            let mut events = Self::living(&self.gate.certificate, self.gate.port, Limits::default()).await?;
            self.gate.last();
            let cut = self.gate.cut();
            match events.next().await {
                Some(StreamItem::Lost(_)) => {}
                other => bail!("a cut was not noticed: {other:?}"),
            }
            match events.next().await {
                Some(StreamItem::Connected) => {}
                other => bail!("not connected again: {other:?}"),
            }
            let lives = Instant::now();
            drop(events);
            let came = self.gate.last().context("no connection came")?;
            let waited = came.saturating_duration_since(cut);
            // With room for a machine that is busy; a shorter wait would be another fault.
            ensure!(
                waited >= *BACKOFF.start() && waited < *BACKOFF.end() * 2,
                "it waited {waited:?}"
            );
            Ok(u64::try_from(lives.saturating_duration_since(came).as_nanos()).unwrap_or(u64::MAX))
        })
    }

    /// TCP, TLS, and the greeting of HTTP/2 by hand: our settings go, the server's come (RFC 9113, section 3.4).
    fn handshake(&self) -> Result<u64> {
        const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        const SETTINGS: u8 = 4;
        self.runtime.block_on(async {
            self.gate.last();
            let tls = line::connector(&self.gate.certificate, vec![b"h2".to_vec()])?;
            let mut stream = line::connect(&tls, self.gate.port).await?;
            stream.write_all(GREETING).await?;
            stream.flush().await?;
            let mut head = [0_u8; 9];
            stream.read_exact(&mut head).await?;
            let [high, middle, low, kind, ..] = head;
            ensure!(kind == SETTINGS, "the server greets with a frame of kind {kind}");
            let length = u32::from_be_bytes([0, high, middle, low]) as usize;
            stream.read_exact(&mut vec![0; length]).await?;
            let stands = Instant::now();
            self.since_it_came(stands)
        })
    }

    /// Bare tonic from nothing until a first message of a subscription.
    fn subscribe(&self) -> Result<u64> {
        self.runtime.block_on(async {
            self.gate.last();
            let mut bare = TradeApiClient::new(line::channel(&self.gate.certificate, self.gate.port)?);
            let mut stream = bare.subscribe_new_events(()).await?.into_inner();
            ensure!(stream.message().await?.is_some(), "the stream ended");
            let stands = Instant::now();
            self.since_it_came(stands)
        })
    }

    /// Nanoseconds from the coming of the last connection until then; ends all connections.
    fn since_it_came(&self, then: Instant) -> Result<u64> {
        let came = self.gate.last().context("no connection came")?;
        self.gate.cut();
        Ok(u64::try_from(then.saturating_duration_since(came).as_nanos()).unwrap_or(u64::MAX))
    }

    fn run(&mut self, order: &Order) -> Result<Done> {
        let mut samples = Vec::new();
        let mut proof = Proof::default();
        for _ in 0..order.count {
            match order.what.as_str() {
                "drain" => proof.number(self.drain()? as u64),
                "listen" => proof.number(self.listen(false)? as u64),
                "journal" => proof.number(self.listen(true)? as u64),
                "dead-peer" => samples.push(self.dead_peer()?),
                "dead-call" => samples.push(self.dead_call()?),
                "reconnect" => samples.push(self.reconnect()?),
                "handshake" => samples.push(self.handshake()?),
                "subscribe" => samples.push(self.subscribe()?),
                other => bail!("no such operation: {other}"),
            }
        }
        proof.number(samples.len() as u64);
        Ok(Done {
            proof: proof.value(),
            samples,
        })
    }
}

/// What is there without waiting.
fn futures_now(events: &mut Updates<Event>) -> Option<StreamItem<Event>> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match Pin::new(events).poll_next(&mut context) {
        Poll::Ready(item) => item,
        Poll::Pending => None,
    }
}

/// The listening process: `listen FOLDER PORT PORT SERVER`.
pub fn worker(folder: &Path, ports: [u16; 2], server: i32) -> Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::new("error");
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    let mut listener = Listener::open(folder, ports, server)?;
    let about = "kvit-client and kvit-store, as the app has them; tonic 0.14, the generated client alone";
    Ok(serve(about, move |order| {
        listener.run(order).map_err(|error| format!("{error:#}"))
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::news::announce;

    #[test]
    fn everybody_hears_everything_and_a_cut_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        // The server is a process of its own in a run; here a thread does, and ends with the test.
        let at = folder.path().to_owned();
        let (ports, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let say = |found| ports.send(found).map_err(std::io::Error::other);
            line::runtime().unwrap().block_on(announce(&at, 7, say)).unwrap();
        });
        let ports = heard.recv().unwrap();
        // No process is stopped in a test.
        let mut listener = Listener::open(folder.path(), ports, 0).unwrap();
        let mut run = |what: &str| {
            let order = Order {
                what: what.to_owned(),
                start: 0,
                count: 1,
            };
            listener.run(&order).unwrap()
        };
        let proof = run("drain").proof;
        assert_eq!(run("listen").proof, proof);
        assert_eq!(run("journal").proof, proof);
        assert_eq!(run("journal").proof, proof, "numbers never come twice");
        assert_eq!(run("handshake").samples.len(), 1);
        assert_eq!(run("subscribe").samples.len(), 1);
        assert_eq!(run("reconnect").samples.len(), 1);
    }
}
