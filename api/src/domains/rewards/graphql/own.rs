//! What members see of rewards and redeem for themselves.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::model::Fulfilment;
use super::super::model_redemption::RedemptionState;
use super::super::service_redemptions::Redeemed;
use super::super::{RedemptionRow, RewardRow, Rewards};
use super::member::list;
use super::redemption::codes_of;
use super::reward::RewardLimit;
use crate::actor::Scope;
use crate::domains::members::MemberRef;
use crate::domains::members::access::graphql::find_me_in;
use crate::domains::members::membership::Tier;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::me::Me;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Noun, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{call, settle_own};
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::{BigInt, DateTime};
use crate::graphql::selection::Selection;
use crate::platform::db::keyset::Slice;
use crate::platform::idempotency::Call;

/// The slice's part of `Me`.
#[derive(Clone)]
pub struct MyRewardsPart(pub MemberRef);

/// What the member who asks can redeem, and redeemed.
#[Object]
impl MyRewardsPart {
    /// What is offered now, to everybody or in one of their communities, newest first. Some of it may be for a higher tier
    /// than theirs.
    async fn rewards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<MyReward>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { list_offered(ctx, &self.0, &args).await.map(Some) }).await
    }

    /// What they redeemed, newest first.
    async fn redemptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<MyRedemption>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { list(ctx, &self.0, &args, MyRedemption).await.map(Some) }).await
    }
}

async fn list_offered(
    ctx: &Context<'_>,
    member: &MemberRef,
    args: &PageArgs,
) -> Result<Connection<Edge<MyReward>>, ApiError> {
    let request = ctx.request()?;
    let rewards = ctx.service::<Rewards>()?;
    let (own, reader) = (member.row()?.id, Arc::clone(member.page().reader()));
    let master = &request.platform().master;
    let space = CursorSpace::new(reader.tenant(), &format!("{own}.rewards"), "NEWEST_FIRST", "");
    let page = args.parse(master, &space)?;
    let Slice { items, has_next, has_previous } = rewards.list_offered(request.actor(), &reader, &page).await?;
    let rows = Page::new(Arc::clone(&reader), items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), MyReward)?;
    let (rewards, actor) = (rewards.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (rewards, actor, reader) = (rewards.clone(), actor.clone(), Arc::clone(&reader));
        Box::pin(async move { rewards.count_offered(&actor, &reader).await })
    });
    Ok(Connection::new(Slice { items, has_next, has_previous }, total))
}

/// Something that the member who asks may get for points.
#[derive(Clone)]
pub struct MyReward(Ref<RewardRow>);

impl Noun for MyReward {
    const NAME: &'static str = "MyReward";
}

/// Something that the member who asks may get for points.
#[Object]
impl MyReward {
    /// `rwd_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What it is.
    async fn name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.terms.name)
    }

    /// More of it.
    async fn description(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.terms.description.as_deref())
    }

    /// How they get it.
    async fn fulfilment(&self) -> Result<Fulfilment, ApiError> {
        Ok(self.0.row()?.fulfilment)
    }

    /// In points, for one piece.
    async fn price(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.terms.price.into())
    }

    /// How many pieces are left. Null: without end.
    async fn stock(&self) -> Result<Option<BigInt>, ApiError> {
        Ok(self.0.row()?.stock.map(Into::into))
    }

    /// The most for a member; null for as many as there are.
    async fn limit(&self) -> Result<Option<RewardLimit>, ApiError> {
        Ok(self.0.row()?.terms.limit.map(Into::into))
    }

    /// For members of this tier or a higher one; null for all.
    async fn minimum_tier(&self) -> Result<Option<Tier>, ApiError> {
        Ok(self.0.row()?.terms.minimum_tier)
    }

    /// It can be redeemed until then; null for ever.
    async fn ends_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.terms.ends_at.map(Into::into))
    }
}

/// What the member who asks took for points.
#[derive(Clone)]
pub struct MyRedemption(Ref<RedemptionRow>);

impl Noun for MyRedemption {
    const NAME: &'static str = "MyRedemption";
}

/// What the member who asks took for points.
#[Object]
impl MyRedemption {
    /// `rdm_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What they took: `rwd_…`
    async fn reward_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.reward.into())
    }

    /// What it was called then.
    async fn reward_name(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.reward_name)
    }

    /// How many pieces.
    async fn quantity(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.quantity)
    }

    /// What it cost.
    async fn points(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.points.into())
    }

    /// What has become of it.
    async fn state(&self) -> Result<RedemptionState, ApiError> {
        Ok(self.0.row()?.state)
    }

    /// Why it was cancelled; null otherwise.
    async fn reason(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.reason.as_deref())
    }

    /// The codes that they got; none of a MANUAL reward. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn voucher_codes(&self, ctx: &Context<'_>) -> Option<Result<Vec<String>, ApiError>> {
        nullable(async { codes_of(ctx, &self.0).await.map(Some) }).await
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

/// What the member who asks wants.
#[derive(InputObject)]
pub struct MyRedemptionCreateInput {
    /// `rwd_…`
    reward_id: ID,
    /// How many pieces, 1 to 100; 1 when left out.
    quantity: Option<i32>,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    idempotency_key: String,
}

/// What the member has redeemed, or why nothing was.
#[derive(SimpleObject)]
pub struct MyRedemptionCreatePayload {
    /// The redemption; null when refused.
    redemption: Option<MyRedemption>,
    /// The member as they are now; null when refused.
    me: Option<Me>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The slice's part of the mutation root for members.
#[derive(Default)]
pub struct MyRedemptionMutation;

/// What members redeem for themselves.
#[Object]
impl MyRedemptionMutation {
    /// Redeems a reward for the member who asks, as `redemptionCreate` does, and refused for the same reasons. For a
    /// member's token that was made for `redemptions:write`; FORBIDDEN to everybody else.
    #[graphql(directive = requires_scopes::apply(vec!["redemptions:write".to_owned()]))]
    async fn my_redemption_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and how many.")] input: MyRedemptionCreateInput,
    ) -> Result<MyRedemptionCreatePayload, ApiError> {
        let call = call(ctx, "myRedemptionCreate", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require_own(Scope::RedemptionsWrite)?;
        let wanted = |reward| (reward, input.quantity.unwrap_or(1));
        let result = match parse_input_id("rewardId", &input.reward_id).map(wanted) {
            Ok(wanted) => ctx.service::<Rewards>()?.redeem_oneself(ctx.actor()?, wanted, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Redeemed, Failure>,
) -> Result<MyRedemptionCreatePayload, ApiError> {
    let (made, user_errors) = settle_own(ctx, call, result)?;
    let Some(made) = made else { return Ok(MyRedemptionCreatePayload { redemption: None, me: None, user_errors }) };
    let wants = Selection::at(ctx, &[&[]]);
    let reader = ctx.request()?.fresh_member_reader().await?;
    let redemption = if wants.has("redemption") {
        let row = ctx.service::<Rewards>()?.find_redeemed(ctx.actor()?, &reader, made.redemption).await?;
        row.map(|row| MyRedemption(Ref::single(Arc::clone(&reader), row)))
    } else {
        None
    };
    let me = if wants.has("me") { find_me_in(ctx, reader).await? } else { None };
    Ok(MyRedemptionCreatePayload { redemption, me, user_errors })
}
