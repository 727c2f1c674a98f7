//! The part of `Member` that says where they stand on the growth path.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Object};

use super::super::model::{Node, Path};
use super::super::model_review::Position;
use super::super::row::MoveRow;
use super::object::{GrowthMove, GrowthNode};
use crate::domains::members::{MemberRef, MemberRow};
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, Edge};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::{BigInt, Date, DateTime};
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::MemberId;

/// The sub-slice's part of `Member`.
#[derive(Clone)]
pub struct MemberGrowthPart(pub MemberRef);

/// Where a member stands.
#[Object]
impl MemberGrowthPart {
    /// Where they stand on the tenant's growth path, and how they came there. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn growth(&self, ctx: &Context<'_>) -> Option<Result<MemberGrowth, ApiError>> {
        nullable(async { growth_of(ctx, &self.0).await.map(Some) }).await
    }
}

/// The part of `Me` that says where they stand.
#[derive(Clone)]
pub struct MyGrowthPart(pub MemberRef);

/// Where the member who asks stands.
#[Object]
impl MyGrowthPart {
    /// Where they stand on the tenant's growth path, and how they came there.
    async fn growth(&self, ctx: &Context<'_>) -> Option<Result<MemberGrowth, ApiError>> {
        nullable(async { growth_of(ctx, &self.0).await.map(Some) }).await
    }
}

async fn growth_of(ctx: &Context<'_>, member: &MemberRef) -> Result<MemberGrowth, ApiError> {
    let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
    let load = |page: Arc<Page<MemberRow>>| async move { points.growth_of(&actor, page.reader(), &ids(&page)).await };
    let positions = member.load("member.growth", String::new(), load).await?;
    let position = positions.of.get(&member.row()?.id).cloned();
    let version = position.as_ref().map_or(positions.paths.latest.version, |position| position.path_version);
    let path = positions.paths.get(version).clone();
    Ok(MemberGrowth { member: member.clone(), position, path })
}

fn ids(page: &Page<MemberRow>) -> Vec<MemberId> {
    page.rows().iter().map(|row| row.id).collect()
}

/// Where a member stands on the growth path, as last reviewed: within about a second after an award or a reversal, and
/// when a month begins in the tenant's zone. After a change of the path, or where very many members have something due
/// at once, it may take longer.
pub struct MemberGrowth {
    member: MemberRef,
    /// None for who was never given points.
    position: Option<Position>,
    path: Path,
}

impl MemberGrowth {
    fn place(&self) -> usize {
        self.position.as_ref().and_then(|position| self.path.find(&position.node)).unwrap_or(0)
    }

    fn value_now(&self) -> i64 {
        self.position.as_ref().map_or(0, |position| position.value)
    }

    fn above(&self) -> Option<&Node> {
        self.path.nodes.get(self.place().saturating_add(1))
    }
}

/// Where a member stands on the growth path, as last reviewed: within about a second after an award or a reversal, and
/// when a month begins in the tenant's zone. After a change of the path, or where very many members have something due
/// at once, it may take longer.
#[Object]
impl MemberGrowth {
    /// The node they stand at; the first one for who was never given points.
    async fn node(&self) -> Result<GrowthNode, ApiError> {
        let node = self.path.nodes.get(self.place());
        node.map(Into::into).ok_or_else(|| ApiError::internal("a growth path has no nodes"))
    }

    /// Points that they were awarded within the path's window, without awards that were reversed. Deducting, spending
    /// and expiring do not lower it.
    async fn value(&self) -> BigInt {
        self.value_now().into()
    }

    /// The node above; null at the last one.
    async fn next_node(&self) -> Option<GrowthNode> {
        self.above().map(Into::into)
    }

    /// What their value lacks to the node above; null at the last one.
    async fn to_next(&self) -> Option<BigInt> {
        Some(self.above()?.threshold.saturating_sub(self.value_now()).into())
    }

    /// When they came to the node; null for who never moved.
    async fn since(&self) -> Option<DateTime> {
        self.position.as_ref()?.since.map(Into::into)
    }

    /// The last day on which they keep a node that was set by hand, in the tenant's zone; null where nobody set one.
    async fn locked_until(&self) -> Option<Date> {
        Some(self.position.as_ref()?.floor.as_ref()?.on.into())
    }

    /// All their moves, the newest first.
    async fn moves(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<GrowthMove>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { self.list(ctx, &args).await.map(Some) }).await
    }
}

impl MemberGrowth {
    async fn list(&self, ctx: &Context<'_>, args: &PageArgs) -> Result<Connection<Edge<GrowthMove>>, ApiError> {
        let own = self.member.row()?.id;
        let master = &ctx.request()?.platform().master;
        let tenant = self.member.page().reader().tenant();
        let space = CursorSpace::new(tenant, &format!("{own}.growth"), "NEWEST_FIRST", "");
        let page = args.parse(master, &space)?;
        let loaded = self.load_moves(ctx, page.clone()).await?;
        let Slice { items, has_next, has_previous } = page.finish(loaded.get(&own).cloned().unwrap_or_default());
        let actor = ctx.actor()?;
        let edge = |row: &MoveRow| {
            let node = GrowthMove::told(row, actor);
            Ok(Edge { cursor: space.seal(master, &row.place())?, node })
        };
        let items = items.iter().map(edge).collect::<Result<_, ApiError>>()?;
        let total = self.position.as_ref().map_or(0, |position| position.moves);
        let slice = Slice { items, has_next, has_previous };
        Ok(Connection::new(slice, Arc::new(move || Box::pin(async move { Ok(total) }))))
    }

    /// For all members of the page at once.
    async fn load_moves(
        &self,
        ctx: &Context<'_>,
        page: KeysetPage,
    ) -> Result<Arc<HashMap<MemberId, Vec<MoveRow>>>, ApiError> {
        let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
        let key = format!("{page:?}");
        let load = |members: Arc<Page<MemberRow>>| async move {
            points.growth_moves_of(&actor, members.reader(), &ids(&members), &page).await
        };
        self.member.load("member.growth.moves", key, load).await
    }
}
