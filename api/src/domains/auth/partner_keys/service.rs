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
use crate::actor::{Actor, Scope, UserActor};
use crate::domains::auth::store as accounts;
use crate::error::{ApiError, Denied, Failure};
use crate::platform::Platform;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{PartnerKeyId, TenantId, UserId};

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
        let user = maker(actor)?;
        let created_by = Some(user.user);
        let row = move |key| NewRow { id, key, secret_hash: hash, created_by };
        let key = self
            .platform
            .once(scope, (actor, call), |tx| async move { this.create_in(tx, draft, &user, row).await }.boxed())
            .await?;
        Ok(Made { key, secret: (!call.was_replayed()).then_some(token) })
    }

    async fn create_in(
        &self,
        tx: &TenantTx,
        draft: Draft,
        maker: &UserActor,
        row: impl FnOnce(Checked) -> NewRow,
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        let now = self.platform.clock.now();
        let row = row(draft.check(held(tx, maker).await?, now)?);
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
        let (scope, this, user) =
            (actor.require_fresh(Scope::KeysWrite, self.platform.clock.now())?, self.clone(), maker(actor)?);
        self.changing(scope.tenant(), id, async {
            self.platform
                .once(scope, (actor, call), |tx| async move { this.update_in(tx, id, changes, &user).await }.boxed())
                .await
        })
        .await
    }

    async fn update_in(
        &self,
        tx: &TenantTx,
        id: PartnerKeyId,
        changes: Changes,
        changer: &UserActor,
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        let held = held(tx, changer).await?;
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
        let user = maker(actor)?;
        let NewSecret { token, hash } = self.new_secret(scope.tenant(), id);
        let key = self
            .changing(scope.tenant(), id, async {
                self.platform
                    .once(scope, (actor, call), |tx| {
                        async move {
                            held(tx, &user).await?;
                            this.rotate_in(tx, (id, user.user), hash, overlap_seconds).await
                        }
                        .boxed()
                    })
                    .await
            })
            .await?;
        Ok(Made { key, secret: (!call.was_replayed()).then_some(token) })
    }

    async fn rotate_in(
        &self,
        tx: &TenantTx,
        (id, rotator): (PartnerKeyId, UserId),
        hash: Vec<u8>,
        overlap_seconds: Option<i32>,
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        let overlap = check_overlap(overlap_seconds)?;
        lock(tx, id).await?;
        store::rotate(tx, id, (hash, overlap, rotator), self.platform.clock.now()).await?;
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
        let user = maker(actor)?;
        self.changing(scope.tenant(), id, async {
            self.platform
                .once(scope, (actor, call), |tx| async move { this.switch_in(tx, id, switch, &user).await }.boxed())
                .await
        })
        .await
    }

    async fn switch_in(
        &self,
        tx: &TenantTx,
        id: PartnerKeyId,
        switch: Switch,
        user: &UserActor,
    ) -> Result<PartnerKeyId, PartnerKeyError> {
        held(tx, user).await?;
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

/// Who was given a secret of this key, for a slice in which nobody acts as two: whoever made the key, and the last two
/// who rotated it.
pub async fn list_holders_in(tx: &TenantTx, key: PartnerKeyId) -> Result<Vec<UserId>, DbError> {
    store::list_holders(tx, key).await
}

/// Keys are made and changed by people.
fn maker(actor: &Actor) -> Result<UserActor, Denied> {
    actor.user().cloned().ok_or(Denied::PeopleOnly)
}

/// What the person may give away: what they have now, and until the transaction ends. Their token may be older than
/// the end of their work, of their role or of their password.
async fn held(tx: &TenantTx, user: &UserActor) -> Result<&'static [Scope], PartnerKeyError> {
    let membership = accounts::lock_membership(tx, user.membership).await?;
    let membership = membership.filter(|present| present.is_active && present.epoch == user.epoch);
    let scopes = membership.ok_or(Denied::Unauthenticated)?.role.scopes();
    if scopes.contains(&Scope::KeysWrite) { Ok(scopes) } else { Err(Denied::Missing(Scope::KeysWrite).into()) }
}
