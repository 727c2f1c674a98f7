//! Why something was not done to a member.

use crate::domains::communities::CommunityError;
use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::crypto::CryptoError;
use crate::platform::db::{Constraint, DbError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// There is none with this id in this tenant; the field says which id.
    #[error("there is no such {1}")]
    NotFound(&'static str, &'static str),
    /// Input that does not make a member.
    #[error("the input is not valid")]
    Invalid(Vec<UserError>),
    /// It has to be restored first.
    #[error("the member is archived")]
    Archived,
    /// There is nothing to restore.
    #[error("the member is not archived")]
    NotArchived,
    /// Somebody else was faster.
    #[error("the member has a newer version")]
    VersionConflict,
    /// Another active member has the phone number.
    #[error("the phone number is taken")]
    PhoneTaken,
    /// Another member has the external reference.
    #[error("the external reference is taken")]
    ExternalRefTaken,
    /// Another active member has the identity.
    #[error("the identity is taken")]
    IdentityTaken,
    /// The member belongs to the community.
    #[error("the member belongs to the community")]
    AlreadyMember,
    /// The member does not belong to the community.
    #[error("the member does not belong to the community")]
    NotMember,
    /// The community cannot be joined.
    #[error("the community cannot be changed")]
    Community(CommunityError),
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

const PHONE: Constraint = Constraint { postgres: "members_phone_key", sqlite: "members.tenant_id, members.phone_bidx" };
const EXTERNAL_REF: Constraint =
    Constraint { postgres: "members_external_ref_key", sqlite: "members.tenant_id, members.external_ref" };
const IDENTITY: Constraint = Constraint {
    postgres: "member_identities_value_key",
    sqlite: "member_identities.app_id, member_identities.value_bidx",
};

impl MemberError {
    /// The same refusal, told of the input's `field`: which one is at fault depends on the operation.
    pub(super) fn blamed_on(self, field: &str) -> Self {
        match Failure::from(self) {
            Failure::Refused(errors) => {
                let at_field = |error: UserError| UserError::at(field, error.code, error.message);
                Self::Invalid(errors.into_iter().map(at_field).collect())
            }
            Failure::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<DbError> for MemberError {
    fn from(error: DbError) -> Self {
        if error.violates(PHONE) {
            Self::PhoneTaken
        } else if error.violates(EXTERNAL_REF) {
            Self::ExternalRefTaken
        } else if error.violates(IDENTITY) {
            Self::IdentityTaken
        } else {
            Self::Failed(error.into())
        }
    }
}

impl From<ApiError> for MemberError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<CryptoError> for MemberError {
    fn from(error: CryptoError) -> Self {
        Self::Failed(ApiError::internal(error))
    }
}

impl From<Denied> for MemberError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<Vec<UserError>> for MemberError {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<MemberError> for Failure {
    fn from(error: MemberError) -> Self {
        let refused = |field, code, message| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            MemberError::NotFound(field, noun) => Self::Refused(vec![UserError::not_found(field, noun)]),
            MemberError::Invalid(errors) => Self::Refused(errors),
            MemberError::Archived => {
                refused("id", UserErrorCode::Archived, "The member is archived; restore it first.")
            }
            MemberError::NotArchived => refused("id", UserErrorCode::NotArchived, "The member is not archived."),
            MemberError::VersionConflict => {
                refused("version", UserErrorCode::VersionConflict, "The member has changed since this version.")
            }
            MemberError::PhoneTaken => {
                refused("phone", UserErrorCode::PhoneTaken, "Another active member has this phone number.")
            }
            MemberError::ExternalRefTaken => {
                refused("externalRef", UserErrorCode::ExternalRefTaken, "Another member has this external reference.")
            }
            MemberError::IdentityTaken => {
                refused("identities", UserErrorCode::IdentityTaken, "Another active member has this identity.")
            }
            MemberError::AlreadyMember => {
                refused("memberId", UserErrorCode::AlreadyMember, "The member belongs to the community already.")
            }
            MemberError::NotMember => {
                refused("memberId", UserErrorCode::NotMember, "The member does not belong to the community.")
            }
            MemberError::Community(error) => match Self::from(error) {
                // The community's id stands in another field here.
                Self::Refused(errors) => Self::Refused(
                    errors
                        .into_iter()
                        .map(|error| UserError { field: Some(vec!["communityId".to_owned()]), ..error })
                        .collect(),
                ),
                failed @ Self::Failed(_) => failed,
            },
            MemberError::Failed(error) => Self::Failed(error),
        }
    }
}
