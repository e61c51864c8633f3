//! Pictures in and out.
//!
//! Two ways lead through this crate, and both end in pixels that were decoded and encoded again here, so that nothing
//! of a file reaches anybody but what can be seen in it:
//!
//! - [`prepare`] makes of a person's own file what is sent: a JPEG that stands upright, in sRGB, with a limited long
//!   side, and without a word about camera, place or time. The marketplace keeps a picture as it was sent, metadata
//!   included, and asks for JPEG of at most 10 485 760 bytes (marketplace reference, section 10.2).
//! - [`show`] makes of what a stranger sent something that a web view may see.
//!
//! What is read is PNG, JPEG, WebP, GIF, BMP and TIFF, told apart by content and never by name; of several frames or
//! pages the first one. Everything else is a [`Foreign`], refused by its name: HEIC and AVIF among them, because no
//! decoder for them exists that is both in Rust and long proven, and strangers' files meet no other code here.
//!
//! A file is read within [`Limits`]: its bytes, its sides and pixels as it declares them (before anything is
//! allocated for them), memory, time. A decoder that panics is a [`PictureFault`], as is one that does not come back
//! in time. All calls block; at most [`AT_ONCE`] pictures are worked on at once in a process, so that memory stays
//! below as many times [`Limits::memory`], and further calls wait for their turn.
//!
//! ```
//! use kvit_images::{Foreign, Limits, PictureFault, Prepare, Stop, prepare};
//!
//! let file = b"%PDF-1.7".as_slice().into();
//! assert_eq!(
//!     prepare(file, Prepare::default(), Limits::OWN, &Stop::new()),
//!     Err(PictureFault::Unsupported(Foreign::Pdf))
//! );
//! ```

mod colour;
mod decode;
mod encode;
mod fault;
mod jpeg;
mod limits;
mod prepare;
mod raster;
mod show;
mod size;
mod sniff;
mod turn;
mod watch;
mod work;

pub use fault::PictureFault;
pub use limits::Limits;
pub use prepare::{LONG_SIDE, MAX_SENT_BYTES, Prepare, Prepared, QUALITY, prepare};
pub use show::{Shown, ShownAs, Side, show};
pub use sniff::{Foreign, Format, sniff};
pub use watch::Stop;
pub use work::AT_ONCE;
