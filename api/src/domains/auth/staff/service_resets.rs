//! Use cases: a letter to somebody who forgot their password, and the new password.
//!
//! A request for a letter is noted the same way whether there is such an account or not; who reads the note
//! finds out. There is no other way to another's password: an administrator has none.

use super::error::StaffError;
use super::model::RESET_LIFE;
use super::service::Staff;
use super::service_letters::reset_mail;
use super::store_accounts;
use super::tokens::{proves_reset, read_reset_token};
use crate::actor::Actor;
use crate::domains::auth::model::normalise_email;
use crate::domains::auth::sessions::{EndReason, Ending};
use crate::domains::auth::{AuthError, store as accounts};
use crate::error::Failure;
use crate::platform::idempotency::Call;
use crate::platform::locale::Locale;
use crate::platform::origin::Origin;

/// What somebody gives to set a password anew.
pub struct PasswordReset {
    /// The secret of the letter's link.
    pub token: String,
    /// 8 to 128 characters, none of the common ones.
    pub new_password: String,
}

impl Staff {
    /// Notes that a letter is wanted. What it costs, and what it answers, is the same for every address.
    pub async fn request_password_reset(&self, email: &str, locale: Locale, origin: &Origin) -> Result<(), Failure> {
        if !self.mails.is_on() {
            return Err(StaffError::MailOff.into());
        }
        self.auth.attempts.count_reset(email, origin.address).await?;
        let account = self.auth.email_index(&normalise_email(email).unwrap_or_default());
        let ends_at = self.platform.clock.now() + RESET_LIFE;
        Ok(self.mails.post(reset_mail(&account, locale, ends_at)).await?)
    }

    /// Sets a password by a letter's link, and ends every session of the account in every tenant.
    pub async fn reset_password(&self, reset: PasswordReset, call: &Call) -> Result<(), Failure> {
        Ok(self.try_reset(reset, call).await?)
    }

    async fn try_reset(&self, reset: PasswordReset, call: &Call) -> Result<(), StaffError> {
        let (ticket, proof) = read_reset_token(&reset.token).ok_or(StaffError::LinkInvalid)?;
        let now = self.platform.clock.now();
        let tx = self.platform.db.system_reader().await?;
        let account = store_accounts::find_account_by_id(&tx, ticket.user).await?;
        drop(tx);
        let proved = |hash: &str| proves_reset(&self.platform.master, ticket, hash, &proof);
        let account = account.filter(|account| account.is_active && proved(&account.password_hash));
        let account = account.filter(|_| now < ticket.expires_at).ok_or(StaffError::LinkInvalid)?;
        let new = self.auth.passwords.hash(reset.new_password).await.map_err(|error| match error {
            AuthError::PasswordUnfit => AuthError::NewPasswordUnfit,
            other => other,
        })?;

        // The account and its sessions are in all tenants, and none of them may be left out.
        let tx = self.platform.db.system().await?;
        // Of two at the same time one finds the password that it was proved by gone.
        if !accounts::replace_password(&tx, account.user, (&account.password_hash, &new), now).await? {
            return Err(StaffError::LinkInvalid);
        }
        let ending = Ending { whose: account.user, except: None, reason: EndReason::PasswordReset };
        let touched = self.auth.end_sessions_of_user_in(&tx, ending).await?;
        self.commit_recorded_everywhere(tx, account.user, (|_| Actor::Anonymous, call)).await?;
        self.auth.announce(touched).await;
        Ok(())
    }
}
