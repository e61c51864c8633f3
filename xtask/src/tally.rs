//! How many tests passed and failed, read from what test programs print.

use std::fmt;
use std::ops::AddAssign;

/// Counts of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// A line as `cargo test` ends each test program with: `test result: ok. 3 passed; 0 failed; …`.
pub fn of_rust(line: &str) -> Option<Tally> {
    let line = plain(line);
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let passed = counts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = counts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed })
}

/// The line that the tests of the UI end with: `3 passed, 0 failed`.
pub fn of_ui(line: &str) -> Option<Tally> {
    let line = plain(line);
    let (passed, failed) = line.trim().split_once(", ")?;
    let passed = passed.strip_suffix(" passed")?.parse().ok()?;
    let failed = failed.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed })
}

/// `line` without terminal colours.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        // A control sequence ends with its first letter.
        rest = after
            .split_once(|c: char| c.is_ascii_alphabetic())
            .map_or("", |(_, tail)| tail);
    }
    plain.push_str(rest);
    plain
}

/// What a ring's counts are worth together with how its program ended: one that failed without a failed test (it did
/// not compile, or crashed) has failed once, and one that ran no test at all has proven nothing.
pub fn judged(counted: Tally, success: bool) -> Tally {
    let mut judged = counted;
    if counted.failed == 0 && (!success || counted.passed == 0) {
        judged.failed = 1;
    }
    judged
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn reads_what_cargo_prints() {
        let ok =
            "test result: ok. 13 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.04s";
        assert_eq!(of_rust(ok), Some(tally(13, 0)));
        let bad = "test result: FAILED. 27 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.15s";
        assert_eq!(of_rust(bad), Some(tally(27, 1)));
        let coloured = "test result: \u{1b}[31mFAILED\u{1b}[0m. 1 passed; 2 failed; 0 ignored; 0 measured";
        assert_eq!(of_rust(coloured), Some(tally(1, 2)));
    }

    #[test]
    fn reads_what_the_ui_prints() {
        assert_eq!(of_ui("241 passed, 3 failed"), Some(tally(241, 3)));
        assert_eq!(
            of_ui("\u{1b}[32m5 passed\u{1b}[39m, 0 failed\u{1b}[0m"),
            Some(tally(5, 0))
        );
    }

    #[test]
    fn takes_nothing_else_for_a_count() {
        for line in [
            "",
            "test result: ok",
            "test result: ok. many passed; 0 failed",
            "test a ... ok",
            "says test result: ok. 1 passed; 0 failed;",
            "1 passed",
            "-1 passed, 0 failed",
            "1 passed, 0 failed of 2",
            "\u{1b}[",
        ] {
            assert_eq!(of_rust(line), None, "{line:?}");
            assert_eq!(of_ui(line), None, "{line:?}");
        }
    }

    #[test]
    fn no_ring_passes_by_doing_nothing_or_dying() {
        assert_eq!(judged(tally(3, 0), true), tally(3, 0));
        assert_eq!(judged(tally(3, 2), false), tally(3, 2));
        assert_eq!(judged(tally(3, 0), false), tally(3, 1));
        assert_eq!(judged(tally(0, 0), false), tally(0, 1));
        assert_eq!(judged(tally(0, 0), true), tally(0, 1));
    }

    #[test]
    fn ends_with_one_plain_line() {
        let mut sum = tally(2, 0);
        sum += tally(3, 1);
        assert_eq!(sum.to_string(), "5 passed, 1 failed");
    }
}
