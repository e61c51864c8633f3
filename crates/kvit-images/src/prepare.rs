//! A person's own file to what is sent.

use bytes::Bytes;

use crate::fault::PictureFault;
use crate::limits::Limits;
use crate::raster::Raster;
use crate::sniff::Format;
use crate::watch::{Clock, Stop};
use crate::{colour, decode, encode, size, turn, work};

/// Longer side of what is sent, in pixels: a page of a bank's letter stays readable, and a photograph has 200 to
/// 400 KB instead of several MB.
pub const LONG_SIDE: u32 = 1600;

/// JPEG quality of what is sent (1 to 100, as libjpeg counts). Measured on photographs (`cargo xtask bench`, row P8).
pub const QUALITY: u8 = 80;

/// The most that a marketplace takes for one picture, in bytes (marketplace reference, section 10.2).
pub const MAX_SENT_BYTES: usize = 10_485_760;

/// In full size, the first of these qualities with which the file fits is taken.
const FULL_SIZE_QUALITIES: [u8; 7] = [90, 85, 80, 70, 60, 45, 30];

/// How a picture is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prepare {
    /// With all its pixels, instead of shrunk to [`LONG_SIDE`].
    pub full_size: bool,
}

/// A picture as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// A JPEG of at most [`MAX_SENT_BYTES`]: JFIF header, tables, frame, scans, and nothing else.
    pub jpeg: Vec<u8>,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Its quality, as libjpeg counts.
    pub quality: u8,
    /// What the file was.
    pub source_format: Format,
    /// Pixels in a row of the file, once it stands upright.
    pub source_width: u32,
    /// Rows of the file, once it stands upright.
    pub source_height: u32,
}

/// Makes of a file what is sent: the first picture in it, upright, in sRGB, on white where it was transparent, as JPEG,
/// without any metadata. A picture that is already small enough is encoded again all the same. Blocks; see the crate's
/// documentation for what it may cost.
///
/// # Errors
///
/// Why the file gives no picture.
pub fn prepare(file: Bytes, how: Prepare, limits: Limits, stop: &Stop) -> Result<Prepared, PictureFault> {
    limits.check_bytes(file.len())?;
    work::within(limits.time, stop, move |clock| {
        prepared(&file, how, &limits, clock)
    })
}

fn prepared(file: &Bytes, how: Prepare, limits: &Limits, clock: &Clock) -> Result<Prepared, PictureFault> {
    let decoded = decode::decode(file, limits, clock)?;
    let source = (decoded.raster.width, decoded.raster.height);
    let sideways = turn::lies_on_its_side(decoded.orientation);
    let (source_width, source_height) = if sideways { (source.1, source.0) } else { source };
    let mut raster = decoded.raster.on_white();
    clock.check()?;
    if !how.full_size {
        raster = size::shrink(raster, LONG_SIDE)?;
        clock.check()?;
    }
    raster = turn::upright(raster, decoded.orientation);
    clock.check()?;
    raster = colour::to_srgb(raster, decoded.icc.as_deref());
    clock.check()?;
    let exact = decoded.format.is_exact();
    let qualities = if how.full_size {
        FULL_SIZE_QUALITIES.as_slice()
    } else {
        &[QUALITY]
    };
    let (jpeg, quality) = first_that_fits(&raster, exact, qualities, MAX_SENT_BYTES, clock)?;
    Ok(Prepared {
        jpeg,
        width: raster.width,
        height: raster.height,
        quality,
        source_format: decoded.format,
        source_width,
        source_height,
    })
}

fn first_that_fits(
    raster: &Raster,
    exact: bool,
    qualities: &[u8],
    limit: usize,
    clock: &Clock,
) -> Result<(Vec<u8>, u8), PictureFault> {
    for quality in qualities {
        let jpeg = encode::jpeg(raster, *quality, exact)?;
        clock.check()?;
        if jpeg.len() <= limit {
            return Ok((jpeg, *quality));
        }
    }
    Err(PictureFault::DoesNotFit { limit })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::raster::Layout;

    #[test]
    fn quality_falls_until_it_fits_and_no_further() {
        let mut seed = 1_u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let raster = Raster {
            pixels: (0..64 * 64 * 3).map(|_| noise()).collect(),
            width: 64,
            height: 64,
            layout: Layout::Rgb,
        };
        let clock = Clock::start(Duration::MAX, &Stop::new());
        let sizes = FULL_SIZE_QUALITIES.map(|quality| encode::jpeg(&raster, quality, false).unwrap().len());
        assert!(sizes.is_sorted_by(|one, next| one > next), "{sizes:?}");
        for (size, quality) in sizes.into_iter().zip(FULL_SIZE_QUALITIES) {
            let (jpeg, taken) = first_that_fits(&raster, false, &FULL_SIZE_QUALITIES, size, &clock).unwrap();
            assert_eq!((jpeg.len(), taken), (size, quality));
        }
        let limit = sizes[6] - 1;
        assert_eq!(
            first_that_fits(&raster, false, &FULL_SIZE_QUALITIES, limit, &clock),
            Err(PictureFault::DoesNotFit { limit })
        );
    }
}
