//! Finding entries and holds, and what the tenant owes.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::super::Points;
use super::object::{PointsEntry, PointsHold, PointsLiability};
use crate::actor::Scope;
use crate::error::ApiError;
use crate::graphql::batch::Ref;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::platform::db::TenantTx;
use crate::platform::ids::PointsEntryId;

/// The slice's part of the query root.
#[derive(Default)]
pub struct PointsQuery;

/// Reads points.
#[Object]
impl PointsQuery {
    /// An entry of the ledger; null when there is none. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn points_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`pen_…`")] id: ID,
    ) -> Option<Result<PointsEntry, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::PointsRead)?;
            let (id, reader) = (parse_id("id", &id)?, request.reader().await?);
            let row = ctx.service::<Points>()?.find_entry(request.actor(), &reader, id).await?;
            Ok(row.map(|row| PointsEntry(Ref::single(reader, row))))
        })
        .await
    }

    /// A hold; null when there is none. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn points_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`phd_…`")] id: ID,
    ) -> Option<Result<PointsHold, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::PointsRead)?;
            let (id, reader) = (parse_id("id", &id)?, request.reader().await?);
            let row = ctx.service::<Points>()?.find_hold(request.actor(), &reader, id).await?;
            Ok(row.as_ref().map(PointsHold::from))
        })
        .await
    }

    /// What the tenant owes its members in points, by the month in which it expires. A key that is restricted to
    /// communities sees what is owed to their members. Costs 20. Needs `points:read`.
    #[graphql(directive = costs::apply(20), directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn points_liability(&self, ctx: &Context<'_>) -> Option<Result<PointsLiability, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::PointsRead)?;
            let reader = request.reader().await?;
            let liability = ctx.service::<Points>()?.liability(request.actor(), &reader).await?;
            Ok(Some(PointsLiability::new(liability, request.platform().clock.now().into())))
        })
        .await
    }
}

/// An entry that the caller has just posted.
pub(super) async fn find_posted(
    ctx: &Context<'_>,
    reader: &Arc<TenantTx>,
    id: PointsEntryId,
) -> Result<Option<PointsEntry>, ApiError> {
    let row = ctx.service::<Points>()?.find_posted(ctx.actor()?, reader, id).await?;
    Ok(row.map(|row| PointsEntry(Ref::single(Arc::clone(reader), row))))
}
