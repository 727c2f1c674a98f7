//! Looking at registries.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use shequn_entity::trusted_documents::Column;

use super::super::{Filter, TrustedDocuments};
use super::object::{DocumentRegistry, TrustedDocument};
use crate::error::ApiError;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, Edge, Total, edges};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::search::search_text;
use crate::graphql::selection::Selection;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::PartnerKeyId;

/// Which documents to list. Fields that are given must all hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct TrustedDocumentFilter {
    /// The one that clients call so.
    document_id: Option<String>,
    /// Those with an operation of this name, as a whole.
    operation_name: Option<String>,
}

impl TryFrom<TrustedDocumentFilter> for Filter {
    type Error = ApiError;

    fn try_from(filter: TrustedDocumentFilter) -> Result<Self, ApiError> {
        Ok(Self {
            document_id: search_text("filter.documentId", filter.document_id)?,
            operation_name: search_text("filter.operationName", filter.operation_name)?,
        })
    }
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct TrustedDocumentQuery;

/// Reads the registries of trusted documents.
#[Object]
impl TrustedDocumentQuery {
    /// The tenant's registry of trusted documents, or that of a key; null for a key that has none of its own and goes
    /// by the tenant's. Needs `documents:read`.
    #[graphql(directive = requires_scopes::apply(vec!["documents:read".to_owned()]))]
    async fn document_registry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`key_…`: whose; the tenant's unless told otherwise.")] partner_key_id: Option<ID>,
    ) -> Option<Result<DocumentRegistry, ApiError>> {
        nullable(async {
            let key = key(partner_key_id.as_ref())?;
            let request = ctx.request()?;
            let reader = request.reader().await?;
            let found = ctx.service::<TrustedDocuments>()?.find(request.actor(), &reader, key).await?;
            Ok(found.map(DocumentRegistry))
        })
        .await
    }

    /// The documents in the tenant's registry, or in a key's own, the newest first. Needs `documents:read`.
    #[graphql(directive = requires_scopes::apply(vec!["documents:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn trusted_documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`key_…`: in whose registry; in the tenant's unless told otherwise.")] partner_key_id: Option<
            ID,
        >,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which documents.")] filter: Option<TrustedDocumentFilter>,
    ) -> Option<Result<Connection<Edge<TrustedDocument>>, ApiError>> {
        let page = PageArgs { first, after, last, before };
        nullable(async {
            let key = key(partner_key_id.as_ref())?;
            list(ctx, &page, (key, filter.unwrap_or_default().try_into()?)).await.map(Some)
        })
        .await
    }
}

fn key(id: Option<&ID>) -> Result<Option<PartnerKeyId>, ApiError> {
    id.map(|id| parse_id("partnerKeyId", id)).transpose()
}

async fn list(
    ctx: &Context<'_>,
    args: &PageArgs,
    (key, filter): (Option<PartnerKeyId>, Filter),
) -> Result<Connection<Edge<TrustedDocument>>, ApiError> {
    let request = ctx.request()?;
    let service = ctx.service::<TrustedDocuments>()?;
    let master = &request.platform().master;
    let tenant = request.actor().home()?.tenant();
    let space = CursorSpace::new(tenant, "trustedDocuments", "NEWEST_FIRST", &format!("{key:?} {filter:?}"));
    let page = args.parse(master, &space)?;
    let reader = request.reader().await?;
    // Texts are long: they are read for whoever wants them.
    let columns = Columns::of(Selection::of_nodes(ctx).has("text").then_some(Column::Text));
    let slice = service.list(request.actor(), &reader, (key, &filter), (&page, columns)).await?;
    let rows = Page::new(Arc::clone(&reader), slice.items).refs();
    let items = edges(rows, (&space, master), |row| Some(row.position()), TrustedDocument)?;
    let (service, actor) = (service.clone(), request.actor().clone());
    let total: Total = Arc::new(move || {
        let (service, actor, reader, filter) = (service.clone(), actor.clone(), Arc::clone(&reader), filter.clone());
        Box::pin(async move { service.count(&actor, &reader, (key, &filter)).await })
    });
    Ok(Connection::new(Slice { items, has_next: slice.has_next, has_previous: slice.has_previous }, total))
}
