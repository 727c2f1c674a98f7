//! Whether a session lives, asked on every request: the key-value store first, the database when that
//! does not know.
//!
//! "Live" is kept for a few seconds and only where nothing is kept yet; "ended" overwrites. So a
//! revocation is seen at once by every process that shares a Redis, and within [`LIVE_FOR`] by all
//! others, and losing the store un-revokes nothing.

use std::time::Duration;

use super::model::SessionRow;
use super::store;
use super::tokens::Subject;
use crate::actor::{Actor, Role, UserActor};
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::db::Cancel;
use crate::platform::ids::{SessionId, TenantId};
use crate::platform::kv::KvKey;

/// How long a process may believe that a session lives without asking the database again.
const LIVE_FOR: Duration = Duration::from_secs(4);
/// How long the end of a session is remembered: longer than any access token lives.
const ENDED_FOR: Duration = Duration::from_secs(15 * 60);
const ENDED: &str = "-";

fn key(tenant: TenantId, session: SessionId) -> KvKey {
    KvKey::new(tenant, "session", session)
}

/// The actor behind a genuine access token; None if its session is over.
pub(super) async fn resume(platform: &Platform, subject: Subject) -> Result<Option<UserActor>, ApiError> {
    let key = key(subject.tenant, subject.session);
    match platform.kv.get(&key).await {
        Ok(Some(state)) if state == ENDED => return Ok(None),
        Ok(Some(state)) => {
            if let Some(role) = Role::parse(&state) {
                return Ok(Some(actor(&subject, role)));
            }
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(error = ?error, "session.cache_unavailable"),
    }
    let scope = Actor::System(subject.tenant).home()?;
    let tx = platform.db.read(scope, Cancel::never()).await?;
    let session = store::find_session(&tx, subject.session).await?;
    drop(tx);
    let live = session.filter(|session| session.is_live(platform.clock.now()) && session.user == subject.user);
    let Some(session) = live else {
        note_ended(platform, subject.tenant, subject.session).await;
        return Ok(None);
    };
    // A failure here costs the next request a look-up, no more.
    platform.kv.set_if_absent(&key, session.role.as_str(), LIVE_FOR).await.unwrap_or_default();
    Ok(Some(session.actor()))
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
pub(super) async fn note_ended(platform: &Platform, tenant: TenantId, session: SessionId) {
    if let Err(error) = platform.kv.set(&key(tenant, session), ENDED, ENDED_FOR).await {
        tracing::warn!(error = ?error, "session.end_not_cached");
    }
}

/// The row of a session that starts now.
pub(super) fn starting(platform: &Platform, account: &store::Account, tenant: TenantId) -> SessionRow {
    let now = platform.clock.now();
    SessionRow {
        tenant,
        id: platform.new_id(),
        user: account.user,
        membership: account.membership,
        role: account.role,
        generation: 1,
        rotated_at: now,
        expires_at: now + super::model::SESSION_LIFE,
        is_ended: false,
    }
}
