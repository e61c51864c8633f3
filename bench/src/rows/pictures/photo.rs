//! Photographs out of a seed: large soft shapes, edges, fine texture, grain, and 12 megapixels of it.

use anyhow::{Context, Result};
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Sides as a sensor of 12 megapixels has them.
pub const SIDES: (u32, u32) = (4000, 3000);
/// A decoded frame of it.
pub const FRAME_BYTES: u64 = 4000 * 3000 * 3;
/// Quality of the file, as cameras write it.
const QUALITY: u8 = 92;

/// A lattice of random heights, and what lies between them.
struct Noise {
    heights: Vec<f32>,
}

const LATTICE: usize = 64;

impl Noise {
    fn new(random: &mut StdRng) -> Self {
        Self {
            heights: (0..LATTICE * LATTICE)
                .map(|_| random.random_range(-1.0..1.0))
                .collect(),
        }
    }

    /// Between -1 and 1, smooth, repeating after 64 steps.
    fn at(&self, x: f32, y: f32) -> f32 {
        let height = |x: usize, y: usize| {
            let place = (y % LATTICE) * LATTICE + x % LATTICE;
            self.heights.get(place).copied().unwrap_or_default()
        };
        let smooth = |part: f32| part * part * (3.0 - 2.0 * part);
        let (left, top) = (x.floor() as usize, y.floor() as usize);
        let (across, down) = (smooth(x.fract()), smooth(y.fract()));
        let mix = |one: f32, other: f32, part: f32| one + (other - one) * part;
        mix(
            mix(height(left, top), height(left + 1, top), across),
            mix(height(left, top + 1), height(left + 1, top + 1), across),
            down,
        )
    }
}

/// The pixels of the photograph of `seed`.
pub fn pixels(seed: u64) -> RgbImage {
    let mut random = StdRng::seed_from_u64(seed);
    let noise = Noise::new(&mut random);
    let shift: [f32; 6] = std::array::from_fn(|_| random.random_range(0.0..60.0));
    let colours: [[f32; 3]; 3] =
        std::array::from_fn(|_| std::array::from_fn(|_| random.random_range(20.0..220.0)));
    let grain = random.random_range(2.0..7.0_f32);
    let [ground, thing, light] = colours;
    RgbImage::from_fn(SIDES.0, SIDES.1, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let octave = |scale: f32, shift: f32| noise.at(x / scale + shift, y / scale + shift);
        let large = octave(700.0, shift[0]) + 0.5 * octave(300.0, shift[1]);
        // What is in front of the ground ends at an edge, two pixels wide.
        let edge = (octave(450.0, shift[2]) * 225.0).clamp(-1.0, 1.0) * 0.5 + 0.5;
        let texture = octave(24.0, shift[3]) * 14.0 + octave(6.0, shift[4]) * 9.0 * edge;
        let noise = random.random_range(-grain..grain);
        let colour = |index: usize| {
            let at = |colour: &[f32; 3]| colour.get(index).copied().unwrap_or_default();
            let base = at(&ground) * (1.0 - edge) + at(&thing) * edge;
            let lit = base + at(&light) * 0.25 * large + texture + noise;
            lit.clamp(0.0, 255.0) as u8
        };
        image::Rgb([colour(0), colour(1), colour(2)])
    })
}

/// The photograph of `seed` as a camera's file, with EXIF that says how it lies.
pub fn jpeg(seed: u64, orientation: Option<u8>) -> Result<Vec<u8>> {
    let pixels = pixels(seed);
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
    if let Some(orientation) = orientation {
        // A directory of one field, tag 0x0112.
        let exif = [
            b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(),
            &[orientation, 0, 0, 0],
            &[0; 4],
        ]
        .concat();
        encoder.set_exif_metadata(exif).ok().context("no EXIF")?;
    }
    encoder.write_image(pixels.as_raw(), SIDES.0, SIDES.1, ExtendedColorType::Rgb8)?;
    Ok(file)
}
