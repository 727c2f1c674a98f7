//! Text from outside: what is let in, and the form it is compared and sorted by.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

/// Why a text was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextProblem {
    /// Nothing but white space.
    Blank,
    /// More characters than allowed.
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// A control character, NUL among them, or an unpaired direction mark.
    Control,
}

/// One line of text: trimmed, composed (NFC), without control characters, 1 to `max` characters.
pub fn parse_line(input: &str, max: usize) -> Result<String, TextProblem> {
    let text: String = input.trim().nfc().collect();
    if text.is_empty() {
        return Err(TextProblem::Blank);
    }
    if text.chars().any(char::is_control) {
        return Err(TextProblem::Control);
    }
    if text.chars().count() > max {
        return Err(TextProblem::TooLong { max });
    }
    Ok(text)
}

/// Text of several lines: trimmed, composed (NFC), with line feeds and tabs and no other control characters, 1 to `max`
/// characters. What ends a line elsewhere becomes a line feed.
pub fn parse_text(input: &str, max: usize) -> Result<String, TextProblem> {
    let text: String = input.replace("\r\n", "\n").replace('\r', "\n").trim().nfc().collect();
    if text.is_empty() {
        return Err(TextProblem::Blank);
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
        return Err(TextProblem::Control);
    }
    if text.chars().count() > max {
        return Err(TextProblem::TooLong { max });
    }
    Ok(text)
}

/// The spelling of a day, in the database and outside.
#[must_use]
pub fn spell_day(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

/// The form by which names are sorted and found: compatibility-composed, lower case, single spaces.
///
/// Both databases compare it byte by byte, so that lists have one order everywhere.
#[must_use]
pub fn sort_key(text: &str) -> String {
    let folded: String = text.nfkc().collect::<String>().to_lowercase();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_and_case_fold_together() {
        assert_eq!(sort_key("Ｓｈｅ  QUN 社群"), "she qun 社群");
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(parse_line("a\0b", 10), Err(TextProblem::Control));
        assert_eq!(parse_line("  ", 10), Err(TextProblem::Blank));
        assert_eq!(parse_line("社群社群", 3), Err(TextProblem::TooLong { max: 3 }));
        assert_eq!(parse_line(" 社群 ", 3), Ok("社群".to_owned()));
    }

    #[test]
    fn lines_end_in_one_way() {
        assert_eq!(parse_text(" a\r\nb\rc\n", 10), Ok("a\nb\nc".to_owned()));
        assert_eq!(parse_text("a\u{1b}[31m", 10), Err(TextProblem::Control));
        assert_eq!(parse_text("\n", 10), Err(TextProblem::Blank));
        assert_eq!(parse_text("社群\n社群", 4), Err(TextProblem::TooLong { max: 4 }));
    }
}
