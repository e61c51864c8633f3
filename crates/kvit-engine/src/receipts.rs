//! The archive of receipts: every first verified confirmation, kept for ever, checked again whenever it is opened.

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    id::PaymentId,
    payment::Direction,
    receipt::Receipt,
    seal::SealMark,
};
use kvit_proof::{Verdict, verify_payment};

use crate::{
    engine::Engine,
    open_account::OpenAccount,
    seal::{Seal, facts},
    shell::Shell,
};

/// Most rows of a window.
const WINDOW: u32 = 100;

/// A window of the archive, newest payment first.
#[derive(Debug, Clone)]
pub struct ReceiptsPage {
    /// The rows.
    pub receipts: Vec<ListedReceipt>,
    /// Place of the first of them.
    pub from: u32,
    /// Rows of the whole archive that fit.
    pub total: u32,
}

/// A row of the archive.
#[derive(Debug, Clone)]
pub struct ListedReceipt {
    /// The receipt.
    pub receipt: Receipt,
    /// Which way the money went; `None` if neither party of the text is the person.
    pub direction: Option<Direction>,
    /// How the payment's confirmation was checked last.
    pub mark: SealMark,
}

/// A receipt, checked again just now.
#[derive(Debug, Clone)]
pub struct OpenReceipt {
    /// Its row.
    pub row: ListedReceipt,
    /// The check against the copy of the payment that is kept here.
    pub seal: Seal,
    /// When it was checked: now.
    pub checked: Timestamp,
    /// It was made with the key that is pinned today.
    pub pinned: bool,
}

impl<S: Shell> Engine<S> {
    /// A window of the archive: number, name or words. From the store, connected or not.
    ///
    /// # Errors
    /// Why the store is not open.
    pub async fn receipts(&self, text: &str, from: u32, count: u32) -> Result<ReceiptsPage, Fault> {
        let account = self.opened()?;
        let text = text.to_owned();
        let ids = account.ask_behind(move |store| store.receipt_ids(&text)).await?;
        let total = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let from = from.min(total);
        let wanted: Vec<PaymentId> = ids
            .into_iter()
            .skip(from as usize)
            .take(count.min(WINDOW) as usize)
            .collect();
        let receipts = account
            .ask_behind(move |store| store.receipts_by_id(&wanted))
            .await?;
        let receipts = receipts
            .into_iter()
            .map(|receipt| listed(&account, receipt))
            .collect::<Result<_, _>>()?;
        Ok(ReceiptsPage {
            receipts,
            from,
            total,
        })
    }

    /// One receipt: its text is checked again now, against the payment as it is kept here. Needs no network.
    ///
    /// # Errors
    /// `ReceiptNotFound`, or why the store is not open.
    pub async fn receipt(&self, payment: PaymentId) -> Result<OpenReceipt, Fault> {
        let account = self.opened()?;
        let receipt = account
            .ask(|store| store.receipt(payment))?
            .ok_or(FaultCode::ReceiptNotFound)?;
        let kept = account.ask(|store| store.payment(payment))?;
        let (key, checked) = (account.key(), self.now());
        let pinned = key.as_ref().is_some_and(|key| key.fingerprint() == receipt.key);
        let text = receipt.text.clone();
        let verdict: Option<Verdict> = match kept {
            Some(kept) => {
                let facts = facts(&kept.payment);
                let work = move || verify_payment(text.as_bytes(), key.as_deref(), checked, &facts);
                let checking = tokio::task::spawn_blocking(work).await;
                Some(checking.map_err(|_| Fault::new(FaultCode::Internal))?)
            }
            None => None,
        };
        Ok(OpenReceipt {
            row: listed(&account, receipt)?,
            seal: verdict.map_or(Seal::NothingYet, Seal::Checked),
            checked,
            pinned,
        })
    }
}

fn listed(account: &OpenAccount, receipt: Receipt) -> Result<ListedReceipt, Fault> {
    let me = account.profile().map(|profile| profile.name);
    let direction = match me {
        Some(me) if me == receipt.owner => Some(Direction::ToMe),
        Some(me) if me == receipt.payer => Some(Direction::FromMe),
        _ => None,
    };
    let payment = receipt.payment;
    let kept = account.ask(|store| store.payment(payment))?;
    Ok(ListedReceipt {
        direction,
        mark: kept.map_or(SealMark::Verified, |kept| kept.mark),
        receipt,
    })
}
