//! Rewrites the last stream of GOAWAY frames: libraries tell the truth there, proxies need not.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Not a number of a stream: frames pass as they are.
pub(super) const UNTOUCHED: u32 = u32::MAX;

const GOAWAY: u8 = 7;

/// A connection on which what is written consists of HTTP/2 frames.
pub(super) struct Rewritten<S> {
    stream: S,
    last: Arc<AtomicU32>,
    place: Place,
}

/// Where in the frames the next byte is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    /// Bytes of the frame's header so far, 9 when it is whole.
    header: Vec<u8>,
    /// Bytes of its payload so far.
    payload: u32,
}

impl Place {
    /// The byte as it is to be written, and one further.
    fn step(&mut self, byte: u8, last: u32) -> u8 {
        if self.header.len() < 9 {
            self.header.push(byte);
            self.finish();
            return byte;
        }
        let is_goaway = self.header.get(3) == Some(&GOAWAY);
        let told = usize::try_from(self.payload)
            .ok()
            .and_then(|at| last.to_be_bytes().get(at).copied())
            .filter(|_| is_goaway && last != UNTOUCHED);
        self.payload = self.payload.saturating_add(1);
        self.finish();
        told.unwrap_or(byte)
    }

    /// Begins anew after the last byte of a frame.
    fn finish(&mut self) {
        if let [high, middle, low, _, _, _, _, _, _] = self.header[..]
            && self.payload == u32::from_be_bytes([0, high, middle, low])
        {
            *self = Self::default();
        }
    }
}

impl<S> Rewritten<S> {
    pub(super) fn new(stream: S, last: Arc<AtomicU32>) -> Self {
        Self {
            stream,
            last,
            place: Place::default(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewritten<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewritten<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let last = self.last.load(Ordering::SeqCst);
        let mut ahead = self.place.clone();
        let told: Vec<u8> = from.iter().map(|byte| ahead.step(*byte, last)).collect();
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &told))?;
        for byte in from.iter().take(count) {
            self.place.step(*byte, last);
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_stream_of_a_goaway_is_rewritten() {
        let frames: &[&[u8]] = &[
            // SETTINGS, empty; DATA on stream 1 with 3 bytes; GOAWAY 9, code 2, a word of debug; PING.
            &[0, 0, 0, 4, 0, 0, 0, 0, 0],
            &[0, 0, 3, 0, 0, 0, 0, 0, 1, 7, 7, 7],
            &[0, 0, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, b'x'],
            &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        ];
        let all = frames.concat();
        let mut place = Place::default();
        let same: Vec<u8> = all.iter().map(|byte| place.step(*byte, UNTOUCHED)).collect();
        assert_eq!(same, all);
        assert_eq!(place, Place::default());
        let told: Vec<u8> = all.iter().map(|byte| place.step(*byte, 0x0102_0304)).collect();
        let mut expected = all.clone();
        expected[30..34].copy_from_slice(&[1, 2, 3, 4]);
        assert_eq!(told, expected);
    }
}
