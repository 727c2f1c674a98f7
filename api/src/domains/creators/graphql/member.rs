//! The part of `Member` that has what they made, and where they stand as creators.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Object};

use super::super::{Creators, SubmissionRow};
use super::programme::MemberCreator;
use super::submission::Submission;
use crate::domains::members::{MemberRef, MemberRow};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Noun, Total, slices};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::MemberId;

/// The slice's part of `Member`.
#[derive(Clone)]
pub struct MemberCreatorPart(pub MemberRef);

/// What a member made.
#[Object]
impl MemberCreatorPart {
    /// Where they stand in the creator programme. Costs 1. Needs `creators:read`.
    #[graphql(directive = costs::apply(1), directive = requires_scopes::apply(vec!["creators:read".to_owned()]))]
    async fn creator(&self, ctx: &Context<'_>) -> Option<Result<MemberCreator, ApiError>> {
        nullable(async { creator_of(ctx, &self.0).await.map(Some) }).await
    }

    /// What they handed in, newest first. Needs `creators:read`.
    #[graphql(directive = requires_scopes::apply(vec!["creators:read".to_owned()]))]
    async fn submissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<Submission>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { list(ctx, &self.0, &args, Submission).await.map(Some) }).await
    }
}

/// Where a member stands. Loaded for all members of the page at once.
pub(super) async fn creator_of(ctx: &Context<'_>, member: &MemberRef) -> Result<MemberCreator, ApiError> {
    let (creators, actor) = (ctx.service::<Creators>()?.clone(), ctx.actor()?.clone());
    let load =
        |page: Arc<Page<MemberRow>>| async move { creators.records_of(&actor, page.reader(), &ids(&page)).await };
    let records = member.load("member.creator", String::new(), load).await?;
    Ok(MemberCreator::of(member.row()?.id, &records))
}

/// A page of what a member handed in, each shown as a `node`.
pub(super) async fn list<N>(
    ctx: &Context<'_>,
    member: &MemberRef,
    args: &PageArgs,
    node: impl Fn(Ref<SubmissionRow>) -> N,
) -> Result<Connection<Edge<N>>, ApiError>
where
    N: Noun,
{
    let own = member.row()?.id;
    let master = &ctx.request()?.platform().master;
    let tenant = member.page().reader().tenant();
    let space = CursorSpace::new(tenant, &format!("{own}.submissions"), "NEWEST_FIRST", "");
    let page = args.parse(master, &space)?;
    let loaded = load(ctx, member, page).await?;
    let (slice, total) = (loaded.get(&own), total(ctx, member)?);
    Connection::of_slice(slice, (&space, master), |row| Some(row.position()), node, total)
}

/// Counts for all members of the page at once.
fn total(ctx: &Context<'_>, member: &MemberRef) -> Result<Total, ApiError> {
    let (creators, actor, member) = (ctx.service::<Creators>()?.clone(), ctx.actor()?.clone(), member.clone());
    Ok(Arc::new(move || {
        let (creators, actor, member) = (creators.clone(), actor.clone(), member.clone());
        let load =
            |page: Arc<Page<MemberRow>>| async move { creators.counts_of(&actor, page.reader(), &ids(&page)).await };
        Box::pin(async move {
            let counts = member.load("member.submissions.totalCount", String::new(), load).await?;
            Ok(counts.get(&member.row()?.id).copied().unwrap_or(0))
        })
    }))
}

/// For all members of the page at once; and all their submissions form one page, for what is loaded below them.
async fn load(
    ctx: &Context<'_>,
    member: &MemberRef,
    page: KeysetPage,
) -> Result<Arc<HashMap<MemberId, Slice<Ref<SubmissionRow>>>>, ApiError> {
    let (creators, actor) = (ctx.service::<Creators>()?.clone(), ctx.actor()?.clone());
    let key = format!("{page:?}");
    let load = |members: Arc<Page<MemberRow>>| async move {
        let found = creators.submissions_of(&actor, members.reader(), &ids(&members), &page).await?;
        slices(members.reader(), &page, found, |row| row.member)
    };
    member.load("member.submissions", key, load).await
}

fn ids(page: &Page<MemberRow>) -> Vec<MemberId> {
    page.rows().iter().map(|row| row.id).collect()
}
