//! Use cases: joining, leaving, tiers, and the reports on them.

use futures_util::FutureExt as _;
use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::json;
use shequn_entity::members::Column;

use super::model::{Churn, Filter, Joining, Sort, Stay, Tier, TierReport};
use super::row::CommunityMember;
use super::store;
use crate::actor::{Actor, Scope};
use crate::domains::communities::{CommunityRow, MEMBERS_CHANGED, MemberCensus};
use crate::domains::members::service::lock_active;
use crate::domains::members::{MemberError, Members};
use crate::error::{ApiError, Failure, UserError, UserErrorCode};
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::KeysetPage;
use crate::platform::db::{DbError, SystemTx, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{CommunityId, MemberId, TenantId};
use crate::platform::outbox::NewEvent;

/// Where a membership is: a community and a member.
pub(super) type At = (CommunityId, MemberId);

/// A port: what higher slices do when somebody joins or leaves, in the same transaction. What was imported is none of it.
#[async_trait]
pub trait MembershipWatch: Send + Sync {
    /// A member has joined a community, brought along by another one or not.
    async fn joined_in(&self, tx: &TenantTx, joining: &Joining, invited_by: Option<MemberId>) -> Result<(), ApiError>;
    /// A member has left these communities.
    async fn left_in(&self, tx: &TenantTx, member: MemberId, communities: &[CommunityId]) -> Result<(), ApiError>;
}

impl Members {
    /// The first members of each of several communities.
    pub async fn of_communities(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        communities: &[CommunityId],
        filter: &Filter,
        page: (&KeysetPage, Sort, &Columns<Column>),
    ) -> Result<HashMap<CommunityId, Vec<CommunityMember>>, ApiError> {
        actor.require(Scope::MembersRead)?;
        let (page, sort, columns) = page;
        let descending = sort == Sort::JoinedAtDesc;
        Ok(store::list_of_communities(tx, communities, filter, (page, descending), columns).await?)
    }

    /// How many members each of several communities has.
    pub async fn count_of_communities(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        communities: &[CommunityId],
        filter: &Filter,
    ) -> Result<HashMap<CommunityId, i64>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(store::count(tx, communities, filter).await?)
    }

    /// What these members belong to, newest first.
    pub async fn memberships_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<Vec<(MemberId, Joining)>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(store::list_of_members(tx, members).await?)
    }

    /// What these members are to the communities that they belong to now.
    pub async fn list_tiers_in(
        &self,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<(CommunityId, MemberId), Tier>, DbError> {
        let belonging = store::list_of_members(tx, members).await?;
        Ok(belonging.into_iter().map(|(member, joining)| ((joining.community, member), joining.tier)).collect())
    }

    /// The tier reports of these communities, or of all that have members.
    pub async fn tier_reports(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        communities: &[&CommunityRow],
    ) -> Result<HashMap<CommunityId, TierReport>, ApiError> {
        actor.require(Scope::MembersRead)?;
        let policy = self.tenants.get_in(tx).await?.policy.tier_quota;
        let ids: Vec<_> = communities.iter().map(|row| row.id).collect();
        let counts = store::count_tiers(tx, Some(&ids)).await?;
        let report = |row: &&CommunityRow| {
            let counts = counts.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            (row.id, TierReport::new(counts, row.quota, &policy))
        };
        Ok(communities.iter().map(report).collect())
    }

    /// The churn of these communities, or of all that ever had members.
    pub async fn churn(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        communities: Option<&[CommunityId]>,
    ) -> Result<HashMap<CommunityId, Churn>, ApiError> {
        actor.require(Scope::MembersRead)?;
        let policy = self.tenants.get_in(tx).await?.policy.decline;
        let start = self.platform.clock.now() - TimeDelta::days(i64::from(policy.window_days));
        let moves = store::count_moves(tx, communities, start).await?;
        let churn = |(there, joined, left)| Churn::new(there, joined, left, policy.clone());
        let mut found: HashMap<_, _> = moves.into_iter().map(|(id, counts)| (id, churn(counts))).collect();
        for id in communities.unwrap_or_default() {
            found.entry(*id).or_insert_with(|| churn((0, 0, 0)));
        }
        Ok(found)
    }

    /// The communities that have members at all.
    pub async fn populated(&self, actor: &Actor, tx: &TenantTx) -> Result<Vec<CommunityId>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(store::count_tiers(tx, None).await?.into_keys().collect())
    }

    /// Makes a member part of a community.
    pub async fn join(
        &self,
        actor: &Actor,
        (joining, invited_by): (Joining, Option<MemberId>),
        call: &Call,
    ) -> Result<At, Failure> {
        let (scope, this) = (actor.require(Scope::MembersWrite)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.join_in(tx, joining, invited_by).await }.boxed())
            .await
    }

    /// As [`Members::join`], in the caller's transaction.
    pub async fn join_in(
        &self,
        tx: &TenantTx,
        joining: Joining,
        invited_by: Option<MemberId>,
    ) -> Result<At, MemberError> {
        let Joining { community, member, .. } = joining;
        self.communities.lock_open_in(tx, community).await.map_err(MemberError::Community)?;
        lock_with_inviter(tx, member, invited_by).await?;
        let now = self.platform.clock.now();
        match store::lock(tx, community, member).await? {
            Some(membership) if !membership.has_left => return Err(MemberError::AlreadyMember),
            Some(_) => store::put_many(tx, &[joining], now).await?,
            None => store::insert(tx, joining, now).await?,
        }
        members_changed(self, tx, [(community, 1)]).await?;
        if let Some(watch) = self.watch.get() {
            watch.joined_in(tx, &joining, invited_by).await?;
        }
        Ok((community, member))
    }

    /// Records memberships as they were kept elsewhere, those that have ended too, in the caller's transaction.
    /// One that is here already stays as it is. The caller knows that the members are active and the communities open.
    pub async fn record_stays_in(&self, tx: &TenantTx, stays: &[Stay]) -> Result<(), MemberError> {
        let now = self.platform.clock.now();
        let is_possible = |stay: &Stay| stay.joining.joined_at <= stay.left_at.unwrap_or(now);
        if !stays.iter().all(|stay| is_possible(stay) && stay.left_at.is_none_or(|left| left <= now)) {
            let message = "A membership begins before it ends, and neither is in the future.";
            return Err(vec![UserError::at("joinedAt", UserErrorCode::Invalid, message)].into());
        }
        let mut deltas: BTreeMap<CommunityId, i64> = BTreeMap::new();
        for community in store::stays::insert_new(tx, stays, now).await? {
            *deltas.entry(community).or_default() += 1;
        }
        Ok(members_changed(self, tx, deltas).await?)
    }

    /// Gives a member of a community another tier.
    pub async fn set_tier(&self, actor: &Actor, at: At, tier: Tier, call: &Call) -> Result<At, Failure> {
        let (scope, this) = (actor.require(Scope::MembersWrite)?, self.clone());
        self.platform.once(scope, (actor, call), |tx| async move { this.set_tier_in(tx, at, tier).await }.boxed()).await
    }

    async fn set_tier_in(&self, tx: &TenantTx, at: At, tier: Tier) -> Result<At, MemberError> {
        self.lock_membership(tx, at).await?;
        store::set_tier(tx, at, tier, self.platform.clock.now()).await?;
        Ok(at)
    }

    /// Ends a membership.
    pub async fn leave(&self, actor: &Actor, at: At, call: &Call) -> Result<At, Failure> {
        let (scope, this) = (actor.require(Scope::MembersWrite)?, self.clone());
        self.platform.once(scope, (actor, call), |tx| async move { this.leave_in(tx, at).await }.boxed()).await
    }

    async fn leave_in(&self, tx: &TenantTx, at: At) -> Result<At, MemberError> {
        self.lock_membership(tx, at).await?;
        store::leave(tx, at, self.platform.clock.now()).await?;
        members_changed(self, tx, [(at.0, -1)]).await?;
        if let Some(watch) = self.watch.get() {
            watch.left_in(tx, at.1, &[at.0]).await?;
        }
        Ok(at)
    }

    /// The present membership, held; community, then member, so that nobody waits in a circle.
    /// Refuses unless the community is in use and the member belongs to it now; for a slice that stands on this one.
    pub async fn require_membership_in(&self, tx: &TenantTx, (community, member): At) -> Result<(), MemberError> {
        self.communities.lock_open_in(tx, community).await.map_err(MemberError::Community)?;
        let belonging = store::list_of_members(tx, &[member]).await?;
        let is_there = belonging.iter().any(|(_, joining)| joining.community == community);
        if is_there { Ok(()) } else { Err(MemberError::NotMember) }
    }

    async fn lock_membership(&self, tx: &TenantTx, (community, member): At) -> Result<(), MemberError> {
        self.communities.lock_open_in(tx, community).await.map_err(MemberError::Community)?;
        lock_active(tx, member, "memberId").await?;
        match store::lock(tx, community, member).await? {
            Some(membership) if !membership.has_left => Ok(()),
            Some(_) | None => Err(MemberError::NotMember),
        }
    }
}

#[async_trait]
impl MemberCensus for Members {
    async fn count_members_in(&self, tx: &SystemTx, of: (TenantId, CommunityId)) -> Result<i64, DbError> {
        store::count_present(tx, of).await
    }
}

/// Tells how communities grew or shrank.
pub(in crate::domains::members) async fn members_changed(
    members: &Members,
    tx: &TenantTx,
    deltas: impl IntoIterator<Item = (CommunityId, i64)>,
) -> Result<(), DbError> {
    let event = |(community, delta): (CommunityId, i64)| NewEvent {
        aggregate_type: "community",
        aggregate_id: community.uuid(),
        kind: MEMBERS_CHANGED,
        payload: json!({ "delta": delta }),
    };
    let events: Vec<_> = deltas.into_iter().filter(|(_, delta)| *delta != 0).map(event).collect();
    members.outbox.emit(&members.platform, tx, events).await
}

/// Ends all memberships of a member who is being archived.
pub(in crate::domains::members) async fn leave_all(
    members: &Members,
    tx: &TenantTx,
    member: MemberId,
) -> Result<(), MemberError> {
    let now = members.platform.clock.now();
    let belonging = store::list_of_members(tx, &[member]).await?;
    for (_, joining) in &belonging {
        store::leave(tx, (joining.community, member), now).await?;
    }
    members_changed(members, tx, belonging.iter().map(|(_, joining)| (joining.community, -1))).await?;
    if let Some(watch) = members.watch.get() {
        let left: Vec<_> = belonging.iter().map(|(_, joining)| joining.community).collect();
        watch.left_in(tx, member, &left).await?;
    }
    Ok(())
}

/// Holds whoever joins, and whoever brought them along: both are active members, and not the same; in the order of
/// their ids, so that nobody waits in a circle.
async fn lock_with_inviter(tx: &TenantTx, member: MemberId, inviter: Option<MemberId>) -> Result<(), MemberError> {
    if inviter == Some(member) {
        let message = "Nobody invites themselves.";
        return Err(vec![UserError::at("invitedById", UserErrorCode::Invalid, message)].into());
    }
    let mut both: Vec<_> = inviter.map(|inviter| (inviter, "invitedById")).into_iter().collect();
    both.push((member, "memberId"));
    both.sort_unstable();
    for (id, field) in both {
        lock_active(tx, id, field).await?;
    }
    Ok(())
}
