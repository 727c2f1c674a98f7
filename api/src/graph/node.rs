//! `node` and `nodes`: anything with an id, found by it. The prefix of the id says which slice to ask.

use async_graphql::{Context, ID, Interface, Object};

use super::community::Community;
use super::member::Member;
use crate::domains::{communities, members};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::ids::parse_id;
use crate::graphql::selection::Selection;
use crate::platform::ids::{CommunityKind, Kind as _, MemberKind, split};

/// Anything with an id that is unique in the world.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "Result<ID, ApiError>", desc = "A prefix for the kind, and 26 characters."))]
pub enum Node {
    /// A community.
    Community(Community),
    /// A member.
    Member(Member),
}

/// The root fields that find by id.
#[derive(Default)]
pub struct NodeQuery;

/// Finds by id.
#[Object]
impl NodeQuery {
    /// The object with this id; null when there is none in this tenant.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id of any kind.")] id: ID,
    ) -> Option<Result<Node, ApiError>> {
        nullable(find(ctx, "id", &id)).await
    }

    /// The objects with these ids, in their order; null where there is none. At most 100.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of any kinds.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node, ApiError>>>, ApiError> {
        if ids.len() > 100 {
            return Err(ApiError::argument(ErrorCode::InputInvalid, "ids", "At most 100 ids at a time."));
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(nullable(find(ctx, "ids", id)).await);
        }
        Ok(found)
    }
}

async fn find(ctx: &Context<'_>, argument: &'static str, id: &ID) -> Result<Option<Node>, ApiError> {
    let reader = ctx.request()?.reader().await?;
    let selection = Selection::at(ctx, &[&[]]);
    match split(id).map(|(prefix, _)| prefix) {
        Some(CommunityKind::PREFIX) => {
            let id = parse_id(argument, id)?;
            Ok(communities::graphql::find(ctx, reader, id, &selection).await?.map(Node::Community))
        }
        Some(MemberKind::PREFIX) => {
            let id = parse_id(argument, id)?;
            Ok(members::graphql::find(ctx, reader, id, &selection).await?.map(Node::Member))
        }
        _ => Err(ApiError::argument(ErrorCode::IdInvalid, argument, "Nothing has ids that start like this.")),
    }
}
