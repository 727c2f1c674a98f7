//! Use cases: the tenants that one person works for, and going from one to the other.

use chrono::DateTime;

use super::error::StaffError;
use super::model::Workplace;
use super::service::{Staff, person};
use super::store_accounts;
use crate::actor::{Actor, UserActor};
use crate::domains::auth::sessions::{SessionOwner, SignIn};
use crate::domains::auth::store as accounts;
use crate::domains::tenants::Tenant;
use crate::error::{ApiError, Failure};
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::db::SystemTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::{TenantId, UserId};

impl Staff {
    /// Where the signed-in person works, by the tenants' names. Nobody is asked after but the caller.
    pub async fn workplaces(&self, actor: &UserActor) -> Result<Vec<Workplace>, ApiError> {
        let tx = self.platform.db.system_reader().await?;
        let places = store_accounts::list_places(&tx, actor.user).await?;
        let ids: Vec<_> = places.iter().map(|(tenant, ..)| *tenant).collect();
        let mut tenants = self.tenants.list_active_in(&tx, &ids).await?;
        tenants.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        let place = |tenant: Tenant| {
            let (_, role, membership) = *places.iter().find(|(id, ..)| *id == tenant.id)?;
            Some(Workplace { tenant, role, membership })
        };
        Ok(tenants.into_iter().filter_map(place).collect())
    }

    /// Commits what was done to an account as a whole, with its event in the trail of each tenant that the person
    /// works for. `who` did it there.
    pub async fn commit_recorded_everywhere(
        &self,
        tx: SystemTx,
        user: UserId,
        (who, call): (fn(TenantId) -> Actor, &Call),
    ) -> Result<(), ApiError> {
        for (tenant, ..) in store_accounts::list_places(&tx, user).await? {
            let entry = Entry { actor: &who(tenant), call, ended: Ended::Succeeded(Subject::of(user)) };
            self.platform.record_for(&tx, tenant, entry).await?;
        }
        tx.commit().await?;
        call.note_recorded();
        Ok(())
    }

    /// Starts a session in another tenant for the person of this one: the password is not asked for again. It lasts no
    /// longer than the session it comes from, which must live, and is as fresh.
    pub async fn switch_tenant(&self, actor: &Actor, slug: &str, call: &Call) -> Result<SignIn, Failure> {
        actor.home()?;
        let user = person(actor)?;
        let places = self.workplaces(user).await?;
        let place = places.into_iter().find(|place| place.tenant.slug == slug.trim());
        let Workplace { tenant, membership: (membership, _), .. } = place.ok_or(StaffError::TenantUnknown)?;
        if tenant.id == user.tenant {
            return Err(StaffError::AlreadyThere.into());
        }
        let tx = self.platform.db.system().await?;
        let until = self.auth.lock_going_on(&tx, user).await?;
        let account = accounts::find_account_of(&tx, tenant.id, membership).await?.ok_or(StaffError::TenantUnknown)?;
        let proved_at = Some(user.stepped_up_at.unwrap_or(DateTime::UNIX_EPOCH));
        let owner = SessionOwner { proved_at, until: Some(until), ..account.owner };
        let tx = self.platform.db.enter(tx, Actor::System(tenant.id).home()?).await?;
        Ok(self.auth.start_session_recorded(tx, owner, call).await?)
    }
}
