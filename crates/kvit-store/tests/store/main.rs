//! The store through its public face.

mod damage;
mod fixture;
mod keeping;
mod lists;
mod opening;
mod round_trips;
mod samples;
#[cfg(target_os = "linux")]
mod syncs;
