//! The seal: what was checked on this machine, and how it came out.

use kvit_domain::seal::SealMark;
use kvit_engine as engine;
use kvit_proof::{Field, FieldComparison, Forgery, NotVerified, Refusal, Signed, Verdict};
use serde::Serialize;
use specta::Type;

use crate::person::time;

/// The seal in one word, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SealState {
    /// There is nothing to check yet: the payment is not Paid.
    None,
    /// Being checked.
    Checking,
    /// Signed by the pinned key, and every field is the payment's.
    Verified,
    /// Could not be checked; see the reason.
    NotVerified,
    /// Signed by the pinned key, but it names something else.
    DoesNotMatch,
    /// Not what the key's owner signed.
    Forged,
}

/// Why a confirmation is not verified or is taken for forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SealReason {
    /// The marketplace gave no text, though the payment is Paid.
    NoConfirmation,
    /// No key is pinned for this account.
    NoKey,
    /// Signed by another key than the pinned one.
    UnknownKey,
    /// The pinned key had expired when it signed.
    ExpiredKey,
    /// The pinned key was revoked.
    RevokedKey,
    /// A digest or algorithm that proves nothing today.
    WeakDigest,
    /// The pinned key cannot vouch: not yet valid, without the right to sign, or itself unacceptable.
    KeyUnusable,
    /// The signature says it has expired.
    SignatureExpired,
    /// Dated in the future: a clock is wrong, here or there.
    ClockWrong,
    /// The pinned key is a historical one whose private half is public.
    HistoricalKey,
    /// Validly signed, but not a payment confirmation.
    NotAConfirmation,
    /// Validly signed, but written in a form we do not read.
    NotUnderstood,
    /// Longer than any confirmation.
    TooLarge,
    /// Not exactly one clear-signed block in its canonical form.
    BadFrame,
    /// The signature does not fit the text.
    BadSignature,
}

/// The seal with everything behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    /// In one word.
    pub state: SealState,
    /// Why, unless verified.
    pub reason: Option<SealReason>,
    /// Field by field: signed against server. Empty when nothing validly signed is there.
    pub fields: Vec<FieldRow>,
    /// The verified text, and only that.
    pub signed_text: Option<String>,
    /// Fingerprint of the key that signed, in groups of four.
    pub key_groups: Vec<String>,
    /// When the signature says it was made.
    pub signed_at: Option<String>,
    /// The raw text as received, for keeping; show only as plain text.
    pub raw: Option<String>,
}

/// The fields of a confirmation, in its order (marketplace reference, section 11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ProofField {
    /// What kind of text it is.
    Type,
    /// Payment number.
    PaymentId,
    /// Pieces.
    Pieces,
    /// Invoice number.
    InvoiceId,
    /// BTC.
    CryptoAmount,
    /// Created.
    CreatedAt,
    /// Buyer.
    Payer,
    /// Seller.
    InvoiceOwner,
}

/// One field, signed against server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldRow {
    /// Which.
    pub field: ProofField,
    /// As signed; none when the signed text lacks it.
    pub signed: Option<String>,
    /// As the server says; none when there is no payment at hand.
    pub server: Option<String>,
    /// The same? None when there is nothing to compare with.
    pub same: Option<bool>,
}

impl From<SealMark> for SealState {
    fn from(mark: SealMark) -> Self {
        match mark {
            SealMark::Nothing => Self::None,
            SealMark::Checking => Self::Checking,
            SealMark::Verified => Self::Verified,
            SealMark::NotVerified => Self::NotVerified,
            SealMark::DoesNotMatch => Self::DoesNotMatch,
            SealMark::Forged => Self::Forged,
        }
    }
}

impl Seal {
    fn bare(state: SealState, reason: Option<SealReason>) -> Self {
        Self {
            state,
            reason,
            fields: Vec::new(),
            signed_text: None,
            key_groups: Vec::new(),
            signed_at: None,
            raw: None,
        }
    }

    fn signed(state: SealState, signed: &Signed, fields: Vec<FieldRow>) -> Self {
        Self {
            fields,
            signed_text: Some(signed.text.clone()),
            key_groups: groups(&signed.key),
            signed_at: Some(time(signed.signed_at)),
            ..Self::bare(state, None)
        }
    }

    fn refused(reason: &NotVerified) -> Self {
        let text = match reason {
            NotVerified::NotUnderstood { read, .. } | NotVerified::NotAConfirmation { read } => {
                Some(read.text.clone())
            }
            _ => None,
        };
        Self {
            signed_text: text,
            ..Self::bare(SealState::NotVerified, Some(reason.into()))
        }
    }

    fn forged(forgery: Forgery) -> Self {
        let reason = match forgery {
            Forgery::TooLarge { .. } => SealReason::TooLarge,
            Forgery::Frame(_) | Forgery::NotOneSignature | Forgery::TextDiffers | Forgery::DigestDiffers => {
                SealReason::BadFrame
            }
            Forgery::BadSignature | Forgery::MalformedSignature | Forgery::NotATextSignature => {
                SealReason::BadSignature
            }
        };
        Self::bare(SealState::Forged, Some(reason))
    }

    /// A text checked with no payment at hand: its fields are shown, compared with nothing.
    pub fn of_text(checked: &Result<Signed, Refusal>) -> Self {
        match checked {
            Ok(signed) => {
                let confirmation = &signed.confirmation;
                let mut fields = vec![(ProofField::PaymentId, confirmation.payment_id.to_string())];
                fields.extend(
                    confirmation
                        .pieces
                        .map(|pieces| (ProofField::Pieces, pieces.to_string())),
                );
                fields.extend([
                    (ProofField::InvoiceId, confirmation.invoice_id.to_string()),
                    (
                        ProofField::CryptoAmount,
                        confirmation.amount.normalize().to_string(),
                    ),
                    (ProofField::CreatedAt, time(confirmation.created_at)),
                    (ProofField::Payer, confirmation.payer.clone()),
                    (ProofField::InvoiceOwner, confirmation.invoice_owner.clone()),
                ]);
                let rows = fields
                    .into_iter()
                    .map(|(field, signed)| FieldRow {
                        field,
                        signed: Some(signed),
                        server: None,
                        same: None,
                    })
                    .collect();
                Self::signed(SealState::Verified, signed, rows)
            }
            Err(Refusal::NotVerified(reason)) => Self::refused(reason),
            Err(Refusal::Forged(forgery)) => Self::forged(*forgery),
        }
    }
}

impl From<&engine::Seal> for Seal {
    fn from(seal: &engine::Seal) -> Self {
        match seal {
            engine::Seal::NothingYet => Self::bare(SealState::None, None),
            engine::Seal::Checked(Verdict::Verified { signed, fields }) => {
                Self::signed(SealState::Verified, signed, rows(fields))
            }
            engine::Seal::Checked(Verdict::DoesNotMatch { signed, fields }) => {
                Self::signed(SealState::DoesNotMatch, signed, rows(fields))
            }
            engine::Seal::Checked(Verdict::NotVerified(reason)) => Self::refused(reason),
            engine::Seal::Checked(Verdict::ForgedOrAltered(forgery)) => Self::forged(*forgery),
        }
    }
}

impl From<&NotVerified> for SealReason {
    fn from(reason: &NotVerified) -> Self {
        match reason {
            NotVerified::NoConfirmation => Self::NoConfirmation,
            NotVerified::NoKey => Self::NoKey,
            NotVerified::HistoricalKey => Self::HistoricalKey,
            NotVerified::UnknownKey { .. } => Self::UnknownKey,
            NotVerified::KeyExpired { .. } => Self::ExpiredKey,
            NotVerified::KeyRevoked { .. } => Self::RevokedKey,
            NotVerified::KeyNotYetValid { .. }
            | NotVerified::KeyCannotSign
            | NotVerified::KeyUnacceptable => Self::KeyUnusable,
            NotVerified::WeakDigest { .. } | NotVerified::PolicyRefused => Self::WeakDigest,
            NotVerified::SignedInFuture { .. } => Self::ClockWrong,
            NotVerified::SignatureExpired { .. } => Self::SignatureExpired,
            NotVerified::NotUnderstood { .. } => Self::NotUnderstood,
            NotVerified::NotAConfirmation { .. } => Self::NotAConfirmation,
        }
    }
}

fn rows(fields: &[FieldComparison]) -> Vec<FieldRow> {
    fields
        .iter()
        .map(|field| FieldRow {
            field: match field.field {
                Field::Type => ProofField::Type,
                Field::PaymentId => ProofField::PaymentId,
                Field::Pieces => ProofField::Pieces,
                Field::InvoiceId => ProofField::InvoiceId,
                Field::CryptoAmount => ProofField::CryptoAmount,
                Field::CreatedAt => ProofField::CreatedAt,
                Field::Payer => ProofField::Payer,
                Field::InvoiceOwner => ProofField::InvoiceOwner,
            },
            signed: field.signed.clone(),
            server: field.said.clone(),
            same: Some(field.matches),
        })
        .collect()
}

/// A fingerprint in groups of four.
pub(crate) fn groups(fingerprint: &str) -> Vec<String> {
    let letters: Vec<char> = fingerprint.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect()).collect()
}
