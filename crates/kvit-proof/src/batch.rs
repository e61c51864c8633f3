//! Many confirmations at once, on several cores.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;

use crate::comparison::Facts;
use crate::key::PinnedKey;
use crate::verdict::{Refusal, Signed, Verdict, verify_payment, verify_signature};

/// [`verify_signature`] for each of `texts`, in their order, on at most `threads` threads.
#[must_use]
pub fn verify_many(
    texts: &[&[u8]],
    key: Option<&PinnedKey>,
    at: Timestamp,
    threads: NonZeroUsize,
) -> Vec<Result<Signed, Refusal>> {
    spread(texts, threads, |text| verify_signature(text, key, at))
}

/// [`verify_payment`] for each text with its facts, in their order, on at most `threads` threads.
#[must_use]
pub fn verify_payments(
    payments: &[(&[u8], &Facts)],
    key: Option<&PinnedKey>,
    at: Timestamp,
    threads: NonZeroUsize,
) -> Vec<Verdict> {
    spread(payments, threads, |(text, facts)| {
        verify_payment(text, key, at, facts)
    })
}

/// Taken by a thread at a time: large enough to make the counter free, small enough to keep all cores busy.
const CHUNK: usize = 16;

/// Applies `work` to every item. The calling thread takes its share.
fn spread<I: Sync, O: Send>(items: &[I], threads: NonZeroUsize, work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let chunks = items.len().div_ceil(CHUNK);
    let helpers = threads.get().min(chunks).saturating_sub(1);
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done: Vec<(usize, Vec<O>)> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = items.chunks(CHUNK).nth(index) else {
                return done;
            };
            done.push((index, chunk.iter().map(&work).collect()));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..helpers).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for handle in handles {
            match handle.join() {
                Ok(others) => done.extend(others),
                // A panic in a thread is a panic here, as if there were no threads.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_and_number_stay(items in proptest::collection::vec(any::<u32>(), 0..200), threads in 1..5_usize) {
            let threads = NonZeroUsize::new(threads).unwrap();
            let spread = spread(&items, threads, |item| u64::from(*item) + 1);
            let plain: Vec<u64> = items.iter().map(|item| u64::from(*item) + 1).collect();
            prop_assert_eq!(spread, plain);
        }
    }

    #[test]
    fn every_thread_is_used() {
        // Both threads must be inside at once, or this never ends.
        let barrier = std::sync::Barrier::new(2);
        let items = [0_u8; CHUNK * 2];
        let met = AtomicUsize::new(0);
        let ids = spread(&items, NonZeroUsize::new(2).unwrap(), |_| {
            if met.fetch_add(1, Ordering::SeqCst) < 2 {
                barrier.wait();
            }
            std::thread::current().id()
        });
        let different: std::collections::HashSet<_> = ids.into_iter().collect();
        assert_eq!(different.len(), 2);
    }
}
