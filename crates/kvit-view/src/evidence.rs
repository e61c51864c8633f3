//! Evidence bundles: what goes into one, and what the check of one says.

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode as Code},
    id::{DealId, PaymentId},
};
use kvit_engine as engine;
use kvit_proof::bundle;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    person::time,
    proof::{Seal, groups},
};

/// What a bundle is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EvidenceSubject {
    /// A payment.
    Payment {
        /// Number.
        id: String,
    },
    /// A deal.
    Deal {
        /// Number.
        id: String,
    },
}

/// What can go into a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EvidencePlan {
    /// What it is about.
    pub about: EvidenceSubject,
    /// Everything there is.
    pub items: Vec<EvidenceItem>,
    /// The key that will sign, in groups; none before the first bundle of this account.
    pub signed_by: Option<String>,
}

/// One thing of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceItem {
    /// By which it is chosen.
    pub id: String,
    /// What it is.
    pub kind: EvidenceKind,
    /// When.
    pub at: Option<String>,
    /// What it says, cut. A stranger's text.
    pub text: String,
    /// Its length, bytes.
    pub bytes: String,
}

/// Kinds of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum EvidenceKind {
    /// The page for people.
    Cover,
    /// The signed confirmation as it was first seen.
    Receipt,
    /// The payment as the marketplace gives it.
    Payment,
    /// What the marketplace said over time.
    Said,
    /// Where it contradicted itself.
    Notices,
    /// A message.
    Message,
    /// A picture.
    Picture,
    /// The deal and its steps.
    Deal,
    /// An operation of the journal.
    Operation,
}

/// What the check of a bundle says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BundleReport {
    /// The file's name.
    pub file: String,
    /// In one word.
    pub verdict: BundleVerdict,
    /// What it is about.
    pub about: EvidenceSubject,
    /// The marketplace, as the bundle has it. A stranger's text.
    pub marketplace: String,
    /// The account's name there. A stranger's text.
    pub login: String,
    /// When it was made, by the clock of whoever made it.
    pub made: String,
    /// The key that signed it, in groups.
    pub signed_by: String,
    /// That is the key of the account in use.
    pub mine: bool,
    /// What is in it.
    pub items: Vec<BundleItem>,
    /// Files in it that the signature knows nothing of.
    pub strangers: Vec<String>,
    /// The receipts in it, checked again.
    pub receipts: Vec<Seal>,
}

/// The check in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum BundleVerdict {
    /// Everything is there and as it was signed.
    Whole,
    /// What is there is as it was signed; some was left out.
    Parts,
    /// Something is not as it was signed.
    Altered,
}

/// One thing of a bundle, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BundleItem {
    /// Its number.
    pub id: String,
    /// What it is.
    pub kind: EvidenceKind,
    /// How it stands.
    pub state: BundleItemState,
    /// Its file in the bundle; empty where it was left out.
    pub path: String,
}

/// How a thing of a bundle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum BundleItemState {
    /// As it was signed.
    Intact,
    /// Left out by whoever gave the bundle on.
    LeftOut,
    /// Not as it was signed.
    Altered,
    /// Half of it is missing.
    Missing,
}

impl EvidenceSubject {
    /// For the engine.
    ///
    /// # Errors
    /// `PaymentNotFound`, `DealNotFound`: not a number.
    pub fn parse(&self) -> Result<engine::EvidenceSubject, DomainFault> {
        match self {
            Self::Payment { id } => id
                .parse::<PaymentId>()
                .map(engine::EvidenceSubject::Payment)
                .map_err(|_| Code::PaymentNotFound.into()),
            Self::Deal { id } => id
                .parse::<DealId>()
                .map(engine::EvidenceSubject::Deal)
                .map_err(|_| Code::DealNotFound.into()),
        }
    }
}

impl From<&engine::EvidenceSubject> for EvidenceSubject {
    fn from(subject: &engine::EvidenceSubject) -> Self {
        match subject {
            engine::EvidenceSubject::Payment(id) => Self::Payment { id: id.to_string() },
            engine::EvidenceSubject::Deal(id) => Self::Deal { id: id.to_string() },
        }
    }
}

impl From<&engine::EvidencePlan> for EvidencePlan {
    fn from(plan: &engine::EvidencePlan) -> Self {
        Self {
            about: (&plan.subject).into(),
            items: plan
                .items
                .iter()
                .map(|item| EvidenceItem {
                    id: item.id.clone(),
                    kind: item.kind.into(),
                    at: item.at.map(time),
                    text: item.words.clone(),
                    bytes: item.size.to_string(),
                })
                .collect(),
            signed_by: plan.key.as_deref().map(|key| groups(key).join(" ")),
        }
    }
}

impl From<bundle::ItemKind> for EvidenceKind {
    fn from(kind: bundle::ItemKind) -> Self {
        use bundle::ItemKind as Kind;
        match kind {
            Kind::Cover => Self::Cover,
            Kind::Receipt => Self::Receipt,
            Kind::Payment => Self::Payment,
            Kind::Said => Self::Said,
            Kind::Notices => Self::Notices,
            Kind::Message => Self::Message,
            Kind::Picture => Self::Picture,
            Kind::Deal => Self::Deal,
            Kind::Operation => Self::Operation,
        }
    }
}

impl BundleReport {
    /// The check of a file of this name; `own` is the key of the account in use.
    pub fn new(report: &bundle::BundleReport, file: String, own: Option<&str>) -> Self {
        let subject = &report.head.subject;
        let id = subject.number.to_string();
        Self {
            file,
            verdict: match report.verdict {
                bundle::BundleVerdict::Whole => BundleVerdict::Whole,
                bundle::BundleVerdict::Parts => BundleVerdict::Parts,
                bundle::BundleVerdict::Altered => BundleVerdict::Altered,
            },
            about: match subject.kind {
                bundle::SubjectKind::Payment => EvidenceSubject::Payment { id },
                bundle::SubjectKind::Deal => EvidenceSubject::Deal { id },
            },
            marketplace: subject.marketplace.clone(),
            login: subject.login.clone(),
            made: time(report.head.made),
            signed_by: groups(&report.key).join(" "),
            mine: own == Some(report.key.as_str()),
            items: report
                .items
                .iter()
                .map(|item| BundleItem {
                    id: item.number.to_string(),
                    kind: item.kind.into(),
                    state: match item.state {
                        bundle::ItemState::Intact => BundleItemState::Intact,
                        bundle::ItemState::LeftOut => BundleItemState::LeftOut,
                        bundle::ItemState::Altered => BundleItemState::Altered,
                        bundle::ItemState::Missing => BundleItemState::Missing,
                    },
                    path: item.path.clone(),
                })
                .collect(),
            strangers: report.strangers.clone(),
            receipts: report
                .receipts
                .iter()
                .map(|one| Seal::of_text(&one.result))
                .collect(),
        }
    }
}
