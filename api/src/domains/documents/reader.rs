//! Manifests: a JSON object of ids and texts, as Relay's compiler (`persisted_queries.json`) and the client preset of
//! graphql-codegen (`persisted-documents.json`) write it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::model::AT_A_TIME;
use crate::error::{UserError, UserErrorCode};

/// A document as the manifest has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) text: String,
}

/// The documents of a manifest in its order; an id may come twice.
pub(super) fn read(json: &str) -> Result<Vec<Entry>, UserError> {
    let refused = |code, message: String| Err(UserError::at("manifest", code, message));
    match serde_json::from_str::<Manifest>(json) {
        Ok(Manifest(entries)) if entries.is_empty() => {
            refused(UserErrorCode::Required, "The manifest has no documents.".to_owned())
        }
        Ok(Manifest(entries)) => Ok(entries),
        Err(error) if error.to_string().starts_with(TOO_MANY) => {
            refused(UserErrorCode::TooLong, format!("At most {AT_A_TIME} documents at a time."))
        }
        Err(error) if error.to_string().starts_with(HAS_NUL) => {
            refused(UserErrorCode::Invalid, "An id or a text has a NUL character.".to_owned())
        }
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let what = if error.is_data() { "a JSON object of ids and texts" } else { "JSON" };
            refused(UserErrorCode::Invalid, format!("The manifest is not {what}: line {line}, column {column}."))
        }
    }
}

const TOO_MANY: &str = "too many documents";
/// No database keeps it, and no document needs it.
const HAS_NUL: &str = "a NUL character";

struct Manifest(Vec<Entry>);

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries).map(Manifest)
    }
}

/// Keeps what a map would lose: the order, and an id that comes twice.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Entry>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of ids and texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((id, text)) = map.next_entry::<String, String>()? {
            if id.contains('\0') || text.contains('\0') {
                return Err(A::Error::custom(HAS_NUL));
            }
            if entries.len() == AT_A_TIME {
                return Err(A::Error::custom(TOO_MANY));
            }
            entries.push(Entry { id, text });
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(json: &str) -> Vec<(String, String)> {
        read(json).unwrap().into_iter().map(|entry| (entry.id, entry.text)).collect()
    }

    fn code(json: &str) -> UserErrorCode {
        let error = read(json).unwrap_err();
        assert_eq!(error.field, Some(vec!["manifest".to_owned()]));
        error.code
    }

    #[test]
    fn the_manifests_of_relay_and_of_codegen_are_read_in_their_order() {
        let relay = r#"{
          "77b1f6d1c5e5b7a0": "query ShopQuery {\n  viewer {\n    role\n  }\n}\n",
          "02f1c3a9d4b8e6f7": "mutation Rename($input: MemberUpdateInput!) { memberUpdate(input: $input) { userErrors { code } } }"
        }"#;
        let read = entries(relay);
        assert_eq!(
            read[0],
            ("77b1f6d1c5e5b7a0".to_owned(), "query ShopQuery {\n  viewer {\n    role\n  }\n}\n".to_owned())
        );
        assert_eq!(read[1].0, "02f1c3a9d4b8e6f7");
        let codegen = r#"{"b9f0a2d7":"query Members { members { nodes { id __typename } __typename } }"}"#;
        assert_eq!(entries(codegen)[0].0, "b9f0a2d7");
    }

    #[test]
    fn an_id_that_comes_twice_is_not_lost() {
        assert_eq!(entries(r#"{"a": "{ x }", "a": "{ y }"}"#).len(), 2);
    }

    #[test]
    fn what_is_no_map_of_texts_is_refused() {
        for json in ["", "{", "[]", "null", r#""{ x }""#, r#"{"a": 1}"#, r#"{"a": {"b": "{ x }"}}"#, r#"{"a": "b"} x"#]
        {
            assert_eq!(code(json), UserErrorCode::Invalid, "{json}");
        }
        assert_eq!(code(r#"{"format": "apollo-persisted-query-manifest", "operations": []}"#), UserErrorCode::Invalid);
        assert_eq!(code(r#"{"a": "{ x } # \u0000"}"#), UserErrorCode::Invalid);
        assert_eq!(code(r#"{"\u0000": "{ x }"}"#), UserErrorCode::Invalid);
        assert_eq!(code(&"[".repeat(100_000)), UserErrorCode::Invalid);
        assert_eq!(code("{}"), UserErrorCode::Required);
    }

    #[test]
    fn a_manifest_has_a_thousand_documents_at_most() {
        let manifest = |count: usize| {
            let entries: Vec<_> = (0..count).map(|number| format!("\"{number}\": \"{{ x }}\"")).collect();
            format!("{{{}}}", entries.join(","))
        };
        assert_eq!(entries(&manifest(1_000)).len(), 1_000);
        assert_eq!(code(&manifest(1_001)), UserErrorCode::TooLong);
    }
}
