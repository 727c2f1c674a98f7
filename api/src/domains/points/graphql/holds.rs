//! Setting points aside, spending them or letting them go.

use async_graphql::{Context, Object, SimpleObject};

use super::super::Points;
use super::super::service_holds::Holding;
use super::input::{PointsHoldCaptureInput, PointsHoldCreateInput, PointsHoldReleaseInput};
use super::object::PointsHold;
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::member::Member;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::selection::Selection;
use crate::platform::idempotency::Call;

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! hold_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The hold as it is now, also for a caller who may read no others; null when refused.
            hold: Option<PointsHold>,
            /// The member as they are now; null when refused, or where the caller may not read members.
            member: Option<Member>,
            /// Why nothing was done; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<PointsHold>, Option<Member>)> for $name {
            fn new(held: Option<(Option<PointsHold>, Option<Member>)>, user_errors: Vec<UserError>) -> Self {
                let (hold, member) = held.unwrap_or_default();
                Self { hold, member, user_errors }
            }
        }
    )+ };
}

hold_payloads! {
    /// The hold, or why nothing was set aside.
    PointsHoldCreatePayload
    /// The hold, or why nothing was spent.
    PointsHoldCapturePayload
    /// The hold, or why nothing was let go.
    PointsHoldReleasePayload
}

/// The holds' part of the mutation root.
#[derive(Default)]
pub struct HoldMutation;

/// Sets points aside, spends them or lets them go.
#[Object]
impl HoldMutation {
    /// Sets points of a member aside, those that expire first before the others, until they are spent by
    /// `pointsHoldCapture`, let go by `pointsHoldRelease`, or time is over. Held points do not expire; let go after
    /// their day, they expire at once. Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_hold_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, how many, and for how long.")] input: PointsHoldCreateInput,
    ) -> Result<PointsHoldCreatePayload, ApiError> {
        let call = call(ctx, "pointsHoldCreate", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Points>()?.hold(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Spends what a hold has set aside, all or in part; the rest is let go. One that is kept for a redemption ends with
    /// that (else RESERVED). Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_hold_capture(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which hold, and how much of it.")] input: PointsHoldCaptureInput,
    ) -> Result<PointsHoldCapturePayload, ApiError> {
        let call = call(ctx, "pointsHoldCapture", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let amount = input.amount.map(|amount| amount.0);
        let result = match parse_input_id("holdId", &input.hold_id) {
            Ok(hold) => ctx.service::<Points>()?.capture(ctx.actor()?, (hold, amount), &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Lets go of what a hold has set aside. One that is kept for a redemption ends with that (else RESERVED). Needs
    /// `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_hold_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which hold.")] input: PointsHoldReleaseInput,
    ) -> Result<PointsHoldReleasePayload, ApiError> {
        let call = call(ctx, "pointsHoldRelease", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match parse_input_id("holdId", &input.hold_id) {
            Ok(hold) => ctx.service::<Points>()?.release(ctx.actor()?, hold, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<(Option<PointsHold>, Option<Member>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Holding, Failure>,
) -> Result<P, ApiError> {
    let (held, user_errors) = settle(ctx, call, result)?;
    let Some(Holding { hold, member }) = held else { return Ok(P::new(None, user_errors)) };
    let (wants, actor) = (Selection::at(ctx, &[&[]]), ctx.actor()?);
    let reader = ctx.request()?.fresh_reader()?;
    let hold = if wants.has("hold") {
        ctx.service::<Points>()?.find_held(actor, &reader, hold).await?.as_ref().map(PointsHold::from)
    } else {
        None
    };
    let member = if wants.has("member") { members::find_shown(ctx, reader, member).await? } else { None };
    Ok(P::new(Some((hold, member)), user_errors))
}
