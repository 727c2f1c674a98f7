//! The part of `Community` that leads to its members.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::model::{Filter, Sort, Tier};
use super::super::row::CommunityMember;
use super::report::{ChurnReport, TierReport};
use crate::domains::communities::{CommunityRef, CommunityRow};
use crate::domains::members::Members;
use crate::domains::members::graphql::columns;
use crate::error::ApiError;
use crate::graph::member::Member;
use crate::graphql::batch::Page;
use crate::graphql::connection::{Connection, EdgeType, Total};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::{DateTime, TimeRange};
use crate::graphql::search::search_text;
use crate::graphql::selection::Selection;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::CommunityId;

/// Which members of a community to list. Fields that are given must all hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct CommunityMemberFilter {
    /// Of this tier.
    tier: Option<Tier>,
    /// Tagged so.
    tag: Option<String>,
    /// Whose name starts so; case and width do not matter.
    text: Option<String>,
    /// Joined within these times.
    joined_at: Option<TimeRange>,
}

impl CommunityMemberFilter {
    fn check(self) -> Result<Filter, ApiError> {
        let range = self.joined_at.unwrap_or_default();
        Ok(Filter {
            tier: self.tier,
            tag: search_text("filter.tag", self.tag)?,
            text: search_text("filter.text", self.text)?,
            joined_from: range.from.map(|DateTime(time)| time),
            joined_to: range.to.map(|DateTime(time)| time),
        })
    }
}

/// A member as part of a community.
#[derive(SimpleObject)]
pub struct CommunityMemberEdge {
    /// The item's place, for `after` and `before`.
    cursor: String,
    /// The member.
    node: Member,
    /// As what they belong to this community.
    tier: Tier,
    /// Since when.
    joined_at: DateTime,
}

impl EdgeType for CommunityMemberEdge {
    type Node = Member;

    fn connection() -> Cow<'static, str> {
        Cow::Borrowed("CommunityMemberConnection")
    }

    fn node(&self) -> Member {
        self.node.clone()
    }

    fn cursor(&self) -> &str {
        &self.cursor
    }
}

/// The sub-slice's part of `Community`.
#[derive(Clone)]
pub struct CommunityMembers(pub CommunityRef);

/// The members of a community.
#[Object]
impl CommunityMembers {
    /// The members who belong to it now, a page at a time. Needs `members:read`.
    #[graphql(directive = requires_scopes::apply(vec!["members:read".to_owned()]))]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
        #[graphql(desc = "Which members.")] filter: Option<CommunityMemberFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(Sort::JoinedAtDesc)")] sort: Option<Sort>,
    ) -> Option<Result<Connection<CommunityMemberEdge>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async {
            self.list(ctx, &args, filter.unwrap_or_default().check()?, sort.unwrap_or(Sort::JoinedAtDesc))
                .await
                .map(Some)
        })
        .await
    }

    /// Its tiers against its quota. Costs 2. Needs `members:read`.
    #[graphql(directive = costs::apply(2), directive = requires_scopes::apply(vec!["members:read".to_owned()]))]
    async fn tier_report(&self, ctx: &Context<'_>) -> Option<Result<TierReport, ApiError>> {
        nullable(async {
            let (members, actor) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<CommunityRow>>| async move {
                members.tier_reports(&actor, page.reader(), &page.rows().iter().collect::<Vec<_>>()).await
            };
            let reports = self.0.load("community.tierReport", String::new(), load).await?;
            Ok(reports.get(&self.0.row()?.id).cloned().map(TierReport))
        })
        .await
    }

    /// Who came and went lately, and whether that is a decline by the tenant's policy. Costs 2.
    /// Needs `members:read`.
    #[graphql(directive = costs::apply(2), directive = requires_scopes::apply(vec!["members:read".to_owned()]))]
    async fn churn_report(&self, ctx: &Context<'_>) -> Option<Result<ChurnReport, ApiError>> {
        nullable(async {
            let (members, actor) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<CommunityRow>>| async move {
                members.churn(&actor, page.reader(), Some(&ids(page.rows()))).await
            };
            let reports = self.0.load("community.churnReport", String::new(), load).await?;
            Ok(reports.get(&self.0.row()?.id).cloned().map(ChurnReport))
        })
        .await
    }
}

/// What was loaded for all communities of a page: the members' references with the facts of their memberships.
type Loaded = HashMap<CommunityId, Slice<(CommunityMember, Member)>>;

impl CommunityMembers {
    async fn list(
        &self,
        ctx: &Context<'_>,
        args: &PageArgs,
        filter: Filter,
        sort: Sort,
    ) -> Result<Connection<CommunityMemberEdge>, ApiError> {
        let request = ctx.request()?;
        let own = self.0.row()?.id;
        let master = &request.platform().master;
        let tenant = request.actor().home()?.tenant();
        let space = CursorSpace::new(tenant, &format!("{own}.members"), sort.as_str(), &format!("{filter:?}"));
        let page = args.parse(master, &space)?;
        let selection = Selection::of_nodes(ctx);
        let wanted: Vec<_> = selection.names().collect();
        // A cursor belongs to one community, so that a page with one is loaded for it alone.
        let alone = args.has_cursor().then_some(own);
        let key = format!("{alone:?}{page:?}{filter:?}{sort:?}{wanted:?}");
        let columns = columns(&selection);
        let (members, actor, restriction) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone(), filter.clone());
        let load = |communities: Arc<Page<CommunityRow>>| async move {
            let reader = communities.reader();
            let parents = alone.map_or_else(|| ids(communities.rows()), |own| vec![own]);
            let page = (&page, sort, &columns);
            let found = members.of_communities(&actor, reader, &parents, &restriction, page).await?;
            Ok(join(reader, page.0, found))
        };
        let loaded: Arc<Loaded> = self.0.load("community.members", key, load).await?;

        let mut edges = Slice { items: Vec::new(), has_next: false, has_previous: false };
        if let Some(slice) = loaded.get(&own) {
            edges.has_next = slice.has_next;
            edges.has_previous = slice.has_previous;
            for (membership, member) in &slice.items {
                edges.items.push(CommunityMemberEdge {
                    cursor: space.seal(master, &membership.position())?,
                    node: member.clone(),
                    tier: membership.tier,
                    joined_at: membership.joined_at.into(),
                });
            }
        }
        Ok(Connection::new(edges, self.total(ctx, filter)?))
    }

    fn total(&self, ctx: &Context<'_>, filter: Filter) -> Result<Total, ApiError> {
        let (members, actor, community) = (ctx.service::<Members>()?.clone(), ctx.actor()?.clone(), self.0.clone());
        Ok(Arc::new(move || {
            let (members, actor, community) = (members.clone(), actor.clone(), community.clone());
            let filter = filter.clone();
            Box::pin(async move {
                let key = format!("{filter:?}");
                let load = |page: Arc<Page<CommunityRow>>| async move {
                    members.count_of_communities(&actor, page.reader(), &ids(page.rows()), &filter).await
                };
                let totals = community.load("community.members.total", key, load).await?;
                Ok(totals.get(&community.row()?.id).copied().unwrap_or(0))
            })
        }))
    }
}

/// Puts the members of all communities onto one page, so that they load their own fields together.
fn join(
    reader: &Arc<crate::platform::db::TenantTx>,
    page: &KeysetPage,
    found: HashMap<CommunityId, Vec<CommunityMember>>,
) -> Loaded {
    let slices: Vec<_> = found.into_iter().map(|(community, rows)| (community, page.finish(rows))).collect();
    let rows = slices.iter().flat_map(|(_, slice)| &slice.items).map(|item| item.member.clone()).collect();
    let mut refs = Page::new(Arc::clone(reader), rows).refs().into_iter();
    let attach = |(community, slice): (CommunityId, Slice<CommunityMember>)| {
        let members = refs.by_ref().take(slice.items.len()).map(Member::new).collect::<Vec<_>>();
        let items = slice.items.into_iter().zip(members).collect();
        (community, Slice { items, has_next: slice.has_next, has_previous: slice.has_previous })
    };
    slices.into_iter().map(attach).collect()
}

fn ids(rows: &[CommunityRow]) -> Vec<CommunityId> {
    rows.iter().map(|row| row.id).collect()
}
