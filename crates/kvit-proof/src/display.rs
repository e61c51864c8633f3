//! Text of strangers, made safe to print.

use std::fmt::Write as _;

/// Returns `text` with every character that could move, hide or reorder what is around it written as `\u{…}`.
///
/// Line feeds stay. Escaped are: controls (C0 except LF, DEL, C1), the bidirectional controls, characters of no
/// width, line and paragraph separators, invisible fillers, tag and private-use characters and variation
/// selectors. A backslash is doubled, so that what was escaped cannot be imitated. Letters of every script stay
/// as they are: a look-alike is a matter for comparison, not for display.
#[must_use]
pub fn display_safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\\' {
            safe.push_str("\\\\");
        } else if character != '\n' && is_unsafe(character) {
            // Writing into a String cannot fail.
            let _ = write!(safe, "\\u{{{:04X}}}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Whether `character` must not reach a terminal or a screen as it is.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}'                  // soft hyphen
            | '\u{034F}'                // combining grapheme joiner
            | '\u{061C}'                // Arabic letter mark
            | '\u{115F}' | '\u{1160}'   // Hangul fillers
            | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'   // Mongolian selectors and vowel separator
            | '\u{200B}'..='\u{200F}'   // zero width, LRM, RLM
            | '\u{2028}'..='\u{202E}'   // separators, bidi embeddings and overrides
            | '\u{2060}'..='\u{206F}'   // word joiner, isolates, deprecated format characters
            | '\u{2800}'                // blank braille cell
            | '\u{3164}' | '\u{FFA0}'   // Hangul fillers
            | '\u{E000}'..='\u{F8FF}'   // private use
            | '\u{FE00}'..='\u{FE0F}'   // variation selectors
            | '\u{FEFF}'                // byte order mark
            | '\u{FFF0}'..='\u{FFFB}'   // interlinear annotation
            | '\u{1D173}'..='\u{1D17A}' // musical format characters
            | '\u{E0000}'..='\u{10FFFF}' // tags, selectors, private planes
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_and_direction_are_escaped_and_letters_stay() {
        assert_eq!(display_safe("Плательщик: alice\nok"), "Плательщик: alice\nok");
        assert_eq!(
            display_safe("a\u{202E}b\u{1B}[2Jc\rd"),
            "a\\u{202E}b\\u{001B}[2Jc\\u{000D}d"
        );
        assert_eq!(display_safe("\\u{202E}"), "\\\\u{202E}");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_comes_through_and_nothing_is_lost(text in "\\PC*|.*") {
            let safe = display_safe(&text);
            prop_assert!(!safe.chars().any(|c| c != '\n' && is_unsafe(c)));
            // Undo the escaping: the text must come back, so two texts never look the same.
            let mut back = String::new();
            let mut rest = safe.as_str();
            while let Some(c) = rest.chars().next() {
                rest = &rest[c.len_utf8()..];
                if c != '\\' {
                    back.push(c);
                } else if let Some(after) = rest.strip_prefix('\\') {
                    back.push('\\');
                    rest = after;
                } else {
                    let end = rest.find('}').unwrap();
                    back.push(char::from_u32(u32::from_str_radix(&rest[2..end], 16).unwrap()).unwrap());
                    rest = &rest[end + 1..];
                }
            }
            prop_assert_eq!(back, text);
        }
    }
}
