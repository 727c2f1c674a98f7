//! Use cases round what hangs on a member: what is known of them, and their identities.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::model::IdentityDraft;
use super::profile::{Observation, ProfileDraft, ProfileSource};
use super::row::IdentityRow;
use super::service::{lock_active, open_personal};
use super::{MemberError, Members, store, store_details as details};
use crate::actor::{Actor, Scope};
use crate::error::{ApiError, Failure};
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::{IdentityId, MemberId};

/// What a source says of one of many members.
#[derive(Clone, Debug)]
pub struct ProfileReport {
    /// Whom.
    pub member: MemberId,
    /// What.
    pub profile: ProfileDraft,
    /// Who says so.
    pub source: ProfileSource,
    /// Since when it is known.
    pub observed_at: DateTime<Utc>,
}

/// Seven parameters each; SQLite takes 32,766 of them.
const PROFILE_VALUES_A_STATEMENT: usize = 4_000;

impl Members {
    /// What these members are tagged with, in order.
    pub(super) async fn tags_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, Vec<String>>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(details::list_tags(tx, members).await?)
    }

    /// Where these members are known from.
    pub(super) async fn identities_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, Vec<IdentityRow>>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(details::list_identities(tx, members).await?)
    }

    /// What is known of these members, by every source.
    pub(super) async fn profiles_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, Vec<Observation>>, ApiError> {
        actor.require(Scope::MembersRead)?;
        Ok(details::list_profile(tx, members).await?)
    }

    /// Records what a source says of a member.
    pub async fn profile_set(
        &self,
        actor: &Actor,
        id: MemberId,
        profile: (ProfileDraft, ProfileSource, Option<DateTime<Utc>>),
        call: &Call,
    ) -> Result<MemberId, Failure> {
        let (scope, this) = (actor.require(Scope::MembersWrite)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.profile_set_in(tx, id, profile).await }.boxed())
            .await
    }

    async fn profile_set_in(
        &self,
        tx: &TenantTx,
        id: MemberId,
        (draft, source, at): (ProfileDraft, ProfileSource, Option<DateTime<Utc>>),
    ) -> Result<MemberId, MemberError> {
        let now = self.platform.clock.now();
        let values = draft.check(source, at.unwrap_or(now))?;
        lock_active(tx, id, "memberId").await?;
        let values: Vec<_> = values.into_iter().map(|value| (id, value)).collect();
        details::put_profile(tx, &values).await?;
        store::touch(tx, id, now).exec(tx).await.map_err(crate::platform::db::DbError::from)?;
        Ok(id)
    }

    /// Records what sources say of many members, in the caller's transaction. The caller knows that they are
    /// active, and gives each member and source once.
    pub async fn profile_put_in(&self, tx: &TenantTx, reports: Vec<ProfileReport>) -> Result<(), MemberError> {
        let mut values = Vec::new();
        for report in reports {
            let checked = report.profile.check(report.source, report.observed_at)?;
            values.extend(checked.into_iter().map(|value| (report.member, value)));
        }
        for values in values.chunks(PROFILE_VALUES_A_STATEMENT) {
            details::put_profile(tx, values).await?;
        }
        Ok(())
    }

    /// Adds an identity.
    pub async fn identity_add(
        &self,
        actor: &Actor,
        id: MemberId,
        identity: IdentityDraft,
        call: &Call,
    ) -> Result<MemberId, Failure> {
        let (scope, this) = (actor.require(Scope::MembersWrite)?, self.clone());
        self.platform
            .once(scope, (actor, call), |tx| async move { this.identity_add_in(tx, id, identity).await }.boxed())
            .await
    }

    async fn identity_add_in(
        &self,
        tx: &TenantTx,
        id: MemberId,
        identity: IdentityDraft,
    ) -> Result<MemberId, MemberError> {
        let identity = identity.check()?;
        let row = lock_active(tx, id, "memberId").await?;
        let keys = self.tenants.keys_in(tx).await?;
        let sealed = self.seal_identity(&keys, &open_personal(&keys, &row)?, id, &identity)?;
        let row = details::identity_model(tx, sealed, self.platform.clock.now());
        tx.insert(row).await.map_err(|error| MemberError::from(error).blamed_on("value"))?;
        Ok(id)
    }

    /// Removes an identity.
    pub async fn identity_remove(
        &self,
        actor: &Actor,
        id: MemberId,
        identity: IdentityId,
        call: &Call,
    ) -> Result<MemberId, Failure> {
        self.platform
            .once(actor.require(Scope::MembersWrite)?, (actor, call), move |tx| {
                identity_remove_in(tx, id, identity).boxed()
            })
            .await
    }
}

async fn identity_remove_in(tx: &TenantTx, id: MemberId, identity: IdentityId) -> Result<MemberId, MemberError> {
    lock_active(tx, id, "memberId").await?;
    if details::delete_identity(tx, id, identity).await? {
        Ok(id)
    } else {
        Err(MemberError::NotFound("identityId", "identity"))
    }
}
