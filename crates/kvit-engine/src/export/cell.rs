//! What may stand in a cell of a spreadsheet.
//!
//! A spreadsheet calculates a cell that begins with a formula sign, and a formula can send the sheet elsewhere or start
//! programs. OWASP's answer ("CSV Injection") is followed: every cell in quotes, quotes doubled, and an apostrophe
//! before a formula sign. The apostrophe is put not only at the head of a cell but wherever one would begin if the file
//! were opened with another separator than its own.

use std::iter;

use super::Tongue;

/// The most digits a spreadsheet keeps of a number: it calculates in binary floating point.
const SPREADSHEET_DIGITS: usize = 15;

/// A text, made harmless: on one line, without controls, without what hides or reorders other text, and without
/// anything that could begin a formula.
pub(super) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut at_head = true;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let character = match character {
            '\r' if characters.peek() == Some(&'\n') => continue,
            '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
            _ if character.is_control() || is_hidden(character) => continue,
            _ => character,
        };
        if at_head && is_formula_sign(character) {
            safe.push('\'');
        }
        at_head = match character {
            ',' | ';' | '|' => true,
            // What a reader may trim, or take for the opening of a cell, leaves the head where it is.
            _ => at_head && (character == '"' || character.is_whitespace() || is_blank(character)),
        };
        safe.push(character);
    }
    safe
}

/// A number that is not negative, given with digits and at most one point, in the tongue's form. One with more digits
/// than a spreadsheet keeps is made a text, or its last digits would become zeros.
pub(super) fn number(number: &str, tongue: Tongue) -> String {
    let mark = match tongue {
        Tongue::En => '.',
        Tongue::Ru => ',',
    };
    let digits = number
        .chars()
        .filter(char::is_ascii_digit)
        .skip_while(|digit| *digit == '0')
        .count();
    iter::once('\'')
        .filter(|_| digits > SPREADSHEET_DIGITS)
        .chain(
            number
                .chars()
                .map(|character| if character == '.' { mark } else { character }),
        )
        .collect()
}

/// A fingerprint in groups of four: one of digits only, or with one E among them, would be taken for a number.
pub(super) fn fingerprint(key: &str) -> String {
    let mut groups = String::with_capacity(key.len().saturating_mul(2));
    for (place, character) in key.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            groups.push(' ');
        }
        groups.push(character);
    }
    text(&groups)
}

/// The signs that begin a formula, also in the wide and small forms that some programs read as the plain ones.
pub(super) fn is_formula_sign(character: char) -> bool {
    matches!(
        character,
        '=' | '+' | '-' | '@'
            | '\u{2212}'                                        // minus sign
            | '\u{FE62}' | '\u{FE63}' | '\u{FE66}' | '\u{FE6B}' // small + - = @
            | '\u{FF0B}' | '\u{FF0D}' | '\u{FF1D}' | '\u{FF20}' // wide + - = @
    )
}

/// Characters that reorder or hide text and belong to no script's spelling.
pub(super) fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{061C}'                 // Arabic letter mark
            | '\u{180E}'           // Mongolian vowel separator
            | '\u{200B}'           // zero width space
            | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}' // bidirectional embeddings and overrides
            | '\u{2060}'..='\u{206F}' // word joiner, isolates, deprecated format characters
            | '\u{FEFF}'           // byte order mark
            | '\u{FFF9}'..='\u{FFFB}' // interlinear annotation
            | '\u{E0000}'..='\u{E007F}' // tags
    )
}

/// Shown as nothing, but part of how some scripts and pictures are spelled, so kept.
pub(super) fn is_blank(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{034F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200C}'
            | '\u{200D}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFA0}'
            | '\u{E0100}'..='\u{E01EF}'
    )
}
