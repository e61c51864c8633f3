//! A connection that can be cut on command.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// Anything that carries bytes both ways.
pub(crate) trait Carrier: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Carrier for T {}

/// A connection, TLS already done.
pub(crate) struct Wire {
    carrier: Box<dyn Carrier>,
    cut: CancellationToken,
    waiting: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("cut", &self.cut.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// What handlers know of the connection a call came over.
#[derive(Clone, Debug)]
pub(crate) struct WireInfo {
    pub cut: CancellationToken,
}

impl Wire {
    pub(crate) fn new(carrier: impl Carrier, cut: CancellationToken) -> Wire {
        Wire {
            carrier: Box::new(carrier),
            waiting: Box::pin(cut.clone().cancelled_owned()),
            cut,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // So that the list of open connections forgets it.
        self.cut.cancel();
    }
}

impl Connected for Wire {
    type ConnectInfo = WireInfo;

    fn connect_info(&self) -> WireInfo {
        WireInfo {
            cut: self.cut.clone(),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.waiting.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.carrier).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.carrier).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.carrier).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.carrier).poll_shutdown(cx)
    }
}
