//! Clocks that decoders cannot miss: the reader that feeds them asks whether to go on.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::fault::PictureFault;

/// A wish to stop, shared by its clones.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Nobody wishes to stop yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the work that has this or a clone of it, for good.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody wished to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Until when the work may go on.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    began: Instant,
    time: Duration,
    stop: Stop,
}

impl Clock {
    pub(crate) fn start(time: Duration, stop: &Stop) -> Self {
        Self {
            began: Instant::now(),
            time,
            stop: stop.clone(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), PictureFault> {
        if self.stop.is_stopped() {
            return Err(PictureFault::Stopped);
        }
        if self.left().is_zero() {
            return Err(PictureFault::TooSlow);
        }
        Ok(())
    }

    /// Time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.time.saturating_sub(self.began.elapsed())
    }
}

/// The bytes of a file for a decoder. Reading fails once the clock says so, which ends every decoder that still reads;
/// one that stopped reading has a bounded picture to finish.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    bytes: &'a Bytes,
    position: usize,
    clock: &'a Clock,
    calls: u32,
    over: bool,
}

/// The clock is asked at one of so many calls: often enough, and a byte at a time stays fast.
const CALLS: u32 = 1024;

impl<'a> Watched<'a> {
    pub(crate) fn new(bytes: &'a Bytes, clock: &'a Clock) -> Self {
        Self {
            bytes,
            position: 0,
            clock,
            calls: 0,
            over: false,
        }
    }

    #[inline]
    fn ask(&mut self) -> io::Result<()> {
        self.calls = self.calls.wrapping_add(1);
        if self.calls % CALLS == 1 {
            self.over = self.over || self.clock.check().is_err();
        }
        if self.over {
            return Err(io::Error::other("the work was ended"));
        }
        Ok(())
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }
}

impl Read for Watched<'_> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.ask()?;
        let read = self.rest().read(buffer)?;
        self.position = self.position.saturating_add(read);
        Ok(read)
    }
}

impl BufRead for Watched<'_> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        /// Never everything at once, or nobody would ask again.
        const PIECE: usize = 4096;
        self.ask()?;
        let rest = self.rest();
        Ok(rest.get(..PIECE).unwrap_or(rest))
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.position = self.position.saturating_add(amount);
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.ask()?;
        let position = match to {
            SeekFrom::Start(position) => usize::try_from(position).ok(),
            SeekFrom::End(by) => isize::try_from(by)
                .ok()
                .and_then(|by| self.bytes.len().checked_add_signed(by)),
            SeekFrom::Current(by) => isize::try_from(by)
                .ok()
                .and_then(|by| self.position.checked_add_signed(by)),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position as u64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open(bytes: &[u8], time: Duration, stop: &Stop) -> (Bytes, Clock) {
        (Bytes::copy_from_slice(bytes), Clock::start(time, stop))
    }

    #[test]
    fn reading_ends_when_time_or_patience_do() {
        let (bytes, clock) = open(&[1; 10], Duration::ZERO, &Stop::new());
        assert_eq!(clock.check(), Err(PictureFault::TooSlow));
        assert!(Watched::new(&bytes, &clock).read(&mut [0]).is_err());
        let stop = Stop::new();
        let (bytes, clock) = open(&[1; 100_000], Duration::MAX, &stop);
        let mut watched = Watched::new(&bytes, &clock);
        assert_eq!(watched.read(&mut [0]).unwrap(), 1);
        stop.clone().stop();
        assert_eq!(clock.check(), Err(PictureFault::Stopped));
        assert!((0..=CALLS).any(|_| watched.read(&mut [0]).is_err()));
        // What began to fail goes on failing.
        let (bytes, clock) = open(&[1; 10], Duration::MAX, &stop);
        let mut watched = Watched::new(&bytes, &clock);
        assert!((0..5000).all(|_| watched.fill_buf().is_err() && watched.stream_position().is_err()));
    }

    proptest! {
        #[test]
        fn it_reads_as_any_other_reader_does(
            bytes in proptest::collection::vec(any::<u8>(), 0..9000),
            steps in proptest::collection::vec((0..4_u8, -10_000..10_000_i64), 0..60),
        ) {
            let (shared, clock) = open(&bytes, Duration::MAX, &Stop::new());
            let (mut ours, mut theirs) = (Watched::new(&shared, &clock), io::Cursor::new(&bytes));
            for (what, number) in steps {
                match what {
                    0 => {
                        let mut one = vec![0; number.unsigned_abs() as usize];
                        let mut other = one.clone();
                        prop_assert_eq!(ours.read(&mut one).unwrap(), theirs.read(&mut other).unwrap());
                        prop_assert_eq!(one, other);
                    }
                    1 => prop_assert_eq!(
                        ours.seek(SeekFrom::Current(number)).ok(), theirs.seek(SeekFrom::Current(number)).ok()),
                    2 => prop_assert_eq!(
                        ours.seek(SeekFrom::End(number)).ok(), theirs.seek(SeekFrom::End(number)).ok()),
                    _ => {
                        let start = SeekFrom::Start(number.unsigned_abs());
                        prop_assert_eq!(ours.seek(start).ok(), theirs.seek(start).ok());
                        let (one, other) = (ours.fill_buf().unwrap(), theirs.fill_buf().unwrap());
                        prop_assert!(other.starts_with(one) && one.is_empty() == other.is_empty());
                    }
                }
            }
        }
    }
}
