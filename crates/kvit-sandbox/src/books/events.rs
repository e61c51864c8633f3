//! Events: what happened, to whom it is told, and what is kept until read (marketplace reference, section 15.5).

use serde::{Deserialize, Serialize};

use super::Books;
use super::users::Role;
use crate::clock::Moment;
use crate::refusal::Refusal;
use crate::table::Row;

/// Unread events kept for the local user; the oldest give way, so that a client that never reads cannot fill
/// the disk.
const KEPT: usize = 1_000;

/// The same for simulated people, who hardly ever read.
const KEPT_FOR_OTHERS: usize = 50;

/// What happened, by the number of the object. What is shown is the object as the receiver may see it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    Balance,
    DealNew(u64),
    DealStatusChanged(u64),
    DealNewMessage(u64),
    InvoiceNew(u64),
    InvoiceDeleted(u64),
    PaymentNew(u64),
    PaymentUpdated(u64),
    ConversationMessage(u64),
}

/// An event on its way; number 0 is live-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub id: u64,
    pub to: u64,
    pub at: Moment,
    pub what: What,
}

/// An event kept until its receiver marks it as read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub to: u64,
    pub at: Moment,
    pub what: What,
}

impl Row for Stored {
    const TABLE: &'static str = "events";
}

impl Books {
    /// Tells `to` live, without keeping it.
    pub(crate) fn tell(&mut self, to: u64, what: What, now: Moment) {
        self.announce(Notice {
            id: 0,
            to,
            at: now,
            what,
        });
    }

    /// Tells `to` live and keeps it until read.
    pub(crate) fn tell_and_keep(&mut self, to: u64, what: What, now: Moment) -> Result<(), Refusal> {
        let id = self.number(|n| &mut n.event)?;
        self.events.put(id, Stored { to, at: now, what });
        let mine: Vec<u64> = self
            .events
            .iter()
            .filter(|(_, e)| e.to == to)
            .map(|(id, _)| id)
            .collect();
        let kept = if self.user(to)?.role == Role::Local {
            KEPT
        } else {
            KEPT_FOR_OTHERS
        };
        for old in mine.iter().take(mine.len().saturating_sub(kept)) {
            self.events.remove(*old);
        }
        self.announce(Notice {
            id,
            to,
            at: now,
            what,
        });
        Ok(())
    }

    /// The unread events of a user, oldest first.
    pub(crate) fn unread(&self, user: u64) -> Vec<Notice> {
        self.events
            .iter()
            .filter(|(_, event)| event.to == user)
            .map(|(id, event)| Notice {
                id,
                to: user,
                at: event.at,
                what: event.what,
            })
            .collect()
    }

    /// Forgets the events of a user about an invoice that he deleted (reference 6.5).
    pub(crate) fn forget_invoice(&mut self, user: u64, invoice: u64) {
        let about = [What::InvoiceNew(invoice), What::InvoiceDeleted(invoice)];
        let theirs: Vec<u64> = self
            .events
            .iter()
            .filter(|(_, event)| event.to == user && about.contains(&event.what))
            .map(|(id, _)| id)
            .collect();
        for id in theirs {
            self.events.remove(id);
        }
    }

    /// Forgets the named events of a user; foreign and unknown numbers are ignored.
    pub(crate) fn mark_as_read(&mut self, user: u64, ids: &[u64]) -> Result<(), Refusal> {
        if ids.is_empty() {
            return Err(Refusal::Argument(
                "List cannot be empty. (Parameter 'Id')".to_owned(),
            ));
        }
        for id in ids {
            if self.events.get(*id).is_some_and(|event| event.to == user) {
                self.events.remove(*id);
            }
        }
        Ok(())
    }
}
