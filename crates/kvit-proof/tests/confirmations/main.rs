//! Confirmations made by the real gpg program: what is accepted, what is refused and with which word.
//!
//! GnuPG signs and gpgv is a second judge; this crate never sees a private key outside of these tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests; clippy exempts only functions marked as such, not their fixtures"
)]

mod differential;
mod fixture;
mod hostile;
mod keys;
mod packets;
mod signers;
mod valid;
