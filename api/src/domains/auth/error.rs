//! Why a sign-in or a session was refused.

use crate::error::{ApiError, Failure, UserError, UserErrorCode};
use crate::platform::db::DbError;

const PASSWORD_RULES: &str = "A password has 8 to 128 characters and is not a common one.";

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Tenant, address and password do not belong together; it is never said which.
    #[error("the credentials do not belong together")]
    CredentialsInvalid,
    /// The refresh token is unknown, expired, revoked or was used before.
    #[error("the session is over")]
    SessionInvalid,
    /// The password is too short, too long or too common.
    #[error("a password has 8 to 128 characters and is not a common one")]
    PasswordUnfit,
    /// As [`AuthError::PasswordUnfit`], for the new one of two.
    #[error("a password has 8 to 128 characters and is not a common one")]
    NewPasswordUnfit,
    /// The present password is another.
    #[error("the current password is another")]
    CurrentPasswordWrong,
    /// The password is another: asked for again, in a session.
    #[error("the password is another")]
    PasswordWrong,
    /// The account has a second factor, and only the password was given.
    #[error("the account has a second factor: its code is needed")]
    CodeRequired,
    /// The code is wrong or was used.
    #[error("the code is wrong or was used")]
    CodeInvalid,
    /// The challenge is too old, not ours, or the account has changed since.
    #[error("the challenge is good for nothing")]
    ChallengeInvalid,
    /// There is a second factor in force.
    #[error("the account has a second factor already")]
    SecondFactorActive,
    /// There is no second factor, or none that waits.
    #[error("the account has no second factor")]
    SecondFactorAbsent,
    /// There is no such session that the caller may know of.
    #[error("there is no such session")]
    SessionUnknown,
    /// Nobody has this address, or not in this tenant.
    #[error("there is nobody with this e-mail address")]
    NobodyThere,
    /// The address is not one.
    #[error("this is not an e-mail address")]
    EmailInvalid,
    /// The person is staff of this tenant already.
    #[error("this person is staff of this tenant already")]
    AlreadyStaff,
    /// The request itself failed.
    #[error("the request failed: {}", .0.message())]
    Failed(ApiError),
}

impl From<ApiError> for AuthError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<DbError> for AuthError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let refused = |field: Option<&str>, code, message: &str| {
            Self::Refused(vec![UserError {
                field: field.map(|field| vec![field.to_owned()]),
                message: message.to_owned(),
                code,
            }])
        };
        match error {
            AuthError::CredentialsInvalid => refused(
                None,
                UserErrorCode::CredentialsInvalid,
                "Tenant, e-mail address and password do not belong together.",
            ),
            AuthError::SessionInvalid => {
                refused(Some("refreshToken"), UserErrorCode::SessionInvalid, "The session is over; sign in again.")
            }
            AuthError::PasswordUnfit => refused(Some("password"), UserErrorCode::Invalid, PASSWORD_RULES),
            AuthError::NewPasswordUnfit => refused(Some("newPassword"), UserErrorCode::Invalid, PASSWORD_RULES),
            AuthError::CurrentPasswordWrong => refused(
                Some("currentPassword"),
                UserErrorCode::CredentialsInvalid,
                "The account has another password now.",
            ),
            AuthError::PasswordWrong => {
                refused(Some("password"), UserErrorCode::CredentialsInvalid, "The account has another password.")
            }
            AuthError::CodeRequired => refused(
                Some("code"),
                UserErrorCode::Required,
                "The account has a second factor: give a code of it, or a recovery code.",
            ),
            AuthError::CodeInvalid => {
                refused(Some("code"), UserErrorCode::CodeInvalid, "The code is wrong, or was used; take the next one.")
            }
            AuthError::ChallengeInvalid => refused(
                Some("challengeToken"),
                UserErrorCode::ChallengeInvalid,
                "The challenge is good for nothing any more; sign in again.",
            ),
            AuthError::SecondFactorActive => refused(
                None,
                UserErrorCode::SecondFactorActive,
                "The account has a second factor already; remove it first.",
            ),
            AuthError::SecondFactorAbsent => refused(
                None,
                UserErrorCode::SecondFactorInactive,
                "The account has no second factor; secondFactorEnrol makes one, to be confirmed within fifteen minutes.",
            ),
            AuthError::SessionUnknown => refused(Some("id"), UserErrorCode::NotFound, "There is no such session."),
            AuthError::NobodyThere => {
                refused(Some("email"), UserErrorCode::NotFound, "There is nobody with this address.")
            }
            AuthError::EmailInvalid => refused(Some("email"), UserErrorCode::Invalid, "This is not an e-mail address."),
            AuthError::AlreadyStaff => refused(Some("email"), UserErrorCode::Invalid, "This person is staff already."),
            AuthError::Failed(error) => Self::Failed(error),
        }
    }
}
