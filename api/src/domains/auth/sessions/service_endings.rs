//! What ends many sessions at once: another password, another role, the end of somebody's work.
//!
//! Each function works in the transaction of the change that asks for it and gives back the sessions it
//! touched; after the commit the caller hands them to [`Auth::announce`]. The epoch of the membership goes
//! up each time, so that access tokens made before are refused even where their session goes on.

use futures_util::future::{join, join_all};
use serde::{Deserialize, Serialize};

use super::model::Ending;
use super::service_state::{note_changed, note_ended};
use super::store;
use crate::actor::{Actor, UserActor};
use crate::domains::auth::{Auth, store as accounts};
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::db::{Cancel, SystemTx, TenantTx};
use crate::platform::idempotency::Outcome;
use crate::platform::ids::{MembershipId, SessionId, TenantId, UserId};

/// Sessions that a transaction has touched and the other processes do not know of yet.
#[must_use = "commit, then Auth::announce"]
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TouchedSessions {
    ended: Vec<(TenantId, SessionId)>,
    changed: Vec<(TenantId, SessionId)>,
}

/// The input names the session, where it names one.
impl Outcome for TouchedSessions {}

impl TouchedSessions {
    pub(super) fn ended_in(tenant: TenantId, ids: Vec<SessionId>) -> Self {
        Self { ended: with_tenant(tenant, ids), changed: Vec::new() }
    }

    fn changed_in(tenant: TenantId, ids: Vec<SessionId>) -> Self {
        Self { ended: Vec::new(), changed: with_tenant(tenant, ids) }
    }

    /// Both.
    pub(in crate::domains::auth) fn and(mut self, other: Self) -> Self {
        self.ended.extend(other.ended);
        self.changed.extend(other.changed);
        self
    }

    /// Those that ended.
    #[must_use]
    pub fn ended_ids(&self) -> Vec<SessionId> {
        self.ended.iter().map(|(_, id)| *id).collect()
    }
}

fn with_tenant(tenant: TenantId, ids: Vec<SessionId>) -> Vec<(TenantId, SessionId)> {
    ids.into_iter().map(|id| (tenant, id)).collect()
}

impl Auth {
    /// Ends the sessions of one membership, and every access token made for it.
    pub async fn end_sessions_of_membership_in(
        &self,
        tx: &TenantTx,
        ending: Ending<MembershipId>,
    ) -> Result<TouchedSessions, ApiError> {
        let live = self.raise_epoch_in(tx, ending.whose).await?;
        let (stay, end): (Vec<_>, Vec<_>) = live.into_iter().partition(|id| Some((tx.tenant(), *id)) == ending.except);
        store::end(tx, &end, ending.reason, self.platform.clock.now()).await?;
        Ok(TouchedSessions { changed: with_tenant(tx.tenant(), stay), ..TouchedSessions::ended_in(tx.tenant(), end) })
    }

    /// Ends the sessions of a person in all tenants, and every access token made for them.
    pub async fn end_sessions_of_user_in(
        &self,
        tx: &SystemTx,
        ending: Ending<UserId>,
    ) -> Result<TouchedSessions, ApiError> {
        let now = self.platform.clock.now();
        // First, since it waits for sign-ins under way, and their sessions end too.
        accounts::raise_epochs_of(tx, ending.whose, now).await?;
        let changed = ending.except.into_iter().collect();
        let ended = store::end_everywhere(tx, ending, now).await?;
        Ok(TouchedSessions { ended, changed })
    }

    /// Ends every access token of a membership and leaves its sessions: the next refresh sees what has changed.
    pub async fn end_tokens_of_membership_in(
        &self,
        tx: &TenantTx,
        membership: MembershipId,
    ) -> Result<TouchedSessions, ApiError> {
        let live = self.raise_epoch_in(tx, membership).await?;
        Ok(TouchedSessions::changed_in(tx.tenant(), live))
    }

    /// Gives the live sessions of the membership, which nobody can start another of until the transaction ends.
    async fn raise_epoch_in(&self, tx: &TenantTx, membership: MembershipId) -> Result<Vec<SessionId>, ApiError> {
        let now = self.platform.clock.now();
        accounts::raise_epoch(tx, membership, now).await?;
        let Some(place) = accounts::lock_membership(tx, membership).await? else { return Ok(Vec::new()) };
        let live = store::list_live(tx, place.user, now).await?;
        Ok(live.into_iter().map(|session| session.id).collect())
    }

    /// Notes that the caller has just proved in their session who they are.
    pub(in crate::domains::auth) async fn step_up_in(
        &self,
        tx: &TenantTx,
        actor: &UserActor,
    ) -> Result<TouchedSessions, ApiError> {
        store::step_up(tx, actor.session, self.platform.clock.now()).await?;
        Ok(TouchedSessions::changed_in(tx.tenant(), vec![actor.session]))
    }

    /// Tells every process of sessions that a committed transaction has touched. Those that cannot be told
    /// find out from the database within seconds.
    pub async fn announce(&self, touched: TouchedSessions) {
        let ended = touched.ended.into_iter().map(|(tenant, id)| note_ended(&self.platform, tenant, id));
        let changed = touched.changed.into_iter().map(|(tenant, id)| note_changed(&self.platform, tenant, id));
        // All at once: a Redis that is away costs one time-out and not one each.
        join(join_all(ended), join_all(changed)).await;
    }
}

/// Makes every process look again at all sessions of a tenant whose rules are others now.
pub async fn look_again(platform: &Platform, tenant: TenantId) -> Result<(), ApiError> {
    let tx = platform.db.read(Actor::System(tenant).home()?, Cancel::never()).await?;
    let live = store::list_live_of_tenant(&tx, platform.clock.now()).await?;
    drop(tx);
    join_all(live.into_iter().map(|id| note_changed(platform, tenant, id))).await;
    Ok(())
}
