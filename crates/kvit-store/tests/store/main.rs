//! The store through its public face.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

mod damage;
#[cfg(target_os = "linux")]
mod disk;
mod fixture;
mod keeping;
mod lists;
mod migrating;
mod opening;
mod round_trips;
mod samples;
mod searching;
mod sending;
#[cfg(target_os = "linux")]
mod syncs;
mod talks;
