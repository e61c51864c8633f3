//! Systems whose keychain we do not know.

use std::error::Error;
use std::sync::Arc;

use keyring_core::CredentialStore;

use crate::{Absence, VaultError};

const NONE: VaultError = VaultError::NoKeychain(Absence::NoService);

/// There is none.
pub(super) fn open() -> Result<Arc<CredentialStore>, VaultError> {
    Err(NONE)
}

/// There is none.
pub(super) fn modifiers(_name: &str) -> Vec<(&'static str, String)> {
    Vec::new()
}

/// There is none.
pub(super) fn look() -> Result<(), VaultError> {
    Err(NONE)
}

/// There is none.
pub(super) fn unlock() -> Result<(), VaultError> {
    Err(NONE)
}

/// There is none.
pub(super) fn fault(_cause: &(dyn Error + 'static)) -> Option<VaultError> {
    None
}
