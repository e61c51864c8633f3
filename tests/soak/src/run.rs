//! A run: lanes, each an account of its own, that take what is to be asked from one plan.
//!
//! With payments it is the tests R1 to R3, R5, R8 and R24 in one; with messages and pictures the same faults strike what
//! people write.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::pace::Scale;
use crate::plan::{Fault, Plan};
use crate::totals::Totals;

/// How a run is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Accounts at work at the same time; one more is under TLS.
    pub lanes: usize,
    /// Everything follows from it but the moments at which processes are scheduled.
    pub seed: u64,
    /// How much shorter the limits are.
    pub scale: Scale,
    /// A planted mistake that must be seen.
    pub planted: Option<String>,
    /// Asks no more after this long.
    pub limit: Option<Duration>,
    /// Says how far it is.
    pub progress: bool,
}

/// A shot that missed is tried so often again.
const TRIES: u32 = 3;

/// What a lane does.
pub trait Work: Sized + Send {
    /// Starts its server and its wire.
    ///
    /// # Errors
    /// They do not start.
    fn open(
        folder: &Path,
        seed: u64,
        tls: bool,
        scale: Scale,
        planted: Option<&str>,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Asks for one thing, with a fault. Says whether the fault was really injected.
    ///
    /// # Errors
    /// A process does not do as it is told.
    fn ask(&mut self, fault: Fault) -> impl Future<Output = Result<bool>> + Send;

    /// Heals everything, lets it settle, and judges.
    ///
    /// # Errors
    /// A process does not do as it is told.
    fn verdict(self) -> impl Future<Output = Result<Totals>> + Send;
}

type Queue = Arc<Mutex<Vec<(Fault, u32)>>>;

/// Runs a plan in `folder`, where the logs and ledgers stay.
///
/// # Errors
/// A process does not do as it is told; the totals so far are lost then.
pub async fn run<L: Work>(plan: Plan, options: &Options, folder: &Path) -> Result<Totals> {
    let queue = |faults: Vec<Fault>| -> Queue {
        Arc::new(Mutex::new(
            faults.into_iter().map(|fault| (fault, TRIES)).collect(),
        ))
    };
    let lanes_in_all = options.lanes + usize::from(!plan.tls.is_empty());
    let (plain, tls) = (queue(plan.plain.into()), queue(plan.tls.into()));
    let end = options.limit.map(|limit| Instant::now() + limit);
    let mut lanes = tokio::task::JoinSet::new();
    for number in 0..lanes_in_all {
        let under_tls = number == options.lanes;
        let queue = Arc::clone(if under_tls { &tls } else { &plain });
        let (options, folder) = (options.clone(), folder.join(format!("lane-{number}")));
        lanes.spawn(async move {
            let seed = options.seed.wrapping_mul(1_000).wrapping_add(number as u64);
            let lane = L::open(
                &folder,
                seed,
                under_tls,
                options.scale,
                options.planted.as_deref(),
            )
            .await?;
            one_lane(lane, &queue, end)
                .await
                .with_context(|| format!("in lane {number}; see {}", folder.display()))
        });
    }
    let mut totals = Totals::default();
    let mut ticks = tokio::time::interval(Duration::from_secs(10));
    loop {
        tokio::select! {
            lane = lanes.join_next() => match lane {
                Some(lane) => totals.add(lane??),
                None => break,
            },
            _ = ticks.tick(), if options.progress => {
                eprintln!("    {} askings to go", left(&plain) + left(&tls));
            }
        }
    }
    totals.minimums = plan.minimums;
    Ok(totals)
}

fn left(queue: &Queue) -> usize {
    queue.lock().unwrap_or_else(PoisonError::into_inner).len()
}

async fn one_lane(mut lane: impl Work, queue: &Queue, end: Option<Instant>) -> Result<Totals> {
    loop {
        if end.is_some_and(|end| Instant::now() > end) {
            break;
        }
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some((fault, tries)) = next else { break };
        let struck = lane.ask(fault).await?;
        if !struck && tries > 1 {
            queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(0, (fault, tries - 1));
        }
    }
    lane.verdict().await
}
