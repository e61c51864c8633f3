//! The contract's service, thin over the books.

mod auth;
mod calls;
pub(crate) mod listen;
mod streams;
mod talk;
mod wire;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::{Extensions, Response, Status};

use self::auth::Caller;
use self::wire::WireInfo;
use crate::faults::{self, LOST, PLAIN_HTTP, Struck, When};
use crate::hub::Hub;
use crate::refusal::Refusal;
use crate::signing::Seal;

/// Largest request (reference 2.1).
const REQUEST_LIMIT: usize = 11_534_336;

/// `TradeApi` over the hub.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    hub: Arc<Hub>,
}

impl Api {
    pub(crate) fn new(hub: Arc<Hub>) -> Api {
        Api { hub }
    }

    /// Who calls, over which connection.
    fn enter(
        &self,
        rpc: &'static str,
        extensions: &Extensions,
    ) -> Result<(u64, Option<CancellationToken>), Status> {
        let caller = extensions
            .get::<Caller>()
            .ok_or_else(|| Status::unauthenticated(""))?;
        let connection = extensions.get::<WireInfo>().map(|info| info.cut.clone());
        self.hub.faults.count(rpc);
        Ok((caller.user, connection))
    }

    /// One unary call: faults, the act on a thread that may block, signatures, faults.
    ///
    /// Once begun, the act runs to its end even when the caller goes away, as on the real exchange.
    async fn answer<A>(
        &self,
        rpc: &'static str,
        extensions: &Extensions,
        act: impl FnOnce(&Hub, u64) -> Result<A, Refusal> + Clone + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        A: Seal + Any + Send,
    {
        let (user, connection) = self.enter(rpc, extensions)?;
        let act = move |hub: &Hub| act(hub, user);
        let faults = &self.hub.faults;
        let hub = Arc::clone(&self.hub);
        let answer = match faults.strike(rpc, When::Before, connection.as_ref()).await? {
            Struck::On => executed(hub, rpc, user, act.clone()).await,
            Struck::Twice => {
                let repeat = act.clone();
                regardless(async move {
                    drop(executed(Arc::clone(&hub), rpc, user, repeat.clone()).await);
                    executed(hub, rpc, user, repeat).await
                })
                .await
            }
            Struck::TwiceAfter(wait) => {
                let first = act.clone();
                drop(regardless(executed(Arc::clone(&hub), rpc, user, first)).await);
                tokio::spawn(executed_later(&hub, wait, rpc, user, act));
                return Err(faults::lost());
            }
            Struck::Late { wait, told: true } => {
                tokio::spawn(executed_later(&hub, wait, rpc, user, act));
                return Err(faults::lost());
            }
            Struck::Late { wait, told: false } => {
                regardless(executed_later(&hub, wait, rpc, user, act.clone())).await
            }
        };
        let hub = &self.hub;
        let answer = match faults.strike(rpc, When::After, connection.as_ref()).await? {
            Struck::On | Struck::Late { .. } => answer,
            Struck::Twice => {
                drop(regardless(executed(Arc::clone(hub), rpc, user, act)).await);
                answer
            }
            Struck::TwiceAfter(wait) => regardless(executed_later(hub, wait, rpc, user, act)).await,
        };
        answer.map(Response::new).map_err(|refusal| refusal.status())
    }
}

/// Runs to the end even when nobody waits any more.
async fn regardless<A: Send + 'static>(
    run: impl Future<Output = Result<A, Refusal>> + Send + 'static,
) -> Result<A, Refusal> {
    tokio::spawn(run).await.unwrap_or(Err(Refusal::Internal))
}

/// One execution, signed and spoiled.
async fn executed<A: Seal + Any + Send>(
    hub: Arc<Hub>,
    rpc: &'static str,
    user: u64,
    act: impl FnOnce(&Hub) -> Result<A, Refusal> + Send + 'static,
) -> Result<A, Refusal> {
    let done = tokio::task::spawn_blocking(move || {
        hub.seen(user);
        let mut answer = act(&hub)?;
        seal(&hub, &mut answer)?;
        Ok(answer)
    });
    done.await.unwrap_or_else(|error| {
        tracing::error!(rpc, %error, "a call did not end well");
        Err(Refusal::Internal)
    })
}

/// One execution after a while, unless the marketplace has closed by then.
fn executed_later<A: Seal + Any + Send>(
    hub: &Arc<Hub>,
    wait: Duration,
    rpc: &'static str,
    user: u64,
    act: impl FnOnce(&Hub) -> Result<A, Refusal> + Send + 'static,
) -> impl Future<Output = Result<A, Refusal>> + Send + 'static {
    // Waiting must not keep the marketplace's file open.
    let hub = Arc::downgrade(hub);
    async move {
        tokio::time::sleep(wait).await;
        let hub = hub.upgrade().ok_or(Refusal::Internal)?;
        executed(hub, rpc, user, act).await
    }
}

/// Turns what [`Fault::Http`](crate::faults::Fault::Http) marked into a plain HTTP answer.
fn plain(answer: http::Response<Body>) -> http::Response<Body> {
    let marked = answer
        .headers()
        .get(PLAIN_HTTP)
        .and_then(|status| status.to_str().ok()?.parse::<u16>().ok())
        .and_then(|status| http::StatusCode::from_u16(status).ok());
    let Some(status) = marked else { return answer };
    // A proxy says a word about its own failures; the marketplace's 401 and 403 are empty.
    let text = if status.is_server_error() { LOST } else { "" };
    let mut plain = http::Response::new(Body::new(text.to_owned()));
    *plain.status_mut() = status;
    let headers = plain.headers_mut();
    headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/plain"),
    );
    plain
}

/// Signs what is to be signed, then lets the knobs spoil it.
fn seal<A: Seal + Any>(hub: &Hub, answer: &mut A) -> Result<(), Refusal> {
    answer.seal(&hub.sealer, hub.clock.now()).map_err(|error| {
        tracing::error!(%error, "an answer could not be signed");
        Refusal::Internal
    })?;
    hub.faults.spoil(answer);
    Ok(())
}
