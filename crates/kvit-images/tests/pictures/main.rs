//! Pictures in and out, as their callers have them.
// Helpers of tests fail a test by panicking, and clippy.toml knows only those beneath `cfg(test)`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../made/judge.rs"]
mod judge;
#[path = "../made/pictures.rs"]
mod made;

mod colours;
mod kinds;
mod metadata;
mod upright;

use image::RgbImage;
use kvit_images::{Limits, PictureFault, Prepare, Prepared, Shown, Side, Stop};

fn prepare(file: &[u8], full_size: bool) -> Result<Prepared, PictureFault> {
    let how = Prepare { full_size };
    kvit_images::prepare(file.to_vec().into(), how, Limits::OWN, &Stop::new())
}

fn show(file: &[u8], side: Side) -> Result<Shown, PictureFault> {
    kvit_images::show(file.to_vec().into(), Limits::RECEIVED, side, &Stop::new())
}

/// What the library itself reads in what came out; it must not need to know anything but pixels.
fn read(file: &[u8]) -> RgbImage {
    image::load_from_memory(file).unwrap().into_rgb8()
}

/// Whether two colours are as near as JPEG keeps them.
fn near(left: [u8; 3], right: [u8; 3], by: u8) -> bool {
    left.iter()
        .zip(right)
        .all(|(left, right)| left.abs_diff(right) <= by)
}
