use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;

use crate::{Account, Vault, VaultError};

/// Keeps secrets until the app closes: the person's choice where there is no keychain, and for tests.
/// The secrets are wiped when it is dropped.
#[derive(Default)]
pub struct MemoryVault {
    secrets: Mutex<HashMap<Account, SecretString>>,
}

impl MemoryVault {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn secrets(&self) -> MutexGuard<'_, HashMap<Account, SecretString>> {
        // Each change is one call on the map, so a panic elsewhere cannot leave it half changed.
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryVault")
    }
}

impl Vault for MemoryVault {
    fn store(&self, account: &Account, secret: &SecretString) -> Result<(), VaultError> {
        self.secrets().insert(account.clone(), secret.clone());
        Ok(())
    }

    fn load(&self, account: &Account) -> Result<SecretString, VaultError> {
        self.secrets().get(account).cloned().ok_or(VaultError::Missing)
    }

    fn remove(&self, account: &Account) -> Result<(), VaultError> {
        self.secrets().remove(account);
        Ok(())
    }

    fn probe(&self) -> Result<(), VaultError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn keeps_replaces_and_forgets() {
        let vault = MemoryVault::new();
        let (a, b) = (Account::new("a").unwrap(), Account::new("b").unwrap());
        assert_eq!(vault.load(&a).unwrap_err(), VaultError::Missing);
        vault.store(&a, &"first".into()).unwrap();
        vault.store(&b, &"other".into()).unwrap();
        vault.store(&a, &"second".into()).unwrap();
        assert_eq!(vault.load(&a).unwrap().expose_secret(), "second");
        assert_eq!(vault.load(&b).unwrap().expose_secret(), "other");
        vault.remove(&a).unwrap();
        vault.remove(&a).unwrap();
        assert_eq!(vault.load(&a).unwrap_err(), VaultError::Missing);
        assert_eq!(vault.load(&b).unwrap().expose_secret(), "other");
        assert_eq!(vault.probe(), Ok(()));
    }

    #[test]
    fn debug_shows_no_secret() {
        let vault = MemoryVault::new();
        vault
            .store(&Account::new("a").unwrap(), &"needle".into())
            .unwrap();
        assert!(!format!("{vault:?}").contains("needle"));
    }
}
