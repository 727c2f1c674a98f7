//! `node` and `nodes`: anything with an id, found by it. The prefix of the id says which slice to ask.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};

use super::community::Community;
use super::member::Member;
use crate::domains::auth::partner_keys::graphql::{self as partner_keys, PartnerKey};
use crate::domains::creators::graphql::{Submission, find_submissions};
use crate::domains::rewards::graphql::{Redemption, Reward, find_redemptions, find_rewards};
use crate::domains::{communities, members};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::list_size;
use crate::graphql::ids::parse_id;
use crate::graphql::selection::Selection;
use crate::platform::ids::{
    CommunityId, CommunityKind, Kind as _, MemberId, MemberKind, PartnerKeyId, PartnerKeyKind, RedemptionId,
    RedemptionKind, RewardId, RewardKind, SubmissionId, SubmissionKind, split,
};

/// Anything with an id that is unique in the world.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "Result<ID, ApiError>", desc = "A prefix for the kind, and 26 characters."))]
pub enum Node {
    /// A community.
    Community(Community),
    /// A member.
    Member(Member),
    /// A partner system's key.
    PartnerKey(PartnerKey),
    /// Something that members get for points.
    Reward(Reward),
    /// What a member took for points.
    Redemption(Redemption),
    /// What a member handed in.
    Submission(Submission),
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
        find(ctx, "id", &[id]).await.pop().flatten()
    }

    /// The objects with these ids, in their order; null where there is none. At most 100. Costs 1 for each id, and what
    /// is selected below each time.
    #[graphql(directive = list_size::apply(None, Some(vec!["ids".to_owned()]), None))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of any kinds.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node, ApiError>>>, ApiError> {
        if ids.len() > 100 {
            return Err(ApiError::argument(ErrorCode::InputInvalid, "ids", "At most 100 ids at a time."));
        }
        Ok(find(ctx, "ids", &ids).await)
    }
}

/// An id of a kind that can be found.
#[derive(Clone, Copy)]
enum NodeId {
    Community(CommunityId),
    Member(MemberId),
    PartnerKey(PartnerKeyId),
    Reward(RewardId),
    Redemption(RedemptionId),
    Submission(SubmissionId),
}

fn parse(argument: &'static str, id: &ID) -> Result<NodeId, ApiError> {
    match split(id).map(|(prefix, _)| prefix) {
        Some(CommunityKind::PREFIX) => parse_id(argument, id).map(NodeId::Community),
        Some(MemberKind::PREFIX) => parse_id(argument, id).map(NodeId::Member),
        Some(PartnerKeyKind::PREFIX) => parse_id(argument, id).map(NodeId::PartnerKey),
        Some(RewardKind::PREFIX) => parse_id(argument, id).map(NodeId::Reward),
        Some(RedemptionKind::PREFIX) => parse_id(argument, id).map(NodeId::Redemption),
        Some(SubmissionKind::PREFIX) => parse_id(argument, id).map(NodeId::Submission),
        _ => Err(ApiError::argument(ErrorCode::IdInvalid, argument, "Nothing has ids that start like this.")),
    }
}

/// The objects with these ids, in their order: one statement for each kind, however many ids.
async fn find(ctx: &Context<'_>, argument: &'static str, ids: &[ID]) -> Vec<Option<Result<Node, ApiError>>> {
    let parsed: Vec<_> = ids.iter().map(|id| parse(argument, id)).collect();
    let known = || parsed.iter().filter_map(|id| id.as_ref().ok().copied());
    let (mut community_ids, mut member_ids, mut key_ids) = (Vec::new(), Vec::new(), Vec::new());
    let (mut reward_ids, mut redemption_ids, mut submission_ids) = (Vec::new(), Vec::new(), Vec::new());
    for id in known() {
        match id {
            NodeId::Community(id) => community_ids.push(id),
            NodeId::Member(id) => member_ids.push(id),
            NodeId::PartnerKey(id) => key_ids.push(id),
            NodeId::Reward(id) => reward_ids.push(id),
            NodeId::Redemption(id) => redemption_ids.push(id),
            NodeId::Submission(id) => submission_ids.push(id),
        }
    }
    let communities = find_communities(ctx, &community_ids).await;
    let members = find_members(ctx, &member_ids).await;
    let keys = find_keys(ctx, &key_ids).await;
    let rewards = rewards_by_id(ctx, &reward_ids).await;
    let redemptions = redemptions_by_id(ctx, &redemption_ids).await;
    let submissions = submissions_by_id(ctx, &submission_ids).await;
    let answer = |id: Result<NodeId, ApiError>| -> Result<Option<Node>, ApiError> {
        Ok(match id? {
            NodeId::Community(id) => communities.clone()?.get(&id).cloned().map(Node::Community),
            NodeId::Member(id) => members.clone()?.get(&id).cloned().map(Node::Member),
            NodeId::PartnerKey(id) => keys.clone()?.get(&id).cloned().map(Node::PartnerKey),
            NodeId::Reward(id) => rewards.clone()?.get(&id).cloned().map(Node::Reward),
            NodeId::Redemption(id) => redemptions.clone()?.get(&id).cloned().map(Node::Redemption),
            NodeId::Submission(id) => submissions.clone()?.get(&id).cloned().map(Node::Submission),
        })
    };
    parsed.into_iter().map(|id| answer(id).transpose()).collect()
}

type Found<K, N> = Result<Arc<HashMap<K, N>>, ApiError>;

async fn find_communities(ctx: &Context<'_>, ids: &[CommunityId]) -> Found<CommunityId, Community> {
    if ids.is_empty() {
        return Ok(Arc::default());
    }
    let reader = ctx.request()?.reader().await?;
    communities::graphql::find_many(ctx, reader, ids, &Selection::at(ctx, &[&[]])).await.map(Arc::new)
}

async fn find_members(ctx: &Context<'_>, ids: &[MemberId]) -> Found<MemberId, Member> {
    if ids.is_empty() {
        return Ok(Arc::default());
    }
    let reader = ctx.request()?.reader().await?;
    members::graphql::find_many(ctx, reader, ids, &Selection::at(ctx, &[&[]])).await.map(Arc::new)
}

async fn find_keys(ctx: &Context<'_>, ids: &[PartnerKeyId]) -> Found<PartnerKeyId, PartnerKey> {
    if ids.is_empty() {
        return Ok(Arc::default());
    }
    let reader = ctx.request()?.reader().await?;
    partner_keys::find_many(ctx, reader, ids).await.map(Arc::new)
}

async fn rewards_by_id(ctx: &Context<'_>, ids: &[RewardId]) -> Found<RewardId, Reward> {
    if ids.is_empty() {
        return Ok(Arc::default());
    }
    find_rewards(ctx, ctx.request()?.reader().await?, ids).await.map(Arc::new)
}

async fn redemptions_by_id(ctx: &Context<'_>, ids: &[RedemptionId]) -> Found<RedemptionId, Redemption> {
    if ids.is_empty() {
        return Ok(Arc::default());
    }
    find_redemptions(ctx, ctx.request()?.reader().await?, ids).await.map(Arc::new)
}

async fn submissions_by_id(ctx: &Context<'_>, ids: &[SubmissionId]) -> Found<SubmissionId, Submission> {
    if ids.is_empty() {
        return Ok(Arc::default());
    }
    find_submissions(ctx, ctx.request()?.reader().await?, ids).await.map(Arc::new)
}
