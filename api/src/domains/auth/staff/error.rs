//! Why something was not done about staff.

use super::model::Objection;
use crate::domains::auth::AuthError;
use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::crypto::CryptoError;
use crate::platform::db::{Constraint, DbError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// Input that makes no sense.
    #[error("the input is not valid")]
    Invalid(Vec<UserError>),
    /// This installation sends no mail.
    #[error("this installation sends no mail")]
    MailOff,
    /// The role is above the actor's own, or the person's is; the field says which input named it.
    #[error("the role is above the actor's own")]
    RoleAboveOwn(&'static str),
    /// The person works here; the field says which input named them.
    #[error("the person works here")]
    AlreadyStaff(&'static str),
    /// An invitation waits for this address.
    #[error("an invitation waits for this address")]
    AlreadyInvited,
    /// There is no such invitation in this tenant.
    #[error("there is no such invitation")]
    InvitationUnknown,
    /// It was accepted or taken back.
    #[error("the invitation is closed")]
    InvitationClosed,
    /// The link names nothing that can be accepted: used, taken back, replaced, too old, or never made.
    #[error("the link is good for nothing")]
    LinkInvalid,
    /// The account behind the address was not proved.
    #[error("the account was not proved")]
    AccountNotProved,
    /// Somebody else made the account in the same moment.
    #[error("the account was made by somebody else")]
    AccountMade,
    /// What the actor wants done to somebody may not be.
    #[error("the change is not allowed")]
    Objected(Objection),
    /// There is nobody so among the tenant's staff.
    #[error("there is no such person")]
    PersonUnknown,
    /// The person works for no such tenant, which may not even be.
    #[error("there is no such tenant")]
    TenantUnknown,
    /// The person is signed in to this tenant.
    #[error("the person is in this tenant")]
    AlreadyThere,
    /// A sign-in slice's refusal.
    #[error("sign-in refused")]
    Auth(AuthError),
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

const OPEN: Constraint =
    Constraint { postgres: "invitations_open_key", sqlite: "invitations.tenant_id, invitations.email_bidx" };
const ACCOUNT: Constraint = Constraint { postgres: "users_email_key", sqlite: "users.email_bidx" };
const MEMBERSHIP: Constraint = Constraint {
    postgres: "tenant_memberships_user_key",
    sqlite: "tenant_memberships.tenant_id, tenant_memberships.user_id",
};

impl From<DbError> for StaffError {
    fn from(error: DbError) -> Self {
        if error.violates(OPEN) {
            Self::AlreadyInvited
        } else if error.violates(ACCOUNT) || error.violates(MEMBERSHIP) {
            Self::AccountMade
        } else {
            Self::Failed(error.into())
        }
    }
}

impl From<ApiError> for StaffError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<Denied> for StaffError {
    fn from(denied: Denied) -> Self {
        Self::Failed(denied.into())
    }
}

impl From<CryptoError> for StaffError {
    fn from(error: CryptoError) -> Self {
        Self::Failed(ApiError::internal(error))
    }
}

impl From<AuthError> for StaffError {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl From<StaffError> for Failure {
    fn from(error: StaffError) -> Self {
        use UserErrorCode as Code;
        let at = |field: &str, code, message: &str| Self::Refused(vec![UserError::at(field, code, message)]);
        match error {
            StaffError::Invalid(errors) => Self::Refused(errors),
            StaffError::MailOff => Self::Refused(vec![UserError {
                field: None,
                message: "This installation sends no mail: its operator sets SHEQUN_SMTP_URL.".to_owned(),
                code: Code::MailNotConfigured,
            }]),
            StaffError::RoleAboveOwn(field) => {
                at(field, Code::RoleAboveOwn, "Only an owner makes, changes or removes an owner.")
            }
            StaffError::Objected(objection) => match objection {
                Objection::PersonAboveOwn => StaffError::RoleAboveOwn("id").into(),
                Objection::RoleAboveOwn => StaffError::RoleAboveOwn("role").into(),
                Objection::LastOwner => at("id", Code::LastOwner, "A tenant keeps an owner: make another one first."),
                Objection::Ended => {
                    at("id", Code::StaffEnded, "This person does not work for the tenant any more; restore them first.")
                }
                Objection::Active => at("id", Code::AlreadyStaff, "This person works for the tenant."),
            },
            StaffError::PersonUnknown => Self::Refused(vec![UserError::not_found("id", "person")]),
            StaffError::TenantUnknown => Self::Refused(vec![UserError::not_found("tenant", "tenant")]),
            StaffError::AlreadyThere => at("tenant", Code::Invalid, "You are signed in to this tenant already."),
            StaffError::AlreadyStaff(field) => {
                at(field, Code::AlreadyStaff, "This person works for the tenant already.")
            }
            StaffError::AlreadyInvited => {
                at("email", Code::AlreadyInvited, "An invitation waits for this address; send it again or revoke it.")
            }
            StaffError::InvitationUnknown => Self::Refused(vec![UserError::not_found("id", "invitation")]),
            StaffError::InvitationClosed => {
                at("id", Code::InvitationClosed, "This invitation was accepted or revoked; make another.")
            }
            StaffError::LinkInvalid => at(
                "token",
                Code::LinkInvalid,
                "This link was used, replaced, taken back, is too old, or never was one; ask for another.",
            ),
            StaffError::AccountNotProved => at(
                "password",
                Code::CredentialsInvalid,
                "There is an account with this address: give its password, or sign in to it first.",
            ),
            StaffError::AccountMade => Self::Failed(ApiError::unavailable("an account was made at the same time")),
            StaffError::Auth(error) => error.into(),
            StaffError::Failed(error) => Self::Failed(error),
        }
    }
}
