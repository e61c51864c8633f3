use std::fmt;

/// The name under which an account's secret is kept: 1 to 64 characters of `a-z`, `A-Z`, `0-9`, `-`, `_`, `.`.
///
/// The limits are what every keychain takes as a name unchanged; the trial entry of [`crate::Vault::probe`] has a name
/// outside them, so no account can be hit by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account(String);

/// The text cannot name an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account name has 1 to 64 characters of a-z, A-Z, 0-9, '-', '_', '.'")]
pub struct BadAccount;

impl Account {
    /// The longest name, in bytes.
    pub const MAX: usize = 64;

    /// # Errors
    /// [`BadAccount`] when the name is empty, too long or has other characters.
    pub fn new(name: impl Into<String>) -> Result<Self, BadAccount> {
        let name = name.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > Self::MAX || !name.bytes().all(allowed) {
            return Err(BadAccount);
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Account {
    type Err = BadAccount;

    fn from_str(name: &str) -> Result<Self, BadAccount> {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_identifiers() {
        for name in [
            "a",
            "practice",
            "0192d3f4-5b6c-7d8e-9fa0-b1c2d3e4f506",
            "a.b_c-9",
            &"x".repeat(64),
        ] {
            assert_eq!(Account::new(name).map(|a| a.to_string()).as_deref(), Ok(name));
        }
    }

    #[test]
    fn refuses_what_a_keychain_could_change() {
        for name in [
            "",
            " ",
            "a b",
            "é",
            "a/b",
            "a\0b",
            "a*",
            "a\n",
            &"x".repeat(65),
            crate::os::TRIAL_ENTRY,
        ] {
            assert_eq!(Account::new(name), Err(BadAccount), "{name:?}");
        }
    }
}
