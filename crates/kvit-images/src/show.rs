//! What a stranger sent to what a web view may see.

use bytes::Bytes;

use crate::fault::PictureFault;
use crate::limits::Limits;
use crate::watch::{Clock, Stop};
use crate::{colour, decode, encode, size, turn, work};

/// Quality of what is shown: it is encoded for the second or third time.
const QUALITY: u8 = 88;

/// The longer side of what is shown, in pixels, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side(u32);

impl Side {
    /// The smallest that anybody asks for: an icon.
    pub const MIN: Self = Self(16);
    /// In a conversation: twice the 300 pixels of the marketplace's own previews (reference 10.2), for dense screens.
    pub const PREVIEW: Self = Self(600);
    /// In a viewer that can zoom.
    pub const VIEWER: Self = Self(4096);

    /// `pixels`, or the nearest between [`Side::MIN`] and [`Side::VIEWER`].
    #[must_use]
    pub fn new(pixels: u32) -> Self {
        Self(pixels).clamp(Self::MIN, Self::VIEWER)
    }

    /// In pixels.
    #[must_use]
    pub const fn pixels(self) -> u32 {
        self.0
    }
}

/// What a shown picture is encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownAs {
    /// JPEG.
    Jpeg,
    /// PNG, where something can be seen through.
    Png,
}

impl ShownAs {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// A picture for a web view. No byte of it is a stranger's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is.
    pub shown_as: ShownAs,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Pixels in a row of what was sent, upright.
    pub source_width: u32,
    /// Rows of what was sent, upright.
    pub source_height: u32,
}

/// Decodes what was received and encodes it anew: upright, in sRGB, not larger than `side`, without any metadata.
/// Blocks; see the crate's documentation for what it may cost.
///
/// # Errors
///
/// Why there is nothing to show.
pub fn show(received: Bytes, limits: Limits, side: Side, stop: &Stop) -> Result<Shown, PictureFault> {
    limits.check_bytes(received.len())?;
    work::within(limits.time, stop, move |clock| {
        shown(&received, &limits, side, clock)
    })
}

fn shown(received: &Bytes, limits: &Limits, side: Side, clock: &Clock) -> Result<Shown, PictureFault> {
    let decoded = decode::decode(received, limits, clock)?;
    let source = (decoded.raster.width, decoded.raster.height);
    let sideways = turn::lies_on_its_side(decoded.orientation);
    let (source_width, source_height) = if sideways { (source.1, source.0) } else { source };
    let mut raster = size::shrink(decoded.raster, side.pixels())?;
    clock.check()?;
    raster = turn::upright(raster, decoded.orientation);
    raster = colour::to_srgb(raster, decoded.icc.as_deref());
    clock.check()?;
    let (bytes, shown_as) = if raster.is_transparent() {
        (encode::png(&raster)?, ShownAs::Png)
    } else {
        raster = raster.on_white();
        (
            encode::jpeg(&raster, QUALITY, decoded.format.is_exact())?,
            ShownAs::Jpeg,
        )
    };
    Ok(Shown {
        bytes,
        shown_as,
        width: raster.width,
        height: raster.height,
        source_width,
        source_height,
    })
}
