//! Pixels out: files in which there is nothing but pixels.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::fault::PictureFault;
use crate::raster::{Layout, Raster};

/// Up to so many pixels, the encoder makes Huffman tables for the picture: a tenth fewer bytes, but all coefficients
/// are in memory meanwhile.
const OWN_TABLES: u64 = 16 * 1024 * 1024;

/// A JPEG: only the JFIF header, tables, the frame and its scans. Letters of exact pictures keep their colours (4:4:4);
/// photographs do not need them that fine (4:2:0).
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
    let pixels = u64::from(raster.width).saturating_mul(u64::from(raster.height));
    encoder.set_optimized_huffman_tables(pixels <= OWN_TABLES);
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
