//! Evidence: what this installation saw of a payment or a deal as one signed file (`kvit_proof::bundle`), of which the
//! person gives away as much as they choose.
//!
//! The key that signs is this account's on this installation, made when it is first needed and kept in the account's
//! encrypted store: bundles of two accounts of a person cannot be linked by it. What was bought, bearer promises and
//! balances are never in a bundle; a picture is in it as it is kept here, without what the camera wrote into it.

mod gather;
mod records;

use std::{collections::BTreeSet, sync::Arc};

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    id::{DealId, PaymentId},
};
use kvit_proof::{
    PinnedKey,
    bundle::{
        self, BundleFault, BundleKey, BundleReport, BundleVerdict, BundleWriter, ItemKind, SALT, Subject,
        SubjectKind,
    },
};
use kvit_store::{Seed, Store};
use rand::Rng as _;

use crate::{
    account::AccountId,
    engine::Engine,
    export::{Head, Tongue, evidence_name},
    open_account::OpenAccount,
    seal::read_key,
    shell::Shell,
    store_faults::fault_of,
};

use gather::{Part, gather};

/// What evidence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvidenceSubject {
    /// A payment.
    Payment(PaymentId),
    /// A deal.
    Deal(DealId),
}

impl EvidenceSubject {
    fn kind(self) -> SubjectKind {
        match self {
            Self::Payment(_) => SubjectKind::Payment,
            Self::Deal(_) => SubjectKind::Deal,
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Payment(id) => id.get(),
            Self::Deal(id) => id.get(),
        }
    }
}

/// Everything there is to be given away about a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidencePlan {
    /// About what.
    pub subject: EvidenceSubject,
    /// The public key that will sign, 64 hexadecimal digits; `None` before the first bundle of this account.
    pub key: Option<String>,
    /// What there is, in the order of the bundle.
    pub items: Vec<EvidenceItem>,
}

/// Something to be given away, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceItem {
    /// By which it is chosen: `message/deal/41/3`. The same as long as it is the same thing.
    pub id: String,
    /// What it is.
    pub kind: ItemKind,
    /// When it happened, or was first seen.
    pub at: Option<Timestamp>,
    /// What it says, cut. A stranger's text.
    pub words: String,
    /// Bytes.
    pub size: u64,
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// A name for its file.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl<S: Shell> Engine<S> {
    /// Everything there is to be given away about a payment or a deal, from the store.
    ///
    /// # Errors
    /// `PaymentNotFound`, `DealNotFound` of one that is not kept here; why the store is not open.
    pub async fn evidence_plan(&self, subject: EvidenceSubject) -> Result<EvidencePlan, Fault> {
        let account = self.opened()?;
        let key = signing_key(&account)?;
        let me = account.me()?;
        let parts = account
            .ask_behind(move |store| gather(store, subject, me))
            .await?;
        if parts.is_empty() {
            return Err(not_kept(subject));
        }
        Ok(EvidencePlan {
            subject,
            key,
            items: parts.iter().map(Part::item).collect(),
        })
    }

    /// Makes a bundle of the items of the plan that are in `kept`. Everything else there is, what came since the plan
    /// among it, is left out: listed by its kind and salted hash only.
    ///
    /// # Errors
    /// `AccountChanged`; `PaymentNotFound`, `DealNotFound`; `FileTooLarge`: more than a bundle may hold; faults of the
    /// store.
    pub async fn evidence(
        &self,
        account: AccountId,
        subject: EvidenceSubject,
        kept: &BTreeSet<String>,
        tongue: Tongue,
    ) -> Result<Evidence, Fault> {
        let account = self.opened_if(account)?;
        let head = self.head(&account)?;
        let login = account.profile().map(|profile| profile.name).unwrap_or_default();
        let name = evidence_name(subject, tongue, &head);
        let (store, kept) = (account.store.clone(), kept.clone());
        let making = move || make(&store, subject, &kept, &head, login);
        let bytes = tokio::task::spawn_blocking(making)
            .await
            .map_err(|_| Fault::new(FaultCode::Internal))??;
        Ok(Evidence { name, bytes })
    }

    /// The public key that signs bundles of the account in use: 64 hexadecimal digits; `None` before the first one.
    ///
    /// # Errors
    /// Why the store is not open, or a fault of it.
    pub fn signing_key(&self) -> Result<Option<String>, Fault> {
        signing_key(&*self.opened()?)
    }

    /// Checks a bundle, with no account and no network. The receipts in it are verified against the given key, or
    /// against the keys pinned in the accounts.
    ///
    /// # Errors
    /// `BundleUnreadable`, `FileTooLarge`; about the given key `KeyUnreadable`, `KeyIsSecret`, `KeyTooLarge`.
    pub async fn check_bundle(&self, bytes: Vec<u8>, key: Option<String>) -> Result<BundleReport, Fault> {
        let keys: Vec<Arc<PinnedKey>> = match key {
            Some(key) => vec![Arc::new(read_key(key.as_bytes())?)],
            None => self.pinned_keys(),
        };
        let now = self.now();
        blocking(move || {
            let mut report = bundle::check(&bytes, keys.first().map(Arc::as_ref), now)?;
            for key in keys.iter().skip(1) {
                if report.receipts.iter().all(|receipt| receipt.result.is_ok()) {
                    break;
                }
                let other = bundle::check(&bytes, Some(key), now)?;
                let verified =
                    |report: &BundleReport| report.receipts.iter().filter(|one| one.result.is_ok()).count();
                if verified(&other) > verified(&report) {
                    report = other;
                }
            }
            Ok(report)
        })
        .await
    }

    /// A bundle without some of its items, by their numbers.
    ///
    /// # Errors
    /// `BundleUnreadable`: not a bundle, altered, or without such an item; `FileTooLarge`.
    pub async fn leave_out(&self, bytes: Vec<u8>, items: Vec<u32>) -> Result<Vec<u8>, Fault> {
        blocking(move || bundle::leave_out(&bytes, &items)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BundleFault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Fault::new(FaultCode::Internal))?
        .map_err(|fault| fault_of_bundle(&fault))
}

fn fault_of_bundle(fault: &BundleFault) -> Fault {
    match fault {
        BundleFault::TooLarge | BundleFault::UnpacksToTooMuch | BundleFault::TooManyItems => {
            FaultCode::FileTooLarge
        }
        _ => FaultCode::BundleUnreadable,
    }
    .into()
}

fn not_kept(subject: EvidenceSubject) -> Fault {
    match subject {
        EvidenceSubject::Payment(_) => FaultCode::PaymentNotFound,
        EvidenceSubject::Deal(_) => FaultCode::DealNotFound,
    }
    .into()
}

fn signing_key(account: &OpenAccount) -> Result<Option<String>, Fault> {
    let seed = account.ask(|store| store.signing_seed())?;
    Ok(seed.map(|seed| BundleKey::from_seed(seed.reveal()).public()))
}

/// The key that signs, made when there is none yet.
fn key_of(store: &Store) -> Result<BundleKey, Fault> {
    let kept = || store.signing_seed().map_err(|error| fault_of(&error));
    if let Some(seed) = kept()? {
        return Ok(BundleKey::from_seed(seed.reveal()));
    }
    if let Err(error) = store.put_signing_seed(&Seed::random()) {
        // Another bundle may have made one at the same moment; it is never replaced.
        tracing::info!(%error, "the new signing key was not kept");
    }
    let seed = kept()?.ok_or(FaultCode::StoreUnwritable)?;
    Ok(BundleKey::from_seed(seed.reveal()))
}

fn make(
    store: &Store,
    subject: EvidenceSubject,
    kept: &BTreeSet<String>,
    head: &Head,
    login: String,
) -> Result<Vec<u8>, Fault> {
    let parts = gather(store, subject, head.me).map_err(|error| fault_of(&error))?;
    if parts.is_empty() {
        return Err(not_kept(subject));
    }
    let key = key_of(store)?;
    let about = bundle::Head {
        made: head.made,
        app: concat!("Kvit ", env!("CARGO_PKG_VERSION")).to_owned(),
        subject: Subject {
            kind: subject.kind(),
            number: subject.number(),
            marketplace: head.marketplace.clone(),
            login,
        },
    };
    let mut writer = BundleWriter::new(about, &key);
    for part in &parts {
        // One at a time: pictures are large.
        let Some(bytes) = part.bytes(store).map_err(|error| fault_of(&error))? else {
            continue;
        };
        writer
            .add(part.kind, &bytes, &salt(), kept.contains(&part.id))
            .map_err(|fault| fault_of_bundle(&fault))?;
    }
    let bytes = writer.finish(&salt()).map_err(|fault| fault_of_bundle(&fault))?;
    // Nothing is handed out that would not be taken back.
    match bundle::check(&bytes, None, head.made) {
        Ok(report) if report.verdict != BundleVerdict::Altered => Ok(bytes),
        Ok(_) => Err(FaultCode::Internal.into()),
        Err(fault) => Err(fault_of_bundle(&fault)),
    }
}

fn salt() -> [u8; SALT] {
    let mut salt = [0; SALT];
    rand::rng().fill(&mut salt);
    salt
}
