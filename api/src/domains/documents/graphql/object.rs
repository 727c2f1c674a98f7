//! Registries and documents, as clients see them.

use async_graphql::{ID, Object};

use super::super::model::{Mode, spell};
use super::super::{DocumentRow, RegistryRow};
use crate::error::ApiError;
use crate::graphql::batch::{Ref, loaded};
use crate::graphql::connection::Noun;
use crate::graphql::scalars::DateTime;

/// A registry of trusted documents.
pub struct DocumentRegistry(pub(super) RegistryRow);

/// Which documents the programs of a tenant, or of one of its keys, send; and what becomes of others. A key without a
/// registry of its own goes by the tenant's. It leads to nothing else: where only registered documents run, people may
/// always ask for it in the answer to `documentRegistryModeSet`.
#[Object]
impl DocumentRegistry {
    /// `reg_…`
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// `key_…`: whose it is; null for the tenant's.
    async fn partner_key_id(&self) -> Option<ID> {
        self.0.key.map(ID::from)
    }

    /// What becomes of documents that are not in it.
    async fn mode(&self) -> Mode {
        self.0.mode
    }

    /// When it was last changed, its documents included; null before.
    async fn updated_at(&self) -> Option<DateTime> {
        self.0.updated_at.map(DateTime)
    }

    /// Grows with each change, of its documents too.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// A trusted document.
#[derive(Clone)]
pub struct TrustedDocument(pub(super) Ref<DocumentRow>);

/// A document that is known beforehand. Its text never changes: another text has another id.
#[Object]
impl TrustedDocument {
    /// `doc_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What clients send as `documentId`, as the manifest had it.
    async fn document_id(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.document_id)
    }

    /// `sha256:` and 64 digits, made from the text; clients may send it as `documentId` too.
    async fn sha256(&self) -> Result<String, ApiError> {
        Ok(spell(&self.0.row()?.sha256))
    }

    /// The names of its operations; one without a name is left out.
    async fn operation_names(&self) -> Result<&[String], ApiError> {
        Ok(&self.0.row()?.operation_names)
    }

    /// The text.
    async fn text(&self) -> Result<&str, ApiError> {
        Ok(loaded(self.0.row()?.text.as_ref())?)
    }

    /// When it was published.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }
}

impl Noun for TrustedDocument {
    const NAME: &'static str = "TrustedDocument";
}
