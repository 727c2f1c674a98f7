//! Finding rewards and redemptions, and what these were paid with.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::super::model::{Filter, RewardState};
use super::super::model_redemption::{RedemptionFilter, RedemptionState};
use super::super::{RewardRow, Rewards};
use super::mix::RedemptionMix;
use super::redemption::Redemption;
use super::reward::Reward;
use crate::actor::Scope;
use crate::error::ApiError;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::Date;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::{RedemptionId, RewardId};

/// The slice's part of the query root.
#[derive(Default)]
pub struct RewardQuery;

/// Reads rewards and redemptions.
#[Object]
impl RewardQuery {
    /// Rewards, newest first. A key that is restricted to communities sees those for one of them, and those for everybody.
    /// Needs `rewards:read`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn rewards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] state: Option<RewardState>,
        #[graphql(desc = "Only those for members of this community, and those for everybody: `com_…`")]
        community_id: Option<ID>,
    ) -> Option<Result<Connection<Edge<Reward>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async {
            ctx.actor()?.require(Scope::RewardsRead)?;
            let community = community_id.as_ref().map(|id| parse_id("communityId", id)).transpose()?;
            list_rewards(ctx, &page, Filter { state, community, offered_at: None }).await.map(Some)
        })
        .await
    }

    /// A reward; null when there is none. Needs `rewards:read`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:read".to_owned()]))]
    async fn reward(
        &self, ctx: &Context<'_>, #[graphql(desc = "`rwd_…`")] id: ID
    ) -> Option<Result<Reward, ApiError>> {
        nullable(async {
            ctx.actor()?.require(Scope::RewardsRead)?;
            let (id, reader) = (parse_id("id", &id)?, ctx.request()?.reader().await?);
            Ok(find_rewards(ctx, reader, &[id]).await?.remove(&id))
        })
        .await
    }

    /// Redemptions, newest first. A key that is restricted to communities sees those of their members. Needs
    /// `rewards:read`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn redemptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] state: Option<RedemptionState>,
        #[graphql(desc = "Only those of this reward: `rwd_…`")] reward_id: Option<ID>,
        #[graphql(desc = "Only those of this member: `mbr_…`")] member_id: Option<ID>,
    ) -> Option<Result<Connection<Edge<Redemption>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async {
            ctx.actor()?.require(Scope::RewardsRead)?;
            let reward = reward_id.as_ref().map(|id| parse_id("rewardId", id)).transpose()?;
            let member = member_id.as_ref().map(|id| parse_id("memberId", id)).transpose()?;
            list_redemptions(ctx, &page, RedemptionFilter { state, reward, member }).await.map(Some)
        })
        .await
    }

    /// A redemption; null when there is none. Needs `rewards:read`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:read".to_owned()]))]
    async fn redemption(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`rdm_…`")] id: ID,
    ) -> Option<Result<Redemption, ApiError>> {
        nullable(async {
            ctx.actor()?.require(Scope::RewardsRead)?;
            let (id, reader) = (parse_id("id", &id)?, ctx.request()?.reader().await?);
            Ok(find_redemptions(ctx, reader, &[id]).await?.remove(&id))
        })
        .await
    }

    /// What redemptions were paid with that were fulfilled in some days of the tenant's zone, at most 366: by what the
    /// points were earned, and on what they were spent. A key that is restricted to communities sees those of their
    /// members. Costs 20. Needs `rewards:read`.
    #[graphql(directive = costs::apply(20), directive = requires_scopes::apply(vec!["rewards:read".to_owned()]))]
    async fn redemption_mix(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day, which belongs to it.")] to: Date,
    ) -> Option<Result<RedemptionMix, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::RewardsRead)?;
            let reader = request.reader().await?;
            let mix = ctx.service::<Rewards>()?.mix(request.actor(), &reader, (from.0, to.0)).await?;
            Ok(Some(mix.into()))
        })
        .await
    }
}

/// Rewards by id, read in `reader`; unknown ones are left out.
pub async fn find_rewards(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    ids: &[RewardId],
) -> Result<HashMap<RewardId, Reward>, ApiError> {
    let rows: Vec<RewardRow> = ctx.service::<Rewards>()?.list_by_id(ctx.actor()?, &reader, ids).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    Ok(ids.into_iter().zip(Page::new(reader, rows).refs().into_iter().map(Reward)).collect())
}

/// Redemptions by id, read in `reader`; unknown ones are left out.
pub async fn find_redemptions(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    ids: &[RedemptionId],
) -> Result<HashMap<RedemptionId, Redemption>, ApiError> {
    let rows = ctx.service::<Rewards>()?.redemptions_by_id(ctx.actor()?, &reader, ids).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    Ok(ids.into_iter().zip(Page::new(reader, rows).refs().into_iter().map(Redemption)).collect())
}

async fn list_rewards(
    ctx: &Context<'_>,
    args: &PageArgs,
    filter: Filter,
) -> Result<Connection<Edge<Reward>>, ApiError> {
    let request = ctx.request()?;
    let rewards = ctx.service::<Rewards>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "rewards", "NEWEST_FIRST", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = rewards.list(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), Reward)?;
    let (rewards, actor) = (rewards.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (rewards, actor, reader, filter) = (rewards.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { rewards.count(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}

async fn list_redemptions(
    ctx: &Context<'_>,
    args: &PageArgs,
    filter: RedemptionFilter,
) -> Result<Connection<Edge<Redemption>>, ApiError> {
    let request = ctx.request()?;
    let rewards = ctx.service::<Rewards>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "redemptions", "NEWEST_FIRST", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = rewards.list_redemptions(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), Redemption)?;
    let (rewards, actor) = (rewards.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (rewards, actor, reader, filter) = (rewards.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { rewards.count_redemptions(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
