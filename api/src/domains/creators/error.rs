//! Why something was not handed in, or not decided.

use crate::domains::members::MemberError;
use crate::domains::points::PointsError;
use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::db::DbError;

/// What can go wrong. The field is the one of the input that is at fault.
#[derive(Debug, thiserror::Error)]
pub enum CreatorError {
    /// There is none with this id in this tenant.
    #[error("there is no such {1}")]
    NotFound(&'static str, &'static str),
    /// Input that is not acceptable.
    #[error("the input is refused")]
    Refused(Vec<UserError>),
    /// Archived members hand nothing in.
    #[error("the member is archived")]
    MemberArchived(&'static str),
    /// The member does not belong to the community, or there is none.
    #[error("the member is not in the community")]
    Community(#[source] MemberError),
    /// Nobody has decided on too much of the member's.
    #[error("too many submissions are open")]
    TooManyOpen,
    /// The member handed in too much of late.
    #[error("too many submissions within a day")]
    TooManyToday,
    /// It was revised often enough.
    #[error("too many revisions")]
    TooManyRevisions,
    /// Somebody handed it in before.
    #[error("the reference is taken")]
    ReferenceTaken,
    /// It was decided on, or is not to be decided on.
    #[error("the submission is closed: {0}")]
    Closed(&'static str),
    /// It says something else meanwhile.
    #[error("the submission has a newer revision")]
    RevisionConflict,
    /// Somebody else changed it first.
    #[error("the programme has a newer version")]
    VersionConflict,
    /// The points were not given, or not taken back.
    #[error("the points refuse")]
    Points(#[source] PointsError),
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

impl From<DbError> for CreatorError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ApiError> for CreatorError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Denied> for CreatorError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<Vec<UserError>> for CreatorError {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Refused(errors)
    }
}

impl From<UserError> for CreatorError {
    fn from(error: UserError) -> Self {
        Self::Refused(vec![error])
    }
}

impl From<CreatorError> for Failure {
    fn from(error: CreatorError) -> Self {
        let refused = |field, code, message: &str| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            CreatorError::NotFound(field, noun) => Self::Refused(vec![UserError::not_found(field, noun)]),
            CreatorError::Refused(errors) => Self::Refused(errors),
            CreatorError::MemberArchived(field) => refused(field, UserErrorCode::Archived, "The member is archived."),
            CreatorError::Community(error) => error.into(),
            CreatorError::TooManyToday => {
                refused("memberId", UserErrorCode::LimitReached, "The member handed in 50 within the last 24 hours.")
            }
            CreatorError::TooManyOpen => {
                let message = "20 submissions of the member wait for a review or a revision.";
                refused("memberId", UserErrorCode::LimitReached, message)
            }
            CreatorError::TooManyRevisions => {
                refused("submissionId", UserErrorCode::LimitReached, "A submission has at most 20 revisions.")
            }
            CreatorError::ReferenceTaken => {
                refused("reference", UserErrorCode::AlreadyExists, "Another submission has this reference.")
            }
            CreatorError::Closed(why) => refused("submissionId", UserErrorCode::Closed, why),
            CreatorError::VersionConflict => {
                refused("version", UserErrorCode::VersionConflict, "The programme has changed since this version.")
            }
            CreatorError::RevisionConflict => {
                refused("revision", UserErrorCode::VersionConflict, "The submission has another revision now.")
            }
            // What the ledger refuses is no fault of another field: the input has the submission alone.
            CreatorError::Points(error) => match Self::from(error) {
                Self::Refused(errors) => {
                    let of_it = |error: UserError| UserError::at("submissionId", error.code, error.message);
                    Self::Refused(errors.into_iter().map(of_it).collect())
                }
                failed => failed,
            },
            CreatorError::Failed(error) => Self::Failed(error),
        }
    }
}
