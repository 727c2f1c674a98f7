//! Use cases: looking at the growth path and at where members stand, setting a node by hand, and changing the path.

use std::collections::HashMap;

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::super::model::checked_reason;
use super::model::{Path, PathDraft, Paths};
use super::model_review::{Facts, Moment, Order, Position, set};
use super::row::MoveRow;
use super::{store, store_review};
use crate::actor::{Actor, Scope};
use crate::domains::members::Standing;
use crate::domains::points::{Points, PointsError};
use crate::error::{ApiError, Failure};
use crate::platform::db::keyset::KeysetPage;
use crate::platform::db::{DbError, TenantTx};
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::MemberId;

/// The version that a change of the path made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PathVersion(pub i32);

impl Outcome for PathVersion {}

/// A node to be set by hand.
#[derive(Clone, Debug)]
pub struct NodeOrder {
    /// Whose.
    pub member: MemberId,
    /// Which, and for how long.
    pub order: Order,
    /// Why, in words.
    pub reason: String,
}

/// Members' positions, and the paths that these are of.
#[derive(Clone, Debug)]
pub struct Positions {
    /// Those of members who were given points, or put somewhere by hand.
    pub of: HashMap<MemberId, Position>,
    /// The paths.
    pub paths: Paths,
}

impl Points {
    /// The tenant's path; the default where it never had another.
    pub async fn growth_path(&self, actor: &Actor, tx: &TenantTx) -> Result<Path, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::list_paths(tx, []).await?.latest)
    }

    /// How many members stand at each node, by its code.
    pub async fn growth_counts(&self, actor: &Actor, tx: &TenantTx) -> Result<HashMap<String, i64>, ApiError> {
        actor.require(Scope::PointsRead)?;
        Ok(store::count_by_node(tx).await?)
    }

    /// Where these members stand.
    pub async fn growth_of(&self, actor: &Actor, tx: &TenantTx, members: &[MemberId]) -> Result<Positions, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        let of = store::list_positions(tx, members).await?;
        let paths = store::list_paths(tx, of.values().map(|position| position.path_version)).await?;
        Ok(Positions { of, paths })
    }

    /// For each of these members a page of moves, the newest first, and one more.
    pub async fn growth_moves_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
        page: &KeysetPage,
    ) -> Result<HashMap<MemberId, Vec<MoveRow>>, ApiError> {
        actor.require_in(Scope::PointsRead, tx.scope())?;
        Ok(store::list_moves(tx, members, page).await?)
    }

    /// By how many percent what these members earn is multiplied; those whose node changes nothing are left out.
    pub async fn growth_percents_in(
        &self,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, i32>, DbError> {
        let positions = store::list_positions(tx, members).await?;
        let paths = store::list_paths(tx, positions.values().map(|position| position.path_version)).await?;
        let percent_of = |member: &MemberId| {
            let (path, place) = match positions.get(member) {
                Some(position) => {
                    let path = paths.get(position.path_version);
                    (path, path.find(&position.node))
                }
                None => (&paths.latest, Some(0)),
            };
            let percent = path.nodes.get(place?)?.multiplier_percent;
            (percent != 100).then_some((*member, percent))
        };
        Ok(members.iter().filter_map(percent_of).collect())
    }

    /// Puts a member to a node by hand. A person has to have proved lately who they are.
    pub async fn growth_node_set(&self, actor: &Actor, order: NodeOrder, call: &Call) -> Result<MemberId, Failure> {
        let scope = actor.require_fresh(Scope::PointsWrite, self.platform.clock.now())?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.growth_node_set_in(tx, order, &label).await }.boxed())
            .await
    }

    async fn growth_node_set_in(&self, tx: &TenantTx, order: NodeOrder, actor: &str) -> Result<MemberId, PointsError> {
        let NodeOrder { member, order, reason } = order;
        let reason = checked_reason(&reason)?;
        if self.standing_in(tx, member).await? == Standing::Archived {
            return Err(PointsError::Archived("memberId"));
        }
        let now = self.platform.clock.now();
        let zone = self.tenants.get_in(tx).await?.timezone;
        let (then, paths) = self.growth_lock_in(tx, member).await?;
        let facts = store_review::sum_awards(tx, &[member], paths.latest.window_start(now, zone)).await?;
        let facts: Facts = facts.get(&member).copied().unwrap_or_default();
        let (position, moved) = set(&then, &order, facts, &Moment { now, zone, paths: &paths })?;
        store_review::put_positions(tx, &[(member, position.clone())]).await?;
        store_review::insert_by_hand(tx, (member, moved, position), (reason, actor, now)).await?;
        Ok(member)
    }

    /// Holds the member's position, which is made if need be, and reads the paths as they are then.
    async fn growth_lock_in(&self, tx: &TenantTx, member: MemberId) -> Result<(Position, Paths), PointsError> {
        store_review::add_positions(tx, &[member], &store_review::list_paths(tx, []).await?).await?;
        let held = store_review::lock_positions(tx, &[member]).await?;
        let Some((_, then)) = held.into_iter().next() else { return Err(PointsError::NotFound("memberId", "member")) };
        let paths = store_review::list_paths(tx, [then.path_version]).await?;
        Ok((then, paths))
    }

    /// Makes the next version of the path, by which everybody is reviewed within seconds. A person has to have proved
    /// lately who they are.
    pub async fn growth_path_update(
        &self,
        actor: &Actor,
        draft: PathDraft,
        call: &Call,
    ) -> Result<PathVersion, Failure> {
        let scope = actor.require_whole(Scope::PointsRules)?;
        actor.fresh(self.platform.clock.now())?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.growth_path_update_in(tx, draft, &label).await }.boxed())
            .await
    }

    async fn growth_path_update_in(
        &self,
        tx: &TenantTx,
        draft: PathDraft,
        actor: &str,
    ) -> Result<PathVersion, PointsError> {
        let now = self.platform.clock.now();
        let (read, path) = (draft.version, draft.check(now)?);
        if store::list_paths(tx, []).await?.latest.version != read {
            return Err(PointsError::VersionConflict("growth path"));
        }
        let nodes = serde_json::to_value(&path.nodes).map_err(ApiError::internal)?;
        let is_new = store::insert_path(tx, &path, (nodes, actor, now)).await?;
        if is_new { Ok(PathVersion(path.version)) } else { Err(PointsError::VersionConflict("growth path")) }
    }
}
