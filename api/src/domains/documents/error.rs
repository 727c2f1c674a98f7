//! Why something was not done to a registry.

use crate::error::{ApiError, Denied, Failure, UserError};
use crate::platform::db::{Constraint, DbError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// There is no key with this id in this tenant, or it has no registry of its own.
    #[error("there is no such registry")]
    NotFound,
    /// Input that is not one.
    #[error("the input is not valid")]
    Invalid(UserError),
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

/// The tenant is there: only the key can be missing. SQLite does not say which reference fails.
const KEY: Constraint =
    Constraint { postgres: "document_registries_key_fkey", sqlite: "FOREIGN KEY constraint failed" };

impl From<DbError> for DocumentsError {
    fn from(error: DbError) -> Self {
        if error.violates(KEY) { Self::NotFound } else { Self::Failed(error.into()) }
    }
}

impl From<ApiError> for DocumentsError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Denied> for DocumentsError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<UserError> for DocumentsError {
    fn from(error: UserError) -> Self {
        Self::Invalid(error)
    }
}

impl From<DocumentsError> for Failure {
    fn from(error: DocumentsError) -> Self {
        match error {
            DocumentsError::NotFound => Self::Refused(vec![UserError::not_found("partnerKeyId", "registry")]),
            DocumentsError::Invalid(error) => Self::Refused(vec![error]),
            DocumentsError::Failed(error) => Self::Failed(error),
        }
    }
}
