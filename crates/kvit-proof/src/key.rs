//! The public key of a marketplace, as the person pinned it.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::cert::amalgamation::ValidAmalgamation;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::types::RevocationStatus;
use sequoia_openpgp::{Error as PgpError, Fingerprint};

use crate::display::display_safe;

/// Largest key text read, in bytes. A marketplace's key is about 2.5 KiB.
pub const MAX_KEY_BYTES: usize = 64 * 1024;

/// Fingerprints of keys that prove nothing: their private parts are in an archive many people hold (marketplace
/// reference, section 11.4). A text signed by one of them is never verified.
pub const HISTORICAL_KEYS: [&str; 2] = [
    "7013A4C4DE04DADF91ED1DA75E35A2BB0AD5B63A",
    "6314064DD0E2C02467726E918F315439B4D3D42A",
];

/// User ids shown of one key, and characters shown of one user id.
const MAX_USER_IDS: usize = 16;
const MAX_USER_ID_CHARS: usize = 200;

const BEGIN_PUBLIC: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END_PUBLIC: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// Why a text cannot be pinned as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyFault {
    /// Longer than [`MAX_KEY_BYTES`].
    #[error("the key is larger than {MAX_KEY_BYTES} bytes")]
    TooLarge,
    /// No OpenPGP public key, or a damaged one.
    #[error("this is not an OpenPGP public key")]
    NotAKey,
    /// More than one key, or something beside the key.
    #[error("there is more than one key")]
    MoreThanOne,
    /// A private key. It must not be handed around; the public part is what is needed.
    #[error("this is a private key; export and use the public key")]
    SecretKey,
    /// A key format other than version 4 (RFC 9580, section 5.5.2).
    #[error("this version of key is not supported")]
    Version,
}

impl KeyFault {
    /// A stable name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NotAKey => "not-a-key",
            Self::MoreThanOne => "more-than-one",
            Self::SecretKey => "secret",
            Self::Version => "version",
        }
    }
}

/// Whether a key can vouch for something at a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// It can.
    Usable,
    /// It did not exist yet.
    NotYetValid {
        /// When it was made.
        from: Timestamp,
    },
    /// It has expired.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// Its owner has revoked it.
    Revoked,
    /// It has no right to sign.
    CannotSign,
    /// Its own signatures are missing, broken or made with a digest that is no longer safe.
    Unacceptable,
}

/// One public key to believe, read once and kept.
#[derive(Clone)]
pub struct PinnedKey {
    cert: Cert,
    fingerprint: Fingerprint,
    hex: String,
    historical: bool,
}

impl PinnedKey {
    /// Reads a key from an ASCII-armored block or from binary packets.
    ///
    /// Blanks around an armored block are tolerated, since keys are pasted; any other text is not.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] says why the text cannot be pinned. Private keys are refused.
    pub fn parse(input: &[u8]) -> Result<Self, KeyFault> {
        if input.len() > MAX_KEY_BYTES {
            return Err(KeyFault::TooLarge);
        }
        let input = match input.first() {
            // Every packet begins with the high bit set (RFC 9580, section 4.2); every armor is ASCII.
            Some(byte) if byte & 0x80 != 0 => input,
            _ => one_block(input)?,
        };
        // Parsing hostile packets must not take the caller down with it.
        let cert = std::panic::catch_unwind(|| Cert::from_bytes(input))
            .map_err(|_| KeyFault::NotAKey)?
            .map_err(|error| match error.downcast_ref::<PgpError>() {
                Some(PgpError::MalformedCert(why)) if why.contains("Additional packets") => {
                    KeyFault::MoreThanOne
                }
                _ => KeyFault::NotAKey,
            })?;
        if cert.is_tsk() {
            return Err(KeyFault::SecretKey);
        }
        if cert.primary_key().key().version() != 4 {
            return Err(KeyFault::Version);
        }
        let fingerprint = cert.fingerprint();
        let hex = fingerprint.to_hex();
        let historical = is_historical(&hex);
        let key = Self {
            cert,
            fingerprint,
            hex,
            historical,
        };
        // Sequoia checks a key's own signatures when first asked and remembers; ask now, not at every text.
        let _ = key.state(policy_floor());
        Ok(key)
    }

    /// The full fingerprint, 40 upper-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.hex
    }

    /// The fingerprint in ten groups of four, for comparing by eye.
    #[must_use]
    pub fn fingerprint_groups(&self) -> Vec<String> {
        let mut rest = self.fingerprint();
        let mut groups = Vec::new();
        while !rest.is_empty() {
            let (group, after) = rest.split_at_checked(4).unwrap_or((rest, ""));
            groups.push(group.to_owned());
            rest = after;
        }
        groups
    }

    /// The names the key gives itself, made safe to show. Nobody vouches for them; only the fingerprint counts.
    #[must_use]
    pub fn user_ids(&self) -> Vec<String> {
        self.cert
            .userids()
            .take(MAX_USER_IDS)
            .map(|user_id| {
                let text = String::from_utf8_lossy(user_id.userid().value());
                let short: String = text.chars().take(MAX_USER_ID_CHARS).collect();
                display_safe(&short).replace('\n', "\\n")
            })
            .collect()
    }

    /// Algorithm and size of the primary key, for instance `RSA 3072`.
    #[must_use]
    pub fn algorithm(&self) -> String {
        use sequoia_openpgp::types::PublicKeyAlgorithm as Algorithm;
        let key = self.cert.primary_key().key();
        #[expect(
            deprecated,
            reason = "old keys carry the old numbers and should be named all the same"
        )]
        let name = match key.pk_algo() {
            Algorithm::RSAEncryptSign | Algorithm::RSASign | Algorithm::RSAEncrypt => "RSA",
            Algorithm::DSA => "DSA",
            Algorithm::ECDSA => "ECDSA",
            Algorithm::EdDSA | Algorithm::Ed25519 => "Ed25519",
            Algorithm::Ed448 => "Ed448",
            _ => "?",
        };
        match key.mpis().bits() {
            Some(bits) if matches!(name, "RSA" | "DSA" | "ECDSA") => format!("{name} {bits}"),
            _ => name.to_owned(),
        }
    }

    /// When the primary key was made.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        timestamp(self.cert.primary_key().key().creation_time())
    }

    /// When the primary key expires by its newest acceptable signature as of `at`, if it does.
    #[must_use]
    pub fn expires(&self, at: Timestamp) -> Option<Timestamp> {
        let policy = policy(at);
        let valid = self.cert.with_policy(&policy, system_time(at)).ok()?;
        valid.primary_key().key_expiration_time().map(timestamp)
    }

    /// Whether the key, or one of its subkeys, can sign at `at`: [`KeyState::Usable`] or why not.
    #[must_use]
    pub fn state(&self, at: Timestamp) -> KeyState {
        let mut worst = None;
        for key in self.cert.keys() {
            match self.state_of(&key.key().fingerprint(), at) {
                KeyState::Usable => return KeyState::Usable,
                // An encryption subkey says nothing about a signing key's trouble.
                KeyState::CannotSign => {}
                other => worst = worst.or(Some(other)),
            }
        }
        worst.unwrap_or(KeyState::CannotSign)
    }

    /// Whether the key can sign at `at`.
    #[must_use]
    pub fn can_sign(&self, at: Timestamp) -> bool {
        self.state(at) == KeyState::Usable
    }

    /// Whether this is one of the [`HISTORICAL_KEYS`], which prove nothing.
    #[must_use]
    pub fn is_historical(&self) -> bool {
        self.historical
    }

    pub(crate) fn cert(&self) -> &Cert {
        &self.cert
    }

    pub(crate) fn full_fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The state at `at` of the primary key or subkey with this fingerprint.
    pub(crate) fn state_of(&self, signing_key: &Fingerprint, at: Timestamp) -> KeyState {
        let policy = policy(at);
        let time = system_time(at);
        let created = self.created();
        if at < created {
            return KeyState::NotYetValid { from: created };
        }
        let Ok(valid) = self.cert.with_policy(&policy, time) else {
            return KeyState::Unacceptable;
        };
        if matches!(valid.revocation_status(), RevocationStatus::Revoked(_)) {
            return KeyState::Revoked;
        }
        if valid.alive().is_err() {
            return match valid.primary_key().key_expiration_time() {
                Some(since) if since <= time => KeyState::Expired {
                    since: timestamp(since),
                },
                _ => KeyState::Unacceptable,
            };
        }
        let Some(key) = valid.keys().find(|key| key.key().fingerprint() == *signing_key) else {
            return KeyState::Unacceptable;
        };
        let made = timestamp(key.key().creation_time());
        if at < made {
            return KeyState::NotYetValid { from: made };
        }
        if matches!(key.revocation_status(), RevocationStatus::Revoked(_)) {
            return KeyState::Revoked;
        }
        if key.alive().is_err() {
            return match key.key_expiration_time() {
                Some(since) if since <= time => KeyState::Expired {
                    since: timestamp(since),
                },
                _ => KeyState::Unacceptable,
            };
        }
        if !key.for_signing() {
            return KeyState::CannotSign;
        }
        KeyState::Usable
    }
}

/// Fingerprint only: a key is public but long.
impl fmt::Debug for PinnedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PinnedKey").field(&self.hex).finish()
    }
}

impl PartialEq for PinnedKey {
    fn eq(&self, other: &Self) -> bool {
        self.cert == other.cert
    }
}

fn is_historical(fingerprint: &str) -> bool {
    HISTORICAL_KEYS.contains(&fingerprint)
}

/// One armored public key and nothing but blanks around it.
fn one_block(input: &[u8]) -> Result<&[u8], KeyFault> {
    let text = std::str::from_utf8(input).map_err(|_| KeyFault::NotAKey)?.trim();
    if text.contains("-----BEGIN PGP PRIVATE KEY BLOCK") {
        return Err(KeyFault::SecretKey);
    }
    if !text.starts_with(BEGIN_PUBLIC) {
        return Err(KeyFault::NotAKey);
    }
    match text.find(END_PUBLIC) {
        None => Err(KeyFault::NotAKey),
        // Sequoia reads the first block and stops; a second one must not vanish silently.
        Some(end) if end.saturating_add(END_PUBLIC.len()) != text.len() => Err(KeyFault::MoreThanOne),
        Some(_) => Ok(text.as_bytes()),
    }
}

/// The rules for weak algorithms are never older than this program: a wrong clock must not bring SHA-1 back.
/// 2026-01-01T00:00:00Z.
pub(crate) fn policy_floor() -> Timestamp {
    Timestamp::constant(1_767_225_600, 0)
}

/// Sequoia's standard policy as of `at`, or of [`policy_floor`] if that is later.
pub(crate) fn policy(at: Timestamp) -> StandardPolicy<'static> {
    StandardPolicy::at(system_time(at.max(policy_floor())))
}

/// OpenPGP knows whole seconds of 1970 to 2106 (RFC 9580, section 3.5).
pub(crate) fn system_time(at: Timestamp) -> SystemTime {
    let seconds = u64::try_from(at.as_second())
        .unwrap_or(0)
        .min(u64::from(u32::MAX));
    SystemTime::UNIX_EPOCH
        .checked_add(std::time::Duration::from_secs(seconds))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A time out of a packet; packets cannot say one that does not fit.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{NotVerified, Refusal, verify_signature};
    use sequoia_openpgp::cert::CertBuilder;
    use sequoia_openpgp::serialize::SerializeInto as _;
    use sequoia_openpgp::serialize::stream::{Message, Signer};

    #[test]
    fn a_historical_key_proves_nothing() {
        assert!(
            HISTORICAL_KEYS
                .iter()
                .all(|fingerprint| is_historical(fingerprint))
        );
        assert!(!is_historical(""));

        let at = policy_floor();
        let (cert, _) = CertBuilder::general_purpose(Some("m"))
            .set_creation_time(system_time(at))
            .generate()
            .unwrap();
        let mut key = PinnedKey::parse(&cert.clone().strip_secret_key_material().to_vec().unwrap()).unwrap();
        assert!(!key.is_historical());
        let policy = policy(at);
        let signing = cert
            .keys()
            .with_policy(&policy, system_time(at))
            .secret()
            .for_signing()
            .next()
            .unwrap();
        let mut text = Vec::new();
        let mut signer = Signer::new(
            Message::new(&mut text),
            signing.key().clone().into_keypair().unwrap(),
        )
        .unwrap()
        .cleartext()
        .creation_time(system_time(at))
        .build()
        .unwrap();
        std::io::Write::write_all(
            &mut signer,
            b"Type: INVOICE_PAYMENT\nPaymentId: 1\nInvoiceId: 2\nCryptoAmount: 1\nCreatedAt: 01/01/2026 00:00:00\n\
              Payer: a\nInvoiceOwner: b",
        )
        .unwrap();
        signer.finalize().unwrap();

        // The same key, the same text: only the list makes the difference.
        assert!(verify_signature(&text, Some(&key), at).is_ok());
        key.historical = true;
        assert_eq!(
            verify_signature(&text, Some(&key), at),
            Err(Refusal::NotVerified(NotVerified::HistoricalKey))
        );
    }

    #[test]
    fn a_wrong_clock_does_not_bring_weak_digests_back() {
        let early = policy(Timestamp::UNIX_EPOCH).time();
        assert_eq!(early, Some(system_time(policy_floor())));
        let late = Timestamp::constant(4_000_000_000, 0);
        assert_eq!(policy(late).time(), Some(system_time(late)));
    }
}
