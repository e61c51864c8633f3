//! Serving: loopback TCP under TLS, and connections in memory.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use kvit_proto::v1::trade_api_server::TradeApiServer;
use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tower::util::MapResponseLayer;

use super::auth::Door;
use super::wire::Wire;
use super::{Api, REQUEST_LIMIT};
use crate::hub::Hub;

/// Bytes an in-memory connection holds in each direction.
const DUPLEX_BUFFER: usize = 64 * 1024;

/// Connections waiting to be taken up.
const WAITING: usize = 64;

/// Longest TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The running server: connections go in, nothing comes out.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    connections: mpsc::Sender<Result<Wire, std::io::Error>>,
    hub: Arc<Hub>,
    stop: CancellationToken,
}

impl Running {
    /// Starts serving on the current runtime; nobody can connect yet.
    pub(crate) fn start(hub: Arc<Hub>, stop: CancellationToken) -> (Running, tokio::task::JoinHandle<()>) {
        let (connections, incoming) = mpsc::channel(WAITING);
        let api = TradeApiServer::new(Api::new(Arc::clone(&hub)))
            .max_decoding_message_size(REQUEST_LIMIT)
            .max_encoding_message_size(usize::MAX);
        let service = InterceptedService::new(
            api,
            Door {
                hub: Arc::clone(&hub),
            },
        );
        let (stopped, stopping) = (stop.clone(), Arc::clone(&hub));
        let stopped = async move {
            stopped.cancelled().await;
            // Whoever is still connected would keep the server, and its file, open.
            stopping.faults.refuse_connections(true);
            stopping.faults.end_streams();
            stopping.faults.cut_connections();
        };
        let task = tokio::spawn(async move {
            let served = Server::builder()
                .layer(MapResponseLayer::new(super::plain as fn(_) -> _))
                .add_service(service)
                .serve_with_incoming_shutdown(ReceiverStream::new(incoming), stopped)
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the practice marketplace stopped serving");
            }
        });
        (
            Running {
                connections,
                hub,
                stop,
            },
            task,
        )
    }

    /// A new connection in memory: HTTP/2 without TLS. The caller holds the client's end.
    pub(crate) fn connect_in_memory(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(DUPLEX_BUFFER);
        if !self.hub.faults.connections_refused() {
            let wire = Wire::new(ours, self.hub.faults.new_connection());
            // A full queue closes the connection, as a busy listener would.
            if self.connections.try_send(Ok(wire)).is_err() {
                tracing::warn!("a connection in memory was refused");
            }
        }
        theirs
    }

    /// Listens on a free loopback port and returns it.
    pub(crate) async fn listen(&self, tls: TlsAcceptor) -> std::io::Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let running = self.clone();
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = running.stop.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _)) => running.take_up(stream, tls.clone()),
                    Err(error) => {
                        // Out of file handles, mostly: let some be closed.
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        Ok(port)
    }

    fn take_up(&self, stream: tokio::net::TcpStream, tls: TlsAcceptor) {
        if self.hub.faults.connections_refused() {
            return;
        }
        let running = self.clone();
        tokio::spawn(async move {
            // Without this every small answer waits for the other side's delayed ACK.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no-delay was refused");
            }
            match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let wire = Wire::new(stream, running.hub.faults.new_connection());
                    if running.connections.send(Ok(wire)).await.is_err() {
                        tracing::debug!("a connection came too late");
                    }
                }
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        });
    }
}
