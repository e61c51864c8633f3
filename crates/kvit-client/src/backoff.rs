//! How long to wait before trying again: doubling, with full jitter, so that a thousand clients do not come back in
//! step after the server was away.

use std::time::Duration;

use rand::Rng;

/// The first ceiling.
const FIRST: Duration = Duration::from_secs(1);

/// The last ceiling.
const LAST: Duration = Duration::from_secs(60);

/// Never less: full jitter alone could mean "at once".
const LEAST: Duration = Duration::from_millis(100);

/// Waits since things last went well.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The longest the next wait may be.
    fn ceiling(&self) -> Duration {
        1u32.checked_shl(self.failures)
            .and_then(|factor| FIRST.checked_mul(factor))
            .map_or(LAST, |wait| wait.min(LAST))
    }

    /// The next wait: anything from [`LEAST`] to a ceiling that doubles from [`FIRST`] to [`LAST`].
    pub(crate) fn next(&mut self, random: &mut impl Rng) -> Duration {
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        random.random_range(LEAST..=ceiling)
    }

    /// Things went well.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn ceilings_double_up_to_a_minute() {
        let ceilings: Vec<u64> = (0..9)
            .map(|failures| Backoff { failures }.ceiling().as_secs())
            .collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(Backoff { failures: u32::MAX }.ceiling(), LAST);
    }

    proptest! {
        #[test]
        fn every_wait_is_within_its_bounds(seed: u64, rounds in 1..100usize) {
            let mut random = StdRng::seed_from_u64(seed);
            let mut backoff = Backoff::default();
            for _ in 0..rounds {
                let ceiling = backoff.ceiling();
                let wait = backoff.next(&mut random);
                prop_assert!(LEAST <= wait && wait <= ceiling && ceiling <= LAST);
            }
            backoff.reset();
            prop_assert!(backoff.next(&mut random) <= FIRST);
        }
    }

    #[test]
    fn waits_are_spread() {
        let mut random = StdRng::seed_from_u64(1);
        let waits: std::collections::BTreeSet<Duration> = (0..100)
            .map(|_| Backoff { failures: 10 }.next(&mut random))
            .collect();
        assert!(waits.len() > 90);
        assert!(
            waits.first() < Some(&Duration::from_secs(10)) && waits.last() > Some(&Duration::from_secs(50))
        );
    }
}
