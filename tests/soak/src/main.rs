//! `kvit-soak`: see the library.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    kvit_soak::main(std::env::args_os().skip(1))
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    // It is built on strace and signals.
    ExitCode::FAILURE
}
