//! Never twice, never lost: Kvit's engine and store as real processes, under a hostile wire, kills and cuts of the power,
//! judged by the server's append-only ledger, which another process writes and the client never sees. Linux only.
//!
//! `cargo xtask soak --minutes N` runs everything for so long; `cargo xtask test soak` in CI's size ([`suite::Sizes`]).
//!
//! | subcommand | tests | what it shows |
//! |---|---|---|
//! | `run` | R1-R3, R8, R24 | payments through cuts at every byte-offset class, faults of server and front proxy, kills, panics, a stopped server |
//! | `talks` | | messages and pictures through the same, many on their way at once: none lost, none doubled, none without its pictures |
//! | `power-loss` | R4 | what the store acknowledged survives the loss of power |
//! | `syscalls` | R3, R5 | the store killed, or refused by the system, at every single call to it |
//! | `instances` | R6 | two processes over one folder: one gets it, a dead one bars nobody |
//! | `simulate` | R7, R9 | whole days in seconds, by a seed: news, copies and payments through lasting trouble |
//! | `races` | R10 | a person who presses twice, in two windows, or again after the app was killed, pays once |
//! | `mutants` | | planted mistakes are seen, by the totals that are there for them |
//!
//! `server`, `engine` and `store-work` are the processes that the others start.
//!
//! **What is shown and what is not.** The server is ours: "never twice" is proven against the behaviour that the
//! marketplace reference states, section 2.1 above all. The wire is the loopback, which loses no packets. In `run`, `talks` and
//! `races` the limits are so many times shorter than in life ([`pace`]), all by the same factor but those that a busy
//! machine needs; `simulate` has the real ones, and a clock that is made to pass. A fault counts only where it was really
//! injected, and a class that got fewer than its minimum fails the run. A seed decides what is done to which payment;
//! at which moment processes are scheduled it does not, so a run is repeated in kind and not to the letter, except
//! `simulate` and the disks of `power-loss`. CI's size strikes each class often, and not every single octet of it: how
//! many different ones is printed.

#![cfg(target_os = "linux")]
// A harness that cannot go on has failed: it says so and ends. It talks to a terminal.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a harness that panics has failed, and its words go to a terminal"
)]

mod command;
pub mod engine;
pub mod instances;
pub mod judge;
pub mod lane;
pub mod ledger;
pub mod mutants;
pub mod pace;
pub mod plan;
pub mod power;
pub mod races;
pub mod run;
pub mod server;
pub mod simulate;
mod stand;
pub mod suite;
pub mod syscalls;
pub mod talk;
pub mod talks;
pub mod totals;
pub mod wire;

pub use command::{main, plant};
