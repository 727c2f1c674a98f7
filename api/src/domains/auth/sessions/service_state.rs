//! Whether a session lives, asked on every request: the key-value store first, the database when that
//! does not know.
//!
//! "Live" is kept for a few seconds and only where nothing is kept yet; "ended" and "changed" overwrite.
//! So a change is seen at once by every process that shares a Redis, and within [`LIVE_FOR`] by all
//! others, and losing the store un-revokes nothing.

use std::time::Duration;

use super::model::SessionRow;
use super::store;
use crate::actor::{Actor, Role, UserActor};
use crate::domains::auth::tokens::Subject;
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::db::Cancel;
use crate::platform::ids::{SessionId, TenantId};
use crate::platform::kv::KvKey;

/// How long a process may believe that a session lives without asking the database again.
const LIVE_FOR: Duration = Duration::from_secs(4);
/// How long the end of a session is remembered: longer than any access token lives.
const ENDED_FOR: Duration = Duration::from_secs(15 * 60);
/// How long everybody asks the database after a change: longer than what was read before it can take to arrive here.
const CHANGED_FOR: Duration = Duration::from_secs(10);

/// What is kept of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is over.
    Ended,
    /// Ask the database, and keep nothing.
    Changed,
    /// It lives, with the role of its owner; tokens of another epoch are not good.
    Live { epoch: i32, role: Role },
}

impl State {
    fn write(self) -> String {
        match self {
            Self::Ended => "-".to_owned(),
            Self::Changed => "?".to_owned(),
            Self::Live { epoch, role } => format!("{epoch} {}", role.as_str()),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            "-" => Some(Self::Ended),
            "?" => Some(Self::Changed),
            _ => {
                let (epoch, role) = text.split_once(' ')?;
                Some(Self::Live { epoch: epoch.parse().ok()?, role: Role::parse(role)? })
            }
        }
    }
}

fn key(tenant: TenantId, session: SessionId) -> KvKey {
    KvKey::new(tenant, "session", session)
}

/// The actor behind a genuine access token; None if its session is over or the token is of an epoch that is.
pub async fn resume(platform: &Platform, subject: Subject) -> Result<Option<UserActor>, ApiError> {
    let key = key(subject.tenant, subject.session);
    match platform.kv.get(&key).await {
        Ok(state) => match state.as_deref().and_then(State::read) {
            Some(State::Ended) => return Ok(None),
            Some(State::Live { epoch, .. }) if epoch > subject.epoch => return Ok(None),
            Some(State::Live { epoch, role }) if epoch == subject.epoch => return Ok(Some(actor(&subject, role))),
            // Nothing is kept, or something older than the token.
            Some(State::Live { .. } | State::Changed) | None => {}
        },
        Err(error) => tracing::warn!(error = ?error, "session.cache_unavailable"),
    }
    let Some(session) = find_live(platform, &subject).await? else {
        note_ended(platform, subject.tenant, subject.session).await;
        return Ok(None);
    };
    let state = State::Live { epoch: session.epoch, role: session.role };
    // A failure here costs the next request a look-up, no more.
    platform.kv.set_if_absent(&key, &state.write(), LIVE_FOR).await.unwrap_or_default();
    Ok((session.epoch == subject.epoch).then(|| session.actor()))
}

async fn find_live(platform: &Platform, subject: &Subject) -> Result<Option<SessionRow>, ApiError> {
    let scope = Actor::System(subject.tenant).home()?;
    let tx = platform.db.read(scope, Cancel::never()).await?;
    let session = store::find(&tx, subject.session).await?;
    Ok(session.filter(|session| session.is_live(platform.clock.now()) && session.user == subject.user))
}

fn actor(subject: &Subject, role: Role) -> UserActor {
    UserActor {
        tenant: subject.tenant,
        user: subject.user,
        membership: subject.membership,
        session: subject.session,
        role,
    }
}

/// Tells every process that a session is over; the database has it already.
pub async fn note_ended(platform: &Platform, tenant: TenantId, session: SessionId) {
    note(platform, tenant, session, State::Ended, ENDED_FOR).await;
}

/// Tells every process that role or epoch behind a session are others now; the database has it already.
pub async fn note_changed(platform: &Platform, tenant: TenantId, session: SessionId) {
    note(platform, tenant, session, State::Changed, CHANGED_FOR).await;
}

async fn note(platform: &Platform, tenant: TenantId, session: SessionId, state: State, life: Duration) {
    if let Err(error) = platform.kv.set(&key(tenant, session), &state.write(), life).await {
        tracing::warn!(error = ?error, "session.change_not_cached");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_as_it_was_written() {
        for state in [State::Ended, State::Changed, State::Live { epoch: 7, role: Role::Finance }] {
            assert_eq!(State::read(&state.write()), Some(state));
        }
        assert_eq!(State::read("OWNER"), None);
    }
}
