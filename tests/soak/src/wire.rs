//! The hostile wire: a TCP proxy between a client and the practice marketplace that knows where in a call it is.
//!
//! It follows HTTP/2 closely enough to tell the frames of one call apart (no more: it never makes up an answer), so a
//! shot can be aimed at a byte-offset class of test R1: inside HEADERS, at one byte of DATA, after the server acted, and
//! so on. What it really did it reports ([`Injected`]); what was only armed does not count.
//!
//! It also writes down every call of [`CALLS`] that passed whole ([`Wire::requests`]). So it is seen when the client sends
//! one twice, also when the server never got it.

pub mod frames;
mod line;
mod shot;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub use shot::{Class, How, Injected, Shot};

/// Calls that move money, cannot be undone or say something, and the upload of a picture: what shots are aimed at. The
/// client may repeat only the upload.
pub const CALLS: &[&str] = &[
    "PayInvoiceFromBalance",
    "PayInvoiceByDeal",
    "PayInvoiceByBestDeal",
    "CancelInvoicePayment",
    "IPayed",
    "CancelDeal",
    "SendInvoiceMessage",
    "SendInvoicePaymentMessage",
    "SendMessage",
    "StoreImage",
];

/// One of these calls that left the client whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its rpc.
    pub rpc: String,
    /// The message in it.
    pub body: Vec<u8>,
}

/// The proxy.
pub struct Wire {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: tokio::task::JoinHandle<()>,
}

/// What its connections share.
struct Shared {
    upstream: SocketAddr,
    /// Bytes only: TLS hides the frames.
    opaque: bool,
    state: Mutex<State>,
    /// Changes when all connections are to be cut.
    cut: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// For the next call of an rpc.
    armed: Option<(&'static str, Shot)>,
    /// For every new connection until then, or until healed.
    gate: Option<(Shot, Option<Instant>)>,
    /// For the next event, set off by a call.
    event: Option<Shot>,
    injected: VecDeque<Injected>,
    requests: Vec<Request>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a connection that is made now begins with.
    fn gate(&self) -> Option<Shot> {
        let (shot, end) = self.state().gate?;
        end.is_none_or(|end| Instant::now() < end).then_some(shot)
    }

    fn struck(&self, injected: Injected) {
        self.state().injected.push_back(injected);
    }
}

impl Wire {
    /// Listens on a free port of the loopback; everything goes to `upstream`. `opaque`: it carries TLS.
    ///
    /// # Errors
    /// It cannot listen.
    pub async fn open(upstream: SocketAddr, opaque: bool) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            opaque,
            state: Mutex::default(),
            cut: watch::Sender::new(0),
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self {
            shared,
            address,
            listening,
        })
    }

    /// Where the client connects to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Aims at the next call of an rpc.
    pub fn arm(&self, rpc: &'static str, shot: Shot) {
        self.shared.state().armed = Some((rpc, shot));
    }

    /// Aims at the beginning of every new connection for so long, or until [`Wire::heal`].
    pub fn arm_at_connections(&self, shot: Shot, time: Option<Duration>) {
        self.shared.state().gate = Some((shot, time.map(|time| Instant::now() + time)));
    }

    /// Cuts every connection there is.
    pub fn cut(&self) {
        self.shared.cut.send_modify(|number| *number += 1);
    }

    /// Aims at nothing any more.
    pub fn heal(&self) {
        let mut state = self.shared.state();
        (state.armed, state.gate, state.event) = (None, None, None);
    }

    /// Whether it did anything since it was asked last.
    pub fn has_struck(&self) -> bool {
        !self.shared.state().injected.is_empty()
    }

    /// What it did since it was asked last.
    pub fn injected(&self) -> Vec<Injected> {
        self.shared.state().injected.drain(..).collect()
    }

    /// All calls that passed whole so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        let shared = Arc::clone(&shared);
        // Without this small frames wait for the other side's delayed ACK.
        let _ = client.set_nodelay(true);
        tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(shared.upstream).await {
                let _ = server.set_nodelay(true);
                line::carry(client, server, &shared).await;
            }
        });
    }
}
