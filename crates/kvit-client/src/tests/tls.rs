//! Who is believed: over real sockets on this machine.

use std::{net::SocketAddr, sync::Arc};

use kvit_domain::{
    fault::{Fault, FaultCode, MoneyMoved},
    id::InvoiceId,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    client::danger::ServerCertVerifier,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use super::fake::{Fake, Reply, profile, token};
use crate::{CertificatePin, Limits, Marketplace, Target, dial::Dialer, probe, tls as own};

/// A certificate and its key.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Identity {
    fn pin(&self) -> CertificatePin {
        CertificatePin::of(&self.chain[0])
    }
}

fn self_signed(names: &[&str]) -> Identity {
    let key = KeyPair::generate().unwrap();
    let params =
        CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    Identity {
        chain: vec![params.self_signed(&key).unwrap().der().clone()],
        key,
    }
}

/// An authority of our own, and certificates by it.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str, years: (i32, i32)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity {
            chain: vec![certificate.der().clone()],
            key,
        }
    }

    /// The configuration of a system that has this authority among its roots.
    fn believed(&self) -> Arc<rustls::ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = Arc::new(
            rustls_platform_verifier::Verifier::new_with_extra_roots(
                [self.0.der().clone()],
                Arc::clone(&provider),
            )
            .unwrap(),
        );
        own::with_verifier(verifier, provider).unwrap()
    }
}

/// A server with TLS: its port, the server behind, and every byte that came out of TLS.
struct Secure {
    port: u16,
    fake: Fake,
    heard: mpsc::UnboundedReceiver<usize>,
}

impl Secure {
    async fn start(identity: &Identity) -> Self {
        Self::with_key(identity.chain.clone(), &identity.key, &[b"h2"]).await
    }

    async fn with_key(chain: Vec<CertificateDer<'static>>, key: &KeyPair, protocols: &[&[u8]]) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = provider.key_provider.load_private_key(der).unwrap();
        // Without the check that key and certificate belong together: one test has them apart.
        let resolver = rustls::sign::SingleCertAndKey::from(CertifiedKey::new(chain, signer));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake = Fake::new(|_| Reply::message(&profile()));
        let (hear, heard) = mpsc::unbounded_channel();
        let server = fake.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, hear, server) = (acceptor.clone(), hear.clone(), server.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else {
                        return;
                    };
                    pump(stream, server.connection(), hear).await;
                });
            }
        });
        Self { port, fake, heard }
    }

    /// Nothing of the application's came out of TLS.
    fn heard_nothing(&mut self) {
        assert!(self.heard.try_recv().is_err(), "something was sent");
        assert_eq!(self.fake.seen().len(), 0);
    }
}

/// Between the two ends, reporting what comes from the first.
async fn pump(
    outer: tokio_rustls::server::TlsStream<TcpStream>,
    inner: tokio::io::DuplexStream,
    hear: mpsc::UnboundedSender<usize>,
) {
    let (mut from_client, mut to_client) = tokio::io::split(outer);
    let (mut from_server, mut to_server) = tokio::io::split(inner);
    let up = async {
        let mut buffer = vec![0; 1 << 14];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            let _ = hear.send(count);
            if to_server.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    };
    let down = async {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    };
    tokio::join!(up, down);
}

fn target(port: u16, pin: Option<CertificatePin>) -> Target {
    Target {
        address: format!("localhost:{port}").parse().unwrap(),
        proxy: None,
        pin,
    }
}

async fn profile_of(target: &Target) -> Result<String, Fault> {
    let market = Marketplace::connect(target, &token(), Limits::default())?;
    market.profile().await.map(|profile| profile.name)
}

/// Through a system that believes the authority.
async fn profile_through(authority: &Authority, target: &Target) -> Result<String, Fault> {
    let market = Marketplace::connect_with(target, &token(), Limits::default(), authority.believed())?;
    market.profile().await.map(|profile| profile.name)
}

fn untrusted(fault: &Fault, reason: &str) {
    assert_eq!(
        (fault.code, fault.value("reason")),
        (FaultCode::CertificateUntrusted, Some(reason))
    );
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused_before_anything_is_sent() {
    let identity = self_signed(&["localhost"]);
    let mut server = Secure::start(&identity).await;
    let fault = profile_of(&target(server.port, None)).await.unwrap_err();
    untrusted(&fault, "issuer");
    // The same for money: it was not sent, and the fault says so.
    let market = Marketplace::connect(&target(server.port, None), &token(), Limits::default()).unwrap();
    let fault = market
        .pay_from_balance(InvoiceId::new(88).unwrap(), 1)
        .await
        .unwrap_err();
    assert_eq!((fault.money, fault.may_hide_success()), (MoneyMoved::No, false));
    server.heard_nothing();
}

#[tokio::test]
async fn the_pinned_certificate_is_believed_and_no_other() {
    let identity = self_signed(&["localhost"]);
    let mut server = Secure::start(&identity).await;
    let other = self_signed(&["localhost"]);
    let fault = profile_of(&target(server.port, Some(other.pin())))
        .await
        .unwrap_err();
    assert_eq!(fault.code, FaultCode::CertificateChanged);
    server.heard_nothing();
    assert_eq!(
        profile_of(&target(server.port, Some(identity.pin()))).await,
        Ok("you".into())
    );
    assert!(server.heard.try_recv().is_ok());
    let seen = server.fake.seen();
    assert_eq!(seen[0].authority, Some(format!("localhost:{}", server.port)));
    assert_eq!(seen[0].scheme.as_deref(), Some("https"));
}

/// A pin is the only truth: neither the name nor the dates count then.
#[tokio::test]
async fn a_pin_outweighs_name_and_dates() {
    let authority = Authority::new("ours");
    for identity in [
        self_signed(&["elsewhere.example"]),
        authority.issue("localhost", (2001, 2002)),
    ] {
        let server = Secure::start(&identity).await;
        assert_eq!(
            profile_of(&target(server.port, Some(identity.pin()))).await,
            Ok("you".into())
        );
    }
}

/// And it outweighs the system: a certificate that the system vouches for is not the pinned one.
#[tokio::test]
async fn a_pin_outweighs_the_system() {
    let authority = Authority::new("ours");
    let mut server = Secure::start(&authority.issue("localhost", (2020, 4000))).await;
    let pin = self_signed(&["localhost"]).pin();
    let fault = profile_of(&target(server.port, Some(pin))).await.unwrap_err();
    assert_eq!(fault.code, FaultCode::CertificateChanged);
    server.heard_nothing();
}

/// Anybody can present a public certificate; only its owner has the key.
#[tokio::test]
async fn the_pinned_certificate_without_its_key_is_refused() {
    let identity = self_signed(&["localhost"]);
    let stranger = KeyPair::generate().unwrap();
    let mut server = Secure::with_key(identity.chain.clone(), &stranger, &[b"h2"]).await;
    let fault = profile_of(&target(server.port, Some(identity.pin())))
        .await
        .unwrap_err();
    assert_eq!(fault.code, FaultCode::CertificateUntrusted);
    server.heard_nothing();
    assert!(probe(&target(server.port, None)).await.is_err());
}

#[tokio::test]
async fn the_system_s_judgement() {
    let authority = Authority::new("ours");
    let good = Secure::start(&authority.issue("localhost", (2020, 4000))).await;
    assert_eq!(
        profile_through(&authority, &target(good.port, None)).await,
        Ok("you".into())
    );
    for (identity, reason) in [
        (authority.issue("localhost", (2001, 2002)), "date"),
        (authority.issue("localhost", (3000, 3001)), "date"),
        (authority.issue("elsewhere.example", (2020, 4000)), "host"),
        (
            Authority::new("another").issue("localhost", (2020, 4000)),
            "issuer",
        ),
        (self_signed(&["localhost"]), "issuer"),
    ] {
        let mut server = Secure::start(&identity).await;
        let fault = profile_through(&authority, &target(server.port, None))
            .await
            .unwrap_err();
        untrusted(&fault, reason);
        server.heard_nothing();
    }
}

#[tokio::test]
async fn other_protocols_are_no_marketplace() {
    let identity = self_signed(&["localhost"]);
    // TLS, but not HTTP/2: refused by it, and not mentioned by it.
    for protocols in [&[b"http/1.1".as_slice()][..], &[]] {
        let mut server = Secure::with_key(identity.chain.clone(), &identity.key, protocols).await;
        let fault = profile_of(&target(server.port, Some(identity.pin())))
            .await
            .unwrap_err();
        assert_eq!(fault.code, FaultCode::NotAMarketplace);
        server.heard_nothing();
    }
    // No TLS at all.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 4096];
        let count = socket.read(&mut heard).await.unwrap();
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        heard.truncate(count);
        heard
    });
    let fault = profile_of(&target(port, None)).await.unwrap_err();
    assert_eq!(fault.code, FaultCode::NotAMarketplace);
    let heard = server.await.unwrap();
    assert!(
        !heard.windows(6).any(|part| part == b"ABABAB"),
        "the token was sent in the clear"
    );
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(
        profile_of(&target(port, None)).await.unwrap_err().code,
        FaultCode::ConnectionRefused
    );
    assert_eq!(
        probe(&target(port, None)).await.unwrap_err().code,
        FaultCode::ConnectionRefused
    );
    // RFC 2606: a name that never exists.
    let nowhere = Target::parse("nowhere.invalid", "", "").unwrap();
    assert_eq!(
        profile_of(&nowhere).await.unwrap_err().code,
        FaultCode::NameNotFound
    );
}

#[tokio::test]
async fn a_probe_shows_the_certificate_and_sends_nothing() {
    let identity = self_signed(&["localhost"]);
    let mut server = Secure::start(&identity).await;
    // Even with a wrong pin: it is there to look.
    for pin in [None, Some(CertificatePin::new([7; 32]))] {
        let shown = probe(&target(server.port, pin)).await.unwrap();
        assert_eq!((shown.sha256, shown.trusted_by_system), (identity.pin(), false));
    }
    server.heard_nothing();
}

/// A SOCKS5 proxy (RFC 1928) that sends everything to one address and says what it was asked for.
struct Socks {
    port: u16,
    asked: mpsc::UnboundedReceiver<(u8, String, u16)>,
}

impl Socks {
    async fn start(to: SocketAddr, reply: u8) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ask, asked) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let ask = ask.clone();
                tokio::spawn(async move {
                    let mut greeting = [0; 2];
                    socket.read_exact(&mut greeting).await.unwrap();
                    let mut methods = vec![0; greeting[1].into()];
                    socket.read_exact(&mut methods).await.unwrap();
                    socket.write_all(&[5, 0]).await.unwrap();
                    let mut head = [0; 4];
                    socket.read_exact(&mut head).await.unwrap();
                    let host = match head[3] {
                        1 => {
                            let mut ip = [0; 4];
                            socket.read_exact(&mut ip).await.unwrap();
                            std::net::Ipv4Addr::from(ip).to_string()
                        }
                        3 => {
                            let length = socket.read_u8().await.unwrap();
                            let mut name = vec![0; length.into()];
                            socket.read_exact(&mut name).await.unwrap();
                            String::from_utf8(name).unwrap()
                        }
                        other => panic!("address type {other}"),
                    };
                    let port = socket.read_u16().await.unwrap();
                    ask.send((head[3], host, port)).unwrap();
                    socket
                        .write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
                        .await
                        .unwrap();
                    if reply == 0 {
                        let mut far = TcpStream::connect(to).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut socket, &mut far).await;
                    }
                });
            }
        });
        Self { port, asked }
    }
}

#[tokio::test]
async fn the_proxy_is_given_the_name() {
    let onion = format!("{}.onion", "k".repeat(56));
    let identity = self_signed(&[&onion]);
    let server = Secure::start(&identity).await;
    let mut proxy = Socks::start(([127, 0, 0, 1], server.port).into(), 0).await;
    for name in [onion.as_str(), "nowhere.invalid"] {
        let address = format!("127.0.0.1:{}", proxy.port);
        let target = Target::parse(name, &address, &identity.pin().to_string()).unwrap();
        assert_eq!(profile_of(&target).await, Ok("you".into()));
        // Address type 3 is a name: this machine has resolved nothing, and could not have.
        assert_eq!(proxy.asked.recv().await, Some((3, name.to_owned(), 443)));
        let shown = probe(&target).await.unwrap();
        assert_eq!(shown.sha256, identity.pin());
        assert_eq!(proxy.asked.recv().await, Some((3, name.to_owned(), 443)));
    }
}

#[tokio::test]
async fn what_a_proxy_refuses() {
    let nobody = ([127, 0, 0, 1], 9).into();
    for (reply, code) in [
        (1, FaultCode::ProxyFailed),
        (2, FaultCode::ProxyFailed),
        (3, FaultCode::Unreachable),
        (4, FaultCode::Unreachable),
        (5, FaultCode::ConnectionRefused),
        (6, FaultCode::Unreachable),
        (8, FaultCode::ProxyFailed),
        (0x77, FaultCode::ProxyFailed),
    ] {
        let proxy = Socks::start(nobody, reply).await;
        let target = Target::parse("market.example", &format!("127.0.0.1:{}", proxy.port), "").unwrap();
        let fault = profile_of(&target).await.unwrap_err();
        assert_eq!(
            (fault.code, fault.may_hide_success()),
            (code, false),
            "reply {reply}"
        );
    }
    // No proxy where one should be; and a target is never reached around it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = Secure::start(&self_signed(&["localhost"])).await;
    let around = Target::parse(
        &format!("localhost:{}", server.port),
        &format!("127.0.0.1:{port}"),
        "",
    )
    .unwrap();
    assert_eq!(
        profile_of(&around).await.unwrap_err().code,
        FaultCode::ProxyFailed
    );
}

/// With Nagle's algorithm on, every call takes the 40 ms of the other end's delayed acknowledgement.
#[tokio::test]
async fn no_socket_waits_to_fill_its_packets() {
    let identity = self_signed(&["localhost"]);
    let server = Secure::start(&identity).await;
    let proxy = Socks::start(([127, 0, 0, 1], server.port).into(), 0).await;
    for way in [String::new(), format!("127.0.0.1:{}", proxy.port)] {
        let address = format!("localhost:{}", server.port);
        let target = Target::parse(&address, &way, &identity.pin().to_string()).unwrap();
        let config = own::config(own::Trust::Pinned(identity.pin())).unwrap();
        let stream = Dialer::new(&target, config).unwrap().dial().await.unwrap();
        assert!(stream.get_ref().0.nodelay().unwrap(), "{way:?}");
    }
}
