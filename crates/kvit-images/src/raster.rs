//! Pixels in memory: eight bits a sample, row after row, without padding.

/// What the samples of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// As JPEGs have it: 255 is no ink.
    Cmyk,
}

impl Layout {
    pub(crate) const fn samples(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    pub(crate) const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

/// A picture in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) pixels: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) layout: Layout,
}

impl Raster {
    /// Whether something can be seen through.
    pub(crate) fn is_transparent(&self) -> bool {
        let through = |step: usize| {
            self.pixels
                .chunks_exact(step)
                .any(|pixel| pixel.last() != Some(&255))
        };
        match self.layout {
            Layout::GrayAlpha => through(2),
            Layout::Rgba => through(4),
            Layout::Gray | Layout::Rgb | Layout::Cmyk => false,
        }
    }

    /// The same on white paper: JPEG knows no alpha, and what was drawn in black would vanish on black.
    pub(crate) fn on_white(mut self) -> Self {
        match self.layout {
            Layout::GrayAlpha => {
                in_place(&mut self.pixels, |[gray, alpha]| [over_white(gray, alpha)]);
                self.layout = Layout::Gray;
            }
            Layout::Rgba => {
                in_place(&mut self.pixels, |[red, green, blue, alpha]| {
                    [red, green, blue].map(|sample| over_white(sample, alpha))
                });
                self.layout = Layout::Rgb;
            }
            Layout::Gray | Layout::Rgb | Layout::Cmyk => {}
        }
        self
    }
}

/// `sample` over 255, rounded.
fn over_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    let sum = sample
        .saturating_mul(alpha)
        .saturating_add(255_u32.saturating_mul(255_u32.saturating_sub(alpha)));
    u8::try_from(sum.saturating_add(127) / 255).unwrap_or(u8::MAX)
}

/// Replaces each `FROM` bytes by `TO`, not more of them, without a second buffer. What is left over goes.
pub(crate) fn in_place<const FROM: usize, const TO: usize>(
    bytes: &mut Vec<u8>,
    each: impl Fn([u8; FROM]) -> [u8; TO],
) {
    const { assert!(0 < TO && TO <= FROM) };
    let count = bytes.len() / FROM;
    for index in 0..count {
        let at = |step: usize| index.saturating_mul(step);
        let from = bytes.get(at(FROM)..).and_then(|rest| rest.first_chunk::<FROM>());
        let Some(new) = from.map(|from| each(*from)) else {
            break;
        };
        if let Some(to) = bytes
            .get_mut(at(TO)..)
            .and_then(|rest| rest.first_chunk_mut::<TO>())
        {
            *to = new;
        }
    }
    bytes.truncate(count.saturating_mul(TO));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rgba(pixels: &[[u8; 4]]) -> Raster {
        Raster {
            pixels: pixels.concat(),
            width: pixels.len() as u32,
            height: 1,
            layout: Layout::Rgba,
        }
    }

    #[test]
    fn white_shows_through() {
        let flat = rgba(&[[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 200, 128]]).on_white();
        assert_eq!(flat.layout, Layout::Rgb);
        assert_eq!(flat.pixels, [10, 20, 30, 255, 255, 255, 127, 177, 227]);
        let gray = Raster {
            pixels: vec![0, 0, 0, 255],
            width: 2,
            height: 1,
            layout: Layout::GrayAlpha,
        };
        assert!(gray.is_transparent());
        assert_eq!(gray.on_white().pixels, [255, 0]);
        assert!(!rgba(&[[0, 0, 0, 255]]).is_transparent());
    }

    proptest! {
        #[test]
        fn in_place_is_as_into_another(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let each = |[one, two, three]: [u8; 3]| [one ^ three, two];
            let other: Vec<u8> = bytes
                .chunks_exact(3)
                .flat_map(|chunk| each([chunk[0], chunk[1], chunk[2]]))
                .collect();
            let mut same = bytes;
            in_place(&mut same, each);
            prop_assert_eq!(same, other);
        }

        #[test]
        fn paper_is_never_darker_than_paint(sample: u8, alpha: u8) {
            let seen = over_white(sample, alpha);
            prop_assert!(seen >= sample);
            let exact = i32::from(sample) * i32::from(alpha) + 255 * (255 - i32::from(alpha));
            prop_assert!((i32::from(seen) * 255 - exact).abs() <= 127);
        }
    }
}
