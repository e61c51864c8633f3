//! Tests R9 and R7: whole days in seconds, by a seed.
//!
//! Engine and practice marketplace in one process over connections in memory, with the real limits and with time that
//! passes at once (tokio's paused clock). Between payments hours go by: connections break, streams end and fall silent,
//! the server cannot be reached, news comes twice, in another order or not at all, people buy, the app is closed, killed
//! and opened again.
//!
//! In the end the ledger is compared with the journal, the list of payments with what the server shows to a line of its
//! own, and every event that was stored must be among the news once, and told once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kvit_client::PaymentsFilter;
use kvit_domain::news::NewsKind;
use kvit_engine::{PaymentsQuery, Window};
use kvit_sandbox::{Code, Confirmations, Fault, NewInvoice, Options, Sats, When};
use kvit_testkit::World;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::engine::{Act, entry, journal, perform};
use crate::judge::{Asked, Evidence, judge};
use crate::totals::Totals;

/// Satoshi a piece.
const PRICE: i64 = 100;
/// Virtual time in which everything must settle once nothing goes wrong any more.
const SETTLING: u32 = 600;
/// The rpc that is made to go wrong.
const PAY: &str = "PayInvoiceFromBalance";

/// What the days showed.
#[derive(Debug, Clone, Default)]
pub struct Days {
    /// Seeds.
    pub seeds: u64,
    /// Virtual hours.
    pub hours: u64,
    /// Payments: the ledger's judgement.
    pub totals: Totals,
    /// Purchases by others that stored an event.
    pub events: u64,
    /// Events missing among the news. Must be 0.
    pub missing: u64,
    /// Events told more than once. Must be 0.
    pub told_again: u64,
    /// Payments whose copy is not as the server has them. Must be 0.
    pub stale: u64,
    /// Seeds at which something was wrong.
    pub bad: Vec<u64>,
}

impl Days {
    /// Nothing that must be 0 is not.
    pub fn good(&self) -> bool {
        self.seeds > 0 && self.bad.is_empty()
    }

    fn add(&mut self, seed: u64, day: Self) {
        let good = day.totals.good() && day.missing + day.told_again + day.stale == 0;
        if !good {
            self.bad.push(seed);
        }
        self.seeds += 1;
        self.hours += day.hours;
        self.totals.add(day.totals);
        self.events += day.events;
        self.missing += day.missing;
        self.told_again += day.told_again;
        self.stale += day.stale;
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seeds: {}", self.seeds)?;
        writeln!(f, "virtual hours: {}", self.hours)?;
        self.totals.fmt(f)?;
        writeln!(f, "stored events: {}", self.events)?;
        writeln!(f, "events missing: {}", self.missing)?;
        writeln!(f, "events told again: {}", self.told_again)?;
        writeln!(f, "copies that are not as the server has them: {}", self.stale)?;
        for seed in &self.bad {
            writeln!(f, "BAD SEED {seed}")?;
        }
        Ok(())
    }
}

/// Seeds that once showed something wrong; each is run every time.
const PAST: &[u64] = &[];

/// Runs so many days of so many hours, from this seed on.
///
/// # Errors
/// A world cannot be made.
pub fn run(seeds: u64, hours: u64, first: u64) -> Result<Days> {
    let all: Vec<u64> = PAST
        .iter()
        .copied()
        .chain(first..first.saturating_add(seeds))
        .collect();
    // Each day has a clock of its own, so each has a thread of its own; two at a time, for two processors.
    let half = |part: usize| {
        all.iter()
            .copied()
            .skip(part)
            .step_by(2)
            .map(|seed| (seed, alone(seed, hours)))
    };
    let (mut results, others): (Vec<_>, Vec<_>) = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1).collect());
        (half(0).collect(), other.join().expect("the other half"))
    });
    results.extend(others);
    let mut days = Days::default();
    for (seed, result) in results {
        days.add(seed, result.with_context(|| format!("seed {seed}"))?);
    }
    Ok(days)
}

/// One day on a runtime of its own.
fn alone(seed: u64, hours: u64) -> Result<Days> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?
        .block_on(day(seed, hours))
}

/// One day.
async fn day(seed: u64, hours: u64) -> Result<Day> {
    let mut rng = StdRng::seed_from_u64(seed);
    // Signing every page anew would take most of the time.
    let kept = |options: &mut Options| options.confirmations = Confirmations::Kept;
    let mut world = World::disconnected_with(seed, kept).await;
    world
        .engine
        .start_practice()
        .await
        .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    world.settled().await;
    world.sandbox.set_balance(&world.you(), Sats(10_000_000))?;
    let mut day = Day {
        hours,
        ..Day::default()
    };
    let mut asked = Vec::new();
    let mut sold: Vec<u64> = Vec::new();
    let seller = world
        .sandbox
        .logins()?
        .into_iter()
        .next()
        .context("nobody sells")?;
    world.sandbox.set_balance(&seller, Sats(10_000_000))?;
    let mine = world
        .sandbox
        .issue_invoice(NewInvoice::public(&world.you(), Sats(1_000)))?;
    for hour in 0..hours {
        trouble(&world, &mut rng, &mut day.totals);
        if rng.random_ratio(1, 2) {
            sold.push(world.sandbox.buy(&seller, mine, 1)?);
        }
        let invoice = world
            .sandbox
            .issue_invoice(NewInvoice::public(&seller, Sats(PRICE)))?;
        let pieces = rng.random_range(1..=100);
        let act = Act::Pay {
            invoice,
            pieces,
            seen: i64::from(pieces) * PRICE,
        };
        let (name, repeated) = go_wrong(&world, &mut rng);
        day.totals.inject(name);
        let told = perform(&world.engine, world.account(), act.clone()).await;
        asked.push(Asked {
            ask: hour,
            act,
            fault: name.to_owned(),
            repeated,
            told: Some(told),
        });
        match rng.random_range(0..12) {
            0 => {
                world = world.reopened().await;
                world.engine.resume().await;
                day.totals.restarts += 1;
            }
            1 => {
                world = world.killed(|_| {}).await;
                world.engine.resume().await;
                day.totals.restarts += 1;
            }
            _ => {}
        }
        let left = rng.random_range(60..3_600);
        pass(&world, left).await;
        heal(&world);
        pass(&world, 3_600 - left).await;
    }
    heal(&world);
    for _ in 0..SETTLING / 10 {
        pass(&world, 10).await;
        if settled(&world)? {
            break;
        }
    }
    // A gap in the news is noticed by the heartbeat at the latest; then it is read again.
    world.sandbox.faults().end_streams();
    pass(&world, 120).await;
    world.settled().await;
    let operations = journal(&world.engine, usize::MAX).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let evidence = Evidence {
        asked,
        ledger: world.sandbox.executions(),
        requests: Vec::new(),
        journal: operations.iter().map(entry).collect(),
    };
    day.totals.add(judge(&evidence));
    news(&world, &sold, &mut day)?;
    day.stale = stale(&world).await?;
    Ok(day)
}

/// What one day showed.
type Day = Days;

/// Everybody's time runs, in steps of ten seconds.
async fn pass(world: &World, seconds: u32) {
    let mut left = seconds;
    while left > 0 {
        let step = Duration::from_secs(u64::from(left.min(10)));
        tokio::time::sleep(step).await;
        world.sandbox.clock().advance(step);
        left = left.saturating_sub(10);
    }
    world.sandbox.step().await;
}

/// Something about the line that lasts.
fn trouble(world: &World, rng: &mut StdRng, totals: &mut Totals) {
    let faults = world.sandbox.faults();
    let name = match rng.random_range(0..10) {
        0 => {
            faults.cut_connections();
            "connections cut"
        }
        1 => {
            faults.end_streams();
            "streams ended"
        }
        2 => {
            faults.heartbeats(false);
            "heartbeats off"
        }
        3 => {
            faults.refuse_connections(true);
            faults.cut_connections();
            "nobody answers"
        }
        4 => {
            faults.duplicate_events(3);
            "news doubled"
        }
        5 => {
            faults.reorder_events(5);
            "news in another order"
        }
        6 => {
            faults.lose_events(2);
            "news lost"
        }
        _ => return,
    };
    totals.inject(name);
}

/// Nothing lasts.
fn heal(world: &World) {
    world.sandbox.faults().clear();
}

/// Something about the next payment: its name, and whether the front proxy repeats it.
fn go_wrong(world: &World, rng: &mut StdRng) -> (&'static str, bool) {
    let when = if rng.random() { When::Before } else { When::After };
    // Later than the client waits (45 s), and not later than the front proxy tries (40 s after that).
    let late = Duration::from_secs(rng.random_range(46..80));
    let (name, fault, repeated) = match rng.random_range(0..16) {
        0 => (
            "unavailable",
            Fault::Refuse(Code::Unavailable, String::new()),
            false,
        ),
        1 => (
            "any status",
            Fault::Refuse(Code::from(rng.random_range(1..=16)), String::new()),
            false,
        ),
        2 => ("cut", Fault::Cut, false),
        3 => ("never answered", Fault::Hang, false),
        4 => ("late answer", Fault::Delay(late), false),
        5 => ("carried out late", Fault::Late(late), false),
        6 => ("twice", Fault::Twice, true),
        7 => ("twice, late", Fault::TwiceAfter(late), true),
        8 => ("503", Fault::Http(503), false),
        _ => return ("nothing", false),
    };
    world.sandbox.faults().once(PAY, when, fault);
    (name, repeated)
}

fn settled(world: &World) -> Result<bool> {
    let operations = journal(&world.engine, 400).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    Ok(world.engine.unsettled().is_empty()
        && operations
            .iter()
            .all(|op| op.watched || op.state.is_open() || !op.intent.act.pays()))
}

/// Every event is among the news, once, and was told once.
fn news(world: &World, sold: &[u64], day: &mut Day) -> Result<()> {
    day.events = sold.len() as u64;
    let mut listed: BTreeMap<u64, u64> = BTreeMap::new();
    let mut before = None;
    loop {
        let page = world
            .engine
            .news(before)
            .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        let Some((number, _)) = page.last() else { break };
        before = Some(*number);
        for (_, kept) in &page {
            if let (NewsKind::PaymentReceived, Some(payment)) = (kept.news.kind, kept.news.payment) {
                *listed.entry(payment.get()).or_default() += 1;
            }
        }
    }
    let mut told: BTreeMap<u64, u64> = BTreeMap::new();
    for news in world.told.news() {
        if let (NewsKind::PaymentReceived, Some(payment)) = (news.kind, news.payment) {
            *told.entry(payment.get()).or_default() += 1;
        }
    }
    for payment in sold {
        if listed.get(payment).copied().unwrap_or_default() == 0 || !told.contains_key(payment) {
            day.missing += 1;
            day.totals
                .complain(format!("nobody was told that payment {payment} came in"));
        }
        if listed.get(payment).is_some_and(|times| *times > 1)
            || told.get(payment).is_some_and(|times| *times > 1)
        {
            day.told_again += 1;
            day.totals.complain(format!(
                "payment {payment} is {:?} times among the news and was told {:?} times",
                listed.get(payment),
                told.get(payment)
            ));
        }
    }
    Ok(())
}

/// How many copies are not as the server shows them to a line of its own.
async fn stale(world: &World) -> Result<u64> {
    let line = world.line_of(&world.you());
    let mut there = BTreeMap::new();
    let mut before = None;
    loop {
        let filter = PaymentsFilter {
            before,
            count: 100,
            ..PaymentsFilter::default()
        };
        let page = line
            .payments(filter)
            .await
            .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        there.extend(
            page.into_iter()
                .map(|payment| (payment.id, (payment.status, payment.amount))),
        );
    }
    ensure!(!there.is_empty(), "the server shows no payments");
    let mut here = BTreeMap::new();
    loop {
        let from = u32::try_from(here.len())?;
        let window = Window {
            from,
            count: 100,
            anchor: None,
        };
        let page = world
            .engine
            .payments(&PaymentsQuery::default(), window)
            .await
            .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        if page.payments.is_empty() {
            break;
        }
        here.extend(
            page.payments
                .into_iter()
                .map(|row| (row.payment.id, (row.payment.status, row.payment.amount))),
        );
    }
    let differing = there
        .iter()
        .filter(|(id, copy)| here.get(id) != Some(copy))
        .count();
    let surplus = here.keys().filter(|id| !there.contains_key(id)).count();
    Ok((differing + surplus) as u64)
}
