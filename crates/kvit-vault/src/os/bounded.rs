//! Calls to the keychain that may hang, held to a time limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::VaultError;

/// How many calls of one vault may hang at once. Each holds a thread until the keychain lets go of it.
const MAX_HANGING: usize = 8;

/// Runs each call on a thread of its own, and waits for it only so long.
///
/// A thread of its own also keeps the D-Bus library, which runs a small executor inside, out of the async runtime.
#[derive(Debug)]
pub(super) struct Bounded {
    limit: Duration,
    running: Arc<AtomicUsize>,
}

/// The one who asked, as seen from the thread that works for them.
pub(super) struct Caller {
    gone: Arc<AtomicBool>,
}

impl Caller {
    /// # Errors
    /// [`VaultError::NoAnswer`] when the caller has been told just that. Whoever comes back late must not change
    /// anything: the person may have decided otherwise by then.
    pub(super) fn still_waits(&self) -> Result<(), VaultError> {
        if self.gone.load(Ordering::Acquire) {
            Err(VaultError::NoAnswer)
        } else {
            Ok(())
        }
    }
}

/// Counts a running call for as long as it lives.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn begin(count: &Arc<AtomicUsize>) -> Option<Self> {
        let running = Self(Arc::clone(count));
        (count.fetch_add(1, Ordering::AcqRel) < MAX_HANGING).then_some(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Bounded {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            running: Arc::default(),
        }
    }

    /// # Errors
    /// [`VaultError::NoAnswer`] after the limit, or at once where too many calls hang already; else what `call` says.
    pub(super) fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Caller) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let running = Running::begin(&self.running).ok_or(VaultError::NoAnswer)?;
        let gone = Arc::new(AtomicBool::new(false));
        let caller = Caller {
            gone: Arc::clone(&gone),
        };
        let (answer, answered) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let said = call(&caller);
                drop(running);
                // Nobody listening means that they gave up, and were told so.
                let _ = answer.send(said);
            })
            .map_err(|error| VaultError::Other {
                detail: crate::causes(&error),
            })?;
        match answered.recv_timeout(self.limit) {
            Ok(said) => said,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                gone.store(true, Ordering::Release);
                // It may have been answered between the two lines.
                answered.try_recv().unwrap_or(Err(VaultError::NoAnswer))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(VaultError::Other {
                detail: "the keychain library stopped unexpectedly".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_the_answer_on() {
        let bounded = Bounded::new(Duration::from_secs(60));
        assert_eq!(bounded.run(|_| Ok(7)), Ok(7));
        assert_eq!(
            bounded.run::<()>(|_| Err(VaultError::Locked)),
            Err(VaultError::Locked)
        );
    }

    #[test]
    fn a_hanging_call_is_given_up_and_learns_of_it() {
        let bounded = Bounded::new(Duration::ZERO);
        let (go_on, wait) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let answer = bounded.run(move |caller| {
            // Goes on only after the caller has its answer.
            let _ = wait.recv();
            let _ = tell.send(caller.still_waits());
            Ok(())
        });
        assert_eq!(answer, Err(VaultError::NoAnswer));
        go_on.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), Err(VaultError::NoAnswer));
    }

    #[test]
    fn hanging_calls_are_few_and_leave_room_when_they_end() {
        let bounded = Bounded::new(Duration::ZERO);
        let mut hanging = Vec::new();
        let (entered, entries) = mpsc::channel();
        for _ in 0..MAX_HANGING {
            let (go_on, wait) = mpsc::channel::<()>();
            let entered = entered.clone();
            let _ = bounded.run(move |_| {
                entered.send(()).unwrap();
                let _ = wait.recv();
                Ok(())
            });
            hanging.push(go_on);
        }
        for _ in 0..MAX_HANGING {
            entries.recv().unwrap();
        }
        let (ran, run) = mpsc::channel::<()>();
        assert_eq!(
            bounded.run(move |_| ran.send(()).map_err(|_| VaultError::Locked)),
            Err(VaultError::NoAnswer)
        );
        assert!(run.recv().is_err(), "one too many was started");
        drop(hanging);
        while bounded.running.load(Ordering::Acquire) > 0 {
            thread::yield_now();
        }
        let roomy = Bounded {
            limit: Duration::from_secs(60),
            running: Arc::clone(&bounded.running),
        };
        assert_eq!(roomy.run(|_| Ok(1)), Ok(1));
    }

    #[test]
    fn a_panic_inside_the_library_is_an_error() {
        let bounded = Bounded::new(Duration::from_secs(60));
        let answer = bounded.run::<()>(|_| panic!("as a library might"));
        assert!(matches!(answer, Err(VaultError::Other { .. })));
        assert_eq!(bounded.run(|_| Ok(1)), Ok(1));
    }
}
