//! The ledger of executions: what the marketplace did with money because somebody called, in the order it did it.
//!
//! It is for judges: a client's own account of what it asked for proves nothing. With a file, a judge in another
//! process can read along; each line is there before its answer leaves, and stays there when either process is killed.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::clock::Moment;
use crate::money::Sats;
use crate::refusal::Refusal;

/// One execution of a call that moves money, or frees or binds it: PayInvoiceFromBalance, PayInvoiceByDeal,
/// PayInvoiceByBestDeal, CancelInvoicePayment, IPayed or CancelDeal. A call that was refused was not executed; one that
/// the front proxy repeated was executed as often as it was repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// 1, 2, 3 and so on; a file that is opened again goes on where it ended.
    pub sequence: u64,
    /// The call, in the contract's spelling.
    pub rpc: String,
    /// Login of the caller.
    pub user: String,
    /// The invoice, where one is concerned.
    pub invoice: Option<u64>,
    /// Pieces of the payment.
    pub pieces: Option<u32>,
    /// The payment, where one is concerned.
    pub payment: Option<u64>,
    /// The deal, where one is concerned.
    pub deal: Option<u64>,
    /// Amount of the payment or, without one, of the deal; in satoshis.
    pub sats: Sats,
    /// The marketplace's time; in the file milliseconds since 1970.
    pub at: Moment,
    /// False where the call succeeded without changing anything: a deal that was canceled already, a payment that was
    /// pending already and was answered again (marketplace reference, section 7.2).
    pub changed: bool,
}

/// What an execution was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Payment(u64),
    Deal(u64),
}

/// The executions so far. They are kept in memory, as the payments they are about are too.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    lines: Vec<Execution>,
    /// Lines the file had when it was opened.
    earlier: u64,
    file: Option<File>,
}

impl Ledger {
    /// A ledger that also appends a line of JSON per execution to this file. What another process left half-written at
    /// its end is ended with a line break first, so that it spoils no line of this one.
    pub(crate) fn open(path: Option<&Path>) -> std::io::Result<Ledger> {
        let Some(path) = path else {
            return Ok(Ledger::default());
        };
        let file = File::options().read(true).append(true).create(true).open(path)?;
        let (mut earlier, mut line) = (0_u64, Vec::new());
        let mut reader = BufReader::new(&file);
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            earlier = earlier.saturating_add(1);
            if line.last() != Some(&b'\n') {
                (&file).write_all(b"\n")?;
                break;
            }
        }
        Ok(Ledger(Mutex::new(Pages {
            lines: Vec::new(),
            earlier,
            file: Some(file),
        })))
    }

    /// Writes down what has just been committed. The caller holds the books, so lines are in the order of commits.
    pub(crate) fn write(&self, books: &Books, call: &Call, subject: Subject, changed: bool, at: Moment) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = pages
            .earlier
            .saturating_add(u64::try_from(pages.lines.len()).unwrap_or(u64::MAX))
            .saturating_add(1);
        let line = match Execution::of(books, call, subject, changed, at, sequence) {
            Ok(line) => line,
            Err(error) => {
                tracing::error!(%error, "an execution could not be described");
                return;
            }
        };
        if let Some(file) = &mut pages.file {
            let written = serde_json::to_vec(&line)
                .map_err(std::io::Error::from)
                .and_then(|mut json| {
                    json.push(b'\n');
                    // One write: a line is there as a whole or not at all. It is the system's then, not this
                    // process's.
                    file.write_all(&json)
                });
            if let Err(error) = written {
                tracing::error!(%error, "an execution could not be written into the ledger's file");
            }
        }
        pages.lines.push(line);
    }

    /// The executions since this marketplace was opened, oldest first.
    pub(crate) fn lines(&self) -> Vec<Execution> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .lines
            .clone()
    }
}

/// Who calls what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub rpc: &'static str,
    pub user: u64,
}

impl Execution {
    fn of(
        books: &Books,
        call: &Call,
        subject: Subject,
        changed: bool,
        at: Moment,
        sequence: u64,
    ) -> Result<Execution, Refusal> {
        let (payment, deal) = match subject {
            Subject::Payment(id) => {
                let payment = books.payment(id)?;
                (Some(payment), payment.deal)
            }
            Subject::Deal(id) => {
                let payment = books.deal(id)?.payment;
                (payment.map(|id| books.payment(id)).transpose()?, Some(id))
            }
        };
        let sats = match (payment, deal) {
            (Some(payment), _) => payment.amount,
            (None, Some(deal)) => books.deal(deal)?.amount,
            (None, None) => Sats::ZERO,
        };
        Ok(Execution {
            sequence,
            rpc: call.rpc.to_owned(),
            user: books.user(call.user)?.login.clone(),
            invoice: payment.map(|payment| payment.invoice),
            pieces: payment.map(|payment| payment.pieces),
            payment: payment.map(|payment| payment.id),
            deal,
            sats,
            at,
            changed,
        })
    }
}
