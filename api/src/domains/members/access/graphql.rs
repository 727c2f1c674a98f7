//! `memberTokenCreate` and `me`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::MemberAccess;
use super::model::TokenTerms;
use crate::actor::Scope;
use crate::domains::communities::Communities;
use crate::domains::communities::graphql::{MyCommunity, columns};
use crate::domains::members::graphql::MemberRef;
use crate::domains::members::membership::graphql::{cut, position};
use crate::domains::members::membership::{Joining, Tier};
use crate::domains::members::row::MemberRow;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::me::Me;
use crate::graphql::batch::{Page, Ref, loaded};
use crate::graphql::connection::{Connection, EdgeType};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{call, settle};
use crate::graphql::pagination::{CursorSpace, PageArgs};
use crate::graphql::scalars::DateTime;
use crate::graphql::selection::Selection;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::Slice;

/// For whom a token is made.
#[derive(InputObject)]
pub struct MemberTokenCreateInput {
    /// `mbr_…`
    member_id: ID,
    /// How long it is good for, 60 to 3600 seconds; 900 (a quarter of an hour) unless told otherwise.
    lifetime_seconds: Option<i32>,
    /// What the member may do with it for themselves, besides looking at `me`: `engagement:write` for `myCheckIn` and
    /// `myCheckInMakeUp`, `redemptions:write` for `myRedemptionCreate`. Nothing when left out. The key must have them itself;
    /// what it loses later, its tokens lose.
    scopes: Option<Vec<String>>,
    /// Accepted as everywhere, 1 to 255 characters, but tokens are not kept: a repeated request gives another token.
    idempotency_key: Option<String>,
}

/// A member's token, or why there is none.
#[derive(SimpleObject)]
pub struct MemberTokenCreatePayload {
    /// For the header `Authorization: Bearer …` of the member's own client; null when refused.
    token: Option<String>,
    /// When it ends; null when refused.
    expires_at: Option<DateTime>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct AccessMutation;

/// Makes members' tokens.
#[Object]
impl AccessMutation {
    /// Makes a token with which a mini program acts as one member: it opens `me`, and the mutations called `my…` that it is
    /// made for (`scopes`). For partner
    /// systems only, by their keys; FORBIDDEN to people. It ends with the key, or when the member is archived; the
    /// key's address list does not bind it. Needs `members:token`.
    #[graphql(directive = requires_scopes::apply(vec!["members:token".to_owned()]))]
    async fn member_token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom.")] input: MemberTokenCreateInput,
    ) -> Result<MemberTokenCreatePayload, ApiError> {
        let call = call(ctx, "memberTokenCreate", input.idempotency_key.as_deref(), &input)?;
        let actor = ctx.actor()?;
        actor.require(Scope::MemberTokens)?;
        let scopes = input.scopes.unwrap_or_default();
        let terms = TokenTerms { lifetime_seconds: input.lifetime_seconds, scopes };
        let result = match parse_input_id("memberId", &input.member_id) {
            Ok(id) => ctx.service::<MemberAccess>()?.create_token(actor, id, &terms, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (made, user_errors) = settle(ctx, &call, result)?;
        let (token, expires_at) = made.map(|made| (made.token, made.expires_at.into())).unzip();
        Ok(MemberTokenCreatePayload { token, expires_at, user_errors })
    }
}

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct AccessQuery;

/// Reads the member who asks.
#[Object]
impl AccessQuery {
    /// The member whose token the caller has; null for everybody else. Needs a token of `memberTokenCreate`.
    async fn me(&self, ctx: &Context<'_>) -> Option<Result<Me, ApiError>> {
        nullable(async {
            let Some(reader) = ctx.request()?.member_reader().await? else { return Ok(None) };
            find_me_in(ctx, reader).await
        })
        .await
    }
}

/// The member whose token the caller has, read in `reader`; None for everybody else.
pub async fn find_me_in(ctx: &Context<'_>, reader: Arc<TenantTx>) -> Result<Option<Me>, ApiError> {
    let row = ctx.service::<MemberAccess>()?.find_own(ctx.actor()?, &reader).await?;
    Ok(row.map(|row| Me::new(Ref::single(reader, row))))
}

/// The slice's part of `Me`.
#[derive(Clone)]
pub struct MyMemberPart(pub MemberRef);

/// A member, as they see themselves.
#[Object]
impl MyMemberPart {
    /// `mbr_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What they are called.
    async fn display_name(&self) -> Result<&str, ApiError> {
        Ok(loaded(self.0.row()?.display_name.as_ref())?)
    }

    /// Their id in the partner's own system.
    async fn external_ref(&self) -> Result<Option<&str>, ApiError> {
        Ok(loaded(self.0.row()?.external_ref.as_ref())?.as_deref())
    }

    /// Their phone number with the middle hidden, `+86138****8000`.
    async fn phone_masked(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        nullable(async {
            let (reader, row) = (self.0.page().reader(), self.0.row()?);
            ctx.service::<MemberAccess>()?.masked_phone(ctx.actor()?, reader, row).await
        })
        .await
    }

    /// The highest tier they have in any of their communities now; null outside all communities.
    async fn tier(&self, ctx: &Context<'_>) -> Option<Result<Tier, ApiError>> {
        nullable(async { Ok(self.memberships(ctx).await?.iter().map(|joining| joining.tier).min()) }).await
    }

    /// The communities they belong to now, newest membership first. A key that is restricted to communities vouches
    /// for those only.
    async fn communities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<MyCommunityEdge>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { self.list(ctx, &args).await.map(Some) }).await
    }
}

/// One of the member's own communities.
#[derive(SimpleObject)]
pub struct MyCommunityEdge {
    /// The item's place, for `after` and `before`.
    cursor: String,
    /// The community.
    node: MyCommunity,
    /// As what they belong to it.
    tier: Tier,
    /// Since when.
    joined_at: DateTime,
}

impl EdgeType for MyCommunityEdge {
    type Node = MyCommunity;

    fn connection() -> Cow<'static, str> {
        Cow::Borrowed("MyCommunityConnection")
    }

    fn node(&self) -> MyCommunity {
        self.node.clone()
    }

    fn cursor(&self) -> &str {
        &self.cursor
    }
}

impl MyMemberPart {
    async fn memberships(&self, ctx: &Context<'_>) -> Result<Arc<Vec<Joining>>, ApiError> {
        let (access, actor) = (ctx.service::<MemberAccess>()?.clone(), ctx.actor()?.clone());
        let load = |page: Arc<Page<MemberRow>>| async move { access.memberships(&actor, page.reader()).await };
        self.0.load("me.memberships", String::new(), load).await
    }

    /// A person belongs to few communities: all are loaded, and paged here.
    async fn list(&self, ctx: &Context<'_>, args: &PageArgs) -> Result<Connection<MyCommunityEdge>, ApiError> {
        let request = ctx.request()?;
        let (own, reader) = (self.0.row()?.id, self.0.page().reader());
        let master = &request.platform().master;
        let space = CursorSpace::new(reader.tenant(), &format!("{own}.me"), "JOINED_AT_DESC", "");
        let page = args.parse(master, &space)?;
        let all = self.memberships(ctx).await?;
        let slice = cut(&all, &page);
        let wanted = columns(&Selection::of_nodes(ctx));
        let ids: Vec<_> = slice.items.iter().map(|joining| joining.community).collect();
        let rows = ctx.service::<Communities>()?.find_own(request.actor(), reader, &ids, &wanted).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let refs = Page::new(Arc::clone(reader), rows).refs().into_iter().map(MyCommunity::new);
        let communities: HashMap<_, _> = ids.into_iter().zip(refs).collect();
        let mut edges = Vec::with_capacity(slice.items.len());
        for joining in &slice.items {
            if let Some(community) = communities.get(&joining.community) {
                edges.push(MyCommunityEdge {
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
}
