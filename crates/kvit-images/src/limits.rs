//! What a file may cost.

use std::time::Duration;

use crate::fault::PictureFault;

const MIB: usize = 1024 * 1024;

/// What reading one picture may cost. The limits are ours, not those of the decoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub input_bytes: usize,
    /// Pixels, as the file declares them.
    pub pixels: u64,
    /// Pixels of the longer side, as the file declares them.
    pub side: u32,
    /// Bytes that decoding and everything after it hold at once, the file itself not counted. The need is reckoned
    /// from what the file declares before anything is allocated, and the decoders are held to it where they can be.
    pub memory: usize,
    /// Time from the beginning of the work; waiting for a turn does not count.
    pub time: Duration,
}

impl Limits {
    /// For a person's own files: scans and photographs straight from the camera.
    pub const OWN: Self = Self {
        input_bytes: 64 * MIB,
        pixels: 64 * MIB as u64,
        side: 16_384,
        memory: 512 * MIB,
        time: Duration::from_secs(20),
    };

    /// For what others sent. The marketplace takes 10 MiB for one picture (reference 10.2), and its PNG preview of a
    /// picture is smaller than that; twice as much leaves room for marketplaces that take more.
    pub const RECEIVED: Self = Self {
        input_bytes: 20 * MIB,
        ..Self::OWN
    };

    pub(crate) fn check_bytes(&self, bytes: usize) -> Result<(), PictureFault> {
        if bytes == 0 {
            return Err(PictureFault::Empty);
        }
        if bytes > self.input_bytes {
            return Err(PictureFault::TooManyBytes {
                limit: self.input_bytes,
            });
        }
        Ok(())
    }

    pub(crate) fn check_pixels(&self, width: u32, height: u32) -> Result<(), PictureFault> {
        if width == 0 || height == 0 {
            return Err(PictureFault::Damaged);
        }
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        if width.max(height) > self.side || pixels > self.pixels {
            return Err(PictureFault::TooManyPixels { width, height });
        }
        Ok(())
    }

    /// Whether so many bytes for each pixel, and `more`, stay within the memory.
    pub(crate) fn check_memory(
        &self,
        width: u32,
        height: u32,
        bytes_per_pixel: u64,
        more: u64,
    ) -> Result<(), PictureFault> {
        let needed = u64::from(width)
            .saturating_mul(u64::from(height))
            .saturating_mul(bytes_per_pixel)
            .saturating_add(more);
        if usize::try_from(needed).is_ok_and(|needed| needed <= self.memory) {
            Ok(())
        } else {
            Err(PictureFault::TooMuchMemory)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_holds_at_its_edge() {
        let limits = Limits {
            input_bytes: 10,
            pixels: 100,
            side: 20,
            memory: 300,
            time: Duration::ZERO,
        };
        assert_eq!(limits.check_bytes(0), Err(PictureFault::Empty));
        assert_eq!(limits.check_bytes(10), Ok(()));
        assert_eq!(
            limits.check_bytes(11),
            Err(PictureFault::TooManyBytes { limit: 10 })
        );
        assert_eq!(limits.check_pixels(20, 5), Ok(()));
        for (width, height) in [(21, 1), (1, 21), (10, 11), (u32::MAX, u32::MAX)] {
            let refused = Err(PictureFault::TooManyPixels { width, height });
            assert_eq!(limits.check_pixels(width, height), refused);
        }
        assert_eq!(limits.check_pixels(0, 5), Err(PictureFault::Damaged));
        assert_eq!(limits.check_memory(10, 10, 3, 0), Ok(()));
        assert_eq!(
            limits.check_memory(10, 10, 3, 1),
            Err(PictureFault::TooMuchMemory)
        );
        assert_eq!(
            limits.check_memory(u32::MAX, u32::MAX, u64::MAX, u64::MAX),
            Err(PictureFault::TooMuchMemory)
        );
    }

    #[test]
    fn the_limits_are_those_that_are_promised() {
        assert_eq!(
            (Limits::OWN.pixels, Limits::OWN.memory, Limits::OWN.time.as_secs()),
            (64 << 20, 512 << 20, 20)
        );
        assert_eq!(
            (Limits::OWN.side, Limits::RECEIVED.input_bytes),
            (16_384, 20 << 20)
        );
    }
}
