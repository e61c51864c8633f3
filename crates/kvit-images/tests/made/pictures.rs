//! Files made for the tests: each format in its kinds, with whatever a test wants to hide in them.
#![allow(dead_code, reason = "each test program uses a part of it")]

use image::codecs::bmp::BmpEncoder;
use image::codecs::gif::GifEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, Frame, ImageEncoder, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// The corners of [`corners`]: top left, top right, bottom left, bottom right.
pub const CORNERS: [[u8; 3]; 4] = [[200, 40, 40], [40, 200, 40], [40, 40, 200], [220, 220, 60]];

/// A picture that looks different from all eight sides.
pub fn corners(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let corner = usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2);
        image::Rgb(CORNERS[corner])
    })
}

/// Something with detail, the same each time.
pub fn detail(width: u32, height: u32) -> RgbImage {
    let mut seed = 7_u32;
    RgbImage::from_fn(width, height, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (seed >> 28) as u8;
        image::Rgb([(x * 9) as u8 ^ noise, (y * 7) as u8, (x + y) as u8 ^ noise])
    })
}

/// How a JPEG is made.
#[derive(Debug, Clone, Copy)]
pub struct Jpeg<'a> {
    pub colour: ColorType,
    pub sampling: SamplingFactor,
    pub progressive: bool,
    pub own_tables: bool,
    pub restart: u16,
    /// APP segments: number and content.
    pub segments: &'a [(u8, Vec<u8>)],
    pub icc: Option<&'a [u8]>,
}

impl Default for Jpeg<'_> {
    fn default() -> Self {
        Self {
            colour: ColorType::Rgb,
            sampling: SamplingFactor::R_4_4_4,
            progressive: false,
            own_tables: false,
            restart: 0,
            segments: &[],
            icc: None,
        }
    }
}

pub fn jpeg(pixels: &[u8], width: u32, height: u32, how: Jpeg<'_>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 95);
    encoder.set_sampling_factor(how.sampling);
    encoder.set_progressive(how.progressive);
    encoder.set_optimized_huffman_tables(how.own_tables);
    encoder.set_restart_interval(how.restart);
    for (number, content) in how.segments {
        encoder.add_app_segment(*number, content.clone()).unwrap();
    }
    if let Some(icc) = how.icc {
        encoder.add_icc_profile(icc).unwrap();
    }
    encoder
        .encode(pixels, width as u16, height as u16, how.colour)
        .unwrap();
    file
}

pub fn jpeg_of(picture: &RgbImage, how: Jpeg<'_>) -> Vec<u8> {
    jpeg(picture.as_raw(), picture.width(), picture.height(), how)
}

fn encode(mut encoder: impl ImageEncoder, picture: &DynamicImage, exif: Option<&[u8]>, icc: Option<&[u8]>) {
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
    }
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc.to_vec()).unwrap();
    }
    let colour = ExtendedColorType::from(picture.color());
    encoder
        .write_image(picture.as_bytes(), picture.width(), picture.height(), colour)
        .unwrap();
}

pub fn png(picture: &DynamicImage, exif: Option<&[u8]>, icc: Option<&[u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    encode(PngEncoder::new(&mut file), picture, exif, icc);
    file
}

pub fn webp(picture: &DynamicImage, exif: Option<&[u8]>, icc: Option<&[u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    encode(WebPEncoder::new_lossless(&mut file), picture, exif, icc);
    file
}

pub fn bmp(picture: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    encode(BmpEncoder::new(&mut file), picture, None, None);
    file
}

/// A GIF of the given frames.
pub fn gif(frames: &[RgbImage]) -> Vec<u8> {
    let mut file = Vec::new();
    let frames = frames
        .iter()
        .map(|frame| Frame::new(DynamicImage::from(frame.clone()).into_rgba8()));
    GifEncoder::new(&mut file).encode_frames(frames).unwrap();
    file
}

pub fn tiff(picture: &DynamicImage) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    encode(TiffEncoder::new(&mut file), picture, None, None);
    file.into_inner()
}

/// A field of a TIFF directory: tag, type, count, value or offset.
pub type Field = (u16, u16, u32, u32);

/// A directory, little-endian, without what its offsets point to.
pub fn directory(fields: &[Field], next: u32) -> Vec<u8> {
    let mut bytes = (fields.len() as u16).to_le_bytes().to_vec();
    for (tag, kind, count, value) in fields {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend(next.to_le_bytes());
    bytes
}

/// An uncompressed TIFF that lies as `orientation` says, with `more` fields.
pub fn raw_tiff(picture: &RgbImage, orientation: u32, more: &[Field]) -> Vec<u8> {
    let pixels = picture.as_raw();
    // Three depths of eight bits lie before the strip.
    let (depths, strip) = (8, 16);
    let ifd = strip + pixels.len() as u32;
    let mut fields = vec![
        (256, 4, 1, picture.width()),
        (257, 4, 1, picture.height()),
        (258, 3, 3, depths),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, strip),
        (274, 3, 1, orientation),
        (277, 3, 1, 3),
        (278, 4, 1, picture.height()),
        (279, 4, 1, pixels.len() as u32),
    ];
    fields.extend(more);
    fields.sort_by_key(|field| field.0);
    [
        b"II*\0".as_slice(),
        &ifd.to_le_bytes(),
        &[8, 0, 8, 0, 8, 0, 0, 0],
        pixels,
        &directory(&fields, 0),
    ]
    .concat()
}

/// EXIF as it is from the TIFF header on: only the orientation.
pub fn exif(orientation: u16) -> Vec<u8> {
    [
        b"II*\0\x08\0\0\0".as_slice(),
        &directory(&[(0x0112, 3, 1, u32::from(orientation))], 0),
    ]
    .concat()
}

/// The same as the APP1 segment of a JPEG.
pub fn exif_segment(exif: &[u8]) -> (u8, Vec<u8>) {
    (1, [b"Exif\0\0", exif].concat())
}

/// A chunk of a PNG.
pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), content].concat();
    let sum = named.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 }
        })
    });
    [
        &(content.len() as u32).to_be_bytes(),
        named.as_slice(),
        &(!sum).to_be_bytes(),
    ]
    .concat()
}

/// Puts chunks behind the header of a PNG.
pub fn with_chunks(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    let (head, rest) = png.split_at(33);
    [head, &chunks.concat(), rest].concat()
}

/// The header of a PNG of these sides.
pub fn png_header(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let header = [
        width.to_be_bytes().as_slice(),
        &height.to_be_bytes(),
        &[depth, colour, 0, 0, 0],
    ]
    .concat();
    [b"\x89PNG\r\n\x1A\n".as_slice(), &chunk(b"IHDR", &header)].concat()
}

/// 40 x 24 pixels of a photograph as lossy WebP with EXIF, as libvips writes it.
pub const LOSSY_WEBP: &[u8] =
    b"RIFF:\x01\x00\x00WEBPVP8X\x0A\x00\x00\x00\x08\x00\x00\x00'\x00\x00\x17\x00\x00VP8 Z\x00\x00\x00P\x03\x00\x9D\x01*(\x00\x18\x00>\xEDp\xAE\
S)\xA6$\x22\xA5i\x990\x1D\x89cj\xC3U\x1D\x06\xAB\xBBA@\x00\xFE\xEA\xA3\x0A9\x08z\xE2\xE6\xC8\x85\xEB\
\x18G\xBAa2\xD6P\xE5F\x0E\xDCt\xB09\x5C\xAAn\xD55V9\xE6D\xD6\x7F\x82\xD3Y\xD9s\x06\xF1\xE4\x15\xCC\
\xD6\xFE\x18\x18\x00\x00\x00EXIF\xBA\x00\x00\x00Exif\x00\x00II*\x00\x08\x00\x00\x00\x06\x00\x12\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00\
\x1A\x01\x05\x00\x01\x00\x00\x00V\x00\x00\x00\x1B\x01\x05\x00\x01\x00\x00\x00^\x00\x00\x00(\x01\x03\x00\x01\x00\x00\x00\x02\x00\x00\x00\x13\
\x02\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00i\x87\x04\x00\x01\x00\x00\x00f\x00\x00\x00\x00\x00\x00\x00I\x19\x01\x00\xE8\x03\x00\x00I\x19\x01\x00\
\xE8\x03\x00\x00\x06\x00\x00\x90\x07\x00\x04\x00\x00\x000210\x01\x91\x07\x00\x04\x00\x00\x00\x01\x02\x03\x00\x00\xA0\x07\x00\x04\x00\
\x00\x000100\x01\xA0\x03\x00\x01\x00\x00\x00\xFF\xFF\x00\x00\x02\xA0\x04\x00\x01\x00\x00\x00(\x00\x00\x00\x03\xA0\x04\x00\x01\x00\x00\x00\
\x18\x00\x00\x00\x00\x00\x00\x00";

/// One small file of every kind that is read here, by name.
pub fn every_kind() -> Vec<(&'static str, Vec<u8>)> {
    let picture = detail(40, 24);
    let rgb = DynamicImage::from(picture.clone());
    let segments = [exif_segment(&exif(6))];
    let plain = Jpeg::default();
    let four: Vec<u8> = picture.pixels().flat_map(|p| [p[0], p[1], p[2], 200]).collect();
    let jpegs = [
        (
            "jpeg 4:4:4",
            Jpeg {
                segments: &segments,
                ..plain
            },
        ),
        (
            "jpeg 4:2:0",
            Jpeg {
                sampling: SamplingFactor::R_4_2_0,
                ..plain
            },
        ),
        (
            "jpeg 4:2:2",
            Jpeg {
                sampling: SamplingFactor::R_4_2_2,
                ..plain
            },
        ),
        (
            "jpeg progressive",
            Jpeg {
                progressive: true,
                sampling: SamplingFactor::R_4_2_0,
                ..plain
            },
        ),
        ("jpeg restarts", Jpeg { restart: 2, ..plain }),
    ];
    let mut all: Vec<(&str, Vec<u8>)> = jpegs
        .into_iter()
        .map(|(name, how)| (name, jpeg_of(&picture, how)))
        .collect();
    let gray = rgb.to_luma8();
    for (name, pixels, colour) in [
        ("jpeg gray", gray.as_raw(), ColorType::Luma),
        ("jpeg cmyk", &four, ColorType::Cmyk),
        ("jpeg ycck", &four, ColorType::CmykAsYcck),
    ] {
        all.push((name, jpeg(pixels, 40, 24, Jpeg { colour, ..plain })));
    }
    let alpha = RgbaFading(&picture).image();
    all.extend([
        ("png rgb", png(&rgb, Some(&exif(3)), None)),
        ("png rgba", png(&alpha, None, None)),
        (
            "png gray alpha",
            png(&DynamicImage::from(alpha.to_luma_alpha8()), None, None),
        ),
        ("png 16 bit", png(&DynamicImage::from(rgb.to_rgb16()), None, None)),
        ("webp lossless", webp(&rgb, Some(&exif(8)), None)),
        ("webp alpha", webp(&alpha, None, None)),
        ("webp lossy", LOSSY_WEBP.to_vec()),
        ("gif", gif(std::slice::from_ref(&picture))),
        ("gif animated", gif(&[picture.clone(), detail(40, 24)])),
        ("bmp", bmp(&rgb)),
        ("bmp alpha", bmp(&alpha)),
        ("tiff", tiff(&rgb)),
        ("tiff 16 bit", tiff(&DynamicImage::from(rgb.to_rgb16()))),
        ("tiff float", tiff(&DynamicImage::from(rgb.to_rgb32f()))),
        ("tiff turned", raw_tiff(&picture, 5, &[])),
    ]);
    all
}

/// A picture that fades from seen to not seen.
pub struct RgbaFading<'a>(pub &'a RgbImage);

impl RgbaFading<'_> {
    pub fn image(&self) -> DynamicImage {
        let width = self.0.width();
        let fade = |x: u32| (x * 255 / width) as u8;
        image::RgbaImage::from_fn(width, self.0.height(), |x, y| {
            let [red, green, blue] = self.0.get_pixel(x, y).0;
            image::Rgba([red, green, blue, fade(x)])
        })
        .into()
    }
}
