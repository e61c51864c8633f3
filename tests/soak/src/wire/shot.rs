//! What the wire does to a call, and where.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where in a call, or in a connection's beginning: the byte-offset classes of test R1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// Before connect.
    C0,
    /// In the TLS handshake, either direction.
    C1,
    /// In the HTTP/2 preface or SETTINGS.
    C2,
    /// Inside HEADERS of the request.
    C3,
    /// Between HEADERS and DATA of the request.
    C4,
    /// Inside DATA of the request.
    C5,
    /// After END_STREAM, before the server acts.
    C6,
    /// After the server acted, before HEADERS of the response.
    C7,
    /// Inside HEADERS of the response.
    C8,
    /// Inside DATA of the response.
    C9,
    /// Between DATA and trailers.
    C10,
    /// Inside trailers.
    C11,
    /// After trailers, before our commit.
    C12,
    /// Inside the frame of an event that the act caused.
    C13,
    /// During a keep-alive ping, while the call is open.
    C14,
    /// The whole request is held back until later than the client waits, then delivered.
    Late,
}

impl Class {
    /// All of R1.
    pub const ALL: [Self; 15] = [
        Self::C0,
        Self::C1,
        Self::C2,
        Self::C3,
        Self::C4,
        Self::C5,
        Self::C6,
        Self::C7,
        Self::C8,
        Self::C9,
        Self::C10,
        Self::C11,
        Self::C12,
        Self::C13,
        Self::C14,
    ];

    /// Strikes a connection that is being made.
    pub fn is_of_connection(self) -> bool {
        matches!(self, Self::C0 | Self::C1 | Self::C2)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// How the wire ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum How {
    /// Both ends get RST.
    Rst,
    /// Both ends get FIN.
    Fin,
    /// Silence: nothing passes any more, nothing is closed.
    BlackHole,
    /// One direction is closed, the other one goes on.
    HalfClose,
}

impl How {
    /// All.
    pub const ALL: [Self; 4] = [Self::Rst, Self::Fin, Self::BlackHole, Self::HalfClose];
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rst => "rst",
            Self::Fin => "fin",
            Self::BlackHole => "blackhole",
            Self::HalfClose => "halfclose",
        })
    }
}

/// One thing to be done to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shot {
    /// Where.
    pub class: Class,
    /// How.
    pub how: How,
    /// Chooses the octet within the class: `at % octets`.
    pub at: u32,
    /// How long [`Class::Late`] holds the request back.
    pub hold: Duration,
}

/// One thing that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injected {
    /// Where.
    pub class: Class,
    /// How.
    pub how: How,
    /// So many octets of what is struck passed,
    pub octet: usize,
    /// of so many.
    pub of: usize,
}
