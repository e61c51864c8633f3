//! Planted mistakes: an engine that retries, one that believes the error, one that sends a message again, one that does
//! not upload its pictures, a store that does not sync. Each must be seen by
//! the harness that is there for it, or that harness proves nothing.

use std::fmt;
use std::path::Path;

use anyhow::Result;

use crate::lane::Lane;
use crate::pace::Scale;
use crate::plan::{Fault, Plan};
use crate::power;
use crate::run::{self, Options};
use crate::talks;
use crate::totals::Totals;
use crate::wire::{Class, How};

/// A planted mistake, and what gave it away.
#[derive(Debug, Clone)]
pub struct Found {
    /// The point that plants it.
    pub name: &'static str,
    /// The totals that were not 0, with their counts; empty: it was not seen.
    pub by: Vec<(String, u64)>,
    /// The same harness without it complains of nothing.
    pub control: bool,
}

impl Found {
    /// It was seen, and only because of it.
    pub fn seen(&self) -> bool {
        self.control && !self.by.is_empty()
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by: Vec<String> = self
            .by
            .iter()
            .map(|(name, count)| format!("{name}: {count}"))
            .collect();
        match (self.control, by.is_empty()) {
            (true, false) => write!(f, "{}: seen by {}", self.name, by.join(", ")),
            (true, true) => write!(f, "{}: NOT SEEN", self.name),
            (false, _) => write!(f, "{}: VOID, the harness complains without it as well", self.name),
        }
    }
}

/// Plants each of them.
///
/// # Errors
/// A harness cannot go on.
pub async fn run(seed: u64, scale: Scale, folder: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let runs = [
        (Kind::Payments, "planted.retry", "sent again by us"),
        (Kind::Payments, "planted.trust_error", "reported wrongly"),
        (Kind::Talks, "planted.send_again", "sent again by us"),
        (Kind::Talks, "planted.no_upload", "sent before its pictures"),
    ];
    let mut healthy: Option<(Kind, bool)> = None;
    for (kind, name, sin) in runs {
        let control = match healthy {
            Some((of, good)) if of == kind => good,
            _ => kind
                .run(None, seed, scale, &folder.join(format!("{kind:?}")))
                .await?
                .good(),
        };
        healthy = Some((kind, control));
        let totals = kind.run(Some(name), seed, scale, &folder.join(name)).await?;
        let by: Vec<(String, u64)> = totals
            .sins()
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name.to_owned(), count))
            .collect();
        // By the total that is there for it: being seen by chance is not being seen.
        let named = by.iter().any(|(name, _)| name == sin);
        found.push(Found {
            name,
            by: if named { by } else { Vec::new() },
            control,
        });
    }
    let name = "planted.no_sync";
    let healthy = power::run(100, 20, seed, None)?;
    let totals = power::run(100, 20, seed, Some(name))?;
    let by = [
        ("acknowledged and lost", totals.lost),
        ("damaged", totals.damaged),
    ];
    let by: Vec<(String, u64)> = by
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    let named = totals.lost > 0;
    found.push(Found {
        name,
        by: if named { by } else { Vec::new() },
        control: healthy.good(),
    });
    Ok(found)
}

/// Which run a mistake is planted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Payments,
    Talks,
}

impl Kind {
    /// A small run with what the mistakes are about: silence with and without execution.
    async fn run(self, planted: Option<&str>, seed: u64, scale: Scale, folder: &Path) -> Result<Totals> {
        let faults = [
            Fault::Status(14, false),
            Fault::Status(14, true),
            Fault::Http(true),
            Fault::Wire(Class::C7, How::Rst),
            Fault::Wire(Class::C5, How::Fin),
            Fault::Wire(Class::C9, How::BlackHole),
        ];
        let plan = Plan::of(
            faults
                .iter()
                .copied()
                .flat_map(|fault| [fault, Fault::None, fault]),
        );
        let options = Options {
            lanes: 2,
            seed,
            scale,
            planted: planted.map(str::to_owned),
            limit: None,
            progress: false,
        };
        match self {
            Self::Payments => run::run::<Lane>(plan, &options, folder).await,
            Self::Talks => run::run::<talks::Lane>(plan, &options, folder).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_without_being_planted_does_not_count() {
        let seen = Found {
            name: "x",
            by: vec![("forgotten".to_owned(), 1)],
            control: true,
        };
        assert!(seen.seen());
        assert!(
            !Found {
                control: false,
                ..seen.clone()
            }
            .seen()
        );
        assert!(
            !Found {
                by: Vec::new(),
                ..seen
            }
            .seen()
        );
    }
}
