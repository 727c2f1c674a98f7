//! Writing rewards, changing them, and offering them.

use async_graphql::{Context, Object, SimpleObject};

use super::super::Rewards;
use super::super::service_stock::Added;
use super::input::{
    RewardCreateInput, RewardStateSetInput, RewardStockAdjustInput, RewardUpdateInput, RewardVoucherCodesAddInput,
};
use super::reward::Reward;
use crate::actor::Scope;
use crate::error::{ApiError, Failure, UserError};
use crate::graphql::batch::Ref;
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::RewardId;

payloads! {
    /// The new reward, or why there is none.
    RewardCreatePayload { reward: Reward }
    /// The reward, or why it was not changed.
    RewardUpdatePayload { reward: Reward }
    /// The reward, or why its state was not changed.
    RewardStateSetPayload { reward: Reward }
    /// The reward, or why its stock was not changed.
    RewardStockAdjustPayload { reward: Reward }
}

/// The reward and how many codes it has more, or why none was added.
#[derive(SimpleObject)]
pub struct RewardVoucherCodesAddPayload {
    /// The reward as it is now; null when refused.
    reward: Option<Reward>,
    /// How many codes were added; 0 when refused.
    added: i32,
    /// Why none was added; empty on success. `field` names each code that is at fault.
    user_errors: Vec<UserError>,
}

/// The slice's part of the mutation root that is about rewards.
#[derive(Default)]
pub struct RewardMutation;

/// Writes rewards, changes them, and offers them.
#[Object]
impl RewardMutation {
    /// Writes a reward, as a DRAFT that nobody can redeem yet. Not for a key that is restricted to communities. A person
    /// must have proved within five minutes who they are. Needs `rewards:write`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:write".to_owned()]))]
    async fn reward_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is, and how many there are.")] input: RewardCreateInput,
    ) -> Result<RewardCreatePayload, ApiError> {
        let call = call(ctx, "rewardCreate", input.idempotency_key.as_deref(), &input)?;
        ctx.actor()?.require(Scope::RewardsWrite)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Rewards>()?.create(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Changes what a reward is; all of it as it is to be. What was redeemed keeps its name and price. Not for a key that
    /// is restricted to communities. A person must have proved within five minutes who they are. Needs `rewards:write`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:write".to_owned()]))]
    async fn reward_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which reward, the version that you read, and what it is to be.")] input: RewardUpdateInput,
    ) -> Result<RewardUpdatePayload, ApiError> {
        let call = call(ctx, "rewardUpdate", input.idempotency_key.as_deref(), &input)?;
        ctx.actor()?.require(Scope::RewardsWrite)?;
        let result = match input.change() {
            Ok(change) => ctx.service::<Rewards>()?.update(ctx.actor()?, change, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Offers a reward, or not any more; ARCHIVED is for good. What is pending can be fulfilled and cancelled all the same.
    /// Not for a key that is restricted to communities. A person must have proved within five minutes who they are. Needs
    /// `rewards:write`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:write".to_owned()]))]
    async fn reward_state_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which reward, and whether it is offered.")] input: RewardStateSetInput,
    ) -> Result<RewardStateSetPayload, ApiError> {
        let call = call(ctx, "rewardStateSet", input.idempotency_key.as_deref(), &input)?;
        ctx.actor()?.require(Scope::RewardsWrite)?;
        let result = match parse_input_id("rewardId", &input.reward_id) {
            Ok(id) => ctx.service::<Rewards>()?.set_state(ctx.actor()?, (id, input.state), &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Changes how many pieces of a MANUAL reward are left (else OUT_OF_STOCK where fewer are). Not for a key that is
    /// restricted to communities. A person must have proved within five minutes who they are. Needs `rewards:write`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:write".to_owned()]))]
    async fn reward_stock_adjust(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which reward, by how many, and why.")] input: RewardStockAdjustInput,
    ) -> Result<RewardStockAdjustPayload, ApiError> {
        let call = call(ctx, "rewardStockAdjust", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::RewardsWrite)?;
        let result = match input.change() {
            Ok(change) => ctx.service::<Rewards>()?.adjust_stock(ctx.actor()?, change, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Adds voucher codes to a reward, all of them or, where the tenant has one already, none (ALREADY_EXISTS at each of
    /// those). They are kept encrypted, and shown again only in redemptions. Not for a key that is restricted to
    /// communities. A person must have proved within five minutes who they are. Costs 50. Needs
    /// `rewards:write`.
    #[graphql(
        directive = costs::apply(50),
        directive = requires_scopes::apply(vec!["rewards:write".to_owned()]),
    )]
    async fn reward_voucher_codes_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which reward, and the codes.")] input: RewardVoucherCodesAddInput,
    ) -> Result<RewardVoucherCodesAddPayload, ApiError> {
        let call = call(ctx, "rewardVoucherCodesAdd", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::RewardsWrite)?;
        let result = match input.codes() {
            Ok(codes) => ctx.service::<Rewards>()?.add_codes(ctx.actor()?, codes, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (added, user_errors) = settle(ctx, &call, result)?;
        let Some(Added { reward, codes }) = added else {
            return Ok(RewardVoucherCodesAddPayload { reward: None, added: 0, user_errors });
        };
        Ok(RewardVoucherCodesAddPayload { reward: find_written(ctx, reward).await?, added: codes, user_errors })
    }
}

async fn payload<P: Payload<Reward>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<RewardId, Failure>,
) -> Result<P, ApiError> {
    let (id, user_errors) = settle(ctx, call, result)?;
    let reward = match id {
        Some(id) => find_written(ctx, id).await?,
        None => None,
    };
    Ok(P::new(reward, user_errors))
}

async fn find_written(ctx: &Context<'_>, id: RewardId) -> Result<Option<Reward>, ApiError> {
    let reader = ctx.request()?.fresh_reader()?;
    let row = ctx.service::<Rewards>()?.find_written(ctx.actor()?, &reader, id).await?;
    Ok(row.map(|row| Reward(Ref::single(reader, row))))
}
