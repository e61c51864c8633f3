//! No message and no picture lost or doubled, none sent without its pictures.
//!
//! An account writes in many talks at once: about invoices before a purchase, about payments, in chats of deals, with and
//! without pictures. A fault is aimed at one message, or at the upload of one of its pictures, while others are on their
//! way in other talks. What arrived the server's ledger tells; what the person is shown must say the same.

mod judge;
mod lane;

use crate::engine::TALKS;
use crate::plan::{Plan, Size};

pub use judge::{Evidence, Sent, Written, judge};
pub use lane::Lane;

/// Messages to one fault: the one it is aimed at, and those that are on their way meanwhile.
pub const AT_ONCE: usize = 6;

/// A plan for about so many messages.
pub fn plan(messages: usize, seed: u64) -> Plan {
    Plan::new(size(messages), &TALKS, &[], seed)
}

/// Faults are fewer than with payments, where every asking has the button to itself.
fn size(messages: usize) -> Size {
    let asks = messages.div_ceil(AT_ONCE);
    Size {
        asks,
        class: (asks / 60).max(1),
        server: (asks / 80).max(1),
        status: (asks / 600).max(1),
        kills: (asks / 25).max(1),
        points: (asks / 300).max(1),
        panics: (asks / 600).max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Fault;

    #[test]
    fn a_plan_has_room_for_healthy_messages_too() {
        for messages in [2_000, 10_000] {
            let plan = plan(messages, 1);
            let faults = plan.plain.iter().filter(|fault| **fault != Fault::None).count();
            let rounds = plan.plain.len() + plan.tls.len();
            assert!(rounds * AT_ONCE >= messages);
            assert!(
                faults * AT_ONCE < messages * 3 / 2,
                "{faults} faults for {messages}"
            );
        }
    }
}
