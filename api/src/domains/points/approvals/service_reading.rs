//! Use cases: looking at the policy for points, and at what waits for a second person.

use super::super::service::Points;
use super::model::Filter;
use super::row::ApprovalRow;
use super::store;
use crate::actor::{Actor, Scope};
use crate::domains::tenants::PointsPolicy;
use crate::error::{ApiError, Failure};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::idempotency::Call;
use crate::platform::ids::{PointsApprovalId, PointsEntryId, TenantId};

impl Points {
    /// The tenant's policy for points.
    pub async fn policy(&self, actor: &Actor, tx: &TenantTx) -> Result<PointsPolicy, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(self.tenants.get_in(tx).await?.policy.points)
    }

    /// Sets the limit on what one person moves by hand, and whether members may give each other points; see
    /// [`crate::domains::tenants::Tenants::set_points_policy`].
    pub async fn policy_update(
        &self,
        actor: &Actor,
        changed: (Option<Option<i64>>, Option<bool>),
        call: &Call,
    ) -> Result<TenantId, Failure> {
        self.tenants.set_points_policy(actor, changed, call).await
    }

    /// A page of requests, newest first.
    pub async fn list_approvals(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &Filter,
        page: &KeysetPage,
    ) -> Result<Slice<ApprovalRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list(tx, (filter, self.platform.clock.now()), page).await?)
    }

    /// How many requests the filter lets through.
    pub async fn count_approvals(&self, actor: &Actor, tx: &TenantTx, filter: &Filter) -> Result<i64, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::count(tx, (filter, self.platform.clock.now())).await?)
    }

    /// A request by its id.
    pub async fn find_approval(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: PointsApprovalId,
    ) -> Result<Option<ApprovalRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_by_id(tx, &[id]).await?.pop())
    }

    /// Requests that the actor has just made or ended, whatever they may read.
    pub async fn list_asked(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[PointsApprovalId],
    ) -> Result<Vec<ApprovalRow>, ApiError> {
        actor.require(if actor.may(Scope::PointsWrite) { Scope::PointsWrite } else { Scope::PointsApprove })?;
        Ok(store::list_by_id(tx, ids).await?)
    }

    /// The requests that these entries were posted by.
    pub async fn approvals_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        entries: &[PointsEntryId],
    ) -> Result<Vec<ApprovalRow>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_of_entries(tx, entries).await?)
    }
}
