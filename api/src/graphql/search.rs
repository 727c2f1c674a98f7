//! Text to search by, as it comes from clients.

use crate::error::{ApiError, ErrorCode};

/// The longest text to search by, in characters: longer than any name.
const MAX_LENGTH: usize = 256;

/// Lets a search text in: no control characters, NUL among them, which PostgreSQL refuses. `argument` is its
/// path in the field's arguments, such as `filter.text`.
pub fn search_text(argument: &'static str, text: Option<String>) -> Result<Option<String>, ApiError> {
    let refuse = |message: &'static str| Err(ApiError::argument(ErrorCode::InputInvalid, argument, message));
    match text {
        Some(text) if text.chars().any(char::is_control) => refuse("A search text has no control characters."),
        Some(text) if text.chars().count() > MAX_LENGTH => refuse("A search text has at most 256 characters."),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_refused_and_the_argument_is_named() {
        let error = search_text("filter.text", Some("a\0b".to_owned())).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InputInvalid);
        assert_eq!(search_text("filter.text", Some("社群".to_owned())).unwrap().as_deref(), Some("社群"));
        assert!(search_text("filter.text", Some("x".repeat(257))).is_err());
    }
}
