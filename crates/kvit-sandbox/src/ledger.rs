//! The ledger of executions: what the marketplace did with money and words because somebody called, in the order it
//! did it.
//!
//! It is for judges: a client's own account of what it asked for proves nothing. With a file, a judge in another
//! process can read along; each line is there before its answer leaves, and stays there when either process is killed.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::books::conversations::{Parent, Written};
use crate::books::feedback::Business;
use crate::books::messages::Message;
use crate::clock::Moment;
use crate::money::Sats;
use crate::refusal::Refusal;

/// One execution of a call that moves money, frees or binds it, or says or shows something: PayInvoiceFromBalance,
/// PayInvoiceByDeal, PayInvoiceByBestDeal, CancelInvoicePayment, IPayed, CancelDeal, CreateRefund, DeleteInvoice,
/// SendMessage, SendInvoiceMessage, SendInvoicePaymentMessage, DeleteConversation, StoreImage,
/// SendInvoicePaymentFeedback or SendFeedback. A call that was refused was not executed; one that the front proxy
/// repeated was executed as often as it was repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// 1, 2, 3 and so on; a file that is opened again goes on where it ended.
    pub sequence: u64,
    /// The call, in the contract's spelling.
    pub rpc: String,
    /// Login of the caller.
    pub user: String,
    /// The invoice, where one is concerned: that of the payment, that of the conversation, the refund that was made,
    /// the one that was deleted.
    pub invoice: Option<u64>,
    /// Pieces of the payment, or of the refund that was made or withdrawn.
    pub pieces: Option<u32>,
    /// The payment, where one is concerned; with a refund the one that is refunded.
    pub payment: Option<u64>,
    /// The deal, where one is concerned.
    pub deal: Option<u64>,
    /// Amount of the payment, of the refund or, without either, of the deal; in satoshis.
    pub sats: Sats,
    /// The marketplace's time; in the file milliseconds since 1970.
    pub at: Moment,
    /// False where the call succeeded without changing anything: a deal that was canceled already, a payment that was
    /// pending already and was answered again (marketplace reference, section 7.2).
    pub changed: bool,
    /// The conversation that was written to or deleted.
    #[serde(default)]
    pub conversation: Option<u64>,
    /// The message that was written, in a conversation or a deal's chat.
    #[serde(default)]
    pub message: Option<u64>,
    /// What was written: a message or feedback.
    #[serde(default)]
    pub text: Option<String>,
    /// GUIDs, as printed, of the message's pictures or of the one that was uploaded.
    #[serde(default)]
    pub images: Vec<String>,
    /// SHA-256 of the picture as it was sent, 64 lower-case hexadecimal digits.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Whether the feedback praises.
    #[serde(default)]
    pub positive: Option<bool>,
}

/// What an execution was about, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Payment(u64),
    Deal(u64),
    /// A line of a deal's chat.
    DealMessage {
        deal: u64,
        message: u64,
    },
    /// A line of a conversation.
    Message(Written),
    Conversation(u64),
    Image(u64),
    Feedback(u64),
    /// A refund that was made, or an invoice that was deleted.
    Invoice(u64),
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
        let mut line = Execution {
            sequence,
            rpc: call.rpc.to_owned(),
            user: books.user(call.user)?.login.clone(),
            at,
            changed,
            ..Execution::default()
        };
        match subject {
            Subject::Payment(id) => line.concern_payment(books, id)?,
            Subject::Deal(id) => line.concern_deal(books, id)?,
            Subject::DealMessage { deal, message } => {
                line.concern_deal(books, deal)?;
                let said = books.deal(deal)?.messages.iter().find(|said| said.id == message);
                line.quote(said.ok_or(Refusal::Internal)?);
            }
            Subject::Message(Written {
                conversation,
                message,
            }) => {
                line.concern_conversation(books, conversation)?;
                line.quote(books.messages.get(message).ok_or(Refusal::Internal)?);
            }
            Subject::Conversation(id) => line.concern_conversation(books, id)?,
            Subject::Image(id) => {
                let image = books.images.get(id).ok_or(Refusal::ImageNotFound)?;
                line.images = vec![image.guid.clone()];
                line.sha256.clone_from(&image.sent);
            }
            Subject::Feedback(id) => {
                let feedback = books.feedback.get(id).ok_or(Refusal::Internal)?;
                match feedback.business {
                    Business::Payment(id) => line.concern_payment(books, id)?,
                    Business::Deal(id) => line.concern_deal(books, id)?,
                    Business::EarlierPayment | Business::EarlierDeal => {}
                }
                line.text = Some(feedback.text.clone());
                line.positive = Some(feedback.positive);
            }
            Subject::Invoice(id) => {
                let invoice = books.invoice(id)?;
                line.invoice = Some(id);
                if invoice.refund_of.is_some() {
                    line.payment = invoice.refund_of;
                    line.pieces = Some(invoice.pieces_min);
                    line.sats = invoice.current_price;
                }
            }
        }
        Ok(line)
    }

    fn concern_payment(&mut self, books: &Books, id: u64) -> Result<(), Refusal> {
        let payment = books.payment(id)?;
        self.invoice = Some(payment.invoice);
        self.pieces = Some(payment.pieces);
        self.payment = Some(id);
        self.deal = payment.deal;
        self.sats = payment.amount;
        Ok(())
    }

    fn concern_deal(&mut self, books: &Books, id: u64) -> Result<(), Refusal> {
        let deal = books.deal(id)?;
        match deal.payment {
            Some(payment) => self.concern_payment(books, payment)?,
            None => self.sats = deal.amount,
        }
        self.deal = Some(id);
        Ok(())
    }

    fn concern_conversation(&mut self, books: &Books, id: u64) -> Result<(), Refusal> {
        match books.conversation(id)?.parent {
            Parent::Invoice(invoice) => self.invoice = Some(invoice),
            Parent::Payment(payment) => self.concern_payment(books, payment)?,
        }
        self.conversation = Some(id);
        Ok(())
    }

    fn quote(&mut self, said: &Message) {
        self.message = Some(said.id);
        self.text = Some(said.text.clone());
        self.images.clone_from(&said.images);
    }
}
