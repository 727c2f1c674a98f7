//! Why a caller may not do something: who they are, and what is missing.

use super::{ApiError, ErrorCode, Inner};
use crate::actor::Scope;

/// The caller may not do this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    Unauthenticated,
    /// Somebody is, without this scope.
    #[error("a scope is missing")]
    Missing(Scope),
    /// A key that is restricted to communities asks for what reaches beyond them.
    #[error("this reaches beyond the communities that the key is restricted to")]
    Confined,
    /// A member's token asks for anything but the member.
    #[error("a member's token reaches the member only")]
    OwnOnly,
    /// Only members do this, by their tokens.
    #[error("only a member may do this")]
    MembersOnly,
    /// The person's last proof is too old.
    #[error("this needs a fresh proof of who asks")]
    NotFresh,
    /// The tenant asks for a second factor that the person does not have.
    #[error("the tenant asks for a second factor")]
    SecondFactorLacking,
    /// Only partner systems do this, by their keys.
    #[error("only a partner key may do this")]
    KeysOnly,
    /// Only people do this, who have a role.
    #[error("only a signed-in person may do this")]
    PeopleOnly,
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated => Self::new(ErrorCode::Unauthenticated, "Sign in first."),
            Denied::Missing(scope) => {
                let message = format!("This needs the scope {}.", scope.as_str());
                Inner { required_scopes: vec![scope], ..Inner::new(ErrorCode::Forbidden, message) }.into()
            }
            Denied::Confined => {
                Self::new(ErrorCode::Forbidden, "This reaches beyond the communities that this key is restricted to.")
            }
            Denied::OwnOnly => Self::new(
                ErrorCode::Forbidden,
                "A member's token is for the field me, and for mutations whose names begin with my.",
            ),
            Denied::MembersOnly => Self::new(ErrorCode::Forbidden, "Only a member may do this, by their own token."),
            Denied::PeopleOnly => Self::new(ErrorCode::Forbidden, "Only a signed-in person may do this, not a key."),
            Denied::NotFresh => Self::new(
                ErrorCode::StepUpRequired,
                "This needs a proof of the last five minutes: send stepUp with a code of the second factor, or with the \
                 password where there is none.",
            ),
            Denied::SecondFactorLacking => Self::new(
                ErrorCode::SecondFactorRequired,
                "This tenant asks everybody for a second factor: send secondFactorEnrol, then secondFactorConfirm.",
            ),
            Denied::KeysOnly => Self::new(ErrorCode::Forbidden, "Only a partner system may do this, by its key."),
        }
    }
}
