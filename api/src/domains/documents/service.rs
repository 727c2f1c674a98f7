//! Use cases: publishing and removing documents, setting the mode, and looking at registries.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use shequn_entity::trusted_documents::Column;

use super::model::{AT_A_TIME, DocumentOutcome, Filter, Fit, Hash, IN_REGISTRY, Mode, Status, Unfit, check_id};
use super::reader::{self, Entry};
use super::row::{DocumentRow, RegistryRow};
use super::service_memory::Memory;
use super::store::{NewDocument, registry_id};
use super::{DocumentsError, store};
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::Platform;
use crate::platform::audit::Subject;
use crate::platform::crypto::sha256;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::db::{Cancel, TenantScope, TenantTx};
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::{DocumentRegistryId, PartnerKeyId, TenantId};

/// What became of a manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Published {
    /// Where it went.
    pub registry: DocumentRegistryId,
    /// One for each document, in the order of the manifest.
    pub outcomes: Vec<DocumentOutcome>,
}

impl Outcome for Published {
    fn subject(&self) -> Subject {
        Subject::of(self.registry)
    }
}

/// What was taken out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Removed {
    /// Of which registry.
    pub registry: DocumentRegistryId,
    /// Those that were there.
    pub document_ids: Vec<String>,
}

impl Outcome for Removed {
    fn subject(&self) -> Subject {
        Subject::of(self.registry)
    }
}

/// A document of a manifest, as far as it could be judged beforehand.
struct Judged {
    entry: Entry,
    hash: Hash,
    /// None for one that the registry had.
    verdict: Option<Result<Fit, Unfit>>,
}

/// The slice's service.
#[derive(Clone)]
pub struct TrustedDocuments {
    pub(super) platform: Platform,
    pub(super) memory: Memory,
}

impl TrustedDocuments {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        Self { platform, memory: Memory::default() }
    }

    /// The registry of the key, if it has one of its own, or the tenant's; also for whoever has just changed it.
    pub async fn find(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        key: Option<PartnerKeyId>,
    ) -> Result<Option<RegistryRow>, ApiError> {
        let may_write = actor.may(Scope::DocumentsWrite);
        actor.require_whole(if may_write { Scope::DocumentsWrite } else { Scope::DocumentsRead })?;
        let id = registry_id(tx.tenant(), key);
        let found = store::find(tx, id).await?;
        Ok(found.or_else(|| key.is_none().then(|| RegistryRow::untouched(id))))
    }

    /// A page of the documents in the key's own registry, or the tenant's; newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (key, filter): (Option<PartnerKeyId>, &Filter),
        (page, columns): (&KeysetPage, Columns<Column>),
    ) -> Result<Slice<DocumentRow>, ApiError> {
        actor.require_whole(Scope::DocumentsRead)?;
        Ok(store::list(tx, (registry_id(tx.tenant(), key), filter), page, &columns).await?)
    }

    /// How many documents the filter lets through.
    pub async fn count(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (key, filter): (Option<PartnerKeyId>, &Filter),
    ) -> Result<i64, ApiError> {
        actor.require_whole(Scope::DocumentsRead)?;
        Ok(store::count(tx, registry_id(tx.tenant(), key), filter).await?)
    }

    /// Puts the documents of a manifest into a registry, each for itself: one that is refused stops no others. What
    /// the registry does not have yet is judged before anything is locked: that takes time.
    pub async fn publish<J>(
        &self,
        actor: &Actor,
        (key, manifest): (Option<PartnerKeyId>, String),
        judge: J,
        call: &Call,
    ) -> Result<Published, Failure>
    where
        J: Fn(String) -> BoxFuture<'static, Result<Fit, Unfit>> + Send + Sync,
    {
        let (scope, this) = (actor.require_whole(Scope::DocumentsWrite)?, self.clone());
        let judged = self.judge_all(&scope, key, &manifest, judge).await?;
        self.changing(scope.tenant(), async {
            self.platform
                .once(scope, (actor, call), |tx| async move { this.publish_in(tx, key, judged).await }.boxed())
                .await
        })
        .await
    }

    /// The inner refusal is about the manifest as a whole.
    async fn judge_all<J>(
        &self,
        scope: &TenantScope,
        key: Option<PartnerKeyId>,
        manifest: &str,
        judge: J,
    ) -> Result<Result<Vec<Judged>, UserError>, ApiError>
    where
        J: Fn(String) -> BoxFuture<'static, Result<Fit, Unfit>> + Send + Sync,
    {
        let entries = match reader::read(manifest) {
            Ok(entries) => entries,
            Err(error) => return Ok(Err(error)),
        };
        let tx = self.platform.db.read(scope.clone(), Cancel::never()).await?;
        let ids = entries.iter().map(|entry| entry.id.as_str());
        let known = store::find_hashes(&tx, registry_id(scope.tenant(), key), ids).await?;
        drop(tx);
        let mut judged = Vec::with_capacity(entries.len());
        for entry in entries {
            let hash = sha256(entry.text.as_bytes());
            let verdict = match (known.get(&entry.id), check_id(&entry.id, &hash)) {
                (Some(known), _) if *known == hash => None,
                (Some(_), _) => Some(Err(Unfit::taken())),
                (None, Err(unfit)) => Some(Err(unfit)),
                (None, Ok(())) => Some(judge(entry.text.clone()).await),
            };
            judged.push(Judged { entry, hash, verdict });
            // Judging is work for the processor: others get their turn.
            tokio::task::yield_now().await;
        }
        Ok(Ok(judged))
    }

    async fn publish_in(
        &self,
        tx: &TenantTx,
        key: Option<PartnerKeyId>,
        judged: Result<Vec<Judged>, UserError>,
    ) -> Result<Published, DocumentsError> {
        let judged = judged?;
        let now = self.platform.clock.now();
        let registry = self.open(tx, key, now).await?;
        let known = store::find_hashes(tx, registry.id, judged.iter().map(|one| one.entry.id.as_str())).await?;
        let mut room = IN_REGISTRY - store::count(tx, registry.id, &Filter::default()).await?;
        let (mut outcomes, mut new) = (Vec::with_capacity(judged.len()), Vec::new());
        let mut claimed: HashMap<String, Hash> = HashMap::new();
        for Judged { entry: Entry { id, text }, hash, verdict } in judged {
            let stands_for = known.get(&id).or_else(|| claimed.get(&id));
            outcomes.push(match (stands_for, verdict) {
                (Some(known), _) if *known == hash => DocumentOutcome::of(id, Status::Unchanged),
                (Some(_), _) => DocumentOutcome::refused(id, Unfit::taken()),
                (None, None) => DocumentOutcome::refused(id, Unfit::gone()),
                (None, Some(Err(unfit))) => DocumentOutcome::refused(id, unfit),
                (None, Some(Ok(_))) if room <= 0 => DocumentOutcome::refused(id, Unfit::full()),
                (None, Some(Ok(Fit { operation_names }))) => {
                    room -= 1;
                    claimed.insert(id.clone(), hash);
                    let document_id = id.clone();
                    new.push(NewDocument { id: self.platform.new_id(), document_id, hash, text, operation_names });
                    DocumentOutcome::of(id, Status::Added)
                }
            });
        }
        if !new.is_empty() {
            store::insert(tx, registry.id, new, now).await?;
            store::touch(tx, registry.id, registry.mode, now).await?;
        }
        Ok(Published { registry: registry.id, outcomes })
    }

    /// Takes documents out of a registry; unknown ids are let pass.
    pub async fn remove(
        &self,
        actor: &Actor,
        key: Option<PartnerKeyId>,
        document_ids: Vec<String>,
        call: &Call,
    ) -> Result<Removed, Failure> {
        let (scope, this) = (actor.require_whole(Scope::DocumentsWrite)?, self.clone());
        self.changing(scope.tenant(), async {
            self.platform
                .once(scope, (actor, call), |tx| async move { this.remove_in(tx, key, document_ids).await }.boxed())
                .await
        })
        .await
    }

    async fn remove_in(
        &self,
        tx: &TenantTx,
        key: Option<PartnerKeyId>,
        mut ids: Vec<String>,
    ) -> Result<Removed, DocumentsError> {
        if ids.len() > AT_A_TIME {
            let message = format!("At most {AT_A_TIME} documents at a time.");
            return Err(UserError::at("documentIds", UserErrorCode::TooLong, message).into());
        }
        let id = registry_id(tx.tenant(), key);
        let registry = store::lock(tx, id).await?;
        let Some(registry) = registry.or_else(|| key.is_none().then(|| RegistryRow::untouched(id))) else {
            return Err(DocumentsError::NotFound);
        };
        let known = store::find_hashes(tx, id, ids.iter().map(String::as_str)).await?;
        ids.retain(|id| known.get(id).is_some());
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() {
            store::delete(tx, id, &ids).await?;
            store::touch(tx, id, registry.mode, self.platform.clock.now()).await?;
        }
        Ok(Removed { registry: id, document_ids: ids })
    }

    /// Says what becomes of documents that are not in a registry. Only people do: a key must not get itself out.
    /// Leaving ENFORCE takes a wall down and needs a fresh proof; entering it must not wait for one.
    pub async fn set_mode(
        &self,
        actor: &Actor,
        key: Option<PartnerKeyId>,
        mode: Mode,
        call: &Call,
    ) -> Result<DocumentRegistryId, Failure> {
        let (scope, this) = (actor.require_whole(Scope::DocumentsWrite)?, self.clone());
        actor.user().ok_or(Denied::PeopleOnly)?;
        let may_loosen = actor.fresh(self.platform.clock.now());
        self.changing(scope.tenant(), async {
            self.platform
                .once(scope, (actor, call), |tx| {
                    async move { this.set_mode_in(tx, key, (mode, may_loosen)).await }.boxed()
                })
                .await
        })
        .await
    }

    async fn set_mode_in(
        &self,
        tx: &TenantTx,
        key: Option<PartnerKeyId>,
        (mode, may_loosen): (Mode, Result<(), Denied>),
    ) -> Result<DocumentRegistryId, DocumentsError> {
        let now = self.platform.clock.now();
        let registry = self.open(tx, key, now).await?;
        if registry.mode.is_loosened_by(mode) {
            may_loosen?;
        }
        if registry.mode != mode {
            store::touch(tx, registry.id, mode, now).await?;
        }
        Ok(registry.id)
    }

    /// The registry, made if need be, held until the transaction ends. That of a key begins in the tenant's mode, so
    /// that publishing for a key loosens nothing.
    async fn open(
        &self,
        tx: &TenantTx,
        key: Option<PartnerKeyId>,
        now: DateTime<Utc>,
    ) -> Result<RegistryRow, DocumentsError> {
        let tenants = store::find(tx, registry_id(tx.tenant(), None)).await?;
        let mode = tenants.map_or(Mode::Open, |registry| registry.mode);
        store::insert_if_absent(tx, key, mode, now).await?;
        let registry = store::lock(tx, registry_id(tx.tenant(), key)).await?;
        registry.ok_or_else(|| ApiError::internal("a registry that was made is not there").into())
    }

    /// Runs a change and, however it ends, makes this process look at the tenant's registries anew.
    async fn changing<T>(&self, tenant: TenantId, change: impl Future<Output = T>) -> T {
        let outcome = change.await;
        self.memory.forget(tenant);
        outcome
    }
}
