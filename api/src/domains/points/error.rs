//! Why something was not done to points.

use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::db::{Constraint, DbError};
use crate::platform::ids::MemberId;

/// What can go wrong. The field is the one of the input that names the thing.
#[derive(Debug, thiserror::Error)]
pub enum PointsError {
    /// There is none with this id in this tenant.
    #[error("there is no such {1}")]
    NotFound(&'static str, &'static str),
    /// Input that is not acceptable.
    #[error("the input is not valid")]
    Invalid(Vec<UserError>),
    /// Archived members are given nothing.
    #[error("the member is archived")]
    Archived(&'static str),
    /// The tenant does not let members give each other points.
    #[error("transfers are off")]
    TransfersOff,
    /// Too few are available.
    #[error("too few points are available")]
    Insufficient(&'static str),
    /// The account was found not to add up.
    #[error("the account is frozen")]
    Frozen(&'static str),
    /// There is nothing to unfreeze.
    #[error("the account is not frozen")]
    NotFrozen,
    /// It still does not add up.
    #[error("the account does not add up")]
    StillWrong,
    /// It was undone before.
    #[error("the entry was reversed")]
    AlreadyReversed,
    /// Entries like this are not undone.
    #[error("the entry cannot be reversed: {0}")]
    NotReversible(&'static str),
    /// The member has as many open holds as one may.
    #[error("too many open holds")]
    TooManyHolds,
    /// Balance and lots do not say the same.
    #[error("the account of {0} does not add up")]
    DoesNotAddUp(MemberId),
    /// It is archived for good.
    #[error("the rule is archived")]
    RuleArchived,
    /// A rule that has paid, or may have, is no draft again.
    #[error("the rule was in force")]
    NoDraft,
    /// The tenant has as many rules as one may.
    #[error("too many rules")]
    TooManyRules,
    /// It is over.
    #[error("the hold is closed")]
    HoldClosed,
    /// It is kept for something else, which alone ends it.
    #[error("the hold is kept for something else")]
    HoldKept,
    /// One person alone does not move so many.
    #[error("a second person has to approve")]
    ApprovalRequired,
    /// It was decided or withdrawn, or its time is over.
    #[error("the request is closed")]
    ApprovalClosed,
    /// Nobody is their own second person.
    #[error("whoever asked does not decide")]
    SelfApproval,
    /// Others do not take a request back.
    #[error("somebody else asked")]
    AskedByAnother,
    /// Somebody else was faster.
    #[error("the {0} has a newer version")]
    VersionConflict(&'static str),
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

/// An entry is reversed once, also by two at a time.
const REVERSES: Constraint = Constraint {
    postgres: "points_entries_reverses_key",
    sqlite: "points_entries.tenant_id, points_entries.reverses_id",
};

/// A version of the growth path is made once.
const PATH: Constraint =
    Constraint { postgres: "growth_paths_pkey", sqlite: "growth_paths.tenant_id, growth_paths.version" };

impl From<DbError> for PointsError {
    fn from(error: DbError) -> Self {
        if error.violates(REVERSES) {
            return Self::AlreadyReversed;
        }
        if error.violates(PATH) { Self::VersionConflict("growth path") } else { Self::Failed(error.into()) }
    }
}

impl From<ApiError> for PointsError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Denied> for PointsError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<Vec<UserError>> for PointsError {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<PointsError> for Failure {
    fn from(error: PointsError) -> Self {
        let refused = |field, code, message: &str| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            PointsError::NotFound(field, noun) => Self::Refused(vec![UserError::not_found(field, noun)]),
            PointsError::Invalid(errors) => Self::Refused(errors),
            PointsError::Archived(field) => refused(field, UserErrorCode::Archived, "The member is archived."),
            PointsError::TransfersOff => Self::Refused(vec![UserError {
                field: None,
                message: "Members do not give each other points here: pointsPolicyUpdate lets them.".to_owned(),
                code: UserErrorCode::NotEnabled,
            }]),
            PointsError::Insufficient(field) => {
                refused(field, UserErrorCode::InsufficientPoints, "Fewer points are available than this takes.")
            }
            PointsError::Frozen(field) => refused(
                field,
                UserErrorCode::AccountFrozen,
                "The member's account was found not to add up: nothing is posted until that is cleared.",
            ),
            PointsError::NotFrozen => {
                refused("memberId", UserErrorCode::AccountNotFrozen, "The member's account is not frozen.")
            }
            PointsError::StillWrong => {
                refused("memberId", UserErrorCode::AccountFrozen, "The member's account still does not add up.")
            }
            PointsError::AlreadyReversed => {
                refused("entryId", UserErrorCode::AlreadyReversed, "The entry was reversed before.")
            }
            PointsError::NotReversible(why) => refused("entryId", UserErrorCode::NotReversible, why),
            PointsError::RuleArchived => {
                refused("ruleId", UserErrorCode::Archived, "The rule is archived, and that is for good.")
            }
            PointsError::NoDraft => {
                refused("state", UserErrorCode::Invalid, "A rule that was in force does not become a draft again.")
            }
            PointsError::TooManyRules => Self::Refused(vec![UserError {
                field: None,
                message: "The tenant has 200 rules that are not archived, which is the most.".to_owned(),
                code: UserErrorCode::TooManyRules,
            }]),
            PointsError::TooManyHolds => {
                refused("memberId", UserErrorCode::TooManyHolds, "The member has 100 open holds, which is the most.")
            }
            PointsError::DoesNotAddUp(_) => Self::Failed(ApiError::internal(error)),
            PointsError::HoldClosed => {
                refused("holdId", UserErrorCode::HoldClosed, "The hold was captured or released, or its time is over.")
            }
            PointsError::HoldKept => refused(
                "holdId",
                UserErrorCode::Reserved,
                "The hold is kept for a redemption: it ends with redemptionFulfil or redemptionCancel.",
            ),
            PointsError::ApprovalRequired => refused(
                "amount",
                UserErrorCode::ApprovalRequired,
                "With what was moved by hand within 24 hours this is over the tenant's limit: it waits for a second person.",
            ),
            PointsError::ApprovalClosed => refused(
                "approvalId",
                UserErrorCode::Closed,
                "The request was decided or withdrawn, or its seven days are over.",
            ),
            PointsError::SelfApproval => refused(
                "approvalId",
                UserErrorCode::SelfApproval,
                "Whoever asked, or was given a secret of the key that did, does not decide on it.",
            ),
            PointsError::AskedByAnother => {
                refused("approvalId", UserErrorCode::AskedByAnother, "Only whoever asked takes a request back.")
            }
            PointsError::VersionConflict(noun) => {
                let message = format!("The {noun} has changed since this version.");
                Self::Refused(vec![UserError::at("version", UserErrorCode::VersionConflict, message)])
            }
            PointsError::Failed(error) => Self::Failed(error),
        }
    }
}
