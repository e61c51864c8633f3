//! Times: UTC, with year 1 for "none" (section 3.2).

use kvit_domain::Timestamp;
use prost_types::Timestamp as Message;

use crate::path::{Path, Reason, WireFault};

/// The first second of year 2: all before it is "no time".
const YEAR_2: i64 = -62_104_060_800;

/// Year 1 begins here: what the server writes for "no time".
const YEAR_1: i64 = -62_135_596_800;

/// A time that may be none: absent, or any time of year 1.
pub fn optional(message: Option<Message>, path: &Path<'_>) -> Result<Option<Timestamp>, WireFault> {
    let Some(message) = message else { return Ok(None) };
    if message.seconds < YEAR_2 {
        return Ok(None);
    }
    if !(0..1_000_000_000).contains(&message.nanos) {
        return Err(path.fault(Reason::Time));
    }
    Timestamp::new(message.seconds, message.nanos)
        .map(Some)
        .map_err(|_| path.fault(Reason::Time))
}

/// A time that must be there.
pub fn required(message: Option<Message>, path: &Path<'_>) -> Result<Timestamp, WireFault> {
    optional(message, path)?.ok_or_else(|| path.fault(Reason::Missing))
}

/// The message for a time, `None` as the server writes it.
pub fn message(time: Option<Timestamp>) -> Message {
    let Some(time) = time else {
        return Message {
            seconds: YEAR_1,
            nanos: 0,
        };
    };
    let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
    // Before 1970 both parts are negative here; on the wire nanos count forward.
    if nanos < 0 {
        Message {
            seconds: seconds - 1,
            nanos: nanos + 1_000_000_000,
        }
    } else {
        Message { seconds, nanos }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn year_one_is_no_time() {
        let path = Path::ROOT;
        let path = path.field("CompletedAt");
        assert_eq!(optional(None, &path), Ok(None));
        assert_eq!(optional(Some(message(None)), &path), Ok(None));
        assert_eq!(
            required(Some(message(None)), &path).unwrap_err().reason,
            Reason::Missing
        );
        assert_eq!(
            message(None).seconds,
            "0001-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second()
        );
        assert_eq!(
            YEAR_2,
            "0002-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second()
        );
    }

    #[test]
    fn impossible_times_are_refused() {
        let path = Path::ROOT;
        for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MAX, 0), (0, i32::MIN)] {
            let message = Some(Message { seconds, nanos });
            assert_eq!(
                optional(message, &path).unwrap_err().reason,
                Reason::Time,
                "{seconds} {nanos}"
            );
        }
    }

    proptest! {
        #[test]
        fn times_survive(seconds in YEAR_2..253_402_207_200i64, nanos in 0..1_000_000_000i32) {
            let time = Timestamp::new(seconds, nanos).unwrap();
            prop_assert_eq!(optional(Some(message(Some(time))), &Path::ROOT), Ok(Some(time)));
        }

        #[test]
        fn no_pair_panics(seconds: i64, nanos: i32) {
            let _ = optional(Some(Message { seconds, nanos }), &Path::ROOT);
        }
    }
}
