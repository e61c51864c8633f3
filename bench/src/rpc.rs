//! The workers of rows P10 and P11: one server process, one calling process.
//!
//! The server echoes on three ports, all on one thread: the contract's `SendMessage` over TLS and HTTP/2, the same
//! number of bytes over TLS alone, and over TCP alone. The caller asks through the whole of `kvit-client` (token,
//! deadline, conversion, faults, tracing as in the app), through the bare generated client over the same TLS, and on
//! the two echo ports.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::task::Poll;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use kvit_bench_worker::{Done, Order, Proof, serve};
use kvit_client::{Limits, Marketplace};
use kvit_domain::id::DealId;
use kvit_proto::v1;
use kvit_proto::v1::trade_api_client::TradeApiClient;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::transport::{Channel, Server};

use crate::line::{self, Identity, TOKEN, nanoseconds};

/// Bytes of the message's text.
pub const TEXT: usize = 256;
/// Bytes on the echo ports: the text and about what the message has around it.
const ECHO: usize = 300;
/// Who writes the messages.
const AUTHOR: &str = "2f1f1e1a-7b5c-4b8e-9d3f-0c1d2e3f4a5b";

/// `SendMessage` and nothing else: what comes in goes out, with a number, a time and an author.
#[derive(Clone, Copy)]
struct Chat;

impl tonic::server::NamedService for Chat {
    const NAME: &'static str = "CoreSchema.V1.TradeApi";
}

impl tonic::server::UnaryService<v1::SendMessageRequest> for Chat {
    type Response = v1::SendMessageResponse;
    type Future = BoxFuture<tonic::Response<Self::Response>, tonic::Status>;

    fn call(&mut self, request: tonic::Request<v1::SendMessageRequest>) -> Self::Future {
        let request = request.into_inner();
        Box::pin(async move {
            Ok(tonic::Response::new(v1::SendMessageResponse {
                message: Some(v1::DealMessage {
                    id: request.deal_id,
                    created_at: Some(std::time::SystemTime::now().into()),
                    owner_id: AUTHOR.to_owned(),
                    text: request.text,
                    image_ids: Vec::new(),
                }),
            }))
        })
    }
}

impl<B> Service<http::Request<B>> for Chat
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
        Box::pin(async move {
            if request.uri().path() != "/CoreSchema.V1.TradeApi/SendMessage" {
                return Ok(tonic::Status::unimplemented("only SendMessage").into_http());
            }
            let mut grpc = tonic::server::Grpc::new(tonic_prost::ProstCodec::default());
            Ok(grpc.unary(Chat, request).await)
        })
    }
}

/// The server process. Writes its certificate into `folder`, says its ports, and serves until standard input ends.
pub fn server(folder: &Path) -> Result<()> {
    let say = |[grpc, tcp, tls]: [u16; 3]| {
        let mut output = std::io::stdout().lock();
        writeln!(output, "{grpc} {tcp} {tls}")?;
        output.flush()
    };
    line::runtime()?.block_on(async {
        let done = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        tokio::select! {
            served = serve_echo(folder, say) => served,
            _ = done => Ok(()),
        }
    })
}

/// Serves for ever; tells `say` the ports of gRPC, TCP and TLS.
async fn serve_echo(folder: &Path, say: impl FnOnce([u16; 3]) -> std::io::Result<()>) -> Result<()> {
    let identity = Identity::make()?;
    std::fs::write(folder.join("certificate.der"), &identity.certificate)?;
    let (h2, plain) = (
        identity.acceptor(vec![b"h2".to_vec()])?,
        identity.acceptor(Vec::new())?,
    );
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (grpc, tcp, over_tls) = (bind().await?, bind().await?, bind().await?);
    let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port());
    say([port(&grpc)?, port(&tcp)?, port(&over_tls)?])?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = tcp.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(echo(stream));
        }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = over_tls.accept().await {
            let _ = stream.set_nodelay(true);
            let plain = plain.clone();
            tokio::spawn(async move {
                if let Ok(stream) = plain.accept(stream).await {
                    echo(stream).await;
                }
            });
        }
    });
    Server::builder()
        .add_service(Chat)
        .serve_with_incoming(line::incoming(grpc, h2))
        .await?;
    Ok(())
}

async fn echo(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    let mut bytes = [0_u8; ECHO];
    while stream.read_exact(&mut bytes).await.is_ok() {
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// Everything that calls.
struct Caller {
    runtime: tokio::runtime::Runtime,
    text: String,
    deal: DealId,
    /// Through our layer, twice: the second is the control.
    kvit: [Marketplace; 2],
    tonic: TradeApiClient<Channel>,
    tcp: std::net::TcpStream,
    tls: tokio_rustls::client::TlsStream<TcpStream>,
}

impl Caller {
    fn connect(folder: &Path, ports: [u16; 3]) -> Result<Self> {
        let [grpc, tcp, over_tls] = ports;
        let certificate = CertificateDer::from(std::fs::read(folder.join("certificate.der"))?);
        let runtime = line::runtime()?;
        let _inside = runtime.enter();
        let plain = line::connector(&certificate, Vec::new())?;
        let connect = || line::marketplace(&certificate, grpc, TOKEN, Limits::default());
        let kvit = [connect()?, connect()?];
        let channel = line::channel(&certificate, grpc)?;
        let raw = std::net::TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, tcp)))?;
        raw.set_nodelay(true)?;
        let tls = runtime.block_on(line::connect(&plain, over_tls))?;
        drop(_inside);
        Ok(Self {
            runtime,
            text: "m".repeat(TEXT),
            deal: DealId::new(77).context("no deal has this number")?,
            kvit,
            tonic: TradeApiClient::new(channel),
            tcp: raw,
            tls,
        })
    }

    /// `count` calls one after the other, each timed.
    fn run(&mut self, order: &Order) -> Result<Done> {
        let mut samples = Vec::with_capacity(order.count);
        let text = self.text.as_str();
        match order.what.as_str() {
            what @ ("kvit" | "kvit-again") => {
                let [first, second] = &self.kvit;
                let marketplace = if what == "kvit" { first } else { second };
                let deal = self.deal;
                self.runtime.block_on(async {
                    for _ in 0..order.count {
                        let begin = Instant::now();
                        let message = marketplace.send_deal_message(deal, text, &[]).await;
                        samples.push(nanoseconds(begin));
                        let message = message.map_err(|fault| anyhow::anyhow!("{fault}"))?;
                        ensure!(message.text == text, "another text came back");
                    }
                    Ok(())
                })?;
            }
            "tonic" => {
                let tonic = &mut self.tonic;
                self.runtime.block_on(async {
                    for _ in 0..order.count {
                        let begin = Instant::now();
                        let request = v1::SendMessageRequest {
                            deal_id: 77,
                            text: text.to_owned(),
                            image_ids: Vec::new(),
                        };
                        let response = tonic.send_message(request).await;
                        samples.push(nanoseconds(begin));
                        let message = response?.into_inner().message.context("no message")?;
                        ensure!(message.text == text, "another text came back");
                    }
                    Ok(())
                })?;
            }
            "tls" => {
                let tls = &mut self.tls;
                self.runtime.block_on(async {
                    for number in 0..order.count {
                        let sent = echo_bytes(number);
                        let mut read = [0_u8; ECHO];
                        let begin = Instant::now();
                        tls.write_all(&sent).await?;
                        tls.flush().await?;
                        tls.read_exact(&mut read).await?;
                        samples.push(nanoseconds(begin));
                        ensure!(read == sent, "other bytes came back");
                    }
                    Ok(())
                })?;
            }
            "tcp" => {
                for number in 0..order.count {
                    let sent = echo_bytes(number);
                    let mut read = [0_u8; ECHO];
                    let begin = Instant::now();
                    self.tcp.write_all(&sent)?;
                    self.tcp.read_exact(&mut read)?;
                    samples.push(nanoseconds(begin));
                    ensure!(read == sent, "other bytes came back");
                }
            }
            other => anyhow::bail!("no such operation: {other}"),
        }
        let mut proof = Proof::default();
        proof.number(samples.len() as u64);
        Ok(Done {
            proof: proof.value(),
            samples,
        })
    }
}

/// The proof of `count` calls.
pub fn expected(order: &Order) -> u64 {
    let mut proof = Proof::default();
    proof.number(order.count as u64);
    proof.value()
}

fn echo_bytes(number: usize) -> [u8; ECHO] {
    [number.to_le_bytes()[0]; ECHO]
}

/// The calling process.
pub fn caller(folder: &Path, ports: [u16; 3]) -> Result<ExitCode> {
    // Logging as the app has it: on, and quiet when nothing goes wrong.
    let filter = tracing_subscriber::EnvFilter::new("warn,kvit_client=info");
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    let mut caller = Caller::connect(folder, ports)?;
    let about = "kvit-client, as the app has it; tonic 0.14, the generated client alone";
    Ok(serve(about, move |order| {
        caller.run(order).map_err(|error| format!("{error:#}"))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_an_answer_from_the_one_server() {
        let folder = tempfile::tempdir().unwrap();
        // The server is a process of its own in a run; here a thread does, and ends with the test.
        let at = folder.path().to_owned();
        let (ports, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let say = |found| ports.send(found).map_err(std::io::Error::other);
            line::runtime().unwrap().block_on(serve_echo(&at, say)).unwrap();
        });
        let ports = heard.recv().unwrap();
        let mut caller = Caller::connect(folder.path(), ports).unwrap();
        for what in ["kvit", "kvit-again", "tonic", "tls", "tcp"] {
            let order = Order {
                what: what.to_owned(),
                start: 0,
                count: 3,
            };
            let done = caller.run(&order).unwrap();
            assert_eq!(done.samples.len(), 3, "{what}");
            assert_eq!(done.proof, expected(&order), "{what}");
        }
        let order = Order::parse("nothing 0 1").unwrap();
        assert!(caller.run(&order).is_err());
    }
}
