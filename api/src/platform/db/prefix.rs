//! Prefix search on a byte-ordered column, as a range: an index serves it on both databases, and under
//! row security too, where LIKE may not use one.

use sea_orm::sea_query::{Cond, Condition, ExprTrait as _, SimpleExpr};

/// The condition that `column` starts with `prefix`.
#[must_use]
pub fn starts_with(column: SimpleExpr, prefix: &str) -> Condition {
    let from = Cond::all().add(column.clone().gte(prefix));
    match successor(prefix) {
        Some(end) => from.add(column.lt(end)),
        None => from,
    }
}

/// The least text above all texts that start with `prefix`; None when there is no such text.
fn successor(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_is_above_all_extensions() {
        assert_eq!(successor("ab"), Some("ac".to_owned()));
        assert_eq!(successor("a\u{10ffff}"), Some("b".to_owned()));
        assert_eq!(successor("\u{d7ff}"), Some("\u{e000}".to_owned()));
        assert_eq!(successor(""), None);
    }
}
