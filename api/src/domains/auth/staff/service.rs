//! The slice's service, and the lists of staff and invitations.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::model::{InvitationFilter, InvitationStatus, StaffFilter};
use super::row::{InvitationRow, StaffRow};
use super::{store, store_invitations};
use crate::actor::{Actor, Scope, UserActor};
use crate::domains::auth::{Auth, service::email_place};
use crate::domains::tenants::Tenants;
use crate::error::{ApiError, Denied};
use crate::platform::Platform;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::{InvitationId, MembershipId, TenantId, UserId};
use crate::platform::mail::Mails;

/// The sub-slice's service.
#[derive(Clone)]
pub struct Staff {
    pub(super) platform: Platform,
    pub(super) tenants: Tenants,
    pub(super) auth: Auth,
    pub(super) mails: Mails,
}

impl Staff {
    /// For `app.rs`.
    #[must_use]
    pub fn new(platform: Platform, tenants: Tenants, auth: Auth, mails: Mails) -> Self {
        Self { platform, tenants, auth, mails }
    }

    /// A page of the tenant's staff.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &StaffFilter,
        page: &KeysetPage,
    ) -> Result<Slice<StaffRow>, ApiError> {
        actor.require_whole(Scope::StaffRead)?;
        store::list(tx, filter, page).await
    }

    /// How many people the filter lets through.
    pub async fn count(&self, actor: &Actor, tx: &TenantTx, filter: &StaffFilter) -> Result<i64, ApiError> {
        actor.require_whole(Scope::StaffRead)?;
        store::count(tx, filter).await
    }

    /// Staff by id; unknown ones are left out.
    pub async fn find_many(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[MembershipId],
    ) -> Result<Vec<StaffRow>, ApiError> {
        actor.require_whole(Scope::StaffRead)?;
        store::find_many(tx, ids).await
    }

    /// When each of these people last signed in here.
    pub async fn last_sign_ins(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        people: &[UserId],
    ) -> Result<HashMap<UserId, DateTime<Utc>>, ApiError> {
        actor.require_whole(Scope::StaffRead)?;
        store::list_last_sign_ins(tx, people).await
    }

    /// The address somebody signs in with.
    pub fn email(&self, row: &StaffRow) -> Result<String, ApiError> {
        self.open_email(&email_place(row.user), &row.email_enc)
    }

    /// A page of the tenant's invitations.
    pub async fn list_invitations(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &InvitationFilter,
        page: &KeysetPage,
    ) -> Result<Slice<InvitationRow>, ApiError> {
        actor.require_whole(Scope::StaffRead)?;
        store_invitations::list(tx, filter, page, self.platform.clock.now()).await
    }

    /// How many invitations the filter lets through.
    pub async fn count_invitations(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &InvitationFilter,
    ) -> Result<i64, ApiError> {
        actor.require_whole(Scope::StaffRead)?;
        store_invitations::count(tx, filter, self.platform.clock.now()).await
    }

    /// An invitation by its id.
    pub async fn find_invitation(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: InvitationId,
    ) -> Result<Option<InvitationRow>, ApiError> {
        actor.require_whole(Scope::StaffRead)?;
        store_invitations::find(tx, id).await
    }

    /// The address an invitation was sent to.
    pub fn invitation_email(&self, tenant: TenantId, row: &InvitationRow) -> Result<String, ApiError> {
        self.open_email(&invitation_place(tenant, row.id), &row.email_enc)
    }

    /// What has become of an invitation by now.
    #[must_use]
    pub fn invitation_status(&self, row: &InvitationRow) -> InvitationStatus {
        row.life.status(self.platform.clock.now())
    }

    pub(super) fn open_email(&self, place: &str, sealed: &[u8]) -> Result<String, ApiError> {
        let email = self.platform.master.accounts.open(place, sealed).map_err(ApiError::internal)?;
        String::from_utf8(email).map_err(ApiError::internal)
    }
}

/// Who decides about staff is a person: a key has no role to measure others by.
pub(super) fn person(actor: &Actor) -> Result<&UserActor, Denied> {
    actor.user().ok_or(Denied::PeopleOnly)
}

/// The associated data of an invitation's address.
pub(super) fn invitation_place(tenant: TenantId, id: InvitationId) -> String {
    format!("{tenant}|invitations|email|{id}")
}
