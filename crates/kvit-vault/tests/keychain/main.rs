//! The vault against a real keychain, each scenario in a session, home and data folder of its own.
//!
//! The program runs itself a second time inside `dbus-run-session`; what to do there is named by an environment
//! variable.
// clippy.toml exempts functions marked as tests, and these have a main of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[cfg(target_os = "linux")]
mod secret_service;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    secret_service::main()
}

/// Other systems' keychains belong to the person who runs the tests; they are left alone.
#[cfg(not(target_os = "linux"))]
fn main() {}
