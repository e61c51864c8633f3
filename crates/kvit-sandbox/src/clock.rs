//! Time as the practice marketplace sees it: the system's, or one that a test moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use prost_types::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment in UTC, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// From whole seconds since 1970.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Moment {
        Moment(seconds.saturating_mul(1_000))
    }

    #[cfg(test)]
    pub(crate) const fn from_millis(millis: i64) -> Moment {
        Moment(millis)
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Later by `seconds` (earlier if negative).
    #[must_use]
    pub fn after(self, seconds: i64) -> Moment {
        Moment(self.0.saturating_add(seconds.saturating_mul(1_000)))
    }

    /// Later by `minutes`.
    #[must_use]
    pub fn after_minutes(self, minutes: u32) -> Moment {
        self.after(i64::from(minutes).saturating_mul(60))
    }

    /// The contract's form.
    pub(crate) fn timestamp(self) -> Timestamp {
        let nanos = i32::try_from(self.0.rem_euclid(1_000).saturating_mul(1_000_000)).unwrap_or_default();
        Timestamp {
            seconds: self.seconds(),
            nanos,
        }
    }

    /// For libraries that want the standard type; moments before 1970 become 1970.
    pub(crate) fn system_time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(self.0).unwrap_or_default())
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Moment {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// "No time" on the wire: the first second of year 1 (reference 3.2).
pub(crate) const NO_TIME: Timestamp = Timestamp {
    seconds: -62_135_596_800,
    nanos: 0,
};

/// The contract's form of a moment that may be missing.
pub(crate) fn timestamp_or_none(moment: Option<Moment>) -> Timestamp {
    moment.map_or(NO_TIME, Moment::timestamp)
}

/// Where the marketplace's time comes from. Clones of a manual clock show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The computer's own clock.
    #[must_use]
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`].
    #[must_use]
    pub fn manual(start: SystemTime) -> Clock {
        Clock(Source::Manual(Arc::new(AtomicI64::new(Moment::from(start).0))))
    }

    /// Moves a manual clock forward. Does nothing to the system's.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            now.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System => SystemTime::now().into(),
            Source::Manual(now) => Moment(now.load(Ordering::SeqCst)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000));
        let twin = clock.clone();
        assert_eq!(clock.now(), Moment::from_seconds(1_600_000_000));
        clock.advance(Duration::from_millis(2_500));
        assert_eq!(
            twin.now().timestamp(),
            Timestamp {
                seconds: 1_600_000_002,
                nanos: 500_000_000
            }
        );
    }

    #[test]
    fn no_time_is_year_one() {
        let civil = jiff::Timestamp::from_second(NO_TIME.seconds).unwrap();
        assert_eq!(
            civil.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "0001-01-01T00:00:00"
        );
    }
}
