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
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use hyper_util::rt::TokioIo;
use kvit_bench_worker::{Done, Order, Proof, serve};
use kvit_client::{Address, CertificatePin, Limits, Marketplace, Target};
use kvit_domain::id::DealId;
use kvit_proto::v1;
use kvit_proto::v1::trade_api_client::TradeApiClient;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_stream::StreamExt;
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::transport::{Channel, Endpoint, Server};

/// Bytes of the message's text.
pub const TEXT: usize = 256;
/// Bytes on the echo ports: the text and about what the message has around it.
const ECHO: usize = 300;
/// Who writes the messages.
const AUTHOR: &str = "2f1f1e1a-7b5c-4b8e-9d3f-0c1d2e3f4a5b";
/// A token in the contract's form; nobody checks it here.
const TOKEN: &str = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";

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

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The server process. Writes its certificate into `folder`, says its ports, and serves until standard input ends.
pub fn server(folder: &Path) -> Result<()> {
    let say = |[grpc, tcp, tls]: [u16; 3]| {
        let mut output = std::io::stdout().lock();
        writeln!(output, "{grpc} {tcp} {tls}")?;
        output.flush()
    };
    runtime()?.block_on(async {
        let done = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        tokio::select! {
            served = serve_echo(folder, say) => served,
            _ = done => Ok(()),
        }
    })
}

/// Serves for ever; tells `say` the ports of gRPC, TCP and TLS.
async fn serve_echo(folder: &Path, say: impl FnOnce([u16; 3]) -> std::io::Result<()>) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let certificate = made.cert.der().clone();
    std::fs::write(folder.join("certificate.der"), &certificate)?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let tls = |protocols: Vec<Vec<u8>>| -> Result<TlsAcceptor> {
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.clone_key().into())?;
        config.alpn_protocols = protocols;
        Ok(TlsAcceptor::from(Arc::new(config)))
    };
    let (h2, plain) = (tls(vec![b"h2".to_vec()])?, tls(Vec::new())?);
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
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(grpc).then(move |stream| {
        let h2 = h2.clone();
        async move {
            let stream = stream?;
            // Server::tcp_nodelay does not reach connections that are handed in.
            stream.set_nodelay(true)?;
            h2.accept(stream).await
        }
    });
    Server::builder()
        .add_service(Chat)
        .serve_with_incoming(incoming)
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
        let der = std::fs::read(folder.join("certificate.der"))?;
        let runtime = runtime()?;
        let _inside = runtime.enter();
        let mut roots = rustls::RootCertStore::empty();
        let certificate = CertificateDer::from(der);
        roots.add(certificate.clone())?;
        let config = |protocols: Vec<Vec<u8>>| -> Result<TlsConnector> {
            let mut config = rustls::ClientConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
            config.alpn_protocols = protocols;
            Ok(TlsConnector::from(Arc::new(config)))
        };
        let (h2, plain) = (config(vec![b"h2".to_vec()])?, config(Vec::new())?);

        let target = Target {
            address: format!("https://localhost:{grpc}")
                .parse::<Address>()
                .map_err(|fault| anyhow::anyhow!("{fault}"))?,
            proxy: None,
            pin: Some(CertificatePin::of(&certificate)),
        };
        let token = SecretString::from(TOKEN);
        let connect = || {
            Marketplace::connect(&target, &token, Limits::default())
                .map_err(|fault| anyhow::anyhow!("{fault}"))
        };
        let kvit = [connect()?, connect()?];

        let channel = Endpoint::from_shared(format!("http://localhost:{grpc}"))?
            .origin(format!("https://localhost:{grpc}").parse()?)
            .connect_with_connector_lazy(tower::service_fn(move |_| {
                let h2 = h2.clone();
                async move {
                    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, grpc)).await?;
                    stream.set_nodelay(true)?;
                    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
                    Ok::<_, std::io::Error>(TokioIo::new(h2.connect(name, stream).await?))
                }
            }));
        let raw = std::net::TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, tcp)))?;
        raw.set_nodelay(true)?;
        let tls = runtime.block_on(async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, over_tls)).await?;
            stream.set_nodelay(true)?;
            anyhow::Ok(plain.connect(ServerName::try_from("localhost")?, stream).await?)
        })?;
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
                        let message = marketplace.send_deal_message(deal, text).await;
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

fn nanoseconds(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
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
            runtime().unwrap().block_on(serve_echo(&at, say)).unwrap();
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
