//! Streams that heal themselves.
//!
//! A stream is alive while something comes, if only the server's heartbeat every 10 s (section 2.6). After 25 s of
//! silence, on its end and on every failure it is opened again, after a growing wait with jitter. What was said in
//! the gap is lost for good: so each opening announces itself, and the listener reads everything again.
//!
//! Nothing runs behind the listener's back: the stream works while it is polled, stops when it is dropped, and
//! HTTP/2 flow control bounds what waits unread.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Stream, stream};
use kvit_domain::{
    event::{Event, Streamed},
    fault::{Fault, FaultCode},
};
use kvit_wire::WireFault;
use tokio::time::{self, Duration, Instant};
use tonic::{Response, Status, Streaming};

use crate::{
    backoff::Backoff,
    marketplace::{Api, Marketplace},
    status,
};

/// A stream that lived so long was well: the next wait is short again.
const WELL: Duration = Duration::from_secs(30);

/// What a stream says.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem<T> {
    /// It is open now, and was not a moment ago: whatever was said before is lost. Read everything again.
    Connected,
    /// Something new.
    News(T),
    /// It broke. It will be opened again by itself; until then nothing is heard.
    Lost(Fault),
    /// It broke for a reason that trying again does not heal (the token, the certificate). Nothing comes after it.
    Stopped(Fault),
}

/// What the stream of events says.
pub type EventStreamItem = StreamItem<Event>;

/// A stream of the marketplace. Ends only after [`StreamItem::Stopped`].
pub struct Updates<T>(Pin<Box<dyn Stream<Item = StreamItem<T>> + Send>>);

impl<T> Updates<T> {
    /// The next item; may be dropped and called again without loss. `None` only after [`StreamItem::Stopped`].
    pub async fn next(&mut self) -> Option<StreamItem<T>> {
        futures_util::StreamExt::next(&mut self.0).await
    }
}

impl<T> Stream for Updates<T> {
    type Item = StreamItem<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamItem<T>>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T> std::fmt::Debug for Updates<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Updates(..)")
    }
}

/// Follows a stream of the contract.
pub(crate) fn follow<M, T, F>(
    marketplace: Marketplace,
    open: impl Fn(Api, tonic::Request<()>) -> F + Send + Sync + 'static,
    read: impl Fn(M) -> Result<Streamed<T>, WireFault> + Send + Sync + 'static,
) -> Updates<T>
where
    M: Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<Response<Streaming<M>>, Status>> + Send,
{
    let follower = Follower {
        marketplace,
        open,
        read,
        backoff: Backoff::default(),
        state: State::Closed,
    };
    let items = stream::unfold(follower, |mut follower| async move {
        let item = follower.next().await?;
        Some((item, follower))
    });
    // Fused: an unfolded stream panics when it is polled after its end.
    Updates(Box::pin(futures_util::StreamExt::fuse(items)))
}

struct Follower<O, R, M, T> {
    marketplace: Marketplace,
    open: O,
    read: R,
    backoff: Backoff,
    state: State<M, T>,
}

enum State<M, T> {
    /// Never open so far.
    Closed,
    /// To be opened again after a wait.
    Broken,
    /// Open; what came with the opening is handed out first.
    Open {
        messages: Box<Streaming<M>>,
        first: Option<T>,
        link: u64,
        since: Instant,
    },
    /// For good.
    Stopped,
}

impl<O, R, M, T, F> Follower<O, R, M, T>
where
    O: Fn(Api, tonic::Request<()>) -> F,
    R: Fn(M) -> Result<Streamed<T>, WireFault>,
    F: Future<Output = Result<Response<Streaming<M>>, Status>>,
{
    async fn next(&mut self) -> Option<StreamItem<T>> {
        if matches!(self.state, State::Stopped) {
            return None;
        }
        if matches!(self.state, State::Open { .. }) {
            return Some(self.listen().await);
        }
        if matches!(self.state, State::Broken) {
            let wait = self.backoff.next(&mut rand::rng());
            time::sleep(wait).await;
        }
        let (link, api) = self.marketplace.api();
        match self.opened(api).await {
            Ok((messages, first)) => {
                self.state = State::Open {
                    messages: Box::new(messages),
                    first,
                    link,
                    since: Instant::now(),
                };
                Some(StreamItem::Connected)
            }
            Err(fault) => Some(self.broken(link, fault)),
        }
    }

    /// Opens, and waits for the first sign of life: the server's headers alone may come before it listens for
    /// changes on our behalf.
    async fn opened(&mut self, api: Api) -> Result<(Streaming<M>, Option<T>), Fault> {
        let limits = self.marketplace.limits();
        let request = self.marketplace.request(());
        let opening = time::timeout(
            limits.silence + self.marketplace.allowance(),
            (self.open)(api, request),
        );
        let mut messages = match opening.await {
            Ok(Ok(response)) => response.into_inner(),
            Ok(Err(status)) => return Err(stream_fault(&status)),
            Err(_) => return Err(FaultCode::TimedOut.into()),
        };
        match self.message(&mut messages).await? {
            Streamed::News(news) => Ok((messages, Some(news))),
            Streamed::Heartbeat => Ok((messages, None)),
        }
    }

    async fn listen(&mut self) -> StreamItem<T> {
        loop {
            let State::Open { messages, first, .. } = &mut self.state else {
                return self.broken(0, FaultCode::Internal.into());
            };
            if let Some(news) = first.take() {
                return StreamItem::News(news);
            }
            let silence = self.marketplace.limits().silence;
            match message(messages, silence, &self.read).await {
                Ok(Streamed::News(news)) => return StreamItem::News(news),
                Ok(Streamed::Heartbeat) => {}
                Err(fault) => {
                    let State::Open { link, since, .. } = &self.state else {
                        return self.broken(0, fault);
                    };
                    let link = *link;
                    if since.elapsed() >= WELL {
                        self.backoff.reset();
                    }
                    return self.broken(link, fault);
                }
            }
        }
    }

    async fn message(&mut self, messages: &mut Streaming<M>) -> Result<Streamed<T>, Fault> {
        message(messages, self.marketplace.limits().silence, &self.read).await
    }

    /// Lost or stopped. Silence, or no way, may be the channel's: the next attempt takes another.
    fn broken(&mut self, link: u64, fault: Fault) -> StreamItem<T> {
        if matches!(fault.code, FaultCode::TimedOut | FaultCode::Unreachable) {
            self.marketplace.renew(link);
        }
        if is_final(fault.code) {
            self.state = State::Stopped;
            StreamItem::Stopped(fault)
        } else {
            self.state = State::Broken;
            StreamItem::Lost(fault)
        }
    }
}

/// The next message, within the time that a living stream takes at most.
async fn message<M, T>(
    messages: &mut Streaming<M>,
    silence: Duration,
    read: impl Fn(M) -> Result<Streamed<T>, WireFault>,
) -> Result<Streamed<T>, Fault> {
    match time::timeout(silence, messages.message()).await {
        Ok(Ok(Some(message))) => read(message).map_err(status::malformed),
        // The end is never "done" (section 2.6).
        Ok(Ok(None)) => Err(FaultCode::ConnectionLost.into()),
        Ok(Err(status)) => Err(stream_fault(&status)),
        Err(_) => Err(FaultCode::TimedOut.into()),
    }
}

/// No stream looks for another user: the one not found is the token's own.
fn stream_fault(status: &Status) -> Fault {
    let mut fault = status::fault(status);
    if fault.code == FaultCode::UserNotFound {
        fault.code = FaultCode::UserGone;
    }
    fault
}

/// Does trying again without a person's help make no sense?
fn is_final(code: FaultCode) -> bool {
    use FaultCode::*;
    matches!(
        code,
        TokenRejected
            | TokenLacksRights
            | UserGone
            | CertificateUntrusted
            | CertificateChanged
            | Unsupported
            | AddressInvalid
            | ProxyInvalid
            | Internal
    )
}
