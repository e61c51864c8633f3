//! Quality: how near to the best reduction there is.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use kvit_images::{Limits, Prepare, Stop};
use ssimulacra2::{ColorPrimaries, LinearRgb, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

use super::photo;
use super::worker::vipsthumbnail;
use crate::figures::to_f64;

/// Qualities at which libvips is asked: its curve of bytes and scores.
const CURVE: [u8; 6] = [60, 68, 75, 82, 88, 94];

/// One photograph.
pub struct Scored {
    /// SSIMULACRA2 of what Kvit sends.
    pub score: f64,
    /// Its bytes over those with which libvips reaches that score.
    pub bytes_at_equal_score: f64,
    /// Its score less what libvips reaches with as many bytes.
    pub score_at_equal_bytes: f64,
}

/// The curve of sRGB (IEC 61966-2-1), from bytes to light.
fn light(sample: u8) -> f32 {
    let value = f32::from(sample) / 255.0;
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// The photograph at the size that is sent, reduced with Lanczos3 in linear light without rounding.
fn reference(photo: &RgbImage, width: u32, height: u32) -> Result<LinearRgb> {
    let curve: Vec<f32> = (0..=u8::MAX).map(light).collect();
    let samples: Vec<u8> = photo
        .as_raw()
        .iter()
        .flat_map(|sample| {
            curve
                .get(usize::from(*sample))
                .copied()
                .unwrap_or_default()
                .to_ne_bytes()
        })
        .collect();
    let from = Image::from_vec_u8(photo.width(), photo.height(), samples, PixelType::F32x3)?;
    let mut to = Image::new(width, height, PixelType::F32x3);
    let how = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&from, &mut to, &how)?;
    let (samples, _) = to.buffer().as_chunks::<4>();
    let samples: Vec<f32> = samples
        .iter()
        .map(|sample| f32::from_ne_bytes(*sample).clamp(0.0, 1.0))
        .collect();
    let (pixels, _) = samples.as_chunks::<3>();
    Ok(LinearRgb::new(pixels.to_vec(), width as usize, height as usize)?)
}

fn score(reference: &LinearRgb, file: &[u8]) -> Result<f64> {
    let picture = image::load_from_memory(file)?.into_rgb32f();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (pixels, _) = picture.as_raw().as_chunks::<3>();
    let seen = Rgb::new(
        pixels.to_vec(),
        width,
        height,
        TransferCharacteristic::SRGB,
        ColorPrimaries::BT709,
    )?;
    Ok(compute_frame_ssimulacra2(reference.clone(), seen)?)
}

/// Of `y` at `x` on a line through points that rise in `x`; beyond the ends, the last two points go on.
fn between(points: &[(f64, f64)], x: f64) -> Option<f64> {
    let pairs = points.windows(2);
    let pair = pairs
        .clone()
        .find(|pair| pair.last().is_some_and(|last| x <= last.0))
        .or(pairs.last())?;
    let [(left, low), (right, high)] = *pair else {
        return None;
    };
    Some(low + (high - low) * (x - left) / (right - left))
}

/// Kvit and libvips on the photograph of `seed`.
pub fn against_vips(seed: u64, folder: &Path) -> Result<Scored> {
    let file = photo::jpeg(seed, None)?;
    let decoded = image::load_from_memory(&file)?.into_rgb8();
    let sent = kvit_images::prepare(file.clone().into(), Prepare::default(), Limits::OWN, &Stop::new())?;
    let reference = reference(&decoded, sent.width, sent.height)?;
    let ours = score(&reference, &sent.jpeg)?;
    let bytes = to_f64(sent.jpeg.len() as u64);
    let from = folder.join("photo.jpg");
    std::fs::write(&from, file)?;
    let mut curve = Vec::new();
    for quality in CURVE {
        let to = folder.join("small.jpg");
        let mut command: Command = vipsthumbnail(&from, &to, kvit_images::LONG_SIDE, quality);
        ensure!(command.status()?.success(), "vipsthumbnail failed");
        let small = std::fs::read(&to)?;
        curve.push((score(&reference, &small)?, to_f64(small.len() as u64)));
    }
    curve.sort_by(|one, other| one.0.total_cmp(&other.0));
    let turned: Vec<(f64, f64)> = curve.iter().map(|(score, bytes)| (*bytes, *score)).collect();
    let theirs = between(&curve, ours).context("no curve")?;
    Ok(Scored {
        score: ours,
        bytes_at_equal_score: bytes / theirs,
        score_at_equal_bytes: ours - between(&turned, bytes).context("no curve")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_through_their_points_and_on() {
        let line = [(0.0, 10.0), (1.0, 20.0), (3.0, 60.0)];
        for (x, y) in [
            (0.0, 10.0),
            (0.5, 15.0),
            (2.0, 40.0),
            (3.0, 60.0),
            (4.0, 80.0),
            (-1.0, 0.0),
        ] {
            assert_eq!(between(&line, x), Some(y), "{x}");
        }
        assert_eq!(between(&[(0.0, 1.0)], 0.5), None);
    }
}
