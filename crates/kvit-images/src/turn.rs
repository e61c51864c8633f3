//! Standing upright: the eight ways in which a picture can lie in a file (Exif 2.32, tag 0x0112).

use image::metadata::Orientation;

use crate::raster::{Layout, Raster};

/// Rows of the result that are written together where they are columns of the source: a cache line of the source then
/// serves all of them. Turning pixel by pixel took a fifth of the whole way of a photograph.
const BAND: usize = 16;

/// Bakes the orientation in.
pub(crate) fn upright(raster: Raster, orientation: Orientation) -> Raster {
    if orientation == Orientation::NoTransforms {
        return raster;
    }
    match raster.layout {
        Layout::Gray => turned::<1>(&raster, orientation),
        Layout::GrayAlpha => turned::<2>(&raster, orientation),
        Layout::Rgb => turned::<3>(&raster, orientation),
        Layout::Rgba | Layout::Cmyk => turned::<4>(&raster, orientation),
    }
}

/// Whether width and height change places.
pub(crate) const fn lies_on_its_side(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn turned<const N: usize>(raster: &Raster, orientation: Orientation) -> Raster {
    let (from, _) = raster.pixels.as_chunks::<N>();
    let (wide, high) = (raster.width as usize, raster.height as usize);
    let sideways = lies_on_its_side(orientation);
    let width = if sideways { high } else { wide };
    let mut pixels = vec![0; from.len().saturating_mul(N)];
    let (to, _) = pixels.as_chunks_mut::<N>();
    // Whether a row of the result is read backwards, and whether the rows are.
    let (row_back, rows_back) = match orientation {
        Orientation::NoTransforms | Orientation::Rotate90FlipH => (false, false),
        Orientation::FlipHorizontal | Orientation::Rotate90 => (true, false),
        Orientation::FlipVertical | Orientation::Rotate270 => (false, true),
        Orientation::Rotate180 | Orientation::Rotate270FlipH => (true, true),
    };
    let mirrored = |index: usize, length: usize, back: bool| {
        if back {
            length.saturating_sub(index).saturating_sub(1)
        } else {
            index
        }
    };
    for (band, rows) in to.chunks_mut(width.saturating_mul(BAND).max(1)).enumerate() {
        let first = band.saturating_mul(BAND);
        if sideways {
            for x in 0..width {
                let line = mirrored(x, high, row_back).saturating_mul(wide);
                let line = from.get(line..line.saturating_add(wide)).unwrap_or_default();
                for (row, y) in rows.chunks_mut(width.max(1)).zip(first..) {
                    if let (Some(to), Some(from)) = (row.get_mut(x), line.get(mirrored(y, wide, rows_back))) {
                        *to = *from;
                    }
                }
            }
        } else {
            for (row, y) in rows.chunks_mut(width.max(1)).zip(first..) {
                let line = mirrored(y, high, rows_back).saturating_mul(wide);
                let line = from.get(line..line.saturating_add(wide)).unwrap_or_default();
                if row_back {
                    row.iter_mut()
                        .zip(line.iter().rev())
                        .for_each(|(to, from)| *to = *from);
                } else {
                    row.iter_mut().zip(line).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
    Raster {
        pixels,
        width: if sideways { raster.height } else { raster.width },
        height: if sideways { raster.width } else { raster.height },
        layout: raster.layout,
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
    use proptest::prelude::*;

    use super::*;

    /// The library's own slower way.
    fn reference(raster: &Raster, orientation: Orientation) -> (u32, u32, Vec<u8>) {
        let (width, height, pixels) = (raster.width, raster.height, raster.pixels.clone());
        let mut image = match raster.layout {
            Layout::Gray => DynamicImage::from(GrayImage::from_raw(width, height, pixels).unwrap()),
            Layout::GrayAlpha => DynamicImage::from(GrayAlphaImage::from_raw(width, height, pixels).unwrap()),
            Layout::Rgb => DynamicImage::from(RgbImage::from_raw(width, height, pixels).unwrap()),
            Layout::Rgba | Layout::Cmyk => {
                DynamicImage::from(RgbaImage::from_raw(width, height, pixels).unwrap())
            }
        };
        image.apply_orientation(orientation);
        (image.width(), image.height(), image.into_bytes())
    }

    proptest! {
        #[test]
        fn all_eight_are_as_the_library_has_them(
            width in 1..70_u32, height in 1..70_u32, number in 1..=8_u8, seed: u8,
        ) {
            let orientation = Orientation::from_exif(number).unwrap();
            for layout in [Layout::Gray, Layout::GrayAlpha, Layout::Rgb, Layout::Rgba] {
                let length = width as usize * height as usize * layout.samples();
                let pixels = (0..length).map(|index| (index * 31) as u8 ^ seed ^ (index >> 8) as u8).collect();
                let raster = Raster { pixels, width, height, layout };
                let expected = reference(&raster, orientation);
                let upright = upright(raster, orientation);
                prop_assert_eq!((upright.width, upright.height, upright.pixels), expected);
            }
        }
    }
}
