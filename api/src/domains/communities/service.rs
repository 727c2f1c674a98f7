//! Use cases round communities.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use shequn_entity::communities::Column;

use super::CommunityError;
use super::model::{Changes, Draft, Filter, LifecycleStage, Sort};
use super::report::{Survival, survival};
use super::row::CommunityRow;
use super::store::{self, Hold};
use crate::actor::{Actor, Scope};
use crate::domains::tenants::Tenants;
use crate::error::{ApiError, Denied, Failure, UserError, UserErrorCode};
use crate::platform::Platform;
use crate::platform::db::columns::Columns;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::CommunityId;

/// The slice's service.
#[derive(Clone)]
pub struct Communities {
    platform: Platform,
    tenants: Tenants,
}

impl Communities {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform, tenants: Tenants) -> Self {
        Self { platform, tenants }
    }

    /// A page of communities.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &Filter,
        sort: Sort,
        page: (&KeysetPage, Columns<Column>),
    ) -> Result<Slice<CommunityRow>, ApiError> {
        actor.require(Scope::CommunitiesRead)?;
        Ok(store::list(tx, filter, sort, page.0, page.1).await?)
    }

    /// How many communities the filter lets through.
    pub async fn count(&self, actor: &Actor, tx: &TenantTx, filter: &Filter) -> Result<i64, ApiError> {
        actor.require(Scope::CommunitiesRead)?;
        Ok(store::count(tx, filter).await?)
    }

    /// Communities by id; unknown ones are left out.
    pub async fn find_many(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[CommunityId],
        columns: &Columns<Column>,
    ) -> Result<Vec<CommunityRow>, ApiError> {
        actor.require(Scope::CommunitiesRead)?;
        Ok(store::find_many(tx, ids, columns).await?)
    }

    /// Communities that the member whose token the caller has belongs to; others are left out.
    pub async fn find_own(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[CommunityId],
        columns: &Columns<Column>,
    ) -> Result<Vec<CommunityRow>, ApiError> {
        actor.own().ok_or(Denied::OwnOnly)?;
        Ok(store::find_many(tx, ids, columns).await?)
    }

    /// Id and name key of every community in use, for rosters that name them.
    pub async fn list_open_in(&self, tx: &TenantTx) -> Result<Vec<(CommunityId, String)>, DbError> {
        store::list_open(tx).await
    }

    /// Those of these communities that there are, archived ones too.
    pub async fn list_known_in(&self, tx: &TenantTx, ids: &[CommunityId]) -> Result<HashSet<CommunityId>, DbError> {
        if ids.is_empty() { Ok(HashSet::new()) } else { Ok(store::list_known(tx, ids).await?.into_iter().collect()) }
    }

    /// Holds a community that is about to gain or lose members in use; refuses unknown and archived ones.
    /// Many may join at once: the row itself does not change with them.
    pub async fn lock_open_in(&self, tx: &TenantTx, id: CommunityId) -> Result<(), CommunityError> {
        let row = store::lock(tx, id, Hold::Shared).await?.ok_or(CommunityError::NotFound)?;
        if row.archived_at.flatten().is_some() { Err(CommunityError::Archived) } else { Ok(()) }
    }

    /// Makes a community. A key that is restricted to some may not: it could not see the new one.
    pub async fn create(&self, actor: &Actor, draft: Draft, call: &Call) -> Result<CommunityId, Failure> {
        let (scope, this) = (actor.require_whole(Scope::CommunitiesWrite)?, self.clone());
        self.platform.once(scope, (actor, call), |tx| async move { this.create_in(tx, draft).await }.boxed()).await
    }

    /// As [`Communities::create`], in the caller's transaction.
    pub async fn create_in(&self, tx: &TenantTx, draft: Draft) -> Result<CommunityId, CommunityError> {
        let now = self.platform.clock.now();
        let draft = draft.check(now)?;
        let id = self.platform.new_id();
        store::insert(tx, id, &draft, now).await?;
        Ok(id)
    }

    /// Changes a community.
    pub async fn update(
        &self,
        actor: &Actor,
        id: CommunityId,
        changes: Changes,
        call: &Call,
    ) -> Result<CommunityId, Failure> {
        let (scope, this) = (actor.require(Scope::CommunitiesWrite)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.update_in(tx, id, changes).await }.boxed())
            .await
    }

    async fn update_in(&self, tx: &TenantTx, id: CommunityId, changes: Changes) -> Result<CommunityId, CommunityError> {
        let changes = changes.check()?;
        let row = store::lock(tx, id, Hold::Alone).await?.ok_or(CommunityError::NotFound)?;
        if row.archived_at.flatten().is_some() {
            return Err(CommunityError::Archived);
        }
        if changes.version.is_some_and(|version| row.version != Some(version)) {
            return Err(CommunityError::VersionConflict);
        }
        if row.stage == Some(LifecycleStage::Ended) && changes.stage.is_some_and(|stage| stage != LifecycleStage::Ended)
        {
            return Err(CommunityError::Ended);
        }
        store::update(tx, id, &changes, self.platform.clock.now()).await?;
        Ok(id)
    }

    /// Records that a community ended, now or earlier: for histories that come from elsewhere.
    pub async fn end_in(&self, tx: &TenantTx, id: CommunityId, at: DateTime<Utc>) -> Result<(), CommunityError> {
        let row = store::lock(tx, id, Hold::Alone).await?.ok_or(CommunityError::NotFound)?;
        if row.archived_at.flatten().is_some() {
            return Err(CommunityError::Archived);
        }
        if row.stage == Some(LifecycleStage::Ended) {
            return Err(CommunityError::Ended);
        }
        let now = self.platform.clock.now();
        if at > now || row.founded_at.is_some_and(|founded| at < founded) {
            let message = "A community ends after it was founded, and not in the future.";
            return Err(vec![UserError::at("endedAt", UserErrorCode::Invalid, message)].into());
        }
        Ok(store::end(tx, id, at, now).await?)
    }

    /// Takes a community out of use (`archived`) or back into it.
    pub async fn set_archived(
        &self,
        actor: &Actor,
        id: CommunityId,
        archived: Archiving,
        call: &Call,
    ) -> Result<CommunityId, Failure> {
        let (scope, this) = (actor.require(Scope::CommunitiesWrite)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.set_archived_in(tx, id, archived).await }.boxed())
            .await
    }

    /// As [`Communities::set_archived`], in the caller's transaction.
    pub async fn set_archived_in(
        &self,
        tx: &TenantTx,
        id: CommunityId,
        archived: Archiving,
    ) -> Result<CommunityId, CommunityError> {
        let row = store::lock(tx, id, Hold::Alone).await?.ok_or(CommunityError::NotFound)?;
        let now = self.platform.clock.now();
        let archived_at = match (archived, row.archived_at.flatten()) {
            (Archiving::Archive, None) => Some(now),
            (Archiving::Restore, Some(_)) => None,
            (Archiving::Archive, Some(_)) => return Err(CommunityError::Archived),
            (Archiving::Restore, None) => return Err(CommunityError::NotArchived),
        };
        store::set_archived(tx, id, archived_at, now).await?;
        Ok(id)
    }

    /// How many of the tenant's communities lived through their first months.
    pub async fn survival(&self, actor: &Actor, tx: &TenantTx) -> Result<Survival, ApiError> {
        actor.require(Scope::CommunitiesRead)?;
        let tenant = self.tenants.get_in(tx).await?;
        let now = self.platform.clock.now();
        let lives = store::list_lives(tx, now).await?;
        Ok(survival(&lives, tenant.policy.survival, tenant.timezone, now))
    }
}

/// Into the archive or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archiving {
    /// In.
    Archive,
    /// Out.
    Restore,
}
