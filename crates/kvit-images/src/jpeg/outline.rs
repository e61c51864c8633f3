//! The markers of a JPEG, all of them, before a decoder sees one (ITU-T T.81, B).

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

    /// Where a picture comes in more than one scan, its coefficients (16 bits each) are kept until the last one.
    pub(super) fn coefficient_bytes_per_pixel(&self) -> u64 {
        if !self.progressive && self.first_scan == self.components {
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

    pub(super) fn check_scans(&self) -> Result<(), PictureFault> {
        // In a sequential picture each component comes once.
        let most = if self.progressive {
            MAX_SCANS
        } else {
            self.components
        };
        if self.scans > most {
            return Err(PictureFault::TooSlow);
        }
        Ok(())
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

/// Walks over all markers up to the end of the picture.
pub(super) fn read(bytes: &[u8]) -> Result<Outline, PictureFault> {
    let mut walk = Walk { rest: bytes };
    let mut frame: Option<Outline> = None;
    loop {
        let code = walk.marker()?;
        match code {
            // The end of the picture; whatever follows is not read by anybody.
            0xD9 => {
                return frame.filter(|frame| frame.scans > 0).ok_or(PictureFault::Damaged);
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
                walk.segment()?;
            }
        }
    }
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

    fn file(parts: &[&[u8]]) -> Vec<u8> {
        [&[0xFF, 0xD8][..], &parts.concat()].concat()
    }

    #[test]
    fn the_markers_are_read_to_the_end() {
        // A segment may hold an end marker, entropy-coded data a stuffed one.
        let app = [0xFF, 0xE1, 0, 6, 0xFF, 0xD9, 0xFF, 0xC0];
        let data = [1, 2, 0xFF, 0x00, 0xD9, 0xFF, 0xD3, 4, 0xFF, 0xFF];
        let whole = file(&[&app, &SOF, &SOS, &data, &SOS, &data, &[0xD9], &SOF]);
        let outline = read(&whole).unwrap();
        assert_eq!((outline.width, outline.height), (512, 256));
        assert_eq!((outline.scans, outline.first_scan, outline.samples()), (2, 1, 3));
        // Four, one and one sample for four pixels, two bytes each.
        assert_eq!(outline.coefficient_bytes_per_pixel(), 3);
        // Every beginning of it is cut off.
        let end = whole.len() - SOF.len();
        for length in 0..end {
            assert_eq!(read(&whole[..length]), Err(PictureFault::Truncated), "{length}");
        }
        assert_eq!(read(&whole[..end]), Ok(outline));
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
        let scans = |count: usize, code: u8| {
            let mut sof = SOF;
            sof[1] = code;
            let mut parts = vec![&sof[..]];
            parts.extend(vec![&SOS[..]; count]);
            parts.push(&[0xFF, 0xD9]);
            read(&file(&parts)).unwrap().check_scans()
        };
        assert_eq!(scans(MAX_SCANS, 0xC2), Ok(()));
        assert_eq!(scans(MAX_SCANS + 1, 0xC2), Err(PictureFault::TooSlow));
        assert_eq!(scans(3, 0xC0), Ok(()));
        assert_eq!(scans(4, 0xC0), Err(PictureFault::TooSlow));
    }
}
