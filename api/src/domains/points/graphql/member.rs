//! The part of `Member` that has their points.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::Points;
use super::super::row::{AccountRow, EntryRow, HoldRow, LotRow};
use super::lot::PointsLot;
use super::object::{PointsBalance, PointsEntry, PointsHold};
use crate::domains::members::{MemberRef, MemberRow};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Noun, Total, slices};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::{costs, list_size};
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::{BigInt, DateTime};
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::MemberId;
use async_graphql::{Context, Object};

/// The slice's part of `Member`.
#[derive(Clone)]
pub struct MemberPointsPart(pub MemberRef);

/// The points of a member.
#[Object]
impl MemberPointsPart {
    /// How many points they can spend; `"0"` for whoever never had any. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn points_balance(&self, ctx: &Context<'_>) -> Option<Result<BigInt, ApiError>> {
        nullable(async { Ok(Some(account(ctx, &self.0).await?.available.into())) }).await
    }

    /// Their points: what they have, and how it came to be. Needs `points:read`.
    #[graphql(directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn points(&self, ctx: &Context<'_>) -> Option<Result<MemberPoints, ApiError>> {
        nullable(async {
            let account = account(ctx, &self.0).await?;
            Ok(Some(MemberPoints { member: self.0.clone(), account }))
        })
        .await
    }
}

pub(super) async fn account(ctx: &Context<'_>, member: &MemberRef) -> Result<AccountRow, ApiError> {
    let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
    let load = |page: Arc<Page<MemberRow>>| async move { points.accounts_of(&actor, page.reader(), &ids(&page)).await };
    let accounts = member.load("member.points", String::new(), load).await?;
    Ok(accounts.get(&member.row()?.id).cloned().unwrap_or_default())
}

fn ids(page: &Page<MemberRow>) -> Vec<MemberId> {
    page.rows().iter().map(|row| row.id).collect()
}

/// A member's points. What time brings (points that become good or expire, holds that end) is posted within seconds, or
/// within minutes where very many members have something due at once.
pub struct MemberPoints {
    pub(super) member: MemberRef,
    pub(super) account: AccountRow,
}

/// A member's points. What time brings (points that become good or expire, holds that end) is posted within seconds, or
/// within minutes where very many members have something due at once.
#[Object]
impl MemberPoints {
    /// To be spent.
    async fn available(&self) -> BigInt {
        self.account.available.into()
    }

    /// Given, and not good yet.
    async fn pending(&self) -> BigInt {
        self.account.pending.into()
    }

    /// Set aside by holds.
    async fn held(&self) -> BigInt {
        self.account.held.into()
    }

    /// All that the tenant gave, and did not take back: the sum of the other seven.
    async fn issued(&self) -> BigInt {
        self.account.issued.into()
    }

    /// Spent.
    async fn redeemed(&self) -> BigInt {
        self.account.redeemed.into()
    }

    /// Not spent in time.
    async fn expired(&self) -> BigInt {
        self.account.expired.into()
    }

    /// Taken away.
    async fn revoked(&self) -> BigInt {
        self.account.revoked.into()
    }

    /// Given to other members, less what others gave: less than 0 for whoever was given more.
    async fn transferred(&self) -> BigInt {
        self.account.transferred.into()
    }

    /// Since when nothing is posted, since the account was found not to add up; null for all others.
    async fn frozen_at(&self) -> Option<DateTime> {
        self.account.frozen_at.map(Into::into)
    }

    /// What they had at a time, by what was posted up to then. A time to come, more than five minutes ahead, is
    /// refused, INPUT_INVALID: nobody knows what they will have. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When; now at the latest.")] at: DateTime,
    ) -> Option<Result<PointsBalance, ApiError>> {
        nullable(async {
            let (points, reader) = (ctx.service::<Points>()?, self.member.page().reader());
            let entry = points.entry_at(ctx.actor()?, reader, (self.member.row()?.id, at.0)).await?;
            let after = |of: fn(&EntryRow) -> i64| BigInt(entry.as_ref().map_or(0, of));
            Ok(Some(PointsBalance {
                pending: after(|entry| entry.pending_after),
                available: after(|entry| entry.available_after),
                held: after(|entry| entry.held_after),
            }))
        })
        .await
    }

    /// What there is left of what they were given, in the order in which it is spent: what expires first before the
    /// rest. At most 100. Counts as 20 items.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn lots(&self, ctx: &Context<'_>) -> Option<Result<Vec<PointsLot>, ApiError>> {
        nullable(async {
            let lots = self.open_lots(ctx).await?;
            let lots: Result<Vec<_>, ApiError> = lots.into_iter().map(PointsLot::new).collect();
            lots.map(Some)
        })
        .await
    }

    /// The holds that are open, those that end first before the others. At most 100. Counts as 10 items.
    #[graphql(directive = list_size::apply(Some(10), None, None))]
    async fn holds(&self, ctx: &Context<'_>) -> Option<Result<Vec<PointsHold>, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<MemberRow>>| async move {
                let mut holds: HashMap<MemberId, Vec<HoldRow>> = HashMap::new();
                for hold in points.holds_of(&actor, page.reader(), &ids(&page)).await? {
                    holds.entry(hold.member).or_default().push(hold);
                }
                Ok(holds)
            };
            let holds = self.member.load("member.points.holds", String::new(), load).await?;
            let own = holds.get(&self.member.row()?.id).map(Vec::as_slice).unwrap_or_default();
            Ok(Some(own.iter().map(PointsHold::from).collect()))
        })
        .await
    }

    /// All that ever happened to their points, the newest first.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<PointsEntry>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { self.list(ctx, &args, PointsEntry).await.map(Some) }).await
    }
}

impl MemberPoints {
    /// A page of entries, each shown as a `node`.
    pub(super) async fn list<N>(
        &self,
        ctx: &Context<'_>,
        args: &PageArgs,
        node: impl Fn(Ref<EntryRow>) -> N,
    ) -> Result<Connection<Edge<N>>, ApiError>
    where
        N: Noun,
    {
        let own = self.member.row()?.id;
        let master = &ctx.request()?.platform().master;
        let tenant = self.member.page().reader().tenant();
        let space = CursorSpace::new(tenant, &format!("{own}.points"), "NEWEST_FIRST", "");
        let page = args.parse(master, &space)?;
        let loaded = self.load_entries(ctx, page).await?;
        let count = self.account.entries;
        let total: Total = Arc::new(move || Box::pin(async move { Ok(count) }));
        Connection::of_slice(loaded.get(&own), (&space, master), |row| Some(row.position()), node, total)
    }

    /// For all members of the page at once; and all their lots form one page, for what is loaded below them.
    pub(super) async fn open_lots(&self, ctx: &Context<'_>) -> Result<Vec<Ref<LotRow>>, ApiError> {
        let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
        let load = |page: Arc<Page<MemberRow>>| async move {
            let rows = points.lots_of(&actor, page.reader(), &ids(&page)).await?;
            let mut lots: HashMap<MemberId, Vec<Ref<LotRow>>> = HashMap::new();
            for lot in Page::new(Arc::clone(page.reader()), rows).refs() {
                lots.entry(lot.row()?.member).or_default().push(lot);
            }
            Ok(lots)
        };
        let lots = self.member.load("member.points.lots", String::new(), load).await?;
        Ok(lots.get(&self.member.row()?.id).cloned().unwrap_or_default())
    }

    /// For all members of the page at once; and all their entries form one page, for what is loaded below them.
    async fn load_entries(
        &self,
        ctx: &Context<'_>,
        page: KeysetPage,
    ) -> Result<Arc<HashMap<MemberId, Slice<Ref<EntryRow>>>>, ApiError> {
        let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
        let key = format!("{page:?}");
        let load = |members: Arc<Page<MemberRow>>| async move {
            let found = points.entries_of(&actor, members.reader(), &ids(&members), &page).await?;
            slices(members.reader(), &page, found, |row| row.member)
        };
        self.member.load("member.points.entries", key, load).await
    }
}
