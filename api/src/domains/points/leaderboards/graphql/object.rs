//! Leaderboards and their entries, as clients see them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::super::Period;
use super::super::row::EntryRow;
use super::super::service::BoardOf;
use crate::domains::members::graphql as members;
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::graph::member::Member;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Noun, Total};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_id;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::{BigInt, Date, DateTime};
use crate::graphql::selection::Selection;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;
use crate::platform::ids::MemberId;

/// Who of a community earned most points in a day, a week or a month.
pub struct Leaderboard {
    pub(super) reader: Arc<TenantTx>,
    pub(super) of: BoardOf,
}

/// Who of a community earned most points in a day, a week or a month.
#[Object]
impl Leaderboard {
    /// Whose: `com_…`
    async fn community_id(&self) -> ID {
        self.of.community.into()
    }

    /// How long it goes.
    async fn period(&self) -> Period {
        self.of.span.period
    }

    /// The first day of the period, in the tenant's zone.
    async fn from(&self) -> Date {
        self.of.span.from.into()
    }

    /// The last day of the period.
    async fn to(&self) -> Date {
        self.of.span.to.into()
    }

    /// Up to when the ledger is counted: now, or where an entry waits to be counted, when it was posted. Entries wait
    /// about a second.
    async fn as_of(&self, ctx: &Context<'_>) -> Result<DateTime, ApiError> {
        let (points, request) = (ctx.service::<Points>()?, ctx.request()?);
        let counted = points.leaderboards_counted_to(request.actor(), &self.reader).await?;
        Ok(counted.unwrap_or_else(|| request.platform().clock.now()).into())
    }

    /// The members who are on the board, the first one first: who has more points, of those with as many who had them
    /// first, then who has the smaller id. Who has no points of the period is not on it. Costs 5, and 1 for each item.
    #[graphql(directive = costs::apply(5))]
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<LeaderboardEntry>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { self.list(ctx, &args).await.map(Some) }).await
    }

    /// Where one member stands; null for who is not on the board. Costs 5.
    #[graphql(directive = costs::apply(5))]
    async fn standing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose: `mbr_…`")] member_id: ID,
    ) -> Option<Result<LeaderboardEntry, ApiError>> {
        nullable(async {
            let (points, which) = (ctx.service::<Points>()?, (self.of, parse_id("memberId", &member_id)?));
            let found = points.leaderboard_standing(ctx.actor()?, &self.reader, which).await?;
            Ok(found.map(|row| LeaderboardEntry(Ref::single(Arc::clone(&self.reader), row))))
        })
        .await
    }
}

impl Leaderboard {
    async fn list(&self, ctx: &Context<'_>, args: &PageArgs) -> Result<Connection<Edge<LeaderboardEntry>>, ApiError> {
        let request = ctx.request()?;
        let master = &request.platform().master;
        let list = format!("{}.leaderboard", self.of.community);
        let space = CursorSpace::new(request.actor().home()?.tenant(), &list, &self.of.span.key(), "");
        let page = args.parse(master, &space)?;
        let points = ctx.service::<Points>()?;
        let slice = points.leaderboard_entries(request.actor(), &self.reader, (self.of, &page)).await?;
        let Slice { items, has_next, has_previous } = slice;
        let edge = |entry: Ref<EntryRow>| {
            let cursor = space.seal(master, &entry.row()?.score.position())?;
            Ok(Edge { cursor, node: LeaderboardEntry(entry) })
        };
        let entries = Page::new(Arc::clone(&self.reader), items).refs();
        let items = entries.into_iter().map(edge).collect::<Result<_, ApiError>>()?;
        Ok(Connection::new(Slice { items, has_next, has_previous }, self.total(ctx)?))
    }

    fn total(&self, ctx: &Context<'_>) -> Result<Total, ApiError> {
        let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
        let (reader, of) = (Arc::clone(&self.reader), self.of);
        Ok(Arc::new(move || {
            let (points, actor, reader) = (points.clone(), actor.clone(), Arc::clone(&reader));
            Box::pin(async move { points.leaderboard_count(&actor, &reader, of).await })
        }))
    }
}

/// A member's place on a leaderboard.
#[derive(Clone)]
pub struct LeaderboardEntry(Ref<EntryRow>);

/// A member's place on a leaderboard.
#[Object]
impl LeaderboardEntry {
    /// 1 for the first, then 2, 3 and so on: no two have the same.
    async fn rank(&self) -> Result<i64, ApiError> {
        Ok(self.0.row()?.rank)
    }

    /// Whose: `mbr_…`
    async fn member_id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.score.member.into())
    }

    /// Who they are. Needs `members:read`.
    #[graphql(directive = requires_scopes::apply(vec!["members:read".to_owned()]))]
    async fn member(&self, ctx: &Context<'_>) -> Option<Result<Member, ApiError>> {
        nullable(async {
            let selection = Selection::at(ctx, &[&[]]);
            let key = selection.names().collect::<Vec<_>>().join(" ");
            let load = |page: Arc<Page<EntryRow>>| async move {
                let ids: Vec<_> = page.rows().iter().map(|row| row.score.member).collect();
                members::find_many(ctx, Arc::clone(page.reader()), &ids, &selection).await
            };
            let members: Arc<HashMap<MemberId, Member>> = self.0.load("leaderboardEntry.member", key, load).await?;
            Ok(members.get(&self.0.row()?.score.member).cloned())
        })
        .await
    }

    /// Points that they were awarded in the period, without awards that were reversed.
    async fn points(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.score.points.into())
    }

    /// When the last entry was posted that changed these points: an award, or a reversal.
    async fn reached_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.score.reached_at.into())
    }
}

impl Noun for LeaderboardEntry {
    const NAME: &'static str = "LeaderboardEntry";
}
