//! Use case: accepting an invitation.

use super::error::StaffError;
use super::model::{InvitationStatus, Ticket, check_name};
use super::row::InvitationRow;
use super::service::Staff;
use super::store_accounts::Joining;
use super::tokens::read_invitation_token;
use super::{store_accounts, store_invitations};
use crate::actor::Actor;
use crate::domains::auth::store::{self as accounts, NewUser};
use crate::domains::tenants::Tenant;
use crate::error::{Failure, UserError, UserErrorCode};
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::db::{Cancel, TenantScope};
use crate::platform::idempotency::Call;
use crate::platform::ids::UserId;

/// What somebody gives to accept an invitation.
pub struct Acceptance {
    /// The secret of the link.
    pub token: String,
    /// Of the account to be made; or of the one there is, unless its owner is signed in.
    pub password: Option<String>,
    /// Another name than the one invited by.
    pub display_name: Option<String>,
}

/// Whose the membership will be, and what proves it.
enum Proved {
    /// The owner of an account, by its password or a session.
    Owner(UserId),
    /// Whoever reads the mailbox: the account is made for them.
    Newcomer(NewUser),
}

impl Staff {
    /// Makes the reader of the letter staff of the tenant; gives the tenant. It starts no session: signing in
    /// asks for all that the account and the tenant want to see.
    pub async fn accept(&self, caller: (&Actor, &Call), acceptance: Acceptance) -> Result<Tenant, Failure> {
        let ticket = read_invitation_token(&self.platform.master, &acceptance.token).ok_or(StaffError::LinkInvalid)?;
        let name = acceptance.display_name.as_deref().map(check_name).transpose();
        let name = name.map_err(|error| StaffError::Invalid(vec![error]))?;
        let accept = || self.accept_once(caller, ticket, (acceptance.password.clone(), name.clone()));
        match accept().await {
            // The same address was accepted for another tenant at the same time: now there is an account to prove.
            Err(StaffError::AccountMade) => Ok(accept().await?),
            result => Ok(result?),
        }
    }

    async fn accept_once(
        &self,
        caller: (&Actor, &Call),
        ticket: Ticket,
        (password, name): (Option<String>, Option<String>),
    ) -> Result<Tenant, StaffError> {
        let scope = Actor::System(ticket.tenant).home()?;
        let tx = self.platform.db.read(scope.clone(), Cancel::never()).await?;
        let row = self.check(store_invitations::find(&tx, ticket.invitation).await?, ticket)?;
        let tenant = self.tenants.get_in(&tx).await?;
        drop(tx);
        let proved = self.prove(caller, &tenant, &row, password).await?;
        self.join(caller, scope, ticket, (proved, name)).await?;
        Ok(tenant)
    }

    async fn prove(
        &self,
        (actor, call): (&Actor, &Call),
        tenant: &Tenant,
        row: &InvitationRow,
        password: Option<String>,
    ) -> Result<Proved, StaffError> {
        let tx = self.platform.db.system_reader().await?;
        let account = store_accounts::find_account(&tx, &row.email_bidx).await?;
        drop(tx);
        let Some(account) = account else {
            let message = "Choose a password for the account that this makes.";
            let password = password.ok_or_else(|| {
                StaffError::Invalid(vec![UserError::at("password", UserErrorCode::Required, message)])
            })?;
            let password_hash = self.auth.passwords.hash(password).await?;
            let email = self.invitation_email(tenant.id, row)?;
            return Ok(Proved::Newcomer(self.auth.new_user(&email, password_hash)?));
        };
        if account.is_active && actor.user().is_some_and(|user| user.user == account.user) {
            return Ok(Proved::Owner(account.user));
        }
        let password = password.ok_or(StaffError::AccountNotProved)?;
        // Guessed here or at sign-in, it is the same account and the same number of tries.
        let email = self.invitation_email(tenant.id, row)?;
        let attempt = self.auth.attempts.begin(&email, call.origin().address).await?;
        let fits = self.auth.passwords.verify(password, Some(account.password_hash)).await?;
        if !fits || !account.is_active {
            return Err(StaffError::AccountNotProved);
        }
        self.auth.attempts.forget(&attempt).await;
        Ok(Proved::Owner(account.user))
    }

    /// One transaction: the account where it is new, the membership, and the end of the invitation.
    async fn join(
        &self,
        (actor, call): (&Actor, &Call),
        scope: TenantScope,
        ticket: Ticket,
        (proved, name): (Proved, Option<String>),
    ) -> Result<(), StaffError> {
        let now = self.platform.clock.now();
        let tx = self.platform.db.system().await?;
        let user = match proved {
            Proved::Owner(user) => user,
            Proved::Newcomer(new) => {
                let user = new.id;
                accounts::insert_user(&tx, new, now).await?;
                user
            }
        };
        let tx = self.platform.db.enter(tx, scope).await?;
        let mut row = self.check(store_invitations::lock(&tx, ticket.invitation).await?, ticket)?;
        let display_name = name.unwrap_or_else(|| row.display_name.clone());
        let joining = Joining { user, id: self.platform.new_id(), display_name, role: row.role };
        let member = store_accounts::join(&tx, joining, now).await?.ok_or(StaffError::AlreadyStaff("token"))?;
        row.life.accepted_at = Some(now);
        store_invitations::update(&tx, &row, now).await?;
        // In the trail of the tenant that gains somebody, whoever was signed in where.
        let ended = Ended::Succeeded(Subject::of(member).within(row.id));
        Ok(self.platform.commit_recorded(tx, Entry { actor, call, ended }).await?)
    }

    fn check(&self, row: Option<InvitationRow>, ticket: Ticket) -> Result<InvitationRow, StaffError> {
        let is_open = |row: &InvitationRow| row.life.status(self.platform.clock.now()) == InvitationStatus::Open;
        row.filter(|row| row.is_named_by(ticket) && is_open(row)).ok_or(StaffError::LinkInvalid)
    }
}
