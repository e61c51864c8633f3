//! Time of a run: the real limits, so many times shorter.

use std::time::Duration;

use kvit_client::Limits;
use rand::Rng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

/// How much shorter the limits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale(pub u32);

/// The front proxy repeats for so long at most, in hundredths of the deadline of a money call: 40 s and 45 s in life
/// (marketplace reference, section 2.1), and the engine counts on 90 s. What is between is left for a busy machine.
const LATEST: u32 = 150;

impl Default for Scale {
    /// 30 times: a money call waits for a second and a half, which two busy processors keep up with.
    fn default() -> Self {
        Self(30)
    }
}

impl Scale {
    /// How long a money call waits.
    pub fn money(self) -> Duration {
        Limits::default().money / self.0
    }

    /// A time after the end of a money call's waiting at which it may still be carried out.
    pub fn beyond_deadline(self, rng: &mut StdRng) -> Duration {
        self.money() * rng.random_range(105..LATEST) / 100
    }

    /// How long everything may take to settle once the wire is healthy: some times what a late call has.
    pub fn settling(self) -> Duration {
        self.money() * 20 + Duration::from_secs(20)
    }

    /// The limits of the client. Those of reading do not go below what a busy machine needs; the one of a silent stream
    /// stays above the server's heartbeat of 10 s.
    pub fn limits(self) -> Limits {
        let real = Limits::default();
        Limits {
            read: (real.read / self.0).max(Duration::from_secs(2)),
            money: self.money(),
            silence: real.silence.min(Duration::from_secs(12)),
        }
    }
}
