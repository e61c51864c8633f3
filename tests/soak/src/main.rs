//! `kvit-soak`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    kvit_soak::main(std::env::args_os().skip(1))
}
