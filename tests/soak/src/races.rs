//! Test R10: a person who presses twice.
//!
//! A double click, Enter held down, the same invoice in two windows and in two ways, killed and pressed again. Each script
//! has an invoice and a number of pieces of its own, and the ledger must have it once.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::engine::{Act, End, Order, State, Word};
use crate::lane::{Lane, PRICE};
use crate::pace::Scale;
use crate::run::Work;
use crate::stand::{Engine, PATIENCE};
use crate::totals::Totals;

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Presses twice at once.
    Double,
    /// Holds Enter down.
    Held,
    /// Presses in one window, and in another for other pieces of the same invoice.
    TwoWindows,
    /// Presses, the app is killed, and presses again as soon as it is there.
    KilledAndAgain,
}

const SCRIPTS: [Script; 4] = [
    Script::Double,
    Script::Held,
    Script::TwoWindows,
    Script::KilledAndAgain,
];

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Double => "double click",
            Self::Held => "Enter held down",
            Self::TwoWindows => "two windows",
            Self::KilledAndAgain => "killed and pressed again",
        })
    }
}

/// What the scripts showed.
#[derive(Debug, Clone, Default)]
pub struct Races {
    /// Scripts that ran.
    pub scripts: u64,
    /// Presses in them.
    pub presses: u64,
    /// Presses that were told that the money moved.
    pub paid: u64,
    /// Presses that were turned away because another one was on its way.
    pub turned_away: u64,
    /// Presses after which the app was killed.
    pub killed: u64,
    /// The ledger's judgement: each key is one intent, however often it was pressed.
    pub totals: Totals,
}

impl Races {
    /// Nothing was paid twice, and there were races to be lost.
    pub fn good(&self) -> bool {
        self.totals.good() && self.turned_away > 0 && self.paid > 0
    }
}

impl fmt::Display for Races {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "scripts: {}", self.scripts)?;
        writeln!(f, "presses: {}", self.presses)?;
        writeln!(f, "told done: {}", self.paid)?;
        writeln!(f, "turned away: {}", self.turned_away)?;
        writeln!(f, "killed after the press: {}", self.killed)?;
        self.totals.fmt(f)
    }
}

/// Runs so many scripts.
///
/// # Errors
/// A process does not do as it is told.
pub async fn run(
    scripts: u64,
    seed: u64,
    scale: Scale,
    planted: Option<&str>,
    folder: &Path,
) -> Result<Races> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut lane = Lane::open(&folder.join("races"), seed, false, scale, planted).await?;
    let mut races = Races::default();
    for number in 0..scripts {
        let script = SCRIPTS[usize::try_from(number % 4)?];
        play(&mut lane, script, &mut rng, &mut races).await?;
        races.scripts += 1;
    }
    races.totals = lane.verdict().await?;
    Ok(races)
}

async fn play(lane: &mut Lane, script: Script, rng: &mut StdRng, races: &mut Races) -> Result<()> {
    let (invoice, pieces) = lane.goods().await?;
    let pay = |pieces: u32| Act::Pay {
        invoice,
        pieces,
        seen: i64::from(pieces * PRICE),
    };
    let presses = match script {
        Script::Double | Script::KilledAndAgain => 2,
        Script::Held => 6,
        Script::TwoWindows => 1,
    };
    let mut acts = vec![pay(pieces); presses];
    if script == Script::TwoWindows {
        acts.push(pay(lane.goods_on(invoice).unwrap_or(pieces)));
    }
    let mut engine = lane.take_engine().await?;
    let mut told: Vec<Option<End>> = vec![None; acts.len()];
    if script == Script::KilledAndAgain {
        engine
            .order(&Order::Act {
                ask: 0,
                act: acts[0].clone(),
            })
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(rng.random_range(0..60))).await;
        engine.kill().await;
        collect(&mut engine, &mut told, usize::MAX).await?;
        races.killed += 1;
        engine = lane.take_engine().await?;
        // A person who was told, or sees in the list, that it is paid does not press again.
        let paid =
            matches!(told[0], Some(End::Done { .. })) || seen_paid(&mut engine, invoice, pieces).await?;
        if !paid {
            engine
                .order(&Order::Act {
                    ask: 1,
                    act: acts[1].clone(),
                })
                .await;
            collect(&mut engine, &mut told, 1).await?;
        } else {
            acts.truncate(1);
        }
        lane.put_engine(engine);
    } else {
        for (ask, act) in acts.iter().enumerate() {
            engine
                .order(&Order::Act {
                    ask: ask as u64,
                    act: act.clone(),
                })
                .await;
        }
        collect(&mut engine, &mut told, acts.len()).await?;
        lane.put_engine(engine);
    }
    for (act, told) in acts.into_iter().zip(told) {
        races.presses += 1;
        match &told {
            Some(End::Done { .. }) => races.paid += 1,
            Some(End::Refused { code, .. }) if code == "OperationInProgress" => races.turned_away += 1,
            _ => {}
        }
        lane.asked(act, &script.to_string(), told);
    }
    Ok(())
}

/// Whether the list of operations says that it is paid.
async fn seen_paid(engine: &mut Engine, invoice: u64, pieces: u32) -> Result<bool> {
    engine.order(&Order::Journal { most: Some(50) }).await;
    loop {
        if let Word::Journal { operations } = engine.word_within(PATIENCE).await? {
            return Ok(operations.iter().any(|one| {
                one.invoice == Some(invoice) && one.pieces == Some(pieces) && one.state == State::Done
            }));
        }
    }
}

/// Takes in what `count` presses are told, or all until the process ends.
async fn collect(engine: &mut Engine, told: &mut [Option<End>], count: usize) -> Result<()> {
    let mut heard = 0;
    while heard < count {
        let word = if count == usize::MAX {
            match engine.word().await {
                Some(word) => word,
                None => return Ok(()),
            }
        } else {
            engine.word_within(PATIENCE).await?
        };
        if let Word::Told { ask, end } = word
            && let Some(place) = usize::try_from(ask).ok().and_then(|ask| told.get_mut(ask))
        {
            *place = Some(end);
            heard += 1;
        }
    }
    Ok(())
}
