//! What a session is, and the decisions about it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::{Role, UserActor};
use crate::named_enum;
use crate::platform::ids::{MembershipId, SessionId, TenantId, UserId};

/// How long an access token is good for.
pub const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(10);
/// How long a session lasts without being refreshed.
pub const IDLE_LIFE: TimeDelta = TimeDelta::days(14);
/// How long a session lasts at most.
pub const SESSION_LIFE: TimeDelta = TimeDelta::days(90);
/// How long a session that is over is remembered after its absolute end.
pub const REMEMBERED_FOR: TimeDelta = TimeDelta::days(30);
/// How long the predecessor of an unused refresh token still gets that token again: its answer may have been lost.
const REPEAT_WINDOW: TimeDelta = TimeDelta::seconds(30);
/// How many live sessions a person has in a tenant at most.
const MOST_SESSIONS: usize = 10;

named_enum! {
    /// Why a session ended before its time.
    EndReason {
        /// Its owner signed out.
        SignedOut "SIGNED_OUT",
        /// Its owner, or an administrator, ended it from another session.
        Revoked "REVOKED",
        /// An old refresh token came back: somebody had a copy.
        RefreshTokenReused "REFRESH_TOKEN_REUSED",
        /// Its owner has newer ones than fit.
        TooMany "TOO_MANY",
        /// Its owner has another password.
        PasswordChanged "PASSWORD_CHANGED",
        /// Its owner has set a forgotten password anew.
        PasswordReset "PASSWORD_RESET",
        /// Its owner does not work for the tenant any more.
        Removed "REMOVED",
        /// Its owner got a second factor, or has it no longer.
        SecondFactorChanged "SECOND_FACTOR_CHANGED",
        /// The installation's operator ended it.
        Operator "OPERATOR",
    }
}

/// Whose sessions end, which one stays, and why.
#[derive(Clone, Copy, Debug)]
pub struct Ending<W> {
    /// Whose.
    pub whose: W,
    /// The one from which it was asked for goes on.
    pub except: Option<(TenantId, SessionId)>,
    /// Why.
    pub reason: EndReason,
}

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

/// Who is about to get a session, as they were when they proved who they are.
#[derive(Clone, Copy, Debug)]
pub struct SessionOwner {
    /// Where.
    pub tenant: TenantId,
    /// Who.
    pub user: UserId,
    /// Their place there.
    pub membership: MembershipId,
    /// What the place's epoch was: if it is another by now, the proof is void.
    pub epoch: i32,
    /// Whether they have a second factor, which they have shown then.
    pub has_second_factor: bool,
    /// When they proved who they are; None: now. Going on from another session proves nothing anew.
    pub proved_at: Option<DateTime<Utc>>,
    /// When the session ends at the latest, if before its own time: one that goes on from another ends with its time.
    pub until: Option<DateTime<Utc>>,
}

/// Where a session is used from.
#[derive(Clone, Debug)]
pub struct Place {
    /// What the client calls itself.
    pub client: Option<String>,
    /// Its network address.
    pub address: String,
}

/// A live session as its owner sees it.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Which.
    pub id: SessionId,
    /// What the client called itself when last used.
    pub client: Option<String>,
    /// The address it was last used from.
    pub address: Option<String>,
    /// When somebody signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last refreshed.
    pub last_used_at: DateTime<Utc>,
    /// When it ends if nobody refreshes it.
    pub expires_at: DateTime<Utc>,
}

/// A stored session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub tenant: TenantId,
    pub id: SessionId,
    pub user: UserId,
    pub membership: MembershipId,
    /// The membership's role now.
    pub role: Role,
    /// The membership's epoch now.
    pub epoch: i32,
    /// Number of the newest refresh token.
    pub generation: i32,
    pub rotated_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// When its owner last proved who they are.
    pub stepped_up_at: Option<DateTime<Utc>>,
    /// Whether its owner has a second factor.
    pub has_second_factor: bool,
    /// Revoked, or the membership is not active any more.
    pub is_ended: bool,
}

impl SessionRow {
    /// The first generation of a session.
    pub fn starting(id: SessionId, owner: SessionOwner, role: Role, now: DateTime<Utc>) -> Self {
        Self {
            tenant: owner.tenant,
            id,
            user: owner.user,
            membership: owner.membership,
            role,
            epoch: owner.epoch,
            generation: 1,
            rotated_at: now,
            expires_at: owner.until.map_or(now + SESSION_LIFE, |until| until.min(now + SESSION_LIFE)),
            stepped_up_at: Some(owner.proved_at.unwrap_or(now)),
            has_second_factor: owner.has_second_factor,
            is_ended: false,
        }
    }

    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        !self.is_ended && now < end_if_unused(self.rotated_at, self.expires_at)
    }

    /// The owner as an actor; `is_factor_required` is the tenant's rule.
    pub fn actor(&self, is_factor_required: bool) -> UserActor {
        UserActor {
            tenant: self.tenant,
            user: self.user,
            membership: self.membership,
            session: self.id,
            epoch: self.epoch,
            role: self.role,
            stepped_up_at: self.stepped_up_at,
            lacks_second_factor: is_factor_required && !self.has_second_factor,
        }
    }
}

/// When a session ends if nobody refreshes it.
pub fn end_if_unused(last_used: DateTime<Utc>, absolute_end: DateTime<Utc>) -> DateTime<Utc> {
    absolute_end.min(last_used + IDLE_LIFE)
}

/// Which of a person's live sessions end when one more starts: those least recently used.
pub fn surplus(mut live: Vec<SessionView>) -> Vec<SessionId> {
    live.sort_by_key(|session| (session.last_used_at, session.id));
    let too_many = (live.len() + 1).saturating_sub(MOST_SESSIONS);
    live.into_iter().take(too_many).map(|session| session.id).collect()
}

/// What to do with a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
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
pub fn decide_refresh(session: &SessionRow, presented: i32, now: DateTime<Utc>) -> Refresh {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids::Id;
    use uuid::Uuid;

    fn session(generation: i32, rotated: DateTime<Utc>) -> SessionRow {
        let owner = SessionOwner {
            tenant: Id::from_uuid(Uuid::nil()),
            user: Id::from_uuid(Uuid::nil()),
            membership: Id::from_uuid(Uuid::nil()),
            epoch: 1,
            has_second_factor: false,
            proved_at: None,
            until: None,
        };
        let first = SessionRow::starting(Id::from_uuid(Uuid::nil()), owner, Role::Owner, rotated);
        SessionRow { generation, ..first }
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
    fn a_session_ends_at_the_nearer_of_its_two_ends() {
        let then = DateTime::UNIX_EPOCH;
        assert_eq!(end_if_unused(then, then + SESSION_LIFE), then + IDLE_LIFE);
        assert_eq!(end_if_unused(then + TimeDelta::days(80), then + SESSION_LIFE), then + SESSION_LIFE);
    }

    #[test]
    fn the_eleventh_session_ends_the_one_least_recently_used() {
        let view = |number: u8| SessionView {
            id: Id::from_uuid(Uuid::from_u128(number.into())),
            client: None,
            address: None,
            created_at: DateTime::UNIX_EPOCH,
            last_used_at: DateTime::UNIX_EPOCH + TimeDelta::hours((i64::from(number) + 5) % 10),
            expires_at: DateTime::UNIX_EPOCH + SESSION_LIFE,
        };
        assert_eq!(surplus((0..9).map(view).collect()), []);
        assert_eq!(surplus((0..10).map(view).collect()), [view(5).id]);
    }
}
