//! The body of a payment confirmation (marketplace reference, sections 11.1 and 11.2).
//!
//! Seven lines for a private invoice or a refund, eight for a public one, in one order, each `Name: value`, in the
//! invariant culture. Any other line, order or notation is "signed but not understood": a text that needs
//! guessing proves nothing.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::comparison::Field;

/// The only type of confirmation there is.
pub(crate) const TYPE: &str = "INVOICE_PAYMENT";
/// Decimals of a bitcoin amount: whole satoshis.
const BTC_DECIMALS: u32 = 8;
/// Most digits after the point that are read, trailing zeros included (what an exact decimal holds).
const MAX_DECIMALS: usize = 28;
/// There will never be more bitcoin.
const MAX_BTC: i64 = 21_000_000;
/// Longest login name read; the contract's are far shorter.
const MAX_NAME: usize = 256;

/// What a marketplace signed about one payment. Only ever made from verified bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Number of the payment, at least 1.
    pub payment_id: u64,
    /// Pieces bought of a public invoice; `None` for a private one.
    pub pieces: Option<u32>,
    /// Number of the invoice, at least 1.
    pub invoice_id: u64,
    /// What the payer paid, in BTC, exact, without trailing zeros.
    pub amount: Decimal,
    /// When the payment was made, whole seconds, UTC.
    pub created_at: Timestamp,
    /// Login name of the buyer.
    pub payer: String,
    /// Login name of the seller.
    pub invoice_owner: String,
}

/// Where and how a signed text departs from the grammar of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct BodyFault {
    /// The line of the text, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: BodyFaultKind,
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BodyFaultKind {
    /// Another line, or none, where this field belongs.
    #[error("expected {}", .0.name())]
    Expected(Field),
    /// The field is there and its value is not in the one notation we read.
    #[error("cannot read the value of {}", .0.name())]
    Value(Field),
    /// A line after the last field.
    #[error("unexpected line")]
    Extra,
}

impl Confirmation {
    /// Whether the text claims to be a payment confirmation at all.
    pub(crate) fn is_claimed_by(text: &str) -> bool {
        text.split('\n')
            .next()
            .and_then(|line| line.strip_prefix("Type: "))
            == Some(TYPE)
    }

    /// Reads a verified text.
    ///
    /// # Errors
    ///
    /// The first departure from the grammar.
    pub(crate) fn parse(text: &str) -> Result<Self, BodyFault> {
        let mut body = Body {
            lines: text.split('\n').peekable(),
            number: 0,
        };
        body.read(Field::Type, |value| (value == TYPE).then_some(()))?;
        let payment_id = body.read(Field::PaymentId, id)?;
        let pieces = if body.next_is(Field::Pieces) {
            Some(body.read(Field::Pieces, pieces)?)
        } else {
            None
        };
        let invoice_id = body.read(Field::InvoiceId, id)?;
        let amount = body.read(Field::CryptoAmount, btc)?;
        let created_at = body.read(Field::CreatedAt, created_at)?;
        let payer = body.read(Field::Payer, name)?;
        let invoice_owner = body.read(Field::InvoiceOwner, name)?;
        body.end()?;
        Ok(Self {
            payment_id,
            pieces,
            invoice_id,
            amount,
            created_at,
            payer,
            invoice_owner,
        })
    }
}

/// The lines still to be read.
struct Body<'a> {
    lines: std::iter::Peekable<std::str::Split<'a, char>>,
    number: usize,
}

impl<'a> Body<'a> {
    fn next_is(&mut self, field: Field) -> bool {
        self.lines
            .peek()
            .is_some_and(|line| value_of(line, field).is_some())
    }

    /// Reads the line of `field` and its value by `parse`.
    fn read<T>(&mut self, field: Field, parse: impl FnOnce(&'a str) -> Option<T>) -> Result<T, BodyFault> {
        self.number = self.number.saturating_add(1);
        let fault = |kind| BodyFault {
            line: self.number,
            kind,
        };
        let value = self
            .lines
            .next()
            .and_then(|line| value_of(line, field))
            .ok_or(fault(BodyFaultKind::Expected(field)))?;
        parse(value).ok_or(fault(BodyFaultKind::Value(field)))
    }

    fn end(mut self) -> Result<(), BodyFault> {
        match self.lines.next() {
            None => Ok(()),
            Some(_) => Err(BodyFault {
                line: self.number.saturating_add(1),
                kind: BodyFaultKind::Extra,
            }),
        }
    }
}

fn value_of(line: &str, field: Field) -> Option<&str> {
    line.strip_prefix(field.name())?.strip_prefix(": ")
}

/// ASCII digits without sign and leading zeros.
fn digits(value: &str) -> Option<&str> {
    let canonical = value == "0" || !value.starts_with('0');
    (!value.is_empty() && canonical && value.bytes().all(|byte| byte.is_ascii_digit())).then_some(value)
}

/// A number of an object: 1 to 2^63-1 (marketplace reference, section 3.2: unsigned on the wire, signed inside;
/// 0 means none).
fn id(value: &str) -> Option<u64> {
    let id: i64 = digits(value)?.parse().ok()?;
    u64::try_from(id).ok().filter(|id| *id > 0)
}

fn pieces(value: &str) -> Option<u32> {
    digits(value)?.parse().ok().filter(|pieces| *pieces > 0)
}

/// An amount in BTC: decimal point, no sign, no grouping, no exponent; zeros may trail, satoshis may not be cut.
fn btc(value: &str) -> Option<Decimal> {
    let (whole, fraction) = match value.split_once('.') {
        None => (value, None),
        Some((whole, fraction)) => (whole, Some(fraction)),
    };
    digits(whole)?;
    if let Some(fraction) = fraction {
        let all_digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
        if fraction.is_empty() || fraction.len() > MAX_DECIMALS || !all_digits {
            return None;
        }
    }
    // A decimal of 28 digits may not have room for trailing zeros that mean nothing.
    let significant = if fraction.is_some() {
        value.trim_end_matches('0').trim_end_matches('.')
    } else {
        value
    };
    let amount = Decimal::from_str_exact(significant).ok()?.normalize();
    (amount.scale() <= BTC_DECIMALS && amount <= Decimal::from(MAX_BTC)).then_some(amount)
}

/// `MM/dd/yyyy HH:mm:ss`, 24 hours, zero-padded, UTC: the .NET invariant culture.
fn created_at(value: &str) -> Option<Timestamp> {
    let (date, time) = value.split_once(' ')?;
    let [month, day, year] = parts::<3>(date, '/', &[2, 2, 4])?;
    let [hour, minute, second] = parts::<3>(time, ':', &[2, 2, 2])?;
    let small = |number: u16| i8::try_from(number).ok();
    let year = i16::try_from(year).ok().filter(|year| *year > 0)?;
    DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    )
    .ok()?
    .to_zoned(TimeZone::UTC)
    .ok()
    .map(|zoned| zoned.timestamp())
}

/// `N` numbers of the given widths between separators.
fn parts<const N: usize>(value: &str, separator: char, widths: &[usize; N]) -> Option<[u16; N]> {
    let mut numbers = [0; N];
    let mut fields = value.split(separator);
    for (number, width) in numbers.iter_mut().zip(widths) {
        let field = fields.next()?;
        if field.len() != *width || !field.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = field.parse().ok()?;
    }
    fields.next().is_none().then_some(numbers)
}

/// A login name: ASCII letters, digits and `-._@+` (marketplace reference, section 11.2).
fn name(value: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._@+".contains(&byte);
    (!value.is_empty() && value.len() <= MAX_NAME && value.bytes().all(allowed)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests;
