//! Listing staff and invitations.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object};

use super::super::Staff;
use super::super::model::{InvitationFilter, InvitationStatus, StaffFilter, StaffStatus};
use super::object::{Invitation, StaffMember};
use crate::actor::Role;
use crate::error::ApiError;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::{InvitationId, MembershipId};

/// Which staff to list; what is left out lets everybody through.
#[derive(InputObject, Default)]
#[graphql(name = "StaffFilter")]
pub struct StaffFilterInput {
    /// With this role.
    role: Option<Role>,
    /// Who do, or did, work here; ACTIVE unless told otherwise.
    status: Option<StaffStatus>,
}

/// Which invitations to list; what is left out lets everything through.
#[derive(InputObject, Default)]
#[graphql(name = "InvitationFilter")]
pub struct InvitationFilterInput {
    /// Of which this has become.
    status: Option<InvitationStatus>,
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct StaffQuery;

/// Reads who works for the tenant.
#[Object]
impl StaffQuery {
    /// Who works for the tenant, those who came first in front. Needs `staff:read`.
    #[graphql(directive = requires_scopes::apply(vec!["staff:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn staff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which people.")] filter: Option<StaffFilterInput>,
    ) -> Option<Result<Connection<Edge<StaffMember>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        let filter = filter.unwrap_or_default();
        let filter = StaffFilter { role: filter.role, status: Some(filter.status.unwrap_or(StaffStatus::Active)) };
        nullable(async { list_staff(ctx, &page, filter).await.map(Some) }).await
    }

    /// Who was asked to work for the tenant, the newest in front. Needs `staff:read`.
    #[graphql(directive = requires_scopes::apply(vec!["staff:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which invitations.")] filter: Option<InvitationFilterInput>,
    ) -> Option<Result<Connection<Edge<Invitation>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        let filter = InvitationFilter { status: filter.unwrap_or_default().status };
        nullable(async { list_invitations(ctx, &page, filter).await.map(Some) }).await
    }
}

/// Somebody of the staff by id, read in `reader`.
pub(super) async fn find_staff(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    id: MembershipId,
) -> Result<Option<StaffMember>, ApiError> {
    let rows = ctx.service::<Staff>()?.find_many(ctx.actor()?, &reader, &[id]).await?;
    Ok(Page::new(reader, rows).refs().pop().map(StaffMember))
}

/// An invitation by id, read in `reader`.
pub(super) async fn find_invitation(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    id: InvitationId,
) -> Result<Option<Invitation>, ApiError> {
    let row = ctx.service::<Staff>()?.find_invitation(ctx.actor()?, &reader, id).await?;
    Ok(Page::new(reader, row.into_iter().collect()).refs().pop().map(Invitation))
}

async fn list_staff(
    ctx: &Context<'_>,
    args: &PageArgs,
    filter: StaffFilter,
) -> Result<Connection<Edge<StaffMember>>, ApiError> {
    let (request, service) = (ctx.request()?, ctx.service::<Staff>()?);
    let master = &request.platform().master;
    let space = CursorSpace::new(request.actor().home()?.tenant(), "staff", "CREATED_AT_ASC", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = service.list(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), StaffMember)?;
    let (service, actor) = (service.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (service, actor, reader, filter) = (service.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { service.count(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}

async fn list_invitations(
    ctx: &Context<'_>,
    args: &PageArgs,
    filter: InvitationFilter,
) -> Result<Connection<Edge<Invitation>>, ApiError> {
    let (request, service) = (ctx.request()?, ctx.service::<Staff>()?);
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "invitations", "CREATED_AT_DESC", &format!("{filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = service.list_invitations(request.actor(), &reader, &filter, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), Invitation)?;
    let (service, actor) = (service.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (service, actor, reader, filter) = (service.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { service.count_invitations(&actor, &reader, &filter).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
