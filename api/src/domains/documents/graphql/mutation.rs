//! Publishing and removing documents, and setting the mode.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use futures_util::FutureExt as _;

use super::super::model::{DocumentOutcome, Mode, Status};
use super::super::{Published, Removed, TrustedDocuments};
use super::judge::judge;
use super::object::DocumentRegistry;
use crate::actor::Scope;
use crate::error::{ApiError, Failure, UserError};
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::Pricing;
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{call, settle};
use crate::payloads;
use crate::platform::ids::PartnerKeyId;

/// Documents to put into a registry.
#[derive(InputObject)]
pub struct TrustedDocumentsPublishInput {
    /// `key_…`: into the key's own registry, which is made if need be and begins in the mode of the tenant's; into the
    /// tenant's unless told otherwise.
    partner_key_id: Option<ID>,
    /// The text of a file that is a JSON object of ids and texts, at most 1,000: `persisted_queries.json` of Relay's
    /// compiler, or `persisted-documents.json` of graphql-codegen's client preset. Ids have 1 to 128 letters, digits,
    /// `-`, `.`, `_` and `~`; one that begins with `sha256:` goes on with the SHA-256 of its text.
    manifest: String,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Documents to take out of a registry.
#[derive(InputObject)]
pub struct TrustedDocumentsRemoveInput {
    /// `key_…`: out of the key's own registry; out of the tenant's unless told otherwise.
    partner_key_id: Option<ID>,
    /// What clients call them, at most 1,000; unknown ones are let pass.
    document_ids: Vec<String>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// What becomes of documents that are not in a registry.
#[derive(InputObject)]
pub struct DocumentRegistryModeSetInput {
    /// `key_…`: the key's own registry, which is made if need be and is empty then; the tenant's unless told otherwise.
    partner_key_id: Option<ID>,
    /// What becomes of them.
    mode: Mode,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// What became of a document.
#[derive(SimpleObject)]
pub struct TrustedDocumentOutcome {
    /// What clients call it.
    document_id: String,
    /// What became of it.
    status: Status,
    /// Why it was refused: DOCUMENT_INVALID, DOCUMENT_TOO_COMPLEX, DOCUMENT_ID_TAKEN and others; `field` names it.
    errors: Vec<UserError>,
}

impl From<DocumentOutcome> for TrustedDocumentOutcome {
    fn from(outcome: DocumentOutcome) -> Self {
        Self { document_id: outcome.document_id, status: outcome.status, errors: outcome.errors }
    }
}

/// An outcome for each document, or why none was looked at.
#[derive(SimpleObject)]
pub struct TrustedDocumentsPublishPayload {
    /// The registry as it is now; null when nothing was done at all.
    document_registry: Option<DocumentRegistry>,
    /// What became of each document, in the order of the manifest. Counts as 1000 items until the manifest is read.
    #[graphql(directive = list_size::apply(Some(1000), None, None))]
    outcomes: Vec<TrustedDocumentOutcome>,
    /// Why nothing was done at all; empty when there are outcomes.
    user_errors: Vec<UserError>,
}

/// What was removed, or why nothing was.
#[derive(SimpleObject)]
pub struct TrustedDocumentsRemovePayload {
    /// The registry as it is now; null when refused.
    document_registry: Option<DocumentRegistry>,
    /// Those that were there, sorted.
    removed_document_ids: Vec<String>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

payloads! {
    /// The registry with its mode, or why it keeps the one it has.
    DocumentRegistryModeSetPayload { document_registry: DocumentRegistry }
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct TrustedDocumentMutation;

/// Changes the registries of trusted documents.
#[Object]
impl TrustedDocumentMutation {
    /// Puts the documents of a manifest into a registry, with an outcome for each: one that is refused stops no others,
    /// and publishing the same manifest again changes nothing. Every document must be GraphQL, fit the schema and keep
    /// the limits that all documents have. An id stands for one text for good. Costs 10, and 1 for each document.
    /// Needs `documents:write`.
    #[graphql(directive = requires_scopes::apply(vec!["documents:write".to_owned()]))]
    async fn trusted_documents_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The documents, and where they go.")] input: TrustedDocumentsPublishInput,
    ) -> Result<TrustedDocumentsPublishPayload, ApiError> {
        let call = call(ctx, "trustedDocumentsPublish", input.idempotency_key.as_deref(), &input)?;
        let pricing = ctx.service::<Pricing>()?.clone();
        let judge = move |text: String| judge(pricing.clone(), text).boxed();
        let result = match key(ctx, input.partner_key_id.as_ref()) {
            Ok(id) => {
                let documents = ctx.service::<TrustedDocuments>()?;
                let published = documents.publish(ctx.actor()?, (id, input.manifest), judge, &call).await;
                published.map(|published| (id, published))
            }
            Err(failure) => Err(failure),
        };
        let (done, user_errors) = settle(ctx, &call, result)?;
        Ok(match done {
            Some((id, Published { outcomes, .. })) => TrustedDocumentsPublishPayload {
                document_registry: shown(ctx, id).await?,
                outcomes: outcomes.into_iter().map(Into::into).collect(),
                user_errors,
            },
            None => TrustedDocumentsPublishPayload { document_registry: None, outcomes: Vec::new(), user_errors },
        })
    }

    /// Takes documents out of a registry: they are not found any more, and do not run where the registry is enforced.
    /// Programs that are out there may still send them. Needs `documents:write`.
    #[graphql(directive = requires_scopes::apply(vec!["documents:write".to_owned()]))]
    async fn trusted_documents_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which documents.")] input: TrustedDocumentsRemoveInput,
    ) -> Result<TrustedDocumentsRemovePayload, ApiError> {
        let call = call(ctx, "trustedDocumentsRemove", input.idempotency_key.as_deref(), &input)?;
        let result = match key(ctx, input.partner_key_id.as_ref()) {
            Ok(id) => {
                let documents = ctx.service::<TrustedDocuments>()?;
                let removed = documents.remove(ctx.actor()?, id, input.document_ids, &call).await;
                removed.map(|removed| (id, removed))
            }
            Err(failure) => Err(failure),
        };
        let (done, user_errors) = settle(ctx, &call, result)?;
        Ok(match done {
            Some((id, Removed { document_ids, .. })) => TrustedDocumentsRemovePayload {
                document_registry: shown(ctx, id).await?,
                removed_document_ids: document_ids,
                user_errors,
            },
            None => {
                TrustedDocumentsRemovePayload { document_registry: None, removed_document_ids: Vec::new(), user_errors }
            }
        })
    }

    /// Says what becomes of documents that are not in a registry: set LOG first, and ENFORCE once the log is quiet. For
    /// people, not for keys. Alone in its document it runs whatever the mode is, so that nobody is locked out. Needs
    /// `documents:write`, and a proof of the last five minutes (`stepUp`) to leave ENFORCE.
    #[graphql(directive = requires_scopes::apply(vec!["documents:write".to_owned()]))]
    async fn document_registry_mode_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which mode, and whose registry.")] input: DocumentRegistryModeSetInput,
    ) -> Result<DocumentRegistryModeSetPayload, ApiError> {
        let call = call(ctx, "documentRegistryModeSet", input.idempotency_key.as_deref(), &input)?;
        let result = match key(ctx, input.partner_key_id.as_ref()) {
            Ok(id) => {
                let documents = ctx.service::<TrustedDocuments>()?;
                documents.set_mode(ctx.actor()?, id, input.mode, &call).await.map(|_| id)
            }
            Err(failure) => Err(failure),
        };
        let (done, user_errors) = settle(ctx, &call, result)?;
        let document_registry = match done {
            Some(id) => shown(ctx, id).await?,
            None => None,
        };
        Ok(DocumentRegistryModeSetPayload { document_registry, user_errors })
    }
}

/// Reads an id; a malformed one is refused after the permission, like everything else about the input.
fn key(ctx: &Context<'_>, id: Option<&ID>) -> Result<Option<PartnerKeyId>, Failure> {
    ctx.actor()?.require(Scope::DocumentsWrite)?;
    let read = id.map(|id| parse_input_id("partnerKeyId", id)).transpose();
    read.map_err(|error| Failure::Refused(vec![error]))
}

async fn shown(ctx: &Context<'_>, key: Option<PartnerKeyId>) -> Result<Option<DocumentRegistry>, ApiError> {
    let reader = ctx.request()?.fresh_reader()?;
    let found = ctx.service::<TrustedDocuments>()?.find(ctx.actor()?, &reader, key).await?;
    Ok(found.map(DocumentRegistry))
}
