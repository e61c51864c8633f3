//! Small files that declare, or unpack to, far more than they are.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::DynamicImage;
use kvit_images::{Foreign, Limits, PictureFault};
use std::io::Write;

use crate::made::{self, Jpeg, chunk, detail, directory, exif_segment, png_header, with_chunks};
use crate::{alone, judged};

fn packed(bytes: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..times {
        encoder.write_all(bytes).unwrap();
    }
    encoder.finish().unwrap()
}

fn png_of_zeros(width: u32, height: u32, depth: u8, colour: u8, row: usize) -> Vec<u8> {
    [
        png_header(width, height, depth, colour),
        chunk(b"IDAT", &packed(&vec![0; row + 1], height as usize)),
        chunk(b"IEND", b""),
    ]
    .concat()
}

/// The fault of a file, the same on both ways.
fn fault(name: &str, file: &[u8]) -> PictureFault {
    let (sent, shown) = judged(name, file, Limits::RECEIVED, false);
    let fault = sent.expect_err(name);
    assert_eq!(shown.expect_err(name), fault, "{name}");
    fault
}

fn too_many(width: u32, height: u32) -> PictureFault {
    PictureFault::TooManyPixels { width, height }
}

#[test]
fn declared_sizes_are_refused_before_anything_is_allocated() {
    let _alone = alone();
    let mut jpeg = made::jpeg_of(&detail(16, 16), Jpeg::default());
    let frame = jpeg.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xFF);
    let mut gif = made::gif(&[detail(16, 16)]);
    gif[6..10].fill(0xFF);
    let mut bmp = made::bmp(&detail(16, 16).into());
    bmp[18..22].copy_from_slice(&40_000_u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&40_000_u32.to_le_bytes());
    let mut tiff = made::raw_tiff(&detail(16, 16), 1, &[]);
    let ifd = tiff.len() - (2 + 120 + 4);
    // Width, height and rows of a strip are the first, second and ninth field.
    for field in [0, 1, 8] {
        let value = ifd + 2 + 12 * field + 8;
        tiff[value..value + 4].copy_from_slice(&100_000_u32.to_le_bytes());
    }
    // The header of lossless WebP: a signature, then 14 bits for each side less one.
    let lossless = [
        b"RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0".as_slice(),
        &[0x2F, 0xFE, 0xBF, 0xFF, 0x0F, 0, 0, 0],
    ]
    .concat();
    for (name, file, expected) in [
        ("png", png_header(16_385, 1, 8, 2), too_many(16_385, 1)),
        (
            "png of zeros",
            png_of_zeros(16_384, 16_384, 1, 0, 2048),
            too_many(16_384, 16_384),
        ),
        ("jpeg", jpeg, too_many(65_535, 65_535)),
        ("gif", gif, too_many(65_535, 65_535)),
        ("bmp", bmp, too_many(40_000, 40_000)),
        ("tiff", tiff, too_many(100_000, 100_000)),
        ("webp", lossless, too_many(16_383, 16_383)),
    ] {
        // A PNG is opened only once its pixels begin.
        let file = if name == "png" {
            [file, chunk(b"IDAT", b"")].concat()
        } else {
            file
        };
        assert_eq!(fault(name, &file), expected, "{name}");
    }
}

/// As many pixels as there may be, from a few kilobytes: a picture, within the memory.
#[test]
fn the_largest_there_may_be_stays_within_the_memory() {
    let _alone = alone();
    for (name, colour, row) in [
        ("gray", 0, 8192),
        ("colours", 2, 3 * 8192),
        ("colours and alpha", 6, 4 * 8192),
    ] {
        let file = png_of_zeros(8192, 8192, 8, colour, row);
        assert!(file.len() < 400_000, "{name}: {}", file.len());
        let (sent, shown) = judged(name, &file, Limits::OWN, colour == 2);
        assert!(sent.is_ok() && shown.is_ok(), "{name}: {:?}", sent.map(drop));
    }
    // Twice as many bits are twice as much memory.
    let deep = png_of_zeros(8192, 8192, 16, 6, 8 * 8192);
    assert_eq!(fault("deep", &deep), PictureFault::TooMuchMemory);
}

#[test]
fn jpegs_that_cost_a_pass_for_each_of_their_scans() {
    let _alone = alone();
    let file = made::jpeg_of(
        &detail(16, 16),
        Jpeg {
            progressive: true,
            ..Jpeg::default()
        },
    );
    let scan = file
        .windows(2)
        .rposition(|marker| marker == [0xFF, 0xDA])
        .unwrap();
    let (start, last) = file.split_at(scan);
    let last = &last[..last.len() - 2];
    let many = [start, &last.repeat(100_000), b"\xFF\xD9"].concat();
    assert_eq!(fault("a hundred thousand scans", &many), PictureFault::TooSlow);
    // Where the picture is as large as it may be and the scans as many, it ends all the same.
    let mut large = [start, &last.repeat(80), b"\xFF\xD9"].concat();
    let frame = large
        .windows(2)
        .position(|marker| marker == [0xFF, 0xC2])
        .unwrap();
    large[frame + 5..frame + 9].copy_from_slice(&[0x1F, 0xF8, 0x1F, 0xF8]);
    let (sent, _) = judged("many scans of a large picture", &large, Limits::OWN, false);
    assert_ne!(sent.map(drop), Err(PictureFault::Stopped));
}

#[test]
fn what_unpacks_besides_the_pixels_is_bounded() {
    let _alone = alone();
    let png = made::png(&DynamicImage::from(detail(16, 16)), None, None);
    let zeros = packed(&vec![0; 1 << 20], 100);
    let small = Limits {
        memory: 32 << 20,
        ..Limits::RECEIVED
    };
    for (name, chunk) in [
        ("iCCP", chunk(b"iCCP", &[b"x\0\0".as_slice(), &zeros].concat())),
        ("zTXt", chunk(b"zTXt", &[b"x\0\0".as_slice(), &zeros].concat())),
        (
            "iTXt",
            chunk(b"iTXt", &[b"x\0\x01\0\0\0".as_slice(), &zeros].concat()),
        ),
    ] {
        // A picture or an error; the memory is what is judged.
        let _ = judged(name, &with_chunks(&png, &[chunk]), small, false);
    }
    // A WebP whose profile declares four gigabytes.
    let mut webp = made::webp(&DynamicImage::from(detail(16, 16)), None, Some(b"profile"));
    let profile = webp.windows(4).position(|name| name == b"ICCP").unwrap();
    webp[profile + 4..profile + 8].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
    assert_eq!(fault("webp", &webp), PictureFault::Truncated);
}

#[test]
fn animations_cost_their_first_frame() {
    let _alone = alone();
    let png = made::png(&DynamicImage::from(detail(16, 16)), None, None);
    let control = chunk(b"acTL", &[[0x7F, 0xFF, 0xFF, 0xFF], [0; 4]].concat());
    let (sent, shown) = judged("apng", &with_chunks(&png, &[control]), Limits::RECEIVED, false);
    assert!(sent.is_ok() && shown.is_ok(), "{sent:?}");
    let frames: Vec<_> = (0..200).map(|_| detail(16, 16)).collect();
    let (sent, _) = judged("gif", &made::gif(&frames), Limits::RECEIVED, false);
    assert!(sent.is_ok(), "{sent:?}");
}

#[test]
fn directories_that_lead_in_circles_end() {
    let _alone = alone();
    let picture = detail(16, 16);
    let mut circle = made::raw_tiff(&picture, 1, &[]);
    let ifd = circle[4..8].to_vec();
    let end = circle.len() - 4;
    circle[end..].copy_from_slice(&ifd);
    assert_eq!(fault("tiff", &circle), PictureFault::Damaged);
    // Fields that point at four billion values, at themselves, and outside.
    for (kind, count, value) in [
        (4, u32::MAX, 8),
        (4, 1 << 28, 0),
        (13, 1, 8),
        (3, 70_000, u32::MAX - 4),
    ] {
        for tag in [273, 279, 324, 325, 330, 34_665, 34_675, 339] {
            let file = made::raw_tiff(&picture, 1, &[(tag, kind, count, value)]);
            let _ = judged("tiff fields", &file, Limits::RECEIVED, false);
        }
    }
    // EXIF whose second directory, and thumbnail, are itself.
    let fields = [
        (0x0112, 3, 1, 1),
        (0x8769, 4, 1, 8),
        (0x0201, 4, 1, 0),
        (0x0202, 4, 1, u32::MAX),
    ];
    let exif = [b"II*\0\x08\0\0\0".as_slice(), &directory(&fields, 8)].concat();
    let segments = [exif_segment(&exif)];
    let jpeg = made::jpeg_of(
        &picture,
        Jpeg {
            segments: &segments,
            ..Jpeg::default()
        },
    );
    let (sent, _) = judged("exif", &jpeg, Limits::RECEIVED, false);
    assert!(sent.is_ok(), "{sent:?}");
}

#[test]
fn rare_jpegs_are_refused_by_name() {
    let _alone = alone();
    let file = made::jpeg_of(&detail(16, 16), Jpeg::default());
    let frame = file.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    for (at, byte) in [
        (frame + 1, 0xC3),
        (frame + 1, 0xC9),
        (frame + 4, 12),
        (frame + 9, 2),
    ] {
        let mut rare = file.clone();
        rare[at] = byte;
        assert_eq!(fault("rare", &rare), PictureFault::Unsupported(Foreign::RareJpeg));
    }
    // Baseline, one colour after the other.
    let apart = made::jpeg_of(
        &detail(16, 16),
        Jpeg {
            own_tables: true,
            ..Jpeg::default()
        },
    );
    assert_eq!(
        fault("apart", &apart),
        PictureFault::Unsupported(Foreign::RareJpeg)
    );
    // A segment that contradicts its own format is no reason to refuse a picture: nobody needs it.
    let segments = [(1, b"http://ns.adobe.com/xmp/extension/\0short".to_vec())];
    let how = Jpeg {
        segments: &segments,
        ..Jpeg::default()
    };
    let (sent, shown) = judged("short", &made::jpeg_of(&detail(16, 16), how), Limits::OWN, false);
    assert!(sent.is_ok() && shown.is_ok(), "{sent:?}");
}
