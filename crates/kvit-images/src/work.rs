//! A thread for each picture, and not too many of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::fault::PictureFault;
use crate::watch::{Clock, Stop};

/// Pictures that are worked on at once in this process.
pub const AT_ONCE: usize = 2;

/// Between two looks at [`Stop`], which wakes nobody.
const LOOK: Duration = Duration::from_millis(20);

static BUSY: Mutex<usize> = Mutex::new(0);
static FREE: Condvar = Condvar::new();

/// A turn. It belongs to the working thread, so that one that does not come back keeps its place and its memory
/// stays counted.
struct Turn;

impl Turn {
    fn wait(stop: &Stop) -> Result<Self, PictureFault> {
        let mut busy = lock();
        while *busy >= AT_ONCE {
            if stop.is_stopped() {
                return Err(PictureFault::Stopped);
            }
            (busy, _) = FREE
                .wait_timeout(busy, LOOK)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *busy = busy.saturating_add(1);
        Ok(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut busy = lock();
        *busy = busy.saturating_sub(1);
        FREE.notify_one();
    }
}

/// A number is whole at every moment, so a poisoned lock is as good as any.
fn lock() -> MutexGuard<'static, usize> {
    BUSY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `job` on a thread of its own and waits for it, for `time` at most. A panic of it is damage of the file: our
/// own code and the decoders promise none, but a stranger chose their input.
pub(crate) fn within<T: Send + 'static>(
    time: Duration,
    stop: &Stop,
    job: impl FnOnce(&Clock) -> Result<T, PictureFault> + Send + 'static,
) -> Result<T, PictureFault> {
    let turn = Turn::wait(stop)?;
    let clock = Clock::start(time, stop);
    clock.check()?;
    let (tell, told) = sync_channel(1);
    let inside = clock.clone();
    let work = move || {
        let done = catch_unwind(AssertUnwindSafe(|| job(&inside))).unwrap_or(Err(PictureFault::Damaged));
        drop(turn);
        // Nobody listens any more if it took too long.
        let _ = tell.send(done);
    };
    thread::Builder::new()
        .name("picture".to_owned())
        .spawn(work)
        .map_err(|_| PictureFault::TooMuchMemory)?;
    loop {
        match told.recv_timeout(clock.left().min(LOOK)) {
            Ok(done) => return done,
            Err(RecvTimeoutError::Timeout) => clock.check()?,
            Err(RecvTimeoutError::Disconnected) => return Err(PictureFault::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn work_comes_back_and_a_panic_is_damage() {
        assert_eq!(within(LONG, &Stop::new(), |_| Ok(7)), Ok(7));
        let panics = |_: &Clock| -> Result<(), _> { panic!("as decoders might") };
        assert_eq!(within(LONG, &Stop::new(), panics), Err(PictureFault::Damaged));
        // The places of those that panicked are free again.
        for _ in 0..AT_ONCE {
            let _ = within(LONG, &Stop::new(), panics);
        }
        assert_eq!(within(LONG, &Stop::new(), |_| Ok(8)), Ok(8));
    }

    #[test]
    fn a_caller_is_free_though_the_work_goes_on() {
        let (release, wait) = channel::<()>();
        let stuck = within(Duration::from_millis(1), &Stop::new(), move |_| {
            let _ = wait.recv();
            Ok(())
        });
        assert_eq!(stuck, Err(PictureFault::TooSlow));
        let stop = Stop::new();
        let inside = stop.clone();
        let (keep, never) = channel::<()>();
        let stopped = within(LONG, &stop, move |_| {
            inside.stop();
            let _ = never.recv();
            Ok(())
        });
        assert_eq!(stopped, Err(PictureFault::Stopped));
        drop((release, keep));
    }

    #[test]
    fn no_time_and_no_wish_begin_nothing() {
        let never = |_: &Clock| -> Result<(), PictureFault> { panic!("it began") };
        assert_eq!(
            within(Duration::ZERO, &Stop::new(), never),
            Err(PictureFault::TooSlow)
        );
        let stop = Stop::new();
        stop.stop();
        assert_eq!(within(LONG, &stop, never), Err(PictureFault::Stopped));
    }
}
