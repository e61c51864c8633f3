//! The marketplace's OpenPGP key and the confirmations it signs (marketplace reference, section 11).

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use kvit_proto::v1;
use sequoia_openpgp as openpgp;

use openpgp::cert::{CertBuilder, CipherSuite};
use openpgp::crypto::KeyPair;
use openpgp::parse::Parse;
use openpgp::serialize::SerializeInto;
use openpgp::serialize::stream::{Message, Signer};
use openpgp::types::{HashAlgorithm, KeyFlags};
use thiserror::Error;

use crate::clock::Moment;
use crate::money::Sats;

/// The key could not be made or read, or would not sign.
#[derive(Debug, Error)]
#[error("the signing key of the practice marketplace failed: {0}")]
pub struct SigningError(String);

impl SigningError {
    fn from(error: impl std::fmt::Display) -> SigningError {
        SigningError(error.to_string())
    }
}

/// An RSA-3072 key that certifies and signs. Clones are the same key.
///
/// Making one takes about a second, so tests may share one between many marketplaces.
#[derive(Clone)]
pub struct SigningKey(Arc<Parts>);

struct Parts {
    cert: openpgp::Cert,
    pair: KeyPair,
    created: Moment,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SigningKey").field(&self.fingerprint()).finish()
    }
}

impl SigningKey {
    /// Makes a key that is valid from `created` on and does not expire.
    pub fn generate(created: Moment) -> Result<SigningKey, SigningError> {
        let (cert, _revocation) = CertBuilder::new()
            .set_cipher_suite(CipherSuite::RSA3k)
            .set_creation_time(created.system_time())
            .set_primary_key_flags(KeyFlags::empty().set_certification().set_signing())
            .add_userid("Practice marketplace (practice key, worth nothing)")
            .generate()
            .map_err(SigningError::from)?;
        SigningKey::from_cert(cert, created)
    }

    fn from_cert(cert: openpgp::Cert, created: Moment) -> Result<SigningKey, SigningError> {
        let key = cert
            .primary_key()
            .key()
            .clone()
            .parts_into_secret()
            .map_err(SigningError::from)?;
        let pair = key.into_keypair().map_err(SigningError::from)?;
        Ok(SigningKey(Arc::new(Parts { cert, pair, created })))
    }

    /// Reads back what [`SigningKey::secret_bytes`] gave.
    pub(crate) fn from_secret_bytes(bytes: &[u8]) -> Result<SigningKey, SigningError> {
        let cert = openpgp::Cert::from_bytes(bytes).map_err(SigningError::from)?;
        let created = Moment::from(cert.primary_key().key().creation_time());
        SigningKey::from_cert(cert, created)
    }

    /// The whole key with its secret part, for the store.
    pub(crate) fn secret_bytes(&self) -> Result<Vec<u8>, SigningError> {
        self.0.cert.as_tsk().to_vec().map_err(SigningError::from)
    }

    /// The public key in armor.
    pub fn public_armor(&self) -> Result<String, SigningError> {
        let bytes = self.0.cert.armored().to_vec().map_err(SigningError::from)?;
        String::from_utf8(bytes).map_err(SigningError::from)
    }

    /// The full fingerprint, 40 upper-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.cert.fingerprint().to_hex()
    }

    /// A cleartext-signed message over `body`, SHA-512, dated `now`.
    pub(crate) fn clear_sign(&self, body: &str, now: Moment) -> Result<String, SigningError> {
        let mut signed = Vec::new();
        let mut signer = Signer::new(Message::new(&mut signed), self.0.pair.clone())
            .map_err(SigningError::from)?
            .cleartext()
            .hash_algo(HashAlgorithm::SHA512)
            .map_err(SigningError::from)?
            // A shared key may be younger than the clock of a test; a signature older than its key is void.
            .creation_time(now.max(self.0.created).system_time())
            .build()
            .map_err(SigningError::from)?;
        signer.write_all(body.as_bytes()).map_err(SigningError::from)?;
        signer.finalize().map_err(SigningError::from)?;
        String::from_utf8(signed).map_err(SigningError::from)
    }
}

/// The confirmation's text for a payment as it leaves (reference 11.1); `None` unless it is Paid.
pub(crate) fn confirmation_body(payment: &v1::InvoicePayment) -> Option<String> {
    let invoice = payment.invoice.as_ref()?;
    let paid = payment.status == v1::invoice_payment::InvoicePaymentStatus::Paid as i32;
    if !paid {
        return None;
    }
    let amount = payment.crypto_amount?;
    // Our own views write whole satoshis only.
    let sats = amount
        .units
        .checked_mul(100_000_000)?
        .checked_add(i64::from(amount.nanos) / 10)?;
    let created = jiff::Timestamp::from_second(payment.created_at?.seconds).ok()?;
    let pieces = if invoice.is_private {
        String::new()
    } else {
        format!("Pieces: {}\n", payment.pieces)
    };
    Some(format!(
        "Type: INVOICE_PAYMENT\nPaymentId: {}\n{pieces}InvoiceId: {}\nCryptoAmount: {}\nCreatedAt: {}\nPayer: {}\nInvoiceOwner: {}",
        payment.id,
        invoice.id,
        Sats(sats).text(),
        created.strftime("%m/%d/%Y %H:%M:%S"),
        payment.owner.as_ref()?.username,
        invoice.owner.as_ref()?.username,
    ))
}

/// How payments get their confirmations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirmations {
    /// Signed at every read, as on the real marketplace (marketplace reference, section 11). Each takes some
    /// milliseconds, so a page of a hundred takes a good part of a second.
    #[default]
    Fresh,
    /// Signed at the first read and remembered, as the page of a marketplace with faster hands: for measurements that
    /// read everything more than once.
    Kept,
    /// Left out, which no honest marketplace does: for measurements that are not about confirmations.
    Absent,
}

/// What signs answers.
#[derive(Debug)]
pub(crate) struct Sealer {
    pub key: SigningKey,
    confirmations: Confirmations,
    /// Body and signed text by the payment's number.
    kept: Mutex<HashMap<u64, (String, String)>>,
}

impl Sealer {
    pub(crate) fn new(key: SigningKey, confirmations: Confirmations) -> Sealer {
        Sealer {
            key,
            confirmations,
            kept: Mutex::default(),
        }
    }

    fn confirm(&self, payment: &v1::InvoicePayment, now: Moment) -> Result<Option<String>, SigningError> {
        if self.confirmations == Confirmations::Absent {
            return Ok(None);
        }
        let Some(body) = confirmation_body(payment) else {
            return Ok(None);
        };
        if self.confirmations == Confirmations::Fresh {
            return self.key.clear_sign(&body, now).map(Some);
        }
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept()
            .get(&payment.id)
            .filter(|known| known.0 == body)
            .map(|known| known.1.clone());
        if known.is_some() {
            return Ok(known);
        }
        // Without the lock: others may sign meanwhile, at worst the same.
        let signed = self.key.clear_sign(&body, now)?;
        kept().insert(payment.id, (body, signed.clone()));
        Ok(Some(signed))
    }
}

/// Answers whose payments get their confirmation when they leave.
pub(crate) trait Seal {
    /// Signs every Paid payment inside.
    fn seal(&mut self, _sealer: &Sealer, _now: Moment) -> Result<(), SigningError> {
        Ok(())
    }
}

impl Seal for v1::InvoicePayment {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        if let Some(signed) = sealer.confirm(self, now)? {
            self.confirmation = signed;
        }
        if let Some(v1::invoice_payment::NullableDeal::Deal(deal)) = &mut self.nullable_deal {
            deal.seal(sealer, now)?;
        }
        Ok(())
    }
}

impl Seal for v1::Deal {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        match &mut self.nullable_payment {
            Some(v1::deal::NullablePayment::Payment(payment)) => payment.seal(sealer, now),
            _ => Ok(()),
        }
    }
}

impl Seal for v1::Event {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        use v1::event::Content;
        match &mut self.content {
            Some(
                Content::DealNew(deal) | Content::DealStatusChanged(deal) | Content::DealNewMessage(deal),
            ) => deal.seal(sealer, now),
            Some(Content::InvoicePaymentNew(payment) | Content::InvoicePaymentUpdated(payment)) => {
                payment.seal(sealer, now)
            }
            Some(Content::ConversationNewMessage(talk)) => talk.seal(sealer, now),
            _ => Ok(()),
        }
    }
}

impl Seal for v1::GetInvoicePaymentsResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        self.payments
            .iter_mut()
            .try_for_each(|payment| payment.seal(sealer, now))
    }
}

impl Seal for v1::Conversation {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        match &mut self.parent {
            Some(v1::conversation::Parent::Payment(payment)) => payment.seal(sealer, now),
            _ => Ok(()),
        }
    }
}

impl Seal for v1::GetConversationsResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        self.conversations
            .iter_mut()
            .try_for_each(|talk| talk.seal(sealer, now))
    }
}

impl Seal for v1::CreateRefundResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        self.payment
            .iter_mut()
            .try_for_each(|payment| payment.seal(sealer, now))
    }
}

impl Seal for v1::DeleteInvoiceResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        match &mut self.refund {
            Some(v1::delete_invoice_response::Refund::PaymentRefund(payment)) => payment.seal(sealer, now),
            _ => Ok(()),
        }
    }
}

impl Seal for v1::GetMyDealsResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        self.deals.iter_mut().try_for_each(|deal| deal.seal(sealer, now))
    }
}

impl Seal for v1::GetUserEventsResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        self.events
            .iter_mut()
            .try_for_each(|event| event.seal(sealer, now))
    }
}

impl Seal for v1::CancelDealResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        self.deal.iter_mut().try_for_each(|deal| deal.seal(sealer, now))
    }
}

impl Seal for v1::IPayedResponse {
    fn seal(&mut self, sealer: &Sealer, now: Moment) -> Result<(), SigningError> {
        self.deal.iter_mut().try_for_each(|deal| deal.seal(sealer, now))
    }
}

// Answers without payments.
impl Seal for () {}
impl Seal for v1::Balance {}
impl Seal for v1::Variables {}
impl Seal for v1::Advertisement {}
impl Seal for v1::Image {}
impl Seal for v1::GetUserFeedbacksResponse {}
impl Seal for v1::MyProfileResponse {}
impl Seal for v1::GetInvoicesResponse {}
impl Seal for v1::GetUserInfoResponse {}
impl Seal for v1::SendMessageResponse {}
impl Seal for v1::IsUserExistResponse {}
impl Seal for v1::GetLastAdSearchParamsResponse {}
impl Seal for v1::GetInvoiceSuitableAdvertisementResponse {}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use openpgp::parse::stream::{MessageLayer, MessageStructure, VerificationHelper, VerifierBuilder};

    use super::*;

    fn payment(private: bool) -> v1::InvoicePayment {
        v1::InvoicePayment {
            id: 1207,
            crypto_amount: Some(v1::Decimal {
                units: 0,
                nanos: 2_400_000,
            }),
            created_at: Some(prost_types::Timestamp {
                seconds: 1_615_815_907,
                nanos: 999_000_000,
            }),
            owner: Some(v1::UserInfo {
                username: "alice".into(),
                ..Default::default()
            }),
            invoice: Some(v1::Invoice {
                id: 88,
                is_private: private,
                owner: Some(v1::UserInfo {
                    username: "shop-1".into(),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            status: 1,
            pieces: 2,
            ..Default::default()
        }
    }

    #[test]
    fn the_bodies_of_the_reference() {
        assert_eq!(
            confirmation_body(&payment(false)).unwrap(),
            "Type: INVOICE_PAYMENT\nPaymentId: 1207\nPieces: 2\nInvoiceId: 88\nCryptoAmount: 0.0024\n\
             CreatedAt: 03/15/2021 13:45:07\nPayer: alice\nInvoiceOwner: shop-1"
        );
        assert!(!confirmation_body(&payment(true)).unwrap().contains("Pieces"));
        let pending = v1::InvoicePayment {
            status: 0,
            ..payment(false)
        };
        assert_eq!(confirmation_body(&pending), None);
    }

    #[test]
    fn a_key_survives_the_store_and_signs_the_exact_frame() {
        let now = Moment::from_seconds(1_600_000_000);
        let key = SigningKey::generate(now).unwrap();
        let again = SigningKey::from_secret_bytes(&key.secret_bytes().unwrap()).unwrap();
        assert_eq!(key.fingerprint(), again.fingerprint());
        assert_eq!(key.fingerprint().len(), 40);
        let body = confirmation_body(&payment(false)).unwrap();
        let signed = again.clear_sign(&body, now.after(60)).unwrap();
        let frame = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{body}\n-----BEGIN PGP SIGNATURE-----\n\n"
        );
        assert!(signed.starts_with(&frame), "{signed}");
        assert!(signed.ends_with("-----END PGP SIGNATURE-----\n"), "{signed}");
        let armor = key.public_armor().unwrap();
        assert!(armor.starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----") && !armor.contains("PRIVATE"));
        assert_eq!(verified(&signed, &armor, now.after(90)).unwrap(), body);
        let forged = signed.replace("Pieces: 2", "Pieces: 3");
        assert!(verified(&forged, &armor, now.after(90)).is_err());
        // A clock that stands before the key was made does not make void signatures.
        let early = key.clear_sign(&body, now.after(-60)).unwrap();
        assert!(verified(&early, &armor, now.after(90)).is_ok());
    }

    struct Pinned(openpgp::Cert);

    impl VerificationHelper for Pinned {
        fn get_certs(&mut self, _ids: &[openpgp::KeyHandle]) -> openpgp::Result<Vec<openpgp::Cert>> {
            Ok(vec![self.0.clone()])
        }

        fn check(&mut self, structure: MessageStructure<'_>) -> openpgp::Result<()> {
            for layer in structure {
                if let MessageLayer::SignatureGroup { results } = layer {
                    for result in results {
                        result.map_err(SigningError::from)?;
                    }
                }
            }
            Ok(())
        }
    }

    fn verified(signed: &str, armor: &str, at: Moment) -> openpgp::Result<String> {
        let policy = openpgp::policy::StandardPolicy::new();
        let cert = openpgp::Cert::from_bytes(armor)?;
        let mut verifier =
            VerifierBuilder::from_bytes(signed)?.with_policy(&policy, at.system_time(), Pinned(cert))?;
        let mut text = String::new();
        verifier.read_to_string(&mut text)?;
        Ok(text)
    }
}
