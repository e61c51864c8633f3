//! Secrets at rest: the OS keychain behind one trait.
//!
//! An account's token lives in the keychain of the system (Secret Service on Linux, Keychain on macOS,
//! Credential Manager on Windows) or, when the person chooses so, in memory until the app closes. There is no
//! third place: where the keychain does not work, [`VaultError`] says which of the few possible things is wrong, and the
//! person decides.
//!
//! Every call blocks, for as long as a keychain prompt stays open, up to a limit. Call from
//! `tokio::task::spawn_blocking` or a thread of your own.

mod account;
mod memory;
mod os;

use secrecy::SecretString;

pub use account::{Account, BadAccount};
pub use memory::MemoryVault;
pub use os::OsVault;

/// A place that keeps one secret for each account.
pub trait Vault: Send + Sync + 'static {
    /// Keeps `secret` for `account`, in place of any earlier one.
    ///
    /// # Errors
    /// [`VaultError`], never [`VaultError::Missing`]. After [`VaultError::NoAnswer`] the secret may or may not have
    /// been kept: [`Vault::load`] tells.
    fn store(&self, account: &Account, secret: &SecretString) -> Result<(), VaultError>;

    /// The secret kept for `account`.
    ///
    /// # Errors
    /// [`VaultError::Missing`] only when the keychain was open to us and holds nothing for the account. A locked or
    /// unusable keychain is never taken for an empty one.
    fn load(&self, account: &Account) -> Result<SecretString, VaultError>;

    /// Forgets the secret of `account`. Succeeds when there was none.
    ///
    /// # Errors
    /// [`VaultError`], never [`VaultError::Missing`].
    fn remove(&self, account: &Account) -> Result<(), VaultError>;

    /// Whether secrets can be kept here right now: keeps, reads and forgets a trial entry. Shows no prompt where the
    /// keychain can be asked whether it is locked (Linux); it then answers [`VaultError::Locked`].
    ///
    /// # Errors
    /// What stands in the way.
    fn probe(&self) -> Result<(), VaultError>;
}

/// What is the matter with the keychain. Closed, so that each has words of its own on screen.
///
/// Holds no secret: where a library's error carries the bytes it could not read, they are wiped and left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// This system has no keychain we could use.
    #[error("no keychain: {0}")]
    NoKeychain(Absence),
    /// The keychain is locked, and this call does not ask to unlock it ([`Vault::probe`]) or could not ask.
    /// [`Vault::load`] and [`Vault::store`] ask.
    #[error("the keychain is locked")]
    Locked,
    /// The system asked for permission or for the keychain's password, and it was not given: the prompt was
    /// dismissed, or refused by a rule, or could not be shown.
    #[error("access to the keychain was denied")]
    Denied,
    /// The keychain is open and holds nothing for this account.
    #[error("the keychain holds nothing for this account")]
    Missing,
    /// There is an entry, but what is in it is not a token we could have written, or there are several.
    #[error("the keychain entry is damaged")]
    Damaged,
    /// The keychain's limit on the length of a secret is below this one.
    #[error("the keychain does not take secrets longer than {limit} bytes")]
    TooLong {
        /// The longest secret it takes, in bytes.
        limit: u32,
    },
    /// No answer within the limit: a prompt may still be open behind another window, or the keychain hangs.
    #[error("the keychain did not answer in time")]
    NoAnswer,
    /// Something else went wrong.
    #[error("the keychain failed: {detail}")]
    Other {
        /// The chain of causes, for the log and for "details".
        detail: String,
    },
}

/// Why there is no keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Absence {
    /// Linux: no D-Bus session bus to ask on (a bare terminal, a container).
    #[error("there is no D-Bus session bus")]
    NoBus,
    /// No program that keeps secrets (Linux: nobody offers `org.freedesktop.secrets`), or the system has none.
    #[error("no program offers a keychain")]
    NoService,
    /// A keychain program runs, but has no keyring to put secrets in (Linux: no default collection).
    #[error("the keychain has no keyring to keep secrets in")]
    NoKeyring,
}

/// The causes of `error`, outermost first, in words; never `Debug`, which may print bytes of a secret.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !words.ends_with(&said) {
            words.push_str(": ");
            words.push_str(&said);
        }
        next = cause.source();
    }
    words
}
