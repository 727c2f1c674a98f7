//! Changing communities.

use async_graphql::{Context, ID, InputObject, Object};

use super::super::Communities;
use super::super::model::{
    Changes, CommunityType, Draft, LifecycleStage, MessageKind, Monetisation, Platform, Positioning, QuotaOverride,
    Touchpoint,
};
use super::super::service::Archiving;
use super::query::find;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::community::Community;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::scalars::DateTime;
use crate::graphql::selection::Selection;
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::CommunityId;

/// A community's own tier quota. What is left out follows the tenant's policy.
#[derive(InputObject, Clone)]
pub struct TierQuotaInput {
    /// Percent of members who are admins, 0 to 100.
    admin_percent: Option<i32>,
    /// Percent of members who are core members, 0 to 100.
    core_percent: Option<i32>,
    /// Percentage points a share may lie off its target, 0 to 100.
    tolerance_points: Option<i32>,
}

impl From<TierQuotaInput> for QuotaOverride {
    fn from(quota: TierQuotaInput) -> Self {
        Self {
            admin_percent: quota.admin_percent,
            core_percent: quota.core_percent,
            tolerance_points: quota.tolerance_points,
        }
    }
}

/// A new community.
#[derive(InputObject)]
pub struct CommunityCreateInput {
    /// Its name, 1 to 120 characters.
    name: String,
    /// What it lives on.
    #[graphql(name = "type")]
    kind: CommunityType,
    /// What it is for.
    positioning: Positioning,
    /// Where it is.
    platform: Platform,
    /// What its members get from it, 1 to 500 characters. 93 % of highly active groups state one.
    value_proposition: String,
    /// Where members are reached; the group itself unless told otherwise.
    touchpoints: Option<Vec<Touchpoint>>,
    /// What is sent in it; TEXT and IMAGE unless told otherwise.
    message_kinds: Option<Vec<MessageKind>>,
    /// How it earns; the usual for its type unless told otherwise.
    monetisation: Option<Vec<Monetisation>>,
    /// Where it is in its life; STARTUP unless told otherwise.
    stage: Option<LifecycleStage>,
    /// When it was founded; now unless told otherwise.
    founded_at: Option<DateTime>,
    /// Its own tier quota; the tenant's policy unless told otherwise.
    quota: Option<TierQuotaInput>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

impl From<CommunityCreateInput> for Draft {
    fn from(input: CommunityCreateInput) -> Self {
        Self {
            name: input.name,
            kind: input.kind,
            positioning: input.positioning,
            platform: input.platform,
            value_proposition: input.value_proposition,
            touchpoints: input.touchpoints,
            message_kinds: input.message_kinds,
            monetisation: input.monetisation,
            stage: input.stage,
            founded_at: input.founded_at.map(|time| time.0),
            quota: input.quota.map(QuotaOverride::from).unwrap_or_default(),
        }
    }
}

/// Changes to a community; what is left out stays.
#[derive(InputObject)]
pub struct CommunityUpdateInput {
    /// `com_…`
    id: ID,
    /// A new name, 1 to 120 characters.
    name: Option<String>,
    /// Another positioning.
    positioning: Option<Positioning>,
    /// Another value proposition, 1 to 500 characters.
    value_proposition: Option<String>,
    /// Other touchpoints.
    touchpoints: Option<Vec<Touchpoint>>,
    /// Other kinds of messages, all of them.
    message_kinds: Option<Vec<MessageKind>>,
    /// Other ways to earn.
    monetisation: Option<Vec<Monetisation>>,
    /// Another stage; ENDED is for good.
    stage: Option<LifecycleStage>,
    /// Another tier quota, as a whole.
    quota: Option<TierQuotaInput>,
    /// The version you read; a newer one refuses the change with VERSION_CONFLICT.
    version: Option<i32>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

impl From<CommunityUpdateInput> for Changes {
    fn from(input: CommunityUpdateInput) -> Self {
        Self {
            name: input.name,
            positioning: input.positioning,
            value_proposition: input.value_proposition,
            touchpoints: input.touchpoints,
            message_kinds: input.message_kinds,
            monetisation: input.monetisation,
            stage: input.stage,
            quota: input.quota.map(QuotaOverride::from),
            version: input.version,
        }
    }
}

/// Which community to take out of use.
#[derive(InputObject)]
pub struct CommunityArchiveInput {
    /// `com_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Which community to take back into use.
#[derive(InputObject)]
pub struct CommunityRestoreInput {
    /// `com_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The new community, or why there is none.
    CommunityCreatePayload { community: Community }
    /// The community, or why nothing was changed.
    CommunityUpdatePayload { community: Community }
    /// The archived community, or why it was not archived.
    CommunityArchivePayload { community: Community }
    /// The restored community, or why it was not restored.
    CommunityRestorePayload { community: Community }
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct CommunityMutation;

/// Changes communities.
#[Object]
impl CommunityMutation {
    /// Makes a community. Needs `communities:write`; FORBIDDEN to a key that is restricted to communities.
    #[graphql(directive = requires_scopes::apply(vec!["communities:write".to_owned()]))]
    async fn community_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The community to make.")] input: CommunityCreateInput,
    ) -> Result<CommunityCreatePayload, ApiError> {
        let call = call(ctx, "communityCreate", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Communities>()?.create(ctx.actor()?, input.into(), &call).await;
        payload(ctx, &call, result).await
    }

    /// Changes a community. Needs `communities:write`.
    #[graphql(directive = requires_scopes::apply(vec!["communities:write".to_owned()]))]
    async fn community_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which community, and what about it.")] input: CommunityUpdateInput,
    ) -> Result<CommunityUpdatePayload, ApiError> {
        let call = call(ctx, "communityUpdate", input.idempotency_key.as_deref(), &input)?;
        let result = match parse_input_id("id", &input.id) {
            Ok(id) => ctx.service::<Communities>()?.update(ctx.actor()?, id, input.into(), &call).await,
            Err(error) => refuse(ctx, error),
        };
        payload(ctx, &call, result).await
    }

    /// Takes a community out of use: it leaves the lists, keeps its data and can be restored. Needs `communities:write`.
    #[graphql(directive = requires_scopes::apply(vec!["communities:write".to_owned()]))]
    async fn community_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which community.")] input: CommunityArchiveInput,
    ) -> Result<CommunityArchivePayload, ApiError> {
        let call = call(ctx, "communityArchive", input.idempotency_key.as_deref(), &input)?;
        set_archived(ctx, &call, &input.id, Archiving::Archive).await
    }

    /// Takes an archived community back into use. Needs `communities:write`.
    #[graphql(directive = requires_scopes::apply(vec!["communities:write".to_owned()]))]
    async fn community_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which community.")] input: CommunityRestoreInput,
    ) -> Result<CommunityRestorePayload, ApiError> {
        let call = call(ctx, "communityRestore", input.idempotency_key.as_deref(), &input)?;
        set_archived(ctx, &call, &input.id, Archiving::Restore).await
    }
}

async fn set_archived<P: Payload<Community>>(
    ctx: &Context<'_>,
    call: &Call,
    id: &ID,
    archiving: Archiving,
) -> Result<P, ApiError> {
    let result = match parse_input_id("id", id) {
        Ok(id) => ctx.service::<Communities>()?.set_archived(ctx.actor()?, id, archiving, call).await,
        Err(error) => refuse(ctx, error),
    };
    payload(ctx, call, result).await
}

/// A malformed id is refused after the permission, like everything else about the input.
fn refuse(ctx: &Context<'_>, error: UserError) -> Result<CommunityId, Failure> {
    ctx.actor()?.require(crate::actor::Scope::CommunitiesWrite)?;
    Err(Failure::Refused(vec![error]))
}

async fn payload<P: Payload<Community>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<CommunityId, Failure>,
) -> Result<P, ApiError> {
    let (id, user_errors) = settle(ctx, call, result)?;
    let community = match id {
        Some(id) => {
            let reader = ctx.request()?.fresh_reader()?;
            find(ctx, reader, id, &Selection::at(ctx, &[&["community"]])).await?
        }
        None => None,
    };
    Ok(P::new(community, user_errors))
}
