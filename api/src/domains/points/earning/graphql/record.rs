//! Recording what happened.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::EventOutcome;
use super::event::EarningEvent;
use super::input::{EarningEventRecordBulkInput, EarningEventRecordInput};
use crate::actor::Scope;
use crate::domains::points::Points;
use crate::error::{ApiError, Failure, UserError};
use crate::graphql::batch::Ref;
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::mutation::{Payload as _, call, parse_each, settle};
use crate::graphql::scalars::BigInt;
use crate::payloads;

payloads! {
    /// The event with what was paid for it, or why it was not recorded.
    EarningEventRecordPayload { earning_event: EarningEvent }
}

/// What became of one event.
#[derive(SimpleObject)]
pub struct EarningEventOutcome {
    /// The event: `eev_…`; null when refused.
    earning_event_id: Option<ID>,
    /// All that rules paid for it; null when refused.
    points: Option<BigInt>,
    /// Why it was not recorded; empty on success. `field` is below the event.
    user_errors: Vec<UserError>,
}

impl From<EventOutcome> for EarningEventOutcome {
    fn from(outcome: EventOutcome) -> Self {
        let (id, points) = outcome.earned.map(|earned| (earned.event.into(), earned.points.into())).unzip();
        Self { earning_event_id: id, points, user_errors: outcome.errors }
    }
}

/// An outcome for each event, or why none was looked at.
#[derive(SimpleObject)]
pub struct EarningEventRecordBulkPayload {
    /// What became of each, in their order; null when none was looked at.
    outcomes: Option<Vec<EarningEventOutcome>>,
    /// Why none was looked at; empty otherwise.
    user_errors: Vec<UserError>,
}

/// The sub-slice's part of the mutation root that is about events.
#[derive(Default)]
pub struct EarningEventMutation;

/// Records what happened.
#[Object]
impl EarningEventMutation {
    /// Records that something happened to a member, and pays what the rules say that are active now. It is kept whether or
    /// not a rule answers. What a person records, and not a key, counts as points by hand, and is refused over the tenant's
    /// limit (APPROVAL_REQUIRED). Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn earning_event_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What happened.")] input: EarningEventRecordInput,
    ) -> Result<EarningEventRecordPayload, ApiError> {
        let call = call(ctx, "earningEventRecord", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match input.event.fact(ctx.request()?.platform().clock.now()) {
            Ok(fact) => ctx.service::<Points>()?.record_event(ctx.actor()?, fact, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (earned, user_errors) = settle(ctx, &call, result)?;
        let Some(earned) = earned else { return Ok(EarningEventRecordPayload::new(None, user_errors)) };
        let reader = ctx.request()?.fresh_reader()?;
        let row = ctx.service::<Points>()?.find_recorded_event(ctx.actor()?, &reader, earned.event).await?;
        Ok(EarningEventRecordPayload::new(row.map(|row| EarningEvent(Ref::single(reader, row))), user_errors))
    }

    /// Records up to 1,000 events; each is recorded and paid for, or refused, for itself, all in one transaction. What a
    /// person records counts as points by hand; where one of them is over the tenant's limit, nothing is recorded
    /// (APPROVAL_REQUIRED). Costs 1 for each event. Needs `points:write`.
    #[graphql(
        directive = list_size::apply(None, Some(vec!["input.events".to_owned()]), Some(vec!["outcomes".to_owned()])),
        directive = requires_scopes::apply(vec!["points:write".to_owned()]),
    )]
    async fn earning_event_record_bulk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What happened.")] input: EarningEventRecordBulkInput,
    ) -> Result<EarningEventRecordBulkPayload, ApiError> {
        let call = call(ctx, "earningEventRecordBulk", Some(&input.idempotency_key), &input)?;
        let (actor, now) = (ctx.actor()?, ctx.request()?.platform().clock.now());
        actor.require(Scope::PointsWrite)?;
        let result = match parse_each("events", &input.events, |event| event.fact(now)) {
            Ok(facts) => ctx.service::<Points>()?.record_events(actor, facts, &call).await,
            Err(errors) => Err(Failure::Refused(errors)),
        };
        let (outcomes, user_errors) = settle(ctx, &call, result)?;
        let outcomes = outcomes.map(|outcomes| outcomes.0.into_iter().map(Into::into).collect());
        Ok(EarningEventRecordBulkPayload { outcomes, user_errors })
    }
}
