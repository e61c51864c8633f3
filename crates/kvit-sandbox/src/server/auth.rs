//! Who calls: the bearer token (marketplace reference, section 2.2).

use std::sync::Arc;

use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::hub::Hub;

/// The user a call's token belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub user: u64,
}

/// Lets calls with a valid token through.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub hub: Arc<Hub>,
}

impl Interceptor for Door {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let unauthenticated = || Status::unauthenticated("");
        let header = request
            .metadata()
            .get("authorization")
            .ok_or_else(unauthenticated)?;
        let secret = header
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("Bearer "))
            .ok_or_else(unauthenticated)?;
        let token = self.hub.token(secret).ok_or_else(unauthenticated)?;
        if token.expires.is_some_and(|end| end <= self.hub.clock.now()) {
            return Err(unauthenticated());
        }
        if !token.may_trade {
            return Err(Status::permission_denied(""));
        }
        request.extensions_mut().insert(Caller { user: token.user });
        Ok(request)
    }
}
