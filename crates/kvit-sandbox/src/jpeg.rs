//! Pictures as the marketplace takes them: JPEG only, cleaned of everything that is not the picture, with a preview
//! (marketplace reference, section 10.2 and section 20, row 19).

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, RgbImage};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;
use crate::sandbox::hex;

/// Largest picture, bytes.
const BYTES_LIMIT: usize = 10_485_760;

/// Most pixels that are decoded; a few bytes may claim to be billions.
const PIXELS_LIMIT: u64 = 64_000_000;

/// Longer side of a preview in pixels; smaller pictures are enlarged.
const PREVIEW_SIDE: u32 = 300;

/// Quality of the pictures that the simulated people make.
const QUALITY: u8 = 80;

/// A picture that can be kept.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// JPEG.
    pub original: Vec<u8>,
    /// PNG.
    pub preview: Vec<u8>,
    /// SHA-256 of the bytes as they were sent, 64 lower-case hexadecimal digits.
    pub sent: String,
}

impl Picture {
    /// Decodes what was sent. `as_sent` keeps it with all it says about its maker, which is the closed exchange's
    /// defect of section 20, row 19.
    pub(crate) fn taken(sent: &[u8], as_sent: bool) -> Result<Picture, Refusal> {
        if sent.is_empty() {
            return Err(Refusal::ImageMissing);
        }
        if sent.len() > BYTES_LIMIT {
            return Err(Refusal::ImageTooBig);
        }
        let decoded = decode(sent)?;
        let mut preview = Cursor::new(Vec::new());
        decoded
            .resize(PREVIEW_SIDE, PREVIEW_SIDE, FilterType::Triangle)
            .to_rgb8()
            .write_to(&mut preview, ImageFormat::Png)
            .map_err(|_| Refusal::ImageError)?;
        Ok(Picture {
            original: if as_sent {
                sent.to_vec()
            } else {
                cleaned(sent).ok_or(Refusal::ImageError)?
            },
            preview: preview.into_inner(),
            sent: hex(&Sha256::digest(sent)),
        })
    }
}

fn decode(sent: &[u8]) -> Result<DynamicImage, Refusal> {
    let decoder = JpegDecoder::new(Cursor::new(sent)).map_err(|_| Refusal::ImageError)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if pixels == 0 || pixels > PIXELS_LIMIT {
        return Err(Refusal::ImageError);
    }
    DynamicImage::from_decoder(decoder).map_err(|_| Refusal::ImageError)
}

/// A drawing as JPEG.
pub(crate) fn encode(drawing: &RgbImage) -> Result<Vec<u8>, Refusal> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(drawing)
        .map_err(|_| Refusal::Internal)?;
    Ok(jpeg)
}

/// Markers without a length: they stand alone.
fn stands_alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xD0..=0xD7)
}

/// Segments that are not the picture: comments, and every application's but those that say how to show it (JFIF,
/// the colour profile, and the colour transform of APP14).
fn talks_about_itself(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xFE => true,
        0xE0 => !content.starts_with(b"JFIF\0"),
        0xE2 => !content.starts_with(b"ICC_PROFILE\0"),
        0xEE => !content.starts_with(b"Adobe"),
        0xE1 | 0xE3..=0xEF => true,
        _ => false,
    }
}

/// The picture without EXIF, XMP, comments, embedded thumbnails and whatever follows its end (ITU T.81, annex B).
/// `None` if its segments do not fit together.
fn cleaned(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut rest = jpeg.strip_prefix(&[0xFF, 0xD8])?;
    let mut clean = vec![0xFF, 0xD8];
    loop {
        let Some((marker, after)) = next_marker(rest) else {
            // Truncated; what can be shown of it was decoded.
            clean.extend_from_slice(&[0xFF, 0xD9]);
            return Some(clean);
        };
        rest = after;
        if marker == 0xD9 {
            clean.extend_from_slice(&[0xFF, 0xD9]);
            return Some(clean);
        }
        if stands_alone(marker) {
            clean.extend_from_slice(&[0xFF, marker]);
            continue;
        }
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk::<2>()?));
        let (segment, after) = rest.split_at_checked(length)?;
        rest = after;
        if !talks_about_itself(marker, segment.get(2..)?) {
            clean.extend_from_slice(&[0xFF, marker]);
            clean.extend_from_slice(segment);
        }
        if marker == 0xDA {
            let (scan, after) = rest.split_at(scan_length(rest));
            clean.extend_from_slice(scan);
            rest = after;
        }
    }
}

/// The next marker and what follows it; fill bytes in between are left out.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let at = bytes
        .windows(2)
        .position(|pair| matches!(pair, [0xFF, marker] if !matches!(*marker, 0x00 | 0xFF)))?;
    let (marker, after) = bytes.get(at..)?.split_at_checked(2)?;
    Some((*marker.last()?, after))
}

/// How long the coded data after a scan's header is: up to the next marker that is no restart.
fn scan_length(bytes: &[u8]) -> usize {
    bytes
        .windows(2)
        .position(|pair| matches!(pair, [0xFF, marker] if !matches!(*marker, 0x00 | 0xFF | 0xD0..=0xD7)))
        .unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawing(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x % 256) as u8, (y % 256) as u8, 90])
        })
    }

    /// A segment that tells, put behind the start of a picture.
    fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        let mut told = vec![0xFF, 0xD8, 0xFF, marker];
        told.extend_from_slice(&length);
        told.extend_from_slice(content);
        told.extend_from_slice(&jpeg[2..]);
        told
    }

    fn contains(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|part| part == text)
    }

    #[test]
    fn what_a_picture_says_about_its_maker_is_gone_and_its_pixels_stay() {
        let plain = encode(&drawing(64, 48)).unwrap();
        let mut told = with_segment(&plain, 0xE1, b"Exif\0\0GPS 52.5 13.4 serial 4711");
        told = with_segment(&told, 0xFE, b"made by somebody");
        told = with_segment(&told, 0xED, b"Photoshop 3.0\0caption");
        told = with_segment(&told, 0xE2, b"MPF\0second picture");
        told.extend_from_slice(b"and after the end");
        let taken = Picture::taken(&told, false).unwrap();
        for tale in [
            &b"GPS"[..],
            b"somebody",
            b"Photoshop",
            b"MPF",
            b"after the end",
            b"Exif",
        ] {
            assert!(
                contains(&told, tale) && !contains(&taken.original, tale),
                "{tale:?}"
            );
        }
        assert_eq!(taken.original, plain);
        assert_eq!(decode(&taken.original).unwrap(), decode(&told).unwrap());
        assert_eq!(Picture::taken(&told, true).unwrap().original, told);
        assert_eq!(taken.sent, hex(&Sha256::digest(&told)));
        // How it is to be shown stays.
        let profiled = with_segment(&plain, 0xE2, b"ICC_PROFILE\0\x01\x01colours");
        assert!(contains(
            &Picture::taken(&profiled, false).unwrap().original,
            b"colours"
        ));
    }

    #[test]
    fn the_longer_side_of_a_preview_is_300() {
        for (size, expected) in [
            ((640, 320), (300, 150)),
            ((30, 60), (150, 300)),
            ((300, 300), (300, 300)),
        ] {
            let sent = encode(&drawing(size.0, size.1)).unwrap();
            let preview = Picture::taken(&sent, false).unwrap().preview;
            let shown = image::load_from_memory_with_format(&preview, ImageFormat::Png).unwrap();
            assert_eq!((shown.width(), shown.height()), expected);
        }
    }

    #[test]
    fn only_pictures_in_jpeg_are_taken() {
        let refused = |bytes: &[u8]| Picture::taken(bytes, false).unwrap_err();
        assert_eq!(refused(&[]), Refusal::ImageMissing);
        assert_eq!(refused(&vec![0; BYTES_LIMIT + 1]), Refusal::ImageTooBig);
        assert_eq!(refused(b"GIF89a"), Refusal::ImageError);
        let mut png = Cursor::new(Vec::new());
        drawing(9, 9).write_to(&mut png, ImageFormat::Png).unwrap();
        assert_eq!(refused(&png.into_inner()), Refusal::ImageError);
        // A header that claims 65535 times 65535 pixels.
        let mut vast = encode(&drawing(8, 8)).unwrap();
        let frame = vast.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        vast[frame + 5..frame + 9].fill(0xFF);
        assert_eq!(refused(&vast), Refusal::ImageError);
    }

    proptest! {
        #[test]
        fn spoilt_pictures_are_taken_or_refused(
            spots in proptest::collection::vec((2_usize..900, any::<u8>()), 1..12),
            cut in 2_usize..900,
        ) {
            let mut bytes = encode(&drawing(40, 30)).unwrap();
            for (at, value) in spots {
                if let Some(byte) = bytes.get_mut(at) { *byte = value; }
            }
            bytes.truncate(cut.max(bytes.len() / 3));
            // Whatever is kept can be shown again.
            if let Ok(taken) = Picture::taken(&bytes, false) {
                prop_assert!(decode(&taken.original).is_ok());
            }
        }
    }
}
