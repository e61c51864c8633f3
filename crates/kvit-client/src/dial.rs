//! From nothing to a connection that is known to be the marketplace's: name, TCP, proxy, TLS.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use kvit_domain::fault::{Fault, FaultCode};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{net::TcpStream, time};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_socks::tcp::Socks5Stream;

use crate::{
    target::{ProxyAddress, Target},
    tls,
};

/// Longest way to a connection, straight: less than the shortest deadline, so that the fault is the true one.
pub(crate) const DIRECT_LIMIT: Duration = Duration::from_secs(10);

/// Longest way through a proxy: an onion service takes its time to be found.
pub(crate) const PROXIED_LIMIT: Duration = Duration::from_secs(60);

/// Most addresses of a name that are tried.
const ADDRESSES_LIMIT: usize = 8;

/// No connection was made. **Nothing of the call was sent.**
#[derive(Debug)]
pub(crate) struct DialError {
    /// What it means.
    pub(crate) fault: Fault,
    /// What it came from, for the log.
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl DialError {
    fn new(fault: impl Into<Fault>) -> Self {
        Self {
            fault: fault.into(),
            cause: None,
        }
    }

    fn from(fault: impl Into<Fault>, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            fault: fault.into(),
            cause: Some(cause.into()),
        }
    }

    /// From an error of a socket.
    pub(crate) fn from_io(error: io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::ConnectionRefused => FaultCode::ConnectionRefused,
            _ => FaultCode::Unreachable,
        };
        Self::from(code, error)
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection: {}", self.fault)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DialError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause
            .as_deref()
            .map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

/// Makes connections to one target.
#[derive(Clone)]
pub(crate) struct Dialer(Arc<Inner>);

struct Inner {
    host: String,
    port: u16,
    proxy: Option<ProxyAddress>,
    server: ServerName<'static>,
    connector: TlsConnector,
}

impl Dialer {
    /// For this target, with this configuration of TLS.
    pub(crate) fn new(target: &Target, config: Arc<ClientConfig>) -> Result<Self, Fault> {
        target.check()?;
        let host = target.address.host();
        let server = ServerName::try_from(host.clone()).map_err(|_| Fault::new(FaultCode::AddressInvalid))?;
        Ok(Self(Arc::new(Inner {
            host,
            port: target.address.port(),
            proxy: target.proxy.clone(),
            server,
            connector: TlsConnector::from(config),
        })))
    }

    /// The name that the certificate is checked against.
    pub(crate) fn server(&self) -> &ServerName<'static> {
        &self.0.server
    }

    /// Connects, shakes hands and verifies.
    pub(crate) async fn dial(&self) -> Result<TlsStream<TcpStream>, DialError> {
        let limit = match self.0.proxy {
            None => DIRECT_LIMIT,
            Some(_) => PROXIED_LIMIT,
        };
        time::timeout(limit, self.attempt())
            .await
            .unwrap_or_else(|_| Err(DialError::new(FaultCode::Unreachable)))
    }

    async fn attempt(&self) -> Result<TlsStream<TcpStream>, DialError> {
        let Inner {
            host,
            port,
            proxy,
            server,
            connector,
        } = &*self.0;
        let socket = match proxy {
            None => direct(host, *port).await?,
            Some(proxy) => through(proxy, host, *port).await?,
        };
        let stream = connector
            .connect(server.clone(), socket)
            .await
            .map_err(|error| DialError::from(tls::handshake_fault(&error), error))?;
        if !tls::speaks_http2(stream.get_ref().1.alpn_protocol()) {
            return Err(DialError::new(FaultCode::NotAMarketplace));
        }
        Ok(stream)
    }
}

/// A socket to the host itself.
async fn direct(host: &str, port: u16) -> Result<TcpStream, DialError> {
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| DialError::from(FaultCode::NameNotFound, error))?;
    let addresses = in_turn(found.take(ADDRESSES_LIMIT).collect());
    let mut last = DialError::new(FaultCode::NameNotFound);
    // One silent address must not use up the time of the others.
    let share = DIRECT_LIMIT
        .checked_div(u32::try_from(addresses.len()).unwrap_or(1).max(1))
        .unwrap_or(DIRECT_LIMIT);
    for address in addresses {
        match time::timeout(share, connect(address)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => last = DialError::from_io(error),
            Err(_) => last = DialError::new(FaultCode::Unreachable),
        }
    }
    Err(last)
}

/// The families by turns, in the resolver's order within each: a broken IPv6 costs one attempt, not all.
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::new();
    loop {
        match (first.next(), second.next()) {
            (None, None) => return turns,
            (one, other) => turns.extend(one.into_iter().chain(other)),
        }
    }
}

/// A socket that does not wait to fill packets: a call is three small writes, and with the receiver's delayed
/// acknowledgement each call would take 40 ms.
async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// A socket through the proxy, which is given the name, never an address that we looked up.
async fn through(proxy: &ProxyAddress, host: &str, port: u16) -> Result<TcpStream, DialError> {
    let to_proxy = direct(&proxy.host, proxy.port);
    let socket = match time::timeout(DIRECT_LIMIT, to_proxy).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return Err(DialError::from(FaultCode::ProxyFailed, error)),
        Err(_) => return Err(DialError::new(FaultCode::ProxyFailed)),
    };
    let stream = Socks5Stream::connect_with_socket(socket, (host, port))
        .await
        .map_err(|error| {
            use tokio_socks::Error::*;
            let code = match &error {
                ConnectionRefused => FaultCode::ConnectionRefused,
                HostUnreachable | NetworkUnreachable | TtlExpired => FaultCode::Unreachable,
                _ => FaultCode::ProxyFailed,
            };
            DialError::from(code, error)
        })?;
    Ok(stream.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse =
            |list: &[&str]| -> Vec<SocketAddr> { list.iter().map(|one| one.parse().unwrap()).collect() };
        assert_eq!(
            in_turn(parse(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"])),
            parse(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"])
        );
        assert_eq!(in_turn(Vec::new()), Vec::new());
    }
}
