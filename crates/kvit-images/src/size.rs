//! Sizes, and making pictures smaller.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::fault::PictureFault;
use crate::raster::{Layout, Raster};

/// The size of a picture whose longer side is `side` at most: never larger than it was, in the same proportion to the
/// nearest pixel, and at least one pixel each way.
pub(crate) fn fit(width: u32, height: u32, side: u32) -> (u32, u32) {
    let long = width.max(height);
    if long <= side {
        return (width, height);
    }
    let (long, side) = (u128::from(long), u128::from(side));
    let scaled = |length: u32| {
        // Half of the divisor more, so that the quotient is rounded; not above `side`, which is a u32.
        let doubled = u128::from(length).saturating_mul(side).saturating_mul(2);
        let nearest = doubled.saturating_add(long).checked_div(long.saturating_mul(2));
        u32::try_from(nearest.unwrap_or(1)).unwrap_or(u32::MAX).max(1)
    };
    (scaled(width), scaled(height))
}

impl Layout {
    fn pixel_type(self) -> PixelType {
        match self {
            Self::Gray => PixelType::U8,
            Self::GrayAlpha => PixelType::U8x2,
            Self::Rgb => PixelType::U8x3,
            Self::Rgba | Self::Cmyk => PixelType::U8x4,
        }
    }
}

/// Makes a picture smaller with Lanczos3 over as many pixels as each new one covers. One that fits stays as it is.
pub(crate) fn shrink(raster: Raster, side: u32) -> Result<Raster, PictureFault> {
    let (width, height) = fit(raster.width, raster.height, side);
    if (width, height) == (raster.width, raster.height) {
        return Ok(raster);
    }
    let Raster {
        mut pixels, layout, ..
    } = raster;
    let kind = layout.pixel_type();
    let alpha = MulDiv::new();
    // Colours count as much as they are seen. In place: the resizer's own way would copy the whole picture first.
    if layout.has_alpha() {
        let mut whole = Image::from_slice_u8(raster.width, raster.height, &mut pixels, kind)
            .map_err(|_| PictureFault::Damaged)?;
        alpha
            .multiply_alpha_inplace(&mut whole)
            .map_err(|_| PictureFault::Damaged)?;
    }
    let from =
        ImageRef::new(raster.width, raster.height, &pixels, kind).map_err(|_| PictureFault::Damaged)?;
    let mut to = Image::new(width, height, kind);
    let how = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(false);
    Resizer::new()
        .resize(&from, &mut to, &how)
        .map_err(|_| PictureFault::Damaged)?;
    drop(pixels);
    if layout.has_alpha() {
        alpha
            .divide_alpha_inplace(&mut to)
            .map_err(|_| PictureFault::Damaged)?;
    }
    Ok(Raster {
        pixels: to.into_vec(),
        width,
        height,
        layout,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_as_one_expects() {
        assert_eq!(fit(4000, 3000, 1600), (1600, 1200));
        assert_eq!(fit(3000, 4000, 1600), (1200, 1600));
        assert_eq!(fit(1600, 1, 1600), (1600, 1));
        assert_eq!(fit(16_384, 1, 300), (300, 1));
        assert_eq!(fit(3, 2, 2), (2, 1));
        assert_eq!(fit(1000, 667, 300), (300, 200));
        assert_eq!(fit(u32::MAX, u32::MAX, 1), (1, 1));
        assert_eq!(fit(u32::MAX, 2, u32::MAX - 1), (u32::MAX - 1, 2));
    }

    proptest! {
        #[test]
        fn nothing_grows_and_proportions_stay(
            width in 1..=u32::MAX, height in 1..=u32::MAX, side in 1..=u32::MAX,
        ) {
            let (new_width, new_height) = fit(width, height, side);
            prop_assert!((1..=width).contains(&new_width) && (1..=height).contains(&new_height));
            prop_assert_eq!(new_width.max(new_height), width.max(height).min(side));
            // The shorter side is within half a pixel of the proportion, or is the least there is.
            let (short, new_short) = (width.min(height), new_width.min(new_height));
            let long = i128::from(width.max(height));
            let exact = i128::from(short) * i128::from(side.min(width.max(height)));
            prop_assert!(new_short == 1 || (i128::from(new_short) * long - exact).abs() * 2 <= long);
            prop_assert_eq!(fit(height, width, side), (new_height, new_width));
        }

        #[test]
        fn one_colour_stays_that_colour(
            width in 1..80_u32, height in 1..80_u32, side in 1..40_u32, colour in any::<[u8; 3]>(),
        ) {
            let pixels = colour.repeat((width * height) as usize);
            let whole = Raster { pixels, width, height, layout: Layout::Rgb };
            let small = shrink(whole, side).unwrap();
            prop_assert_eq!((small.width, small.height), fit(width, height, side));
            prop_assert_eq!(small.pixels.len(), (small.width * small.height * 3) as usize);
            prop_assert!(small.pixels.chunks(3).all(|pixel| pixel == colour));
        }
    }

    /// What cannot be seen does not colour what can.
    #[test]
    fn hidden_colours_stay_hidden() {
        let pixels = [[200, 0, 0, 255], [0, 255, 0, 0]].concat().repeat(64);
        let half = shrink(
            Raster {
                pixels,
                width: 16,
                height: 8,
                layout: Layout::Rgba,
            },
            4,
        )
        .unwrap();
        for pixel in half.pixels.chunks(4) {
            assert!(pixel[0] > 190 && pixel[1] < 5, "{pixel:?}");
        }
    }
}
