//! macOS: the login keychain.

use std::error::Error;
use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::CredentialStore;

use super::macos_codes;
use crate::VaultError;

/// The login keychain.
pub(super) fn open() -> Result<Arc<CredentialStore>, VaultError> {
    let store = Store::new().map_err(super::fault)?;
    Ok(store)
}

/// The store takes none.
pub(super) fn modifiers(_name: &str) -> Vec<(&'static str, String)> {
    Vec::new()
}

/// macOS has no question that tells a locked keychain without showing its prompt; the system unlocks the login keychain
/// with the session, so the trial entry that follows decides.
pub(super) fn look() -> Result<(), VaultError> {
    Ok(())
}

/// The system asks by itself whenever an entry is touched.
pub(super) fn unlock() -> Result<(), VaultError> {
    Ok(())
}

/// The fault behind the cause of a keyring error.
pub(super) fn fault(cause: &(dyn Error + 'static)) -> Option<VaultError> {
    cause
        .downcast_ref::<security_framework::base::Error>()
        .and_then(|error| macos_codes::fault(error.code()))
}
