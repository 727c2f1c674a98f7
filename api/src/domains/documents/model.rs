//! What a registry is, how documents are named in it, and what becomes of one that is published.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::error::{UserError, UserErrorCode};
use crate::named_enum;

/// Documents in one call.
pub(super) const AT_A_TIME: usize = 1_000;
/// Documents in one registry.
pub(super) const IN_REGISTRY: i64 = 10_000;
/// The longest id, in characters.
const ID_LENGTH: usize = 128;
/// What ids that are made from the text begin with.
const SHA256: &str = "sha256:";
/// What a remembered document weighs beside its id, in bytes.
const WEIGHT: usize = 160;

/// The SHA-256 of a text.
pub(super) type Hash = [u8; 32];

named_enum! {
    /// What becomes of documents that are not in the registry.
    #[graphql(name = "DocumentRegistryMode")]
    Mode {
        /// They run.
        Open "OPEN",
        /// They run, and are written to the log and counted.
        Log "LOG",
        /// They are refused with DOCUMENT_NOT_TRUSTED.
        Enforce "ENFORCE",
    }
}

impl Mode {
    /// Whether going over to `other` takes a wall down.
    pub(super) fn is_loosened_by(self, other: Self) -> bool {
        self == Self::Enforce && other != Self::Enforce
    }
}

named_enum! {
    /// What became of a document.
    #[derive(Serialize, Deserialize)]
    #[graphql(name = "TrustedDocumentStatus")]
    Status {
        /// It is in the registry from now on.
        Added "ADDED",
        /// It was in the registry before.
        Unchanged "UNCHANGED",
        /// It was not taken; its errors say why.
        Refused "REFUSED",
    }
}

/// What became of a document, as it is remembered under an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentOutcome {
    /// What clients call it.
    pub document_id: String,
    /// What became of it.
    pub status: Status,
    /// Why it was refused.
    pub errors: Vec<UserError>,
}

impl DocumentOutcome {
    pub(super) fn of(document_id: String, status: Status) -> Self {
        Self { document_id, status, errors: Vec::new() }
    }

    pub(super) fn refused(document_id: String, unfit: Unfit) -> Self {
        // The id may have dots, and is one step of the path all the same.
        let field = Some(vec!["manifest".to_owned(), document_id.clone()]);
        let errors = vec![UserError { field, message: unfit.message, code: unfit.code }];
        Self { document_id, status: Status::Refused, errors }
    }
}

/// A text that may be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The names of its operations; one without a name is left out.
    pub operation_names: Vec<String>,
}

/// Why a document may not be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What to branch on.
    pub code: UserErrorCode,
    /// For a developer.
    pub message: String,
}

impl Unfit {
    /// For this reason.
    #[must_use]
    pub fn new(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn taken() -> Self {
        Self::new(UserErrorCode::DocumentIdTaken, "This id stands for another text; give the new text another id.")
    }

    pub(super) fn full() -> Self {
        Self::new(UserErrorCode::TooLong, format!("A registry has at most {IN_REGISTRY} documents; remove old ones."))
    }

    pub(super) fn gone() -> Self {
        Self::new(UserErrorCode::VersionConflict, "Somebody removed this document just now; publish it again.")
    }
}

/// Which documents to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The one with this id.
    pub document_id: Option<String>,
    /// Those with an operation of this name.
    pub operation_name: Option<String>,
}

/// Whether a document with this text may have this id.
pub(super) fn check_id(id: &str, hash: &Hash) -> Result<(), Unfit> {
    let invalid = |message: &str| Err(Unfit::new(UserErrorCode::Invalid, message));
    if id.is_empty() || id.len() > ID_LENGTH {
        return invalid("An id has 1 to 128 characters.");
    }
    if id.starts_with(SHA256) {
        return if id == spell(hash) { Ok(()) } else { invalid("This id is not the SHA-256 of the text.") };
    }
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
    match id.split_once(':') {
        None if is_plain(id) => Ok(()),
        Some((prefix, payload)) if prefix.starts_with("x-") && is_plain(prefix) && is_plain(payload) => Ok(()),
        _ => invalid("An id has letters, digits, - . _ and ~, and may begin with sha256: or a prefix such as x-app:"),
    }
}

/// The id that every document has besides its own: `sha256:` and 64 digits.
#[must_use]
pub fn spell(hash: &[u8]) -> String {
    let mut text = SHA256.to_owned();
    for byte in hash {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The hashes of a registry, by id.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    by_id: HashMap<String, Hash>,
    all: HashSet<Hash>,
    weight: usize,
}

impl Hashes {
    pub(super) fn of(documents: impl IntoIterator<Item = (String, Hash)>) -> Self {
        let mut hashes = Self::default();
        for (id, hash) in documents {
            hashes.weight += id.len() + WEIGHT;
            hashes.all.insert(hash);
            hashes.by_id.insert(id, hash);
        }
        hashes
    }

    /// The hash of the document with this id, or with this hash if the id says one.
    pub(super) fn find(&self, id: &str) -> Option<Hash> {
        let by_hash = || parse(id).filter(|hash| self.all.contains(hash));
        self.by_id.get(id).copied().or_else(by_hash)
    }

    /// The hash of the document that has just this id.
    pub(super) fn get(&self, id: &str) -> Option<&Hash> {
        self.by_id.get(id)
    }

    pub(super) fn has(&self, hash: &Hash) -> bool {
        self.all.contains(hash)
    }

    /// About what this takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }
}

/// Reads what [`spell`] wrote.
fn parse(id: &str) -> Option<Hash> {
    let digits = id.strip_prefix(SHA256)?;
    let is_lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != 64 || !digits.bytes().all(is_lower) {
        return None;
    }
    let mut hash = Hash::default();
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_one_spelling_and_reads_back() {
        let hash: Hash = std::array::from_fn(|place| u8::try_from(place * 8).unwrap());
        let text = spell(&hash);
        assert_eq!(text.len(), 71);
        assert_eq!(parse(&text), Some(hash));
        for wrong in [text.to_uppercase(), text.replace("sha256:", ""), text[..70].to_owned(), format!("{text}0")] {
            assert_eq!(parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_are_those_of_the_draft_and_one_that_names_a_hash_names_the_right_one() {
        let hash = [7; 32];
        for id in ["d41d8cd98f00b204e9800998ecf8427e", "Shop.1~a_b-c", "x-app:42", &spell(&hash)] {
            assert_eq!(check_id(id, &hash), Ok(()), "{id}");
        }
        let long = "a".repeat(129);
        for id in ["", "a b", "a/b", "app:42", "x-app:4:2", "社群", "sha256:", &spell(&[8; 32]), &long] {
            assert_eq!(check_id(id, &hash).unwrap_err().code, UserErrorCode::Invalid, "{id}");
        }
    }

    #[test]
    fn a_document_is_found_by_its_id_and_by_its_hash() {
        let hashes = Hashes::of([("one".to_owned(), [1; 32]), ("also-one".to_owned(), [1; 32])]);
        assert_eq!(hashes.find("one"), Some([1; 32]));
        assert_eq!(hashes.find(&spell(&[1; 32])), Some([1; 32]));
        assert_eq!(hashes.find("two"), None);
        assert_eq!(hashes.find(&spell(&[2; 32])), None);
    }

    #[test]
    fn only_leaving_enforce_takes_a_wall_down() {
        let loosening: Vec<_> = Mode::ALL
            .iter()
            .flat_map(|from| Mode::ALL.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| from.is_loosened_by(*to))
            .collect();
        assert_eq!(loosening, [(Mode::Enforce, Mode::Open), (Mode::Enforce, Mode::Log)]);
    }
}
