//! JPEG in: what a file declares, then its pixels.

mod outline;

use bytes::Bytes;
use image::metadata::Orientation;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::decode::Decoded;
use crate::fault::PictureFault;
use crate::limits::Limits;
use crate::raster::{Layout, Raster, in_place};
use crate::sniff::Format;
use crate::watch::{Clock, Watched};

/// Decodes a JPEG. [`outline::read`] has looked at all of its markers before: the decoder itself fills what is missing
/// with gray and says nothing.
pub(crate) fn decode(bytes: &Bytes, limits: &Limits, clock: &Clock) -> Result<Decoded, PictureFault> {
    let (outline, plain) = outline::read(bytes)?;
    let (width, height) = (outline.width, outline.height);
    limits.check_pixels(width, height)?;
    let samples = outline.samples() as u64;
    let besides = outline.coefficient_bytes_per_pixel().max(samples);
    limits.check_memory(
        width,
        height,
        samples.saturating_add(besides),
        outline.rows_bytes(),
    )?;
    outline.check_scans()?;

    let damaged = |_| PictureFault::Damaged;
    let side = limits.side as usize;
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(outline::MAX_SCANS);
    let mut decoder = JpegDecoder::new_with_options(Watched::new(&plain, clock), options);
    decoder.decode_headers().map_err(damaged)?;
    // Inks stay inks until the colour profile is known.
    let (kept, layout) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, Layout::Gray),
        Some(kept @ (ColorSpace::CMYK | ColorSpace::YCCK)) => (kept, Layout::Cmyk),
        _ => (ColorSpace::RGB, Layout::Rgb),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(kept));
    let declared = (width as usize, height as usize);
    let size = decoder.output_buffer_size().unwrap_or_default();
    let expected = declared
        .0
        .saturating_mul(declared.1)
        .saturating_mul(layout.samples());
    if decoder.dimensions() != Some(declared) || size != expected || layout.samples() != outline.samples() {
        return Err(PictureFault::Damaged);
    }
    let mut pixels = vec![0; size];
    decoder.decode_into(&mut pixels).map_err(damaged)?;
    clock.check()?;
    if kept == ColorSpace::YCCK {
        in_place(&mut pixels, inks);
    }
    let orientation = decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif))
        .unwrap_or(Orientation::NoTransforms);
    Ok(Decoded {
        icc: decoder.icc_profile(),
        raster: Raster {
            pixels,
            width,
            height,
            layout,
        },
        orientation,
        format: Format::Jpeg,
    })
}

/// Luma, chroma and black to inks (ITU-T T.872, 6.5): the three become red, green and blue, which are inverted inks.
fn inks([luma, blue, red, black]: [u8; 4]) -> [u8; 4] {
    // Sixteen bits behind the point: 1.402, 0.344136, 0.714136, 1.772.
    let (luma, blue, red) = (i32::from(luma) << 16, i32::from(blue) - 128, i32::from(red) - 128);
    let ink = |colour: i32| {
        let rounded = (colour + (1 << 15)) >> 16;
        255 - u8::try_from(rounded.clamp(0, 255)).unwrap_or(u8::MAX)
    };
    [
        ink(luma + 91_881 * red),
        ink(luma - 22_554 * blue - 46_802 * red),
        ink(luma + 116_130 * blue),
        black,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_and_chroma_become_inks() {
        assert_eq!(inks([255, 128, 128, 7]), [0, 0, 0, 7]);
        assert_eq!(inks([0, 128, 128, 255]), [255, 255, 255, 255]);
        // Red paint: cyan gone, which in a JPEG is inverted twice.
        assert_eq!(inks([76, 85, 255, 0]), [1, 255, 255, 0]);
    }
}
