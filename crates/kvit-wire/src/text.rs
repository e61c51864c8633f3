//! Texts within bounds. The contract's own limits (section 3.3) count UTF-16 units; these bounds are wider, count
//! bytes, and only keep out what no honest server sends.

use crate::path::{Path, Reason, WireFault};

/// Longest name, code, link or title, in bytes: 300 characters of the contract at four bytes each.
pub const NAME_LIMIT: usize = 1200;

/// Longest text, in bytes: twenty times the longest message of the contract.
pub const TEXT_LIMIT: usize = 20_000;

/// A short text.
pub fn name(text: String, path: &Path<'_>) -> Result<String, WireFault> {
    bounded(text, NAME_LIMIT, path)
}

/// A long text.
pub fn text(text: String, path: &Path<'_>) -> Result<String, WireFault> {
    bounded(text, TEXT_LIMIT, path)
}

/// A long text, empty for none.
pub fn optional(text: String, path: &Path<'_>) -> Result<Option<String>, WireFault> {
    let text = bounded(text, TEXT_LIMIT, path)?;
    Ok(if text.is_empty() { None } else { Some(text) })
}

fn bounded(text: String, limit: usize, path: &Path<'_>) -> Result<String, WireFault> {
    if text.len() > limit {
        return Err(path.fault(Reason::TooLong));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_texts_are_refused() {
        let path = Path::ROOT;
        assert!(name("n".repeat(NAME_LIMIT), &path).is_ok());
        assert_eq!(
            name("n".repeat(NAME_LIMIT + 1), &path).unwrap_err().reason,
            Reason::TooLong
        );
        assert!(text("t".repeat(TEXT_LIMIT), &path).is_ok());
        assert_eq!(
            text("t".repeat(TEXT_LIMIT + 1), &path).unwrap_err().reason,
            Reason::TooLong
        );
        assert_eq!(optional(String::new(), &path), Ok(None));
    }
}
