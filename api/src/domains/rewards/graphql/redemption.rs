//! Redemptions, as clients see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::Rewards;
use super::super::model_redemption::RedemptionState;
use super::super::row::{PaidRow, RedemptionRow};
use super::reward::Reward;
use crate::domains::points::graphql::PointsHold;
use crate::domains::points::{Points, Source};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::Noun;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::told_actor;
use crate::graphql::scalars::{BigInt, DateTime};
use crate::platform::ids::{PointsHoldId, RedemptionId, RewardId};

/// What a part of a redemption's points was earned by. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct RedemptionSource {
    /// By kind.
    source: Source,
    /// By which rule: `erl_…`; null where no rule paid them, and for keys that are restricted to communities.
    rule_id: Option<ID>,
    /// How many.
    points: BigInt,
}

impl From<&PaidRow> for RedemptionSource {
    fn from(row: &PaidRow) -> Self {
        Self { source: row.source, rule_id: row.rule.map(Into::into), points: row.points.into() }
    }
}

/// What a member took for points.
#[derive(Clone)]
pub struct Redemption(pub(super) Ref<RedemptionRow>);

impl Noun for Redemption {
    const NAME: &'static str = "Redemption";
}

/// What a member took for points: the points are set aside until somebody fulfils it, and come back otherwise.
#[Object]
impl Redemption {
    /// `rdm_…`
    pub async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What they took, as it is now; null for a key that is restricted to communities where it is for others, and for a
    /// caller who may not read rewards.
    async fn reward(&self, ctx: &Context<'_>) -> Option<Result<Reward, ApiError>> {
        nullable(async {
            let (rewards, actor) = (ctx.service::<Rewards>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<RedemptionRow>>| async move {
                let mut ids: Vec<_> = page.rows().iter().map(|row| row.reward).collect();
                ids.sort_unstable();
                ids.dedup();
                let rows = rewards.list_by_id(&actor, page.reader(), &ids).await?;
                let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
                let refs = Page::new(Arc::clone(page.reader()), rows).refs().into_iter().map(Reward);
                Ok(ids.into_iter().zip(refs).collect::<HashMap<RewardId, Reward>>())
            };
            let found = self.0.load("redemption.reward", String::new(), load).await?;
            Ok(found.get(&self.0.row()?.reward).cloned())
        })
        .await
    }

    /// What it was called then.
    async fn reward_name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.reward_name)
    }

    /// Whose: `mbr_…`
    async fn member_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.member.into())
    }

    /// How many pieces.
    async fn quantity(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.quantity)
    }

    /// What one piece cost then, in points.
    async fn price(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.price.into())
    }

    /// What it cost.
    async fn points(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.points.into())
    }

    /// What has become of it.
    async fn state(&self) -> Result<RedemptionState, ApiError> {
        Ok(self.0.row()?.state)
    }

    /// The points that were set aside for it. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn hold(&self, ctx: &Context<'_>) -> Option<Result<PointsHold, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<RedemptionRow>>| async move {
                let ids: Vec<_> = page.rows().iter().map(|row| row.hold).collect();
                let rows = points.holds_by_id(&actor, page.reader(), &ids).await?;
                Ok(rows.iter().map(|row| (row.id, row.into())).collect::<HashMap<PointsHoldId, PointsHold>>())
            };
            let found = self.0.load("redemption.hold", String::new(), load).await?;
            Ok(found.get(&self.0.row()?.hold).cloned())
        })
        .await
    }

    /// That hold: `phd_…`
    async fn hold_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.hold.into())
    }

    /// The entry that set the points aside: `pen_…`
    async fn entry_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.entry.into())
    }

    /// Why it was cancelled; null otherwise.
    async fn reason(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.reason.as_deref())
    }

    /// The partner's own reference, such as a parcel's.
    async fn reference(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.reference.as_deref())
    }

    /// The codes that it handed out, those that were added first before the others; none of a MANUAL reward. Costs 1. Needs
    /// `rewards:vouchers`.
    #[graphql(
        directive = costs::apply(1),
        directive = requires_scopes::apply(vec!["rewards:vouchers".to_owned()]),
    )]
    async fn voucher_codes(&self, ctx: &Context<'_>) -> Option<Result<Vec<String>, ApiError>> {
        nullable(async { codes_of(ctx, &self.0).await.map(Some) }).await
    }

    /// What its points were earned by, the most first: they came from the lots that would have expired first. Counts as
    /// 5 items.
    #[graphql(directive = list_size::apply(Some(5), None, None))]
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<RedemptionSource>, ApiError> {
        let rewards = ctx.service::<Rewards>()?.clone();
        let load = |page: Arc<Page<RedemptionRow>>| async move {
            let mut found: HashMap<RedemptionId, Vec<RedemptionSource>> = HashMap::new();
            for row in rewards.sources_of(page.reader(), &ids(&page)).await? {
                found.entry(row.redemption).or_default().push((&row).into());
            }
            Ok(found)
        };
        let found = self.0.load("redemption.sources", String::new(), load).await?;
        Ok(found.get(&self.0.row()?.id).cloned().unwrap_or_default())
    }

    /// Who redeemed it: the id of a person or a key, or of the member who did by their own token; null where the program
    /// did.
    async fn actor_id(&self, ctx: &Context<'_>) -> Result<Option<ID>, ApiError> {
        Ok(told_actor(ctx.actor()?, &self.0.row()?.actor))
    }

    /// When it was redeemed.
    async fn created_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.created_at.into())
    }

    /// When it lapses, or would have, if nobody fulfils it; null where codes were handed out at once.
    async fn lapses_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.lapses_at.map(Into::into))
    }

    /// When it was fulfilled or cancelled, or lapsed; null while it is pending.
    async fn closed_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.closed_at.map(Into::into))
    }
}

/// The codes that a redemption handed out. Loaded for all redemptions of the page at once.
pub(super) async fn codes_of(ctx: &Context<'_>, redemption: &Ref<RedemptionRow>) -> Result<Vec<String>, ApiError> {
    let (rewards, actor) = (ctx.service::<Rewards>()?.clone(), ctx.actor()?.clone());
    let load =
        |page: Arc<Page<RedemptionRow>>| async move { rewards.codes_of(&actor, page.reader(), &ids(&page)).await };
    let found = redemption.load("redemption.voucherCodes", String::new(), load).await?;
    let own = found.get(&redemption.row()?.id).map(Vec::as_slice).unwrap_or_default();
    Ok(own.iter().map(|code| code.expose().to_owned()).collect())
}

fn ids(page: &Page<RedemptionRow>) -> Vec<RedemptionId> {
    page.rows().iter().map(|row| row.id).collect()
}
