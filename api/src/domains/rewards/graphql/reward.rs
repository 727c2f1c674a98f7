//! Rewards, as clients see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::Rewards;
use super::super::model::{Fulfilment, Limit, Period, RewardState};
use super::super::row::{RewardRow, StockMoveRow};
use crate::domains::members::membership::Tier;
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::Noun;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::scalars::{BigInt, DateTime};
use crate::platform::ids::RewardId;

/// The most that a member redeems of a reward. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct RewardLimit {
    /// How many pieces, without those that came back.
    quantity: i32,
    /// In what time.
    period: Period,
}

/// A change of a reward's stock by hand. It is never changed. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct RewardStockMove {
    /// By how many pieces.
    delta: BigInt,
    /// How many there were then.
    stock_after: BigInt,
    /// Why, in words.
    reason: String,
    /// Who did it: the id of a person or a key.
    actor_id: ID,
    /// When.
    at: DateTime,
}

impl From<&StockMoveRow> for RewardStockMove {
    fn from(row: &StockMoveRow) -> Self {
        Self {
            delta: row.delta.into(),
            stock_after: row.stock_after.into(),
            reason: row.reason.clone(),
            actor_id: row.actor.clone().into(),
            at: row.moved_at.into(),
        }
    }
}

impl From<Limit> for RewardLimit {
    fn from(limit: Limit) -> Self {
        Self { quantity: limit.quantity, period: limit.period }
    }
}

/// Something that members get for points.
#[derive(Clone)]
pub struct Reward(pub(super) Ref<RewardRow>);

impl Noun for Reward {
    const NAME: &'static str = "Reward";
}

/// Something that members get for points. A change touches nothing that was redeemed.
#[Object]
impl Reward {
    /// `rwd_…`
    pub async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What members read.
    async fn name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.terms.name)
    }

    /// More of it.
    async fn description(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.terms.description.as_deref())
    }

    /// Whether it can be redeemed.
    async fn state(&self) -> Result<RewardState, ApiError> {
        Ok(self.0.row()?.state)
    }

    /// How members get it.
    async fn fulfilment(&self) -> Result<Fulfilment, ApiError> {
        Ok(self.0.row()?.fulfilment)
    }

    /// In points, for one piece.
    async fn price(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.terms.price.into())
    }

    /// How many pieces are left to be redeemed; of VOUCHER_CODE, how many codes are free. Null: without end.
    async fn stock(&self) -> Result<Option<BigInt>, ApiError> {
        Ok(self.0.row()?.stock.map(Into::into))
    }

    /// How many pieces are redeemed and not fulfilled yet.
    async fn reserved(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.reserved.into())
    }

    /// How many pieces members have got.
    async fn fulfilled(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.fulfilled.into())
    }

    /// The most for a member; null for as many as there are.
    async fn limit(&self) -> Result<Option<RewardLimit>, ApiError> {
        Ok(self.0.row()?.terms.limit.map(Into::into))
    }

    /// For members of these communities only, `com_…`; for everybody when there is none. A key that is restricted to
    /// communities is told of no others. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn community_ids(&self, ctx: &Context<'_>) -> Result<Vec<ID>, ApiError> {
        let rewards = ctx.service::<Rewards>()?.clone();
        let load = |page: Arc<Page<RewardRow>>| async move {
            let mut found: HashMap<RewardId, Vec<ID>> = HashMap::new();
            for (reward, community) in rewards.communities_of(page.reader(), &ids(&page)).await? {
                found.entry(reward).or_default().push(community.into());
            }
            Ok(found)
        };
        let found = self.0.load("reward.communityIds", String::new(), load).await?;
        Ok(found.get(&self.0.row()?.id).cloned().unwrap_or_default())
    }

    /// For members of this tier or a higher one, in one of `communityIds`, or anywhere where there are none; null for all.
    async fn minimum_tier(&self) -> Result<Option<Tier>, ApiError> {
        Ok(self.0.row()?.terms.minimum_tier)
    }

    /// It can be redeemed from then on; null from ever.
    async fn starts_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.terms.starts_at.map(Into::into))
    }

    /// It can be redeemed until then; null for ever.
    async fn ends_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.terms.ends_at.map(Into::into))
    }

    /// For how many times 24 hours the points of a redemption are set aside before it lapses.
    async fn fulfil_within_days(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.terms.days())
    }

    /// 1 for a reward that was never changed. Neither its state nor its numbers count.
    async fn version(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.version)
    }

    /// When it was written.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }

    /// When it, its state or by hand its stock last changed.
    async fn updated_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.updated_at.into())
    }

    /// The last changes of its stock by hand, the newest first; at most 100. Counts as 10 items. Needs `rewards:read`.
    #[graphql(directive = list_size::apply(Some(10), None, None))]
    async fn stock_moves(&self, ctx: &Context<'_>) -> Option<Result<Vec<RewardStockMove>, ApiError>> {
        nullable(async {
            let (rewards, actor) = (ctx.service::<Rewards>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<RewardRow>>| async move {
                let mut found: HashMap<RewardId, Vec<RewardStockMove>> = HashMap::new();
                for row in rewards.stock_moves_of(&actor, page.reader(), &ids(&page)).await? {
                    found.entry(row.reward).or_default().push((&row).into());
                }
                Ok(found)
            };
            let found = self.0.load("reward.stockMoves", String::new(), load).await?;
            Ok(Some(found.get(&self.0.row()?.id).cloned().unwrap_or_default()))
        })
        .await
    }
}

fn ids(page: &Page<RewardRow>) -> Vec<RewardId> {
    page.rows().iter().map(|row| row.id).collect()
}
