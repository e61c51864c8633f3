//! The server of rows P12 to P14: a marketplace that only announces.
//!
//! It sends bytes that were encoded before, so that it is never the one that is waited for. It has two ports. On the
//! first a subscription gets [`EVENTS`] stored events about payments as fast as they can be sent, and nothing more;
//! their numbers never come twice. On the second it gets a heartbeat every [`BEAT`].

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::{BufMut, Bytes};
use kvit_proto::v1;
use prost::Message as _;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio_stream::{Stream, StreamExt};
use tonic::codec::{Codec, EncodeBuf, Encoder};
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::transport::Server;

use crate::line::{self, Identity};
use crate::past::Past;

/// Events of a subscription.
pub const EVENTS: usize = 4_000;
/// Payments they are about, in turn.
const PAYMENTS: u64 = 200;
/// From one heartbeat to the next.
pub const BEAT: Duration = Duration::from_millis(200);
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
                // The stream outlives this call, so it takes its own.
                let about = Vec::from_iter(contents.iter().cloned()).into_iter().cycle();
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

/// Serves for ever; tells `say` the ports of the events and of the heartbeats.
pub async fn announce(
    folder: &Path,
    seed: u64,
    say: impl FnOnce([u16; 2]) -> std::io::Result<()>,
) -> Result<()> {
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
pub struct Gate {
    /// Where it listens.
    pub port: u16,
    /// What it shows.
    pub certificate: CertificateDer<'static>,
    /// Connections that are open, to be shut.
    open: Arc<Mutex<Vec<std::net::TcpStream>>>,
    came: mpsc::Receiver<Instant>,
}

impl Gate {
    /// Opens it.
    pub fn open() -> Result<Self> {
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
    pub fn cut(&self) -> Instant {
        let now = Instant::now();
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        now
    }

    /// When the last connection came; forgets those before it.
    pub fn last(&self) -> Option<Instant> {
        self.came.try_iter().last()
    }
}
