//! API tokens (section 2.3).

/// The text is not a token: 64 hexadecimal digits. Says nothing about the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an API token")]
pub struct NotAToken;

/// Checks and normalises what a person pasted: blanks around it go, digits become upper case.
pub fn normalise(text: &str) -> Result<String, NotAToken> {
    let text = text.trim();
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(NotAToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_64_hexadecimal_digits() {
        assert_eq!(normalise(&format!(" {}\n", "aB".repeat(32))), Ok("AB".repeat(32)));
        for text in [
            "",
            &"g".repeat(64),
            &"a".repeat(63),
            &"a".repeat(65),
            &"а".repeat(32),
        ] {
            assert_eq!(normalise(text), Err(NotAToken));
        }
    }
}
