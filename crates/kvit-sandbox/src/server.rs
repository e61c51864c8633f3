//! The contract's service, thin over the books.

mod auth;
mod calls;
pub(crate) mod listen;
mod streams;
mod wire;

use std::any::Any;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic::{Extensions, Response, Status};

use self::auth::Caller;
use self::wire::WireInfo;
use crate::faults::When;
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
        act: impl FnOnce(&Hub, u64) -> Result<A, Refusal> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        A: Seal + Any + Send,
    {
        let (user, connection) = self.enter(rpc, extensions)?;
        self.hub
            .faults
            .strike(rpc, When::Before, connection.as_ref())
            .await?;
        let hub = Arc::clone(&self.hub);
        let done = tokio::task::spawn_blocking(move || {
            hub.seen(user);
            let mut answer = act(&hub, user)?;
            seal(&hub, &mut answer)?;
            Ok(answer)
        });
        let answer = match done.await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(rpc, %error, "a call did not end well");
                Err(Refusal::Internal)
            }
        };
        self.hub
            .faults
            .strike(rpc, When::After, connection.as_ref())
            .await?;
        answer.map(Response::new).map_err(|refusal| refusal.status())
    }
}

/// Signs what is to be signed, then lets the knobs spoil it.
fn seal<A: Seal + Any>(hub: &Hub, answer: &mut A) -> Result<(), Refusal> {
    answer.seal(&hub.key, hub.clock.now()).map_err(|error| {
        tracing::error!(%error, "an answer could not be signed");
        Refusal::Internal
    })?;
    hub.faults.spoil(answer);
    Ok(())
}
