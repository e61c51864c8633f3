//! Files that were cut, bent, and sewn together.

use kvit_images::{Limits, PictureFault};

use crate::made::every_kind;
use crate::{alone, judged};

/// Small, so that what breaks them is seen at once.
const SMALL: Limits = Limits {
    input_bytes: 1 << 20,
    pixels: 1 << 16,
    side: 1 << 10,
    memory: 24 << 20,
    ..Limits::RECEIVED
};

/// Of each file.
const MUTATIONS: usize = 240;

/// Numbers that are the same each time (Numerical Recipes' generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

/// One to three changes: bits, bytes that mean something, lengths that lie, parts that change places or come twice.
fn mutated(file: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const TELLING: [u8; 8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF, 0xD9, 0xDA];
    let mut bytes = file.to_vec();
    for _ in 0..=random.below(3) {
        let length = bytes.len();
        let at = random.below(length);
        match random.below(8) {
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = TELLING[random.below(TELLING.len())],
            3 => {
                // A length or a size, big or small, in either order of bytes.
                let lies = [0, 1, 0xFFFF, 0x7FFF_FFFF, u32::MAX, length as u32 * 2];
                let lie = lies[random.below(lies.len())];
                let lie = if random.below(2) == 0 {
                    lie.to_be_bytes()
                } else {
                    lie.to_le_bytes()
                };
                let place = &mut bytes[at..];
                let width = [2, 4][random.below(2)].min(place.len());
                place[..width].copy_from_slice(&lie[4 - width..]);
            }
            4 => {
                let end = at + random.below(length - at);
                bytes.drain(at..end);
            }
            5 => {
                let end = (at + random.below(64)).min(length);
                let part = bytes[at..end].to_vec();
                let to = random.below(length);
                bytes.splice(to..to, part);
            }
            6 => {
                let end = (at + random.below(64)).min(length);
                let to = random.below(length);
                let part: Vec<u8> = bytes.drain(at..end).collect();
                let to = to.min(bytes.len());
                bytes.splice(to..to, part);
            }
            _ => {
                let from = random.below(other.len());
                let end = (from + random.below(128)).min(other.len());
                bytes.splice(at..at, other[from..end].iter().copied());
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn five_thousand_mutations_give_an_error_or_a_picture() {
    let _alone = alone();
    let kinds = every_kind();
    let (mut pictures, mut faults) = (0, 0);
    for (number, (name, file)) in kinds.iter().enumerate() {
        let mut random = Random(number as u64 + 1);
        for round in 0..MUTATIONS {
            let (_, other) = &kinds[random.below(kinds.len())];
            let bytes = mutated(file, other, &mut random);
            let (sent, _) = judged(&format!("{name}, {round}"), &bytes, SMALL, round % 2 == 0);
            match sent {
                Ok(_) => pictures += 1,
                Err(PictureFault::TooSlow | PictureFault::Stopped) => {
                    panic!("{name}, {round}: it took too long")
                }
                Err(_) => faults += 1,
            }
        }
    }
    // That there were so many, and that they were neither all harmless nor all beyond recognition.
    assert!(pictures + faults >= 5000, "{pictures} and {faults}");
    assert!(pictures > 500 && faults > 500, "{pictures} and {faults}");
}

/// A file that ends early is not half a picture: the person is told.
#[test]
fn what_was_cut_off_is_told() {
    let _alone = alone();
    for (name, file) in every_kind() {
        for percent in 1..100 {
            let cut = &file[..file.len() * percent / 100];
            let (sent, shown) = judged(&format!("{name}, {percent} %"), cut, SMALL, false);
            assert_eq!(sent.is_ok(), shown.is_ok(), "{name}, {percent} %");
            // The first frame of two ends before the file does.
            let whole = if name == "gif animated" { 45 } else { 90 };
            if percent <= whole {
                assert!(sent.is_err(), "{name}, {percent} %");
            }
        }
    }
}
