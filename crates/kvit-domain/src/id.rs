//! Numbers and names of things. Each kind has its own type, so that a deal is never looked up as a payment.

use std::{fmt, str::FromStr};

/// Text that is not a number of the marketplace: 1 to 2^63-1, decimal digits only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number of the marketplace")]
pub struct NotANumber;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Positive; signed 64-bit on the server (section 3.2), so at most 2^63-1. Grows with creation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The number, unless it is 0 ("none") or beyond the server's 63 bits.
            pub fn new(number: u64) -> Option<Self> {
                (number != 0 && number <= i64::MAX as u64).then_some(Self(number))
            }

            /// The bare number, for the wire.
            pub fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotANumber;

            /// Decimal digits only: no sign, no blanks, no separators.
            fn from_str(text: &str) -> Result<Self, NotANumber> {
                if text.is_empty() || text.len() > 19 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(NotANumber);
                }
                text.parse().ok().and_then(Self::new).ok_or(NotANumber)
            }
        }
    };
}

number! {
    /// Number of an invoice.
    InvoiceId
}
number! {
    /// Number of an invoice payment.
    PaymentId
}
number! {
    /// Number of a deal.
    DealId
}
number! {
    /// Number of an advertisement.
    AdvertisementId
}
number! {
    /// Number of a conversation about an invoice or a payment.
    ConversationId
}
number! {
    /// Number of a message; those of deals and those of conversations are counted apart.
    MessageId
}
number! {
    /// Number of a stored event.
    EventId
}

/// A user: a GUID, or the marketplace's own service account, which has none (section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserId {
    /// An account of a person.
    Person(uuid::Uuid),
    /// The marketplace itself.
    Marketplace,
}

impl fmt::Display for UserId {
    /// Lower-case with hyphens; empty for the marketplace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.as_hyphenated().fmt(f),
            Self::Marketplace => Ok(()),
        }
    }
}

impl FromStr for UserId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        if text.is_empty() {
            Ok(Self::Marketplace)
        } else {
            uuid::Uuid::parse_str(text).map(Self::Person)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_strict() {
        assert_eq!("88".parse::<InvoiceId>().map(InvoiceId::get), Ok(88));
        for text in [
            "",
            "0",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1_0",
            "9223372036854775808",
            "99999999999999999999",
            "٣",
        ] {
            assert_eq!(text.parse::<InvoiceId>(), Err(NotANumber), "{text:?}");
        }
        assert_eq!(
            "9223372036854775807".parse::<PaymentId>().map(PaymentId::get),
            Ok(i64::MAX as u64)
        );
    }

    #[test]
    fn users_print_as_the_server_writes_them() {
        let id: UserId = "6F9619FF8B86D011B42D00CF4FC964FF".parse().unwrap();
        assert_eq!(id.to_string(), "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        assert_eq!("".parse::<UserId>().unwrap(), UserId::Marketplace);
        assert!("nobody".parse::<UserId>().is_err());
    }
}
