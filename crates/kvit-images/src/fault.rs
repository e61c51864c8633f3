//! Why there is no picture.

use crate::sniff::Foreign;

/// Why a file gave no picture. Each has a sentence in the screens; the words here are for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is larger than pictures may be.
    #[error("the file is larger than {limit} bytes")]
    TooManyBytes {
        /// The most there may be.
        limit: usize,
    },
    /// Something else than a picture that can be read here, whatever the file is called.
    #[error("not a picture that can be read here: {}", .0.name())]
    Unsupported(Foreign),
    /// The file ends before the picture does.
    #[error("the file ends before the picture does")]
    Truncated,
    /// The file contradicts itself or its format.
    #[error("the file is damaged")]
    Damaged,
    /// The file declares more pixels, or a longer side, than is allowed.
    #[error("{width} x {height} pixels are too many")]
    TooManyPixels {
        /// Pixels in a row, as declared.
        width: u32,
        /// Rows, as declared.
        height: u32,
    },
    /// Decoding would take more memory than is allowed.
    #[error("decoding takes too much memory")]
    TooMuchMemory,
    /// Decoding took longer than is allowed, or is bound to: a JPEG of more than a hundred scans.
    #[error("decoding takes too long")]
    TooSlow,
    /// The caller asked for it to stop.
    #[error("stopped on request")]
    Stopped,
    /// In full size the picture stays above what may be sent, even at the lowest quality.
    #[error("in full size the picture does not fit into {limit} bytes")]
    DoesNotFit {
        /// The most that may be sent.
        limit: usize,
    },
}
