//! Colours arrive as they were meant.

use image::{DynamicImage, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::ColorType;
use kvit_images::{ShownAs, Side};
use moxcms::ColorProfile;

use crate::made::{self, Jpeg};
use crate::{near, prepare, read, show};

const GREEN: [u8; 3] = [100, 200, 100];

/// The same green by hand, with the curve of sRGB and the matrices of CSS Color 4, section 17.
const FROM_P3: [u8; 3] = [45, 203, 86];

fn plain(colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(32, 32, image::Rgb(colour))
}

fn middle(file: &[u8]) -> [u8; 3] {
    read(file).get_pixel(16, 16).0
}

#[test]
fn profiles_are_applied_in_every_format_that_has_them() {
    let p3 = ColorProfile::new_display_p3().encode().unwrap();
    let pixels = DynamicImage::from(plain(GREEN));
    let how = Jpeg {
        icc: Some(&p3),
        ..Jpeg::default()
    };
    for (name, file) in [
        ("jpeg", made::jpeg_of(&plain(GREEN), how)),
        ("png", made::png(&pixels, None, Some(&p3))),
        ("webp", made::webp(&pixels, None, Some(&p3))),
    ] {
        let sent = middle(&prepare(&file, false).unwrap().jpeg);
        assert!(near(sent, FROM_P3, 4), "{name}: {sent:?}");
        let seen = middle(&show(&file, Side::PREVIEW).unwrap().bytes);
        assert!(near(seen, FROM_P3, 4), "{name}: {seen:?}");
    }
    let without = middle(&prepare(&made::png(&pixels, None, None), false).unwrap().jpeg);
    assert!(near(without, GREEN, 4), "{without:?}");
}

#[test]
fn what_is_transparent_is_sent_on_white_and_shown_as_it_is() {
    let half = RgbaImage::from_pixel(32, 32, Rgba([0, 0, 0, 128]));
    for file in [
        made::png(&half.clone().into(), None, None),
        made::webp(&half.clone().into(), None, None),
    ] {
        let sent = middle(&prepare(&file, false).unwrap().jpeg);
        assert!(near(sent, [127; 3], 3), "{sent:?}");
        let shown = show(&file, Side::PREVIEW).unwrap();
        assert_eq!(shown.shown_as, ShownAs::Png);
        let seen = image::load_from_memory(&shown.bytes).unwrap().into_rgba8();
        assert_eq!(seen.get_pixel(16, 16).0, [0, 0, 0, 128]);
    }
    // An alpha that hides nothing is no reason for a PNG.
    let opaque = RgbaImage::from_pixel(32, 32, Rgba([10, 200, 10, 255]));
    let shown = show(&made::png(&opaque.into(), None, None), Side::PREVIEW).unwrap();
    assert_eq!(shown.shown_as, ShownAs::Jpeg);
}

#[test]
fn deep_gray_and_printed_pictures_keep_their_colours() {
    let deep = DynamicImage::from(plain(GREEN));
    for file in [
        made::png(&deep.to_rgb16().into(), None, None),
        made::tiff(&deep.to_rgb16().into()),
        made::tiff(&deep.to_rgb32f().into()),
        made::gif(&[plain(GREEN)]),
        made::bmp(&deep),
    ] {
        let sent = middle(&prepare(&file, false).unwrap().jpeg);
        assert!(near(sent, GREEN, 6), "{sent:?}");
    }
    let gray = prepare(&made::png(&deep.to_luma8().into(), None, None), false).unwrap();
    let level = deep.to_luma8().get_pixel(0, 0).0[0];
    assert!(near(middle(&gray.jpeg), [level; 3], 3));
    // Ink as the encoder takes it: what is left of the paper, as printers' JPEGs have it.
    let inks = [200, 100, 50, 255].repeat(32 * 32);
    for colour in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let how = Jpeg {
            colour,
            ..Jpeg::default()
        };
        let file = made::jpeg(&inks, 32, 32, how);
        let sent = middle(&prepare(&file, false).unwrap().jpeg);
        let reference = middle(&file);
        assert!(
            near(sent, reference, 6),
            "{colour:?}: {sent:?}, the library says {reference:?}"
        );
    }
}

/// Letters on a screenshot keep the colours of single pixels; a photograph need not.
#[test]
fn exact_pictures_keep_fine_colours() {
    let stripes = RgbImage::from_fn(64, 64, |x, _| {
        image::Rgb(if x % 2 == 0 { [255, 0, 0] } else { [0, 0, 255] })
    });
    let sent = read(
        &prepare(&made::png(&stripes.clone().into(), None, None), false)
            .unwrap()
            .jpeg,
    );
    for (x, y, pixel) in sent.enumerate_pixels() {
        assert!(near(pixel.0, stripes.get_pixel(x, y).0, 70), "{x} {y} {pixel:?}");
    }
}
