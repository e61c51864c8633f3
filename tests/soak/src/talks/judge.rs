//! The verdict on messages and pictures: the ledger against what the talks show and what the person was told.
//!
//! Every message has words of its own and every picture a GUID, so each line of the ledger belongs to one of them.

use std::collections::{BTreeMap, BTreeSet};

use kvit_proto::v1;
use kvit_sandbox::Execution;
use prost::Message;

use crate::engine::sends::{Fate, Line, Picture, Standing};
use crate::totals::Totals;
use crate::wire::Request;

/// A message that a person sent off, and all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Number of the asking.
    pub ask: u64,
    /// Name of its talk.
    pub talk: String,
    /// Its words: no other one's.
    pub text: String,
    /// How many pictures it has.
    pub pictures: u32,
    /// They were a draft on the disk.
    pub composed: Option<Vec<Picture>>,
    /// It was on the disk to be sent.
    pub posted: bool,
    /// Its place among all that was sent off.
    pub order: u64,
    /// So often the person sent it off again after it had failed.
    pub retries: u32,
    /// It failed, and the person forgot it.
    pub deleted: bool,
    /// What was done to it.
    pub fault: String,
    /// The server's front proxy repeated it.
    pub repeated: bool,
    /// What the person was told, in order.
    pub told: Vec<Fate>,
}

/// A message of the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Name of its talk.
    pub talk: String,
    /// Its words: no other one's.
    pub text: String,
}

/// All that is known about an account at the end.
#[derive(Debug, Default)]
pub struct Evidence {
    /// What was sent off.
    pub sent: Vec<Sent>,
    /// What the other side wrote.
    pub written: Vec<Written>,
    /// The server's word.
    pub ledger: Vec<Execution>,
    /// What left the client; `None` where the wire could not read it.
    pub requests: Option<Vec<Request>>,
    /// What an engine shows, by talk, that was started anew after all was quiet.
    pub talks: BTreeMap<String, Vec<Line>>,
}

/// The calls that say something.
const SENDING: &[&str] = &["SendInvoiceMessage", "SendInvoicePaymentMessage", "SendMessage"];

/// Judges an account.
pub fn judge(evidence: &Evidence) -> Totals {
    let mut totals = Totals::default();
    let mut ledger: BTreeMap<&str, Vec<&Execution>> = BTreeMap::new();
    let mut uploads: BTreeMap<&str, Vec<&Execution>> = BTreeMap::new();
    for line in evidence.ledger.iter().filter(|line| line.changed) {
        if SENDING.contains(&line.rpc.as_str()) {
            ledger
                .entry(line.text.as_deref().unwrap_or_default())
                .or_default()
                .push(line);
        } else if line.rpc == "StoreImage" {
            for image in &line.images {
                uploads.entry(image).or_default().push(line);
            }
        }
    }
    let mut lines: BTreeMap<&str, Vec<(&str, &Line)>> = BTreeMap::new();
    for (talk, shown) in &evidence.talks {
        for line in shown {
            lines.entry(&line.text).or_default().push((talk, line));
        }
    }
    let requests = evidence
        .requests
        .as_deref()
        .map(|requests| left(requests, &mut totals));
    let own: BTreeSet<&str> = evidence.sent.iter().map(|sent| sent.text.as_str()).collect();
    let theirs: BTreeSet<&str> = evidence.written.iter().map(|one| one.text.as_str()).collect();
    let nobodys = |text: &&str| !own.contains(text) && !theirs.contains(text);
    for text in ledger.keys().copied().filter(nobodys) {
        totals.reported_wrongly += 1;
        totals.complain(format!("nobody wrote {text:?}"));
    }
    for (text, shown) in lines.iter().filter(|(text, _)| nobodys(text)) {
        totals.reported_wrongly += 1;
        totals.complain(format!("nobody wrote {text:?}, which is shown: {shown:?}"));
    }
    for sent in &evidence.sent {
        Case {
            sent,
            ledger: ledger.get(sent.text.as_str()).map_or(&[], Vec::as_slice),
            shown: lines.get(sent.text.as_str()).map_or(&[], Vec::as_slice),
            left: requests
                .as_ref()
                .map(|requests| requests.get(sent.text.as_str()).copied().unwrap_or_default()),
        }
        .judge(&uploads, &mut totals);
    }
    for (text, count) in evidence.written.iter().map(|one| {
        let shown = lines.get(one.text.as_str()).map_or(&[][..], Vec::as_slice);
        let here = shown
            .iter()
            .filter(|(talk, line)| *talk == one.talk && !line.mine);
        (&one.text, here.count())
    }) {
        match count {
            1 => {}
            0 => {
                totals.forgotten += 1;
                totals.complain(format!("the other side's {text:?} is not shown"));
            }
            _ => {
                totals.doubled_unnoticed += 1;
                totals.complain(format!("the other side's {text:?} is shown {count} times"));
            }
        }
    }
    in_order(evidence, &ledger, &mut totals);
    totals
}

/// How often each message left the client whole.
fn left(requests: &[Request], totals: &mut Totals) -> BTreeMap<String, u64> {
    let mut left = BTreeMap::new();
    for request in requests {
        let body = request.body.as_slice();
        let text = match request.rpc.as_str() {
            "SendInvoiceMessage" => v1::SendInvoiceMessageRequest::decode(body).map(|call| call.text),
            "SendInvoicePaymentMessage" => {
                v1::SendInvoicePaymentMessageRequest::decode(body).map(|call| call.text)
            }
            "SendMessage" => v1::SendMessageRequest::decode(body).map(|call| call.text),
            _ => continue,
        };
        match text {
            Ok(text) => *left.entry(text).or_default() += 1,
            Err(error) => totals.complain(format!("a call on the wire is not understood: {error}")),
        }
    }
    left
}

/// What was sent in one talk arrived in the order in which it was sent. One that was sent again after it had failed is
/// where it was sent again.
fn in_order(evidence: &Evidence, ledger: &BTreeMap<&str, Vec<&Execution>>, totals: &mut Totals) {
    let mut talks: BTreeMap<&str, Vec<(&Sent, u64)>> = BTreeMap::new();
    for sent in evidence.sent.iter().filter(|sent| sent.retries == 0) {
        let first = ledger
            .get(sent.text.as_str())
            .and_then(|lines| lines.first())
            .map(|line| line.sequence);
        if let Some(first) = first {
            talks.entry(&sent.talk).or_default().push((sent, first));
        }
    }
    for sends in talks.values_mut() {
        sends.sort_by_key(|(sent, _)| sent.order);
        for ((one, first), (next, second)) in sends.iter().zip(sends.iter().skip(1)) {
            if first > second {
                totals.out_of_order += 1;
                totals.complain(format!("arrived before what was sent earlier: {next:?}, {one:?}"));
            }
        }
    }
}

/// All that concerns one message.
struct Case<'a> {
    sent: &'a Sent,
    ledger: &'a [&'a Execution],
    shown: &'a [(&'a str, &'a Line)],
    left: Option<u64>,
}

impl Case<'_> {
    fn judge(&self, uploads: &BTreeMap<&str, Vec<&Execution>>, totals: &mut Totals) {
        totals.asked += 1;
        totals.made += u64::from(!self.ledger.is_empty());
        self.judge_doubles(totals);
        self.judge_shown(totals);
        self.judge_pictures(uploads, totals);
        if let Some(wrong) = self.told_wrongly() {
            totals.reported_wrongly += 1;
            self.complain(totals, wrong);
        }
    }

    fn judge_doubles(&self, totals: &mut Totals) {
        let made = self.ledger.len() as u64;
        let extra = made.saturating_sub(1);
        if let Some(left) = self.left
            && left > u64::from(self.sent.retries) + 1
        {
            totals.sent_again_by_us += left - u64::from(self.sent.retries) - 1;
            self.complain(totals, "left the client more often than it was sent off");
        }
        if extra == 0 {
            return;
        }
        if !self.sent.repeated {
            totals.doubled_by_us += extra;
            self.complain(totals, "there more than once, and not by the proxy");
        } else if self
            .shown
            .iter()
            .any(|(_, line)| u64::from(line.repeats) == extra)
        {
            totals.doubled_and_noticed += extra;
        } else {
            totals.doubled_unnoticed += extra;
            self.complain(totals, "doubled by the proxy, and nobody is told");
        }
    }

    fn judge_shown(&self, totals: &mut Totals) {
        let number = self.ledger.first().and_then(|line| line.message);
        match self.shown {
            [] if self.ledger.is_empty() && self.sent.deleted => {}
            [] => {
                totals.forgotten += 1;
                self.complain(totals, "shown nowhere");
            }
            [(talk, line)] => {
                let wrong = match line.state {
                    _ if *talk != self.sent.talk || !line.mine => Some("shown as another's, or elsewhere"),
                    Standing::Open => {
                        totals.unknown_at_the_end += 1;
                        return self.complain(totals, "not settled at the end");
                    }
                    Standing::Failed if number.is_some() => Some("shown as failed, and it arrived"),
                    Standing::Message(shown) if number != Some(shown) => {
                        Some("shown as a message that the ledger does not have")
                    }
                    _ => None,
                };
                if let Some(wrong) = wrong {
                    totals.reported_wrongly += 1;
                    self.complain(totals, wrong);
                }
            }
            _ => {
                totals.doubled_unnoticed += 1;
                self.complain(totals, "shown more than once");
            }
        }
    }

    fn judge_pictures(&self, uploads: &BTreeMap<&str, Vec<&Execution>>, totals: &mut Totals) {
        let composed = self.sent.composed.as_deref().unwrap_or_default();
        let expected: Vec<&str> = composed.iter().map(|picture| picture.id.as_str()).collect();
        for line in self.ledger {
            if line.images != expected {
                totals.reported_wrongly += 1;
                self.complain(totals, "other pictures than the person put beside it");
            }
            let uploaded = |image: &String| {
                let uploads = uploads.get(image.as_str()).map_or(&[][..], Vec::as_slice);
                uploads.iter().any(|upload| upload.sequence < line.sequence)
            };
            if !line.images.iter().all(uploaded) {
                totals.dangling += 1;
                self.complain(totals, "sent before its pictures");
            }
        }
        for picture in composed {
            let Some(uploads) = uploads.get(picture.id.as_str()) else {
                continue;
            };
            totals.pictures += 1;
            let same = |upload: &&Execution| upload.sha256.as_deref() == Some(&picture.sha256);
            if uploads.len() > 1 || !uploads.iter().all(same) {
                totals.reported_wrongly += 1;
                self.complain(totals, "a picture is there twice, or is another one");
            }
        }
    }

    fn told_wrongly(&self) -> Option<&'static str> {
        let numbers: Vec<u64> = self.ledger.iter().filter_map(|line| line.message).collect();
        let (last, earlier) = self.sent.told.split_last()?;
        if earlier.iter().any(|fate| matches!(fate, Fate::Sent(_))) {
            return Some("told again of one that was told to have arrived");
        }
        match last {
            Fate::Sent(number) if numbers.first() != Some(number) => {
                Some("told that it arrived as another message than it did")
            }
            Fate::Failed(_) if !numbers.is_empty() => Some("told failed, and it arrived"),
            _ => None,
        }
    }

    fn complain(&self, totals: &mut Totals, words: &str) {
        totals.complain(format!(
            "{words}: {:?}; ledger {:?}; shown {:?}; left the client {:?} times",
            self.sent, self.ledger, self.shown, self.left
        ));
    }
}

#[cfg(test)]
mod tests;
