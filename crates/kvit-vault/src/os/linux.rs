//! Linux: the Secret Service (gnome-keyring, KWallet, KeePassXC), over D-Bus.

use std::error::Error;
use std::io::ErrorKind;
use std::sync::Arc;

use keyring_core::CredentialStore;
use secret_service::blocking::{Collection, SecretService};
use secret_service::{EncryptionType, Error as ServiceError};
use zbus_secret_service_keyring_store::Store;

use crate::{Absence, VaultError, causes};

/// A connection to the keychain, for one call.
pub(super) fn open() -> Result<Arc<CredentialStore>, VaultError> {
    let store = Store::new().map_err(super::fault)?;
    Ok(store)
}

/// The label under which the person finds the entry in their keychain program.
pub(super) fn modifiers(name: &str) -> Vec<(&'static str, String)> {
    vec![("label", format!("Kvit: {name}"))]
}

/// Whether secrets can be kept without asking anybody. Never shows a prompt.
pub(super) fn look() -> Result<(), VaultError> {
    let service = connect()?;
    let keyring = default_keyring(&service)?;
    if keyring.is_locked().map_err(|error| service_fault(&error))? {
        Err(VaultError::Locked)
    } else {
        Ok(())
    }
}

/// Has the keychain ask the person for its password.
pub(super) fn unlock() -> Result<(), VaultError> {
    let service = connect()?;
    let keyring = default_keyring(&service)?;
    keyring.unlock().map_err(|error| service_fault(&error))?;
    // A prompt that was answered does not prove that it opened.
    if keyring.is_locked().map_err(|error| service_fault(&error))? {
        Err(VaultError::Denied)
    } else {
        Ok(())
    }
}

fn connect() -> Result<SecretService<'static>, VaultError> {
    SecretService::connect(EncryptionType::Dh).map_err(|error| service_fault(&error))
}

fn default_keyring<'a>(service: &'a SecretService<'_>) -> Result<Collection<'a>, VaultError> {
    service
        .get_collection_by_alias("default")
        .map_err(|error| service_fault(&error))
}

/// The fault behind the cause of a keyring error.
pub(super) fn fault(cause: &(dyn Error + 'static)) -> Option<VaultError> {
    cause.downcast_ref().map(service_fault)
}

fn service_fault(error: &ServiceError) -> VaultError {
    match error {
        ServiceError::Locked => VaultError::Locked,
        ServiceError::Prompt => VaultError::Denied,
        // The default keyring is all we look for by name.
        ServiceError::NoResult => VaultError::NoKeychain(Absence::NoKeyring),
        ServiceError::Unavailable => VaultError::NoKeychain(Absence::NoBus),
        ServiceError::Zbus(error) => bus_fault(error),
        ServiceError::ZbusFdo(zbus::fdo::Error::ZBus(error)) => bus_fault(error),
        ServiceError::ZbusFdo(zbus::fdo::Error::ServiceUnknown(_)) => {
            VaultError::NoKeychain(Absence::NoService)
        }
        other => VaultError::Other {
            detail: causes(other),
        },
    }
}

fn bus_fault(error: &zbus::Error) -> VaultError {
    use zbus::Error as Bus;
    match error {
        Bus::Address(_) => VaultError::NoKeychain(Absence::NoBus),
        Bus::Connection(cause, _) | Bus::InputOutput(cause)
            if matches!(
                cause.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::PermissionDenied
            ) =>
        {
            VaultError::NoKeychain(Absence::NoBus)
        }
        Bus::MethodError(name, _, _) if nobody_offers(name.as_str()) => {
            VaultError::NoKeychain(Absence::NoService)
        }
        Bus::MethodError(name, _, _) if name.as_str() == "org.freedesktop.Secret.Error.IsLocked" => {
            VaultError::Locked
        }
        Bus::FDO(inner) => match inner.as_ref() {
            zbus::fdo::Error::ServiceUnknown(_) => VaultError::NoKeychain(Absence::NoService),
            _ => VaultError::Other {
                detail: causes(error),
            },
        },
        _ => VaultError::Other {
            detail: causes(error),
        },
    }
}

/// D-Bus specification, "Message Bus Starting Services": nobody has the name, and nobody could be started for it.
fn nobody_offers(error_name: &str) -> bool {
    matches!(
        error_name,
        "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner"
    ) || error_name.starts_with("org.freedesktop.DBus.Error.Spawn.")
}
