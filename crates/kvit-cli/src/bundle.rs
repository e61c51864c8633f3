//! `kvit verify-bundle`: the answer about a bundle of evidence, for people and for programs.

use kvit_proof::{
    Refusal,
    bundle::{BundleFault, BundleReport, BundleVerdict, CheckedReceipt, ItemState},
    display_safe,
};
use serde_json::{Value, json};

use crate::{
    FORGED, NOT_VERIFIED, VERIFIED,
    report::{groups, time},
    words::Language,
};

/// What came of a check: the report, or why it is no bundle; and whether a key for receipts was given.
pub(crate) struct Checked {
    pub result: Result<BundleReport, BundleFault>,
    pub with_key: bool,
}

impl Checked {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        let report = match &self.result {
            Ok(report) => report,
            Err(BundleFault::Newer(_)) => return NOT_VERIFIED,
            Err(_) => return FORGED,
        };
        if report.verdict == BundleVerdict::Altered {
            return FORGED;
        }
        if !self.with_key {
            return VERIFIED;
        }
        let worst = |receipt: &CheckedReceipt| match receipt.result {
            Ok(_) => VERIFIED,
            Err(Refusal::NotVerified(_)) => NOT_VERIFIED,
            Err(Refusal::Forged(_)) => FORGED,
        };
        // A key was given, and there is nothing to hold against it.
        report.receipts.iter().map(worst).max().unwrap_or(NOT_VERIFIED)
    }

    /// The whole answer for people, ending with a line end.
    pub(crate) fn report(&self, language: Language) -> String {
        match &self.result {
            Ok(report) => self.about(report, language),
            Err(fault) => format!("{}\n", language.bundle_fault(fault)),
        }
    }

    fn about(&self, report: &BundleReport, language: Language) -> String {
        let labels = language.bundle_labels();
        let subject = &report.head.subject;
        let rows = [
            (
                labels.about,
                format!("{} {}", language.subject(subject.kind), subject.number),
            ),
            (labels.marketplace, subject.marketplace.clone()),
            (labels.login, subject.login.clone()),
            (labels.made, time(report.head.made)),
            (labels.app, report.head.app.clone()),
            (labels.key, groups(&report.key)),
        ];
        let width = rows
            .iter()
            .map(|(label, _)| label.chars().count())
            .max()
            .unwrap_or_default();
        let mut out = format!("{}\n\n", language.bundle_verdict(report.verdict));
        for (label, value) in rows {
            // One line each, whatever a stranger wrote.
            let value = display_safe(&value).replace('\n', "\\n");
            out.push_str(&format!("  {label:width$}  {value}\n"));
        }
        out.push('\n');
        for item in &report.items {
            out.push_str(&format!(
                "  {:5}  {}  {}\n",
                item.number,
                language.item_state(item.state),
                item.path
            ));
        }
        for stranger in &report.strangers {
            out.push_str(&format!(
                "  {}  {}\n",
                language.stranger(),
                display_safe(stranger)
            ));
        }
        for receipt in &report.receipts {
            let words = match &receipt.result {
                Ok(_) => language.verified().to_owned(),
                Err(_) if !self.with_key => language.no_key_for_receipts().to_owned(),
                Err(refusal) => language.refusal(refusal),
            };
            out.push_str(&format!("\n{} {}: {words}\n", language.receipt(), receipt.item));
        }
        out.push_str(&format!("\n{}\n", language.what_it_proves()));
        out
    }

    /// The answer for programs, as an object.
    pub(crate) fn json(&self) -> Value {
        let report = match &self.result {
            Ok(report) => report,
            Err(fault) => {
                let outcome = if self.code() == FORGED {
                    "altered"
                } else {
                    "not-verified"
                };
                return json!({ "outcome": outcome, "reason": fault.code() });
            }
        };
        let outcome = match (self.code(), report.verdict) {
            (VERIFIED, BundleVerdict::Whole) => "whole",
            (VERIFIED, _) => "parts",
            (NOT_VERIFIED, _) => "not-verified",
            _ => "altered",
        };
        let subject = &report.head.subject;
        json!({
            "outcome": outcome,
            "subject": { "kind": subject.kind.word(), "number": subject.number.to_string() },
            "marketplace": subject.marketplace,
            "login": subject.login,
            "made": report.head.made.to_string(),
            "app": report.head.app,
            "key": report.key,
            "items": report.items.iter().map(|item| json!({
                "id": item.number,
                "kind": item.kind.word(),
                "path": item.path,
                "state": state(item.state),
            })).collect::<Vec<_>>(),
            "strangers": report.strangers,
            "receipts": report.receipts.iter().map(|receipt| json!({
                "item": receipt.item,
                "outcome": receipt_outcome(receipt),
            })).collect::<Vec<_>>(),
        })
    }
}

fn state(state: ItemState) -> &'static str {
    match state {
        ItemState::Intact => "intact",
        ItemState::LeftOut => "left-out",
        ItemState::Altered => "altered",
        ItemState::Missing => "missing",
    }
}

fn receipt_outcome(receipt: &CheckedReceipt) -> &'static str {
    match &receipt.result {
        Ok(_) => "verified",
        Err(Refusal::NotVerified(reason)) => reason.code(),
        Err(Refusal::Forged(forgery)) => forgery.code(),
    }
}
