//! The markers of a JPEG, all of them, before a decoder sees one (ITU-T T.81, B).

use std::ops::Range;

use bytes::Bytes;

use crate::fault::PictureFault;
use crate::sniff::Foreign;

/// The most scans of a progressive picture. Encoders make about ten; a file of a thousand tiny ones costs a pass over
/// all pixels for each.
pub(super) const MAX_SCANS: usize = 100;

/// What the markers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) width: u32,
    pub(super) height: u32,
    progressive: bool,
    components: usize,
    /// Samples of all components in the largest unit, horizontally and vertically, and that unit's own.
    unit: (u64, u64),
    /// Components of the first scan.
    first_scan: usize,
    scans: usize,
}

impl Outline {
    /// Samples of a pixel.
    pub(super) const fn samples(&self) -> usize {
        self.components
    }

    /// A progressive picture's coefficients (16 bits each) are all kept until its last scan.
    pub(super) fn coefficient_bytes_per_pixel(&self) -> u64 {
        if !self.progressive {
            return 0;
        }
        self.unit.0.saturating_mul(2).div_ceil(self.unit.1.max(1))
    }

    /// Rows of coefficients and of samples of one row of units, at the largest sampling there is, and that the sides
    /// are rounded up to units.
    pub(super) fn rows_bytes(&self) -> u64 {
        const ROWS: u64 = 32 * 4 * 4;
        let unit = 64_u64.saturating_mul(8);
        let edge = u64::from(self.width)
            .saturating_add(u64::from(self.height))
            .saturating_add(64);
        u64::from(self.width)
            .saturating_mul(ROWS)
            .saturating_add(edge.saturating_mul(unit))
    }

    /// Whether the scans are such as the decoder can be trusted with.
    pub(super) fn check_scans(&self) -> Result<(), PictureFault> {
        if self.progressive {
            return if self.scans > MAX_SCANS {
                Err(PictureFault::TooSlow)
            } else {
                Ok(())
            };
        }
        // One component after the other without being progressive is rare, and zune-jpeg 0.5.15 gives such pictures
        // wrong colours without a word. A picture that lies is worse than none.
        if self.first_scan != self.components {
            return Err(PictureFault::Unsupported(Foreign::RareJpeg));
        }
        if self.scans > 1 {
            Err(PictureFault::Damaged)
        } else {
            Ok(())
        }
    }
}

/// A position in the file.
struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], PictureFault> {
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or(PictureFault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn position_in(&self, file: &[u8]) -> usize {
        file.len().saturating_sub(self.rest.len())
    }

    fn byte(&mut self) -> Result<u8, PictureFault> {
        self.take(1)?.first().copied().ok_or(PictureFault::Truncated)
    }

    /// The next marker. Between segments decoders forgive whatever is no marker, and so does this.
    fn marker(&mut self) -> Result<u8, PictureFault> {
        loop {
            let skip = memchr::memchr(0xFF, self.rest).ok_or(PictureFault::Truncated)?;
            self.take(skip.saturating_add(1))?;
            let mut code = self.byte()?;
            while code == 0xFF {
                code = self.byte()?;
            }
            // Stuffing, restarts and the like have no segment and end nothing.
            if !matches!(code, 0x00 | 0x01 | 0xD0..=0xD8) {
                return Ok(code);
            }
        }
    }

    /// What follows a marker, without its length.
    fn segment(&mut self) -> Result<&'a [u8], PictureFault> {
        let [high, low] = [self.byte()?, self.byte()?];
        let length = usize::from(u16::from_be_bytes([high, low]));
        self.take(length.checked_sub(2).ok_or(PictureFault::Damaged)?)
    }
}

/// Walks over all markers up to the end of the picture. Gives what they say, and the file without what follows the
/// picture and without the segments that nobody needs to see it: a decoder that reads them can only stumble.
pub(super) fn read(file: &Bytes) -> Result<(Outline, Bytes), PictureFault> {
    let mut walk = Walk { rest: file };
    let mut frame: Option<Outline> = None;
    let mut needless = Vec::new();
    loop {
        let code = walk.marker()?;
        let begin = walk.position_in(file).saturating_sub(2);
        match code {
            // The end of the picture.
            0xD9 => {
                let frame = frame
                    .filter(|frame| frame.scans > 0)
                    .ok_or(PictureFault::Damaged)?;
                return Ok((frame, without(file, walk.position_in(file), &needless)));
            }
            0xDA => {
                let scan = walk.segment()?;
                let frame = frame.as_mut().ok_or(PictureFault::Damaged)?;
                if frame.scans == 0 {
                    frame.first_scan = scan.first().map_or(0, |count| usize::from(*count));
                }
                frame.scans = frame.scans.saturating_add(1);
            }
            // Baseline, extended with Huffman codes, progressive with Huffman codes.
            0xC0..=0xC2 => {
                if frame.is_some() {
                    return Err(PictureFault::Damaged);
                }
                frame = Some(frame_of(walk.segment()?, code == 0xC2)?);
            }
            // Lossless, hierarchical, arithmetic; and rows that are counted afterwards.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xDC => {
                return Err(PictureFault::Unsupported(Foreign::RareJpeg));
            }
            _ => {
                if is_needless(code, walk.segment()?) {
                    needless.push(begin..walk.position_in(file));
                }
            }
        }
    }
}

/// Whether a segment says nothing about how the picture looks. What does: how it lies (EXIF), its colours (ICC, Adobe).
fn is_needless(code: u8, content: &[u8]) -> bool {
    match code {
        0xE1 => !content.starts_with(b"Exif\0\0"),
        0xE2 => !content.starts_with(b"ICC_PROFILE\0"),
        0xE0 | 0xEE => false,
        0xE3..=0xED | 0xEF | 0xFE => true,
        _ => false,
    }
}

/// The first `end` bytes without the given parts, which are in order and apart.
fn without(file: &Bytes, end: usize, parts: &[Range<usize>]) -> Bytes {
    if parts.is_empty() {
        return file.slice(..end.min(file.len()));
    }
    let mut kept = Vec::with_capacity(end);
    let mut from = 0;
    for part in parts {
        kept.extend_from_slice(file.get(from..part.start).unwrap_or_default());
        from = part.end;
    }
    kept.extend_from_slice(file.get(from..end).unwrap_or_default());
    kept.into()
}

/// The frame header (B.2.2).
fn frame_of(segment: &[u8], progressive: bool) -> Result<Outline, PictureFault> {
    let (head, components) = segment.split_first_chunk::<6>().ok_or(PictureFault::Damaged)?;
    let [precision, height_high, height_low, width_high, width_low, count] = *head;
    let count = usize::from(count);
    if precision != 8 || !matches!(count, 1 | 3 | 4) {
        return Err(PictureFault::Unsupported(Foreign::RareJpeg));
    }
    let (components, _) = components.as_chunks::<3>();
    let components = components.get(..count).ok_or(PictureFault::Damaged)?;
    let (mut all, mut wide, mut high) = (0_u64, 1_u64, 1_u64);
    for [_, sampling, _] in components {
        let (across, down) = (u64::from(sampling >> 4), u64::from(sampling & 15));
        if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
            return Err(PictureFault::Damaged);
        }
        all = all.saturating_add(across.saturating_mul(down));
        (wide, high) = (wide.max(across), high.max(down));
    }
    Ok(Outline {
        width: u32::from(u16::from_be_bytes([width_high, width_low])),
        height: u32::from(u16::from_be_bytes([height_high, height_low])),
        progressive,
        components: count,
        unit: (all, wide.saturating_mul(high)),
        first_scan: 0,
        scans: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOF: [u8; 19] = [
        0xFF, 0xC2, 0, 17, 8, 1, 0, 2, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1,
    ];
    const SOS: [u8; 10] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0];

    fn file(parts: &[&[u8]]) -> Bytes {
        [&[0xFF, 0xD8][..], &parts.concat()].concat().into()
    }

    #[test]
    fn the_markers_are_read_to_the_end() {
        // A segment may hold an end marker, entropy-coded data a stuffed one.
        let app = [0xFF, 0xE0, 0, 6, 0xFF, 0xD9, 0xFF, 0xC0];
        let data = [1, 2, 0xFF, 0x00, 0xD9, 0xFF, 0xD3, 4, 0xFF, 0xFF];
        let whole = file(&[&app, &SOF, &SOS, &data, &SOS, &data, &[0xD9], &SOF]);
        let (outline, plain) = read(&whole).unwrap();
        assert_eq!((outline.width, outline.height), (512, 256));
        assert_eq!((outline.scans, outline.first_scan, outline.samples()), (2, 1, 3));
        // Four, one and one sample for four pixels, two bytes each.
        assert_eq!(outline.coefficient_bytes_per_pixel(), 3);
        // Every beginning of it is cut off.
        let end = whole.len() - SOF.len();
        for length in 0..end {
            assert_eq!(
                read(&whole.slice(..length)),
                Err(PictureFault::Truncated),
                "{length}"
            );
        }
        assert_eq!(plain, whole.slice(..end));
        assert_eq!(read(&plain), Ok((outline, plain)));
    }

    #[test]
    fn only_what_shows_is_kept() {
        let segment = |code: u8, content: &[u8]| {
            let length = (content.len() as u16 + 2).to_be_bytes();
            [&[0xFF, code][..], &length, content].concat()
        };
        let kept = [
            segment(0xE1, b"Exif\0\0x"),
            segment(0xE2, b"ICC_PROFILE\0x"),
            segment(0xEE, b"Adobe"),
        ];
        let gone = [
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
            segment(0xE2, b"MPF\0"),
            segment(0xED, b"Photoshop 3.0\0"),
            segment(0xFE, b"words"),
        ];
        let end = [&SOF[..], &SOS, &[1, 2, 0xFF, 0xD9]].concat();
        let whole = file(&[
            &gone[0], &kept[0], &gone[1], &gone[2], &kept[1], &kept[2], &gone[3], &end, &gone[3],
        ]);
        let (outline, plain) = read(&whole).unwrap();
        assert_eq!(plain, file(&[&kept.concat(), &end]));
        assert_eq!(read(&plain), Ok((outline, plain)));
    }

    #[test]
    fn rare_and_broken_ones_are_told() {
        let rare = Err(PictureFault::Unsupported(Foreign::RareJpeg));
        for code in [0xC3, 0xC9, 0xCF] {
            let mut sof = SOF;
            sof[1] = code;
            assert_eq!(read(&file(&[&sof])), rare);
        }
        let mut deep = SOF;
        deep[4] = 12;
        assert_eq!(read(&file(&[&deep])), rare);
        let mut unsampled = SOF;
        unsampled[11] = 0x02;
        for broken in [
            file(&[&unsampled]),
            file(&[&SOF, &SOF]),
            file(&[&SOS]),
            file(&[&[0xFF, 0xD9]]),
            file(&[&SOF, &[0xFF, 0xD9]]),
            file(&[&[0xFF, 0xE0, 0, 1]]),
        ] {
            assert_eq!(read(&broken), Err(PictureFault::Damaged), "{broken:?}");
        }
    }

    #[test]
    fn passes_are_counted() {
        let scans = |count: usize, code: u8, components: u8| {
            let (mut sof, mut sos) = (SOF, SOS);
            sof[1] = code;
            sos[4] = components;
            let mut parts = vec![&sof[..]];
            parts.extend(vec![&sos[..]; count]);
            parts.push(&[0xFF, 0xD9]);
            read(&file(&parts)).unwrap().0.check_scans()
        };
        assert_eq!(scans(MAX_SCANS, 0xC2, 1), Ok(()));
        assert_eq!(scans(MAX_SCANS + 1, 0xC2, 1), Err(PictureFault::TooSlow));
        assert_eq!(scans(1, 0xC0, 3), Ok(()));
        assert_eq!(scans(2, 0xC0, 3), Err(PictureFault::Damaged));
        assert_eq!(
            scans(3, 0xC0, 1),
            Err(PictureFault::Unsupported(Foreign::RareJpeg))
        );
    }
}
