//! The built app in a real window, driven as a person drives it: through tauri-driver and WebKitWebDriver.
//!
//! `cargo xtask test window` builds the app, installs the driver, gives the tests a display, and names both programs in
//! the environment. Each test has a home folder, a D-Bus session and an app process of its own; they run one after
//! another, because each wants the whole machine and the only display.
#![cfg(target_os = "linux")]
// clippy.toml exempts functions marked as tests, and most of these are what tests are made of.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod desktop;
mod display;
mod window;

mod connect;
mod deal;
mod evidence;
mod first_run;
mod invoices;
mod kept;
mod keychain;
mod look;
mod memory;
mod pay;
mod receipts;
mod restart;
mod russian;
mod sides;
mod store;
mod unknown;
mod verify;
