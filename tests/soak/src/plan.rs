//! The mix of a run: which faults, how many of each, in which order. All of it follows from the seed.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};

use crate::engine::Points;
use crate::wire::{Class, How};

/// What is done to one asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing.
    None,
    /// The wire is struck.
    Wire(Class, How),
    /// The wire holds the request back until later than the client waits, and delivers it then.
    WireLate,
    /// The server answers with this gRPC status, before or after it acted.
    Status(i32, bool),
    /// The server answers with a bare HTTP 503, before or after it acted.
    Http(bool),
    /// The front proxy has it carried out twice in a row; the answer of the second or of the first comes back.
    Twice(bool),
    /// The front proxy has it carried out once more, later than the client waits; the client is told UNAVAILABLE
    /// (before) or nothing (after).
    TwiceLate(bool),
    /// The front proxy has it carried out later than the client waits.
    ServerLate(bool),
    /// The answer comes later than the client waits; before or after the server acted.
    Delay(bool),
    /// Never answered; heartbeats go on.
    Stall(bool),
    /// The engine's process is killed at a random moment.
    KillTime,
    /// It is killed at this fail point.
    KillPoint(&'static str),
    /// It panics at this fail point (test R24).
    Panic(&'static str),
    /// The server's process is stopped (SIGSTOP) just before the call, and goes on later (test R8).
    Stop,
    /// The price changed after the person saw it.
    PriceChanged,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |after: bool| if after { "after" } else { "before" };
        match self {
            Self::None => f.write_str("none"),
            Self::Wire(class, how) => write!(f, "{class} {how}"),
            Self::WireLate => f.write_str("delay beyond deadline, on the wire"),
            Self::Status(code, after) => write!(f, "status {code} {} execution", side(*after)),
            Self::Http(after) => write!(f, "503 {} execution", side(*after)),
            Self::Twice(after) => write!(
                f,
                "twice, answer of the {}",
                if *after { "first" } else { "second" }
            ),
            Self::TwiceLate(after) => write!(
                f,
                "twice-late, {}",
                if *after { "silence" } else { "unavailable" }
            ),
            Self::ServerLate(after) => write!(f, "late, {}", if *after { "silence" } else { "unavailable" }),
            Self::Delay(after) => write!(f, "delay beyond deadline {} execution", side(*after)),
            Self::Stall(after) => write!(f, "stall {} execution", side(*after)),
            Self::KillTime => f.write_str("kill -9 at time"),
            Self::KillPoint(point) => write!(f, "kill -9 at {point}"),
            Self::Panic(point) => write!(f, "panic at {point}"),
            Self::Stop => f.write_str("server stopped"),
            Self::PriceChanged => f.write_str("price changed"),
        }
    }
}

impl Fault {
    /// Needs a lane under TLS; the others need one whose frames can be read.
    pub fn is_of_tls(self) -> bool {
        matches!(self, Self::Wire(Class::C1, _))
    }

    /// The front proxy carries it out more than once.
    pub fn repeats(self) -> bool {
        matches!(self, Self::Twice(_) | Self::TwiceLate(_))
    }

    /// Its point is passed only when news comes.
    pub fn needs_news(self) -> bool {
        match self {
            Self::KillPoint(point) | Self::Panic(point) => {
                point.starts_with("news.") || point.starts_with("store.news.")
            }
            _ => false,
        }
    }

    /// The classes it counts for.
    pub fn classes(self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Wire(class, how) => vec![class.to_string(), how.to_string(), self.to_string()],
            Self::KillPoint(_) => vec!["kill -9 at fail point".to_owned(), self.to_string()],
            Self::Panic(_) => vec!["panic at fail point".to_owned(), self.to_string()],
            Self::Status(_, after) => {
                let side = if after {
                    "status after execution"
                } else {
                    "status before execution"
                };
                vec![side.to_owned()]
            }
            other => vec![other.to_string()],
        }
    }
}

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Askings in all.
    pub asks: usize,
    /// Least number of each class c0 to c14, spread over the four ways.
    pub class: usize,
    /// Least number of each kind of fault of the server.
    pub server: usize,
    /// Least number of each status on each side.
    pub status: usize,
    /// Least number of kills at random moments.
    pub kills: usize,
    /// Least number of kills at each fail point.
    pub points: usize,
    /// Least number of panics at each fail point of an act.
    pub panics: usize,
}

impl Size {
    /// So many askings with about the proportions of tests R1 to R3.
    pub fn of(asks: usize) -> Self {
        Self {
            asks,
            class: asks / 100,
            server: (asks / 100).max(1),
            status: (asks / 2_000).max(1),
            kills: asks / 50,
            points: (asks / 1_000).max(1),
            panics: (asks / 2_000).max(1),
        }
    }
}

/// The plan of a run.
#[derive(Debug)]
pub struct Plan {
    /// For lanes whose frames can be read.
    pub plain: VecDeque<Fault>,
    /// For lanes under TLS.
    pub tls: VecDeque<Fault>,
    /// Least number of each class.
    pub minimums: BTreeMap<String, u64>,
}

/// A shot misses when the call it was aimed at is refused: so many more per hundred are planned.
const MORE: usize = 25;

impl Plan {
    /// Just these, without TLS.
    pub fn of(faults: impl Iterator<Item = Fault>) -> Self {
        Self {
            plain: faults.collect(),
            tls: VecDeque::new(),
            minimums: BTreeMap::new(),
        }
    }

    /// Makes it, for acts with these fail points. `own`: kinds of fault that only these acts have.
    pub fn new(size: Size, points: &Points, own: &[Fault], seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut minimums = BTreeMap::new();
        let mut faults: Vec<Fault> = Vec::new();
        let mut plan = |fault: Fault, least: usize| {
            let planned = least + (least * MORE).div_ceil(100);
            faults.extend(std::iter::repeat_n(fault, planned));
            for class in fault.classes() {
                *minimums.entry(class).or_default() += least as u64;
            }
        };
        for class in Class::ALL {
            for how in How::ALL {
                plan(Fault::Wire(class, how), size.class.div_ceil(How::ALL.len()));
            }
        }
        for after in [false, true] {
            plan(Fault::Http(after), size.server);
            plan(Fault::Twice(after), size.server);
            plan(Fault::TwiceLate(after), size.server);
            plan(Fault::ServerLate(after), size.server);
            plan(Fault::Delay(after), size.server);
            plan(Fault::Stall(after), size.server);
            for code in 1..=16 {
                plan(Fault::Status(code, after), size.status);
            }
        }
        plan(Fault::WireLate, size.server);
        for fault in own {
            plan(*fault, size.server);
        }
        plan(Fault::Stop, size.server);
        plan(Fault::KillTime, size.kills);
        for point in points.all() {
            plan(Fault::KillPoint(point), size.points);
        }
        for point in points.act {
            plan(Fault::Panic(point), size.panics);
        }
        // The rest: mostly healthy, and some of everything.
        let kinds = faults.clone();
        while faults.len() < size.asks {
            let fault = if rng.random_ratio(4, 5) {
                None
            } else {
                kinds.choose(&mut rng).copied()
            };
            faults.push(fault.unwrap_or(Fault::None));
        }
        faults.shuffle(&mut rng);
        let (mut tls, plain): (VecDeque<_>, VecDeque<_>) =
            faults.into_iter().partition(|fault| fault.is_of_tls());
        // So that there is something to break, and healthy payments between.
        tls.extend(std::iter::repeat_n(Fault::None, tls.len()));
        tls.make_contiguous().shuffle(&mut rng);
        Self { plain, tls, minimums }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::PAYMENTS;

    #[test]
    fn a_plan_has_more_of_each_class_than_its_minimum() {
        for asks in [100, 2_000, 10_000] {
            let size = Size::of(asks);
            let plan = Plan::new(size, &PAYMENTS, &[Fault::PriceChanged], 1);
            let mut planned: BTreeMap<String, u64> = BTreeMap::new();
            for fault in plan.plain.iter().chain(&plan.tls) {
                for class in fault.classes() {
                    *planned.entry(class).or_default() += 1;
                }
            }
            for (class, least) in &plan.minimums {
                assert!(planned[class] >= *least, "{class}");
            }
            assert!(plan.plain.len() + plan.tls.len() >= asks);
            assert!(
                plan.tls
                    .iter()
                    .all(|fault| *fault == Fault::None || fault.is_of_tls())
            );
        }
    }

    #[test]
    fn the_same_seed_is_the_same_plan() {
        let plan = |seed| Plan::new(Size::of(500), &PAYMENTS, &[], seed).plain;
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }
}
