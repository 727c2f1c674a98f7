//! Finding and listing members.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, OneofObject};

use super::super::Members;
use super::super::membership::Tier;
use super::super::model::{Filter, Sort};
use super::super::service::By;
use super::columns;
use crate::actor::Scope;
use crate::error::ApiError;
use crate::graph::member::Member;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::{DateTime, TimeRange};
use crate::graphql::search::search_text;
use crate::graphql::selection::Selection;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::MemberId;

/// Which members to list. Fields that are given must all hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct MemberFilter {
    /// Whose name starts so (case and width do not matter), or who have exactly this external reference or phone number.
    text: Option<String>,
    /// Tagged so.
    tag: Option<String>,
    /// Of this tier in some community.
    tier: Option<Tier>,
    /// Living in this city, by any source.
    city: Option<String>,
    /// Recorded within these times.
    created_at: Option<TimeRange>,
    /// The archived ones instead of the others.
    archived: Option<bool>,
}

/// What one member is looked up by: exactly one of these.
#[derive(OneofObject)]
pub enum MemberBy {
    /// `mbr_…`
    Id(ID),
    /// Their id in another system, exactly.
    ExternalRef(String),
    /// Their phone number in any usual spelling; finds the active member who has it.
    Phone(String),
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct MemberQuery;

/// Reads members.
#[Object]
impl MemberQuery {
    /// The tenant's members, a page at a time. Needs `members:read`.
    #[graphql(directive = requires_scopes::apply(vec!["members:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which members.")] filter: Option<MemberFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(Sort::CreatedAtDesc)")] sort: Option<Sort>,
    ) -> Option<Result<Connection<Edge<Member>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async {
            list(ctx, &page, filter.unwrap_or_default(), sort.unwrap_or(Sort::CreatedAtDesc)).await.map(Some)
        })
        .await
    }

    /// One member; null when there is none. Needs `members:read`.
    #[graphql(directive = requires_scopes::apply(vec!["members:read".to_owned()]))]
    async fn member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look them up by.")] by: MemberBy,
    ) -> Option<Result<Member, ApiError>> {
        nullable(async {
            let line = |argument, text| Ok::<_, ApiError>(search_text(argument, Some(text))?.unwrap_or_default());
            let by = match by {
                MemberBy::Id(id) => By::Id(parse_id("by.id", &id)?),
                MemberBy::ExternalRef(text) => By::ExternalRef(line("by.externalRef", text)?),
                MemberBy::Phone(text) => By::Phone(line("by.phone", text)?),
            };
            let request = ctx.request()?;
            let reader = request.reader().await?;
            let wanted = columns(&Selection::at(ctx, &[&[]]));
            let row = ctx.service::<Members>()?.find_by(request.actor(), &reader, by, &wanted).await?;
            Ok(row.map(|row| Member::new(Ref::single(reader, row))))
        })
        .await
    }
}

/// One member by id, read in `reader`, with the columns of `selection`.
pub async fn find(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    id: MemberId,
    selection: &Selection,
) -> Result<Option<Member>, ApiError> {
    Ok(find_many(ctx, reader, &[id], selection).await?.remove(&id))
}

/// The `member` of a payload. Whoever changes something about a member may not read members: it is null for them.
pub async fn find_shown(ctx: &Context<'_>, reader: Arc<TenantTx>, id: MemberId) -> Result<Option<Member>, ApiError> {
    if !ctx.actor()?.may(Scope::MembersRead) {
        return Ok(None);
    }
    find(ctx, reader, id, &Selection::at(ctx, &[&["member"]])).await
}

/// As [`find`], for many at once; unknown ones are left out.
pub async fn find_many(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    ids: &[MemberId],
    selection: &Selection,
) -> Result<HashMap<MemberId, Member>, ApiError> {
    let rows = ctx.service::<Members>()?.find_many(ctx.actor()?, &reader, ids, &columns(selection)).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    Ok(ids.into_iter().zip(Page::new(reader, rows).refs().into_iter().map(Member::new)).collect())
}

async fn list(
    ctx: &Context<'_>,
    args: &PageArgs,
    input: MemberFilter,
    sort: Sort,
) -> Result<Connection<Edge<Member>>, ApiError> {
    let request = ctx.request()?;
    let service = ctx.service::<Members>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "members", sort.as_str(), &format!("{input:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let filter = filter(service, &reader, input).await?;
    let wanted = columns(&Selection::of_nodes(ctx));
    let slice = service.list(request.actor(), &reader, &filter, sort, (&page, wanted)).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| row.position(sort), Member::new)?;
    let (service, actor) = (service.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (service, actor, reader, filter) = (service.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { service.count(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}

async fn filter(service: &Members, reader: &TenantTx, input: MemberFilter) -> Result<Filter, ApiError> {
    let text = match search_text("filter.text", input.text)? {
        Some(text) => Some(service.search_text(reader, text).await?),
        None => None,
    };
    let range = input.created_at.unwrap_or_default();
    Ok(Filter {
        text,
        tag: search_text("filter.tag", input.tag)?,
        tier: input.tier,
        city: search_text("filter.city", input.city)?,
        created_from: range.from.map(|DateTime(time)| time),
        created_to: range.to.map(|DateTime(time)| time),
        archived: input.archived.unwrap_or(false),
    })
}
