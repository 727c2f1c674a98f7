//! Redeeming rewards, and fulfilling or cancelling that.

use async_graphql::{Context, Object, SimpleObject};

use super::super::Rewards;
use super::super::service_redemptions::Redeemed;
use super::input::{RedemptionCancelInput, RedemptionCreateInput, RedemptionFulfilInput};
use super::redemption::Redemption;
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::member::Member;
use crate::graphql::batch::Ref;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::selection::Selection;
use crate::platform::idempotency::Call;

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! redemption_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The redemption as it is now, also for a caller who may read no others; null when refused.
            redemption: Option<Redemption>,
            /// The member as they are now; null when refused, or where the caller may not read members.
            member: Option<Member>,
            /// Why nothing was done; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<Redemption>, Option<Member>)> for $name {
            fn new(made: Option<(Option<Redemption>, Option<Member>)>, user_errors: Vec<UserError>) -> Self {
                let (redemption, member) = made.unwrap_or_default();
                Self { redemption, member, user_errors }
            }
        }
    )+ };
}

redemption_payloads! {
    /// The redemption, or why nothing was redeemed.
    RedemptionCreatePayload
    /// The redemption, or why it was not fulfilled.
    RedemptionFulfilPayload
    /// The redemption, or why it was not cancelled.
    RedemptionCancelPayload
}

/// The slice's part of the mutation root that is about redemptions.
#[derive(Default)]
pub struct RedemptionMutation;

/// Redeems rewards, and fulfils or cancels that.
#[Object]
impl RedemptionMutation {
    /// Redeems a reward for a member: sets its price in points aside and takes it from the stock, until somebody fulfils
    /// or cancels it, or it lapses. Of VOUCHER_CODE the points are spent at once, and the codes are in `voucherCodes`.
    /// Refused with NOT_OFFERED, NOT_ELIGIBLE, LIMIT_REACHED, OUT_OF_STOCK or INSUFFICIENT_POINTS, and also with
    /// TOO_MANY_HOLDS where the member has 100 open holds. Needs `redemptions:write`.
    #[graphql(directive = requires_scopes::apply(vec!["redemptions:write".to_owned()]))]
    async fn redemption_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, for whom, and how many.")] input: RedemptionCreateInput,
    ) -> Result<RedemptionCreatePayload, ApiError> {
        let call = call(ctx, "redemptionCreate", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::RedemptionsWrite)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Rewards>()?.redeem(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Says that the member has what they redeemed: the points are spent. Once (else CLOSED). Needs `redemptions:write`.
    #[graphql(directive = requires_scopes::apply(vec!["redemptions:write".to_owned()]))]
    async fn redemption_fulfil(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which redemption.")] input: RedemptionFulfilInput,
    ) -> Result<RedemptionFulfilPayload, ApiError> {
        let call = call(ctx, "redemptionFulfil", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::RedemptionsWrite)?;
        let result = match parse_input_id("redemptionId", &input.redemption_id) {
            Ok(id) => ctx.service::<Rewards>()?.fulfil(ctx.actor()?, id, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Takes a redemption back that is PENDING (else CLOSED): points and stock come back. Points whose day is over expire
    /// at once. Needs `redemptions:write`.
    #[graphql(directive = requires_scopes::apply(vec!["redemptions:write".to_owned()]))]
    async fn redemption_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which redemption, and why.")] input: RedemptionCancelInput,
    ) -> Result<RedemptionCancelPayload, ApiError> {
        let call = call(ctx, "redemptionCancel", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::RedemptionsWrite)?;
        let result = match parse_input_id("redemptionId", &input.redemption_id) {
            Ok(id) => ctx.service::<Rewards>()?.cancel(ctx.actor()?, (id, input.reason), &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<(Option<Redemption>, Option<Member>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Redeemed, Failure>,
) -> Result<P, ApiError> {
    let (made, user_errors) = settle(ctx, call, result)?;
    let Some(Redeemed { redemption, member }) = made else { return Ok(P::new(None, user_errors)) };
    let wants = Selection::at(ctx, &[&[]]);
    // One for both: whoever waits for a second one while holding the first may wait for each other.
    let reader = ctx.request()?.fresh_reader()?;
    let redemption = if wants.has("redemption") {
        let row = ctx.service::<Rewards>()?.find_redeemed(ctx.actor()?, &reader, redemption).await?;
        row.map(|row| Redemption(Ref::single(reader.clone(), row)))
    } else {
        None
    };
    let member = if wants.has("member") { members::find_shown(ctx, reader, member).await? } else { None };
    Ok(P::new(Some((redemption, member)), user_errors))
}
