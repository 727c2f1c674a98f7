//! Use case: another password.

use super::sessions::{EndReason, Ending, Session};
use super::{Auth, AuthError, store};
use crate::actor::Actor;
use crate::error::{ApiError, Denied};
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::db::Cancel;
use crate::platform::idempotency::Call;

/// The present password, and the one to come.
pub struct PasswordChange {
    /// To prove who asks: a session may have been left open.
    pub current: String,
    /// 8 to 128 characters, none of the common ones.
    pub new: String,
}

impl Auth {
    /// Gives the caller another password. Their sessions end in all tenants, but for the one they ask from,
    /// which goes on with new tokens.
    pub async fn password_change(
        &self,
        actor: &Actor,
        change: PasswordChange,
        call: &Call,
    ) -> Result<Session, AuthError> {
        let scope = actor.home().map_err(ApiError::from)?;
        let user = actor.user().ok_or(Denied::Unauthenticated).map_err(ApiError::from)?;
        let attempt = self.attempts.begin_change(user.user, call.origin().address).await?;
        let reader = self.platform.db.read(scope.clone(), Cancel::never()).await?;
        let stored = store::get_password_hash(&reader, user.membership).await?;
        drop(reader);
        if !self.passwords.verify(change.current, Some(stored.clone())).await? {
            return Err(AuthError::CurrentPasswordWrong);
        }
        self.attempts.forget(&attempt).await;
        let new = self.passwords.hash(change.new).await.map_err(|error| match error {
            AuthError::PasswordUnfit => AuthError::NewPasswordUnfit,
            other => other,
        })?;

        // The account and its sessions are in all tenants, and none of them may be left out.
        let tx = self.platform.db.system().await?;
        if !store::replace_password(&tx, user.user, (&stored, &new), self.platform.clock.now()).await? {
            return Err(AuthError::CurrentPasswordWrong);
        }
        let ending =
            Ending { whose: user.user, except: Some((user.tenant, user.session)), reason: EndReason::PasswordChanged };
        let touched = self.end_sessions_of_user_in(&tx, ending).await?;
        let tx = self.platform.db.enter(tx, scope).await?;
        let session = self.renew_in(&tx, user, call.origin()).await?;
        let ended = Ended::Succeeded(Subject::of(user.user));
        self.platform.commit_recorded(tx, Entry { actor, call, ended }).await?;
        self.announce(touched).await;
        Ok(session)
    }
}
