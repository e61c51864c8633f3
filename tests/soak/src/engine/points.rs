//! Fail points on order: to die, to panic, to wait.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Word;
use crate::talk::say;

/// Where somebody waits for the word to go on.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn shut(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// Lets everybody go on.
    pub fn open(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let shut = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _open = self
            .0
            .1
            .wait_while(shut, |shut| *shut)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Does something whenever a point is passed.
fn at(point: &str, deed: impl Fn() + Send + Sync + 'static) {
    if let Err(error) = fail::cfg_callback(point, deed) {
        say(&Word::Failed {
            why: format!("{point}: {error}"),
        });
    }
}

/// Dies by SIGKILL when the point is passed for the `nth` time.
pub fn kill_at(point: &str, nth: u32) {
    let passed = AtomicU32::new(0);
    at(point, move || {
        if passed.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            // It does not return.
            let _ = kill(Pid::this(), Signal::SIGKILL);
        }
    });
}

/// Panics at the point, once, and says so before.
#[allow(clippy::panic, reason = "that is what was ordered")]
pub fn panic_at(point: &str) {
    let done = AtomicBool::new(false);
    let name = point.to_owned();
    at(point, move || {
        if !done.swap(true, Ordering::SeqCst) {
            say(&Word::At { point: name.clone() });
            panic!("ordered at {name}");
        }
    });
}

/// Waits at the point, once, until the gate is opened, and says so before.
pub fn hold_at(point: &str, gate: &Gate) {
    let done = AtomicBool::new(false);
    let (name, gate) = (point.to_owned(), gate.clone());
    gate.shut();
    at(point, move || {
        if !done.swap(true, Ordering::SeqCst) {
            say(&Word::At { point: name.clone() });
            gate.pass();
        }
    });
}
