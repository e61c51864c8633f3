//! Keys: random, or made from a passphrase.

use argon2::{Algorithm, Argon2, Params, Version};
use rand::Rng as _;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use zeroize::Zeroizing;

use crate::fault::OpenFault;

/// Bytes of a key.
pub(crate) const KEY: usize = 32;
/// Bytes of the salt at the head of the file.
pub(crate) const SALT: usize = 16;

/// Memory of one derivation from a passphrase, KiB (Argon2id v1.3, RFC 9106: the second recommended choice).
pub const PASSPHRASE_MEMORY_KIB: u32 = 64 * 1024;
/// Passes over that memory; one lane.
pub const PASSPHRASE_PASSES: u32 = 3;

/// What opens a store. Cannot be printed; wiped when dropped.
pub enum StoreKey {
    /// 32 random bytes, used as they are.
    Raw(SecretBox<[u8; KEY]>),
    /// Words of the person, through Argon2id.
    Passphrase(SecretString),
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

impl StoreKey {
    /// A new random key, from the system's generator.
    pub fn random() -> Self {
        Self::Raw(SecretBox::init_with_mut(|key: &mut [u8; KEY]| {
            rand::rng().fill(key);
        }))
    }

    /// A random key from its 64 hexadecimal digits; `None`: that is not one.
    pub fn from_hex(text: &SecretString) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY]);
        hex::decode_to_slice(text.expose_secret(), key.as_mut_slice()).ok()?;
        Some(Self::Raw(SecretBox::init_with_mut(|kept: &mut [u8; KEY]| {
            kept.copy_from_slice(key.as_slice());
        })))
    }

    /// The 64 digits of a random key, to be kept in a keychain; `None` for a passphrase.
    pub fn to_hex(&self) -> Option<SecretString> {
        match self {
            Self::Raw(key) => Some(hex::encode(key.expose_secret()).into()),
            Self::Passphrase(_) => None,
        }
    }

    pub(crate) fn is_passphrase(&self) -> bool {
        matches!(self, Self::Passphrase(_))
    }

    /// The key in the form SQLCipher takes without deriving anything: `x'<key>'`, with the salt where it is given.
    ///
    /// `salt` is that of the file, or a new one for a new file.
    pub(crate) fn literal(&self, salt: [u8; SALT]) -> Result<Literal, OpenFault> {
        let mut key = Zeroizing::new([0; KEY]);
        match self {
            Self::Raw(raw) => key.copy_from_slice(raw.expose_secret()),
            Self::Passphrase(words) => {
                let params = Params::new(PASSPHRASE_MEMORY_KIB, PASSPHRASE_PASSES, 1, Some(KEY))
                    .map_err(not_derived)?;
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                    .hash_password_into(words.expose_secret().as_bytes(), &salt, key.as_mut_slice())
                    .map_err(not_derived)?;
            }
        }
        let mut digits = Zeroizing::new([0; 2 * (KEY + SALT)]);
        let mut both = Zeroizing::new([0; KEY + SALT]);
        for (place, byte) in both.iter_mut().zip(key.iter().chain(&salt)) {
            *place = *byte;
        }
        hex::encode_to_slice(both.as_slice(), digits.as_mut_slice())
            .map_err(|_| OpenFault::Unreadable("the key cannot be written as digits".to_owned()))?;
        // Room for all of it from the start: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(digits.len() + 3));
        text.push_str("x'");
        text.push_str(std::str::from_utf8(digits.as_slice()).unwrap_or_default());
        text.push('\'');
        Ok(Literal(text))
    }
}

/// The parameters are constants and every passphrase is good for Argon2 but one of 4 GiB: what is left is memory.
fn not_derived(error: argon2::Error) -> OpenFault {
    OpenFault::Unreadable(format!("the key cannot be derived: {error}"))
}

/// A salt for a new file.
pub(crate) fn new_salt() -> [u8; SALT] {
    let mut salt = [0; SALT];
    rand::rng().fill(&mut salt);
    salt
}

/// `x'...'`: a key and a salt for SQLCipher. Wiped when dropped.
pub(crate) struct Literal(Zeroizing<String>);

impl Literal {
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_back() {
        let key = StoreKey::random();
        let digits = key.to_hex().unwrap();
        assert_eq!(digits.expose_secret().len(), 64);
        let again = StoreKey::from_hex(&digits).unwrap();
        assert_eq!(again.to_hex().unwrap().expose_secret(), digits.expose_secret());
        assert_ne!(
            StoreKey::random().to_hex().unwrap().expose_secret(),
            digits.expose_secret()
        );
        for wrong in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
            assert!(StoreKey::from_hex(&wrong.to_owned().into()).is_none());
        }
        assert!(StoreKey::Passphrase("words".to_owned().into()).to_hex().is_none());
    }

    #[test]
    fn keys_do_not_print() {
        let key = StoreKey::from_hex(&"ab".repeat(32).into()).unwrap();
        assert_eq!(format!("{key:?}"), "StoreKey(..)");
    }

    #[test]
    fn a_passphrase_gives_another_key_with_another_salt() {
        let key = StoreKey::Passphrase("correct horse".to_owned().into());
        let one = key.literal([1; SALT]).unwrap();
        assert_eq!(key.literal([1; SALT]).unwrap().text(), one.text());
        assert_ne!(&key.literal([2; SALT]).unwrap().text()[..66], &one.text()[..66]);
        assert_eq!(one.text().len(), 2 * (KEY + SALT) + 3);
        assert_eq!(&one.text()[66..], format!("{}'", "01".repeat(SALT)));
    }

    #[test]
    fn a_random_key_is_used_as_it_is() {
        let key = StoreKey::from_hex(&"ab".repeat(32).into()).unwrap();
        let text = key.literal([0x0c; SALT]).unwrap();
        assert_eq!(text.text(), format!("x'{}{}'", "ab".repeat(32), "0c".repeat(16)));
    }
}
