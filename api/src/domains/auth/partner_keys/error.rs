//! Why something was not done to a key.

use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::db::{Constraint, DbError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum PartnerKeyError {
    /// There is none with this id in this tenant.
    #[error("there is no such key")]
    NotFound,
    /// Input that does not make a key.
    #[error("the input is not valid")]
    Invalid(Vec<UserError>),
    /// It has ended, and that is for good.
    #[error("the key is revoked")]
    Revoked,
    /// Somebody else was faster.
    #[error("the key has a newer version")]
    VersionConflict,
    /// It is to be restricted to a community that this tenant does not have.
    #[error("there is no such community")]
    CommunityUnknown,
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

/// Only the list of a key's communities can name what is not there: SQLite does not say which reference fails.
const COMMUNITY: Constraint =
    Constraint { postgres: "partner_key_communities_community_fkey", sqlite: "FOREIGN KEY constraint failed" };

impl From<DbError> for PartnerKeyError {
    fn from(error: DbError) -> Self {
        if error.violates(COMMUNITY) { Self::CommunityUnknown } else { Self::Failed(error.into()) }
    }
}

impl From<ApiError> for PartnerKeyError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Denied> for PartnerKeyError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<Vec<UserError>> for PartnerKeyError {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<PartnerKeyError> for Failure {
    fn from(error: PartnerKeyError) -> Self {
        let refused = |field, code, message| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            PartnerKeyError::NotFound => Self::Refused(vec![UserError::not_found("id", "key")]),
            PartnerKeyError::Invalid(errors) => Self::Refused(errors),
            PartnerKeyError::Revoked => {
                refused("id", UserErrorCode::Invalid, "The key is revoked, and that is for good.")
            }
            PartnerKeyError::VersionConflict => {
                refused("version", UserErrorCode::VersionConflict, "The key has changed since this version.")
            }
            PartnerKeyError::CommunityUnknown => Self::Refused(vec![UserError::not_found("communityIds", "community")]),
            PartnerKeyError::Failed(error) => Self::Failed(error),
        }
    }
}
