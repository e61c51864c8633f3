//! The practice marketplace inside the app: a real server on the loopback, in this process.

use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
};

use kvit_domain::fault::{Fault, FaultCode};
use kvit_engine::{Practice, PracticeDoor};
use kvit_sandbox::{Endpoint, Options, Sandbox, Storage};
use secrecy::SecretString;
use tokio::sync::Mutex;

/// Name of its file in the folder of the account.
const FILE: &str = "practice.sqlite";

/// Opens at most one practice marketplace and keeps it open: its people go on while the app runs.
#[derive(Default)]
pub(crate) struct EmbeddedPractice {
    open: Mutex<Option<Open>>,
}

struct Open {
    folder: PathBuf,
    sandbox: Sandbox,
    endpoint: Endpoint,
}

impl Practice for EmbeddedPractice {
    fn open<'a>(
        &'a self,
        folder: &'a Path,
    ) -> Pin<Box<dyn Future<Output = Result<PracticeDoor, Fault>> + Send + 'a>> {
        Box::pin(async move {
            let mut open = self.open.lock().await;
            if open.as_ref().is_none_or(|open| open.folder != folder) {
                if let Some(other) = open.take() {
                    other.sandbox.shutdown().await;
                }
                *open = Some(begin(folder).await?);
            }
            let Some(Open {
                sandbox, endpoint, ..
            }) = open.as_ref()
            else {
                return Err(FaultCode::Internal.into());
            };
            Ok(PracticeDoor {
                address: endpoint.address.clone(),
                certificate_sha256: endpoint.certificate_sha256.clone(),
                token: SecretString::from(sandbox.token()),
                public_key: sandbox.public_key(),
            })
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            if let Some(open) = self.open.lock().await.take() {
                open.sandbox.shutdown().await;
            }
        })
    }
}

async fn begin(folder: &Path) -> Result<Open, Fault> {
    let failed = |error: &dyn std::error::Error| {
        tracing::error!(%error, "practice marketplace");
        Fault::new(FaultCode::PracticeFailed)
    };
    let options = Options {
        storage: Storage::File(folder.join(FILE)),
        ..Options::default()
    };
    let sandbox = Sandbox::open(options).await.map_err(|error| failed(&error))?;
    let endpoint = sandbox.serve_tcp().await.map_err(|error| failed(&error))?;
    Ok(Open {
        folder: folder.to_owned(),
        sandbox,
        endpoint,
    })
}
