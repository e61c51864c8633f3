//! The workers of rows P12 to P14: a marketplace that only announces, and who listens to it.
//!
//! The server sends bytes that were encoded before, so that it is never the one that is waited for. It has two ports. On the first a subscription gets [`EVENTS`] stored events about payments as fast as they
//! can be sent, and nothing more; their numbers never come twice. On the second it gets a heartbeat every [`BEAT`].

use std::collections::{BTreeSet, HashSet};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::{BufMut, Bytes};
use kvit_bench_worker::{Done, Order, Proof, serve};
use kvit_client::{Limits, Marketplace, StreamItem, Updates};
use kvit_domain::Timestamp;
use kvit_domain::event::{Event, EventContent};
use kvit_domain::fault::FaultCode;
use kvit_domain::id::{EventId, PaymentId};
use kvit_domain::news::{News, NewsKind};
use kvit_proto::v1;
use kvit_proto::v1::trade_api_client::TradeApiClient;
use kvit_store::{Store, StoreKey};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prost::Message as _;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio_stream::{Stream, StreamExt};
use tonic::codec::{Codec, EncodeBuf, Encoder};
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::transport::{Channel, Server};

use crate::line::{self, Identity, TOKEN, nanoseconds};
use crate::past::Past;

/// Events of a subscription.
pub const EVENTS: usize = 4_000;
/// Payments they are about, in turn.
const PAYMENTS: u64 = 200;
/// Events taken in at once, as the engine does.
const BATCH: usize = 256;

/// From one heartbeat to the next.
const BEAT: Duration = Duration::from_millis(200);
/// So long Kvit waits for a sign of life here, of which there should be one every [`BEAT`]; the real ones are 25 s and
/// 10 s.
pub const SILENCE: Duration = Duration::from_millis(2_000);
/// The wait that `kvit-client` declares for a first attempt after a loss.
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_millis(1_000);

/// An event as it leaves: its number, and the rest of the message as bytes.
struct Announced {
    number: u64,
    rest: Bytes,
}

/// Writes them; reads the empty request.
#[derive(Clone, Copy)]
struct Bare;

impl Codec for Bare {
    type Encode = Announced;
    type Decode = ();
    type Encoder = Self;
    type Decoder = <tonic_prost::ProstCodec<(), ()> as Codec>::Decoder;

    fn encoder(&mut self) -> Self::Encoder {
        *self
    }

    fn decoder(&mut self) -> Self::Decoder {
        tonic_prost::ProstCodec::<(), ()>::default().decoder()
    }
}

impl Encoder for Bare {
    type Item = Announced;
    type Error = tonic::Status;

    fn encode(&mut self, event: Announced, to: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        // Field 1, `id`: absent where it is 0.
        if event.number > 0 {
            prost::encoding::uint64::encode(1, &event.number, to);
        }
        to.put_slice(&event.rest);
        Ok(())
    }
}

/// What comes over a subscription.
type Subscription = Pin<Box<dyn Stream<Item = Result<Announced, tonic::Status>> + Send>>;

/// `SubscribeNewEvents` and nothing else.
#[derive(Clone)]
struct Announcer {
    /// Empty where there are only heartbeats.
    contents: Arc<[Bytes]>,
    numbers: Arc<AtomicU64>,
}

impl tonic::server::NamedService for Announcer {
    const NAME: &'static str = "CoreSchema.V1.TradeApi";
}

/// An event without its number, as bytes.
fn encoded(content: v1::event::Content) -> Bytes {
    let created_at = match &content {
        v1::event::Content::InvoicePaymentUpdated(payment) => payment.created_at,
        _ => None,
    };
    let event = v1::Event {
        id: 0,
        created_at,
        content: Some(content),
    };
    event.encode_to_vec().into()
}

impl Announcer {
    /// Heartbeats and nothing else.
    fn beating() -> Self {
        Self {
            contents: Arc::default(),
            numbers: Arc::default(),
        }
    }
}

impl tonic::server::ServerStreamingService<()> for Announcer {
    type Response = Announced;
    type ResponseStream = Subscription;
    type Future = BoxFuture<tonic::Response<Subscription>, tonic::Status>;

    fn call(&mut self, _: tonic::Request<()>) -> Self::Future {
        let Self { contents, numbers } = self.clone();
        Box::pin(async move {
            let stream: Subscription = if contents.is_empty() {
                let beat = encoded(v1::event::Content::KeepAlive(true));
                let beats = tokio_stream::wrappers::IntervalStream::new(tokio::time::interval(BEAT));
                Box::pin(beats.map(move |_| {
                    Ok(Announced {
                        number: 0,
                        rest: beat.clone(),
                    })
                }))
            } else {
                let first = numbers.fetch_add(EVENTS as u64, Ordering::Relaxed);
                let about = contents.to_vec().into_iter().cycle();
                let numbers = first..first.saturating_add(EVENTS as u64);
                let events = numbers
                    .zip(about)
                    .map(|(number, rest)| Ok(Announced { number, rest }));
                // Then it stays open, as a stream does.
                Box::pin(tokio_stream::iter(events).chain(tokio_stream::pending()))
            };
            Ok(tonic::Response::new(stream))
        })
    }
}

impl<B> Service<http::Request<B>> for Announcer
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let announcer = self.clone();
        Box::pin(async move {
            if request.uri().path() != "/CoreSchema.V1.TradeApi/SubscribeNewEvents" {
                return Ok(tonic::Status::unimplemented("only SubscribeNewEvents").into_http());
            }
            let mut grpc = tonic::server::Grpc::new(Bare);
            Ok(grpc.server_streaming(announcer, request).await)
        })
    }
}

/// The server process: `announce FOLDER SEED`. Writes its certificate into `folder`, says its ports and the number of
/// its process, and serves until standard input ends.
pub fn server(folder: &Path, seed: u64) -> Result<()> {
    let say = |ports: [u16; 2]| {
        let mut output = std::io::stdout().lock();
        writeln!(output, "{} {} {}", ports[0], ports[1], std::process::id())?;
        output.flush()
    };
    line::runtime()?.block_on(async {
        let done = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        tokio::select! {
            served = announce(folder, seed, say) => served,
            _ = done => Ok(()),
        }
    })
}

async fn announce(folder: &Path, seed: u64, say: impl FnOnce([u16; 2]) -> std::io::Result<()>) -> Result<()> {
    let identity = Identity::make()?;
    std::fs::write(folder.join("certificate.der"), &identity.certificate)?;
    let mut past = Past::new(seed)?;
    let contents = (1..=PAYMENTS)
        .map(|number| {
            let payment = kvit_wire::payment::write(&past.payment(number)?.payment);
            Ok(encoded(v1::event::Content::InvoicePaymentUpdated(payment)))
        })
        .collect::<Result<Arc<[_]>>>()?;
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (news, beats) = (bind().await?, bind().await?);
    say([news.local_addr()?.port(), beats.local_addr()?.port()])?;
    let serve = |listener, announcer| {
        let tls = identity.acceptor(vec![b"h2".to_vec()]);
        async move {
            Server::builder()
                .add_service(announcer)
                .serve_with_incoming(line::incoming(listener, tls?))
                .await?;
            anyhow::Ok(())
        }
    };
    let announcing = Announcer {
        contents,
        numbers: Arc::new(AtomicU64::new(1)),
    };
    tokio::try_join!(serve(news, announcing), serve(beats, Announcer::beating()))?;
    Ok(())
}

/// A server of heartbeats in this process, on a thread of its own, whose connections can be cut. It notes when each
/// came. Nothing lies between it and who connects that could take time.
struct Gate {
    port: u16,
    certificate: CertificateDer<'static>,
    /// Connections that are open, to be shut.
    open: Arc<Mutex<Vec<std::net::TcpStream>>>,
    came: mpsc::Receiver<Instant>,
}

impl Gate {
    fn open() -> Result<Self> {
        let identity = Identity::make()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let open: Arc<Mutex<Vec<std::net::TcpStream>>> = Arc::default();
        let (tell, came) = mpsc::channel();
        let (kept, tls) = (Arc::clone(&open), identity.acceptor(vec![b"h2".to_vec()])?);
        let runtime = line::runtime()?;
        std::thread::spawn(move || {
            let note = move |stream: std::net::TcpStream| -> std::io::Result<std::net::TcpStream> {
                let _ = tell.send(Instant::now());
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push(stream.try_clone()?);
                Ok(stream)
            };
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener)?;
                Server::builder()
                    .add_service(Announcer::beating())
                    .serve_with_incoming(line::incoming_through(listener, tls, note))
                    .await?;
                anyhow::Ok(())
            })
        });
        Ok(Self {
            port,
            certificate: identity.certificate,
            open,
            came,
        })
    }

    /// Cuts all that is open; when.
    fn cut(&self) -> Instant {
        let now = Instant::now();
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        now
    }

    /// When the last connection came; forgets those before it.
    fn last(&self) -> Option<Instant> {
        self.came.try_iter().last()
    }
}

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

    /// TCP, TLS and the greeting of HTTP/2 over the same way, by tonic; with `subscribed` also a first message.
    fn handshake(&self, subscribed: bool) -> Result<u64> {
        self.runtime.block_on(async {
            self.gate.last();
            let channel = line::connected_channel(&self.gate.certificate, self.gate.port).await?;
            let mut stands = Instant::now();
            let mut bare = TradeApiClient::new(channel);
            if subscribed {
                let mut stream = bare.subscribe_new_events(()).await?.into_inner();
                ensure!(stream.message().await?.is_some(), "the stream ended");
                stands = Instant::now();
            }
            let came = self.gate.last().context("no connection came")?;
            drop(bare);
            self.gate.cut();
            Ok(u64::try_from(stands.saturating_duration_since(came).as_nanos()).unwrap_or(u64::MAX))
        })
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
                "handshake" => samples.push(self.handshake(false)?),
                "subscribe" => samples.push(self.handshake(true)?),
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
pub fn listener(folder: &Path, ports: [u16; 2], server: i32) -> Result<ExitCode> {
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
    use super::*;

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
