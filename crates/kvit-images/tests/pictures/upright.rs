//! The eight orientations land upright, in every format that has them.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use kvit_images::Side;

use crate::made::{self, CORNERS, Jpeg, corners, exif, exif_segment};
use crate::{near, prepare, read, show};

/// The picture as it lies in a file that says `number`.
fn lying(number: u8) -> RgbImage {
    let mut picture = DynamicImage::from(corners(48, 32));
    // What turns it back: a quarter to one side undoes a quarter to the other; the rest undo themselves.
    let back = match number {
        6 => 8,
        8 => 6,
        other => other,
    };
    picture.apply_orientation(Orientation::from_exif(back).unwrap());
    picture.into_rgb8()
}

fn is_upright(file: &[u8], name: &str, sides: (u32, u32)) {
    let picture = read(file);
    assert_eq!(picture.dimensions(), sides, "{name}");
    let (width, height) = sides;
    let (near_x, far_x) = (width / 8, width - width / 8);
    let (near_y, far_y) = (height / 8, height - height / 8);
    for (corner, (x, y)) in [(near_x, near_y), (far_x, near_y), (near_x, far_y), (far_x, far_y)]
        .into_iter()
        .enumerate()
    {
        let colour = picture.get_pixel(x, y).0;
        assert!(
            near(colour, CORNERS[corner], 12),
            "{name}: corner {corner} is {colour:?}"
        );
    }
}

#[test]
fn all_eight_land_upright() {
    for number in 1..=8_u8 {
        let lies = lying(number);
        let exif = exif(u16::from(number));
        let prefixed = [b"Exif\0\0".as_slice(), &exif].concat();
        let segments = [exif_segment(&exif)];
        let how = Jpeg {
            segments: &segments,
            ..Jpeg::default()
        };
        let progressive = Jpeg {
            progressive: true,
            ..how
        };
        let pixels = DynamicImage::from(lies.clone());
        for (name, file) in [
            ("jpeg", made::jpeg_of(&lies, how)),
            ("progressive jpeg", made::jpeg_of(&lies, progressive)),
            ("png", made::png(&pixels, Some(&exif), None)),
            ("webp", made::webp(&pixels, Some(&exif), None)),
            ("webp with a prefix", made::webp(&pixels, Some(&prefixed), None)),
            ("tiff", made::raw_tiff(&lies, u32::from(number), &[])),
        ] {
            let name = format!("{name} {number}");
            for full_size in [false, true] {
                let sent = prepare(&file, full_size).unwrap();
                assert_eq!((sent.width, sent.height), (48, 32), "{name}");
                assert_eq!((sent.source_width, sent.source_height), (48, 32), "{name}");
                is_upright(&sent.jpeg, &name, (48, 32));
            }
            let shown = show(&file, Side::new(24)).unwrap();
            assert_eq!((shown.width, shown.height), (24, 16), "{name}");
            assert_eq!((shown.source_width, shown.source_height), (48, 32), "{name}");
            is_upright(&shown.bytes, &name, (24, 16));
        }
    }
}

/// A number that is no orientation changes nothing.
#[test]
fn nonsense_is_no_orientation() {
    for number in [0, 9, 255, 65_535] {
        let segments = [exif_segment(&exif(number))];
        let how = Jpeg {
            segments: &segments,
            ..Jpeg::default()
        };
        let sent = prepare(&made::jpeg_of(&corners(48, 32), how), false).unwrap();
        is_upright(&sent.jpeg, &number.to_string(), (48, 32));
    }
}
