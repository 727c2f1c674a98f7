//! A look at a document or a JSON text before any parser sees it.
//!
//! Recursive parsers die of nested brackets: 2,000 of them overflow the stack of a release build. These
//! scans are linear and allocate nothing.

/// The deepest nesting of brackets in a document.
pub(super) const MAX_NESTING: usize = 64;
/// The most lexical tokens in a document.
pub(super) const MAX_TOKENS: usize = 2_000;
/// The deepest nesting in a JSON body.
pub(super) const MAX_JSON_NESTING: usize = 64;

/// Why a text is not given to a parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// More than 64 levels of brackets.
    Nesting,
    /// More than 2,000 tokens.
    Tokens,
}

/// Checks a GraphQL document; gives its number of tokens.
pub(super) fn check_document(text: &str) -> Result<usize, TooMuch> {
    let mut rest = text.as_bytes();
    let (mut depth, mut tokens) = (0_usize, 0_usize);
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                rest = tail;
                continue;
            }
            b'#' => {
                rest = after_line(tail);
                continue;
            }
            b'"' => after_string(tail),
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Err(TooMuch::Nesting);
                }
                tail
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                tail
            }
            byte if is_word(byte) => after_word(tail),
            _ => tail,
        };
        tokens += 1;
        if tokens > MAX_TOKENS {
            return Err(TooMuch::Tokens);
        }
    }
    Ok(tokens)
}

/// Checks the nesting of a JSON text.
pub fn check_json(text: &[u8]) -> Result<(), TooMuch> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_string = false,
            (true, _) => {}
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > MAX_JSON_NESTING {
                    return Err(TooMuch::Nesting);
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.' || byte >= 0x80
}

fn after_word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| !is_word(byte)).unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| byte == b'\n' || byte == b'\r').unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

/// `text` starts behind the opening quote.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(block) = text.strip_prefix(br#""""#) {
        return after_block(block);
    }
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'"' => return tail,
            b'\\' => tail.get(1..).unwrap_or_default(),
            // An unterminated string is the parser's to report; what follows still counts.
            b'\n' | b'\r' => return tail,
            _ => tail,
        };
    }
    rest
}

fn after_block(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix(br#"\""""#) {
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix(br#"""""#) {
            return tail;
        } else {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let deep = "{".repeat(100);
        assert_eq!(check_document(&format!("{{ a(b: \"{deep}\") }}")), Ok(8));
        assert_eq!(check_document(&format!("{{ a(b: \"\"\"{deep}\"\"\") }} # {deep}")), Ok(8));
        assert_eq!(check_document(&deep), Err(TooMuch::Nesting));
        assert_eq!(check_document(&format!("{{ a(b: \"\\\"\") }} {deep}")), Err(TooMuch::Nesting));
    }

    #[test]
    fn tokens_are_counted_whole() {
        assert_eq!(check_document(&format!("{{ {} }}", "abc ".repeat(1_998))), Ok(2_000));
        assert_eq!(check_document(&format!("{{ {} }}", "abc ".repeat(1_999))), Err(TooMuch::Tokens));
    }

    #[test]
    fn json_nesting_is_bounded() {
        assert_eq!(check_json("[".repeat(64).as_bytes()), Ok(()));
        assert_eq!(check_json("[".repeat(65).as_bytes()), Err(TooMuch::Nesting));
        assert_eq!(check_json(format!("\"{}\"", "[".repeat(65)).as_bytes()), Ok(()));
    }
}
