//! Paths, nodes and moves, as clients see them.

use async_graphql::{ID, SimpleObject};

use super::super::model::{MoveKind, MoveReason, Node, Path};
use super::super::row::MoveRow;
use crate::actor::Actor;
use crate::graphql::connection::Noun;
use crate::graphql::cost::shown::costs;
use crate::graphql::ids::told_actor;
use crate::graphql::scalars::{BigInt, Date, DateTime};

/// A node of the growth path. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct GrowthNode {
    /// What programs call it, such as `CORE`; unique in the path.
    code: String,
    /// What people call it.
    name: String,
    /// The value from which on members stand here.
    threshold: BigInt,
    /// What earned points are multiplied by, in percent; 100 for as they are.
    multiplier_percent: i32,
    /// What else the node gives, in words.
    perks: Vec<String>,
}

impl From<&Node> for GrowthNode {
    fn from(node: &Node) -> Self {
        Self {
            code: node.code.clone(),
            name: node.name.clone(),
            threshold: node.threshold.into(),
            multiplier_percent: node.multiplier_percent,
            perks: node.perks.clone(),
        }
    }
}

/// A node of the tenant's growth path, and who stands there. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct GrowthPathNode {
    /// The node.
    #[graphql(flatten)]
    node: GrowthNode,
    /// How many members stand there, archived ones too, of those who were ever given points or put to a node by hand;
    /// all others are newcomers at the first node, and not counted. A key that is restricted to communities sees how
    /// many of their members do.
    members: i64,
}

/// A tenant's growth path: nodes that members come to by the points that they are awarded. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct GrowthPath {
    /// Grows by one with each change; 0 for the default, which a tenant has until it changes it.
    version: i32,
    /// The lowest first, 2 to 10.
    nodes: Vec<GrowthPathNode>,
    /// How many calendar months in the tenant's zone count, the current one included: a member's value is what they
    /// were awarded in these, without awards that were reversed. Null: all time counts.
    window_months: Option<i32>,
    /// Where the numbers come from.
    source: String,
    /// When the path was changed; null for the default.
    updated_at: Option<DateTime>,
}

impl GrowthPath {
    /// With as many members as `count` says for a node's code.
    pub(super) fn new(path: Path, count: impl Fn(&str) -> i64) -> Self {
        let node = |node: &Node| GrowthPathNode { node: node.into(), members: count(&node.code) };
        Self {
            version: path.version,
            nodes: path.nodes.iter().map(node).collect(),
            window_months: path.window_months.and_then(|months| i32::try_from(months).ok()),
            source: path.source,
            updated_at: path.created_at.map(Into::into),
        }
    }
}

/// How a member came from one node of the growth path to another. It is never changed.
#[derive(SimpleObject, Clone, Debug)]
pub struct GrowthMove {
    /// Its place among the member's moves: 1 for the first, without gaps.
    number: BigInt,
    /// Which way.
    kind: MoveKind,
    /// Why.
    reason: MoveReason,
    /// The code of the node they left: that which the move before led to.
    from: String,
    /// What it was called then.
    from_name: String,
    /// The code of the node they came to. Set by hand, it may be the one where they were.
    to: String,
    /// What it was called then.
    to_name: String,
    /// The member's value then.
    value: BigInt,
    /// The version of the path by which they moved.
    path_version: i32,
    /// Why, in words, where it was done by hand; null otherwise.
    text: Option<String>,
    /// The last day on which the node is kept that was set by hand; null otherwise.
    locked_until: Option<Date>,
    /// Who did it: the id of a person or a key; null where the program did, and always in `me`.
    actor_id: Option<ID>,
    /// When.
    at: DateTime,
}

impl GrowthMove {
    /// As far as the caller is told of it.
    pub(super) fn told(row: &MoveRow, reader: &Actor) -> Self {
        Self {
            number: row.number.into(),
            kind: row.kind,
            reason: row.reason,
            from: row.from.0.clone(),
            from_name: row.from.1.clone(),
            to: row.to.0.clone(),
            to_name: row.to.1.clone(),
            value: row.value.into(),
            path_version: row.path_version,
            text: row.text.clone(),
            locked_until: row.kept_on.map(Into::into),
            actor_id: told_actor(reader, &row.actor),
            at: row.moved_at.into(),
        }
    }
}

impl Noun for GrowthMove {
    const NAME: &'static str = "GrowthMove";
}
