//! What Security framework result codes mean (`SecBase.h`).

use crate::{Absence, VaultError};

/// `None` for codes without a meaning of their own to a person.
pub(super) fn fault(code: i32) -> Option<VaultError> {
    match code {
        // errSecUserCanceled, errSecAuthFailed, errSecWrPerm, errSecInvalidOwnerEdit.
        -128 | -25293 | -61 | -25244 => Some(VaultError::Denied),
        // errSecInteractionNotAllowed, errSecInteractionRequired.
        -25308 | -25315 => Some(VaultError::Locked),
        // errSecNotAvailable.
        -25291 => Some(VaultError::NoKeychain(Absence::NoService)),
        // errSecNoSuchKeychain, errSecInvalidKeychain, errSecNoDefaultKeychain, errSecReadOnly.
        -25294 | -25295 | -25307 | -25292 => Some(VaultError::NoKeychain(Absence::NoKeyring)),
        // errSecItemNotFound.
        -25300 => Some(VaultError::Missing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_prompt_a_locked_and_an_absent_keychain_are_told_apart() {
        assert_eq!(fault(-128), Some(VaultError::Denied));
        assert_eq!(fault(-25308), Some(VaultError::Locked));
        assert_eq!(fault(-25291), Some(VaultError::NoKeychain(Absence::NoService)));
        assert_eq!(fault(-25307), Some(VaultError::NoKeychain(Absence::NoKeyring)));
        assert_eq!(fault(0), None);
    }
}
