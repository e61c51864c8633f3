//! What is said about a text, and the two questions that can be asked.

use jiff::Timestamp;

use crate::comparison::{Facts, FieldComparison, compare};
use crate::confirmation::{BodyFault, Confirmation};
use crate::frame::{Digest, FrameFault};
use crate::key::PinnedKey;
use crate::signature::{MAX_CONFIRMATION_BYTES, SignedText, verify_text};

/// A payment confirmation with a good signature of the pinned key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What it says.
    pub confirmation: Confirmation,
    /// The verified text itself, the only one to be shown. Lines joined by LF.
    pub text: String,
    /// When the signer says it signed. The server signs at every read, so this is not the time of the payment.
    pub signed_at: Timestamp,
    /// The digest used.
    pub digest: Digest,
    /// Full fingerprint of the pinned key, upper-case hexadecimal.
    pub key: String,
    /// Full fingerprint of the key that signed: the pinned key or a signing subkey of it.
    pub signing_key: String,
}

/// A text that is signed by the pinned key and is not a confirmation we can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRead {
    /// The verified text. Show it only through [`crate::display_safe`].
    pub text: String,
}

/// Why nothing can be said for sure. This accuses nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// There is no confirmation (the payment is not paid).
    #[error("there is no confirmation yet")]
    NoConfirmation,
    /// No key is pinned for this marketplace.
    #[error("no key is pinned")]
    NoKey,
    /// The pinned key is one of [`crate::HISTORICAL_KEYS`].
    #[error("the pinned key is a historical one that proves nothing")]
    HistoricalKey,
    /// Signed by a key that is not the pinned one.
    #[error("signed by another key than the pinned one")]
    UnknownKey {
        /// Fingerprint or key id that the text names; a claim, not a finding.
        signer: Option<String>,
    },
    /// The key has expired. The signature itself is good.
    #[error("the key has expired")]
    KeyExpired {
        /// Since when.
        since: Timestamp,
        /// Whether it was valid at the time the signature claims. Only the signer vouches for that time.
        signed_while_valid: bool,
    },
    /// The key is revoked. The signature itself is good.
    #[error("the key is revoked")]
    KeyRevoked {
        /// Whether it was valid at the time the signature claims. Never true for a key that was given away:
        /// such a revocation reaches back.
        signed_while_valid: bool,
    },
    /// The signature is dated before the key was made.
    #[error("the signature is older than its key")]
    KeyNotYetValid {
        /// When the key was made.
        from: Timestamp,
    },
    /// The key that signed has no right to sign.
    #[error("the key has no right to sign")]
    KeyCannotSign,
    /// The key's own signatures are missing, broken or too weak.
    #[error("the key is not acceptable by itself")]
    KeyUnacceptable,
    /// A digest that is no longer safe.
    #[error("the digest {name} is too weak")]
    WeakDigest {
        /// Its OpenPGP name.
        name: &'static str,
    },
    /// The arithmetic holds, and the policy refuses the algorithm or an unknown critical part.
    #[error("the signature is not acceptable by policy")]
    PolicyRefused,
    /// Dated further ahead than [`crate::CLOCK_SKEW`]: a clock is wrong.
    #[error("the signature is dated in the future")]
    SignedInFuture {
        /// The date it has.
        signed_at: Timestamp,
    },
    /// The signature carries an expiration time that has passed.
    #[error("the signature has expired")]
    SignatureExpired {
        /// Since when.
        since: Timestamp,
    },
    /// Signed by the pinned key, says it is a payment confirmation, and is not in the one notation we read: for
    /// instance printed in another culture.
    #[error("signed but not understood: {fault}")]
    NotUnderstood {
        /// The verified text.
        read: NotRead,
        /// Where it departs.
        fault: BodyFault,
    },
    /// Signed by the pinned key, and something else than a payment confirmation: for instance a promise.
    #[error("signed, but not a payment confirmation")]
    NotAConfirmation {
        /// The verified text.
        read: NotRead,
    },
}

impl NotVerified {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoConfirmation => "no-confirmation",
            Self::NoKey => "no-key-pinned",
            Self::HistoricalKey => "historical-key",
            Self::UnknownKey { .. } => "unknown-key",
            Self::KeyExpired { .. } => "key-expired",
            Self::KeyRevoked { .. } => "key-revoked",
            Self::KeyNotYetValid { .. } => "key-not-yet-valid",
            Self::KeyCannotSign => "key-cannot-sign",
            Self::KeyUnacceptable => "key-unacceptable",
            Self::WeakDigest { .. } => "weak-digest",
            Self::PolicyRefused => "policy-refused",
            Self::SignedInFuture { .. } => "signed-in-future",
            Self::SignatureExpired { .. } => "signature-expired",
            Self::NotUnderstood { .. } => "not-understood",
            Self::NotAConfirmation { .. } => "not-a-confirmation",
        }
    }
}

/// Why a text is forged, altered or damaged. Real confirmations never look like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forgery {
    /// Larger than any confirmation; not read.
    #[error("{bytes} bytes are more than the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Not the one canonical frame of a signed text.
    #[error("{0}")]
    Frame(FrameFault),
    /// The signature does not fit the text.
    #[error("the signature does not fit the text")]
    BadSignature,
    /// The signature itself is damaged, or carries parts it does not protect.
    #[error("the signature is malformed")]
    MalformedSignature,
    /// No signature, or more than one, or other data beside it.
    #[error("not exactly one signature")]
    NotOneSignature,
    /// The signature is not one over text.
    #[error("the signature is not one over text")]
    NotATextSignature,
    /// The header names another digest than the signature.
    #[error("the header names another digest than the signature")]
    DigestDiffers,
    /// The verifier read another text than the frame holds.
    #[error("the text can be read in two ways")]
    TextDiffers,
}

impl Forgery {
    /// A stable name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::Frame(_) => "frame",
            Self::BadSignature => "bad-signature",
            Self::MalformedSignature => "malformed-signature",
            Self::NotOneSignature => "not-one-signature",
            Self::NotATextSignature => "not-a-text-signature",
            Self::DigestDiffers => "digest-differs",
            Self::TextDiffers => "text-differs",
        }
    }
}

/// Why a text is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing can be said for sure.
    #[error("not verified: {0}")]
    NotVerified(NotVerified),
    /// Forged, altered or damaged.
    #[error("forged or altered: {0}")]
    Forged(Forgery),
}

/// What is said about a confirmation and a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Signed by the pinned key, and every field equals the payment's.
    Verified {
        /// What was signed.
        signed: Signed,
        /// Every field, all matching.
        fields: Vec<FieldComparison>,
    },
    /// Nothing can be said for sure.
    NotVerified(NotVerified),
    /// Signed by the pinned key, and about something else than the payment at hand.
    DoesNotMatch {
        /// What was signed.
        signed: Signed,
        /// Every field, at least one not matching.
        fields: Vec<FieldComparison>,
    },
    /// Forged, altered or damaged.
    ForgedOrAltered(Forgery),
}

impl Verdict {
    /// Whether the payment is proven.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        matches!(self, Self::Verified { .. })
    }
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotVerified(reason) => Self::NotVerified(reason),
            Refusal::Forged(forgery) => Self::ForgedOrAltered(forgery),
        }
    }
}

/// Verifies that `text` is a payment confirmation signed by `key`, judged at `at`, with no payment at hand to
/// compare it with: who shows it has proven that *some* payment was made, and the caller must say which.
///
/// # Errors
///
/// [`Refusal`], see [`verify_text`] about time and limits. Texts over [`MAX_CONFIRMATION_BYTES`] are refused
/// unread.
pub fn verify_signature(text: &[u8], key: Option<&PinnedKey>, at: Timestamp) -> Result<Signed, Refusal> {
    let SignedText {
        text,
        signed_at,
        digest,
        key,
        signing_key,
    } = verify_text(text, key, at, MAX_CONFIRMATION_BYTES)?;
    if !Confirmation::is_claimed_by(&text) {
        return Err(Refusal::NotVerified(NotVerified::NotAConfirmation {
            read: NotRead { text },
        }));
    }
    match Confirmation::parse(&text) {
        Ok(confirmation) => Ok(Signed {
            confirmation,
            text,
            signed_at,
            digest,
            key,
            signing_key,
        }),
        Err(fault) => Err(Refusal::NotVerified(NotVerified::NotUnderstood {
            read: NotRead { text },
            fault,
        })),
    }
}

/// Verifies that `text` is the confirmation of the payment that `facts` describes: signed by `key`, judged at
/// `at`, and equal in every field.
#[must_use]
pub fn verify_payment(text: &[u8], key: Option<&PinnedKey>, at: Timestamp, facts: &Facts) -> Verdict {
    let signed = match verify_signature(text, key, at) {
        Ok(signed) => signed,
        Err(refusal) => return refusal.into(),
    };
    let fields = compare(&signed.confirmation, facts);
    if fields.iter().all(|field| field.matches) {
        Verdict::Verified { signed, fields }
    } else {
        Verdict::DoesNotMatch { signed, fields }
    }
}
