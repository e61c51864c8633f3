//! The soak: engine, store and server as real processes, judged by the server's ledger.

use crate::command::Run;
use crate::setup::Setup;

/// Runs the store's own tests of failing and ending at each of its fail points.
pub fn store(setup: &Setup) -> Run {
    setup.cargo(&[
        "test",
        "--package",
        "kvit-store",
        "--features",
        "failpoints",
        "--test",
        "failing",
    ])
}

/// Runs every harness of `kvit-soak` with its fail points: in CI's size, or with these arguments.
///
/// It is built by itself, so that no other program of the workspace has the fail points.
pub fn all(setup: &Setup, arguments: &[&str]) -> Run {
    let build = [
        "run",
        "--quiet",
        "--package",
        "kvit-soak",
        "--features",
        "failpoints",
        "--",
        "all",
    ];
    setup.cargo(&build).args(arguments)
}
