//! Use cases: signing in with a second factor, by two requests.

use super::model::{CHALLENGE_LIFE, Challenge, Claim};
use super::tokens::FactorTokens;
use crate::actor::Actor;
use crate::domains::auth::sessions::SignIn;
use crate::domains::auth::{Auth, AuthError, store as accounts};
use crate::error::{ApiError, UserErrorCode};
use crate::platform::idempotency::Call;

/// What the right password leads to.
pub enum SignInStep {
    /// A session.
    Done(SignIn),
    /// The code of the second factor is to come.
    Challenge(Challenge),
}

impl Auth {
    /// The note for somebody whose password was right and whose code is still to come.
    pub(in crate::domains::auth) fn challenge(&self, account: &accounts::Account) -> Challenge {
        let claim = Claim {
            tenant: account.owner.tenant,
            membership: account.owner.membership,
            epoch: account.owner.epoch,
            expires_at: self.platform.clock.now() + CHALLENGE_LIFE,
        };
        FactorTokens(&self.platform.master).challenge(claim, &account.password_hash)
    }

    /// Starts a session by the code that a challenge asked for. A challenge may be answered again, by another code.
    pub async fn sign_in_confirm(&self, challenge: &str, code: &str, call: &Call) -> Result<SignIn, AuthError> {
        let account = self.find_challenged(challenge).await?;
        let owner = account.owner;
        let tx = self.counting(owner.user, self.proved(owner.user, code)).await.inspect_err(|error| {
            if matches!(error, AuthError::CodeInvalid) {
                self.record_refused(owner.tenant, Some(owner.user), UserErrorCode::CodeInvalid, call);
            }
        })?;
        // The code is used and the session is there, or neither.
        let tx = self.platform.db.enter(tx, Actor::System(owner.tenant).home().map_err(ApiError::from)?).await?;
        let (signed_in, touched) = self.start_session_in(&tx, owner, call.origin()).await?;
        self.commit_of(tx, &signed_in.actor, call).await?;
        self.announce(touched).await;
        Ok(signed_in)
    }

    /// The account that a challenge was written for, if nothing about it has changed since.
    async fn find_challenged(&self, challenge: &str) -> Result<accounts::Account, AuthError> {
        let tokens = FactorTokens(&self.platform.master);
        let note = tokens.read(challenge).filter(|note| self.platform.clock.now() < note.claim.expires_at);
        let note = note.ok_or(AuthError::ChallengeInvalid)?;
        let tx = self.platform.db.system_reader().await?;
        let account = accounts::find_account_of(&tx, note.claim.tenant, note.claim.membership).await?;
        let is_unchanged = |account: &accounts::Account| {
            account.owner.epoch == note.claim.epoch
                && account.owner.has_second_factor
                && tokens.is_of_password(&note, &account.password_hash)
        };
        account.filter(is_unchanged).ok_or(AuthError::ChallengeInvalid)
    }
}
