//! Colours to sRGB, the colours of whoever looks.

use moxcms::{ColorProfile, DataColorSpace, Layout as Order, TransformOptions};

use crate::raster::{Layout, Raster};

/// Converts the colours of a picture with the profile that came with it, and inks in any case. A profile that cannot be
/// read, or that is for another kind of samples, is as good as none: the picture is then taken for sRGB, as browsers do.
pub(crate) fn to_srgb(raster: Raster, icc: Option<&[u8]>) -> Raster {
    let profile = icc.and_then(|icc| ColorProfile::new_from_slice(icc).ok());
    match profile.and_then(|profile| by_profile(&raster, &profile)) {
        Some(converted) => converted,
        None if raster.layout == Layout::Cmyk => by_arithmetic(&raster),
        None => raster,
    }
}

/// How the samples of a row go into a transformation and come out of it.
struct Way {
    space: DataColorSpace,
    from: Order,
    to: Order,
    /// Samples of a pixel that comes out.
    out: usize,
    /// Which of them are kept.
    kept: &'static [usize],
    layout: Layout,
}

fn way(layout: Layout) -> Way {
    let (space, from, to, out, kept, layout): (_, _, _, _, &[usize], _) = match layout {
        // Gray stays gray: three equal samples come out.
        Layout::Gray => (
            DataColorSpace::Gray,
            Order::Gray,
            Order::Rgb,
            3,
            &[0],
            Layout::Gray,
        ),
        Layout::GrayAlpha => {
            let (from, to) = (Order::GrayAlpha, Order::Rgba);
            (DataColorSpace::Gray, from, to, 4, &[0, 3], Layout::GrayAlpha)
        }
        Layout::Rgb => (
            DataColorSpace::Rgb,
            Order::Rgb,
            Order::Rgb,
            3,
            &[0, 1, 2],
            Layout::Rgb,
        ),
        Layout::Rgba => {
            let all = &[0, 1, 2, 3];
            (
                DataColorSpace::Rgb,
                Order::Rgba,
                Order::Rgba,
                4,
                all,
                Layout::Rgba,
            )
        }
        // Four inks travel in four samples.
        Layout::Cmyk => (
            DataColorSpace::Cmyk,
            Order::Rgba,
            Order::Rgb,
            3,
            &[0, 1, 2],
            Layout::Rgb,
        ),
    };
    Way {
        space,
        from,
        to,
        out,
        kept,
        layout,
    }
}

fn by_profile(raster: &Raster, profile: &ColorProfile) -> Option<Raster> {
    let way = way(raster.layout);
    if profile.color_space != way.space {
        return None;
    }
    let srgb = ColorProfile::new_srgb();
    let transform = profile
        .create_transform_8bit(way.from, &srgb, way.to, TransformOptions::default())
        .ok()?;
    let width = raster.width as usize;
    let line = width.saturating_mul(raster.layout.samples());
    let whole = width.saturating_mul(raster.height as usize);
    let mut pixels = Vec::with_capacity(whole.saturating_mul(way.layout.samples()));
    let mut inks = Vec::new();
    let mut converted = vec![0; width.saturating_mul(way.out)];
    for row in raster.pixels.chunks_exact(line.max(1)) {
        let row = if raster.layout == Layout::Cmyk {
            // Profiles count ink, JPEGs what is left of the paper.
            inks.clear();
            inks.extend(row.iter().map(|sample| 255_u8.saturating_sub(*sample)));
            &inks
        } else {
            row
        };
        transform.transform(row, &mut converted).ok()?;
        if way.kept.len() == way.out {
            pixels.extend_from_slice(&converted);
        } else {
            for pixel in converted.chunks_exact(way.out) {
                pixels.extend(way.kept.iter().filter_map(|index| pixel.get(*index)));
            }
        }
    }
    Some(Raster {
        pixels,
        width: raster.width,
        height: raster.height,
        layout: way.layout,
    })
}

/// Inks without a profile: each takes its part of the light, and black a part of all.
fn by_arithmetic(raster: &Raster) -> Raster {
    let part = |ink: u8, black: u8| {
        let product = u32::from(ink).saturating_mul(u32::from(black));
        u8::try_from(product.saturating_add(127) / 255).unwrap_or(u8::MAX)
    };
    let (inks, _) = raster.pixels.as_chunks::<4>();
    Raster {
        pixels: inks
            .iter()
            .flat_map(|[cyan, magenta, yellow, black]| [cyan, magenta, yellow].map(|ink| part(*ink, *black)))
            .collect(),
        width: raster.width,
        height: raster.height,
        layout: Layout::Rgb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(layout: Layout, pixel: &[u8]) -> Raster {
        Raster {
            pixels: pixel.repeat(6),
            width: 3,
            height: 2,
            layout,
        }
    }

    fn converted(layout: Layout, pixel: &[u8], profile: &ColorProfile) -> Vec<u8> {
        let raster = to_srgb(one(layout, pixel), Some(&profile.encode().unwrap()));
        let samples = raster.layout.samples();
        assert_eq!(raster.pixels.len(), 6 * samples);
        let (first, rest) = raster.pixels.split_at(samples);
        assert!(rest.chunks(samples).all(|pixel| pixel == first));
        first.to_vec()
    }

    fn near(left: &[u8], right: &[u8]) -> bool {
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| left.abs_diff(*right) <= 2)
    }

    #[test]
    fn wide_colours_become_those_of_the_screen() {
        // By hand, with the curve of sRGB and the matrices of CSS Color 4, section 17.
        let p3 = ColorProfile::new_display_p3();
        assert!(near(
            &converted(Layout::Rgb, &[128, 128, 128], &p3),
            &[128, 128, 128]
        ));
        let green = converted(Layout::Rgb, &[100, 200, 100], &p3);
        assert!(near(&green, &[45, 203, 86]), "{green:?}");
        let with_alpha = converted(Layout::Rgba, &[100, 200, 100, 77], &p3);
        assert!(
            near(&with_alpha[..3], &green) && with_alpha[3] == 77,
            "{with_alpha:?}"
        );
        // Adobe's gamma is lower than the curve of sRGB in the dark, and its greens are further out.
        let adobe = converted(Layout::Rgb, &[100, 200, 100], &ColorProfile::new_adobe_rgb());
        assert!(adobe[0] < 40 && adobe[1].abs_diff(201) <= 2, "{adobe:?}");
    }

    #[test]
    fn gray_stays_gray() {
        let linear = ColorProfile::new_gray_with_gamma(1.0);
        let gray = converted(Layout::Gray, &[55], &linear);
        // A fifth of the light is the middle of sRGB.
        assert!(near(&gray, &[128]), "{gray:?}");
        let with_alpha = converted(Layout::GrayAlpha, &[55, 9], &linear);
        assert!(
            near(&with_alpha[..1], &gray) && with_alpha[1] == 9,
            "{with_alpha:?}"
        );
    }

    #[test]
    fn a_profile_of_something_else_changes_nothing() {
        let raster = one(Layout::Rgb, &[1, 100, 200]);
        let gray = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        for icc in [
            None,
            Some(&gray[..]),
            Some(b"no profile".as_slice()),
            Some(b"".as_slice()),
        ] {
            assert_eq!(to_srgb(raster.clone(), icc), raster);
        }
        let srgb = converted(Layout::Rgb, &[1, 100, 200], &ColorProfile::new_srgb());
        assert!(near(&srgb, &[1, 100, 200]));
    }

    #[test]
    fn inks_become_light() {
        let light = to_srgb(one(Layout::Cmyk, &[255, 128, 0, 255]), None);
        assert_eq!(
            (light.layout, &light.pixels[..3]),
            (Layout::Rgb, &[255, 128, 0][..])
        );
        let dark = to_srgb(one(Layout::Cmyk, &[255, 128, 0, 0]), None);
        assert_eq!(&dark.pixels[..3], [0, 0, 0]);
    }
}
