//! Finding submissions, the programme, and how much was handed in.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::{Creators, Filter, Stats, SubmissionKind, SubmissionState};
use super::programme::CreatorProgramme;
use super::submission::Submission;
use crate::actor::Scope;
use crate::error::ApiError;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::{BigInt, Date};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::SubmissionId;

/// Which submissions; all that is named has to hold.
#[derive(InputObject, Default)]
pub struct SubmissionFilter {
    /// In this state.
    state: Option<SubmissionState>,
    /// Of this member: `mbr_…`
    member_id: Option<ID>,
    /// For this community: `com_…`
    community_id: Option<ID>,
    /// Of this kind.
    kind: Option<SubmissionKind>,
}

impl SubmissionFilter {
    fn parse(self) -> Result<Filter, ApiError> {
        let member = self.member_id.as_ref().map(|id| parse_id("filter.memberId", id)).transpose()?;
        let community = self.community_id.as_ref().map(|id| parse_id("filter.communityId", id)).transpose()?;
        Ok(Filter { state: self.state, member, community, kind: self.kind })
    }
}

/// What became of what was handed in within some days. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct SubmissionStats {
    /// How many submissions.
    submitted: i64,
    /// How many of them wait for a review.
    waiting: i64,
    /// How many wait for a revision.
    changes_requested: i64,
    /// How many are approved.
    approved: i64,
    /// How many are rejected.
    rejected: i64,
    /// How many were taken back.
    withdrawn: i64,
    /// How many members handed them in.
    creators: i64,
    /// The score of those that are approved, on average; null without any.
    average_score: Option<f64>,
    /// What was paid for these.
    points_paid: BigInt,
}

impl From<Stats> for SubmissionStats {
    fn from(stats: Stats) -> Self {
        Self {
            submitted: stats.submitted(),
            waiting: stats.count(SubmissionState::Submitted),
            changes_requested: stats.count(SubmissionState::ChangesRequested),
            approved: stats.count(SubmissionState::Approved),
            rejected: stats.count(SubmissionState::Rejected),
            withdrawn: stats.count(SubmissionState::Withdrawn),
            creators: stats.creators,
            average_score: stats.average_score(),
            points_paid: stats.points().into(),
        }
    }
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct CreatorQuery;

/// Reads submissions and the programme.
#[Object]
impl CreatorQuery {
    /// How submissions are marked, and which level approvals make. Needs `creators:read`.
    #[graphql(directive = requires_scopes::apply(vec!["creators:read".to_owned()]))]
    async fn creator_programme(&self, ctx: &Context<'_>) -> Option<Result<CreatorProgramme, ApiError>> {
        nullable(async {
            ctx.actor()?.require(Scope::CreatorsRead)?;
            programme(ctx, ctx.request()?.reader().await?.as_ref()).await.map(Some)
        })
        .await
    }

    /// What members handed in, newest first. A key that is restricted to communities sees what their members made, but
    /// for other communities. Needs `creators:read`.
    #[graphql(directive = requires_scopes::apply(vec!["creators:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn submissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which submissions.")] filter: Option<SubmissionFilter>,
    ) -> Option<Result<Connection<Edge<Submission>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async {
            ctx.actor()?.require(Scope::CreatorsRead)?;
            list(ctx, &page, filter.unwrap_or_default().parse()?).await.map(Some)
        })
        .await
    }

    /// What a member handed in; null when there is none. Needs `creators:read`.
    #[graphql(directive = requires_scopes::apply(vec!["creators:read".to_owned()]))]
    async fn submission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`sbm_…`")] id: ID,
    ) -> Option<Result<Submission, ApiError>> {
        nullable(async {
            ctx.actor()?.require(Scope::CreatorsRead)?;
            let (id, reader) = (parse_id("id", &id)?, ctx.request()?.reader().await?);
            Ok(find_submissions(ctx, reader, &[id]).await?.remove(&id))
        })
        .await
    }

    /// What has become of what was handed in within some days of the tenant's zone, at most 366. A key that is restricted
    /// to communities counts what it sees. Costs 20. Needs `creators:read`.
    #[graphql(directive = costs::apply(20), directive = requires_scopes::apply(vec!["creators:read".to_owned()]))]
    async fn submission_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day, which belongs to it.")] to: Date,
    ) -> Option<Result<SubmissionStats, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            request.actor().require(Scope::CreatorsRead)?;
            let reader = request.reader().await?;
            let stats = ctx.service::<Creators>()?.stats(request.actor(), &reader, (from.0, to.0)).await?;
            Ok(Some(stats.into()))
        })
        .await
    }
}

/// The programme in the eyes of the reader.
pub(super) async fn programme(ctx: &Context<'_>, reader: &TenantTx) -> Result<CreatorProgramme, ApiError> {
    Ok(ctx.service::<Creators>()?.programme(ctx.actor()?, reader).await?.into())
}

/// Submissions by id, read in `reader`; unknown ones are left out.
pub async fn find_submissions(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    ids: &[SubmissionId],
) -> Result<HashMap<SubmissionId, Submission>, ApiError> {
    let rows = ctx.service::<Creators>()?.list_by_id(ctx.actor()?, &reader, ids).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    Ok(ids.into_iter().zip(Page::new(reader, rows).refs().into_iter().map(Submission)).collect())
}

async fn list(ctx: &Context<'_>, args: &PageArgs, filter: Filter) -> Result<Connection<Edge<Submission>>, ApiError> {
    let request = ctx.request()?;
    let creators = ctx.service::<Creators>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "submissions", "NEWEST_FIRST", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = creators.list(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), Submission)?;
    let (creators, actor) = (creators.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (creators, actor, reader, filter) = (creators.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { creators.count(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
