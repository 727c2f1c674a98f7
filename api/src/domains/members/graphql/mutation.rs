//! Changing members.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::super::Members;
use super::super::model::{Changes, Draft, IdentityDraft, IdentityKind};
use super::super::profile::ProfileSource;
use super::profile::MemberProfileInput;
use super::query::find;
use crate::actor::Scope;
use crate::domains::communities::{Archiving, Platform};
use crate::error::{ApiError, Failure};
use crate::graph::member::Member;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::scalars::DateTime;
use crate::graphql::selection::Selection;
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::{Id, Kind, MemberId};

/// A name that a platform gives to a member.
#[derive(InputObject)]
pub struct MemberIdentityInput {
    /// What kind of name it is.
    kind: IdentityKind,
    /// Who gave it.
    platform: Platform,
    /// In which app, for an OPENID; at most 128 characters.
    app_id: Option<String>,
    /// The name, byte for byte, 1 to 128 characters.
    value: String,
}

impl From<MemberIdentityInput> for IdentityDraft {
    fn from(input: MemberIdentityInput) -> Self {
        Self { kind: input.kind, platform: input.platform, app_id: input.app_id, value: input.value }
    }
}

/// A new member.
#[derive(InputObject)]
pub struct MemberCreateInput {
    /// What they are called, 1 to 120 characters.
    display_name: String,
    /// Their id in another system, at most 128 bytes; unique in the tenant.
    external_ref: Option<String>,
    /// Their phone number in any usual spelling; without a country code it belongs to the tenant's country.
    phone: Option<String>,
    /// Their legal name, 1 to 120 characters.
    real_name: Option<String>,
    /// What they are tagged with: at most 50 of 1 to 40 characters.
    tags: Option<Vec<String>>,
    /// Where they are known from, at most 20.
    identities: Option<Vec<MemberIdentityInput>>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

impl From<MemberCreateInput> for Draft {
    fn from(input: MemberCreateInput) -> Self {
        Self {
            display_name: input.display_name,
            external_ref: input.external_ref,
            phone: input.phone,
            real_name: input.real_name,
            tags: input.tags.unwrap_or_default(),
            identities: input.identities.unwrap_or_default().into_iter().map(Into::into).collect(),
        }
    }
}

/// Changes to a member; what is left out stays, and null empties a field.
#[derive(InputObject)]
pub struct MemberUpdateInput {
    /// `mbr_…`
    id: ID,
    /// A new name, 1 to 120 characters.
    display_name: Option<String>,
    /// Another id in another system, at most 128 bytes.
    external_ref: MaybeUndefined<String>,
    /// Another phone number.
    phone: MaybeUndefined<String>,
    /// Another legal name, 1 to 120 characters.
    real_name: MaybeUndefined<String>,
    /// All tags from now on.
    tags: Option<Vec<String>>,
    /// The version you read; a newer one refuses the change with VERSION_CONFLICT.
    version: Option<i32>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

impl From<MemberUpdateInput> for Changes {
    fn from(input: MemberUpdateInput) -> Self {
        let change = |value: MaybeUndefined<String>| match value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(text) => Some(Some(text)),
        };
        Self {
            display_name: input.display_name,
            external_ref: change(input.external_ref),
            phone: change(input.phone),
            real_name: change(input.real_name),
            tags: input.tags,
            version: input.version,
        }
    }
}

/// Which member to take out of use.
#[derive(InputObject)]
pub struct MemberArchiveInput {
    /// `mbr_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Which member to take back into use.
#[derive(InputObject)]
pub struct MemberRestoreInput {
    /// `mbr_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// What a source says of a member.
#[derive(InputObject)]
pub struct MemberProfileSetInput {
    /// `mbr_…`
    member_id: ID,
    /// The values; each replaces what this source said before, unless that was observed later.
    profile: Option<MemberProfileInput>,
    /// Who says so; an operator unless told otherwise.
    source: Option<ProfileSource>,
    /// When it was observed; now unless told otherwise.
    observed_at: Option<DateTime>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// A further identity of a member.
#[derive(InputObject)]
pub struct MemberIdentityAddInput {
    /// `mbr_…`
    member_id: ID,
    /// What kind of name it is.
    kind: IdentityKind,
    /// Who gave it.
    platform: Platform,
    /// In which app, for an OPENID; at most 128 characters.
    app_id: Option<String>,
    /// The name, byte for byte, 1 to 128 characters.
    value: String,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// An identity that is not the member's any more.
#[derive(InputObject)]
pub struct MemberIdentityRemoveInput {
    /// `mbr_…`
    member_id: ID,
    /// `idn_…`
    identity_id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The new member, or why there is none.
    MemberCreatePayload { member: Member }
    /// The member, or why nothing was changed.
    MemberUpdatePayload { member: Member }
    /// The archived member, or why they were not archived.
    MemberArchivePayload { member: Member }
    /// The restored member, or why they were not restored.
    MemberRestorePayload { member: Member }
    /// The member, or why nothing was recorded.
    MemberProfileSetPayload { member: Member }
    /// The member, or why the identity was not added.
    MemberIdentityAddPayload { member: Member }
    /// The member, or why the identity was not removed.
    MemberIdentityRemovePayload { member: Member }
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct MemberMutation;

/// Changes members.
#[Object]
impl MemberMutation {
    /// Makes a member. Needs `members:write`; FORBIDDEN to a key that is restricted to communities, which makes
    /// members by `membersImport` with a `communityId` in each row.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn member_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The member to make.")] input: MemberCreateInput,
    ) -> Result<MemberCreatePayload, ApiError> {
        let call = call(ctx, "memberCreate", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Members>()?.create(ctx.actor()?, input.into(), &call).await;
        payload(ctx, &call, result).await
    }

    /// Changes a member. Needs `members:write`.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn member_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which member, and what about them.")] input: MemberUpdateInput,
    ) -> Result<MemberUpdatePayload, ApiError> {
        let call = call(ctx, "memberUpdate", input.idempotency_key.as_deref(), &input)?;
        let result = match input_id(ctx, "id", &input.id) {
            Ok(id) => ctx.service::<Members>()?.update(ctx.actor()?, id, input.into(), &call).await,
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }

    /// Takes a member out of use and out of all communities: phone and identities become free for others,
    /// the data stay and can be restored. Needs `members:write`; FORBIDDEN to a key that is restricted to
    /// communities, which ends memberships by `communityMemberRemove`.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn member_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which member.")] input: MemberArchiveInput,
    ) -> Result<MemberArchivePayload, ApiError> {
        let call = call(ctx, "memberArchive", input.idempotency_key.as_deref(), &input)?;
        set_archived(ctx, &call, &input.id, Archiving::Archive).await
    }

    /// Takes an archived member back into use, if phone and identities are still free. Needs `members:write`;
    /// FORBIDDEN to a key that is restricted to communities.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn member_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which member.")] input: MemberRestoreInput,
    ) -> Result<MemberRestorePayload, ApiError> {
        let call = call(ctx, "memberRestore", input.idempotency_key.as_deref(), &input)?;
        set_archived(ctx, &call, &input.id, Archiving::Restore).await
    }

    /// Records what a source says of a member. Needs `members:write`.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn member_profile_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which member, and what is said of them.")] input: MemberProfileSetInput,
    ) -> Result<MemberProfileSetPayload, ApiError> {
        let call = call(ctx, "memberProfileSet", input.idempotency_key.as_deref(), &input)?;
        let result = match input_id(ctx, "memberId", &input.member_id) {
            Ok(id) => {
                let at = input.observed_at.map(|time| time.0);
                let profile =
                    (input.profile.unwrap_or_default().into(), input.source.unwrap_or(ProfileSource::Operator), at);
                ctx.service::<Members>()?.profile_set(ctx.actor()?, id, profile, &call).await
            }
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }

    /// Adds an identity to a member. Needs `members:write`.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn member_identity_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which member, and which identity.")] input: MemberIdentityAddInput,
    ) -> Result<MemberIdentityAddPayload, ApiError> {
        let call = call(ctx, "memberIdentityAdd", input.idempotency_key.as_deref(), &input)?;
        let result = match input_id(ctx, "memberId", &input.member_id) {
            Ok(id) => {
                let identity = IdentityDraft {
                    kind: input.kind,
                    platform: input.platform,
                    app_id: input.app_id,
                    value: input.value,
                };
                ctx.service::<Members>()?.identity_add(ctx.actor()?, id, identity, &call).await
            }
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }

    /// Removes an identity from a member. Needs `members:write`.
    #[graphql(directive = requires_scopes::apply(vec!["members:write".to_owned()]))]
    async fn member_identity_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which member, and which identity.")] input: MemberIdentityRemoveInput,
    ) -> Result<MemberIdentityRemovePayload, ApiError> {
        let call = call(ctx, "memberIdentityRemove", input.idempotency_key.as_deref(), &input)?;
        let ids = input_id(ctx, "memberId", &input.member_id)
            .and_then(|member| Ok((member, input_id(ctx, "identityId", &input.identity_id)?)));
        let result = match ids {
            Ok((id, identity)) => ctx.service::<Members>()?.identity_remove(ctx.actor()?, id, identity, &call).await,
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }
}

async fn set_archived<P: Payload<Member>>(
    ctx: &Context<'_>,
    call: &Call,
    id: &ID,
    archiving: Archiving,
) -> Result<P, ApiError> {
    let result = match input_id(ctx, "id", id) {
        Ok(id) => ctx.service::<Members>()?.set_archived(ctx.actor()?, id, archiving, call).await,
        Err(failure) => Err(failure),
    };
    payload(ctx, call, result).await
}

/// Reads an id; a malformed one is refused after the permission, like everything else about the input.
fn input_id<K: Kind>(ctx: &Context<'_>, field: &str, id: &ID) -> Result<Id<K>, Failure> {
    ctx.actor()?.require(Scope::MembersWrite)?;
    parse_input_id(field, id).map_err(|error| Failure::Refused(vec![error]))
}

async fn payload<P: Payload<Member>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<MemberId, Failure>,
) -> Result<P, ApiError> {
    let (id, user_errors) = settle(ctx, call, result)?;
    let member = match id {
        Some(id) => {
            let reader = ctx.request()?.fresh_reader()?;
            find(ctx, reader, id, &Selection::at(ctx, &[&["member"]])).await?
        }
        None => None,
    };
    Ok(P::new(member, user_errors))
}
