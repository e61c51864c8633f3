//! Where the marketplace is and how to know it.

use std::{fmt, str::FromStr};

use kvit_domain::fault::{Fault, FaultCode};
use url::{Host, Url};

/// Longest address that is looked at, in bytes.
const ADDRESS_LIMIT: usize = 300;

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// Address of a marketplace: a host and a port. Always HTTPS; plain HTTP does not exist here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    host: Host<String>,
    port: u16,
}

impl Address {
    /// The host as a proxy or a resolver takes it: a name, or an IP address without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An onion service: its name means nothing outside Tor and must not be asked of a resolver (RFC 7686).
    pub fn is_onion(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name.trim_end_matches('.').ends_with(".onion"),
            Host::Ipv4(_) | Host::Ipv6(_) => false,
        }
    }

    /// `host` or `host:port`, for the `:authority` of requests.
    pub(crate) fn authority(&self) -> String {
        if self.port == HTTPS {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Address {
    /// `https://host`, with the port unless it is 443.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.authority())
    }
}

impl FromStr for Address {
    type Err = Fault;

    /// A host, `host:port`, or an `https://` link without path, query, fragment or user name. Blanks around it go.
    /// [`FaultCode::AddressInvalid`] otherwise; value `reason` is `http` when plain HTTP was asked for.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let invalid = || Fault::new(FaultCode::AddressInvalid);
        let text = text.trim();
        if text.is_empty() || text.len() > ADDRESS_LIMIT || text.contains(char::is_whitespace) {
            return Err(invalid());
        }
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("https://{text}"))
        }
        .map_err(|_| invalid())?;
        if url.scheme() == "http" {
            return Err(invalid().with("reason", "http"));
        }
        let bare = url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        let port = url.port_or_known_default().filter(|port| *port != 0);
        match (bare, url.host(), port) {
            (true, Some(host), Some(port)) => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(invalid()),
        }
    }
}

/// A SOCKS5 proxy, for instance a local Tor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProxyAddress {
    /// Its host: a name, or an IP address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for ProxyAddress {
    /// `host:port`, an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for ProxyAddress {
    type Err = Fault;

    /// `host:port`, also with `socks5://` or `socks5h://` before it. [`FaultCode::ProxyInvalid`] otherwise.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let invalid = || Fault::new(FaultCode::ProxyInvalid);
        let text = text.trim();
        let text = text
            .strip_prefix("socks5h://")
            .or_else(|| text.strip_prefix("socks5://"))
            .unwrap_or(text);
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.len() > ADDRESS_LIMIT {
            return Err(invalid());
        }
        // The last colon: an IPv6 address has more, in brackets.
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port
            .parse()
            .ok()
            .filter(|port| digits && *port != 0)
            .ok_or_else(invalid)?;
        let host = match Host::parse(host).map_err(|_| invalid())? {
            Host::Domain(name) => name,
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        Ok(Self { host, port })
    }
}

/// SHA-256 of a certificate's DER: whoever presents exactly this certificate, and holds its key, is the marketplace.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificatePin([u8; 32]);

impl CertificatePin {
    /// From the digest.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Of a certificate.
    pub fn of(der: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(der).into())
    }
}

impl fmt::Display for CertificatePin {
    /// 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CertificatePin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CertificatePin {
    type Err = Fault;

    /// 64 hexadecimal digits, also in groups divided by blanks, colons or hyphens, as tools print them.
    /// [`FaultCode::PinInvalid`] otherwise.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let invalid = || Fault::new(FaultCode::PinInvalid);
        if text.len() > ADDRESS_LIMIT {
            return Err(invalid());
        }
        let mut digits = text
            .chars()
            .filter(|letter| !letter.is_whitespace() && !matches!(letter, ':' | '-'))
            .map(|letter| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
        let mut digest = [0; 32];
        for byte in &mut digest {
            let mut next = || digits.next().flatten().ok_or_else(invalid);
            let (high, low) = (next()?, next()?);
            *byte = high << 4 | low;
        }
        match digits.next() {
            None => Ok(Self(digest)),
            Some(_) => Err(invalid()),
        }
    }
}

/// A marketplace: its address, the way there, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where.
    pub address: Address,
    /// Through this SOCKS5 proxy, which also resolves the name.
    pub proxy: Option<ProxyAddress>,
    /// Known by this certificate and nothing else: neither its host name nor its dates nor its issuer count.
    /// `None`: the system judges.
    pub pin: Option<CertificatePin>,
}

impl Target {
    /// From what a person typed; empty proxy and pin are none. The fault names the first field that is wrong.
    /// An onion address without a proxy is [`FaultCode::ProxyInvalid`] with value `reason` = `onion`.
    pub fn parse(address: &str, proxy: &str, pin: &str) -> Result<Self, Fault> {
        fn optional<T: FromStr<Err = Fault>>(text: &str) -> Result<Option<T>, Fault> {
            let text = text.trim();
            if text.is_empty() {
                Ok(None)
            } else {
                text.parse().map(Some)
            }
        }
        let target = Self {
            address: address.parse()?,
            proxy: optional(proxy)?,
            pin: optional(pin)?,
        };
        target.check()?;
        Ok(target)
    }

    /// Onion services are reached through Tor only: their names are never given to the system's resolver.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.address.is_onion() && self.proxy.is_none() {
            return Err(Fault::new(FaultCode::ProxyInvalid).with("reason", "onion"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_normalised() {
        for (text, address) in [
            ("market.example", "https://market.example"),
            (" https://Market.Example/ ", "https://market.example"),
            ("market.example:443", "https://market.example"),
            ("localhost:8443", "https://localhost:8443"),
            ("https://127.0.0.1:50051", "https://127.0.0.1:50051"),
            ("[::1]:9", "https://[::1]:9"),
            ("https://рынок.example", "https://xn--j1afdg9c.example"),
        ] {
            assert_eq!(
                text.parse::<Address>().map(|address| address.to_string()),
                Ok(address.into()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "",
            " ",
            "https://",
            "ftp://market.example",
            "https://market.example/path",
            "https://market.example?query",
            "https://market.example#part",
            "https://user@market.example",
            "https://user:word@market.example",
            "market.example:0",
            "market.example:65536",
            "two words",
            "https://[::1",
            &"a".repeat(301),
        ] {
            let fault = text.parse::<Address>().unwrap_err();
            assert_eq!(
                (fault.code, fault.value("reason")),
                (FaultCode::AddressInvalid, None),
                "{text:?}"
            );
        }
        let fault = "http://market.example".parse::<Address>().unwrap_err();
        assert_eq!(
            (fault.code, fault.value("reason")),
            (FaultCode::AddressInvalid, Some("http"))
        );
    }

    #[test]
    fn proxies() {
        for (text, proxy) in [
            ("127.0.0.1:9050", "127.0.0.1:9050"),
            (" socks5h://localhost:9150/ ", "localhost:9150"),
            ("[::1]:1080", "[::1]:1080"),
        ] {
            assert_eq!(
                text.parse::<ProxyAddress>().map(|proxy| proxy.to_string()),
                Ok(proxy.into()),
                "{text:?}"
            );
        }
        for text in [
            "",
            "localhost",
            "localhost:",
            ":9050",
            "localhost:0",
            "localhost:+90",
            "http://localhost:80",
            "::1:9",
        ] {
            assert_eq!(
                text.parse::<ProxyAddress>().unwrap_err().code,
                FaultCode::ProxyInvalid,
                "{text:?}"
            );
        }
    }

    #[test]
    fn pins() {
        let grouped = ["AB:cd"; 16].join(" ");
        assert_eq!(
            grouped.parse::<CertificatePin>().unwrap().to_string(),
            "abcd".repeat(16)
        );
        for text in [
            "",
            &"a".repeat(63),
            &"a".repeat(65),
            &"g".repeat(64),
            &"ａ".repeat(64),
        ] {
            assert_eq!(
                text.parse::<CertificatePin>().unwrap_err().code,
                FaultCode::PinInvalid,
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_onion_needs_its_proxy() {
        let host = format!("{}.onion", "a".repeat(56));
        let fault = Target::parse(&host, "", "").unwrap_err();
        assert_eq!(
            (fault.code, fault.value("reason")),
            (FaultCode::ProxyInvalid, Some("onion"))
        );
        assert!(Target::parse(&host, "127.0.0.1:9050", "").is_ok());
        assert!(Target::parse("onion.example", " ", " ").is_ok());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,60}") {
            let _ = Target::parse(&text, "", "");
            let _ = text.parse::<ProxyAddress>();
            let _ = text.parse::<CertificatePin>();
        }

        #[test]
        fn an_address_reads_itself(host in "[a-z]{1,10}\\.[a-z]{2,5}", port in 1..=u16::MAX) {
            let address: Address = format!("{host}:{port}").parse().unwrap();
            prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address.clone()));
            prop_assert_eq!((address.host(), address.port()), (host, port));
        }

        #[test]
        fn a_pin_reads_itself(digest: [u8; 32]) {
            let pin = CertificatePin::new(digest);
            prop_assert_eq!(pin.to_string().parse::<CertificatePin>(), Ok(pin));
        }
    }
}
