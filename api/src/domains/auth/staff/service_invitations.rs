//! Use cases: inviting, sending again, taking back.
//!
//! Whether the address has an account elsewhere is not looked at here: nobody can learn it, by the answer or
//! by its time.

use futures_util::FutureExt as _;

use super::error::StaffError;
use super::model::{Draft, INVITATION_LIFE, InvitationStatus, Life, Standing, Ticket, may_give};
use super::row::InvitationRow;
use super::service::{Staff, invitation_place, person};
use super::service_letters::invitation_mail;
use super::{store, store_invitations};
use crate::actor::{Actor, Role, Scope, UserActor};
use crate::error::{Denied, Failure, UserError, UserErrorCode};
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::InvitationId;

impl Staff {
    /// Invites somebody to work for the actor's tenant.
    pub async fn invite(&self, actor: &Actor, draft: Draft, call: &Call) -> Result<InvitationId, Failure> {
        let (scope, this, user) = (actor.require_whole(Scope::StaffWrite)?, self.clone(), person(actor)?.clone());
        actor.fresh(self.platform.clock.now())?;
        self.platform
            .once(scope, (actor, call), |tx| async move { this.invite_in(tx, &user, draft).await }.boxed())
            .await
    }

    async fn invite_in(&self, tx: &TenantTx, actor: &UserActor, draft: Draft) -> Result<InvitationId, StaffError> {
        let draft = draft.check().map_err(StaffError::Invalid)?;
        self.check_mail(&draft.email)?;
        let actor = standing_of(tx, actor).await?;
        if !may_give(actor.role, draft.role) {
            return Err(StaffError::RoleAboveOwn("role"));
        }
        let email_bidx = self.auth.email_index(&draft.email);
        if store::has_active(tx, &email_bidx).await? {
            return Err(StaffError::AlreadyStaff("email"));
        }
        self.clear_the_way_in(tx, &email_bidx).await?;
        let now = self.platform.clock.now();
        let id = self.platform.new_id();
        let place = invitation_place(tx.tenant(), id);
        let row = InvitationRow {
            id,
            email_enc: self.platform.master.accounts.seal(&self.platform.random, &place, draft.email.as_bytes())?,
            email_bidx,
            display_name: draft.display_name,
            role: draft.role,
            locale: match draft.locale {
                Some(locale) => locale,
                None => self.tenants.get_in(tx).await?.locale(),
            },
            version: 1,
            invited_by: actor.id,
            life: Life { expires_at: now + INVITATION_LIFE, accepted_at: None, revoked_at: None },
            created_at: now,
        };
        store_invitations::insert(tx, &row).await?;
        self.post_in(tx, &row).await?;
        Ok(id)
    }

    /// An invitation whose time is over makes room for a new one to the same address; another one does not.
    async fn clear_the_way_in(&self, tx: &TenantTx, email_bidx: &[u8]) -> Result<(), StaffError> {
        let now = self.platform.clock.now();
        let Some(mut earlier) = store_invitations::lock_unanswered(tx, email_bidx).await? else { return Ok(()) };
        if earlier.life.status(now) == InvitationStatus::Open {
            return Err(StaffError::AlreadyInvited);
        }
        earlier.life.revoked_at = Some(now);
        Ok(store_invitations::update(tx, &earlier, now).await?)
    }

    /// Sends an invitation again: another week, another link, and the end of the one before.
    pub async fn invitation_resend(
        &self,
        actor: &Actor,
        id: InvitationId,
        call: &Call,
    ) -> Result<InvitationId, Failure> {
        let (scope, this, user) = (actor.require_whole(Scope::StaffWrite)?, self.clone(), person(actor)?.clone());
        actor.fresh(self.platform.clock.now())?;
        self.platform.once(scope, (actor, call), |tx| async move { this.resend_in(tx, &user, id).await }.boxed()).await
    }

    async fn resend_in(&self, tx: &TenantTx, actor: &UserActor, id: InvitationId) -> Result<InvitationId, StaffError> {
        if !self.mails.is_on() {
            return Err(StaffError::MailOff);
        }
        let mut row = self.lock_unanswered_in(tx, actor, id).await?;
        let now = self.platform.clock.now();
        row.version = row.version.saturating_add(1);
        row.life.expires_at = now + INVITATION_LIFE;
        store_invitations::update(tx, &row, now).await?;
        self.post_in(tx, &row).await?;
        Ok(id)
    }

    /// Takes an invitation back.
    pub async fn invitation_revoke(
        &self,
        actor: &Actor,
        id: InvitationId,
        call: &Call,
    ) -> Result<InvitationId, Failure> {
        let (scope, this, user) = (actor.require_whole(Scope::StaffWrite)?, self.clone(), person(actor)?.clone());
        self.platform.once(scope, (actor, call), |tx| async move { this.revoke_in(tx, &user, id).await }.boxed()).await
    }

    async fn revoke_in(&self, tx: &TenantTx, actor: &UserActor, id: InvitationId) -> Result<InvitationId, StaffError> {
        let mut row = self.lock_unanswered_in(tx, actor, id).await?;
        let now = self.platform.clock.now();
        row.life.revoked_at = Some(now);
        store_invitations::update(tx, &row, now).await?;
        Ok(id)
    }

    /// The invitation, open or too old, that the actor may decide about.
    async fn lock_unanswered_in(
        &self,
        tx: &TenantTx,
        actor: &UserActor,
        id: InvitationId,
    ) -> Result<InvitationRow, StaffError> {
        // The person before the invitation, as whoever ends their work does.
        let actor = standing_of(tx, actor).await?;
        let row = store_invitations::lock(tx, id).await?.ok_or(StaffError::InvitationUnknown)?;
        if !may_give(actor.role, row.role) {
            return Err(StaffError::RoleAboveOwn("id"));
        }
        match row.life.status(self.platform.clock.now()) {
            InvitationStatus::Open | InvitationStatus::Expired => Ok(row),
            InvitationStatus::Accepted | InvitationStatus::Revoked => Err(StaffError::InvitationClosed),
        }
    }

    fn check_mail(&self, email: &str) -> Result<(), StaffError> {
        if !self.mails.is_on() {
            return Err(StaffError::MailOff);
        }
        if self.mails.is_address(email) {
            return Ok(());
        }
        let message = "No letter can be sent to this address.";
        Err(StaffError::Invalid(vec![UserError::at("email", UserErrorCode::Invalid, message)]))
    }

    async fn post_in(&self, tx: &TenantTx, row: &InvitationRow) -> Result<(), StaffError> {
        let ticket = Ticket { tenant: tx.tenant(), invitation: row.id, version: row.version };
        Ok(self.mails.post_in(tx, invitation_mail(ticket, row.life.expires_at)).await?)
    }
}

/// What the actor is now, and stays until the transaction ends: a token may be older than the end of somebody's
/// work, or of their role.
pub(super) async fn standing_of(tx: &TenantTx, actor: &UserActor) -> Result<Standing, StaffError> {
    let standing = store::lock_standing(tx, actor.membership).await?;
    let standing = standing.filter(|standing| standing.is_active).ok_or(Denied::Unauthenticated)?;
    check_scope(standing.role)?;
    Ok(standing)
}

pub(super) fn check_scope(role: Role) -> Result<(), Denied> {
    if role.scopes().contains(&Scope::StaffWrite) { Ok(()) } else { Err(Denied::Missing(Scope::StaffWrite)) }
}
