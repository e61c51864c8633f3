//! `kvit`: the window; or `kvit verify FILE` and `kvit verify-bundle FILE`, the same checks without one.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

/// The C library's allocator returns memory to the system and fetches it again at every confirmation that is verified,
/// which takes longer than the verification.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|first| {
        first == "verify" || first == "verify-bundle" || first == "--help" || first == "--version"
    }) {
        return ExitCode::from(kvit_cli::run(
            args,
            &mut std::io::stdout(),
            &mut std::io::stderr(),
        ));
    }
    let practise = args.any(|arg| arg == "--practice");
    kvit_app::start(practise)
}
