//! Why something was not done to a community.

use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::db::DbError;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum CommunityError {
    /// There is none with this id in this tenant.
    #[error("there is no such community")]
    NotFound,
    /// Input that does not make a community.
    #[error("the input is not valid")]
    Invalid(Vec<UserError>),
    /// It has to be restored first.
    #[error("the community is archived")]
    Archived,
    /// There is nothing to restore.
    #[error("the community is not archived")]
    NotArchived,
    /// It has ended, and that is for good.
    #[error("the community has ended")]
    Ended,
    /// Somebody else was faster.
    #[error("the community has a newer version")]
    VersionConflict,
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

impl From<ApiError> for CommunityError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<DbError> for CommunityError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Denied> for CommunityError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<Vec<UserError>> for CommunityError {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<CommunityError> for Failure {
    fn from(error: CommunityError) -> Self {
        let refused = |field, code, message| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            CommunityError::NotFound => Self::Refused(vec![UserError::not_found("id", "community")]),
            CommunityError::Invalid(errors) => Self::Refused(errors),
            CommunityError::Archived => {
                refused("id", UserErrorCode::Archived, "The community is archived; restore it first.")
            }
            CommunityError::NotArchived => refused("id", UserErrorCode::NotArchived, "The community is not archived."),
            CommunityError::Ended => {
                refused("stage", UserErrorCode::Invalid, "The community has ended, and that is for good.")
            }
            CommunityError::VersionConflict => {
                refused("version", UserErrorCode::VersionConflict, "The community has changed since this version.")
            }
            CommunityError::Failed(error) => Self::Failed(error),
        }
    }
}
