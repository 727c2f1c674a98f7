//! The part of `Member` that has what they redeemed.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Object};

use super::super::{RedemptionRow, Rewards};
use super::redemption::Redemption;
use crate::domains::members::{MemberRef, MemberRow};
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::connection::{Connection, Edge, Noun, Total, slices};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::MemberId;

/// The slice's part of `Member`.
#[derive(Clone)]
pub struct MemberRedemptionsPart(pub MemberRef);

/// What a member redeemed.
#[Object]
impl MemberRedemptionsPart {
    /// What they redeemed, newest first. Needs `rewards:read`.
    #[graphql(directive = requires_scopes::apply(vec!["rewards:read".to_owned()]))]
    async fn redemptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<Redemption>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { list(ctx, &self.0, &args, Redemption).await.map(Some) }).await
    }
}

/// A page of what a member redeemed, each shown as a `node`.
pub(super) async fn list<N>(
    ctx: &Context<'_>,
    member: &MemberRef,
    args: &PageArgs,
    node: impl Fn(Ref<RedemptionRow>) -> N,
) -> Result<Connection<Edge<N>>, ApiError>
where
    N: Noun,
{
    let own = member.row()?.id;
    let master = &ctx.request()?.platform().master;
    let tenant = member.page().reader().tenant();
    let space = CursorSpace::new(tenant, &format!("{own}.redemptions"), "NEWEST_FIRST", "");
    let page = args.parse(master, &space)?;
    let loaded = load(ctx, member, page).await?;
    let (slice, total) = (loaded.get(&own), total(ctx, member)?);
    Connection::of_slice(slice, (&space, master), |row| Some(row.position()), node, total)
}

/// Counts for all members of the page at once.
fn total(ctx: &Context<'_>, member: &MemberRef) -> Result<Total, ApiError> {
    let (rewards, actor, member) = (ctx.service::<Rewards>()?.clone(), ctx.actor()?.clone(), member.clone());
    Ok(Arc::new(move || {
        let (rewards, actor, member) = (rewards.clone(), actor.clone(), member.clone());
        let load =
            |page: Arc<Page<MemberRow>>| async move { rewards.counts_of(&actor, page.reader(), &ids(&page)).await };
        Box::pin(async move {
            let counts = member.load("member.redemptions.totalCount", String::new(), load).await?;
            Ok(counts.get(&member.row()?.id).copied().unwrap_or(0))
        })
    }))
}

/// For all members of the page at once; and all their redemptions form one page, for what is loaded below them.
async fn load(
    ctx: &Context<'_>,
    member: &MemberRef,
    page: KeysetPage,
) -> Result<Arc<HashMap<MemberId, Slice<Ref<RedemptionRow>>>>, ApiError> {
    let (rewards, actor) = (ctx.service::<Rewards>()?.clone(), ctx.actor()?.clone());
    let key = format!("{page:?}");
    let load = |members: Arc<Page<MemberRow>>| async move {
        let found = rewards.redemptions_of(&actor, members.reader(), &ids(&members), &page).await?;
        slices(members.reader(), &page, found, |row| row.member)
    };
    member.load("member.redemptions", key, load).await
}

fn ids(page: &Page<MemberRow>) -> Vec<MemberId> {
    page.rows().iter().map(|row| row.id).collect()
}
