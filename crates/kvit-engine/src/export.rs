//! Payments as a file for others: CSV for people and their spreadsheets, JSON for machines.
//!
//! Row by row, so that a hundred thousand payments are never in memory as text. Exact: amounts and numbers are written
//! from integers and decimals, never through a float. An estimate in fiat is not exported: it is not a fact about a
//! payment; the fiat sum of its deal is.
//!
//! In CSV nothing a stranger wrote can act as a formula ([`cell`]). JSON is for programs, which do not calculate what
//! they read: texts are in it as they are, with the escapes of JSON.

mod cell;
mod file;
#[cfg(test)]
mod tests;
mod words;

use std::io::{self, BufWriter, Write};

use jiff::{Timestamp, tz::TimeZone};
use kvit_domain::{
    id::UserId,
    memory::status_word,
    money::Fiat,
    payment::{Direction, Payment},
    receipt::Receipt,
    seal::SealMark,
};
use serde::Serialize;

pub use file::{Saved, create_beside, default_name, evidence_name, save, save_bytes, save_text};

/// Form of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), for spreadsheets.
    Csv,
    /// JSON (RFC 8259), for programs.
    Json,
}

impl Format {
    /// Ending of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Language of a CSV file: its words, its separator and its decimal mark. JSON has none.
///
/// A spreadsheet opens a CSV file by the habits of the person's region, not of the file: where the decimal mark is a
/// comma, as in Russian, it expects semicolons between cells, and a file with commas lands in one column with its
/// amounts read as text or as dates. The line `sep=;` would settle the separator, but Excel then ignores the byte order
/// mark and shows Cyrillic as noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// English: comma between cells, decimal point.
    En,
    /// Russian: semicolon between cells, decimal comma.
    Ru,
}

impl Tongue {
    fn separator(self) -> u8 {
        match self {
            Self::En => b',',
            Self::Ru => b';',
        }
    }
}

/// What is exported, when and from where.
#[derive(Debug, Clone)]
pub struct Head {
    /// When the file is made.
    pub made: Timestamp,
    /// The person's name for the account.
    pub account: String,
    /// Address of the marketplace.
    pub marketplace: String,
    /// The account's user: it decides which way a payment goes.
    pub me: UserId,
    /// Time zone of the local times.
    pub zone: TimeZone,
}

/// A payment and what is known of its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The payment.
    pub payment: Payment,
    /// How its confirmation was found.
    pub seal: SealMark,
    /// The kept receipt, if there is one.
    pub receipt: Option<Receipt>,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault<E> {
    /// A row could not be had.
    #[error("a payment cannot be read")]
    Row(#[source] E),
    /// The file could not be written.
    #[error("the file cannot be written")]
    File(#[from] io::Error),
}

/// Writes the rows as they come, in their order; says how many there were.
///
/// CSV is UTF-8 with a byte order mark, without which Excel takes it for the system's old code page; its first line
/// names the columns, so `head` shows only in the direction and the local times. JSON is one object,
/// `{made, account, marketplace, payments: [...]}`, every number in it as text.
///
/// # Errors
///
/// The first row that cannot be had, or the first write that fails; what was written until then is no whole file.
pub fn write<W, E>(
    format: Format,
    tongue: Tongue,
    head: &Head,
    rows: impl IntoIterator<Item = Result<Row, E>>,
    out: W,
) -> Result<u32, ExportFault<E>>
where
    W: Write,
{
    match format {
        Format::Csv => write_csv(tongue, head, rows, out),
        Format::Json => write_json(head, rows, out),
    }
}

/// Too many rows for the count: never seen, and never said wrong.
fn count_one<E>(count: u32) -> Result<u32, ExportFault<E>> {
    count
        .checked_add(1)
        .ok_or_else(|| io::Error::other("more rows than can be counted").into())
}

fn write_csv<W: Write, E>(
    tongue: Tongue,
    head: &Head,
    rows: impl IntoIterator<Item = Result<Row, E>>,
    mut out: W,
) -> Result<u32, ExportFault<E>> {
    out.write_all("\u{FEFF}".as_bytes())?;
    let mut csv = csv::WriterBuilder::new()
        .delimiter(tongue.separator())
        .terminator(csv::Terminator::CRLF)
        // Everything in quotes: a separator that is not ours then opens no new cell by itself.
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(out);
    csv.write_record(words::columns(tongue))
        .map_err(io::Error::from)?;
    let mut count = 0;
    for row in rows {
        let row = row.map_err(ExportFault::Row)?;
        csv.write_record(cells(tongue, head, &row))
            .map_err(io::Error::from)?;
        count = count_one(count)?;
    }
    csv.flush()?;
    Ok(count)
}

/// The cells of one row, in the order of [`words::columns`].
fn cells(tongue: Tongue, head: &Head, row: &Row) -> [String; words::COLUMNS] {
    let payment = &row.payment;
    let direction = payment.direction(head.me);
    let deal = payment.deal.as_deref();
    let number = |number: &dyn ToString| cell::number(&number.to_string(), tongue);
    [
        number(&payment.id),
        cell::text(words::direction(direction, tongue)),
        cell::text(words::status(payment.status, tongue)),
        cell::text(&payment.created.to_string()),
        cell::text(&local(payment.created, &head.zone)),
        number(&payment.amount.to_btc()),
        number(&payment.amount),
        deal.map_or_else(String::new, |deal| number(&deal.fiat.amount_text())),
        deal.map_or_else(String::new, |deal| cell::text(deal.fiat.currency().as_str())),
        number(&payment.pieces),
        number(&payment.invoice.id),
        cell::text(&payment.counterparty(head.me).name),
        cell::text(&payment.invoice.comment),
        cell::text(words::yes_or_no(payment.refund, tongue)),
        deal.map_or_else(String::new, |deal| number(&deal.id)),
        cell::text(words::seal(row.seal, tongue)),
        row.receipt
            .as_ref()
            .map_or_else(String::new, |receipt| cell::text(&receipt.first_seen.to_string())),
        row.receipt
            .as_ref()
            .map_or_else(String::new, |receipt| cell::fingerprint(&receipt.key)),
        cell::text(&payment.buyer.name),
        cell::text(&payment.invoice.owner.name),
    ]
}

/// RFC 3339 with the offset that the zone had then.
fn local(time: Timestamp, zone: &TimeZone) -> String {
    time.display_with_offset(zone.to_offset(time)).to_string()
}

/// A payment as JSON. Numbers are text: a reader's floats would round them.
#[derive(Debug, Serialize)]
struct Record<'a> {
    payment: String,
    direction: &'static str,
    status: &'static str,
    created: String,
    created_local: String,
    amount_btc: String,
    amount_satoshi: String,
    fiat: Option<FiatRecord>,
    pieces: String,
    invoice: String,
    counterparty: &'a str,
    comment: &'a str,
    refund: bool,
    deal: Option<String>,
    seal: &'static str,
    receipt: Option<ReceiptRecord<'a>>,
    buyer: &'a str,
    seller: &'a str,
}

/// The fiat sum of a deal.
#[derive(Debug, Serialize)]
struct FiatRecord {
    amount: String,
    currency: String,
}

impl From<Fiat> for FiatRecord {
    fn from(fiat: Fiat) -> Self {
        Self {
            amount: fiat.amount_text(),
            currency: fiat.currency().to_string(),
        }
    }
}

/// What is kept of a receipt.
#[derive(Debug, Serialize)]
struct ReceiptRecord<'a> {
    first_seen: String,
    key: &'a str,
}

impl<'a> Record<'a> {
    fn new(head: &Head, row: &'a Row) -> Self {
        let payment = &row.payment;
        let deal = payment.deal.as_deref();
        Self {
            payment: payment.id.to_string(),
            direction: match payment.direction(head.me) {
                Direction::FromMe => "from_me",
                Direction::ToMe => "to_me",
            },
            status: status_word(payment.status),
            created: payment.created.to_string(),
            created_local: local(payment.created, &head.zone),
            amount_btc: payment.amount.to_btc().to_string(),
            amount_satoshi: payment.amount.to_string(),
            fiat: deal.map(|deal| deal.fiat.into()),
            pieces: payment.pieces.to_string(),
            invoice: payment.invoice.id.to_string(),
            counterparty: &payment.counterparty(head.me).name,
            comment: &payment.invoice.comment,
            refund: payment.refund,
            deal: deal.map(|deal| deal.id.to_string()),
            seal: words::seal_code(row.seal),
            receipt: row.receipt.as_ref().map(|receipt| ReceiptRecord {
                first_seen: receipt.first_seen.to_string(),
                key: &receipt.key,
            }),
            buyer: &payment.buyer.name,
            seller: &payment.invoice.owner.name,
        }
    }
}

fn write_json<W: Write, E>(
    head: &Head,
    rows: impl IntoIterator<Item = Result<Row, E>>,
    out: W,
) -> Result<u32, ExportFault<E>> {
    // The brackets are written here and not by the serializer, because only so a row may fail with its own error.
    let mut out = BufWriter::new(out);
    let text = |value: &str| serde_json::to_string(value).map_err(io::Error::from);
    write!(
        out,
        "{{\"made\":{},\"account\":{},\"marketplace\":{},\"payments\":[",
        text(&head.made.to_string())?,
        text(&head.account)?,
        text(&head.marketplace)?,
    )?;
    let mut count = 0;
    for row in rows {
        let row = row.map_err(ExportFault::Row)?;
        out.write_all(if count == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, &Record::new(head, &row)).map_err(io::Error::from)?;
        count = count_one(count)?;
    }
    out.write_all(b"\n]}\n")?;
    out.flush()?;
    Ok(count)
}
