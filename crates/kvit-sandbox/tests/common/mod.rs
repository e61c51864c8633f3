//! A practice marketplace and clients for it.

#![allow(dead_code, reason = "every test file uses a part of this")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use hyper_util::rt::TokioIo;
use kvit_proto::v1;
use kvit_proto::v1::trade_api_client::TradeApiClient;
use kvit_sandbox::{Clock, Moment, NewInvoice, Options, Sandbox, Sats, SigningKey};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

type Bearer = Box<dyn FnMut(Request<()>) -> Result<Request<()>, Status> + Send>;
pub type Client = TradeApiClient<InterceptedService<Channel, Bearer>>;

/// 2023-11-14 22:13:20 UTC.
pub const START: u64 = 1_700_000_000;

/// One key for all tests: making one takes a while.
pub fn key() -> SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Moment::from_seconds(1_600_000_000)).unwrap())
        .clone()
}

pub struct World {
    pub sandbox: Sandbox,
    pub clock: Clock,
}

impl World {
    pub async fn open() -> World {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(START));
        let sandbox = Sandbox::open(Options::still(1, clock.clone(), key()))
            .await
            .unwrap();
        World { sandbox, clock }
    }

    pub async fn client(&self) -> Client {
        self.client_with(&self.sandbox.token()).await
    }

    pub async fn client_with(&self, token: &str) -> Client {
        with_token(channel(&self.sandbox).await, token)
    }

    /// Coffee at 0.0012 BTC with that many secrets.
    pub async fn coffee(&self, secrets: u32) -> u64 {
        let secrets = (0..secrets).map(|n| format!("Locker {n}, code 5512")).collect();
        let new = NewInvoice {
            secrets,
            ..NewInvoice::public("roastery-nord", Sats(120_000))
        };
        self.sandbox.issue_invoice(new).unwrap()
    }

    /// The user's payments, one or all.
    pub async fn payments(&self, id: u64) -> Vec<v1::InvoicePayment> {
        let ask = v1::GetInvoicePaymentsRequest {
            payment_id: id,
            count: 100,
            ..Default::default()
        };
        self.client()
            .await
            .get_invoice_payments(ask)
            .await
            .unwrap()
            .into_inner()
            .payments
    }

    pub async fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.sandbox.step().await;
    }
}

/// A channel over one connection in memory.
pub async fn channel(sandbox: &Sandbox) -> Channel {
    let mut wire = Some(sandbox.connect_in_memory());
    Endpoint::from_static("http://localhost")
        .connect_with_connector(tower::service_fn(move |_| {
            let wire = wire
                .take()
                .ok_or_else(|| std::io::Error::other("one connection only"));
            async move { wire.map(TokioIo::new) }
        }))
        .await
        .unwrap()
}

pub fn with_token(channel: Channel, token: &str) -> Client {
    let value: tonic::metadata::MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
    let bearer: Bearer = Box::new(move |mut request: Request<()>| {
        request.metadata_mut().insert("authorization", value.clone());
        Ok(request)
    });
    TradeApiClient::with_interceptor(channel, bearer)
}

/// A refusal's type and message, without the fixed prefix.
pub fn text(status: &Status) -> &str {
    status
        .message()
        .trim_start_matches("Exception was thrown by handler. ")
}
