//! Use cases: making, changing, rotating and ending keys, and looking at them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use zeroize::Zeroizing;

use super::model::{Changes, Checked, Draft, Life, check_overlap};
use super::row::PartnerKeyRow;
use super::store::NewRow;
use super::tokens::{self, NewSecret};
use super::{PartnerKeyError, store};
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, Failure};
use crate::platform::Platform;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::idempotency::Call;
use crate::platform::ids::{PartnerKeyId, TenantId};

/// A key and its secret, which nobody can ask for again.
pub struct Made {
    /// Which key.
    pub key: PartnerKeyId,
    /// The whole key as its holder sends it; None when the call was answered from memory.
    pub secret: Option<Zeroizing<String>>,
}

/// When keys were used.
type Uses = HashMap<(TenantId, PartnerKeyId), DateTime<Utc>>;

/// The slice's service.
#[derive(Clone)]
pub struct PartnerKeys {
    pub(super) platform: Platform,
    /// When this process last noted the use of a key.
    pub(super) noted: Arc<Mutex<Uses>>,
}

impl PartnerKeys {
    pub(in super::super) fn new(platform: Platform) -> Self {
        Self { platform, noted: Arc::default() }
    }

    /// A page of keys, newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        page: &KeysetPage,
    ) -> Result<Slice<PartnerKeyRow>, ApiError> {
        actor.require(Scope::KeysRead)?;
        Ok(store::list(tx, page).await?)
    }

    /// How many keys there are.
    pub async fn count(&self, actor: &Actor, tx: &TenantTx) -> Result<i64, ApiError> {
        actor.require(Scope::KeysRead)?;
        Ok(store::count(tx).await?)
    }

    /// Keys by id; unknown ones are left out.
    pub async fn find_many(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[PartnerKeyId],
    ) -> Result<Vec<PartnerKeyRow>, ApiError> {
        actor.require(Scope::KeysRead)?;
        Ok(store::find_many(tx, ids).await?)
    }

    /// The key that acts, for showing to its holder; None for everybody else.
    pub async fn find_own(&self, actor: &Actor, tx: &TenantTx) -> Result<Option<PartnerKeyRow>, ApiError> {
        let Some(own) = actor.key() else { return Ok(None) };
        Ok(store::find_many(tx, &[own.key]).await?.pop())
    }

    /// Makes a key that may do no more than its maker.
    pub async fn create(&self, actor: &Actor, draft: Draft, call: &Call) -> Result<Made, Failure> {
        let (scope, this) = (actor.require_fresh(Scope::KeysWrite, self.platform.clock.now())?, self.clone());
        let id: PartnerKeyId = self.platform.new_id();
        let NewSecret { token, hash } = self.new_secret(scope.tenant(), id);
        let (held, created_by) = (held(actor), actor.user().map(|user| user.user));
        let row = move |key| NewRow { id, key, secret_hash: hash, created_by };
        let key = self
            .platform
            .once(scope, (actor, call), |tx| async move { this.create_in(tx, draft, &held, row).await }.boxed())
            .await?;
        Ok(Made { key, secret: (!call.was_replayed()).then_some(token) })
    }

    async fn create_in(
        &self,
        tx: &TenantTx,
        draft: Draft,
        held: &[Scope],
        row: impl FnOnce(Checked) -> NewRow,
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        let now = self.platform.clock.now();
        let row = row(draft.check(held, now)?);
        let id = row.id;
        store::insert(tx, row, now).await?;
        Ok(id)
    }

    /// Changes what a key may do, from where and until when.
    pub async fn update(
        &self,
        actor: &Actor,
        id: PartnerKeyId,
        changes: Changes,
        call: &Call,
    ) -> Result<PartnerKeyId, Failure> {
        let (scope, this, held) =
            (actor.require_fresh(Scope::KeysWrite, self.platform.clock.now())?, self.clone(), held(actor));
        self.changing(scope.tenant(), id, async {
            self.platform
                .once(scope, (actor, call), |tx| async move { this.update_in(tx, id, changes, &held).await }.boxed())
                .await
        })
        .await
    }

    async fn update_in(
        &self,
        tx: &TenantTx,
        id: PartnerKeyId,
        changes: Changes,
        held: &[Scope],
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        let row = lock(tx, id).await?;
        if changes.version.is_some_and(|version| version != row.version) {
            return Err(PartnerKeyError::VersionConflict);
        }
        let now = self.platform.clock.now();
        let key = row.checked().change(changes, held, now)?;
        store::update(tx, id, &key, now).await?;
        Ok(id)
    }

    /// Gives a key another secret; the one before stays good for a while, so that its holders can change over.
    pub async fn rotate(
        &self,
        actor: &Actor,
        id: PartnerKeyId,
        overlap_seconds: Option<i32>,
        call: &Call,
    ) -> Result<Made, Failure> {
        let (scope, this) = (actor.require_fresh(Scope::KeysWrite, self.platform.clock.now())?, self.clone());
        let NewSecret { token, hash } = self.new_secret(scope.tenant(), id);
        let key = self
            .changing(scope.tenant(), id, async {
                self.platform
                    .once(scope, (actor, call), |tx| {
                        async move { this.rotate_in(tx, id, hash, overlap_seconds).await }.boxed()
                    })
                    .await
            })
            .await?;
        Ok(Made { key, secret: (!call.was_replayed()).then_some(token) })
    }

    async fn rotate_in(
        &self,
        tx: &TenantTx,
        id: PartnerKeyId,
        hash: Vec<u8>,
        overlap_seconds: Option<i32>,
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        let overlap = check_overlap(overlap_seconds)?;
        lock(tx, id).await?;
        store::rotate(tx, id, (hash, overlap), self.platform.clock.now()).await?;
        Ok(id)
    }

    /// Switches a key off or on, or ends it for good. What is so already stays so.
    pub async fn switch(
        &self,
        actor: &Actor,
        id: PartnerKeyId,
        switch: Switch,
        call: &Call,
    ) -> Result<PartnerKeyId, Failure> {
        let (scope, this) = (actor.require(Scope::KeysWrite)?, self.clone());
        // What makes a key good needs a fresh proof; stopping one must not wait for anything.
        if switch == Switch::On {
            actor.fresh(self.platform.clock.now())?;
        }
        self.changing(scope.tenant(), id, async {
            self.platform
                .once(scope, (actor, call), |tx| async move { this.switch_in(tx, id, switch).await }.boxed())
                .await
        })
        .await
    }

    async fn switch_in(
        &self,
        tx: &TenantTx,
        id: PartnerKeyId,
        switch: Switch,
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        let row = store::lock(tx, id).await?.ok_or(PartnerKeyError::NotFound)?;
        let now = self.platform.clock.now();
        match (switch, row.life) {
            (Switch::Revoke, Life { revoked_at: None, .. }) => store::revoke(tx, id, now).await?,
            (Switch::Revoke, _) => {}
            (_, Life { revoked_at: Some(_), .. }) => return Err(PartnerKeyError::Revoked),
            (Switch::Off, Life { disabled_at: None, .. }) => store::set_disabled(tx, id, Some(now), now).await?,
            (Switch::On, Life { disabled_at: Some(_), .. }) => store::set_disabled(tx, id, None, now).await?,
            (Switch::Off | Switch::On, _) => {}
        }
        Ok(id)
    }

    /// Runs a change and, however it ends, makes every process look at the key anew.
    async fn changing<T>(&self, tenant: TenantId, id: PartnerKeyId, change: impl Future<Output = T>) -> T {
        let outcome = change.await;
        self.ask_anew(tenant, id).await;
        outcome
    }

    fn new_secret(&self, tenant: TenantId, id: PartnerKeyId) -> NewSecret {
        tokens::make(&self.platform.random, &self.platform.master.partner_keys, (tenant, id))
    }
}

/// What becomes of a key as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It opens nothing until it is switched on.
    Off,
    /// It opens again.
    On,
    /// It opens nothing any more.
    Revoke,
}

/// The key that is about to be changed; refuses unknown and revoked ones.
async fn lock(tx: &TenantTx, id: PartnerKeyId) -> Result<PartnerKeyRow, PartnerKeyError> {
    let row = store::lock(tx, id).await?.ok_or(PartnerKeyError::NotFound)?;
    if row.life.revoked_at.is_some() { Err(PartnerKeyError::Revoked) } else { Ok(row) }
}

/// What the actor may give away: what it has.
fn held(actor: &Actor) -> Vec<Scope> {
    Scope::ALL.iter().copied().filter(|scope| actor.may(*scope)).collect()
}
