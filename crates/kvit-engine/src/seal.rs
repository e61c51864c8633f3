//! The seal: the check of a confirmation against the pinned key and the payment at hand.

use std::{num::NonZeroUsize, sync::Arc};

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    payment::{Payment, PaymentStatus},
    receipt::Receipt,
    seal::SealMark,
};
use kvit_proof::{Facts, KeyFault, PinnedKey, Refusal, Signed, Verdict, verify_payments, verify_signature};

use crate::{engine::Engine, shell::Shell};

/// How the check came out.
#[allow(
    clippy::large_enum_variant,
    reason = "it lies beside its payment, which is many times larger"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seal {
    /// The payment is not Paid: there is nothing to check.
    NothingYet,
    /// Checked.
    Checked(Verdict),
}

/// What a payment has to say in its confirmation (section 11.1).
pub(crate) fn facts(payment: &Payment) -> Facts {
    Facts {
        payment_id: payment.id.get(),
        pieces: (!payment.invoice.private).then_some(payment.pieces),
        invoice_id: payment.invoice.id.get(),
        amount: payment.amount.to_btc(),
        created_at: payment.created,
        payer: payment.buyer.name.clone(),
        invoice_owner: payment.invoice.owner.name.clone(),
    }
}

/// Kvit leaves the other cores to the person.
const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// Checks the confirmations of payments, in order. CPU work: call off the async threads.
pub(crate) fn check(payments: &[Payment], key: Option<&PinnedKey>, now: Timestamp) -> Vec<Seal> {
    let is_paid = |payment: &&Payment| payment.status == PaymentStatus::Paid;
    let facts: Vec<(&[u8], Facts)> = payments
        .iter()
        .filter(is_paid)
        .map(|payment| {
            (
                payment.confirmation.as_deref().unwrap_or_default().as_bytes(),
                facts(payment),
            )
        })
        .collect();
    let questions: Vec<(&[u8], &Facts)> = facts.iter().map(|(text, facts)| (*text, facts)).collect();
    let mut verdicts = verify_payments(&questions, key, now, TWO).into_iter();
    payments
        .iter()
        .map(|payment| match payment.status {
            PaymentStatus::Paid => verdicts.next().map_or(Seal::NothingYet, Seal::Checked),
            _ => Seal::NothingYet,
        })
        .collect()
}

/// The seal in one word, as it is kept.
pub fn mark_of(seal: &Seal) -> SealMark {
    match seal {
        Seal::NothingYet => SealMark::Nothing,
        Seal::Checked(Verdict::Verified { .. }) => SealMark::Verified,
        Seal::Checked(Verdict::NotVerified(_)) => SealMark::NotVerified,
        Seal::Checked(Verdict::DoesNotMatch { .. }) => SealMark::DoesNotMatch,
        Seal::Checked(Verdict::ForgedOrAltered(_)) => SealMark::Forged,
    }
}

/// The receipt that a verified confirmation is.
pub(crate) fn receipt_of(payment: &Payment, seal: &Seal, now: Timestamp) -> Option<Receipt> {
    let Seal::Checked(Verdict::Verified { signed, .. }) = seal else {
        return None;
    };
    Some(Receipt {
        payment: payment.id,
        text: payment.confirmation.clone()?,
        first_seen: now,
        key: signed.key.clone(),
        signed: signed.signed_at,
        pieces: signed.confirmation.pieces,
        // Verified means that every field is the payment's.
        invoice: payment.invoice.id,
        amount: payment.amount,
        created: signed.confirmation.created_at,
        payer: signed.confirmation.payer.clone(),
        owner: signed.confirmation.invoice_owner.clone(),
    })
}

/// Reads a public key that a person gave.
///
/// # Errors
/// `KeyUnreadable`, `KeyIsSecret`, `KeyTooLarge`.
pub fn read_key(text: &[u8]) -> Result<PinnedKey, Fault> {
    PinnedKey::parse(text).map_err(|fault| {
        let code = match fault {
            KeyFault::SecretKey => FaultCode::KeyIsSecret,
            KeyFault::TooLarge => FaultCode::KeyTooLarge,
            _ => FaultCode::KeyUnreadable,
        };
        Fault::new(code)
    })
}

impl<S: Shell> Engine<S> {
    /// Checks any text, with no account and no network: against the given key, or against the keys pinned in the
    /// accounts. There is no payment to compare with, so the fields are only shown.
    ///
    /// # Errors
    /// Only about the given key; what is wrong with the text is the answer.
    pub async fn verify_text(
        &self,
        text: String,
        key: Option<String>,
    ) -> Result<Result<Signed, Refusal>, Fault> {
        let keys: Vec<Arc<PinnedKey>> = match key {
            Some(key) => vec![Arc::new(read_key(key.as_bytes())?)],
            None => self.pinned_keys(),
        };
        let now = self.now();
        tokio::task::spawn_blocking(move || {
            let mut last = verify_signature(text.as_bytes(), None, now);
            for key in &keys {
                match verify_signature(text.as_bytes(), Some(key), now) {
                    Ok(signed) => return Ok(Ok(signed)),
                    // The word of the key that fits best: "another key" only if none of them says more.
                    Err(refusal) if says_more(&refusal, &last) => last = Err(refusal),
                    Err(_) => {}
                }
            }
            Ok(last)
        })
        .await
        .map_err(|_| Fault::new(FaultCode::Internal))?
    }
}

fn says_more(refusal: &Refusal, than: &Result<Signed, Refusal>) -> bool {
    use kvit_proof::NotVerified;
    !matches!(refusal, Refusal::NotVerified(NotVerified::UnknownKey { .. }))
        || matches!(than, Err(Refusal::NotVerified(NotVerified::NoKey)))
}
