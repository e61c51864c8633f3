//! Where in a message something is wrong, and what.

use std::fmt;

/// The way from the message to a field, kept on the stack: costs nothing until something is wrong.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Root,
    Field(&'static str),
    Item(usize),
}

impl Path<'static> {
    /// The message itself.
    pub const ROOT: Self = Path {
        parent: None,
        step: Step::Root,
    };
}

impl Path<'_> {
    /// A field, by its name in the contract.
    pub fn field<'b>(&'b self, name: &'static str) -> Path<'b> {
        Path {
            parent: Some(self),
            step: Step::Field(name),
        }
    }

    /// An element of a repeated field.
    pub fn item<'b>(&'b self, index: usize) -> Path<'b> {
        Path {
            parent: Some(self),
            step: Step::Item(index),
        }
    }

    /// What is wrong here.
    pub fn fault(&self, reason: Reason) -> WireFault {
        WireFault {
            path: self.to_string(),
            reason,
        }
    }

    /// A message that must be there.
    pub fn required<T>(&self, message: Option<T>) -> Result<T, WireFault> {
        message.ok_or_else(|| self.fault(Reason::Missing))
    }

    /// Reads every element of a repeated field of at most `limit`.
    pub fn list<M, T>(
        &self,
        messages: Vec<M>,
        limit: usize,
        read: impl Fn(M, &Path<'_>) -> Result<T, WireFault>,
    ) -> Result<Vec<T>, WireFault> {
        if messages.len() > limit {
            return Err(self.fault(Reason::TooMany));
        }
        messages
            .into_iter()
            .enumerate()
            .map(|(index, message)| read(message, &self.item(index)))
            .collect()
    }
}

impl fmt::Display for Path<'_> {
    /// `Payments[3].Invoice.CurrentCryptoPrice`; nothing for the message itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The depth is that of the code which reads, not of the input.
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) => {
                if self
                    .parent
                    .is_some_and(|parent| !matches!(parent.step, Step::Root))
                {
                    f.write_str(".")?;
                }
                f.write_str(name)
            }
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

/// A message that breaks the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct WireFault {
    /// The field, for instance `Payments[3].Invoice.CurrentCryptoPrice`.
    pub path: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A message that must be there is not.
    #[error("missing")]
    Missing,
    /// Not a number of an object: 0, or beyond 63 bits.
    #[error("not a number of an object")]
    Number,
    /// Not an amount: negative, not whole satoshi, or out of any bounds.
    #[error("not an amount")]
    Amount,
    /// Zero where a sum must be.
    #[error("zero where a sum must be")]
    Zero,
    /// Not a currency code.
    #[error("not a currency code")]
    Currency,
    /// Not a user id.
    #[error("not a user id")]
    User,
    /// Not a time.
    #[error("not a time")]
    Time,
    /// A value that the contract does not list.
    #[error("not in the contract's list")]
    Value,
    /// A text beyond any sense.
    #[error("text too long")]
    TooLong,
    /// A list beyond any sense.
    #[error("list too long")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_the_contract() {
        let root = Path::ROOT;
        assert_eq!(root.to_string(), "");
        let payments = root.field("Payments");
        let third = payments.item(3);
        let invoice = third.field("Invoice");
        assert_eq!(
            invoice.field("CurrentCryptoPrice").to_string(),
            "Payments[3].Invoice.CurrentCryptoPrice"
        );
    }
}
