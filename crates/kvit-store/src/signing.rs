//! The key of this installation that signs evidence for this account.

use rand::Rng as _;
use rusqlite::{OptionalExtension as _, params};
use secrecy::{ExposeSecret as _, SecretBox};
use zeroize::Zeroizing;

use crate::{
    fault::StoreFault,
    rows::odd,
    store::{Level, Store},
};

/// Bytes of a seed (RFC 8032, section 5.1.5).
const SEED: usize = 32;
/// Its name among the keys.
const EVIDENCE: &str = "evidence";

/// What an Ed25519 key is made from. Cannot be printed; wiped when dropped.
pub struct Seed(SecretBox<[u8; SEED]>);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Seed {
    /// A new one, from the system's generator.
    pub fn random() -> Self {
        Self(SecretBox::init_with_mut(|seed: &mut [u8; SEED]| {
            rand::rng().fill(seed);
        }))
    }

    /// One that is there already.
    pub fn new(bytes: &Zeroizing<[u8; SEED]>) -> Self {
        Self(SecretBox::init_with_mut(|seed: &mut [u8; SEED]| {
            seed.copy_from_slice(bytes.as_slice());
        }))
    }

    /// Its bytes.
    pub fn reveal(&self) -> &[u8; SEED] {
        self.0.expose_secret()
    }
}

impl Store {
    /// The seed of the key that signs; `None`: there is none yet.
    ///
    /// # Errors
    /// Damage, or the disk.
    pub fn signing_seed(&self) -> Result<Option<Seed>, StoreFault> {
        self.read(|look| {
            let seed: Option<Zeroizing<[u8; SEED]>> = look
                .prepare_cached("SELECT seed FROM keys WHERE what = ?1")?
                .query_row([EVIDENCE], |row| Ok(row.get(0).map(Zeroizing::new)))
                .optional()?
                .transpose()
                .map_err(|_| odd("the signing key"))?;
            Ok(seed.as_ref().map(Seed::new))
        })
    }

    /// Puts the seed on the disk, once and for ever: what was signed must stay what this installation signed.
    ///
    /// # Errors
    /// `Invalid` where there is one already; damage; the disk. Nothing is kept then.
    pub fn put_signing_seed(&self, seed: &Seed) -> Result<(), StoreFault> {
        self.write(Level::Durable, "signing", |step| {
            let put = step
                .prepare_cached(
                    "INSERT INTO keys (what, seed) VALUES (?1, ?2) ON CONFLICT (what) DO NOTHING",
                )?
                .execute(params![EVIDENCE, seed.reveal().as_slice()])?;
            if put == 0 {
                return Err(StoreFault::Invalid("there is a signing key already".to_owned()));
            }
            Ok(())
        })
    }
}
