//! The part of `Member` that leads to their communities.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};

use super::super::model::{Joining, Tier};
use crate::domains::communities::Communities;
use crate::domains::communities::graphql::columns;
use crate::domains::members::{MemberRef, MemberRow, Members};
use crate::error::ApiError;
use crate::graph::community::Community;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, EdgeType};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::DateTime;
use crate::graphql::selection::Selection;
use crate::platform::db::keyset::{KeyValue, KeysetPage, Position, Slice};
use crate::platform::ids::{CommunityId, MemberId};

/// A community as part of a member's life.
#[derive(SimpleObject)]
pub struct MemberCommunityEdge {
    /// The item's place, for `after` and `before`.
    cursor: String,
    /// The community.
    node: Community,
    /// As what the member belongs to it.
    tier: Tier,
    /// Since when.
    joined_at: DateTime,
}

impl EdgeType for MemberCommunityEdge {
    type Node = Community;

    fn connection() -> Cow<'static, str> {
        Cow::Borrowed("MemberCommunityConnection")
    }

    fn node(&self) -> Community {
        self.node.clone()
    }

    fn cursor(&self) -> &str {
        &self.cursor
    }
}

/// The sub-slice's part of `Member`.
#[derive(Clone)]
pub struct MemberCommunities(pub MemberRef);

/// What all members of a page belong to.
struct Loaded {
    belonging: HashMap<MemberId, Vec<Joining>>,
    communities: HashMap<CommunityId, Community>,
}

/// The communities of a member.
#[Object]
impl MemberCommunities {
    /// The communities they belong to now, newest membership first. Needs `members:read` and `communities:read`.
    #[graphql(directive = requires_scopes::apply(vec!["members:read".to_owned(), "communities:read".to_owned()]))]
    async fn communities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<MemberCommunityEdge>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { self.list(ctx, &args).await.map(Some) }).await
    }
}

impl MemberCommunities {
    /// A person belongs to few communities: all are loaded for all members of the page, and paged here.
    async fn list(&self, ctx: &Context<'_>, args: &PageArgs) -> Result<Connection<MemberCommunityEdge>, ApiError> {
        let request = ctx.request()?;
        let own = self.0.row()?.id;
        let master = &request.platform().master;
        let tenant = request.actor().home()?.tenant();
        let space = CursorSpace::new(tenant, &format!("{own}.communities"), "JOINED_AT_DESC", "");
        let page = args.parse(master, &space)?;
        let loaded = self.load(ctx, &Selection::of_nodes(ctx)).await?;
        let all = loaded.belonging.get(&own).map(Vec::as_slice).unwrap_or_default();
        let slice = cut(all, &page);
        let mut edges = Vec::with_capacity(slice.items.len());
        for joining in &slice.items {
            if let Some(community) = loaded.communities.get(&joining.community) {
                edges.push(MemberCommunityEdge {
                    cursor: space.seal(master, &position(joining))?,
                    node: community.clone(),
                    tier: joining.tier,
                    joined_at: joining.joined_at.into(),
                });
            }
        }
        let total = i64::try_from(all.len()).map_err(ApiError::internal)?;
        Ok(Connection::new(
            Slice { items: edges, has_next: slice.has_next, has_previous: slice.has_previous },
            Arc::new(move || Box::pin(async move { Ok(total) })),
        ))
    }

    async fn load(&self, ctx: &Context<'_>, selection: &Selection) -> Result<Arc<Loaded>, ApiError> {
        let (members, actor) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone());
        let communities = ctx.service::<Communities>()?.clone();
        let wanted = columns(selection);
        let key = selection.names().collect::<Vec<_>>().join(" ");
        let load = |page: Arc<Page<MemberRow>>| async move {
            let ids: Vec<_> = page.rows().iter().map(|row| row.id).collect();
            let mut belonging: HashMap<_, Vec<_>> = HashMap::new();
            for (member, joining) in members.memberships_of(&actor, page.reader(), &ids).await? {
                belonging.entry(member).or_default().push(joining);
            }
            let mut wanted_ids: Vec<_> = belonging.values().flatten().map(|joining| joining.community).collect();
            wanted_ids.sort_unstable();
            wanted_ids.dedup();
            let rows = communities.find_many(&actor, page.reader(), &wanted_ids, &wanted).await?;
            let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
            let refs = Page::new(Arc::clone(page.reader()), rows).refs();
            Ok(Loaded { belonging, communities: ids.into_iter().zip(refs.into_iter().map(Community::new)).collect() })
        };
        self.0.load("member.communities", key, load).await
    }
}

pub(in crate::domains::members) fn position(joining: &Joining) -> Position {
    Position { key: KeyValue::Time(joining.joined_at), id: joining.community.uuid() }
}

/// The page of a list that is in memory, newest first.
pub(in crate::domains::members) fn cut(all: &[Joining], page: &KeysetPage) -> Slice<Joining> {
    let key = |joining: &Joining| (joining.joined_at, joining.community.uuid());
    let bound = |position: &Position| match position.key {
        KeyValue::Time(time) => Some((time, position.id)),
        KeyValue::Text(_) | KeyValue::Int(_) | KeyValue::Long(_) => None,
    };
    let (after, before) = (page.after.as_ref().and_then(bound), page.before.as_ref().and_then(bound));
    let mut within: Vec<_> = all
        .iter()
        .copied()
        .filter(|joining| after.is_none_or(|after| key(joining) < after))
        .filter(|joining| before.is_none_or(|before| key(joining) > before))
        .collect();
    if page.backward {
        within.reverse();
    }
    page.finish(within)
}
