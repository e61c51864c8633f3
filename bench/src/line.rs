//! Lines over TLS on the loopback, as bare as they can be: what the others of the rows about calls and streams use.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use hyper_util::rt::TokioIo;
use kvit_client::{Address, CertificatePin, Limits, Marketplace, Target};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{Channel, Endpoint};

/// A token in the contract's form, where nobody checks it.
pub const TOKEN: &str = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";

/// One thread for everything.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

pub fn nanoseconds(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A certificate for the loopback and its key.
pub struct Identity {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    /// A new one.
    pub fn make() -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
        Ok(Self {
            certificate: made.cert.der().clone(),
            key: PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()),
        })
    }

    /// Takes connections under TLS that speak one of these protocols.
    pub fn acceptor(&self, protocols: Vec<Vec<u8>>) -> Result<TlsAcceptor> {
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key().into())?;
        config.alpn_protocols = protocols;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// The connections of a listener, under TLS.
pub fn incoming(
    listener: TcpListener,
    tls: TlsAcceptor,
) -> impl Stream<Item = std::io::Result<tokio_rustls::server::TlsStream<TcpStream>>> {
    incoming_through(listener, tls, Ok)
}

/// The same, each shown to somebody before it begins.
pub fn incoming_through(
    listener: TcpListener,
    tls: TlsAcceptor,
    show: impl Fn(std::net::TcpStream) -> std::io::Result<std::net::TcpStream>,
) -> impl Stream<Item = std::io::Result<tokio_rustls::server::TlsStream<TcpStream>>> {
    tokio_stream::wrappers::TcpListenerStream::new(listener).then(move |stream| {
        let tls = tls.clone();
        let shown = stream
            .and_then(TcpStream::into_std)
            .and_then(&show)
            .and_then(TcpStream::from_std);
        async move {
            let stream = shown?;
            // Server::tcp_nodelay does not reach connections that are handed in.
            stream.set_nodelay(true)?;
            tls.accept(stream).await
        }
    })
}

/// Makes connections under TLS to who shows this certificate.
pub fn connector(certificate: &CertificateDer<'static>, protocols: Vec<Vec<u8>>) -> Result<TlsConnector> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone())?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols;
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A connection under TLS.
pub async fn connect(
    tls: &TlsConnector,
    port: u16,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
    tls.connect(name, stream).await
}

/// A bare channel of tonic; it connects at its first call. Must be called within a runtime.
pub fn channel(certificate: &CertificateDer<'static>, port: u16) -> Result<Channel> {
    let tls = connector(certificate, vec![b"h2".to_vec()])?;
    let endpoint = Endpoint::from_shared(format!("http://localhost:{port}"))?
        .origin(format!("https://localhost:{port}").parse()?);
    Ok(endpoint.connect_with_connector_lazy(tower::service_fn(move |_| {
        let tls = tls.clone();
        async move { connect(&tls, port).await.map(TokioIo::new) }
    })))
}

/// Kvit's own line. Must be called within a runtime.
pub fn marketplace(
    certificate: &CertificateDer<'static>,
    port: u16,
    token: &str,
    limits: Limits,
) -> Result<Marketplace> {
    let target = Target {
        address: format!("https://localhost:{port}")
            .parse::<Address>()
            .map_err(|fault| anyhow::anyhow!("{fault}"))?,
        proxy: None,
        pin: Some(CertificatePin::of(certificate)),
    };
    Marketplace::connect(&target, &SecretString::from(token), limits)
        .map_err(|fault| anyhow::anyhow!("{fault}"))
}
