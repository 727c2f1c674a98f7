//! Use cases: another role, the end of somebody's work, and its beginning anew.

use futures_util::FutureExt as _;

use super::error::StaffError;
use super::model::{Change, StaffStatus, Standing, decide};
use super::service::{Staff, person};
use super::service_invitations::check_scope;
use super::{store, store_invitations};
use crate::actor::{Actor, Role, Scope, UserActor};
use crate::domains::auth::sessions::{EndReason, Ending, TouchedSessions};
use crate::error::{Denied, Failure};
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::MembershipId;

impl Staff {
    /// Gives somebody another role, ends their work or lets it begin anew. What they invited to is void once they may
    /// not invite any more.
    pub async fn change(
        &self,
        actor: &Actor,
        id: MembershipId,
        change: Change,
        call: &Call,
    ) -> Result<MembershipId, Failure> {
        let (scope, this, user) = (actor.require_whole(Scope::StaffWrite)?, self.clone(), person(actor)?.clone());
        actor.fresh(self.platform.clock.now())?;
        let touched: TouchedSessions = self
            .platform
            .once(scope, (actor, call), |tx| async move { this.change_in(tx, &user, id, change).await }.boxed())
            .await?;
        self.auth.announce(touched).await;
        Ok(id)
    }

    async fn change_in(
        &self,
        tx: &TenantTx,
        actor: &UserActor,
        id: MembershipId,
        change: Change,
    ) -> Result<TouchedSessions, StaffError> {
        let standings = store::lock_standings(tx, &[actor.membership, id]).await?;
        let find = |id| standings.iter().find(|standing| standing.id == id).copied();
        // Their token may be older than the end of their own work.
        let actor = find(actor.membership).filter(|actor| actor.is_active).ok_or(Denied::Unauthenticated)?;
        check_scope(actor.role)?;
        let target = find(id).ok_or(StaffError::PersonUnknown)?;
        let is_owner = |standing: &&Standing| standing.is_active && standing.role == Role::Owner;
        let owners = standings.iter().filter(is_owner).count();
        decide(actor.role, target, change, owners).map_err(StaffError::Objected)?;
        let now = self.platform.clock.now();
        Ok(match change {
            Change::Role(role) if role == target.role => TouchedSessions::default(),
            Change::Role(role) => {
                if check_scope(role).is_err() {
                    store_invitations::revoke_of(tx, id, now).await?;
                }
                self.auth.change_role_in(tx, id, role).await?
            }
            Change::Restore => {
                store::update_status(tx, id, StaffStatus::Active, now).await?;
                TouchedSessions::default()
            }
            Change::End => {
                store_invitations::revoke_of(tx, id, now).await?;
                store::update_status(tx, id, StaffStatus::Ended, now).await?;
                let ending = Ending { whose: id, except: None, reason: EndReason::Removed };
                self.auth.end_sessions_of_membership_in(tx, ending).await?
            }
        })
    }
}
