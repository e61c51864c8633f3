//! One connection through the wire.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{self, Duration, Instant};

use super::frames::{Calls, Frame, Frames, kind, ping};
use super::shot::{Class, How, Injected, Shot};
use super::{CALLS, Request, Shared};

/// How long a black hole stays open. Longer than any client of a run waits.
const HOLE: Duration = Duration::from_secs(20);
/// How long a closing socket is drained, so that unread octets do not turn its FIN into RST.
const DRAIN: Duration = Duration::from_secs(2);
/// A connection's beginning: the client's preface (24), SETTINGS and WINDOW_UPDATE; about what TLS sends first.
const BEGINNING_PLAIN: usize = 60;
const BEGINNING_TLS: usize = 700;
/// Name of the stream of events.
const EVENTS: &str = "SubscribeNewEvents";

/// Octets before a gRPC message: compression flag and length.
const PREFIX: usize = 5;

/// Carries a connection until it ends, or is struck.
pub(super) async fn carry(mut client: TcpStream, mut server: TcpStream, shared: &Shared) {
    let gate = shared.gate();
    let end = {
        let (client, server) = (client.split(), server.split());
        let mut line = Line {
            from_client: client.0,
            to_client: client.1,
            from_server: server.0,
            to_server: server.1,
            shared,
            calls: Calls::default(),
            held: Vec::new(),
            target: None,
            late: None,
        };
        line.run(gate).await
    };
    match end {
        Ok(Some(How::Rst)) => {
            // Zero linger turns the close into RST.
            reset(&client);
            reset(&server);
        }
        Ok(Some(How::Fin)) => {
            tokio::join!(finish(&mut client), finish(&mut server));
        }
        Ok(Some(How::BlackHole)) => time::sleep(HOLE).await,
        Ok(Some(How::HalfClose)) => {
            half(client, server).await;
        }
        Ok(None) | Err(_) => {}
    }
}

fn reset(socket: &TcpStream) {
    if let Err(error) = socket.set_zero_linger() {
        eprintln!("no RST: {error}");
    }
}

async fn finish(socket: &mut TcpStream) {
    let _ = socket.shutdown().await;
    let mut sink = [0; 4096];
    let drained = async { while matches!(socket.read(&mut sink).await, Ok(1..)) {} };
    let _ = time::timeout(DRAIN, drained).await;
}

/// Closes one direction; the other goes on. Which one, the ports decide: evenly, and the same in every run of a test
/// with the same ports.
async fn half(mut client: TcpStream, mut server: TcpStream) {
    let odd = client.peer_addr().is_ok_and(|address| address.port() % 2 == 1);
    let (closed, open) = if odd {
        (&mut client, &mut server)
    } else {
        (&mut server, &mut client)
    };
    let _ = closed.shutdown().await;
    // What the other end still sends goes nowhere; what this one sends goes on.
    let (mut from, mut to) = (closed.split().0, open.split().1);
    let _ = time::timeout(HOLE, tokio::io::copy(&mut from, &mut to)).await;
}

/// The call that is struck.
struct Target {
    stream: u32,
    shot: Shot,
    /// HEADERS of the response have passed.
    answered: bool,
}

struct Line<'a> {
    from_client: ReadHalf<'a>,
    to_client: WriteHalf<'a>,
    from_server: ReadHalf<'a>,
    to_server: WriteHalf<'a>,
    shared: &'a Shared,
    calls: Calls,
    /// Frames of such a call, until its END_STREAM: then it is known how long it is.
    held: Vec<Frame>,
    target: Option<Target>,
    /// A request to be delivered then; nothing else passes any more.
    late: Option<(Instant, Vec<u8>)>,
}

/// `Some`: the line ends in this way. `None`: it goes on.
type Step = io::Result<Option<How>>;

impl Line<'_> {
    async fn run(&mut self, gate: Option<Shot>) -> Step {
        if let Some(shot) = gate.filter(|shot| shot.class == Class::C0) {
            self.struck(shot, 0, 0);
            return Ok(Some(shot.how));
        }
        let mut beginning = gate.map(|shot| {
            let most = if self.shared.opaque {
                BEGINNING_TLS
            } else {
                BEGINNING_PLAIN
            };
            (shot, 1 + usize::try_from(shot.at).unwrap_or_default() % most)
        });
        let mut cut = self.shared.cut.subscribe();
        let (mut ups, mut downs) = (Frames::of_client(), Frames::of_server());
        let (mut up, mut down) = (vec![0; 32 * 1024], vec![0; 32 * 1024]);
        loop {
            let due = self.late.as_ref().map(|(due, _)| *due);
            tokio::select! {
                _ = cut.changed() => return Ok(Some(How::Rst)),
                () = sleep_until(due), if due.is_some() => {
                    if let Some((_, bytes)) = self.late.take() {
                        self.to_server.write_all(&bytes).await?;
                    }
                    return Ok(Some(How::BlackHole));
                }
                read = self.from_client.read(&mut up), if due.is_none() => {
                    let Some(bytes) = up.get(..read?).filter(|bytes| !bytes.is_empty()) else {
                        return Ok(Some(How::Fin));
                    };
                    if let Some((shot, at)) = &mut beginning {
                        if bytes.len() >= *at {
                            self.to_server.write_all(&bytes[..*at]).await?;
                            let (shot, at) = (*shot, *at);
                            self.struck(shot, at, at);
                            return Ok(Some(shot.how));
                        }
                        *at -= bytes.len();
                    }
                    if self.shared.opaque {
                        self.to_server.write_all(bytes).await?;
                        continue;
                    }
                    ups.push(bytes);
                    while let Some(frame) = ups.whole() {
                        if let Some(how) = self.upwards(frame).await? {
                            return Ok(Some(how));
                        }
                        if self.late.is_some() {
                            break;
                        }
                    }
                }
                read = self.from_server.read(&mut down), if due.is_none() => {
                    let Some(bytes) = down.get(..read?).filter(|bytes| !bytes.is_empty()) else {
                        return Ok(Some(How::Fin));
                    };
                    if let Some((shot, at)) = &mut beginning {
                        if bytes.len() >= *at {
                            self.to_client.write_all(&bytes[..*at]).await?;
                            let (shot, at) = (*shot, *at);
                            self.struck(shot, at, at);
                            return Ok(Some(shot.how));
                        }
                        *at -= bytes.len();
                    }
                    if self.shared.opaque {
                        self.to_client.write_all(bytes).await?;
                        continue;
                    }
                    downs.push(bytes);
                    while let Some(frame) = downs.whole() {
                        if let Some(how) = self.downwards(frame).await? {
                            return Ok(Some(how));
                        }
                    }
                }
            }
        }
    }

    async fn upwards(&mut self, frame: Frame) -> Step {
        self.calls.heard(&frame);
        let aimed = self
            .calls
            .name(frame.stream)
            .is_some_and(|name| CALLS.contains(&name));
        let of_request = aimed && matches!(frame.kind, kind::HEADERS | kind::DATA);
        if !of_request {
            if frame.is_pong() && frame.payload() == &ping()[9..] {
                // The wire's own ping; the server never asked.
                return Ok(None);
            }
            self.to_server.write_all(&frame.bytes).await?;
            return Ok(None);
        }
        let (stream, whole) = (frame.stream, frame.ends_stream());
        self.held.push(frame);
        if !whole {
            return Ok(None);
        }
        // Two calls may be interleaved; the one that is whole goes.
        let (request, held) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|frame| frame.stream == stream);
        self.held = held;
        self.call(stream, request).await
    }

    /// A call, whole: it passes, or is struck.
    async fn call(&mut self, stream: u32, request: Vec<Frame>) -> Step {
        let headers: usize = lengths(&request, kind::HEADERS);
        let data: usize = lengths(&request, kind::DATA);
        let message: Vec<u8> = request
            .iter()
            .filter(|frame| frame.kind == kind::DATA)
            .flat_map(|frame| frame.payload().to_vec())
            .skip(PREFIX)
            .collect();
        let bytes: Vec<u8> = request.into_iter().flat_map(|frame| frame.bytes).collect();
        let rpc = self.calls.name(stream).unwrap_or_default().to_owned();
        let shot = {
            let mut state = self.shared.state();
            let shot = state
                .armed
                .take_if(|(aimed, _)| *aimed == rpc)
                .map(|(_, shot)| shot);
            state.requests.push(Request { rpc, body: message });
            shot
        };
        let Some(shot) = shot else {
            self.to_server.write_all(&bytes).await?;
            return Ok(None);
        };
        let at = usize::try_from(shot.at).unwrap_or_default();
        let (cut, octet, of) = match shot.class {
            Class::C3 => (1 + at % (headers - 1), 1 + at % (headers - 1), headers),
            Class::C4 => (headers, headers, headers),
            Class::C5 => (headers + 1 + at % (data - 1), 1 + at % (data - 1), data),
            Class::C6 => (bytes.len(), data, data),
            Class::Late => {
                self.struck(shot, 0, bytes.len());
                self.late = Some((Instant::now() + shot.hold, bytes));
                return Ok(None);
            }
            Class::C14 => {
                self.to_server.write_all(&bytes).await?;
                let ping = ping();
                let sent = 1 + at % ping.len();
                self.to_client.write_all(&ping[..sent]).await?;
                self.struck(shot, sent, ping.len());
                return Ok(Some(shot.how));
            }
            Class::C13 => {
                self.shared.state().event = Some(shot);
                self.to_server.write_all(&bytes).await?;
                return Ok(None);
            }
            _ => {
                self.target = Some(Target {
                    stream,
                    shot,
                    answered: false,
                });
                self.to_server.write_all(&bytes).await?;
                return Ok(None);
            }
        };
        self.to_server.write_all(&bytes[..cut]).await?;
        self.struck(shot, octet, of);
        Ok(Some(shot.how))
    }

    async fn downwards(&mut self, frame: Frame) -> Step {
        if let Some(how) = self.event(&frame).await? {
            return Ok(Some(how));
        }
        let Some(target) = self
            .target
            .as_mut()
            .filter(|target| target.stream == frame.stream)
        else {
            self.to_client.write_all(&frame.bytes).await?;
            return Ok(None);
        };
        let shot = target.shot;
        let at = usize::try_from(shot.at).unwrap_or_default();
        let length = frame.bytes.len();
        let inside = 1 + at % (length - 1);
        let cut = match (frame.kind, shot.class) {
            (kind::HEADERS, Class::C7) if !target.answered => Some(0),
            (kind::HEADERS, Class::C8) if !target.answered => Some(inside),
            (kind::DATA, Class::C9) => Some(inside),
            (kind::HEADERS, Class::C10) if target.answered => Some(0),
            (kind::HEADERS, Class::C11) if target.answered => Some(inside),
            (kind::HEADERS, Class::C12) if target.answered => Some(length),
            _ => None,
        };
        target.answered |= frame.kind == kind::HEADERS;
        let Some(cut) = cut else {
            if frame.ends_stream() {
                // A refusal has no DATA: the shot missed.
                self.target = None;
            }
            self.to_client.write_all(&frame.bytes).await?;
            return Ok(None);
        };
        self.to_client.write_all(&frame.bytes[..cut]).await?;
        self.struck(shot, cut, length);
        Ok(Some(shot.how))
    }

    /// Strikes the frame of an event, if one is to be struck.
    async fn event(&mut self, frame: &Frame) -> Step {
        let of_events = frame.kind == kind::DATA && self.calls.name(frame.stream) == Some(EVENTS);
        if !of_events {
            return Ok(None);
        }
        let Some(shot) = self.shared.state().event.take() else {
            return Ok(None);
        };
        let inside = 1 + usize::try_from(shot.at).unwrap_or_default() % (frame.bytes.len() - 1);
        self.to_client.write_all(&frame.bytes[..inside]).await?;
        self.struck(shot, inside, frame.bytes.len());
        Ok(Some(shot.how))
    }

    fn struck(&self, shot: Shot, octet: usize, of: usize) {
        self.shared.struck(Injected {
            class: shot.class,
            how: shot.how,
            octet,
            of,
        });
    }
}

fn lengths(frames: &[Frame], kind: u8) -> usize {
    frames
        .iter()
        .filter(|frame| frame.kind == kind)
        .map(|frame| frame.bytes.len())
        .sum()
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
