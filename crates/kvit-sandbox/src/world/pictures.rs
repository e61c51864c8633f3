//! Pictures that the simulated people take: drawn, so that nobody's photograph is needed.

use image::{Rgb, RgbImage};

use crate::jpeg::{self, Picture};
use crate::refusal::Refusal;

/// Size of a drawing in pixels: enough to be recognised, little enough to be drawn at once.
const SIZE: (u32, u32) = (320, 240);

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawing {
    /// A parcel with tape and label.
    Parcel,
    /// The same with a dent.
    DamagedParcel,
    /// A label with a bar code.
    Label,
    /// The screen of a telephone with a list of transfers.
    Screenshot,
}

const INK: Rgb<u8> = Rgb([44, 40, 38]);
const PAPER: Rgb<u8> = Rgb([246, 243, 236]);
const TAPE: Rgb<u8> = Rgb([214, 186, 128]);

/// Draws and takes the picture; `number` makes it different from others of its kind.
pub(crate) fn take(drawing: Drawing, number: u64) -> Result<Picture, Refusal> {
    Picture::taken(&jpeg::encode(&draw(drawing, number))?, false)
}

fn draw(drawing: Drawing, number: u64) -> RgbImage {
    let [tone, bars, ..] = number.to_le_bytes();
    let mut sheet = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([150, 160 + tone % 64, 170]));
    match drawing {
        Drawing::Parcel | Drawing::DamagedParcel => {
            let board = Rgb([176, 132 + tone % 32, 86]);
            fill(&mut sheet, (40, 50), (240, 160), board);
            fill(&mut sheet, (145, 50), (30, 160), TAPE);
            fill(&mut sheet, (60, 130), (70, 55), PAPER);
            code(&mut sheet, (66, 140), 20, bars);
            if drawing == Drawing::DamagedParcel {
                for step in 0..40 {
                    fill(
                        &mut sheet,
                        (200 + step * 2, 60 + step * 3),
                        (80_u32.saturating_sub(step * 2), 4),
                        INK,
                    );
                }
            }
        }
        Drawing::Label => {
            fill(&mut sheet, (30, 20), (260, 200), PAPER);
            for line in 0..4 {
                let length = 90 + u32::from(tone.rotate_left(line)) % 100;
                fill(&mut sheet, (46, 40 + line * 18), (length, 6), INK);
            }
            code(&mut sheet, (46, 130), 70, bars);
        }
        Drawing::Screenshot => {
            fill(&mut sheet, (90, 0), (140, 240), PAPER);
            fill(&mut sheet, (90, 0), (140, 26), Rgb([52, 104, 92 + tone % 64]));
            for row in 0..6 {
                let top = 40 + row * 32;
                fill(&mut sheet, (102, top), (18, 18), TAPE);
                let length = 30 + u32::from(bars.rotate_left(row)) % 50;
                fill(&mut sheet, (128, top + 6), (length, 5), INK);
            }
        }
    }
    sheet
}

/// Fills a rectangle; what lies beyond the edge is left out.
fn fill(sheet: &mut RgbImage, (left, top): (u32, u32), (width, height): (u32, u32), colour: Rgb<u8>) {
    for y in top..top.saturating_add(height) {
        for x in left..left.saturating_add(width) {
            if let Some(pixel) = sheet.get_pixel_mut_checked(x, y) {
                *pixel = colour;
            }
        }
    }
}

/// Something like a bar code.
fn code(sheet: &mut RgbImage, (left, top): (u32, u32), height: u32, bars: u8) {
    for bar in 0..18 {
        let width = 1 + u32::from(bars.rotate_left(bar)) % 3;
        fill(sheet, (left + bar * 3, top), (width, height), INK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drawing_can_be_taken_and_is_its_own() {
        let kinds = [
            Drawing::Parcel,
            Drawing::DamagedParcel,
            Drawing::Label,
            Drawing::Screenshot,
        ];
        let mut seen = std::collections::BTreeSet::new();
        for kind in kinds {
            for number in [3, 260] {
                assert!(seen.insert(take(kind, number).unwrap().sent), "{kind:?} {number}");
            }
        }
        assert!(
            seen.len() == 8 && take(Drawing::Label, 3).unwrap().sent == take(Drawing::Label, 3).unwrap().sent
        );
    }
}
