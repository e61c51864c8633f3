//! The verdict: the ledger against the journal and against what the person was told.
//!
//! Each asking has a key of its own (an invoice with a number of pieces, a payment, a deal), so every line of the ledger
//! belongs to one asking and nothing has to be guessed.

use std::collections::{BTreeMap, BTreeSet};

use kvit_proto::v1;
use kvit_sandbox::Execution;
use prost::Message;

use crate::engine::{Act, End, Entry, State};
use crate::totals::Totals;
use crate::wire::Request;

/// What an act is about; one for each asking that pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Paying so many pieces of an invoice, whichever way.
    Buy(u64, u32),
    /// Canceling a payment.
    Cancel(u64),
    /// Declaring the fiat of a deal sent.
    Declare(u64),
    /// Canceling a deal.
    CancelDeal(u64),
}

impl From<&Act> for Key {
    fn from(act: &Act) -> Self {
        match act {
            Act::Pay { invoice, pieces, .. } | Act::PayByDeal { invoice, pieces, .. } => {
                Self::Buy(*invoice, *pieces)
            }
            Act::Cancel { payment } => Self::Cancel(*payment),
            Act::Declare { deal } => Self::Declare(*deal),
            Act::CancelDeal { deal } => Self::CancelDeal(*deal),
        }
    }
}

impl Key {
    fn of_execution(line: &Execution) -> Option<Self> {
        Some(match line.rpc.as_str() {
            "PayInvoiceFromBalance" | "PayInvoiceByDeal" | "PayInvoiceByBestDeal" => {
                Self::Buy(line.invoice?, line.pieces?)
            }
            "CancelInvoicePayment" => Self::Cancel(line.payment?),
            "IPayed" => Self::Declare(line.deal?),
            "CancelDeal" => Self::CancelDeal(line.deal?),
            _ => return None,
        })
    }

    fn of_request(request: &Request) -> Option<Self> {
        let body = request.body.as_slice();
        Some(match request.rpc.as_str() {
            "PayInvoiceFromBalance" => {
                let call = v1::PayInvoiceFromBalanceRequest::decode(body).ok()?;
                Self::Buy(call.invoice_id, call.pieces)
            }
            "PayInvoiceByDeal" => {
                let call = v1::PayInvoiceByDealRequest::decode(body).ok()?;
                Self::Buy(call.invoice_id, call.pieces)
            }
            "PayInvoiceByBestDeal" => {
                let call = v1::PayInvoiceByBestDealRequest::decode(body).ok()?;
                Self::Buy(call.invoice_id, call.pieces)
            }
            "CancelInvoicePayment" => {
                Self::Cancel(v1::CancelInvoicePaymentRequest::decode(body).ok()?.payment_id)
            }
            "IPayed" => Self::Declare(v1::IPayedRequest::decode(body).ok()?.deal_id),
            "CancelDeal" => Self::CancelDeal(v1::CancelDealRequest::decode(body).ok()?.deal_id),
            _ => return None,
        })
    }

    fn of_entry(entry: &Entry) -> Option<Self> {
        Some(match entry.act.as_str() {
            "PayFromBalance" | "PayByDeal" | "PayByBestDeal" => Self::Buy(entry.invoice?, entry.pieces?),
            "CancelPayment" => Self::Cancel(entry.about?),
            "DeclarePaid" => Self::Declare(entry.deal?),
            "CancelDeal" => Self::CancelDeal(entry.deal?),
            _ => return None,
        })
    }
}

/// One asking and its answer.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Number of the asking.
    pub ask: u64,
    /// What was asked for.
    pub act: Act,
    /// What was done to it.
    pub fault: String,
    /// The server's front proxy repeated it.
    pub repeated: bool,
    /// What the person was told; `None`: the process was killed before.
    pub told: Option<End>,
}

/// All that is known about an account at the end.
#[derive(Debug, Default)]
pub struct Evidence {
    /// What was asked.
    pub asked: Vec<Asked>,
    /// The server's word.
    pub ledger: Vec<Execution>,
    /// What left the client, where the wire could read it.
    pub requests: Vec<Request>,
    /// The word of an engine that was started anew after all was quiet.
    pub journal: Vec<Entry>,
}

/// Judges an account.
pub fn judge(evidence: &Evidence) -> Totals {
    let mut totals = Totals::default();
    let mut asked: BTreeMap<Key, Vec<&Asked>> = BTreeMap::new();
    for one in &evidence.asked {
        totals.asked += 1;
        let key = Key::from(&one.act);
        if matches!(key, Key::Buy(..)) {
            totals.payments += 1;
        }
        asked.entry(key).or_default().push(one);
    }
    let mut ledger: BTreeMap<Key, Vec<&Execution>> = BTreeMap::new();
    for line in evidence.ledger.iter().filter(|line| line.changed) {
        match Key::of_execution(line) {
            Some(key) => ledger.entry(key).or_default().push(line),
            None => totals.complain(format!("the ledger has a line of nobody's: {line:?}")),
        }
    }
    let mut sent: BTreeMap<Key, usize> = BTreeMap::new();
    for request in &evidence.requests {
        match Key::of_request(request) {
            Some(key) => *sent.entry(key).or_default() += 1,
            None => totals.complain(format!("a call on the wire is not understood: {request:?}")),
        }
    }
    let mut journal: BTreeMap<Key, Vec<&Entry>> = BTreeMap::new();
    for entry in &evidence.journal {
        match Key::of_entry(entry) {
            Some(key) => journal.entry(key).or_default().push(entry),
            None => totals.complain(format!("an operation is not understood: {entry:?}")),
        }
    }
    let keys: BTreeSet<Key> = ledger
        .keys()
        .chain(journal.keys())
        .chain(sent.keys())
        .copied()
        .collect();
    for key in keys.iter().filter(|key| !asked.contains_key(key)) {
        totals.reported_wrongly += 1;
        totals.complain(format!("nobody asked for {key:?}"));
    }
    let none = Vec::new();
    for (key, asked) in &asked {
        Case {
            key: *key,
            asked,
            ledger: ledger.get(key).unwrap_or(&none),
            journal: journal.get(key).unwrap_or(&Vec::new()),
            sent: sent.get(key).copied().unwrap_or_default(),
        }
        .judge(&mut totals);
    }
    totals
}

/// All that concerns one key.
struct Case<'a> {
    key: Key,
    asked: &'a [&'a Asked],
    ledger: &'a [&'a Execution],
    journal: &'a [&'a Entry],
    sent: usize,
}

impl Case<'_> {
    fn judge(&self, totals: &mut Totals) {
        let pays = matches!(self.key, Key::Buy(..));
        // A payment that was there already and was answered again was not made again.
        let payments: BTreeSet<u64> = self.ledger.iter().filter_map(|line| line.payment).collect();
        let made = if pays {
            payments.len()
        } else {
            self.ledger.len().min(1)
        };
        totals.made += made as u64;
        let repeated = self.asked.iter().any(|asked| asked.repeated);
        let extra = made.saturating_sub(1) as u64;
        if extra > 0 && !repeated {
            totals.doubled_by_us += extra;
            self.complain(totals, "made more than once, and not by the proxy");
        }
        if extra > 0 && repeated {
            let shown: BTreeSet<u64> = self
                .journal
                .iter()
                .flat_map(|entry| entry.doubles.iter().copied().chain(entry.made))
                .collect();
            let any = self.journal.iter().any(|entry| !entry.doubles.is_empty());
            if any && payments.is_subset(&shown) {
                totals.doubled_and_noticed += extra;
            } else {
                totals.doubled_unnoticed += extra;
                self.complain(totals, "doubled by the proxy, and nobody is told");
            }
        }
        if self.sent > self.asked.len() {
            totals.sent_again_by_us += (self.sent - self.asked.len()) as u64;
            self.complain(totals, "left the client more often than it was asked for");
        }
        if made > 0 && self.journal.is_empty() {
            totals.forgotten += 1;
            self.complain(totals, "made, and not in the journal");
        }
        for asked in self.asked {
            if let Some(wrong) = asked
                .told
                .as_ref()
                .and_then(|told| self.told_wrongly(told, made, &payments))
            {
                totals.reported_wrongly += 1;
                self.complain(totals, wrong);
            }
        }
        // Canceling may be tried, refused, and tried again: then one operation is enough.
        let done = self
            .journal
            .iter()
            .filter(|entry| entry.state == State::Done)
            .count();
        for entry in self.journal {
            if entry.state == State::Open {
                totals.unknown_at_the_end += 1;
                self.complain(totals, "not settled at the end");
            }
            if let Some(wrong) = self.entry_wrong(entry, made, done, &payments) {
                totals.reported_wrongly += 1;
                self.complain(totals, wrong);
            }
        }
    }

    fn told_wrongly(&self, told: &End, made: usize, payments: &BTreeSet<u64>) -> Option<&'static str> {
        let pays = matches!(self.key, Key::Buy(..));
        match told {
            End::Done { .. } if made == 0 => Some("told done, and it was not"),
            End::Done { payment, .. } if pays && !payment.is_some_and(|id| payments.contains(&id)) => {
                Some("told of a payment that is another one")
            }
            End::Done { differs, .. } if pays && *differs != self.differs() => {
                Some("told wrongly whether the sum is the agreed one")
            }
            End::Refused {
                money_unknown: false, ..
            } if made > 0 && self.asked.len() == 1 => Some("told refused, and it was made"),
            _ => None,
        }
    }

    fn entry_wrong(
        &self,
        entry: &Entry,
        made: usize,
        done: usize,
        payments: &BTreeSet<u64>,
    ) -> Option<&'static str> {
        let pays = matches!(self.key, Key::Buy(..));
        match entry.state {
            State::Done if made == 0 => Some("the journal says done, and it was not"),
            State::Done if pays && !entry.made.is_some_and(|id| payments.contains(&id)) => {
                Some("the journal has another payment")
            }
            State::Done if pays && entry.differs != self.differs() => {
                Some("the journal is wrong about whether the sum is the agreed one")
            }
            State::Refused if made > 0 && done == 0 => Some("the journal says refused, and it was made"),
            State::Absent if made > 0 && done == 0 => Some("the journal says it never happened, and it did"),
            _ => None,
        }
    }

    /// Was another sum taken than the one the person saw?
    fn differs(&self) -> bool {
        let seen = self.asked.iter().find_map(|asked| match asked.act {
            Act::Pay { seen, .. } | Act::PayByDeal { seen, .. } => Some(seen),
            _ => None,
        });
        self.ledger.iter().any(|line| Some(line.sats.0) != seen)
    }

    fn complain(&self, totals: &mut Totals, words: &str) {
        totals.complain(format!(
            "{words}: {:?}; asked {:?}; ledger {:?}; journal {:?}; left the client {} times",
            self.key, self.asked, self.ledger, self.journal, self.sent
        ));
    }
}

#[cfg(test)]
mod tests;
