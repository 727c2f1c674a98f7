//! Finding and listing communities.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::model::{CommunityType, Filter, LifecycleStage, Platform, Positioning, Sort};
use super::super::{Communities, Survival};
use super::columns;
use crate::error::ApiError;
use crate::graph::community::Community;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::search::search_text;
use crate::graphql::selection::Selection;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::CommunityId;

/// Which communities to list. Fields that are given must all hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct CommunityFilter {
    /// Of this type.
    #[graphql(name = "type")]
    kind: Option<CommunityType>,
    /// For this.
    positioning: Option<Positioning>,
    /// There.
    platform: Option<Platform>,
    /// In this stage.
    stage: Option<LifecycleStage>,
    /// Whose name starts so; case and width do not matter.
    text: Option<String>,
    /// The archived ones instead of the others; false unless told otherwise.
    archived: Option<bool>,
}

impl TryFrom<CommunityFilter> for Filter {
    type Error = ApiError;

    fn try_from(filter: CommunityFilter) -> Result<Self, ApiError> {
        Ok(Self {
            kind: filter.kind,
            positioning: filter.positioning,
            platform: filter.platform,
            stage: filter.stage,
            text: search_text("filter.text", filter.text)?,
            archived: filter.archived.unwrap_or(false),
        })
    }
}

/// How many new communities lived through their first months, on the tenant's calendar.
#[derive(SimpleObject)]
pub struct SurvivalReport {
    /// Calendar months after founding at which a community is judged.
    months: i32,
    /// Communities old enough to be judged.
    cohort: i32,
    /// Those of them that had neither ended nor been archived by then.
    survived: i32,
    /// `survived` of `cohort` in percent; null while nothing can be judged.
    survival_percent: Option<f64>,
    /// What the tenant's policy expects, in percent.
    expected_percent: i32,
    /// Where the expectation comes from.
    source: String,
}

impl TryFrom<Survival> for SurvivalReport {
    type Error = ApiError;

    fn try_from(report: Survival) -> Result<Self, ApiError> {
        let cohort = i32::try_from(report.cohort).map_err(ApiError::internal)?;
        let survived = i32::try_from(report.survived).map_err(ApiError::internal)?;
        Ok(Self {
            months: i32::try_from(report.policy.months).map_err(ApiError::internal)?,
            cohort,
            survived,
            survival_percent: (cohort > 0).then(|| f64::from(survived) * 100.0 / f64::from(cohort)),
            expected_percent: report.policy.expected_percent,
            source: report.policy.source,
        })
    }
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct CommunityQuery;

/// Reads communities.
#[Object]
impl CommunityQuery {
    /// The tenant's communities, a page at a time. Needs `communities:read`.
    #[graphql(directive = requires_scopes::apply(vec!["communities:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn communities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which communities.")] filter: Option<CommunityFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(Sort::CreatedAtDesc)")] sort: Option<Sort>,
    ) -> Option<Result<Connection<Edge<Community>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        // Nullable, because the library makes null of a variable that is not given.
        let sort = sort.unwrap_or(Sort::CreatedAtDesc);
        nullable(async { list(ctx, &page, filter.unwrap_or_default().try_into()?, sort).await.map(Some) }).await
    }

    /// One community; null when there is none with this id. Needs `communities:read`.
    #[graphql(directive = requires_scopes::apply(vec!["communities:read".to_owned()]))]
    async fn community(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`com_…`")] id: ID,
    ) -> Option<Result<Community, ApiError>> {
        nullable(async {
            let id = parse_id("id", &id)?;
            let reader = ctx.request()?.reader().await?;
            find(ctx, reader, id, &Selection::at(ctx, &[&[]])).await
        })
        .await
    }

    /// How many new communities survived their first months. Costs 20. Needs `communities:read`.
    #[graphql(directive = costs::apply(20), directive = requires_scopes::apply(vec!["communities:read".to_owned()]))]
    async fn survival_report(&self, ctx: &Context<'_>) -> Option<Result<SurvivalReport, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            let reader = request.reader().await?;
            let report = ctx.service::<Communities>()?.survival(request.actor(), &reader).await?;
            SurvivalReport::try_from(report).map(Some)
        })
        .await
    }
}

/// One community by id, read in `reader`, with the columns of `selection`.
pub async fn find(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    id: CommunityId,
    selection: &Selection,
) -> Result<Option<Community>, ApiError> {
    Ok(find_many(ctx, reader, &[id], selection).await?.remove(&id))
}

/// As [`find`], for many at once; unknown ones are left out.
pub async fn find_many(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    ids: &[CommunityId],
    selection: &Selection,
) -> Result<HashMap<CommunityId, Community>, ApiError> {
    let rows = ctx.service::<Communities>()?.find_many(ctx.actor()?, &reader, ids, &columns(selection)).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    Ok(ids.into_iter().zip(Page::new(reader, rows).refs().into_iter().map(Community::new)).collect())
}

async fn list(
    ctx: &Context<'_>,
    args: &PageArgs,
    filter: Filter,
    sort: Sort,
) -> Result<Connection<Edge<Community>>, ApiError> {
    let request = ctx.request()?;
    let service = ctx.service::<Communities>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "communities", sort.as_str(), &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let wanted = columns(&Selection::of_nodes(ctx));
    let slice = service.list(request.actor(), &reader, &filter, sort, (&page, wanted)).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| row.position(sort), Community::new)?;
    let (service, actor) = (service.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (service, actor, reader, filter) = (service.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { service.count(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
