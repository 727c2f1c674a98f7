//! Use cases: looking at the programme, changing it, and saying where creators stand by it.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::CreatorError;
use super::model::{Programme, ProgrammeDraft, Record};
use super::service::Creators;
use super::{store_counts, store_programmes};
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, Failure};
use crate::platform::db::{DbError, TenantTx};
use crate::platform::idempotency::{Call, Outcome};
use crate::platform::ids::MemberId;

/// The version that a change of the programme made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ProgrammeVersion(pub i32);

impl Outcome for ProgrammeVersion {}

/// What members had approved, and the programme by which that counts.
#[derive(Clone, Debug)]
pub struct Records {
    /// Of those who had something approved within its days.
    pub of: HashMap<MemberId, Record>,
    /// The programme.
    pub programme: Programme,
}

impl Creators {
    /// The tenant's programme; the default where it never had another.
    pub async fn programme(&self, actor: &Actor, tx: &TenantTx) -> Result<Programme, ApiError> {
        actor.require_in(Scope::CreatorsRead, tx.scope())?;
        Ok(self.programme_in(tx).await?)
    }

    pub(super) async fn programme_in(&self, tx: &TenantTx) -> Result<Programme, DbError> {
        Ok(store_programmes::find_latest(tx).await?.unwrap_or_default())
    }

    /// Where these members stand now.
    pub async fn records_of(&self, actor: &Actor, tx: &TenantTx, members: &[MemberId]) -> Result<Records, ApiError> {
        let programme = self.programme(actor, tx).await?;
        let of = self.records_in(tx, (members, &programme), self.now()).await?;
        Ok(Records { of, programme })
    }

    /// What these members had approved in the programme's days before this time.
    pub(super) async fn records_in(
        &self,
        tx: &TenantTx,
        (members, programme): (&[MemberId], &Programme),
        now: DateTime<Utc>,
    ) -> Result<HashMap<MemberId, Record>, DbError> {
        let window = TimeDelta::days(i64::from(programme.window_days));
        store_counts::sum_approved(tx, members, now - window).await
    }

    /// Makes the next version of the programme. A person has to have proved lately who they are.
    pub async fn programme_update(
        &self,
        actor: &Actor,
        draft: ProgrammeDraft,
        call: &Call,
    ) -> Result<ProgrammeVersion, Failure> {
        let scope = actor.require_whole(Scope::PointsRules)?;
        actor.fresh(self.now())?;
        let (this, label) = (self.clone(), actor.label());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.programme_update_in(tx, draft, &label).await }.boxed())
            .await
    }

    async fn programme_update_in(
        &self,
        tx: &TenantTx,
        draft: ProgrammeDraft,
        actor: &str,
    ) -> Result<ProgrammeVersion, CreatorError> {
        let (read, programme) = (draft.version, draft.check()?);
        if self.programme_in(tx).await?.version != read {
            return Err(CreatorError::VersionConflict);
        }
        let criteria = serde_json::to_value(&programme.criteria).map_err(ApiError::internal)?;
        let levels = serde_json::to_value(&programme.levels).map_err(ApiError::internal)?;
        let is_new = store_programmes::insert(tx, &programme, (criteria, levels), (actor, self.now())).await?;
        if is_new { Ok(ProgrammeVersion(programme.version)) } else { Err(CreatorError::VersionConflict) }
    }
}
