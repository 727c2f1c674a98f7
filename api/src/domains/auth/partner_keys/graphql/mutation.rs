//! Making, changing, rotating and ending keys.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use zeroize::Zeroizing;

use super::super::PartnerKeys;
use super::super::model::{Changes, Draft};
use super::super::service::{Made, Switch};
use super::object::PartnerKey;
use super::query::find_many;
use crate::actor::Scope;
use crate::error::{ApiError, Failure, UserError};
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::scalars::DateTime;
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::{CommunityId, PartnerKeyId};

/// A new key.
#[derive(InputObject)]
pub struct PartnerKeyCreateInput {
    /// What it is called, 1 to 120 characters.
    name: String,
    /// What it may do: scopes that you have yourself, but none of `keys:…`, `staff:…` and `tenant:write`.
    scopes: Vec<String>,
    /// `com_…`, at most 100: the communities it is restricted to; the whole tenant unless told otherwise. Then
    /// without `audit:read` and `documents:…`.
    community_ids: Option<Vec<ID>>,
    /// The addresses and networks it may be used from, such as `203.0.113.0/24`, at most 50; anywhere unless told
    /// otherwise.
    networks: Option<Vec<String>>,
    /// When it ends, within 365 days; in 90 days unless told otherwise.
    expires_at: Option<DateTime>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters. Secrets are not kept:
    /// a repeated request gives the key with `secret: null`.
    idempotency_key: Option<String>,
}

/// Changes to a key; what is left out stays.
#[derive(InputObject)]
pub struct PartnerKeyUpdateInput {
    /// `key_…`
    id: ID,
    /// Another name, 1 to 120 characters.
    name: Option<String>,
    /// All scopes from now on: those that you have yourself, but none of `keys:…`, `staff:…` and `tenant:write`.
    scopes: Option<Vec<String>>,
    /// `com_…`, at most 100: all communities from now on; null for the whole tenant.
    community_ids: MaybeUndefined<Vec<ID>>,
    /// All addresses and networks from now on, at most 50; an empty list for anywhere.
    networks: Option<Vec<String>>,
    /// When it ends, within 365 days from now.
    expires_at: Option<DateTime>,
    /// The version you read; a newer one refuses the change with VERSION_CONFLICT.
    version: Option<i32>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Which key gets another secret.
#[derive(InputObject)]
pub struct PartnerKeyRotateInput {
    /// `key_…`
    id: ID,
    /// How long the secret before stays good, 0 to 604800 seconds (7 days); 86400 (a day) unless told otherwise.
    overlap_seconds: Option<i32>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters. Secrets are not kept:
    /// a repeated request gives the key with `secret: null`.
    idempotency_key: Option<String>,
}

/// Which key to switch off.
#[derive(InputObject)]
pub struct PartnerKeyDisableInput {
    /// `key_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Which key to switch on.
#[derive(InputObject)]
pub struct PartnerKeyEnableInput {
    /// `key_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Which key to end for good.
#[derive(InputObject)]
pub struct PartnerKeyRevokeInput {
    /// `key_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// The new key with its secret, or why there is none.
#[derive(SimpleObject)]
pub struct PartnerKeyCreatePayload {
    /// The new key; null when refused.
    partner_key: Option<PartnerKey>,
    /// `shq_live_…`, for the header `Authorization: Bearer …`. Shown this once; null when refused or repeated.
    secret: Option<String>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The key with its new secret, or why it keeps the one it has.
#[derive(SimpleObject)]
pub struct PartnerKeyRotatePayload {
    /// The key as it is now; null when refused.
    partner_key: Option<PartnerKey>,
    /// `shq_live_…`, for the header `Authorization: Bearer …`. Shown this once; null when refused or repeated.
    secret: Option<String>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

payloads! {
    /// The key, or why nothing was changed.
    PartnerKeyUpdatePayload { partner_key: PartnerKey }
    /// The key that is switched off, or why it is not.
    PartnerKeyDisablePayload { partner_key: PartnerKey }
    /// The key that is switched on, or why it is not.
    PartnerKeyEnablePayload { partner_key: PartnerKey }
    /// The key that has ended, or why it has not.
    PartnerKeyRevokePayload { partner_key: PartnerKey }
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct PartnerKeyMutation;

/// Changes the keys of partner systems.
#[Object]
impl PartnerKeyMutation {
    /// Makes a key for a partner system and shows its secret this once. It may do no more than you. Needs
    /// `keys:write` and a proof of the last five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["keys:write".to_owned()]))]
    async fn partner_key_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key to make.")] input: PartnerKeyCreateInput,
    ) -> Result<PartnerKeyCreatePayload, ApiError> {
        let call = call(ctx, "partnerKeyCreate", input.idempotency_key.as_deref(), &input)?;
        let communities = input.community_ids.map(|ids| communities(ctx, &ids)).transpose();
        let result = match communities {
            Ok(communities) => {
                let draft = Draft {
                    name: input.name,
                    scopes: input.scopes,
                    communities,
                    networks: input.networks.unwrap_or_default(),
                    expires_at: input.expires_at.map(|time| time.0),
                };
                ctx.service::<PartnerKeys>()?.create(ctx.actor()?, draft, &call).await
            }
            Err(failure) => Err(failure),
        };
        let (partner_key, secret, user_errors) = made(ctx, &call, result).await?;
        Ok(PartnerKeyCreatePayload { partner_key, secret, user_errors })
    }

    /// Changes what a key may do, from where and until when: everywhere within a second. Needs
    /// `keys:write` and a proof of the last five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["keys:write".to_owned()]))]
    async fn partner_key_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key, and what about it.")] input: PartnerKeyUpdateInput,
    ) -> Result<PartnerKeyUpdatePayload, ApiError> {
        let call = call(ctx, "partnerKeyUpdate", input.idempotency_key.as_deref(), &input)?;
        let result = match key(ctx, &input.id).and_then(|id| Ok((id, changes(ctx, input)?))) {
            Ok((id, changes)) => ctx.service::<PartnerKeys>()?.update(ctx.actor()?, id, changes, &call).await,
            Err(failure) => Err(failure),
        };
        payload(ctx, &call, result).await
    }

    /// Gives a key another secret and shows it this once; the one before stays good for the overlap. A key has two
    /// secrets at most: another rotation ends the older. Needs `keys:write` and a proof of the last five minutes
    /// (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["keys:write".to_owned()]))]
    async fn partner_key_rotate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: PartnerKeyRotateInput,
    ) -> Result<PartnerKeyRotatePayload, ApiError> {
        let call = call(ctx, "partnerKeyRotate", input.idempotency_key.as_deref(), &input)?;
        let result = match key(ctx, &input.id) {
            Ok(id) => ctx.service::<PartnerKeys>()?.rotate(ctx.actor()?, id, input.overlap_seconds, &call).await,
            Err(failure) => Err(failure),
        };
        let (partner_key, secret, user_errors) = made(ctx, &call, result).await?;
        Ok(PartnerKeyRotatePayload { partner_key, secret, user_errors })
    }

    /// Switches a key off, everywhere within a second, and ends the members' tokens that it made. Needs `keys:write`.
    #[graphql(directive = requires_scopes::apply(vec!["keys:write".to_owned()]))]
    async fn partner_key_disable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: PartnerKeyDisableInput,
    ) -> Result<PartnerKeyDisablePayload, ApiError> {
        let call = call(ctx, "partnerKeyDisable", input.idempotency_key.as_deref(), &input)?;
        switch(ctx, &call, &input.id, Switch::Off).await
    }

    /// Switches a key on again. Needs `keys:write` and a proof of the last five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["keys:write".to_owned()]))]
    async fn partner_key_enable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: PartnerKeyEnableInput,
    ) -> Result<PartnerKeyEnablePayload, ApiError> {
        let call = call(ctx, "partnerKeyEnable", input.idempotency_key.as_deref(), &input)?;
        switch(ctx, &call, &input.id, Switch::On).await
    }

    /// Ends a key for good, everywhere within a second. Needs `keys:write`.
    #[graphql(directive = requires_scopes::apply(vec!["keys:write".to_owned()]))]
    async fn partner_key_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: PartnerKeyRevokeInput,
    ) -> Result<PartnerKeyRevokePayload, ApiError> {
        let call = call(ctx, "partnerKeyRevoke", input.idempotency_key.as_deref(), &input)?;
        switch(ctx, &call, &input.id, Switch::Revoke).await
    }
}

fn changes(ctx: &Context<'_>, input: PartnerKeyUpdateInput) -> Result<Changes, Failure> {
    Ok(Changes {
        name: input.name,
        scopes: input.scopes,
        communities: match input.community_ids {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(ids) => Some(Some(communities(ctx, &ids)?)),
        },
        networks: input.networks,
        expires_at: input.expires_at.map(|time| time.0),
        version: input.version,
    })
}

async fn switch<P: Payload<PartnerKey>>(
    ctx: &Context<'_>,
    call: &Call,
    id: &ID,
    switch: Switch,
) -> Result<P, ApiError> {
    let result = match key(ctx, id) {
        Ok(id) => ctx.service::<PartnerKeys>()?.switch(ctx.actor()?, id, switch, call).await,
        Err(failure) => Err(failure),
    };
    payload(ctx, call, result).await
}

/// Reads an id; a malformed one is refused after the permission, like everything else about the input.
fn key(ctx: &Context<'_>, id: &ID) -> Result<PartnerKeyId, Failure> {
    ctx.actor()?.require(Scope::KeysWrite)?;
    parse_input_id("id", id).map_err(|error| Failure::Refused(vec![error]))
}

/// As [`key`], for communities.
fn communities(ctx: &Context<'_>, ids: &[ID]) -> Result<Vec<CommunityId>, Failure> {
    ctx.actor()?.require(Scope::KeysWrite)?;
    let read = |(place, id)| parse_input_id(&format!("communityIds.{place}"), id);
    let ids: Result<_, _> = ids.iter().enumerate().map(read).collect();
    ids.map_err(|error| Failure::Refused(vec![error]))
}

async fn made(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Made, Failure>,
) -> Result<(Option<PartnerKey>, Option<String>, Vec<UserError>), ApiError> {
    let (made, user_errors) = settle(ctx, call, result)?;
    let Some(Made { key, secret }) = made else { return Ok((None, None, user_errors)) };
    let secret = secret.map(|secret: Zeroizing<String>| secret.to_string());
    Ok((shown(ctx, key).await?, secret, user_errors))
}

async fn payload<P: Payload<PartnerKey>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<PartnerKeyId, Failure>,
) -> Result<P, ApiError> {
    let (id, user_errors) = settle(ctx, call, result)?;
    let partner_key = match id {
        Some(id) => shown(ctx, id).await?,
        None => None,
    };
    Ok(P::new(partner_key, user_errors))
}

async fn shown(ctx: &Context<'_>, id: PartnerKeyId) -> Result<Option<PartnerKey>, ApiError> {
    let reader = ctx.request()?.fresh_reader()?;
    Ok(find_many(ctx, reader, &[id]).await?.remove(&id))
}
