//! Finding what waits for a second person, and the policy by which it does.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};

use super::super::{Filter, State};
use super::object::PointsApproval;
use crate::actor::Scope;
use crate::domains::points::Points;
use crate::domains::tenants::graphql::PointsPolicy;
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::PointsApprovalId;

/// Which requests; all that is named has to hold.
#[derive(InputObject, Default)]
pub struct PointsApprovalFilter {
    /// In one of these states; in any when left out or empty.
    states: Option<Vec<State>>,
    /// About this member: `mbr_…`
    member_id: Option<ID>,
}

impl PointsApprovalFilter {
    fn parse(self) -> Result<Filter, ApiError> {
        let mut states = self.states.unwrap_or_default();
        states.sort_unstable();
        states.dedup();
        let member = self.member_id.as_ref().map(|id| parse_id("filter.memberId", id)).transpose()?;
        Ok(Filter { states, member })
    }
}

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct ApprovalQuery;

/// Reads the policy for points, and requests.
#[Object]
impl ApprovalQuery {
    /// How long points are good, how many one person alone gives or takes by hand, and whether members may give each other
    /// points. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn points_policy(&self, ctx: &Context<'_>) -> Option<Result<PointsPolicy, ApiError>> {
        nullable(async {
            ctx.actor()?.require(Scope::PointsRead)?;
            policy(ctx, ctx.request()?.reader().await?.as_ref()).await.map(Some)
        })
        .await
    }

    /// Points that somebody asked for by hand and a second person decides on, newest first. A key that is restricted to
    /// communities sees those of their members. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn points_approvals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which requests.")] filter: Option<PointsApprovalFilter>,
    ) -> Option<Result<Connection<Edge<PointsApproval>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async {
            ctx.actor()?.require(Scope::PointsRead)?;
            list(ctx, &page, filter.unwrap_or_default().parse()?).await.map(Some)
        })
        .await
    }

    /// Points that somebody asked for by hand; null when there are none. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn points_approval(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`apr_…`")] id: ID,
    ) -> Option<Result<PointsApproval, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::PointsRead)?;
            let (id, reader) = (parse_id("id", &id)?, request.reader().await?);
            let row = ctx.service::<Points>()?.find_approval(request.actor(), &reader, id).await?;
            Ok(row.map(|row| PointsApproval(Ref::single(reader, row))))
        })
        .await
    }
}

/// The policy in the eyes of the reader.
pub(super) async fn policy(ctx: &Context<'_>, reader: &TenantTx) -> Result<PointsPolicy, ApiError> {
    Ok(ctx.service::<Points>()?.policy(ctx.actor()?, reader).await?.into())
}

/// Requests that the caller has just made or ended.
pub async fn find_asked(
    ctx: &Context<'_>,
    reader: &Arc<TenantTx>,
    ids: &[PointsApprovalId],
) -> Result<HashMap<PointsApprovalId, PointsApproval>, ApiError> {
    let rows = ctx.service::<Points>()?.list_asked(ctx.actor()?, reader, ids).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    Ok(ids.into_iter().zip(Page::new(Arc::clone(reader), rows).refs().into_iter().map(PointsApproval)).collect())
}

async fn list(
    ctx: &Context<'_>,
    args: &PageArgs,
    filter: Filter,
) -> Result<Connection<Edge<PointsApproval>>, ApiError> {
    let request = ctx.request()?;
    let points = ctx.service::<Points>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "pointsApprovals", "NEWEST_FIRST", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = points.list_approvals(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), PointsApproval)?;
    let (points, actor) = (points.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (points, actor, reader, filter) = (points.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { points.count_approvals(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
