//! What a session is, and the decisions about it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::{Role, UserActor};
use crate::domains::tenants::Tenant;
use crate::platform::ids::{MembershipId, SessionId, TenantId, UserId};

/// How long an access token is good for.
pub(super) const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(10);
/// How long a session lasts without being refreshed.
pub(super) const IDLE_LIFE: TimeDelta = TimeDelta::days(14);
/// How long a session lasts at most.
pub(super) const SESSION_LIFE: TimeDelta = TimeDelta::days(90);
/// How long the predecessor of an unused refresh token still gets that token again: its answer may have been lost.
const REPEAT_WINDOW: TimeDelta = TimeDelta::seconds(30);

/// What a client gets when it signs in or refreshes.
#[derive(Clone)]
pub struct Session {
    /// For the `Authorization` header.
    pub access_token: String,
    /// For `sessionRefresh`.
    pub refresh_token: String,
    /// When the access token ends.
    pub expires_at: DateTime<Utc>,
}

/// A new session and whose it is.
pub struct SignIn {
    /// The tokens.
    pub session: Session,
    /// The person, as an actor.
    pub actor: UserActor,
}

/// A signed-in person, for showing.
#[derive(Clone)]
pub struct Viewer {
    /// Who.
    pub user: UserId,
    /// The address they sign in with.
    pub email: String,
    /// Where.
    pub tenant: Tenant,
    /// As what.
    pub role: Role,
    /// Their name in this tenant.
    pub display_name: String,
}

/// A stored session.
#[derive(Clone, Debug)]
pub(super) struct SessionRow {
    pub(super) tenant: TenantId,
    pub(super) id: SessionId,
    pub(super) user: UserId,
    pub(super) membership: MembershipId,
    pub(super) role: Role,
    /// Number of the newest refresh token.
    pub(super) generation: i32,
    pub(super) rotated_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    /// Revoked, or the membership is not active any more.
    pub(super) is_ended: bool,
}

impl SessionRow {
    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        !self.is_ended && now < self.expires_at && now < self.rotated_at + IDLE_LIFE
    }

    pub(super) fn actor(&self) -> UserActor {
        UserActor {
            tenant: self.tenant,
            user: self.user,
            membership: self.membership,
            session: self.id,
            role: self.role,
        }
    }
}

/// What to do with a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    /// It is the newest: give the next one.
    Rotate,
    /// It is the one before, its successor was never used, and little time has passed: give the successor again.
    Repeat,
    /// An old one came back: somebody has a copy. End the session.
    Reused,
    /// The session is over.
    Ended,
}

/// Decides by the session's state and the number of the presented token.
pub(super) fn decide_refresh(session: &SessionRow, presented: i32, now: DateTime<Utc>) -> Refresh {
    if !session.is_live(now) || presented > session.generation {
        Refresh::Ended
    } else if presented == session.generation {
        Refresh::Rotate
    } else if presented == session.generation - 1 && now <= session.rotated_at + REPEAT_WINDOW {
        Refresh::Repeat
    } else {
        Refresh::Reused
    }
}

/// The form in which addresses are compared; None for what is not an address.
pub(super) fn normalise_email(input: &str) -> Option<String> {
    let email = input.trim().to_lowercase();
    let (local, domain) = email.split_once('@')?;
    let plausible = !local.is_empty()
        && domain.contains('.')
        && email.len() <= 254
        && !email.chars().any(|c| c.is_control() || c.is_whitespace())
        && !domain.contains('@');
    plausible.then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn session(generation: i32, rotated: DateTime<Utc>) -> SessionRow {
        SessionRow {
            tenant: TenantId::from_uuid(Uuid::nil()),
            id: SessionId::from_uuid(Uuid::nil()),
            user: UserId::from_uuid(Uuid::nil()),
            membership: MembershipId::from_uuid(Uuid::nil()),
            role: Role::Owner,
            generation,
            rotated_at: rotated,
            expires_at: rotated + SESSION_LIFE,
            is_ended: false,
        }
    }

    #[test]
    fn only_the_newest_token_rotates_and_only_its_predecessor_repeats() {
        let then = DateTime::UNIX_EPOCH;
        let state = session(5, then);
        let soon = then + TimeDelta::seconds(30);
        let late = then + TimeDelta::seconds(31);
        assert_eq!(decide_refresh(&state, 5, late), Refresh::Rotate);
        assert_eq!(decide_refresh(&state, 4, soon), Refresh::Repeat);
        assert_eq!(decide_refresh(&state, 4, late), Refresh::Reused);
        assert_eq!(decide_refresh(&state, 3, soon), Refresh::Reused);
        assert_eq!(decide_refresh(&state, 6, soon), Refresh::Ended);
        assert_eq!(decide_refresh(&state, 5, then + IDLE_LIFE), Refresh::Ended);
    }

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(normalise_email(" Ann@Example.COM "), Some("ann@example.com".to_owned()));
        assert_eq!(normalise_email("ann@example"), None);
        assert_eq!(normalise_email("a b@example.com"), None);
    }
}
