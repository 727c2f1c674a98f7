//! Looking at the growth path.

use std::collections::HashMap;

use async_graphql::{Context, Object};

use super::object::GrowthPath;
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::selection::Selection;
use crate::platform::db::TenantTx;

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct GrowthQuery;

/// Reads the growth path.
#[Object]
impl GrowthQuery {
    /// The tenant's growth path, and how many members stand at each node; the default path where the tenant has no
    /// other. Costs 10. Needs `points:read`.
    #[graphql(directive = costs::apply(10), directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn growth_path(&self, ctx: &Context<'_>) -> Option<Result<GrowthPath, ApiError>> {
        nullable(async {
            let reader = ctx.request()?.reader().await?;
            read(ctx, &reader, &Selection::at(ctx, &[&["nodes"]])).await.map(Some)
        })
        .await
    }
}

/// The path in the eyes of the reader; members are counted where they are shown.
pub(super) async fn read(ctx: &Context<'_>, reader: &TenantTx, of_nodes: &Selection) -> Result<GrowthPath, ApiError> {
    let (points, actor) = (ctx.service::<Points>()?, ctx.actor()?);
    let path = points.growth_path(actor, reader).await?;
    let counts = match of_nodes.has("members") {
        true => points.growth_counts(actor, reader).await?,
        false => HashMap::new(),
    };
    Ok(GrowthPath::new(path, |code| counts.get(code).copied().unwrap_or(0)))
}
