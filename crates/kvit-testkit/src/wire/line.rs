//! One connection through the wire: the stream that the client holds.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::{Direction, FaultWire, How, Verdict};

/// Bytes that are read ahead of the client, so that a delay begins when they come and not when they are asked for.
const AHEAD: usize = 16 * 1024;

/// A stream to the server that the wire can end.
pub trait Carrier: AsyncRead + AsyncWrite + fmt::Debug + Unpin + Send + 'static {
    /// Ends it as rudely as it can be ended.
    fn reset(self);
}

impl Carrier for DuplexStream {
    fn reset(self) {
        drop(self);
    }
}

impl Carrier for TcpStream {
    fn reset(self) {
        // Closing a socket that may not linger sends RST. If it cannot be set, the socket is dead already.
        let _ = self.set_zero_linger();
    }
}

/// The client's end.
#[derive(Debug)]
pub struct Line<S: Carrier> {
    wire: FaultWire,
    number: u64,
    carrier: Option<S>,
    fate: Fate,
    to_server: Lane,
    to_client: Lane,
    /// Came from the server and has not passed yet.
    ahead: Vec<u8>,
    /// The server has said everything: what is `ahead` is the last.
    last: bool,
    /// The client has said everything.
    left: bool,
}

/// How the whole connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Open,
    Reset,
    Fin,
    BlackHole,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    timer: Option<Pin<Box<Sleep>>>,
    /// Half-closed by the wire.
    closed: bool,
}

impl Lane {
    /// Waits until what is there may pass. The timer stays where it is until something has passed.
    fn poll_wait(&mut self, time: Option<Duration>, cx: &mut Context<'_>) -> Poll<()> {
        match (time, &mut self.timer) {
            (None, None) => Poll::Ready(()),
            // What was begun under a plan is ended under it, so that nothing overtakes.
            (_, Some(timer)) => timer.as_mut().poll(cx),
            (Some(time), empty) => empty.insert(Box::pin(sleep(time))).as_mut().poll(cx),
        }
    }
}

impl<S: Carrier> Line<S> {
    pub(super) fn new(wire: FaultWire, number: u64, carrier: S) -> Self {
        Self {
            wire,
            number,
            carrier: Some(carrier),
            fate: Fate::Open,
            to_server: Lane::default(),
            to_client: Lane::default(),
            ahead: Vec::new(),
            last: false,
            left: false,
        }
    }

    /// Which connection of its wire this is.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn fate(&self) -> Fate {
        self.fate
    }

    fn judge(&self, direction: Direction) -> Verdict {
        self.wire.state().judge(self.number, direction)
    }

    fn passed(&mut self, direction: Direction, bytes: usize, cx: &mut Context<'_>) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let ends = self.wire.state().count(self.number, direction, bytes);
        if let Some(how) = ends {
            self.end(direction, how, cx);
        }
    }

    fn end(&mut self, direction: Direction, how: How, cx: &mut Context<'_>) {
        match (how, direction) {
            (How::Reset, _) => {
                self.fate = Fate::Reset;
                if let Some(carrier) = self.carrier.take() {
                    carrier.reset();
                }
            }
            (How::Fin, _) => {
                self.fate = Fate::Fin;
                if let Some(carrier) = self.carrier.take() {
                    tokio::spawn(finish(carrier));
                }
            }
            (How::BlackHole, _) => {
                self.fate = Fate::BlackHole;
                if let Some(carrier) = self.carrier.take() {
                    self.wire.bury(Box::new(carrier));
                }
            }
            (How::HalfClose, Direction::ToServer) => {
                self.to_server.closed = true;
                if let Some(carrier) = &mut self.carrier {
                    // Streams in memory and TCP streams shut down at once.
                    let _ = Pin::new(carrier).poll_shutdown(cx);
                }
            }
            (How::HalfClose, Direction::ToClient) => self.to_client.closed = true,
        }
        if self.fate != Fate::Open {
            self.ahead.clear();
        }
        // The other direction may be waiting in another task.
        self.wire.ended(self.number);
    }

    /// Reads ahead what the server has sent.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while !self.last && self.ahead.len() < AHEAD {
            let Some(carrier) = &mut self.carrier else {
                return Ok(());
            };
            let mut space = [0_u8; AHEAD];
            let mut read = ReadBuf::new(&mut space);
            match Pin::new(carrier).poll_read(cx, &mut read) {
                Poll::Pending => return Ok(()),
                Poll::Ready(done) => done?,
            }
            self.last = read.filled().is_empty();
            self.ahead.extend_from_slice(read.filled());
        }
        Ok(())
    }

    /// Lets bytes from the server pass into `to`; none at its end.
    fn poll_to_client(&mut self, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.wire.wait(self.number, Direction::ToClient, cx.waker());
        loop {
            match self.fate {
                Fate::Reset => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                Fate::Fin => return Poll::Ready(Ok(())),
                // Whoever has closed his side himself waits for nothing.
                Fate::BlackHole if self.left => return Poll::Ready(Ok(())),
                Fate::BlackHole => return Poll::Pending,
                Fate::Open => {}
            }
            if self.to_client.closed {
                return Poll::Ready(Ok(()));
            }
            self.poll_ahead(cx)?;
            if self.ahead.is_empty() {
                return if self.last {
                    Poll::Ready(Ok(()))
                } else {
                    Poll::Pending
                };
            }
            match self.judge(Direction::ToClient) {
                Verdict::Wait => return Poll::Pending,
                Verdict::Cut(how) => self.end(Direction::ToClient, how, cx),
                Verdict::Pass { at_most, after } => {
                    ready!(self.to_client.poll_wait(after, cx));
                    self.to_client.timer = None;
                    let at_most = usize::try_from(at_most).unwrap_or(usize::MAX);
                    let count = self.ahead.len().min(to.remaining()).min(at_most);
                    to.put_slice(self.ahead.get(..count).unwrap_or_default());
                    self.ahead.drain(..count);
                    self.passed(Direction::ToClient, count, cx);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    /// Lets bytes from the client pass; how many it took.
    fn poll_to_server(&mut self, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.wire.wait(self.number, Direction::ToServer, cx.waker());
        loop {
            match self.fate {
                Fate::Reset | Fate::Fin => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Fate::BlackHole => return Poll::Ready(Ok(from.len())),
                Fate::Open => {}
            }
            if self.to_server.closed || from.is_empty() {
                return Poll::Ready(Ok(from.len()));
            }
            match self.judge(Direction::ToServer) {
                Verdict::Wait => return Poll::Pending,
                Verdict::Cut(how) => self.end(Direction::ToServer, how, cx),
                Verdict::Pass { at_most, after } => {
                    ready!(self.to_server.poll_wait(after, cx));
                    let at_most = usize::try_from(at_most).unwrap_or(usize::MAX);
                    let allowed = from.get(..from.len().min(at_most)).unwrap_or(from);
                    let Some(carrier) = &mut self.carrier else {
                        return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                    };
                    let count = ready!(Pin::new(carrier).poll_write(cx, allowed))?;
                    self.to_server.timer = None;
                    self.passed(Direction::ToServer, count, cx);
                    return Poll::Ready(Ok(count));
                }
            }
        }
    }
}

/// An orderly end: says so, and hears the other side out.
async fn finish<S: Carrier>(mut carrier: S) {
    let mut rest = [0_u8; 1024];
    if carrier.shutdown().await.is_ok() {
        while matches!(carrier.read(&mut rest).await, Ok(1..)) {}
    }
}

impl<S: Carrier> Drop for Line<S> {
    fn drop(&mut self) {
        self.wire.ended(self.number);
    }
}

impl<S: Carrier> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_to_client(cx, to)
    }
}

impl<S: Carrier> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_to_server(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.carrier {
            Some(carrier) => Pin::new(carrier).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.left = true;
        match &mut self.carrier {
            Some(carrier) => Pin::new(carrier).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
