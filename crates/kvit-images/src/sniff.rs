//! What a file is, by its first bytes. Names and declared types are not asked: they lie.

/// A format that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Baseline and progressive JPEG.
    Jpeg,
    /// PNG; of an animated one the picture for those who show no animations.
    Png,
    /// WebP; of an animated one the first frame.
    WebP,
    /// GIF; of an animated one the first frame.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF; of several pages the first.
    Tiff,
}

impl Format {
    /// Its usual name, the same in all languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        }
    }

    /// Whether its pixels are usually exact, as those of a screenshot are: then letters are worth more bytes.
    pub(crate) const fn is_exact(self) -> bool {
        matches!(self, Self::Png | Self::Gif | Self::Bmp)
    }
}

/// What a file is that is not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Foreign {
    /// HEIC or another HEIF: photographs of some telephones.
    Heic,
    /// AVIF.
    Avif,
    /// JPEG XL.
    JpegXl,
    /// JPEG 2000.
    Jpeg2000,
    /// A JPEG of a rare kind: 12 bits, lossless, arithmetic, hierarchical, or baseline with its colours one by one.
    RareJpeg,
    /// SVG: a program rather than a picture.
    Svg,
    /// PDF.
    Pdf,
    /// Photoshop.
    Psd,
    /// Icon or cursor.
    Icon,
    /// What a camera's sensor saw, undeveloped.
    CameraRaw,
    /// MP4, QuickTime, Matroska or another film.
    Video,
    /// ZIP, and documents that are one.
    Archive,
    /// A kind of one of the formats read here that its decoder does not know.
    Variant(Format),
    /// None of these.
    Unknown,
}

impl Foreign {
    /// Its usual name, the same in all languages; empty for what has none.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::JpegXl => "JPEG XL",
            Self::Jpeg2000 => "JPEG 2000",
            Self::RareJpeg => "JPEG",
            Self::Svg => "SVG",
            Self::Pdf => "PDF",
            Self::Psd => "PSD",
            Self::Icon => "ICO",
            Self::CameraRaw => "RAW",
            Self::Video => "MP4",
            Self::Archive => "ZIP",
            Self::Variant(format) => format.name(),
            Self::Unknown => "",
        }
    }
}

/// So far into a text the root of an SVG is looked for.
const TEXT: usize = 4096;

/// What `bytes` begin with.
///
/// # Errors
///
/// What it is instead of a picture that is read here.
pub fn sniff(bytes: &[u8]) -> Result<Format, Foreign> {
    const PICTURES: [(&[u8], Format); 7] = [
        (b"\xFF\xD8\xFF", Format::Jpeg),
        (b"\x89PNG\r\n\x1A\n", Format::Png),
        (b"GIF87a", Format::Gif),
        (b"GIF89a", Format::Gif),
        (b"MM\0*", Format::Tiff),
        (b"II+\0", Format::Tiff),
        (b"MM\0+", Format::Tiff),
    ];
    const OTHERS: [(&[u8], Foreign); 13] = [
        (b"\0\0\0\x0CJXL \r\n\x87\n", Foreign::JpegXl),
        (b"\xFF\x0A", Foreign::JpegXl),
        (b"\0\0\0\x0CjP  \r\n\x87\n", Foreign::Jpeg2000),
        (b"\xFF\x4F\xFF\x51", Foreign::Jpeg2000),
        (b"%PDF-", Foreign::Pdf),
        (b"8BPS", Foreign::Psd),
        (b"\0\0\x01\0", Foreign::Icon),
        (b"\0\0\x02\0", Foreign::Icon),
        (b"FUJIFILMCCD-RAW", Foreign::CameraRaw),
        (b"IIU\0", Foreign::CameraRaw),
        (b"IIRO", Foreign::CameraRaw),
        (b"\x1A\x45\xDF\xA3", Foreign::Video),
        (b"PK\x03\x04", Foreign::Archive),
    ];
    if let Some((_, format)) = PICTURES.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Ok(*format);
    }
    if bytes.starts_with(b"II*\0") {
        // Canon's raw files are TIFFs of which the first page is a small preview.
        return if part(bytes, 8) == b"CR\x02\0" {
            Err(Foreign::CameraRaw)
        } else {
            Ok(Format::Tiff)
        };
    }
    if bytes.starts_with(b"RIFF") {
        return match part(bytes, 8) {
            b"WEBP" => Ok(Format::WebP),
            b"AVI " => Err(Foreign::Video),
            _ => Err(Foreign::Unknown),
        };
    }
    if bytes.starts_with(b"BM") && is_bitmap_header(part(bytes, 14)) {
        return Ok(Format::Bmp);
    }
    if let Some((_, other)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(*other);
    }
    if part(bytes, 4) == b"ftyp" {
        return Err(brand(bytes));
    }
    Err(if is_svg(bytes) {
        Foreign::Svg
    } else {
        Foreign::Unknown
    })
}

/// The four bytes at `at`, as far as there are any.
fn part(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.get(..4).unwrap_or(rest)
}

/// The lengths of a bitmap's second header; two letters alone begin many a text.
fn is_bitmap_header(length: &[u8]) -> bool {
    let length = <[u8; 4]>::try_from(length).map(u32::from_le_bytes);
    matches!(length, Ok(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// The brands of an ISO base media file (ISO/IEC 14496-12, 4.3): the major one, its version, the compatible ones.
fn brand(bytes: &[u8]) -> Foreign {
    const MOST: usize = 256;
    let length = <[u8; 4]>::try_from(part(bytes, 0)).map_or(0, u32::from_be_bytes);
    let end = usize::try_from(length).unwrap_or(MOST).min(MOST).min(bytes.len());
    let all = bytes.get(8..end).unwrap_or_default();
    let named = |names: &[&[u8; 4]]| {
        all.chunks_exact(4)
            .any(|brand| names.iter().any(|name| name.as_slice() == brand))
    };
    if named(&[b"avif", b"avis"]) {
        Foreign::Avif
    } else if named(&[b"crx "]) {
        Foreign::CameraRaw
    } else if named(&[
        b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1",
    ]) {
        Foreign::Heic
    } else {
        Foreign::Video
    }
}

fn is_svg(bytes: &[u8]) -> bool {
    let start = bytes.get(..TEXT).unwrap_or(bytes);
    let start = start
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(start)
        .trim_ascii_start();
    start.starts_with(b"<") && start.windows(4).any(|part| part.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_are_told_by_their_content() {
        let bmp = [b"BM\0\0\0\0\0\0\0\0\0\0\0\0".as_slice(), &40_u32.to_le_bytes()].concat();
        for (bytes, format) in [
            (b"\xFF\xD8\xFF\xE0".as_slice(), Ok(Format::Jpeg)),
            (b"\x89PNG\r\n\x1A\nmore", Ok(Format::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Ok(Format::WebP)),
            (b"GIF89a", Ok(Format::Gif)),
            (b"II*\0\x08\0\0\0", Ok(Format::Tiff)),
            (b"MM\0*\0\0\0\x08", Ok(Format::Tiff)),
            (&bmp, Ok(Format::Bmp)),
            (
                b"BMW is not a bitmap, though it begins like one",
                Err(Foreign::Unknown),
            ),
            (b"II*\0\x10\0\0\0CR\x02\0", Err(Foreign::CameraRaw)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Err(Foreign::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Err(Foreign::Avif)),
            (b"\0\0\0\x18ftypavif\0\0\0\0mif1miaf", Err(Foreign::Avif)),
            (b"\0\0\0\x10ftypmif1\0\0\0\0avif", Err(Foreign::Heic)),
            (b"\0\0\0\x18ftypisom\0\0\0\0mp41mp42", Err(Foreign::Video)),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", Err(Foreign::CameraRaw)),
            (b"\xFF\x0A\0", Err(Foreign::JpegXl)),
            (b"%PDF-1.4", Err(Foreign::Pdf)),
            (b"PK\x03\x04", Err(Foreign::Archive)),
            (
                b"\xEF\xBB\xBF <?xml version='1.0'?><!-- x --><SVG>",
                Err(Foreign::Svg),
            ),
            (b"<html>", Err(Foreign::Unknown)),
            (b"RIFF\0\0\0\0WAVE", Err(Foreign::Unknown)),
            (b"", Err(Foreign::Unknown)),
        ] {
            assert_eq!(sniff(bytes), format, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_something(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = sniff(&bytes);
            let ftyp = [b"\0\0\0\x20ftyp".as_slice(), &bytes].concat();
            prop_assert!(sniff(&ftyp).is_err());
        }
    }
}
