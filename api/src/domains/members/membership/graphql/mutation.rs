//! Joining, leaving and changing tiers.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::model::{Joining, Tier};
use super::super::service::At;
use crate::actor::Scope;
use crate::domains::communities::graphql as communities;
use crate::domains::members::{Members, graphql as members};
use crate::error::{ApiError, ErrorCode, Failure, UserError, UserErrorCode};
use crate::graph::community::Community;
use crate::graph::member::Member;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::scalars::DateTime;
use crate::graphql::selection::Selection;
use crate::platform::idempotency::Call;

/// Who joins which community, as what.
#[derive(InputObject)]
pub struct CommunityMemberAddInput {
    /// `com_…`
    community_id: ID,
    /// `mbr_…`
    member_id: ID,
    /// As what; ORDINARY unless told otherwise.
    tier: Option<Tier>,
    /// Since when, not in the future; now unless told otherwise.
    joined_at: Option<DateTime>,
    /// The member who brought them along, if any: `mbr_…`. Rules for MEMBER_INVITED may pay them for it, once for each
    /// new member of a community.
    invited_by_id: Option<ID>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Whose tier changes, and to what.
#[derive(InputObject)]
pub struct CommunityMemberTierSetInput {
    /// `com_…`
    community_id: ID,
    /// `mbr_…`
    member_id: ID,
    /// The new tier.
    tier: Tier,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Who leaves which community.
#[derive(InputObject)]
pub struct CommunityMemberRemoveInput {
    /// `com_…`
    community_id: ID,
    /// `mbr_…`
    member_id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! membership_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The community as it is now; null when refused. `memberCount` follows within about a second.
            community: Option<Community>,
            /// The member as it is now; null when refused, or when a restricted key sees them no more.
            member: Option<Member>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<Community>, Option<Member>)> for $name {
            fn new(ends: Option<(Option<Community>, Option<Member>)>, user_errors: Vec<UserError>) -> Self {
                let (community, member) = ends.unwrap_or_default();
                Self { community, member, user_errors }
            }
        }
    )+ };
}

membership_payloads! {
    /// The two ends of the new membership, or why there is none.
    CommunityMemberAddPayload
    /// The two ends of the membership, or why its tier was not changed.
    CommunityMemberTierSetPayload
    /// The two ends of what was a membership, or why it was not ended.
    CommunityMemberRemovePayload
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct MembershipMutation;

/// Changes memberships.
#[Object]
impl MembershipMutation {
    /// Makes a member part of a community. Needs `members:write`. A key that is restricted to communities knows
    /// only the members of those.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn community_member_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who joins which community, as what.")] input: CommunityMemberAddInput,
    ) -> Result<CommunityMemberAddPayload, ApiError> {
        let call = call(ctx, "communityMemberAdd", input.idempotency_key.as_deref(), &input)?;
        let now = ctx.request()?.platform().clock.now();
        let joined_at = input.joined_at.map_or(now, |time| time.0);
        let result = match at(ctx, &input.community_id, &input.member_id) {
            Ok(_) if joined_at > now => Err(Failure::Refused(vec![UserError::at(
                "joinedAt",
                UserErrorCode::Invalid,
                "A membership cannot begin in the future.",
            )])),
            Ok((community, member)) => {
                let joining = Joining { community, member, tier: input.tier.unwrap_or(Tier::Ordinary), joined_at };
                let inviter = input.invited_by_id.as_ref().map(|id| parse_input_id("invitedById", id)).transpose();
                match inviter {
                    Ok(inviter) => ctx.service::<Members>()?.join(ctx.actor()?, (joining, inviter), &call).await,
                    Err(error) => Err(Failure::Refused(vec![error])),
                }
            }
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }

    /// Gives a member of a community another tier. Needs `members:write`.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn community_member_tier_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose tier, and which.")] input: CommunityMemberTierSetInput,
    ) -> Result<CommunityMemberTierSetPayload, ApiError> {
        let call = call(ctx, "communityMemberTierSet", input.idempotency_key.as_deref(), &input)?;
        let result = match at(ctx, &input.community_id, &input.member_id) {
            Ok(at) => ctx.service::<Members>()?.set_tier(ctx.actor()?, at, input.tier, &call).await,
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }

    /// Ends a membership. The member stays, and may join again. Needs `members:write`.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn community_member_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who leaves which community.")] input: CommunityMemberRemoveInput,
    ) -> Result<CommunityMemberRemovePayload, ApiError> {
        let call = call(ctx, "communityMemberRemove", input.idempotency_key.as_deref(), &input)?;
        let result = match at(ctx, &input.community_id, &input.member_id) {
            Ok(at) => ctx.service::<Members>()?.leave(ctx.actor()?, at, &call).await,
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }
}

/// Reads the two ids; malformed ones are refused after the permission, like everything else about the input.
fn at(ctx: &Context<'_>, community: &ID, member: &ID) -> Result<At, Failure> {
    ctx.actor()?.require(Scope::MembersWrite)?;
    let refused = |error| Failure::Refused(vec![error]);
    let community = parse_input_id("communityId", community).map_err(refused)?;
    let member = parse_input_id("memberId", member).map_err(refused)?;
    Ok((community, member))
}

async fn payload<P: Payload<(Option<Community>, Option<Member>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<At, Failure>,
) -> Result<P, ApiError> {
    let (at, user_errors) = settle(ctx, call, result)?;
    let Some((community, member)) = at else { return Ok(P::new(None, user_errors)) };
    let reader = ctx.request()?.fresh_reader()?;
    let selection = Selection::at(ctx, &[&["community"]]);
    // Whoever may change memberships may not read communities: the field is null for them.
    let community = match communities::find(ctx, reader.clone(), community, &selection).await {
        Err(error) if error.code() == ErrorCode::Forbidden => None,
        found => found?,
    };
    let member = members::find(ctx, reader, member, &Selection::at(ctx, &[&["member"]])).await?;
    Ok(P::new(Some((community, member)), user_errors))
}
