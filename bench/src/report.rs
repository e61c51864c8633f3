//! Figures in words: on the terminal, and as the page `docs/figures.md`.

use std::fmt::Write as _;

use crate::figures::{Attempt, Figure, Spread, Target, Verdict, verdict};
use crate::rows::Row;

/// All attempts at one row: for each launch, one to three, the last of which may count.
#[derive(Debug)]
pub struct RowReport {
    /// The row.
    pub row: Row,
    /// Attempts by launch.
    pub launches: Vec<Vec<Attempt>>,
}

/// One figure over all launches.
struct Line<'a> {
    name: &'a str,
    unit: &'static str,
    target: Target,
    /// Of the launches that count.
    spreads: Vec<Spread>,
    verdict: Verdict,
}

impl RowReport {
    /// The attempt that counts, of each launch that has one.
    fn counting(&self) -> impl Iterator<Item = &Attempt> {
        self.launches
            .iter()
            .filter_map(|attempts| attempts.iter().find(|attempt| !attempt.is_void()))
    }

    fn void_launches(&self) -> usize {
        self.launches
            .iter()
            .filter(|attempts| attempts.iter().all(Attempt::is_void))
            .count()
    }

    fn lines(&self) -> Vec<Line<'_>> {
        // Void attempts lend their names, so that a figure without a run that counts is there and said to be void.
        let mut figures: Vec<&Figure> = Vec::new();
        for figure in self
            .launches
            .iter()
            .flatten()
            .flat_map(|attempt| &attempt.figures)
        {
            if figures.iter().all(|known| known.name != figure.name) {
                figures.push(figure);
            }
        }
        let void = self.void_launches();
        figures
            .into_iter()
            .map(|figure| {
                let spreads: Vec<Spread> = self
                    .counting()
                    .filter_map(|attempt| attempt.figures.iter().find(|other| other.name == figure.name))
                    .map(|figure| figure.spread)
                    .collect();
                let medians: Vec<f64> = spreads.iter().map(|spread| spread.median).collect();
                Line {
                    name: &figure.name,
                    unit: figure.unit,
                    target: figure.target,
                    verdict: verdict(figure.target, &medians, void),
                    spreads,
                }
            })
            .collect()
    }

    /// Whether a gate of this row was missed or could not be judged.
    pub fn falls_short(&self) -> bool {
        self.lines().iter().any(|line| match line.verdict {
            Verdict::Short(_) | Verdict::Beyond(_) => true,
            Verdict::Void(_) => line.target != Target::Reported,
            Verdict::Reached | Verdict::Reported => false,
        })
    }

    /// The row as a section of the page.
    pub fn section(&self) -> String {
        let mut page = String::new();
        let _ = writeln!(page, "## {}\n\n{}\n", self.row.name(), self.row.what());
        let _ = writeln!(
            page,
            "| figure | target | worst launch | its p10 to p90 | all launches | |"
        );
        let _ = writeln!(page, "|---|---|---|---|---|---|");
        for line in self.lines() {
            let medians: Vec<f64> = line.spreads.iter().map(|spread| spread.median).collect();
            let worst = line.target.worst(&medians);
            let spread = worst.and_then(|worst| {
                line.spreads.iter().min_by(|one, other| {
                    (one.median - worst)
                        .abs()
                        .total_cmp(&(other.median - worst).abs())
                })
            });
            let range = spread.map_or_else(
                || "-".to_owned(),
                |spread| format!("{} to {}", number(spread.p10), number(spread.p90)),
            );
            let all: Vec<String> = medians.iter().map(|median| number(*median)).collect();
            let unit = if line.unit == "x" {
                String::new()
            } else {
                format!(" {}", line.unit)
            };
            let _ = writeln!(
                page,
                "| {} | {}{} | {} | {range} | {} | {} |",
                line.name,
                line.target,
                if line.target == Target::Reported {
                    ""
                } else {
                    &unit
                },
                worst.map_or_else(|| "-".to_owned(), |worst| format!("{}{unit}", number(worst))),
                if all.is_empty() {
                    "-".to_owned()
                } else {
                    all.join(", ")
                },
                line.verdict
            );
        }
        let _ = writeln!(page);
        for (launch, attempts) in self.launches.iter().enumerate() {
            for attempt in attempts {
                let _ = writeln!(page, "- launch {}: {}", launch.saturating_add(1), told(attempt));
            }
        }
        page
    }
}

/// Control and notes of an attempt, in a line.
pub fn told(attempt: &Attempt) -> String {
    let mut words = match attempt.control {
        None => "counted, no control".to_owned(),
        Some(control) => {
            let (low, high) = control.limits();
            format!(
                "Kvit against itself {} (p10 to p90 {} to {}; {low} to {high} counts)",
                number(control.spread.median),
                number(control.spread.p10),
                number(control.spread.p90)
            )
        }
    };
    if attempt.is_void() {
        // What a void run found is printed, and judged by nobody.
        let found: Vec<String> = attempt
            .figures
            .iter()
            .map(|figure| format!("{} {}", figure.name, number(figure.spread.median)))
            .collect();
        let _ = write!(words, "; VOID, not counted; it found: {}", found.join(", "));
    }
    for note in &attempt.notes {
        let _ = write!(words, "; {note}");
    }
    words
}

/// Three digits that mean something.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        size if size > 0.0 => 5,
        _ => 0,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Clock, Control};

    fn attempt(value: f64, control: f64) -> Attempt {
        Attempt {
            figures: vec![Figure::ratio(
                "Kvit / other",
                Spread::exact(value),
                Target::AtLeast(1.0),
            )],
            control: Some(Control {
                spread: Spread::exact(control),
                clock: Clock::Cpu,
            }),
            notes: vec!["a note".to_owned()],
        }
    }

    #[test]
    fn a_void_attempt_is_printed_and_not_judged() {
        let report = RowReport {
            row: Row::P1,
            launches: vec![
                vec![attempt(0.5, 1.2), attempt(1.1, 1.0)],
                vec![attempt(1.3, 1.01)],
            ],
        };
        assert!(!report.falls_short());
        let page = report.section();
        assert!(
            page.contains("| Kvit / other | at least 1 | 1.10 | 1.10 to 1.10 | 1.10, 1.30 | reached |"),
            "{page}"
        );
        assert!(
            page.contains("VOID, not counted; it found: Kvit / other 0.500"),
            "{page}"
        );
        assert_eq!(page.matches("a note").count(), 3);
    }

    #[test]
    fn a_launch_without_a_run_that_counts_voids_the_row() {
        let report = RowReport {
            row: Row::P1,
            launches: vec![vec![attempt(1.5, 1.2); 3], vec![attempt(1.3, 1.0)]],
        };
        assert!(report.falls_short());
        assert!(
            report.section().contains("VOID (1 launches"),
            "{}",
            report.section()
        );
    }

    #[test]
    fn the_worst_launch_is_the_one_that_is_shown() {
        let report = RowReport {
            row: Row::P1,
            launches: vec![vec![attempt(1.5, 1.0)], vec![attempt(0.8, 1.0)]],
        };
        assert!(report.falls_short());
        assert!(
            report
                .section()
                .contains("| 0.800 | 0.800 to 0.800 | 1.50, 0.800 | SHORT by 20 % |")
        );
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.000_123_4, "0.00012"),
            (0.4567, "0.457"),
            (1.2345, "1.23"),
            (12.345, "12.3"),
            (1234.5, "1234"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
