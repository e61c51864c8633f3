//! Events that come twice, in another order, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::Instant;

/// Longest time a held back event waits for another one.
const HELD: Duration = Duration::from_secs(1);

/// How many events were spoiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoiltEvents {
    /// Never left.
    pub lost: u64,
    /// Left twice.
    pub doubled: u64,
    /// Left before one that had come earlier.
    pub overtook: u64,
}

#[derive(Debug, Default)]
struct Knobs {
    within: AtomicUsize,
    one_in: AtomicU32,
    nth: AtomicU64,
    /// Live events since `nth` was set.
    counted: AtomicU64,
    /// Streams so far: each has random numbers of its own.
    streams: AtomicU64,
    lost: AtomicU64,
    doubled: AtomicU64,
    overtook: AtomicU64,
}

/// The knobs, shared by all streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct News(Arc<Knobs>);

impl News {
    pub(super) fn reorder(&self, within: usize) {
        self.0.within.store(within, Ordering::SeqCst);
    }

    pub(super) fn duplicate(&self, one_in: u32) {
        self.0.one_in.store(one_in, Ordering::SeqCst);
    }

    pub(super) fn lose(&self, nth: u64) {
        self.0.counted.store(0, Ordering::SeqCst);
        self.0.nth.store(nth, Ordering::SeqCst);
    }

    pub(super) fn clear(&self) {
        self.reorder(0);
        self.duplicate(0);
        self.lose(0);
    }

    pub(super) fn spoilt(&self) -> SpoiltEvents {
        SpoiltEvents {
            lost: self.0.lost.load(Ordering::SeqCst),
            doubled: self.0.doubled.load(Ordering::SeqCst),
            overtook: self.0.overtook.load(Ordering::SeqCst),
        }
    }

    pub(super) fn jumble<M: Clone>(&self, seed: u64) -> Jumble<M> {
        let stream = self.0.streams.fetch_add(1, Ordering::SeqCst);
        Jumble {
            knobs: self.clone(),
            rng: StdRng::seed_from_u64(seed ^ stream.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            held: Vec::new(),
            due: None,
        }
    }
}

/// The events of one stream on their way out.
#[derive(Debug)]
pub(crate) struct Jumble<M> {
    knobs: News,
    rng: StdRng,
    /// Held back, in the order they came.
    held: Vec<M>,
    due: Option<Instant>,
}

impl<M: Clone> Jumble<M> {
    /// A live event comes; these leave now.
    pub(crate) fn live(&mut self, event: M) -> Vec<M> {
        let knobs = &self.knobs.0;
        let nth = knobs.nth.load(Ordering::SeqCst);
        if nth > 0 {
            let count = knobs.counted.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
            if count.is_multiple_of(nth) {
                knobs.lost.fetch_add(1, Ordering::SeqCst);
                return Vec::new();
            }
        }
        let mut leaving = Vec::new();
        self.enter(event, &mut leaving);
        self.due = (!self.held.is_empty()).then(|| Instant::now() + HELD);
        leaving
    }

    /// The stored events a stream begins with, as they are to leave.
    pub(crate) fn stored(&mut self, events: impl IntoIterator<Item = M>) -> Vec<M> {
        let mut leaving = Vec::new();
        for event in events {
            self.enter(event, &mut leaving);
        }
        leaving.extend(self.release());
        leaving
    }

    /// When what is held back is to leave.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Everything that is held back, in the order in which it leaves.
    pub(crate) fn release(&mut self) -> Vec<M> {
        self.due = None;
        let mut leaving = Vec::new();
        while !self.held.is_empty() {
            self.let_one_go(&mut leaving);
        }
        leaving
    }

    fn enter(&mut self, event: M, leaving: &mut Vec<M>) {
        let one_in = self.knobs.0.one_in.load(Ordering::SeqCst);
        if one_in > 0 && self.rng.random_range(0..one_in) == 0 {
            self.knobs.0.doubled.fetch_add(1, Ordering::SeqCst);
            self.held.push(event.clone());
        }
        self.held.push(event);
        let within = self.knobs.0.within.load(Ordering::SeqCst);
        while self.held.len() > within {
            self.let_one_go(leaving);
        }
    }

    fn let_one_go(&mut self, leaving: &mut Vec<M>) {
        // In order unless told otherwise, so that a stream without this knob is not touched.
        let at = match self.knobs.0.within.load(Ordering::SeqCst) {
            0 => 0,
            _ => self.rng.random_range(0..self.held.len().max(1)),
        };
        if at > 0 {
            self.knobs.0.overtook.fetch_add(1, Ordering::SeqCst);
        }
        if at < self.held.len() {
            leaving.push(self.held.remove(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(news: &News, seed: u64, events: u32) -> Vec<u32> {
        let mut jumble = news.jumble(seed);
        let mut out: Vec<u32> = (0..events).flat_map(|event| jumble.live(event)).collect();
        out.extend(jumble.release());
        out
    }

    #[tokio::test]
    async fn untouched_knobs_touch_nothing() {
        assert_eq!(run(&News::default(), 1, 50), (0..50).collect::<Vec<_>>());
        let news = News::default();
        assert_eq!(news.jumble(3).stored(0..50), (0..50).collect::<Vec<_>>());
        assert_eq!(news.spoilt(), SpoiltEvents::default());
    }

    #[tokio::test]
    async fn every_nth_is_lost_and_counted() {
        let news = News::default();
        news.lose(3);
        assert_eq!(run(&news, 1, 7), [0, 1, 3, 4, 6]);
        assert_eq!(news.spoilt().lost, 2);
        // Stored ones are not live.
        assert_eq!(news.jumble(1).stored(0..9).len(), 9);
        news.clear();
        assert_eq!(run(&news, 1, 7).len(), 7);
    }

    #[tokio::test]
    async fn the_same_seed_spoils_alike() {
        let spoilt = |seed| {
            let news = News::default();
            news.reorder(6);
            news.duplicate(4);
            run(&news, seed, 200)
        };
        assert_eq!(spoilt(5), spoilt(5));
        assert_ne!(spoilt(5), spoilt(6));
    }

    proptest! {
        #[test]
        fn reordering_and_doubling_neither_lose_nor_invent(
            seed: u64, within in 0..20_usize, one_in in 0..5_u32, events in 0..120_u32,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let news = News::default();
                news.reorder(within);
                news.duplicate(one_in);
                let out = run(&news, seed, events);
                let spoilt = news.spoilt();
                prop_assert_eq!(out.len() as u64, u64::from(events) + spoilt.doubled);
                let mut sorted = out.clone();
                sorted.sort_unstable();
                sorted.dedup();
                prop_assert_eq!(sorted, (0..events).collect::<Vec<_>>());
                prop_assert!(one_in != 1 || spoilt.doubled == u64::from(events));
                prop_assert_eq!(out.is_sorted(), spoilt.overtook == 0 || out.is_sorted());
                prop_assert!(within > 0 || out.is_sorted());
                // Nobody leaves while more than `within` that came earlier are waiting.
                for (place, event) in out.iter().enumerate() {
                    let earlier = out[place..].iter().filter(|other| *other < event).count();
                    prop_assert!(earlier <= within);
                }
                Ok(())
            })?;
        }
    }
}
