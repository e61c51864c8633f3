//! Pixels out: files in which there is nothing but pixels.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::fault::PictureFault;
use crate::raster::{Layout, Raster};

/// A JPEG: only the JFIF header, tables, the frame and its scans. Letters of exact pictures keep their colours (4:4:4);
/// photographs do not need them that fine (4:2:0). One scan with the usual Huffman tables: with tables of its own this
/// encoder writes the colours one by one, a tenth shorter, which some decoders read wrongly, ours among them.
pub(crate) fn jpeg(raster: &Raster, quality: u8, exact: bool) -> Result<Vec<u8>, PictureFault> {
    let colour = match raster.layout {
        Layout::Gray => ColorType::Luma,
        Layout::Rgb => ColorType::Rgb,
        Layout::GrayAlpha | Layout::Rgba | Layout::Cmyk => return Err(PictureFault::Damaged),
    };
    let sides = u16::try_from(raster.width).and_then(|width| Ok((width, u16::try_from(raster.height)?)));
    let Ok((width, height)) = sides else {
        return Err(PictureFault::TooManyPixels {
            width: raster.width,
            height: raster.height,
        });
    };
    let mut file = Vec::with_capacity(raster.pixels.len() / 8);
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(if exact {
        SamplingFactor::R_4_4_4
    } else {
        SamplingFactor::R_4_2_0
    });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder
        .encode(&raster.pixels, width, height, colour)
        .map_err(|_| PictureFault::Damaged)?;
    Ok(file)
}

/// A PNG: only the header, pixels and the end.
pub(crate) fn png(raster: &Raster) -> Result<Vec<u8>, PictureFault> {
    let colour = match raster.layout {
        Layout::Gray => ExtendedColorType::L8,
        Layout::GrayAlpha => ExtendedColorType::La8,
        Layout::Rgb => ExtendedColorType::Rgb8,
        Layout::Rgba => ExtendedColorType::Rgba8,
        Layout::Cmyk => return Err(PictureFault::Damaged),
    };
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&raster.pixels, raster.width, raster.height, colour)
        .map_err(|_| PictureFault::Damaged)?;
    Ok(file)
}
