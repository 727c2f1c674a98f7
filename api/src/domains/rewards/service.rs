//! Use cases: writing rewards, changing them, and offering them.

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::RewardError;
use super::model::{RewardChange, RewardDraft, RewardState, may_become};
use super::row::RewardRow;
use super::store;
use crate::actor::{Actor, Scope};
use crate::domains::communities::Communities;
use crate::domains::members::Members;
use crate::domains::points::Points;
use crate::domains::tenants::Tenants;
use crate::error::{Denied, Failure, UserError};
use crate::platform::Platform;
use crate::platform::db::{TenantScope, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{CommunityId, RewardId};

/// The slice's service.
#[derive(Clone)]
pub struct Rewards {
    pub(super) platform: Platform,
    pub(super) tenants: Tenants,
    pub(super) communities: Communities,
    pub(super) members: Members,
    pub(super) points: Points,
}

impl Rewards {
    /// For `app.rs`, which also has it watch the holds of `points`.
    #[must_use]
    pub fn new(
        platform: Platform,
        (tenants, communities, members): (Tenants, Communities, Members),
        points: Points,
    ) -> Self {
        Self { platform, tenants, communities, members, points }
    }

    /// Writes a reward, as a draft. A person has to have proved lately who they are.
    pub async fn create(&self, actor: &Actor, draft: RewardDraft, call: &Call) -> Result<RewardId, Failure> {
        let (scope, this) = (self.writing(actor)?, self.clone());
        self.platform.once(scope, (actor, call), |tx| async move { this.create_in(tx, draft).await }.boxed()).await
    }

    /// As [`Rewards::create`], in the caller's transaction.
    pub async fn create_in(&self, tx: &TenantTx, draft: RewardDraft) -> Result<RewardId, RewardError> {
        let draft = draft.check()?;
        self.check_communities_in(tx, &draft.terms.communities).await?;
        let id = self.platform.new_id();
        store::insert(tx, id, &draft, self.platform.clock.now()).await?;
        Ok(id)
    }

    /// Changes a reward. What was redeemed stays as it is.
    pub async fn update(
        &self,
        actor: &Actor,
        (id, change): (RewardId, RewardChange),
        call: &Call,
    ) -> Result<RewardId, Failure> {
        let (scope, this) = (self.writing(actor)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.update_in(tx, (id, change)).await }.boxed())
            .await
    }

    async fn update_in(&self, tx: &TenantTx, (id, change): (RewardId, RewardChange)) -> Result<RewardId, RewardError> {
        let terms = change.terms.check()?;
        let row = lock_open(tx, id).await?;
        if change.version != row.version {
            return Err(RewardError::VersionConflict);
        }
        self.check_communities_in(tx, &terms.communities).await?;
        store::update(tx, (id, row.version + 1), &terms, self.platform.clock.now()).await?;
        Ok(id)
    }

    /// Offers a reward, or not any more.
    pub async fn set_state(
        &self,
        actor: &Actor,
        (id, state): (RewardId, RewardState),
        call: &Call,
    ) -> Result<RewardId, Failure> {
        let (scope, this) = (self.writing(actor)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.set_state_in(tx, id, state).await }.boxed())
            .await
    }

    /// As [`Rewards::set_state`], in the caller's transaction.
    pub async fn set_state_in(&self, tx: &TenantTx, id: RewardId, state: RewardState) -> Result<RewardId, RewardError> {
        let row = lock_open(tx, id).await?;
        if !may_become(row.state, state) {
            return Err(RewardError::NoDraft);
        }
        store::set_state(tx, id, state, self.platform.clock.now()).await?;
        Ok(id)
    }

    /// Rewards are the tenant's: a key that is restricted to communities changes none.
    pub(super) fn writing(&self, actor: &Actor) -> Result<TenantScope, Denied> {
        actor.require_fresh(Scope::RewardsWrite, self.platform.clock.now())?;
        actor.require_whole(Scope::RewardsWrite)
    }

    /// A reward that is for some communities only names those that there are.
    async fn check_communities_in(&self, tx: &TenantTx, ids: &[CommunityId]) -> Result<(), RewardError> {
        let known = self.communities.list_known_in(tx, ids).await?;
        let is_unknown = |id: &CommunityId| !known.contains(id);
        if ids.iter().any(is_unknown) {
            return Err(UserError::not_found("communityIds", "community").into());
        }
        Ok(())
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.platform.clock.now()
    }
}

/// The reward, held, unless it is archived.
pub(super) async fn lock_open(tx: &TenantTx, id: RewardId) -> Result<RewardRow, RewardError> {
    if !store::lock(tx, id).await? {
        return Err(RewardError::NotFound("rewardId", "reward"));
    }
    // In a statement of its own: one that waited for the lock sees the reward as it was before.
    let row = store::list_by_id(tx, &[id]).await?.pop().ok_or(RewardError::NotFound("rewardId", "reward"))?;
    if row.state == RewardState::Archived { Err(RewardError::Archived) } else { Ok(row) }
}
