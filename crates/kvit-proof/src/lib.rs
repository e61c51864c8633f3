//! What can be checked on this machine: signed payment confirmations, and bundles of evidence ([`bundle`]).
//!
//! A marketplace states in a cleartext-signed text that a payment was made (marketplace reference, section 11).
//! This crate says whether such a text can be believed, and nothing else: it reads no file, asks no clock and
//! opens no connection. The key to believe, the time to judge at, the payment to compare with and whatever is random are
//! arguments.
//!
//! The way of a text through this crate:
//!
//! 1. [`frame`]: size, then a strict byte grammar of the frame; whatever is not the one canonical form is refused.
//! 2. [`signature`]: one verifier, Sequoia with its standard policy, against one pinned key by full fingerprint.
//! 3. [`confirmation`]: a strict grammar of the body, read from the *verified* bytes only.
//! 4. [`comparison`]: every field against the payment at hand.
//!
//! ```
//! use kvit_proof::{NotVerified, PinnedKey, Refusal, verify_signature};
//!
//! let at = jiff::Timestamp::from_second(1_700_000_000)?;
//! // A payment that is not paid yet has no confirmation.
//! assert_eq!(verify_signature(b"", None, at), Err(Refusal::NotVerified(NotVerified::NoConfirmation)));
//! // Nothing but a public key can be pinned.
//! assert!(PinnedKey::parse(b"not a key").is_err());
//! # Ok::<(), jiff::Error>(())
//! ```

pub mod batch;
pub mod bundle;
pub mod comparison;
pub mod confirmation;
pub mod display;
pub mod frame;
pub mod key;
pub mod signature;
pub mod verdict;

pub use batch::{verify_many, verify_payments};
pub use comparison::{Facts, Field, FieldComparison};
pub use confirmation::{BodyFault, BodyFaultKind, Confirmation};
pub use display::display_safe;
pub use frame::{Digest, FrameFault, FrameFaultKind};
pub use key::{HISTORICAL_KEYS, KeyFault, KeyState, MAX_KEY_BYTES, PinnedKey};
pub use signature::{CLOCK_SKEW, MAX_CONFIRMATION_BYTES, SignedText, verify_text};
pub use verdict::{Forgery, NotVerified, Refusal, Signed, Verdict, verify_payment, verify_signature};
