//! Rust's words and signs, without comments, strings and numbers: enough to find paths.

/// A word, `::`, or any other single sign.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// The tokens of `text`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let skipped = skipped(rest);
        let length = if skipped > 0 { skipped } else { token_length(rest, first) };
        let (taken, next) = rest.split_at(length);
        if skipped == 0 {
            // `r#type` is the name `type`.
            tokens.push(Token { text: taken.trim_start_matches("r#").to_owned(), line });
        }
        line += taken.matches('\n').count();
        rest = next;
    }
    tokens
}

fn token_length(text: &str, first: char) -> usize {
    if text.starts_with("::") {
        return 2;
    }
    let raw = if text.starts_with("r#") { 2 } else { 0 };
    raw.max(raw + word_length(&text[raw..])).max(first.len_utf8())
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The length of what `text` begins with and no path is in; 0 for a token.
fn skipped(text: &str) -> usize {
    let first = text.chars().next().unwrap_or(' ');
    if first.is_whitespace() {
        return first.len_utf8();
    }
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return comment_length(text);
    }
    if first.is_ascii_digit() {
        return word_length(text);
    }
    if first == '\'' {
        return character_length(text);
    }
    string_length(text).unwrap_or(0)
}

fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(sign) = text[at..].chars().next() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += sign.len_utf8();
        }
    }
    text.len()
}

/// A character, or a lifetime: neither is part of a path.
fn character_length(text: &str) -> usize {
    let inner = &text[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        let escaped = escape.chars().next().map_or(0, char::len_utf8);
        return 2 + escaped + escape[escaped..].find('\'').map_or(0, |end| end + 1);
    }
    let one = inner.chars().next().map_or(0, char::len_utf8);
    if inner[one..].starts_with('\'') { 1 + one + 1 } else { 1 + word_length(inner) }
}

/// A string with its prefix, quotes and hashes; None if there is none here.
fn string_length(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix).unwrap_or_default();
        rest.starts_with('"') || (prefix.ends_with('r') && rest.trim_start_matches('#').starts_with('"'))
    })?;
    let body = &text[prefix.len()..];
    let hashes = body.len() - body.trim_start_matches('#').len();
    let open = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(text[open..].find(&end).map_or(text.len(), |at| open + at + end.len()));
    }
    let mut escaped = false;
    for (at, c) in text[open..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(open + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}
