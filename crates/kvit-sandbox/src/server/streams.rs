//! The two streams that practice needs (marketplace reference, section 2.6).

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use kvit_proto::v1;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Extensions, Response, Status};

use super::{Api, seal};
use crate::faults::When;
use crate::hub::{Hub, Subscription};
use crate::refusal::Refusal;
use crate::signing::Seal;

/// Time between heartbeats, counted from the subscription.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Messages ready to leave; the rest waits in the hub's bounded queue.
const READY: usize = 16;

/// What a stream of the contract yields.
pub(super) type Messages<M> = ReceiverStream<Result<M, Status>>;

/// A stream's message with a heartbeat form.
pub(super) trait Beat: Seal + Any + Clone + Send + Sized {
    /// Whether the knobs for events are about this stream.
    const NEWS: bool;

    fn heartbeat() -> Self;
}

impl Beat for v1::Event {
    const NEWS: bool = true;

    fn heartbeat() -> Self {
        v1::Event {
            content: Some(v1::event::Content::KeepAlive(true)),
            ..Default::default()
        }
    }
}

impl Beat for v1::Variables {
    const NEWS: bool = false;

    fn heartbeat() -> Self {
        v1::Variables {
            keep_alive: true,
            ..Default::default()
        }
    }
}

impl Api {
    /// Opens a stream and keeps it going until the reader leaves or the hub ends it.
    pub(super) async fn stream<M: Beat>(
        &self,
        rpc: &'static str,
        extensions: &Extensions,
        subscribe: impl FnOnce(&Hub, u64) -> Result<Subscription<M>, Refusal> + Send,
    ) -> Result<Response<Messages<M>>, Status> {
        let (user, connection) = self.enter(rpc, extensions)?;
        self.hub
            .faults
            .strike(rpc, When::Before, connection.as_ref())
            .await?;
        let end = self.hub.faults.end_of_streams();
        self.hub.seen(user);
        let Subscription { first, mut later } =
            subscribe(&self.hub, user).map_err(|refusal| refusal.status())?;
        let (ready, messages) = mpsc::channel(READY);
        let hub = Arc::clone(&self.hub);
        tokio::spawn(async move {
            let mut jumble = hub.faults.jumble(hub.seed);
            let mut beats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut first = first.into_iter();
            let opening = first.next();
            let first = if M::NEWS {
                jumble.stored(first)
            } else {
                first.collect()
            };
            if deliver_all(&hub, &ready, opening.into_iter().chain(first))
                .await
                .is_err()
            {
                return;
            }
            loop {
                tokio::select! {
                    biased;
                    () = end.cancelled() => return,
                    () = ready.closed() => return,
                    message = later.recv() => {
                        let Some(message) = message else { return };
                        let leaving = if M::NEWS { jumble.live(message) } else { vec![message] };
                        if deliver_all(&hub, &ready, leaving).await.is_err() {
                            return;
                        }
                    }
                    () = until(jumble.due()) => {
                        if deliver_all(&hub, &ready, jumble.release()).await.is_err() {
                            return;
                        }
                    }
                    _ = beats.tick() => {
                        if hub.faults.heartbeats_on() && ready.send(Ok(M::heartbeat())).await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
        self.hub
            .faults
            .strike(rpc, When::After, connection.as_ref())
            .await?;
        Ok(Response::new(ReceiverStream::new(messages)))
    }
}

/// Waits for a moment that may not be set.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

async fn deliver_all<M: Beat>(
    hub: &Arc<Hub>,
    ready: &mpsc::Sender<Result<M, Status>>,
    messages: impl IntoIterator<Item = M>,
) -> Result<(), ()> {
    for message in messages {
        deliver(hub, ready, message).await?;
    }
    Ok(())
}

/// Signs a message away from the async threads and sends it; an error means that nobody reads any more.
async fn deliver<M: Beat>(
    hub: &Arc<Hub>,
    ready: &mpsc::Sender<Result<M, Status>>,
    mut message: M,
) -> Result<(), ()> {
    let sealing = Arc::clone(hub);
    let sealed = tokio::task::spawn_blocking(move || seal(&sealing, &mut message).map(|()| message)).await;
    let sealed = sealed
        .unwrap_or(Err(Refusal::Internal))
        .map_err(|refusal| refusal.status());
    ready.send(sealed).await.map_err(|_| ())
}
