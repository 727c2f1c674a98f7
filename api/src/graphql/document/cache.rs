//! Parsed documents, and a memory of those that passed the guards.
//!
//! Clients send the same few texts over and over. The memory is shared by all callers and bounded by number and
//! by weight, so that whoever sends ever new texts gains nothing but their own parsing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::ServerError;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};

use super::lexical::{self, TooMuch};
use super::shape::{self, Shape, Shapes};
use crate::error::{ApiError, ErrorCode};
use crate::platform::crypto::sha256;

/// The longest document, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// The most documents remembered.
const MOST_DOCUMENTS: usize = 1_000;
/// The most that remembered documents weigh together, in bytes.
const MOST_WEIGHT: usize = 4 * 1024 * 1024;
/// About what a token becomes in the parsed document, in bytes.
const TOKEN_WEIGHT: usize = 200;

/// A document within all limits of size and nesting.
#[derive(Debug)]
pub struct Document {
    parsed: ExecutableDocument,
    shapes: Shapes,
    hash: [u8; 32],
}

/// Why a text is no document to us.
#[derive(Clone, Debug)]
pub enum Unreadable {
    /// It passes a limit.
    Refused(ApiError),
    /// It is not GraphQL; says where.
    NotGraphql(ServerError),
}

impl From<ApiError> for Unreadable {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl Document {
    /// The document of a text that nobody is to remember.
    pub fn of(text: &str) -> Result<Self, Unreadable> {
        Self::parse(text, sha256(text.as_bytes())).map(|(document, _)| document)
    }

    /// Parses a text, with the guards before and behind the parser; gives its weight too.
    fn parse(text: &str, hash: [u8; 32]) -> Result<(Self, usize), Unreadable> {
        let too_complex = |message| Unreadable::Refused(ApiError::new(ErrorCode::DocumentTooComplex, message));
        if text.len() > MAX_TEXT {
            return Err(too_complex("The document has more than 65,536 bytes."));
        }
        let tokens = lexical::check_document(text).map_err(|problem| match problem {
            TooMuch::Nesting => too_complex("The document is nested deeper than 64 brackets."),
            TooMuch::Tokens => too_complex("The document has more than 2,000 tokens."),
        })?;
        let parsed = parse_query(text).map_err(|error| Unreadable::NotGraphql(error.into()))?;
        let shapes = shape::check(&parsed).map_err(Unreadable::Refused)?;
        Ok((Self { parsed, shapes, hash }, text.len() + tokens * TOKEN_WEIGHT))
    }

    /// What the parser made of it.
    #[must_use]
    pub fn parsed(&self) -> &ExecutableDocument {
        &self.parsed
    }

    /// The SHA-256 of its text.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The operation to run: the one of this name, or the only one.
    pub fn operation(&self, name: Option<&str>) -> Result<(&OperationDefinition, Shape), ApiError> {
        let missing = |message: &'static str| ApiError::argument(ErrorCode::ValidationFailed, "operationName", message);
        let (known, operation) = match (&self.parsed.operations, name) {
            (DocumentOperations::Single(operation), None) => (None, operation),
            (DocumentOperations::Multiple(all), Some(name)) => all
                .get_key_value(name)
                .map(|(name, operation)| (Some(name.to_string()), operation))
                .ok_or_else(|| missing("The document has no operation of this name."))?,
            (DocumentOperations::Single(_), Some(_)) => {
                return Err(missing("The document has no operation of this name."));
            }
            (DocumentOperations::Multiple(all), None) => match (all.len(), all.iter().next()) {
                (1, Some((name, operation))) => (Some(name.to_string()), operation),
                _ => return Err(missing("The document has several operations; say which one.")),
            },
        };
        let shape = self.shapes.get(&known).cloned();
        Ok((&operation.node, shape.unwrap_or_else(|| Err(ApiError::internal("an operation was not measured")))?))
    }

    /// The names of its operations, sorted; one without a name is left out.
    #[must_use]
    pub fn operation_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.shapes.keys().flatten().cloned().collect();
        names.sort_unstable();
        names
    }

    /// What each operation is like, or why one is refused.
    pub fn shapes(&self) -> impl Iterator<Item = Result<Shape, ApiError>> {
        self.shapes.values().cloned()
    }
}

/// The memory; cheap to clone.
#[derive(Clone, Default)]
pub struct Documents(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    entries: HashMap<[u8; 32], Entry>,
    weight: usize,
    /// Grows with each use: the entry with the smallest was used least lately.
    uses: u64,
}

struct Entry {
    document: Arc<Document>,
    weight: usize,
    used: u64,
}

impl Documents {
    /// The document of a text, from memory or parsed now.
    pub fn read(&self, text: &str) -> Result<Arc<Document>, Unreadable> {
        let hash = sha256(text.as_bytes());
        if let Some(document) = self.memory().recall(&hash) {
            return Ok(document);
        }
        let (document, weight) = Document::parse(text, hash)?;
        let document = Arc::new(document);
        if document.shapes.values().all(Result::is_ok) {
            self.memory().keep(hash, Arc::clone(&document), weight);
        }
        Ok(document)
    }

    /// The document of a text with this SHA-256, if it is in memory.
    #[must_use]
    pub fn recall(&self, hash: &[u8; 32]) -> Option<Arc<Document>> {
        self.memory().recall(hash)
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn recall(&mut self, hash: &[u8; 32]) -> Option<Arc<Document>> {
        self.uses += 1;
        let entry = self.entries.get_mut(hash)?;
        entry.used = self.uses;
        Some(Arc::clone(&entry.document))
    }

    fn keep(&mut self, hash: [u8; 32], document: Arc<Document>, weight: usize) {
        self.uses += 1;
        self.weight += weight;
        if let Some(known) = self.entries.insert(hash, Entry { document, weight, used: self.uses }) {
            self.weight -= known.weight;
        }
        while self.weight > MOST_WEIGHT || self.entries.len() > MOST_DOCUMENTS {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(hash, _)| *hash) else {
                break;
            };
            self.weight -= self.entries.remove(&oldest).map_or(0, |entry| entry.weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_bounded_by_number_and_weight_and_forgets_the_least_used() {
        let documents = Documents::default();
        let first = documents.read("{ first }").unwrap();
        for number in 0..1_100 {
            documents.read(&format!("{{ a{number} }}")).unwrap();
            assert!(Arc::ptr_eq(&first, &documents.read("{ first }").unwrap()));
        }
        assert_eq!(documents.memory().entries.len(), MOST_DOCUMENTS);
        for number in 0..30 {
            let heavy = format!("b {{ {} }} ", "c ".repeat(150)).repeat(12);
            documents.read(&format!("{{ a{number} {{ {heavy} }} }}")).unwrap();
        }
        assert!(documents.memory().weight <= MOST_WEIGHT);
        assert!(documents.memory().entries.len() < 30);
        let weights: usize = documents.memory().entries.values().map(|entry| entry.weight).sum();
        assert_eq!(documents.memory().weight, weights);
    }

    #[test]
    fn what_a_guard_refuses_is_not_remembered() {
        let documents = Documents::default();
        documents.read("{ a").unwrap_err();
        documents.read(&format!("{{ {} }}", "a ".repeat(21))).unwrap().operation(None).unwrap_err();
        assert_eq!(documents.memory().entries.len(), 0);
    }
}
