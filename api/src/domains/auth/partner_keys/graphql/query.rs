//! Finding and listing keys.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::super::PartnerKeys;
use super::object::PartnerKey;
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::PartnerKeyId;

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct PartnerKeyQuery;

/// Reads the keys of partner systems.
#[Object]
impl PartnerKeyQuery {
    /// The keys of partner systems, the newest first, those that ended too. Needs `keys:read`.
    #[graphql(directive = requires_scopes::apply(vec!["keys:read".to_owned()]))]
    async fn partner_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<PartnerKey>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async { list(ctx, &page).await.map(Some) }).await
    }

    /// One key; null when there is none with this id. Needs `keys:read`, but for the key that the caller uses: that
    /// one is given without an id, so that a partner system can see what it may do and until when.
    #[graphql(directive = requires_scopes::apply(vec!["keys:read".to_owned()]))]
    async fn partner_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`key_…`; the caller's own key unless told otherwise.")] id: Option<ID>,
    ) -> Option<Result<PartnerKey, ApiError>> {
        nullable(async {
            let reader = ctx.request()?.reader().await?;
            match id {
                Some(id) => {
                    let id = parse_id("id", &id)?;
                    Ok(find_many(ctx, reader, &[id]).await?.remove(&id))
                }
                None => {
                    let own = ctx.service::<PartnerKeys>()?.find_own(ctx.actor()?, &reader).await?;
                    Ok(own.map(|row| PartnerKey(Ref::single(reader, row))))
                }
            }
        })
        .await
    }
}

/// Keys by id, read in `reader`; unknown ones are left out.
pub async fn find_many(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    ids: &[PartnerKeyId],
) -> Result<HashMap<PartnerKeyId, PartnerKey>, ApiError> {
    let rows = ctx.service::<PartnerKeys>()?.find_many(ctx.actor()?, &reader, ids).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    Ok(ids.into_iter().zip(Page::new(reader, rows).refs().into_iter().map(PartnerKey)).collect())
}

async fn list(ctx: &Context<'_>, args: &PageArgs) -> Result<Connection<Edge<PartnerKey>>, ApiError> {
    let request = ctx.request()?;
    let service = ctx.service::<PartnerKeys>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "partnerKeys", "CREATED_AT_DESC", "");
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    let slice = service.list(request.actor(), &reader, &page).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), PartnerKey)?;
    let (service, actor) = (service.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (service, actor, reader) = (service.clone(), actor.clone(), Arc::clone(&reader));
        Box::pin(async move { service.count(&actor, &reader).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
