//! Windows: the Credential Manager.

use std::error::Error;
use std::sync::Arc;

use keyring_core::CredentialStore;
use windows_native_keyring_store::Store;

use crate::{Absence, VaultError};

/// The Credential Manager.
pub(super) fn open() -> Result<Arc<CredentialStore>, VaultError> {
    let store = Store::new().map_err(super::fault)?;
    Ok(store)
}

/// Secrets stay on this machine; the default would carry them to the other machines of a domain.
pub(super) fn modifiers(_name: &str) -> Vec<(&'static str, String)> {
    vec![("persistence", "Local".to_owned())]
}

/// Windows opens the credentials with the session; there is no lock to look at.
pub(super) fn look() -> Result<(), VaultError> {
    Ok(())
}

/// There is nothing to unlock.
pub(super) fn unlock() -> Result<(), VaultError> {
    Ok(())
}

/// The fault behind the cause of a keyring error. The store keeps its error type to itself, and uses it for
/// "no storage access" only where the logon session has no credentials; the words hold the code.
pub(super) fn fault(cause: &(dyn Error + 'static)) -> Option<VaultError> {
    let said = cause.to_string();
    (said.contains("ERROR_NO_SUCH_LOGON_SESSION")).then_some(VaultError::NoKeychain(Absence::NoKeyring))
}
