//! A server that answers every rpc as the test says: real HTTP/2 and gRPC framing, no rules of a marketplace.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, stream};
use kvit_proto::v1;
use prost::{Message, bytes::Buf, bytes::BufMut};
use secrecy::SecretString;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    sync::mpsc,
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http,
    server::Grpc,
    transport::{Server, server::Connected},
};

use crate::{Limits, Marketplace};

/// The token of all tests.
pub(super) fn token() -> SecretString {
    SecretString::from("AB".repeat(32))
}

/// A call as the server saw it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) rpc: String,
    pub(super) authorization: Option<String>,
    pub(super) authority: Option<String>,
    pub(super) scheme: Option<String>,
    pub(super) message: Vec<u8>,
}

/// What the server does with a call.
pub(super) enum Reply {
    /// These messages, then OK.
    Messages(Vec<Vec<u8>>),
    /// What comes through here; OK when the sender is gone.
    Stream(mpsc::UnboundedReceiver<Result<Vec<u8>, Status>>),
    /// An error.
    Refuse(Status),
    /// Nothing, ever.
    Never,
    /// A bare HTTP answer.
    Http(http::Response<Body>),
}

impl Reply {
    pub(super) fn message(message: &impl Message) -> Self {
        Self::Messages(vec![message.encode_to_vec()])
    }

    /// A refusal in the marketplace's words.
    pub(super) fn words(words: &str) -> Self {
        Self::Refuse(Status::unknown(format!(
            "Exception was thrown by handler. UserException: {words}"
        )))
    }
}

type Handler = dyn Fn(&Seen) -> Reply + Send + Sync;

/// The server. Clones are the same one.
#[derive(Clone)]
pub(super) struct Fake {
    handler: Arc<Handler>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    pub(super) fn new(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            handler: Arc::new(handler),
            seen: Arc::default(),
        }
    }

    /// Every call so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How often an rpc was called.
    pub(super) fn count(&self, rpc: &str) -> usize {
        self.seen().iter().filter(|seen| seen.rpc == rpc).count()
    }

    /// Serves one connection until it ends.
    pub(super) async fn serve<S>(self, io: S)
    where
        S: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
        S::ConnectInfo: Clone + Send + Sync,
    {
        let incoming = stream::once(async { Ok::<_, io::Error>(io) }).chain(stream::pending());
        let _ = Server::builder()
            .serve_with_incoming(self, Box::pin(incoming))
            .await;
    }

    /// A new connection to it in memory.
    pub(super) fn connection(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(self.clone().serve(theirs));
        ours
    }

    /// A client over connections in memory, and how many it has made.
    pub(super) fn client(&self) -> (Marketplace, Arc<AtomicUsize>) {
        let made = Arc::new(AtomicUsize::new(0));
        let (count, fake) = (Arc::clone(&made), self.clone());
        let connect = move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(fake.connection())
        };
        (
            Marketplace::over(connect, &token(), Limits::default()).unwrap(),
            made,
        )
    }
}

type Messages = Pin<Box<dyn Stream<Item = Result<Vec<u8>, Status>> + Send>>;

impl tower::Service<http::Request<Body>> for Fake {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let fake = self.clone();
        Box::pin(async move {
            let rpc = request.uri().path().rsplit('/').next().unwrap().to_owned();
            let authority = request.uri().authority().map(ToString::to_string);
            let scheme = request.uri().scheme_str().map(str::to_owned);
            // A whole HTTP answer cannot pass through the gRPC layer: it is put here.
            let bare = Arc::new(Mutex::new(None));
            let put = Arc::clone(&bare);
            let service = tower::service_fn(move |request: Request<Vec<u8>>| {
                let seen = Seen {
                    rpc: rpc.clone(),
                    authorization: request
                        .metadata()
                        .get("authorization")
                        .map(|value| value.to_str().unwrap().to_owned()),
                    authority: authority.clone(),
                    scheme: scheme.clone(),
                    message: request.into_inner(),
                };
                fake.seen.lock().unwrap().push(seen.clone());
                let reply = (fake.handler)(&seen);
                let put = Arc::clone(&put);
                async move {
                    let messages: Messages = match reply {
                        Reply::Messages(messages) => Box::pin(stream::iter(messages.into_iter().map(Ok))),
                        Reply::Stream(receiver) => Box::pin(UnboundedReceiverStream::new(receiver)),
                        Reply::Refuse(status) => return Err(status),
                        Reply::Never => std::future::pending().await,
                        Reply::Http(answer) => {
                            *put.lock().unwrap() = Some(answer);
                            Box::pin(stream::empty())
                        }
                    };
                    Ok(Response::new(messages))
                }
            });
            let answer = Grpc::new(Bytes).server_streaming(service, request).await;
            let bare = bare.lock().unwrap().take();
            Ok(bare.unwrap_or(answer))
        })
    }
}

/// Messages as they are on the wire.
#[derive(Default, Clone, Copy)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut item);
        Ok(Some(item))
    }
}

/// An invoice that is in order.
pub(super) fn invoice(id: u64) -> v1::Invoice {
    v1::Invoice {
        id,
        is_base_crypto: true,
        price: Some(btc(120_000)),
        fiat_currency: "EUR".into(),
        pieces_min: 1,
        pieces_max: 5,
        created_at: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        owner: Some(user(2)),
        current_crypto_price: Some(btc(120_000)),
        ..v1::Invoice::default()
    }
}

/// A payment of that invoice, in order.
pub(super) fn payment(id: u64, invoice_id: u64) -> v1::InvoicePayment {
    v1::InvoicePayment {
        id,
        crypto_amount: Some(btc(120_000)),
        created_at: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        owner: Some(user(1)),
        invoice: Some(invoice(invoice_id)),
        pieces: 1,
        ..v1::InvoicePayment::default()
    }
}

/// A deal, in order.
pub(super) fn deal(id: u64) -> v1::Deal {
    let made = prost_types::Timestamp {
        seconds: 1_700_000_000,
        nanos: 0,
    };
    let fiat = |units| Some(v1::Decimal { units, nanos: 0 });
    v1::Deal {
        id,
        fiat_amount: fiat(60),
        crypto_amount: Some(btc(120_000)),
        created_at: Some(made),
        advertisement: Some(v1::Advertisement {
            id: 5,
            fiat_currency: "EUR".into(),
            price: fiat(50_000),
            owner: Some(user(4)),
            ..v1::Advertisement::default()
        }),
        ad_owner_info: Some(user(4)),
        initiator: Some(user(1)),
        messages: vec![message(11)],
        fee: "0.000012".into(),
        ..v1::Deal::default()
    }
}

/// A message of its chat.
pub(super) fn message(id: u64) -> v1::DealMessage {
    v1::DealMessage {
        id,
        created_at: Some(prost_types::Timestamp {
            seconds: 1_700_000_060,
            nanos: 0,
        }),
        owner_id: user(4).id,
        text: "Hello".into(),
        image_ids: Vec::new(),
    }
}

/// A profile, in order.
pub(super) fn profile() -> v1::MyProfileResponse {
    v1::MyProfileResponse {
        user_id: user(1).id,
        username: "you".into(),
        ..v1::MyProfileResponse::default()
    }
}

pub(super) fn user(number: u8) -> v1::UserInfo {
    v1::UserInfo {
        id: format!("00000000-0000-0000-0000-{number:012}"),
        username: format!("user{number}"),
        ..v1::UserInfo::default()
    }
}

fn btc(sats: i32) -> v1::Decimal {
    v1::Decimal {
        units: 0,
        nanos: sats * 10,
    }
}
