//! The seal of a payment in one word, as it is kept with a copy.

/// How the check of a payment's confirmation came out.
///
/// The check itself, with its reasons and fields, is `kvit-proof`'s; this word is what lists show and what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealMark {
    /// The payment is not Paid: there is nothing to check.
    Nothing,
    /// There is something to check, and it was not checked yet with the key that is pinned now.
    Checking,
    /// Signed by the pinned key, and every field is the payment's.
    Verified,
    /// Could not be checked: no key, no text, another key.
    NotVerified,
    /// Signed by the pinned key, but it names something else.
    DoesNotMatch,
    /// Not what the key's owner signed.
    Forged,
}

impl SealMark {
    /// Every mark.
    pub const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Checking,
        Self::Verified,
        Self::NotVerified,
        Self::DoesNotMatch,
        Self::Forged,
    ];
}
