//! Setting a member's node by hand, and changing the path.

use async_graphql::{Context, ID, InputObject, Object};

use super::super::model::{Node, PathDraft};
use super::super::model_review::Order;
use super::super::service::NodeOrder;
use super::object::GrowthPath;
use super::query;
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::domains::points::Points;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::member::Member;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload as _, call, settle};
use crate::graphql::scalars::{BigInt, Date};
use crate::graphql::selection::Selection;
use crate::payloads;

/// The node to which a member is put.
#[derive(InputObject)]
pub struct GrowthNodeSetInput {
    /// Whom: `mbr_…`
    member_id: ID,
    /// The code of a node of the path, not below the one that the member's points lead to.
    node: String,
    /// Why, in words that the member may read, 1 to 200 characters.
    reason: String,
    /// The last day on which the node is kept at least, in the tenant's zone, at most five years ahead; the last day of
    /// the current month when left out. From the next day on the member's points alone decide.
    locked_until: Option<Date>,
    /// The same key and input have one effect. 1 to 255 characters.
    idempotency_key: String,
}

impl GrowthNodeSetInput {
    fn order(self) -> Result<NodeOrder, UserError> {
        let member = parse_input_id("memberId", &self.member_id)?;
        let order = Order { node: self.node, kept_on: self.locked_until.map(|day| day.0) };
        Ok(NodeOrder { member, order, reason: self.reason })
    }
}

/// A node of a growth path.
#[derive(InputObject)]
pub struct GrowthNodeInput {
    /// What programs call it: A to Z, 0 to 9 and _, beginning with a letter, at most 40; unique in the path.
    code: String,
    /// What people call it, 1 to 40 characters.
    name: String,
    /// The value from which on members stand here: 0 for the first, each larger than the one before, at most 10^15.
    threshold: BigInt,
    /// What earned points are multiplied by, 0 to 1000 percent; 100 for as they are.
    multiplier_percent: i32,
    /// What else the node gives, at most 10 texts of 1 to 100 characters.
    perks: Vec<String>,
}

impl From<GrowthNodeInput> for Node {
    fn from(input: GrowthNodeInput) -> Self {
        let GrowthNodeInput { code, name, threshold, multiplier_percent, perks } = input;
        Self { code, name, threshold: threshold.0, multiplier_percent, perks }
    }
}

/// The growth path as it is to be.
#[derive(InputObject)]
pub struct GrowthPathUpdateInput {
    /// The version that you read; 0 for the default path.
    version: i32,
    /// The lowest first, 2 to 10.
    nodes: Vec<GrowthNodeInput>,
    /// How many calendar months count, the current one included, 1 to 60; all time when left out or null.
    window_months: Option<i32>,
    /// Where the numbers come from, 1 to 500 characters.
    source: String,
    /// The same key and input have one effect. 1 to 255 characters.
    idempotency_key: String,
}

impl From<GrowthPathUpdateInput> for PathDraft {
    fn from(input: GrowthPathUpdateInput) -> Self {
        let GrowthPathUpdateInput { version, nodes, window_months, source, .. } = input;
        Self { version, nodes: nodes.into_iter().map(Into::into).collect(), window_months, source }
    }
}

payloads! {
    /// The member, or why they were put nowhere.
    GrowthNodeSetPayload { member: Member }
    /// The path, or why it was not changed.
    GrowthPathUpdatePayload { growth_path: GrowthPath }
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct GrowthMutation;

/// Changes the growth path, and where members stand on it.
#[Object]
impl GrowthMutation {
    /// Puts a member to a node of the growth path by hand: they stay at least there until the day is over, and stand
    /// where their points lead from then on. `member` is null for a caller who may not read members. A person must have
    /// proved within five minutes who they are. Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn growth_node_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, where, why, and for how long.")] input: GrowthNodeSetInput,
    ) -> Result<GrowthNodeSetPayload, ApiError> {
        let call = call(ctx, "growthNodeSet", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match input.order() {
            Ok(order) => ctx.service::<Points>()?.growth_node_set(ctx.actor()?, order, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (member, user_errors) = settle(ctx, &call, result)?;
        let member = match member {
            Some(member) => members::find_shown(ctx, ctx.request()?.fresh_reader()?, member).await?,
            None => None,
        };
        Ok(GrowthNodeSetPayload::new(member, user_errors))
    }

    /// Changes the growth path. Everybody is reviewed by it, within seconds or, where there are very many, minutes;
    /// who comes to another node by that has a move with the reason PATH_CHANGED. `growthPath` is null for a caller who
    /// may not read points. Not for a key that is restricted to communities. A person must have proved within five
    /// minutes who they are. Needs `points:rules`.
    #[graphql(directive = requires_scopes::apply(vec!["points:rules".to_owned()]))]
    async fn growth_path_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "All of the path, and the version it replaces.")] input: GrowthPathUpdateInput,
    ) -> Result<GrowthPathUpdatePayload, ApiError> {
        let call = call(ctx, "growthPathUpdate", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsRules)?;
        let result = ctx.service::<Points>()?.growth_path_update(ctx.actor()?, input.into(), &call).await;
        let (made, user_errors) = settle(ctx, &call, result)?;
        let may_read = made.is_some() && ctx.actor()?.may(Scope::PointsRead);
        let growth_path = match may_read {
            true => {
                let reader = ctx.request()?.fresh_reader()?;
                Some(query::read(ctx, &reader, &Selection::at(ctx, &[&["growthPath", "nodes"]])).await?)
            }
            false => None,
        };
        Ok(GrowthPathUpdatePayload::new(growth_path, user_errors))
    }
}
