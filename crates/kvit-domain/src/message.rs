//! Messages of conversations and deals, and where they are exchanged.

use std::{fmt, str::FromStr};

use jiff::Timestamp;

use crate::{
    id::{DealId, InvoiceId, MessageId, PaymentId, UserId},
    picture::PictureId,
};

/// Longest message, in UTF-16 units (sections 3.2, 8, 13.6).
pub const MESSAGE_LIMIT: usize = 1000;

/// The length of a text as the marketplace counts it: UTF-16 units (section 3.2).
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A message. A stranger's text, unless it is the person's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Number; grows with time. Conversations and deals count on their own.
    pub id: MessageId,
    /// When.
    pub created: Timestamp,
    /// Author; `None`: the arbiter of a deal.
    pub author: Option<UserId>,
    /// Words.
    pub text: String,
    /// Pictures, in order. What they name may not be uploaded yet (section 10.1).
    pub pictures: Vec<PictureId>,
}

/// Where messages are exchanged. There may be nothing there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Talk {
    /// Before a purchase: one for each invoice and buyer (section 8).
    Invoice {
        /// The invoice.
        invoice: InvoiceId,
        /// Who would buy.
        buyer: UserId,
    },
    /// About a payment.
    Payment(PaymentId),
    /// The chat of a deal.
    Deal(DealId),
}

/// Text that names no talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a talk")]
pub struct NotATalk;

impl fmt::Display for Talk {
    /// `invoice/88/6f9619ff-8b86-d011-b42d-00cf4fc964ff`, `payment/1207`, `deal/41`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoice { invoice, buyer } => write!(f, "invoice/{invoice}/{buyer}"),
            Self::Payment(id) => write!(f, "payment/{id}"),
            Self::Deal(id) => write!(f, "deal/{id}"),
        }
    }
}

impl FromStr for Talk {
    type Err = NotATalk;

    fn from_str(text: &str) -> Result<Self, NotATalk> {
        let (kind, rest) = text.split_once('/').ok_or(NotATalk)?;
        match kind {
            "invoice" => {
                let (invoice, buyer) = rest.split_once('/').ok_or(NotATalk)?;
                match buyer.parse() {
                    Ok(buyer @ UserId::Person(_)) => Ok(Self::Invoice {
                        invoice: invoice.parse().map_err(|_| NotATalk)?,
                        buyer,
                    }),
                    _ => Err(NotATalk),
                }
            }
            "payment" => rest.parse().map(Self::Payment).map_err(|_| NotATalk),
            "deal" => rest.parse().map(Self::Deal).map_err(|_| NotATalk),
            _ => Err(NotATalk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_the_server_s() {
        assert_eq!(length("мир"), 3);
        assert_eq!(length("🙂"), 2, "an emoji counts twice");
    }

    #[test]
    fn talks_have_names() {
        let buyer: UserId = "6f9619ff-8b86-d011-b42d-00cf4fc964ff".parse().unwrap();
        for talk in [
            Talk::Invoice {
                invoice: InvoiceId::new(88).unwrap(),
                buyer,
            },
            Talk::Payment(PaymentId::new(1207).unwrap()),
            Talk::Deal(DealId::new(41).unwrap()),
        ] {
            assert_eq!(talk.to_string().parse(), Ok(talk));
        }
        for text in [
            "",
            "deal",
            "deal/",
            "deal/0",
            "invoice/88",
            "invoice/88/",
            "invoice/88/me",
            "news/1",
        ] {
            assert_eq!(text.parse::<Talk>(), Err(NotATalk), "{text:?}");
        }
    }
}
