//! Why somebody was not checked in, or no day was made up.

use super::model::NotMissed;
use crate::domains::members::MemberError;
use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::db::DbError;

/// What can go wrong. The field is the one of the input that is at fault.
#[derive(Debug, thiserror::Error)]
pub enum EngagementError {
    /// There is no member with this id in this tenant.
    #[error("there is no such member")]
    NotFound,
    /// Archived members do not check in.
    #[error("the member is archived")]
    Archived,
    /// The member does not belong to the community, or there is none.
    #[error("the member is not in the community")]
    Community(#[source] MemberError),
    /// Input that is not acceptable.
    #[error("the input is not valid")]
    Invalid(Vec<UserError>),
    /// Once a day is all.
    #[error("the member has checked in")]
    AlreadyCheckedIn(&'static str),
    /// Who had not begun by then has missed nothing.
    #[error("the member had not begun to check in")]
    NotBegun,
    /// Making a day up takes a card.
    #[error("the member has no card")]
    NoCards,
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

impl From<NotMissed> for EngagementError {
    fn from(reason: NotMissed) -> Self {
        match reason {
            NotMissed::AlreadyCheckedIn => Self::AlreadyCheckedIn("day"),
            NotMissed::NotBegun => Self::NotBegun,
            NotMissed::NoCards => Self::NoCards,
        }
    }
}

impl From<DbError> for EngagementError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ApiError> for EngagementError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Denied> for EngagementError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<Vec<UserError>> for EngagementError {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<EngagementError> for Failure {
    fn from(error: EngagementError) -> Self {
        let refused = |field, code, message: &str| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            EngagementError::NotFound => Self::Refused(vec![UserError::not_found("memberId", "member")]),
            EngagementError::Archived => refused("memberId", UserErrorCode::Archived, "The member is archived."),
            EngagementError::Community(error) => error.into(),
            EngagementError::Invalid(errors) => Self::Refused(errors),
            EngagementError::AlreadyCheckedIn(field) => {
                refused(field, UserErrorCode::AlreadyCheckedIn, "The member has checked in on this day.")
            }
            EngagementError::NotBegun => {
                refused("day", UserErrorCode::Invalid, "The member had not begun to check in by then.")
            }
            EngagementError::NoCards => refused("memberId", UserErrorCode::NoCards, "The member has no card left."),
            EngagementError::Failed(error) => Self::Failed(error),
        }
    }
}
