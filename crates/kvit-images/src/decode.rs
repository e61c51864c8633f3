//! From bytes to pixels of eight bits, whatever the format.

use std::io::ErrorKind;

use bytes::Bytes;
use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::ImageError;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageResult};

use crate::fault::PictureFault;
use crate::jpeg;
use crate::limits::Limits;
use crate::raster::{Layout, Raster, in_place};
use crate::sniff::{Foreign, Format, sniff};
use crate::watch::{Clock, Watched};

/// A colour profile larger than this is left out; those of printers have a megabyte or two.
const MAX_PROFILE: usize = 4 * 1024 * 1024;

/// The most that a PNG's chunks may unpack to, the pixels not counted. The library counts its rows here as well.
const MAX_CHUNKS: u64 = 16 * 1024 * 1024;

/// A decoded file. The raster lies as it lies in the file.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) raster: Raster,
    pub(crate) orientation: Orientation,
    /// The colour profile, not looked at.
    pub(crate) icc: Option<Vec<u8>>,
    pub(crate) format: Format,
}

/// Decodes the first picture of a file.
pub(crate) fn decode(bytes: &Bytes, limits: &Limits, clock: &Clock) -> Result<Decoded, PictureFault> {
    limits.check_bytes(bytes.len())?;
    let format = sniff(bytes).map_err(PictureFault::Unsupported)?;
    let decoded = match format {
        Format::Jpeg => jpeg::decode(bytes, limits, clock),
        _ => with_library(format, bytes, limits, clock),
    };
    // What a decoder makes of a reader that ended the work is its own affair.
    clock.check()?;
    let mut decoded = decoded?;
    decoded.icc = decoded.icc.filter(|profile| profile.len() <= MAX_PROFILE);
    Ok(decoded)
}

/// Bytes for each pixel that a decoder holds besides the `pixel` bytes it was given to fill, at most.
fn besides(format: Format, pixel: u64) -> u64 {
    match format {
        // Both write where they are told.
        Format::Jpeg | Format::Png | Format::Bmp => 0,
        // A frame that does not cover the whole is decoded beside it.
        Format::Gif => 4,
        // A strip may be the whole picture.
        Format::Tiff => pixel,
        // A frame of an animation with alpha, and the planes it is made of.
        Format::WebP => 8,
    }
}

fn with_library(
    format: Format,
    bytes: &Bytes,
    limits: &Limits,
    clock: &Clock,
) -> Result<Decoded, PictureFault> {
    let fault = |error: ImageError| fault_of(format, &error);
    let mut decoder = open(format, bytes, clock).map_err(fault)?;
    let (width, height) = decoder.dimensions();
    limits.check_pixels(width, height)?;
    let colour = decoder.color_type();
    let pixel = u64::from(colour.bytes_per_pixel());
    // Afterwards a second copy, without alpha: on white, or shrunk to what fits a screen.
    let after = u64::from(colour.channel_count().min(3));
    let more = besides(format, pixel).max(after);
    limits.check_memory(width, height, pixel.saturating_add(more), MAX_CHUNKS)?;
    decoder.set_limits(library_limits(limits)).map_err(fault)?;
    let icc = decoder.icc_profile().map_err(fault)?;
    let orientation = orientation_of(decoder.as_mut()).map_err(fault)?;
    let size = usize::try_from(decoder.total_bytes()).map_err(|_| PictureFault::TooMuchMemory)?;
    let mut pixels = vec![0; size];
    decoder.read_image_boxed(&mut pixels).map_err(fault)?;
    let layout = narrow(colour, &mut pixels).ok_or(PictureFault::Unsupported(Foreign::Variant(format)))?;
    Ok(Decoded {
        raster: Raster {
            pixels,
            width,
            height,
            layout,
        },
        orientation,
        icc,
        format,
    })
}

/// How the picture lies. Some writers begin the EXIF of a WebP with the six bytes that belong into a JPEG.
fn orientation_of(decoder: &mut (dyn ImageDecoder + '_)) -> ImageResult<Orientation> {
    let plain = decoder.orientation()?;
    if plain != Orientation::NoTransforms {
        return Ok(plain);
    }
    let exif = decoder.exif_metadata()?;
    let inner = exif.as_deref().and_then(|exif| exif.strip_prefix(b"Exif\0\0"));
    Ok(inner.and_then(Orientation::from_exif_chunk).unwrap_or(plain))
}

fn library_limits(limits: &Limits) -> image::Limits {
    let mut ours = image::Limits::default();
    ours.max_image_width = Some(limits.side);
    ours.max_image_height = Some(limits.side);
    ours.max_alloc = Some(limits.memory as u64);
    ours
}

fn open<'a>(format: Format, bytes: &'a Bytes, clock: &'a Clock) -> ImageResult<Box<dyn ImageDecoder + 'a>> {
    let input = Watched::new(bytes, clock);
    Ok(match format {
        Format::Png => {
            let mut chunks = image::Limits::no_limits();
            chunks.max_alloc = Some(MAX_CHUNKS);
            Box::new(PngDecoder::with_limits(input, chunks)?)
        }
        Format::WebP => {
            check_chunks(bytes)?;
            Box::new(WebPDecoder::new(input)?)
        }
        Format::Gif => Box::new(GifDecoder::new(input)?),
        Format::Bmp => Box::new(BmpDecoder::new(input)?),
        Format::Tiff => Box::new(TiffDecoder::new(input)?),
        // Has a way of its own.
        Format::Jpeg => return Err(ImageError::IoError(ErrorKind::InvalidInput.into())),
    })
}

/// Whether the chunks of a WebP are as long as they say: the decoder allocates what a chunk declares before it reads.
fn check_chunks(bytes: &[u8]) -> ImageResult<()> {
    let cut = || ImageError::IoError(ErrorKind::UnexpectedEof.into());
    let length = |at: &[u8]| {
        let length = at.first_chunk().copied().map(u32::from_le_bytes);
        length
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(cut)
    };
    let whole = length(bytes.get(4..).unwrap_or_default())?;
    let mut rest = bytes
        .get(8..)
        .and_then(|rest| rest.get(..whole))
        .ok_or_else(cut)?;
    rest = rest.get(4..).ok_or_else(cut)?;
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let chunk = length(head.get(4..).unwrap_or_default())?;
        let body = body.get(chunk..).ok_or_else(cut)?;
        // Chunks of odd length have a byte of padding, which some writers leave out at the end.
        rest = body.get(chunk % 2..).unwrap_or_default();
    }
    Ok(())
}

fn fault_of(format: Format, error: &ImageError) -> PictureFault {
    match error {
        // The sides were looked at before.
        ImageError::Limits(_) => PictureFault::TooMuchMemory,
        ImageError::Unsupported(_) => PictureFault::Unsupported(Foreign::Variant(format)),
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => PictureFault::Truncated,
        error if ends_early(error) => PictureFault::Truncated,
        _ => PictureFault::Damaged,
    }
}

/// Whether somewhere beneath lies a reader that came to its end.
fn ends_early(error: &ImageError) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|error| error.kind() == ErrorKind::UnexpectedEof) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Makes samples of eight bits, in place; `None` for pixels that nobody knows.
fn narrow(colour: ColorType, pixels: &mut Vec<u8>) -> Option<Layout> {
    let layout = match colour.channel_count() {
        1 => Layout::Gray,
        2 => Layout::GrayAlpha,
        3 => Layout::Rgb,
        4 => Layout::Rgba,
        _ => return None,
    };
    match colour {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => {}
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            in_place(pixels, |sample| [eighth_bits(u16::from_ne_bytes(sample))]);
        }
        ColorType::Rgb32F | ColorType::Rgba32F => {
            in_place(pixels, |sample| [unit(f32::from_ne_bytes(sample))]);
        }
        _ => return None,
    }
    Some(layout)
}

/// Sixteen bits to eight, rounded: 65 535 is 255 times 257.
fn eighth_bits(sample: u16) -> u8 {
    u8::try_from(u32::from(sample).saturating_add(128) / 257).unwrap_or(u8::MAX)
}

/// Zero to one, as floating-point TIFFs have it; what is no number is black.
#[allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn unit(sample: f32) -> u8 {
    // A conversion to an integer saturates, and makes zero of what is no number. No money is counted here.
    (sample * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_eight_bits() {
        for value in 0..=u8::MAX {
            assert_eq!(eighth_bits(u16::from(value) * 257), value);
        }
        assert_eq!(
            (eighth_bits(u16::MAX), eighth_bits(128), eighth_bits(129)),
            (255, 0, 1)
        );
        assert_eq!(
            [-1.0, 0.0, 0.5, 1.0, 9.0, f32::NAN].map(unit),
            [0, 0, 128, 255, 255, 0]
        );
        let mut wide: Vec<u8> = [0_u16, 257, 65_535]
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        assert_eq!(narrow(ColorType::Rgb16, &mut wide), Some(Layout::Rgb));
        assert_eq!(wide, [0, 1, 255]);
    }

    #[test]
    fn chunks_that_say_more_than_there_is_are_cut_off() {
        let webp = |whole: u32, chunk: u32, data: usize| {
            let mut file = [
                b"RIFF".as_slice(),
                &whole.to_le_bytes(),
                b"WEBPICCP",
                &chunk.to_le_bytes(),
            ]
            .concat();
            file.resize(20 + data, 0);
            check_chunks(&file).is_ok()
        };
        assert!(webp(16, 4, 4) && webp(15, 3, 3) && webp(16, 3, 4) && webp(16, 4, 9));
        assert!(!webp(16, 5, 5) && !webp(17, 4, 4) && !webp(16, u32::MAX, 4) && !webp(u32::MAX, 4, 4));
        assert!(check_chunks(b"RIFF").is_err() && check_chunks(b"RIFF\0\0\0\0WEBP").is_err());
    }
}
