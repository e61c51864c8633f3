//! How long things take: when nothing can arrive any more, how often to look.

use std::time::Duration;

use jiff::SignedDuration;
use kvit_domain::Timestamp;

/// The times that operations are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// After this long a call cannot arrive any more: our deadline (45 s) and once more the time after which the front
    /// proxy gives up (40 s), since it repeats failed calls by itself (marketplace reference, section 2.1).
    pub last_arrival: Duration,
    /// So long after we gave up waiting the front proxy has given up as well (40 s, section 2.1), by a clock that
    /// nobody sets. A computer that slept in the middle of a call sends the rest of it when it wakes.
    pub last_repeat: Duration,
    /// A person is told after this long without a look that could be made, by the clock that nobody sets. Looking
    /// goes on.
    pub look_for: Duration,
    /// Waits between looks: soon at first, then the last one again and again.
    pub waits: [Duration; 6],
    /// A copy older than this is read again when it is looked at.
    pub stale: Duration,
}

impl Pace {
    /// The pace of the real marketplace.
    pub const REAL: Self = Self {
        last_arrival: Duration::from_secs(90),
        last_repeat: Duration::from_secs(45),
        look_for: Duration::from_secs(24 * 60 * 60),
        waits: [
            Duration::from_millis(500),
            Duration::from_secs(2),
            Duration::from_secs(4),
            Duration::from_secs(8),
            Duration::from_secs(15),
            Duration::from_secs(30),
        ],
        stale: Duration::from_secs(3),
    };

    /// The same, so many times faster: for a marketplace whose proxy gives up so much sooner.
    #[must_use]
    pub fn faster(self, times: u32) -> Self {
        let times = times.max(1);
        Self {
            last_arrival: self.last_arrival / times,
            last_repeat: self.last_repeat / times,
            look_for: self.look_for / times,
            waits: self.waits.map(|wait| wait / times),
            stale: self.stale / times,
        }
    }

    /// Whether a look **begun** at `began` for what was sent at `sent`, `quiet` after the silence began, is late enough to
    /// count for absence.
    pub(crate) fn is_late(&self, sent: Timestamp, began: Timestamp, quiet: Duration) -> bool {
        let last = SignedDuration::try_from(self.last_arrival).unwrap_or(SignedDuration::MAX);
        // A wall clock that was set back, now or before the app ended, must not bar the act until it has caught up.
        let old = began.duration_since(sent) > last || quiet > self.last_arrival;
        old && quiet > self.last_repeat
    }

    /// How long to wait before look number `looks` (from 0).
    pub fn wait_before(&self, looks: u32) -> Duration {
        let [.., last] = self.waits;
        usize::try_from(looks)
            .ok()
            .and_then(|at| self.waits.get(at))
            .copied()
            .unwrap_or(last)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::REAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_so_much_faster_and_in_the_same_order() {
        let fast = Pace::REAL.faster(100);
        assert_eq!(fast.last_arrival, Duration::from_millis(900));
        assert_eq!(fast.wait_before(0), Duration::from_millis(5));
        assert_eq!(fast.wait_before(5), fast.wait_before(u32::MAX));
        assert!(fast.last_repeat < fast.last_arrival);
    }
}
