//! The keychain of the operating system.
//!
//! One keyring store is opened for each call and none is kept: a failure is never remembered, so the person can start or
//! unlock the keychain and try again, and a keychain program that restarted is simply met anew. It costs about a tenth
//! of a second, a few times a day.

mod bounded;
#[cfg(any(target_os = "macos", test))]
mod macos_codes;
#[cfg(target_os = "linux")]
#[path = "os/linux.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "os/macos.rs"]
mod platform;
#[cfg(target_os = "windows")]
#[path = "os/windows.rs"]
mod platform;
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
#[path = "os/none.rs"]
mod platform;

use std::time::Duration;

use keyring_core::{Entry, Error as KeyringError};
use secrecy::{ExposeSecret, SecretString};
use zeroize::{Zeroize, Zeroizing};

use crate::{Account, Vault, VaultError, causes};
use bounded::{Bounded, Caller};

/// The name of the entry that [`Vault::probe`] tries the keychain with. The space keeps it out of [`Account`]'s names.
pub(crate) const TRIAL_ENTRY: &str = "keychain check";

/// How long a prompt may stay open before the call gives up.
const LIMIT: Duration = Duration::from_secs(60);

/// The OS keychain, entries named by a service (the app) and an account.
#[derive(Debug)]
pub struct OsVault {
    service: String,
    bounded: Bounded,
}

impl OsVault {
    /// The app's own service name in the keychain.
    pub const SERVICE: &'static str = "kvit";

    /// The app's secrets. Touches nothing yet.
    pub fn new() -> Self {
        Self::with(Self::SERVICE, LIMIT)
    }

    /// Secrets under another service name, and another limit on how long a call may take.
    pub fn with(service: &str, limit: Duration) -> Self {
        Self {
            service: service.to_owned(),
            bounded: Bounded::new(limit),
        }
    }
}

impl Default for OsVault {
    fn default() -> Self {
        Self::new()
    }
}

impl Vault for OsVault {
    fn store(&self, account: &Account, secret: &SecretString) -> Result<(), VaultError> {
        let (service, account, secret) = (self.service.clone(), account.clone(), secret.clone());
        self.bounded.run(move |caller| {
            unlock()?;
            // The prompt may have taken longer than the caller waited. What they were told then, stays true.
            caller.still_waits()?;
            write(&entry(&service, account.as_str())?, secret.expose_secret())
        })
    }

    fn load(&self, account: &Account) -> Result<SecretString, VaultError> {
        let (service, account) = (self.service.clone(), account.clone());
        self.bounded.run(move |caller| {
            let entry = entry(&service, account.as_str())?;
            find(caller, || read(&entry))?.ok_or(VaultError::Missing)
        })
    }

    fn remove(&self, account: &Account) -> Result<(), VaultError> {
        let (service, account) = (self.service.clone(), account.clone());
        self.bounded.run(move |caller| {
            let entry = entry(&service, account.as_str())?;
            find(caller, || delete(&entry)).map(|_| ())
        })
    }

    fn probe(&self) -> Result<(), VaultError> {
        let service = self.service.clone();
        self.bounded.run(move |caller| {
            // First: does it stand open? What follows would otherwise show a prompt.
            platform::look()?;
            caller.still_waits()?;
            let entry = entry(&service, TRIAL_ENTRY)?;
            // Reading alone proves nothing: a keychain without a keyring answers "no such entry".
            write(&entry, TRIAL_ENTRY)?;
            let found = read(&entry);
            delete(&entry)?;
            match found? {
                Some(found) if found.expose_secret() == TRIAL_ENTRY => Ok(()),
                _ => Err(VaultError::Damaged),
            }
        })
    }
}

fn entry(service: &str, name: &str) -> Result<Entry, VaultError> {
    let store = platform::open()?;
    let modifiers = platform::modifiers(name);
    let modifiers = modifiers
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    store.build(service, name, Some(&modifiers)).map_err(fault)
}

/// Opens the keychain to us, asking the person where it is locked.
fn unlock() -> Result<(), VaultError> {
    match platform::look() {
        Err(VaultError::Locked) => platform::unlock(),
        other => other,
    }
}

/// Runs `look_up`, and takes "nothing there" for an answer only from a keychain that is open: a locked one hides
/// entries, and one without a keyring says the same.
fn find<T>(
    caller: &Caller,
    look_up: impl Fn() -> Result<Option<T>, VaultError>,
) -> Result<Option<T>, VaultError> {
    if let Some(found) = look_up()? {
        return Ok(Some(found));
    }
    match platform::look() {
        Ok(()) => Ok(None),
        Err(VaultError::Locked) => {
            platform::unlock()?;
            caller.still_waits()?;
            look_up()
        }
        Err(absent) => Err(absent),
    }
}

fn write(entry: &Entry, secret: &str) -> Result<(), VaultError> {
    match entry.set_secret(secret.as_bytes()) {
        // Two entries of one name (made by another program): none can be trusted, ours replaces them.
        Err(KeyringError::Ambiguous(several)) => {
            for one in several {
                one.delete_credential().map_err(fault)?;
            }
            entry.set_secret(secret.as_bytes()).map_err(fault)
        }
        other => other.map_err(fault),
    }
}

fn read(entry: &Entry) -> Result<Option<SecretString>, VaultError> {
    match entry.get_secret() {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            let text = std::str::from_utf8(&bytes).map_err(|_| VaultError::Damaged)?;
            Ok(Some(SecretString::from(text)))
        }
        Err(KeyringError::NoEntry) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

fn delete(entry: &Entry) -> Result<Option<()>, VaultError> {
    match entry.delete_credential() {
        Ok(()) => Ok(Some(())),
        Err(KeyringError::NoEntry) => Ok(None),
        Err(KeyringError::Ambiguous(several)) => {
            for one in several {
                one.delete_credential().map_err(fault)?;
            }
            Ok(Some(()))
        }
        Err(error) => Err(fault(error)),
    }
}

/// What a keyring error means for a person.
fn fault(error: KeyringError) -> VaultError {
    match error {
        KeyringError::PlatformFailure(cause) | KeyringError::NoStorageAccess(cause) => {
            platform::fault(cause.as_ref()).unwrap_or_else(|| VaultError::Other {
                detail: causes(cause.as_ref()),
            })
        }
        KeyringError::NoEntry => VaultError::Missing,
        KeyringError::BadEncoding(mut bytes) | KeyringError::BadDataFormat(mut bytes, _) => {
            bytes.zeroize();
            VaultError::Damaged
        }
        KeyringError::Ambiguous(_) => VaultError::Damaged,
        KeyringError::TooLong(_, limit) => VaultError::TooLong { limit },
        other => VaultError::Other {
            detail: causes(&other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_error_that_carries_the_secret_loses_it() {
        let raw = || b"needle\xff".to_vec();
        for error in [
            KeyringError::BadEncoding(raw()),
            KeyringError::BadDataFormat(raw(), "why".into()),
        ] {
            let fault = fault(error);
            assert_eq!(fault, VaultError::Damaged);
            assert!(!format!("{fault:?} {fault}").contains("needle"));
        }
    }

    #[test]
    fn each_library_error_has_its_fault() {
        assert_eq!(fault(KeyringError::NoEntry), VaultError::Missing);
        assert_eq!(fault(KeyringError::Ambiguous(Vec::new())), VaultError::Damaged);
        assert_eq!(
            fault(KeyringError::TooLong("secret".to_owned(), 2560)),
            VaultError::TooLong { limit: 2560 }
        );
        let unknown = KeyringError::PlatformFailure(Box::new(std::io::Error::other("disk on fire")));
        assert_eq!(
            fault(unknown),
            VaultError::Other {
                detail: "disk on fire".to_owned()
            }
        );
    }
}
