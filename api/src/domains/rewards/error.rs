//! Why something was not done to a reward, or not redeemed.

use super::model_redemption::{NOT_OFFERED, OUT_OF_STOCK};
use crate::domains::points::PointsError;
use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::crypto::CryptoError;
use crate::platform::db::DbError;

/// What can go wrong. The field is the one of the input that is at fault.
#[derive(Debug, thiserror::Error)]
pub enum RewardError {
    /// There is none with this id in this tenant.
    #[error("there is no such {1}")]
    NotFound(&'static str, &'static str),
    /// Input that is not acceptable, or that the reward's terms refuse.
    #[error("the input is refused")]
    Refused(Vec<UserError>),
    /// Archived members redeem nothing.
    #[error("the member is archived")]
    MemberArchived,
    /// It is archived for good.
    #[error("the reward is archived")]
    Archived,
    /// A reward that was offered is no draft again.
    #[error("the reward was offered")]
    NoDraft,
    /// It was taken from offer meanwhile.
    #[error("the reward is not offered")]
    NotOffered,
    /// Less is there than this takes.
    #[error("too few are left")]
    OutOfStock(&'static str),
    /// Its stock is not counted, or is its codes.
    #[error("the stock is not changed by hand: {0}")]
    NotByHand(&'static str),
    /// It takes other rewards.
    #[error("the reward has no codes")]
    NoCodes,
    /// The redemption is over.
    #[error("the redemption is closed")]
    Closed,
    /// Somebody else was faster.
    #[error("the reward has a newer version")]
    VersionConflict,
    /// The points were not set aside, spent or let go; the field that stands for the member's points.
    #[error("the points refuse")]
    Points(&'static str, #[source] PointsError),
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

impl RewardError {
    /// What the ledger refuses is told at this field, whatever the ledger's own input calls it.
    pub(super) fn points(field: &'static str) -> impl Fn(PointsError) -> Self {
        move |error| Self::Points(field, error)
    }
}

impl From<DbError> for RewardError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ApiError> for RewardError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<CryptoError> for RewardError {
    fn from(error: CryptoError) -> Self {
        Self::Failed(ApiError::internal(error))
    }
}

impl From<Denied> for RewardError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<Vec<UserError>> for RewardError {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Refused(errors)
    }
}

impl From<UserError> for RewardError {
    fn from(error: UserError) -> Self {
        Self::Refused(vec![error])
    }
}

impl From<RewardError> for Failure {
    fn from(error: RewardError) -> Self {
        let refused = |field, code, message: &str| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            RewardError::NotFound(field, noun) => Self::Refused(vec![UserError::not_found(field, noun)]),
            RewardError::Refused(errors) => Self::Refused(errors),
            RewardError::MemberArchived => refused("memberId", UserErrorCode::Archived, "The member is archived."),
            RewardError::Archived => {
                refused("rewardId", UserErrorCode::Archived, "The reward is archived, and that is for good.")
            }
            RewardError::NoDraft => {
                refused("state", UserErrorCode::Invalid, "A reward that was offered does not become a draft again.")
            }
            RewardError::NotOffered => refused("rewardId", UserErrorCode::NotOffered, NOT_OFFERED),
            RewardError::OutOfStock(field) => refused(field, UserErrorCode::OutOfStock, OUT_OF_STOCK),
            RewardError::NotByHand(why) => refused("rewardId", UserErrorCode::Invalid, why),
            RewardError::NoCodes => {
                refused("rewardId", UserErrorCode::Invalid, "Only rewards of VOUCHER_CODE have codes.")
            }
            RewardError::Closed => {
                let message = "The redemption was fulfilled or cancelled, or its time is over.";
                refused("redemptionId", UserErrorCode::Closed, message)
            }
            RewardError::VersionConflict => {
                refused("version", UserErrorCode::VersionConflict, "The reward has changed since this version.")
            }
            RewardError::Points(field, error) => match Self::from(error) {
                Self::Refused(errors) => Self::Refused(
                    errors.into_iter().map(|error| UserError::at(field, error.code, error.message)).collect(),
                ),
                failed => failed,
            },
            RewardError::Failed(error) => Self::Failed(error),
        }
    }
}
