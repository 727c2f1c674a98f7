//! Whether a session lives, asked on every request: the key-value store first, the database when that
//! does not know.
//!
//! "Live" is kept for a few seconds and only where nothing is kept yet; "ended" and "changed" overwrite.
//! So a change is seen at once by every process that shares a Redis, and within [`LIVE_FOR`] by all
//! others, and losing the store un-revokes nothing.

use std::time::Duration;

use chrono::DateTime;

use super::model::SessionRow;
use super::store;
use crate::actor::{Actor, Role, UserActor};
use crate::domains::auth::Auth;
use crate::domains::auth::tokens::Subject;
use crate::domains::tenants::Tenants;
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::db::{Cancel, TenantTx};
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
    Live(Live),
}

/// What is kept of a session that lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Live {
    epoch: i32,
    role: Role,
    /// In microseconds of 1970; 0 for never.
    stepped_up: i64,
    lacks_second_factor: bool,
}

impl State {
    fn write(self) -> String {
        match self {
            Self::Ended => "-".to_owned(),
            Self::Changed => "?".to_owned(),
            Self::Live(live) => live.write(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            "-" => Some(Self::Ended),
            "?" => Some(Self::Changed),
            _ => {
                // What another version has written is as good as nothing.
                Live::read(text).map(Self::Live)
            }
        }
    }
}

impl Live {
    fn new(session: &SessionRow, actor: &UserActor) -> Self {
        let stepped_up = session.stepped_up_at.map_or(0, |at| at.timestamp_micros());
        let lacks_second_factor = actor.lacks_second_factor;
        Self { epoch: session.epoch, role: session.role, stepped_up, lacks_second_factor }
    }

    fn write(self) -> String {
        let lacks = if self.lacks_second_factor { "LACKS_FACTOR" } else { "" };
        format!("{} {} {} {lacks}", self.epoch, self.role.as_str(), self.stepped_up)
    }

    fn read(text: &str) -> Option<Self> {
        let [epoch, role, stepped_up, lacks] = text.split(' ').collect::<Vec<_>>().try_into().ok()?;
        Some(Self {
            epoch: epoch.parse().ok()?,
            role: Role::parse(role)?,
            stepped_up: stepped_up.parse().ok()?,
            lacks_second_factor: !lacks.is_empty(),
        })
    }

    fn actor(self, subject: &Subject) -> UserActor {
        UserActor {
            tenant: subject.tenant,
            user: subject.user,
            membership: subject.membership,
            session: subject.session,
            epoch: self.epoch,
            role: self.role,
            stepped_up_at: DateTime::from_timestamp_micros(self.stepped_up).filter(|_| self.stepped_up != 0),
            lacks_second_factor: self.lacks_second_factor,
        }
    }
}

fn key(tenant: TenantId, session: SessionId) -> KvKey {
    KvKey::new(tenant, "session", session)
}

/// The actor behind a genuine access token; None if its session is over or the token is of an epoch that is.
pub async fn resume(auth: &Auth, subject: Subject) -> Result<Option<UserActor>, ApiError> {
    let platform = &auth.platform;
    let key = key(subject.tenant, subject.session);
    match platform.kv.get(&key).await {
        Ok(state) => match state.as_deref().and_then(State::read) {
            Some(State::Ended) => return Ok(None),
            Some(State::Live(live)) if live.epoch > subject.epoch => return Ok(None),
            Some(State::Live(live)) if live.epoch == subject.epoch => return Ok(Some(live.actor(&subject))),
            // Nothing is kept, or something older than the token.
            Some(State::Live(_) | State::Changed) | None => {}
        },
        Err(error) => tracing::warn!(error = ?error, "session.cache_unavailable"),
    }
    let Some((session, actor)) = find_live(auth, &subject).await? else {
        note_ended(platform, subject.tenant, subject.session).await;
        return Ok(None);
    };
    let state = State::Live(Live::new(&session, &actor));
    // A failure here costs the next request a look-up, no more.
    platform.kv.set_if_absent(&key, &state.write(), LIVE_FOR).await.unwrap_or_default();
    Ok((session.epoch == subject.epoch).then_some(actor))
}

async fn find_live(auth: &Auth, subject: &Subject) -> Result<Option<(SessionRow, UserActor)>, ApiError> {
    let scope = Actor::System(subject.tenant).home()?;
    let tx = auth.platform.db.read(scope, Cancel::never()).await?;
    let session = store::find(&tx, subject.session).await?;
    let is_live = |session: &SessionRow| session.is_live(auth.platform.clock.now()) && session.user == subject.user;
    let Some(session) = session.filter(is_live) else { return Ok(None) };
    let actor = actor_of(&auth.tenants, &tx, &session).await?;
    Ok(Some((session, actor)))
}

/// The owner of a session as an actor. What the tenant asks of those without a second factor is looked up for them only.
pub async fn actor_of(tenants: &Tenants, tx: &TenantTx, session: &SessionRow) -> Result<UserActor, ApiError> {
    let is_factor_required = !session.has_second_factor && tenants.get_in(tx).await?.policy.require_second_factor;
    Ok(session.actor(is_factor_required))
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
        let live = Live { epoch: 7, role: Role::Finance, stepped_up: 1_234, lacks_second_factor: false };
        let lacking = Live { stepped_up: 0, lacks_second_factor: true, ..live };
        for state in [State::Ended, State::Changed, State::Live(live), State::Live(lacking)] {
            assert_eq!(State::read(&state.write()), Some(state));
        }
        assert_eq!(State::read("OWNER"), None);
        assert_eq!(State::read("7 OWNER"), None);
    }
}
