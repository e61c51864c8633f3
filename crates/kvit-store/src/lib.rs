//! One encrypted file per account: copies of what the marketplace said, and what must never be lost.
//!
//! Copies (payments, deals, people, invoices, balances, messages, others' pictures) can be read again from the marketplace;
//! the journal of operations, receipts, what was said earlier, notices, news, drafts, and messages and pictures that are not
//! sent yet cannot. Both are in one SQLCipher file,
//! `store.db`, in the folder of the account. What is precious is on the disk when a call returns; copies may be lost
//! with the power, never half.
//!
//! # Keys
//! A random key of 32 bytes ([`StoreKey::Raw`], kept in the OS keychain) is used as it is. A passphrase goes through
//! Argon2id; its salt is the first 16 bytes of the file, where SQLCipher has one anyway, so the file needs nothing beside
//! it. Every page has its own nonce and authentication code: a changed byte is a fault, never another value.
//!
//! # What lies beside the file
//! `store.lock`, held for as long as a [`Store`] lives; SQLite's own `store.db-wal` and `store.db-shm` while in use; and
//! `store.seen`, the number of the last durable commit. SQLite takes a damaged end of its log for one that was never
//! written, and drops it silently: that number says that it was.
//!
//! All calls block. Reads see the last commit and do not wait for a writer.

#[cfg(feature = "failpoints")]
macro_rules! point {
    ($name:expr) => {
        fail::fail_point!($name, |_| Err(
            $crate::StoreFault::Io("a fail point".to_owned()).into()
        ))
    };
}
#[cfg(not(feature = "failpoints"))]
macro_rules! point {
    ($name:expr) => {};
}

mod balance;
mod deals;
mod drafts;
mod fault;
mod file;
mod invoices;
mod key;
mod marks;
mod messages;
mod migrations;
mod news;
mod notices;
mod operations;
mod outgoing;
mod payments;
mod people;
mod pictures;
mod profile;
mod rates;
mod receipts;
mod rekey;
mod rows;
mod said;
mod seen;
mod signing;
mod store;
mod sync;
mod talks;

pub use deals::{Freshness, KeptDeal};
pub use fault::{OpenFault, StoreFault};
pub use file::{Doubt, FILE, Opened};
pub use key::{PASSPHRASE_MEMORY_KIB, PASSPHRASE_PASSES, StoreKey};
pub use messages::{KeptMessage, Page};
pub use news::KeptNews;
pub use operations::{BODY_LIMIT, OperationRow, StepRow};
pub use outgoing::OutgoingRow;
pub use payments::{Incoming, KeptPayment, PaymentsQuery, Taken};
pub use pictures::{BYTES_LIMIT, PictureRow, PictureSize, PictureState};
pub use said::SaidRow;
pub use signing::Seed;
pub use store::Store;
pub use sync::SyncState;
pub use talks::{Heard, KeptTalk, LastWords, TalksQuery, Unread};
