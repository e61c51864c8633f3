//! The marketplace as the rest of the app calls it.

use std::{
    fmt, io,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use kvit_domain::{
    fault::{Fault, FaultCode},
    token,
};
use kvit_proto::v1::trade_api_client::TradeApiClient;
use kvit_wire::WireFault;
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time,
};
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

use crate::{
    dial::{DialError, Dialer, PROXIED_LIMIT},
    status,
    target::Target,
    tls::{self, Trust},
};

mod account;
mod conversations;
mod deals;
mod events;
mod invoices;
pub(crate) mod payments;
mod people;
mod pictures;
mod refunds;

/// The generated client of the contract.
pub(crate) type Api = TradeApiClient<Channel>;

/// Largest answer: GetImage gives 10 MiB and something around it (section 2.1).
const ANSWER_LIMIT: usize = 11 * 1024 * 1024;

/// Ping a connection with open calls that has been silent so long...
const PING_AFTER: Duration = Duration::from_secs(60);

/// ...and give it up when the answer takes longer than this.
const PING_WAIT: Duration = Duration::from_secs(20);

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A call that only reads.
    pub read: Duration,
    /// A call that moves money or a deal. The server's front proxy cuts at 40 s (section 2.1): waiting a little
    /// longer gets its answer, if there is one.
    pub money: Duration,
    /// A stream without a sign of life; the heartbeat comes every 10 s.
    pub silence: Duration,
}

impl Default for Limits {
    /// 15 s, 45 s, 25 s.
    fn default() -> Self {
        Self {
            read: Duration::from_secs(15),
            money: Duration::from_secs(45),
            silence: Duration::from_secs(25),
        }
    }
}

/// One account's connection to one marketplace. Made at the first call, made again when it breaks. Cheap to clone;
/// clones share it.
#[derive(Clone)]
pub struct Marketplace(Arc<Inner>);

struct Inner {
    bearer: MetadataValue<Ascii>,
    limits: Limits,
    /// Added to every deadline: what connecting may take beyond the usual.
    allowance: Duration,
    make: Box<dyn Fn() -> Channel + Send + Sync>,
    link: RwLock<Link>,
}

/// A channel and its number: a new one is made when the old one has gone silent.
struct Link {
    number: u64,
    api: Api,
}

impl fmt::Debug for Marketplace {
    /// Nothing of the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marketplace")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

impl Marketplace {
    /// Prepares the connection; nothing is sent before the first call. Must be called within a tokio runtime.
    ///
    /// Faults: [`FaultCode::TokenInvalid`]; [`FaultCode::ProxyInvalid`] for an onion address without a proxy;
    /// [`FaultCode::CertificateUntrusted`] when neither a pin is set nor the system has roots.
    pub fn connect(target: &Target, token: &SecretString, limits: Limits) -> Result<Self, Fault> {
        let trust = target.pin.map_or(Trust::System, Trust::Pinned);
        Self::connect_with(target, token, limits, tls::config(trust)?)
    }

    /// The same with a configuration of TLS.
    pub(crate) fn connect_with(
        target: &Target,
        token: &SecretString,
        limits: Limits,
        config: Arc<rustls::ClientConfig>,
    ) -> Result<Self, Fault> {
        let dialer = Dialer::new(target, config)?;
        let endpoint = endpoint(&target.address.authority())?;
        let allowance = if target.proxy.is_some() {
            PROXIED_LIMIT
        } else {
            Duration::ZERO
        };
        let make = move || {
            let dialer = dialer.clone();
            endpoint.connect_with_connector_lazy(tower::service_fn(move |_| {
                let dialer = dialer.clone();
                async move { dialer.dial().await.map(TokioIo::new) }
            }))
        };
        Self::with(token, limits, allowance, Box::new(make))
    }

    /// Over connections that the caller makes, without TLS: for a marketplace in the same process, and for tests.
    /// Must be called within a tokio runtime.
    pub fn over<S>(
        connect: impl Fn() -> io::Result<S> + Clone + Send + Sync + 'static,
        token: &SecretString,
        limits: Limits,
    ) -> Result<Self, Fault>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let endpoint = endpoint("localhost")?;
        let make = move || {
            let connect = connect.clone();
            endpoint.connect_with_connector_lazy(tower::service_fn(move |_| {
                let made = connect().map(TokioIo::new).map_err(DialError::from_io);
                std::future::ready(made)
            }))
        };
        Self::with(token, limits, Duration::ZERO, Box::new(make))
    }

    fn with(
        token: &SecretString,
        limits: Limits,
        allowance: Duration,
        make: Box<dyn Fn() -> Channel + Send + Sync>,
    ) -> Result<Self, Fault> {
        let api = client(make());
        Ok(Self(Arc::new(Inner {
            bearer: bearer(token)?,
            limits,
            allowance,
            make,
            link: RwLock::new(Link { number: 0, api }),
        })))
    }

    /// The client of the current channel, and the channel's number.
    pub(crate) fn api(&self) -> (u64, Api) {
        let link = self.0.link.read().unwrap_or_else(PoisonError::into_inner);
        (link.number, link.api.clone())
    }

    /// Leaves a channel that has gone silent: calls from now on take a new connection. Those under way go on. Does
    /// nothing if somebody has left that channel already.
    pub(crate) fn renew(&self, number: u64) {
        let mut link = self.0.link.write().unwrap_or_else(PoisonError::into_inner);
        if link.number == number {
            tracing::debug!("the connection is silent; taking another");
            *link = Link {
                number: number.wrapping_add(1),
                api: client((self.0.make)()),
            };
        }
    }

    /// How long things may take.
    pub(crate) fn limits(&self) -> Limits {
        self.0.limits
    }

    /// What connecting may add to a deadline.
    pub(crate) fn allowance(&self) -> Duration {
        self.0.allowance
    }

    /// A request with the token.
    pub(crate) fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.0.bearer.clone());
        request
    }

    /// A call that only reads: repeated once if the connection broke under it, within the one deadline.
    async fn read<M, A, T, F>(
        &self,
        rpc: &'static str,
        message: impl Fn() -> M,
        call: impl Fn(Api, Request<M>) -> F,
        read: impl FnOnce(A) -> Result<T, WireFault>,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let (link, api) = self.api();
        let deadline = self.0.limits.read + self.0.allowance;
        let answer = time::timeout(deadline, async {
            let first = call(api, self.request(message())).await;
            match first {
                Err(status) if broke(&status) => {
                    let (_, api) = self.api();
                    call(api, self.request(message())).await
                }
                answer => answer,
            }
        })
        .await;
        self.finish(rpc, link, answer.ok(), read)
    }

    /// A call that changes something: once, whatever happens. If its fault may hide success, it says that money is
    /// unknown.
    async fn act<M, A, T, F>(
        &self,
        rpc: &'static str,
        message: M,
        call: impl FnOnce(Api, Request<M>) -> F,
        read: impl FnOnce(A) -> Result<T, WireFault>,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let (link, api) = self.api();
        let deadline = self.0.limits.money + self.0.allowance;
        let answer = time::timeout(deadline, call(api, self.request(message))).await;
        self.finish(rpc, link, answer.ok(), read).map_err(|fault| {
            if fault.may_hide_success() {
                fault.money_unknown()
            } else {
                fault
            }
        })
    }

    /// From what a call gave, `None` for nothing in time, to what it means.
    fn finish<A, T>(
        &self,
        rpc: &'static str,
        link: u64,
        answer: Option<Result<Response<A>, Status>>,
        read: impl FnOnce(A) -> Result<T, WireFault>,
    ) -> Result<T, Fault> {
        let fault = match answer {
            Some(Ok(response)) => match read(response.into_inner()) {
                Ok(value) => return Ok(value),
                Err(fault) => status::malformed(fault),
            },
            Some(Err(status)) => {
                if status::channel_is_dead(&status) {
                    self.renew(link);
                }
                status::fault(&status)
            }
            None => {
                // A connection that swallowed one call is not given the next.
                self.renew(link);
                FaultCode::TimedOut.into()
            }
        };
        tracing::debug!(rpc, %fault);
        Err(user_gone(rpc, fault))
    }
}

/// "User not found." is about the token's own user wherever no other user is asked for (section 2.2).
fn user_gone(rpc: &'static str, mut fault: Fault) -> Fault {
    if fault.code == FaultCode::UserNotFound && rpc != account::GET_USER_INFO {
        fault.code = FaultCode::UserGone;
    }
    fault
}

/// Did the transport break while or before the call was under way? Not: no connection could be made, which a
/// second attempt in the same second does not heal; nor: somebody answered.
fn broke(status: &Status) -> bool {
    std::error::Error::source(status).is_some() && status::fault(status).code == FaultCode::ConnectionLost
}

/// The value of the header, marked so that neither a log nor a compression table holds it.
fn bearer(token: &SecretString) -> Result<MetadataValue<Ascii>, Fault> {
    let invalid = || Fault::new(FaultCode::TokenInvalid);
    let token = SecretString::from(token::normalise(token.expose_secret()).map_err(|_| invalid())?);
    let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
    let mut value = MetadataValue::try_from(value.expose_secret()).map_err(|_| invalid())?;
    value.set_sensitive(true);
    Ok(value)
}

fn endpoint(authority: &str) -> Result<Endpoint, Fault> {
    let invalid = || Fault::new(FaultCode::AddressInvalid);
    // TLS is the dialer's. A scheme of https here would make tonic add its own.
    let endpoint = Endpoint::from_shared(format!("http://{authority}")).map_err(|_| invalid())?;
    Ok(endpoint
        .origin(format!("https://{authority}").parse().map_err(|_| invalid())?)
        .user_agent(concat!("kvit/", env!("CARGO_PKG_VERSION")))
        .map_err(|_| invalid())?
        .http2_keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PING_WAIT)
        .keep_alive_while_idle(false))
}

fn client(channel: Channel) -> Api {
    TradeApiClient::new(channel).max_decoding_message_size(ANSWER_LIMIT)
}
