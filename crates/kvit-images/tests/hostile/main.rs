//! What strangers might send: an error or a picture, never a panic, never more than the limits.
//!
//! The panic that matters is one in the caller's thread; one inside a decoder comes back as damage, and the tests of
//! the working thread prove that.
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

mod bombs;
mod mutations;

use std::sync::{Mutex, MutexGuard, PoisonError};

use kvit_images::{Limits, PictureFault, Prepare, Prepared, Shown, ShownAs, Side, Stop};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory is counted for the whole process, so only one test at a time uses any.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` and says how many bytes it held at most besides what was held before.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let done = work();
    (done, MEMORY.peak_usage().saturating_sub(before))
}

/// Both ways of one file, each within the limits in everything that can be seen from outside.
fn judged(
    name: &str,
    file: &[u8],
    limits: Limits,
    full_size: bool,
) -> (Result<Prepared, PictureFault>, Result<Shown, PictureFault>) {
    let bytes = bytes::Bytes::copy_from_slice(file);
    let how = Prepare { full_size };
    let within = |memory: usize| {
        // A tenth more for what is not counted: stacks of bookkeeping, the file that comes out.
        assert!(
            memory <= limits.memory + limits.memory / 10,
            "{name}: {memory} bytes"
        );
    };
    let (sent, memory) = peak(|| kvit_images::prepare(bytes.clone(), how, limits, &Stop::new()));
    within(memory);
    if let Ok(sent) = &sent {
        let pixels = u64::from(sent.source_width) * u64::from(sent.source_height);
        assert!(
            pixels <= limits.pixels && sent.source_width.max(sent.source_height) <= limits.side,
            "{name}"
        );
        assert!(
            sent.width <= sent.source_width && sent.height <= sent.source_height,
            "{name}"
        );
        assert!(sent.jpeg.len() <= kvit_images::MAX_SENT_BYTES, "{name}");
        assert_eq!(judge::only_a_picture_jpeg(&sent.jpeg), Ok(()), "{name}");
    }
    let (shown, memory) = peak(|| kvit_images::show(bytes, limits, Side::PREVIEW, &Stop::new()));
    within(memory);
    if let Ok(shown) = &shown {
        assert!(shown.width.max(shown.height) <= Side::PREVIEW.pixels(), "{name}");
        let judged = match shown.shown_as {
            ShownAs::Jpeg => judge::only_a_picture_jpeg(&shown.bytes),
            ShownAs::Png => judge::only_a_picture_png(&shown.bytes),
        };
        assert_eq!(judged, Ok(()), "{name}");
    }
    (sent, shown)
}
