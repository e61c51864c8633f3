//! One signed text against one pinned key.
//!
//! There is one verifier, Sequoia's stream verifier with its standard policy, and no second path around it.
//! What is checked here comes on top: one signature in one packet, no malleable parts, the digest of the header,
//! the full fingerprint, the state of the key when the signature was made and at the time of judging.

use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::Timestamp;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::packet::signature::subpacket::{SubpacketTag, SubpacketValue};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::parse::stream::{
    MessageLayer, MessageStructure, VerificationError, VerificationHelper, VerifierBuilder,
};
use sequoia_openpgp::serialize::MarshalInto;
use sequoia_openpgp::types::{HashAlgorithm, SignatureType};
use sequoia_openpgp::{Fingerprint, KeyHandle};

use crate::frame::{Digest, Frame, NamedDigest};
use crate::key::{KeyState, PinnedKey, policy, system_time, timestamp};
use crate::verdict::{Forgery, NotVerified, Refusal};

/// Largest confirmation read, in bytes; a real one has about 1,100.
pub const MAX_CONFIRMATION_BYTES: usize = 16 * 1024;

/// How far ahead of our clock a signature may be dated. The server signs at every read, so a signature is
/// seconds old and clocks differ. Sequoia's own tolerance is the same half hour.
pub const CLOCK_SKEW: Duration = Duration::from_secs(30 * 60);

/// A text whose signature is good. Nothing is said about what the text means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedText {
    /// The verified text: lines joined by LF, without dash escapes, without the last line end.
    pub text: String,
    /// When the signer says it signed, whole seconds. Not when the payment was made.
    pub signed_at: Timestamp,
    /// The digest used.
    pub digest: Digest,
    /// Full fingerprint of the pinned key.
    pub key: String,
    /// Full fingerprint of the key that signed: the pinned key or a signing subkey of it.
    pub signing_key: String,
}

/// Verifies any cleartext-signed text of at most `max_bytes` against `key`, judged at `at`.
///
/// The text is read whatever it says; [`crate::verify_signature`] also demands that it is a payment confirmation.
/// Takes time and memory linear in the size of `text`; a text over the limit is refused unread.
///
/// **Time.** The signature must have been made while the key was valid, *and* the key must be usable at `at`.
/// A key that expired after it signed gives [`NotVerified::KeyExpired`] with `signed_while_valid: true`, since the
/// time of signing is only the signer's word. Whoever keeps a text together with the time it arrived can pass
/// that time as `at` and so keep the verdict it had then.
///
/// # Errors
///
/// [`Refusal`] tells apart what cannot be said for sure from what was forged or altered.
pub fn verify_text(
    text: &[u8],
    key: Option<&PinnedKey>,
    at: Timestamp,
    max_bytes: usize,
) -> Result<SignedText, Refusal> {
    if text.len() > max_bytes {
        return Err(Refusal::Forged(Forgery::TooLarge {
            bytes: text.len(),
            limit: max_bytes,
        }));
    }
    if text.is_empty() {
        return Err(Refusal::NotVerified(NotVerified::NoConfirmation));
    }
    let frame = Frame::parse(text).map_err(|fault| Refusal::Forged(Forgery::Frame(fault)))?;
    let digest = match frame.digest {
        NamedDigest::Strong(digest) => digest,
        NamedDigest::Weak(name) => return Err(Refusal::NotVerified(NotVerified::WeakDigest { name })),
    };
    let Some(key) = key else {
        return Err(Refusal::NotVerified(NotVerified::NoKey));
    };
    if key.is_historical() {
        return Err(Refusal::NotVerified(NotVerified::HistoricalKey));
    }

    // Sequoia has panicked on crafted signatures before (GHSA-25mx-8f3v-8wh7). A panic is a refusal, not a crash.
    let good = catch_unwind(AssertUnwindSafe(|| verify_frame(&frame, digest, key, at)))
        .map_err(|_| Refusal::Forged(Forgery::MalformedSignature))??;

    // The verifier's text is the one that counts; ours must be the same or one of us misread the frame.
    if good.text != frame.text.as_bytes() {
        return Err(Refusal::Forged(Forgery::TextDiffers));
    }
    judge_now(&good, key, at)?;
    Ok(SignedText {
        text: frame.text,
        signed_at: good.signed_at,
        digest,
        key: key.fingerprint().to_owned(),
        signing_key: if good.signing_key == *key.full_fingerprint() {
            key.fingerprint().to_owned()
        } else {
            good.signing_key.to_hex()
        },
    })
}

/// A signature that is good as of the time it names.
struct Good {
    text: Vec<u8>,
    signed_at: Timestamp,
    signing_key: Fingerprint,
}

/// Everything but the state of signature and key at the time of judging. The policy is that of `at`: were it that
/// of the signature's own date, the signer would choose how strictly it is judged.
fn verify_frame(frame: &Frame, digest: Digest, key: &PinnedKey, at: Timestamp) -> Result<Good, Refusal> {
    const MALFORMED: Refusal = Refusal::Forged(Forgery::MalformedSignature);
    let body = only_packet(&frame.packets).ok_or(Refusal::Forged(Forgery::NotOneSignature))?;
    let policy = policy(at);
    let mut text = Vec::with_capacity(frame.text.len().saturating_add(1));
    let judge = Judge {
        key,
        digest,
        body,
        at,
        outcome: None,
    };
    let outcome = VerifierBuilder::from_bytes(&frame.canonical)
        // All of the text fits, so it is verified before a byte of it is handed out.
        .map(|builder| builder.buffer_size(frame.canonical.len()))
        .and_then(|builder| builder.with_policy(&policy, system_time(latest(at)), judge))
        .map_err(|_| MALFORMED)
        .and_then(|mut verifier| {
            verifier.read_to_end(&mut text).map_err(|_| MALFORMED)?;
            verifier.into_helper().outcome.unwrap_or(Err(MALFORMED))
        });
    match outcome {
        Ok(Accepted {
            signing_key,
            signed_at,
        }) => Ok(Good {
            text,
            signed_at,
            signing_key,
        }),
        // What is wrong with the signature itself says more than that the verifier did not like it.
        Err(refusal) => {
            examine(&Signature::from_bytes(body).map_err(|_| MALFORMED)?, body, digest)?;
            Err(refusal)
        }
    }
}

/// The latest date of a signature that is taken for present.
fn latest(at: Timestamp) -> Timestamp {
    at.saturating_add(CLOCK_SKEW).unwrap_or(at)
}

/// What depends on the time of judging.
fn judge_now(good: &Good, key: &PinnedKey, at: Timestamp) -> Result<(), Refusal> {
    // Within the tolerance the signer's clock is as good as ours.
    let at = at.max(good.signed_at);
    match refusal_of_state(key.state_of(&good.signing_key, at), true) {
        None => Ok(()),
        Some(reason) => Err(Refusal::NotVerified(reason)),
    }
}

/// What a key's state means for a good signature; `signed_while_valid` says whether it was usable when it signed.
fn refusal_of_state(state: KeyState, signed_while_valid: bool) -> Option<NotVerified> {
    match state {
        KeyState::Usable => None,
        KeyState::Expired { since } => Some(NotVerified::KeyExpired {
            since,
            signed_while_valid,
        }),
        KeyState::Revoked => Some(NotVerified::KeyRevoked { signed_while_valid }),
        KeyState::NotYetValid { from } => Some(NotVerified::KeyNotYetValid { from }),
        KeyState::CannotSign => Some(NotVerified::KeyCannotSign),
        KeyState::Unacceptable => Some(NotVerified::KeyUnacceptable),
    }
}

/// Why Sequoia, asked at [`latest`], does not take a signature for alive, if it does not.
fn untimely(signed_at: Timestamp, expires: Option<Timestamp>, latest: Timestamp) -> Option<NotVerified> {
    if signed_at > latest {
        return Some(NotVerified::SignedInFuture { signed_at });
    }
    expires
        .filter(|since| *since <= latest)
        .map(|since| NotVerified::SignatureExpired { since })
}

/// Demands that nothing in the signature packet can be changed without breaking it, and that it is what the frame
/// says: a version 4 signature over text with the digest of the header. `body` is the packet as it came.
fn examine(signature: &Signature, body: &[u8], digest: Digest) -> Result<(), Refusal> {
    const MALFORMED: Refusal = Refusal::Forged(Forgery::MalformedSignature);
    if signature.version() != 4 || signature.to_vec().map_err(|_| MALFORMED)? != body {
        return Err(MALFORMED);
    }
    if signature.typ() != SignatureType::Text {
        return Err(Refusal::Forged(Forgery::NotATextSignature));
    }
    if signature.hash_algo() != hash_algorithm(digest) {
        return Err(Refusal::Forged(Forgery::DigestDiffers));
    }
    // GnuPG finds the key by the short issuer, and Sequoia cannot hash a cleartext without it.
    if signature.issuers().next().is_none() {
        return Err(MALFORMED);
    }
    // The unhashed part is not signed. GnuPG puts the short issuer there and nothing else.
    let mut issuers = 0_u32;
    for subpacket in signature.unhashed_area().iter() {
        match subpacket.value() {
            SubpacketValue::Issuer(_) if subpacket.tag() == SubpacketTag::Issuer => {
                issuers = issuers.saturating_add(1);
            }
            _ => return Err(MALFORMED),
        }
    }
    if issuers > 1 {
        return Err(MALFORMED);
    }
    Ok(())
}

fn hash_algorithm(digest: Digest) -> HashAlgorithm {
    match digest {
        Digest::Sha256 => HashAlgorithm::SHA256,
        Digest::Sha384 => HashAlgorithm::SHA384,
        Digest::Sha512 => HashAlgorithm::SHA512,
    }
}

/// The body of the packet, if `packets` is exactly one signature packet of definite length
/// (RFC 9580, section 4.2).
fn only_packet(packets: &[u8]) -> Option<&[u8]> {
    const SIGNATURE: u8 = 2;
    let (&header, rest) = packets.split_first()?;
    let (tag, length, body) = match header >> 6 {
        0b11 => {
            let (&first, rest) = rest.split_first()?;
            let (length, rest) = match first {
                0..=191 => (usize::from(first), rest),
                192..=223 => {
                    let (&second, rest) = rest.split_first()?;
                    let high = usize::from(first).checked_sub(192)?.checked_mul(256)?;
                    (high.checked_add(usize::from(second))?.checked_add(192)?, rest)
                }
                255 => big_endian(rest, 4)?,
                // A partial length: the packet has no definite end.
                224..=254 => return None,
            };
            (header & 0x3F, length, rest)
        }
        0b10 => {
            let (length, rest) = match header & 0x03 {
                0 => big_endian(rest, 1)?,
                1 => big_endian(rest, 2)?,
                2 => big_endian(rest, 4)?,
                // An indeterminate length.
                _ => return None,
            };
            ((header >> 2) & 0x0F, length, rest)
        }
        _ => return None,
    };
    (tag == SIGNATURE && body.len() == length).then_some(body)
}

/// A number of `octets` octets and what follows it.
fn big_endian(input: &[u8], octets: usize) -> Option<(usize, &[u8])> {
    let (number, rest) = input.split_at_checked(octets)?;
    let number = number.iter().try_fold(0_usize, |sum, &octet| {
        sum.checked_mul(256)
            .and_then(|sum| sum.checked_add(usize::from(octet)))
    })?;
    Some((number, rest))
}

/// Hands the verifier the one pinned key and reads its findings.
struct Judge<'k> {
    key: &'k PinnedKey,
    digest: Digest,
    /// The body of the one signature packet.
    body: &'k [u8],
    at: Timestamp,
    /// The one good signature, or why there is none. `None`: never asked.
    outcome: Option<Result<Accepted, Refusal>>,
}

/// What a good signature says of itself.
struct Accepted {
    signing_key: Fingerprint,
    signed_at: Timestamp,
}

impl VerificationHelper for Judge<'_> {
    fn get_certs(&mut self, _: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(vec![self.key.cert().clone()])
    }

    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        self.outcome = Some(self.judge(&structure));
        Ok(())
    }
}

impl Judge<'_> {
    fn judge(&self, structure: &MessageStructure<'_>) -> Result<Accepted, Refusal> {
        if !structure.processed_csf_message() {
            return Err(Refusal::Forged(Forgery::NotATextSignature));
        }
        let mut layers = structure.iter();
        let (Some(MessageLayer::SignatureGroup { results }), None) = (layers.next(), layers.next()) else {
            return Err(Refusal::Forged(Forgery::NotOneSignature));
        };
        let mut results = results.iter();
        let (Some(result), None) = (results.next(), results.next()) else {
            return Err(Refusal::Forged(Forgery::NotOneSignature));
        };
        let good = match result {
            Ok(good) => good,
            Err(error) => return Err(self.refusal(error)),
        };
        if good.ka.cert().fingerprint() != *self.key.full_fingerprint() {
            return Err(unknown_key(good.sig));
        }
        examine(good.sig, self.body, self.digest)?;
        // The first two octets of the digest stand beside the signature, unprotected. GnuPG demands that they are
        // right and Sequoia does not; a second form of the same signature is not wanted.
        if !good
            .sig
            .computed_digest()
            .is_some_and(|digest| digest.starts_with(good.sig.digest_prefix()))
        {
            return Err(Refusal::Forged(Forgery::MalformedSignature));
        }
        let signing_key = good.ka.key().fingerprint();
        // A signature that names somebody else as well is not the signature of this key alone.
        let own = KeyHandle::from(&signing_key);
        if !good.sig.get_issuers().iter().all(|issuer| issuer.aliases(&own)) {
            return Err(Refusal::Forged(Forgery::MalformedSignature));
        }
        let signed_at = good.sig.signature_creation_time();
        Ok(Accepted {
            signing_key,
            signed_at: signed_at
                .map(timestamp)
                .ok_or(Refusal::Forged(Forgery::MalformedSignature))?,
        })
    }

    /// Tells "cannot be relied on" from "forged". Sequoia stops at the first objection and may then not have done
    /// the arithmetic; it is done here, so that a bad signature is called bad whatever the state of its key.
    fn refusal(&self, error: &VerificationError<'_>) -> Refusal {
        let forged = Refusal::Forged(Forgery::BadSignature);
        match error {
            VerificationError::MissingKey { sig } => unknown_key(sig),
            // Sequoia does no arithmetic with a key that was not there yet.
            VerificationError::UnboundKey { sig, .. }
                if sig
                    .signature_creation_time()
                    .is_some_and(|time| timestamp(time) < self.key.created()) =>
            {
                Refusal::NotVerified(NotVerified::KeyNotYetValid {
                    from: self.key.created(),
                })
            }
            VerificationError::UnboundKey { sig, cert, .. } => {
                let issuers = sig.get_issuers();
                let signing_key = cert
                    .keys()
                    .key_handles(issuers.iter())
                    .find(|candidate| sig.verify_document(candidate.key()).is_ok());
                match signing_key {
                    None => forged,
                    Some(found) => self.unusable_then(sig, &found.key().fingerprint()),
                }
            }
            VerificationError::BadKey { sig, ka, .. } => {
                if sig.verify_document(ka.key()).is_err() {
                    return forged;
                }
                self.unusable_then(sig, &ka.key().fingerprint())
            }
            VerificationError::BadSignature { sig, ka, .. } => {
                if sig.verify_document(ka.key()).is_err() {
                    return forged;
                }
                // The arithmetic holds: it is the date, or the policy objects.
                let signed_at = sig
                    .signature_creation_time()
                    .map_or(Timestamp::UNIX_EPOCH, timestamp);
                let expires = sig.signature_expiration_time().map(timestamp);
                let reason = untimely(signed_at, expires, latest(self.at));
                Refusal::NotVerified(reason.unwrap_or(NotVerified::PolicyRefused))
            }
            // Malformed, unknown, and whatever a later Sequoia tells apart.
            _ => Refusal::Forged(Forgery::MalformedSignature),
        }
    }

    /// The arithmetic holds, and the key could not vouch for it at the time of signing: why.
    fn unusable_then(&self, sig: &Signature, signing_key: &Fingerprint) -> Refusal {
        let then = sig
            .signature_creation_time()
            .map_or(Timestamp::UNIX_EPOCH, timestamp);
        let reason = refusal_of_state(self.key.state_of(signing_key, then), false);
        Refusal::NotVerified(reason.unwrap_or(NotVerified::KeyUnacceptable))
    }
}

fn unknown_key(sig: &Signature) -> Refusal {
    let signer = sig.get_issuers().first().map(KeyHandle::to_hex);
    Refusal::NotVerified(NotVerified::UnknownKey { signer })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exactly_one_packet() {
        let body = [4_u8; 300];
        let with = |head: &[u8]| [head, &body[..]].concat();
        assert_eq!(only_packet(&with(&[0x89, 1, 44])), Some(&body[..]));
        assert_eq!(only_packet(&with(&[0x8A, 0, 0, 1, 44])), Some(&body[..]));
        assert_eq!(only_packet(&with(&[0xC2, 192, 108])), Some(&body[..]));
        assert_eq!(only_packet(&with(&[0xC2, 255, 0, 0, 1, 44])), Some(&body[..]));
        assert_eq!(only_packet(&[0x88, 2, 4, 4]), Some(&[4, 4][..]));
        assert_eq!(only_packet(&[0xC2, 2, 4, 4]), Some(&[4, 4][..]));
        for head in [
            &[0x89, 1, 43][..],             // a byte more than it says
            &[0x89, 1, 45],                 // a byte less
            &[0x8B],                        // indeterminate length
            &[0xC2, 0xE8],                  // partial length
            &[0x85, 1, 44],                 // another tag
            &[0xCA, 192, 108],              // a marker
            &[0x09, 1, 44],                 // no packet at all
            &[0xC2, 255, 0xFF, 255, 1, 44], // far too long
        ] {
            assert_eq!(only_packet(&with(head)), None, "{head:?}");
        }
        assert_eq!(only_packet(&[]), None);
        assert_eq!(only_packet(&[0x89]), None);
    }

    proptest! {
        #[test]
        fn packet_headers_never_panic(input in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(body) = only_packet(&input) {
                prop_assert!(input.ends_with(body) && body.len() < input.len());
            }
        }
    }

    #[test]
    fn times_outside_of_openpgp_do_not_wrap() {
        assert_eq!(system_time(Timestamp::MIN), std::time::SystemTime::UNIX_EPOCH);
        assert_eq!(
            timestamp(system_time(Timestamp::MAX)).as_second(),
            i64::from(u32::MAX)
        );
    }
}
