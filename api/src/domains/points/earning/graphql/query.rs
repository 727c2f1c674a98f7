//! Finding rules and events, and trying drafts.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::{Filter, RuleState, Simulated, Simulation};
use super::event::EarningEvent;
use super::input::PointsSimulateInput;
use super::rule::EarningRule;
use crate::actor::Scope;
use crate::domains::points::{Points, PointsError};
use crate::error::{ApiError, ErrorCode, Failure, UserError};
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::BigInt;
use crate::graphql::search::search_text;
use crate::platform::db::keyset::Slice;

const USUALLY_SHOWN: i32 = 20;
const MOST_SHOWN: i32 = 100;

/// What a draft would have paid to one member. Costs nothing.
#[derive(SimpleObject)]
#[graphql(directive = costs::apply(0))]
pub struct PointsSimulationMember {
    /// Whom: `mbr_…`
    member_id: ID,
    /// Events that it answers.
    events: i32,
    /// What it would have paid.
    points: BigInt,
    /// What the rule really paid; 0 without one.
    paid: BigInt,
    /// `points` less `paid`.
    difference: BigInt,
}

/// What a draft would have paid for what has happened. Costs nothing.
#[derive(SimpleObject)]
#[graphql(directive = costs::apply(0))]
pub struct PointsSimulation {
    /// Events that it answers.
    events: i32,
    /// Members whom it would have paid, or the rule did.
    members: i32,
    /// What it would have paid.
    points: BigInt,
    /// What the rule really paid for these days; 0 without one.
    paid: BigInt,
    /// Where it would change most, those members first.
    by_member: Vec<PointsSimulationMember>,
}

impl PointsSimulation {
    fn new(simulation: Simulation, first: usize) -> Self {
        let count = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let Simulated { events, points, paid } = simulation.total;
        Self {
            events: count(events),
            members: i32::try_from(simulation.members.len()).unwrap_or(i32::MAX),
            points: points.into(),
            paid: paid.into(),
            by_member: simulation
                .members
                .into_iter()
                .take(first)
                .map(|(id, one)| PointsSimulationMember {
                    member_id: id.into(),
                    events: count(one.events),
                    points: one.points.into(),
                    paid: one.paid.into(),
                    difference: (one.points - one.paid).into(),
                })
                .collect(),
        }
    }
}

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct EarningQuery;

/// Reads rules and events.
#[Object]
impl EarningQuery {
    /// The rules by which members earn points, newest first. FORBIDDEN to keys that are restricted to communities. Needs
    /// `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn earning_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] state: Option<RuleState>,
        #[graphql(desc = "Only those that answer this event.")] event: Option<String>,
    ) -> Option<Result<Connection<Edge<EarningRule>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async {
            ctx.actor()?.require_whole(Scope::PointsRead)?;
            let filter = Filter { state, event: search_text("event", event)? };
            list(ctx, &page, filter).await.map(Some)
        })
        .await
    }

    /// A rule; null when there is none. FORBIDDEN to keys that are restricted to communities. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn earning_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`erl_…`")] id: ID,
    ) -> Option<Result<EarningRule, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require_whole(Scope::PointsRead)?;
            let (id, reader) = (parse_id("id", &id)?, request.reader().await?);
            let row = ctx.service::<Points>()?.rules_by_id(request.actor(), &reader, &[id]).await?.pop();
            Ok(row.map(|row| EarningRule(Ref::single(reader, row))))
        })
        .await
    }

    /// Something that happened, with what was paid for it; null when there is none. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn earning_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`eev_…`")] id: ID,
    ) -> Option<Result<EarningEvent, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::PointsRead)?;
            let (id, reader) = (parse_id("id", &id)?, request.reader().await?);
            let row = ctx.service::<Points>()?.events_by_id(request.actor(), &reader, &[id]).await?.pop();
            Ok(row.map(|row| EarningEvent(Ref::single(reader, row))))
        })
        .await
    }

    /// What a draft would have paid for what has happened in some days, by member. Changes nothing. Its caps are counted
    /// from the first day on, and its start and end are passed over; tiers, streaks and growth nodes are those of then. At
    /// most 366 days and 200,000 events. FORBIDDEN to keys that are restricted to communities. Costs 50. Needs
    /// `points:read`.
    #[graphql(
        directive = costs::apply(50),
        directive = requires_scopes::apply(vec!["points:read".to_owned()]),
    )]
    async fn points_simulate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The draft, and the days.")] input: PointsSimulateInput,
    ) -> Option<Result<PointsSimulation, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::PointsRead)?;
            let first = match input.first.unwrap_or(USUALLY_SHOWN) {
                first @ 1..=MOST_SHOWN => usize::try_from(first).map_err(ApiError::internal)?,
                _ => return Err(ApiError::argument(ErrorCode::InputInvalid, "input.first", "Expected 1 to 100.")),
            };
            let trial = input.trial().map_err(|error| wrong(&error))?;
            let reader = request.reader().await?;
            let simulation = ctx.service::<Points>()?.simulate(request.actor(), &reader, trial).await;
            Ok(Some(PointsSimulation::new(simulation.map_err(refused)?, first)))
        })
        .await
    }
}

/// A query has no refusals: what is wrong with its input is an error of the request.
fn refused(error: PointsError) -> ApiError {
    match Failure::from(error) {
        Failure::Failed(error) => error,
        Failure::Refused(errors) => match errors.first() {
            Some(error) => wrong(error),
            None => ApiError::internal("a simulation was refused for no reason"),
        },
    }
}

fn wrong(error: &UserError) -> ApiError {
    let path = error.field.as_deref().unwrap_or_default().join(".");
    ApiError::argument(ErrorCode::InputInvalid, format!("input.{path}"), error.message.clone())
}

async fn list(ctx: &Context<'_>, args: &PageArgs, filter: Filter) -> Result<Connection<Edge<EarningRule>>, ApiError> {
    let request = ctx.request()?;
    let points = ctx.service::<Points>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "earningRules", "NEWEST_FIRST", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = points.list_rules(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), EarningRule)?;
    let (points, actor) = (points.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (points, actor, reader, filter) = (points.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { points.count_rules(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
