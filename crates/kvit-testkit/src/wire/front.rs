//! A front proxy that speaks HTTP/2 and ends calls as HTTP/2 can.
//!
//! What a proxy says about a call that it ended need not be true: it may say that a request was never processed when it
//! was. RFC 9113, sections 5.4, 6.4, 6.8 and 8.7.

mod goaway;

use std::{
    future::poll_fn,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::SendRequest,
    server::{self, SendResponse},
};
use kvit_sandbox::Sandbox;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    sync::mpsc,
};

pub use h2::Reason;

use self::goaway::{Rewritten, UNTOUCHED};

/// Bytes a connection holds in each direction.
const BUFFER: usize = 64 * 1024;

/// In this time everything that is ready has left: frames of a stream that is reset at once would be withdrawn.
const LEAVING: Duration = Duration::from_millis(5);

/// How far a call gets before it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The marketplace never hears of it.
    Before,
    /// The marketplace has executed it; nothing of its answer passes.
    Executed,
    /// The answer's message has passed, its status has not. A refusal has no message and is not ended here.
    Halfway,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 3] = [Self::Before, Self::Executed, Self::Halfway];
}

/// Which streams a GOAWAY says may have been processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Last {
    /// Those before the call's, not the call's.
    Below,
    /// Up to the call's.
    At,
    /// Also later ones.
    Above,
}

impl Last {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Below, Self::At, Self::Above];
}

/// How a call is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// RST_STREAM with this reason; the connection goes on.
    Reset(Reason),
    /// GOAWAY. With `NO_ERROR` and a stream that it covers the call goes on to its answer, and the connection ends
    /// after it; otherwise the answer never comes.
    GoAway(Reason, Last),
}

/// What really happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    /// The call, in the contract's spelling.
    pub rpc: String,
    /// When it was ended.
    pub stage: Stage,
    /// How.
    pub ending: Ending,
}

/// The proxy. Clones are the same proxy.
#[derive(Debug, Clone, Default)]
pub struct FrontProxy(Arc<Mutex<Shots>>);

#[derive(Debug, Default)]
struct Shots {
    armed: Vec<Struck>,
    struck: Vec<Struck>,
}

impl FrontProxy {
    /// The next call of this rpc is ended like this, once.
    pub fn once(&self, rpc: &str, stage: Stage, ending: Ending) {
        self.shots().armed.push(Struck {
            rpc: rpc.to_owned(),
            stage,
            ending,
        });
    }

    /// Everything that really happened, in order.
    #[must_use]
    pub fn struck(&self) -> Vec<Struck> {
        self.shots().struck.clone()
    }

    /// A new connection to the marketplace through this proxy; it can be led through a
    /// [`FaultWire`](super::FaultWire) too.
    #[must_use]
    pub fn connect(&self, sandbox: &Sandbox) -> DuplexStream {
        let (theirs, ours) = tokio::io::duplex(BUFFER);
        let (front, marketplace) = (self.clone(), sandbox.connect_in_memory());
        tokio::spawn(async move {
            // Its end is for both sides to see.
            let _ = serve(front, ours, marketplace).await;
        });
        theirs
    }

    /// Makes such connections, for [`kvit_client::Marketplace::over`].
    pub fn connector(
        &self,
        sandbox: &Arc<Sandbox>,
    ) -> impl Fn() -> io::Result<DuplexStream> + Clone + Send + Sync + 'static {
        let (front, sandbox) = (self.clone(), Arc::clone(sandbox));
        move || Ok(front.connect(&sandbox))
    }

    fn shots(&self) -> MutexGuard<'_, Shots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, rpc: &str) -> Option<Struck> {
        let mut shots = self.shots();
        let place = shots.armed.iter().position(|shot| shot.rpc == rpc)?;
        Some(shots.armed.remove(place))
    }
}

/// A GOAWAY to be sent.
#[derive(Debug)]
struct GoAway {
    reason: Reason,
    last: u32,
}

async fn serve(
    front: FrontProxy,
    client: impl AsyncRead + AsyncWrite + Unpin,
    marketplace: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<(), h2::Error> {
    let (forward, carrying) = h2::client::handshake(marketplace).await?;
    tokio::spawn(carrying);
    let last = Arc::new(AtomicU32::new(UNTOUCHED));
    let mut connection = server::handshake(Rewritten::new(client, Arc::clone(&last))).await?;
    let (ending, mut endings) = mpsc::channel::<GoAway>(1);
    loop {
        tokio::select! {
            accepted = connection.accept() => {
                let Some(accepted) = accepted else { return Ok(()) };
                let (request, respond) = accepted?;
                let call = Call { front: front.clone(), forward: forward.clone(), ending: ending.clone() };
                tokio::spawn(call.carry(request, respond));
            }
            Some(goaway) = endings.recv() => {
                last.store(goaway.last, Ordering::SeqCst);
                if goaway.reason == Reason::NO_ERROR {
                    connection.graceful_shutdown();
                } else {
                    connection.abrupt_shutdown(goaway.reason);
                }
            }
        }
    }
}

/// One call on its way.
struct Call {
    front: FrontProxy,
    forward: SendRequest<Bytes>,
    ending: mpsc::Sender<GoAway>,
}

impl Call {
    async fn carry(self, request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let rpc = request.uri().path().rsplit('/').next().unwrap_or_default();
        let mut shot = self.front.take(rpc);
        if let Some(shot) = shot.take_if(|shot| shot.stage == Stage::Before)
            && self
                .strike(shot, respond.stream_id(), |reason| respond.send_reset(reason))
                .await
        {
            return;
        }
        if let Err(error) = self.pass(request, &mut respond, shot).await {
            respond.send_reset(error.reason().unwrap_or(Reason::INTERNAL_ERROR));
        }
    }

    /// Ends the call; false if it goes on all the same.
    async fn strike(&self, shot: Struck, stream: h2::StreamId, reset: impl FnOnce(Reason)) -> bool {
        let ending = shot.ending;
        self.front.shots().struck.push(shot);
        match ending {
            Ending::Reset(reason) => {
                reset(reason);
                true
            }
            Ending::GoAway(reason, last) => {
                let id = u32::from(stream);
                let last_id = match last {
                    Last::Below => id.saturating_sub(2),
                    Last::At => id,
                    Last::Above => id.saturating_add(20),
                };
                let sent = self
                    .ending
                    .send(GoAway {
                        reason,
                        last: last_id,
                    })
                    .await;
                if sent.is_ok() && reason == Reason::NO_ERROR && last != Last::Below {
                    return false;
                }
                // Kept open, for its end is the connection's.
                self.ending.closed().await;
                true
            }
        }
    }

    async fn pass(
        &self,
        request: http::Request<RecvStream>,
        respond: &mut SendResponse<Bytes>,
        mut shot: Option<Struck>,
    ) -> Result<(), h2::Error> {
        let (parts, asking) = request.into_parts();
        let mut forward = self.forward.clone().ready().await?;
        let ends = asking.is_end_stream();
        let (answer, up) = forward.send_request(http::Request::from_parts(parts, ()), ends)?;
        if !ends {
            tokio::spawn(pump(asking, up));
        }
        let (parts, mut answering) = answer.await?.into_parts();
        let stream = respond.stream_id();
        if let Some(shot) = shot.take_if(|shot| shot.stage == Stage::Executed)
            && self
                .strike(shot, stream, |reason| respond.send_reset(reason))
                .await
        {
            return Ok(());
        }
        let ends = answering.is_end_stream();
        let mut down = respond.send_response(http::Response::from_parts(parts, ()), ends)?;
        if ends {
            return Ok(());
        }
        loop {
            let data = tokio::select! {
                data = answering.data() => data,
                // The client has left.
                _ = poll_fn(|cx| down.poll_reset(cx)) => return Ok(()),
            };
            let Some(data) = data else { break };
            let data = data?;
            let _ = answering.flow_control().release_capacity(data.len());
            send(&mut down, data).await?;
            if let Some(shot) = shot.take() {
                tokio::time::sleep(LEAVING).await;
                if self.strike(shot, stream, |reason| down.send_reset(reason)).await {
                    return Ok(());
                }
            }
        }
        finish(answering, down).await
    }
}

/// Carries a whole message stream.
async fn pump(mut from: RecvStream, mut to: SendStream<Bytes>) -> Result<(), h2::Error> {
    while let Some(data) = from.data().await {
        let data = data?;
        let _ = from.flow_control().release_capacity(data.len());
        send(&mut to, data).await?;
    }
    finish(from, to).await
}

async fn finish(mut from: RecvStream, mut to: SendStream<Bytes>) -> Result<(), h2::Error> {
    match from.trailers().await? {
        Some(trailers) => to.send_trailers(trailers),
        None => to.send_data(Bytes::new(), true),
    }
}

async fn send(to: &mut SendStream<Bytes>, mut data: Bytes) -> Result<(), h2::Error> {
    while !data.is_empty() {
        to.reserve_capacity(data.len());
        let room = poll_fn(|cx| to.poll_capacity(cx)).await;
        let room = room.unwrap_or_else(|| Err(Reason::CANCEL.into()))?;
        let piece = data.split_to(room.min(data.len()));
        to.send_data(piece, false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
