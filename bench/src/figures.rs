//! The arithmetic of a measurement: medians, ratios, targets, and when a run says nothing.

use std::fmt;

/// The middle of many values and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Half of the values are below.
    pub median: f64,
    /// A tenth of the values is below.
    pub p10: f64,
    /// Nine tenths of the values are below.
    pub p90: f64,
}

impl Spread {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            p10: quantile(&sorted, 0.1)?,
            p90: quantile(&sorted, 0.9)?,
        })
    }

    /// A value that is counted, not measured.
    pub fn exact(value: f64) -> Self {
        Self {
            median: value,
            p10: value,
            p90: value,
        }
    }
}

/// The value below which the part `part` of the sorted values lies, between neighbours by proportion.
pub fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = part.clamp(0.0, 1.0) * to_f64(last as u64);
    let below = place.floor();
    let index = below as usize;
    let low = sorted.get(index)?;
    let high = sorted.get(index.saturating_add(1)).unwrap_or(low);
    Some(low + (high - low) * (place - below))
}

/// Nanoseconds, counts and bytes are far below 2^53.
pub fn to_f64(number: u64) -> f64 {
    number as f64
}

/// Two slices of one subject in one round, the first on the way there and the second on the way back, each in
/// nanoseconds for one operation: A B B A. What drifts evenly through a round is in both subjects' sums alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// On the way there.
    pub there: f64,
    /// On the way back.
    pub back: f64,
}

impl Round {
    /// Of both.
    pub fn mean(self) -> f64 {
        f64::midpoint(self.there, self.back)
    }
}

/// `above` over `below`, round by round.
pub fn ratios(above: &[Round], below: &[Round]) -> Vec<f64> {
    above
        .iter()
        .zip(below)
        .map(|(above, below)| above.mean() / below.mean())
        .filter(|ratio| ratio.is_finite())
        .collect()
}

/// What a figure has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Only reported.
    Reported,
}

impl Target {
    /// How far `value` misses the target, as a part of the target; `None` if it does not.
    pub fn missed_by(self, value: f64) -> Option<f64> {
        let (target, gap) = match self {
            Self::AtLeast(target) => (target, target - value),
            Self::AtMost(target) => (target, value - target),
            Self::Reported => return None,
        };
        if gap <= 0.0 {
            return None;
        }
        // A value that is no number meets no target.
        Some(if target == 0.0 { gap } else { gap / target })
    }

    /// The value of `values` that stands worst with this target; of a reported figure, the middle one.
    pub fn worst(self, values: &[f64]) -> Option<f64> {
        let by = |one: &&f64, other: &&f64| one.total_cmp(other);
        match self {
            Self::AtLeast(_) => values.iter().min_by(by).copied(),
            Self::AtMost(_) => values.iter().max_by(by).copied(),
            Self::Reported => Spread::of(values).map(|spread| spread.median),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(value) => write!(f, "at least {value}"),
            Self::AtMost(value) => write!(f, "at most {value}"),
            Self::Reported => write!(f, "reported"),
        }
    }
}

/// One figure of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it says, for instance `Kvit / best stock peer (rate)`.
    pub name: String,
    /// `x` for a ratio, or a unit.
    pub unit: &'static str,
    /// The values.
    pub spread: Spread,
    /// What it has to be.
    pub target: Target,
}

impl Figure {
    /// A ratio.
    pub fn ratio(name: impl Into<String>, spread: Spread, target: Target) -> Self {
        Self {
            name: name.into(),
            unit: "x",
            spread,
            target,
        }
    }
}

/// The subject against itself: what this run can tell apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Control {
    /// Second time over first time.
    pub spread: Spread,
    /// By which clock.
    pub clock: Clock,
}

/// What a slice is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Processor time.
    Cpu,
    /// Time on the wall, or memory: what others on the machine can disturb.
    Wall,
}

impl Control {
    /// The limits of the median.
    pub fn limits(self) -> (f64, f64) {
        match self.clock {
            Clock::Cpu => (0.97, 1.03),
            Clock::Wall => (0.95, 1.05),
        }
    }

    /// Whether a run with this control says anything at all.
    pub fn holds(self) -> bool {
        let (low, high) = self.limits();
        (low..=high).contains(&self.spread.median)
    }
}

/// One attempt at a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// What was measured.
    pub figures: Vec<Figure>,
    /// The subject against itself; `None` where things are counted and not measured.
    pub control: Option<Control>,
    /// What else this attempt has to say.
    pub notes: Vec<String>,
}

impl Attempt {
    /// Whether it counts.
    pub fn is_void(&self) -> bool {
        self.control.is_some_and(|control| !control.holds())
    }
}

/// What all launches together say about one figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Reached in every launch.
    Reached,
    /// Missed by this part of the target in the worst launch.
    Short(f64),
    /// Missed by so much, where the target is nothing at all.
    Beyond(f64),
    /// No target.
    Reported,
    /// So many launches found no attempt that counts: neither reached nor missed.
    Void(usize),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached => write!(f, "reached"),
            Self::Short(by) => write!(f, "SHORT by {:.0} %", (by * 100.0).max(1.0)),
            Self::Beyond(by) => write!(f, "SHORT by {by:.0}"),
            Self::Reported => write!(f, "reported"),
            Self::Void(launches) => write!(f, "VOID ({launches} launches without a run that counts)"),
        }
    }
}

/// The verdict on a figure: `medians` of the launches that count, and the number of those that do not.
pub fn verdict(target: Target, medians: &[f64], void: usize) -> Verdict {
    if void > 0 || medians.is_empty() {
        return Verdict::Void(void);
    }
    match (target, target.worst(medians)) {
        (Target::Reported, _) => Verdict::Reported,
        (_, None) => Verdict::Void(void),
        (_, Some(worst)) => match target.missed_by(worst) {
            None => Verdict::Reached,
            Some(by) if target == Target::AtMost(0.0) => Verdict::Beyond(by),
            Some(by) => Verdict::Short(by),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(there: f64, back: f64) -> Round {
        Round { there, back }
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(spread.median, 2.5);
        let ten: Vec<f64> = (0..=10).map(f64::from).rev().collect();
        let spread = Spread::of(&ten).unwrap();
        assert_eq!((spread.p10, spread.median, spread.p90), (1.0, 5.0, 9.0));
        assert_eq!(Spread::of(&[7.0]), Some(Spread::exact(7.0)));
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(quantile(&[1.0, 2.0], 2.0), Some(2.0));
    }

    #[test]
    fn an_even_drift_leaves_the_ratio_alone() {
        // The machine slows down evenly: slices at times 0, 1, 2, 3 take 100, 110, 120, 130 % of what they should.
        let a = round(10.0 * 1.0, 10.0 * 1.3);
        let b = round(20.0 * 1.1, 20.0 * 1.2);
        let found = ratios(&[b], &[a]);
        assert!((found.first().unwrap() - 2.0).abs() < 1e-9, "{found:?}");
        // In the order A B A B it would not be 2.
        assert!((20.0 * (1.1 + 1.3) / (10.0 * (1.0 + 1.2)) - 2.0_f64).abs() > 0.1);
    }

    #[test]
    fn what_cannot_be_divided_is_left_out() {
        assert!(ratios(&[round(1.0, 1.0)], &[round(0.0, 0.0)]).is_empty());
    }

    #[test]
    fn a_run_is_void_exactly_outside_of_the_limits() {
        let control = |median, clock| Control {
            spread: Spread::exact(median),
            clock,
        };
        for (median, cpu, wall) in [
            (1.0, true, true),
            (0.97, true, true),
            (1.03, true, true),
            (0.969, false, true),
            (1.031, false, true),
            (0.95, false, true),
            (1.05, false, true),
            (0.949, false, false),
            (1.051, false, false),
            (f64::NAN, false, false),
        ] {
            assert_eq!(control(median, Clock::Cpu).holds(), cpu, "{median}");
            assert_eq!(control(median, Clock::Wall).holds(), wall, "{median}");
        }
        let attempt = |control| Attempt {
            figures: Vec::new(),
            control,
            notes: Vec::new(),
        };
        assert!(attempt(Some(control(1.04, Clock::Cpu))).is_void());
        assert!(!attempt(None).is_void());
    }

    #[test]
    fn the_worst_launch_decides() {
        let medians = [1.2, 0.9, 1.1];
        assert_eq!(
            verdict(Target::AtLeast(1.0), &medians, 0),
            Verdict::Short(1.0 - 0.9)
        );
        assert_eq!(verdict(Target::AtMost(1.2), &medians, 0), Verdict::Reached);
        assert!(
            matches!(verdict(Target::AtMost(1.1), &medians, 0), Verdict::Short(by) if (by - 0.1 / 1.1).abs() < 1e-9)
        );
        assert_eq!(verdict(Target::Reported, &medians, 0), Verdict::Reported);
        assert_eq!(Target::Reported.worst(&medians), Some(1.1));
    }

    #[test]
    fn a_void_launch_is_neither_reached_nor_missed() {
        assert_eq!(verdict(Target::AtLeast(1.0), &[2.0], 1), Verdict::Void(1));
        assert_eq!(verdict(Target::AtLeast(1.0), &[], 1), Verdict::Void(1));
        assert_eq!(verdict(Target::Reported, &[], 2), Verdict::Void(2));
    }

    #[test]
    fn no_number_meets_no_target() {
        assert_eq!(Target::AtMost(0.0).missed_by(0.0), None);
        assert_eq!(Target::AtMost(0.0).missed_by(2.0), Some(2.0));
        assert!(Target::AtLeast(1.0).missed_by(f64::NAN).is_some());
        assert!(Target::AtMost(1.0).missed_by(f64::NAN).is_some());
        assert_eq!(
            verdict(Target::AtMost(0.0), &[0.0, 2.0], 0).to_string(),
            "SHORT by 2"
        );
        assert_eq!(verdict(Target::AtMost(0.0), &[0.0], 0), Verdict::Reached);
        assert_eq!(Verdict::Short(0.004).to_string(), "SHORT by 1 %");
        assert_eq!(Verdict::Short(0.25).to_string(), "SHORT by 25 %");
    }
}
