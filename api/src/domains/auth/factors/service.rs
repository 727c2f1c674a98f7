//! Use cases: getting a second factor, seeing it, renewing its recovery codes, losing it.

use super::model::{Code, Enrolment, RECOVERY_CODES, SecondFactor, is_pending, steps_at};
use super::store;
use super::tokens::FactorTokens;
use super::totp::Secret;
use crate::actor::{Actor, UserActor};
use crate::domains::auth::sessions::{EndReason, Ending, Session, TouchedSessions};
use crate::domains::auth::{Auth, AuthError, service::email_place, store as accounts};
use crate::error::{ApiError, Denied};
use crate::platform::db::{Cancel, SystemTx, TenantScope, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::UserId;

/// A factor that is in force now.
pub struct Confirmed {
    /// To be kept by the person; nobody can ask for them again.
    pub recovery_codes: Vec<String>,
    /// The caller's session goes on with these.
    pub session: Session,
}

/// Recovery codes in the place of those before.
pub struct Renewed {
    /// To be kept by the person; nobody can ask for them again.
    pub recovery_codes: Vec<String>,
}

impl Auth {
    /// What the person has, for showing to themselves.
    pub async fn second_factor(&self, actor: &UserActor, tx: &TenantTx) -> Result<SecondFactor, ApiError> {
        let (confirmed_at, recovery_codes_left) = store::look(tx, actor.user).await?;
        let is_required = self.tenants.get_in(tx).await?.policy.require_second_factor;
        Ok(SecondFactor { confirmed_at, recovery_codes_left, is_required })
    }

    /// Makes a secret for the caller's authenticator, in force once a code of it comes back. The password, or a
    /// proof of the last minutes, shows that the session was not left open.
    pub async fn second_factor_enrol(
        &self,
        actor: &Actor,
        password: Option<String>,
        call: &Call,
    ) -> Result<Enrolment, AuthError> {
        let (scope, user) = person(actor)?;
        match password {
            Some(password) => self.counting(user.user, self.check_password(scope.clone(), user, password)).await?,
            None => actor.fresh(self.platform.clock.now()).map_err(ApiError::from)?,
        }
        let secret = self.platform.random.bytes::<20>().to_vec();
        let accounts_key = &self.platform.master.accounts;
        let sealed = accounts_key.seal(&self.platform.random, &secret_place(user.user), &secret);
        let tx = self.platform.db.system().await?;
        let now = self.platform.clock.now();
        if !store::put_pending(&tx, user.user, sealed.map_err(ApiError::internal)?, now).await? {
            return Err(AuthError::SecondFactorActive);
        }
        let tx = self.platform.db.enter(tx, scope).await?;
        let email = self.email_of(&tx, user).await?;
        self.commit_recorded(tx, actor, call).await?;
        Ok(Secret(secret.into()).enrolment(&email))
    }

    async fn check_password(&self, scope: TenantScope, user: &UserActor, password: String) -> Result<(), AuthError> {
        let tx = self.platform.db.read(scope, Cancel::never()).await?;
        let stored = accounts::get_password_hash(&tx, user.membership).await?;
        drop(tx);
        if self.passwords.verify(password, Some(stored)).await? { Ok(()) } else { Err(AuthError::PasswordWrong) }
    }

    async fn email_of(&self, tx: &TenantTx, user: &UserActor) -> Result<String, ApiError> {
        let (sealed, _) = accounts::get_profile(tx, user.membership).await?;
        let email = self.platform.master.accounts.open(&email_place(user.user), &sealed).map_err(ApiError::internal)?;
        String::from_utf8(email).map_err(ApiError::internal)
    }

    /// Puts the secret in force by its first code. Sessions that were there before end: they never proved it.
    pub async fn second_factor_confirm(&self, actor: &Actor, code: &str, call: &Call) -> Result<Confirmed, AuthError> {
        let (_, user) = person(actor)?;
        let tx = self.counting(user.user, self.confirmed(user.user, code)).await?;
        let recovery_codes = self.renew_codes_in(&tx, user.user).await?;
        let (session, touched) = self.go_on_alone(tx, actor, call).await?;
        self.announce(touched).await;
        Ok(Confirmed { recovery_codes, session })
    }

    /// The transaction in which the code was right.
    async fn confirmed(&self, user: UserId, code: &str) -> Result<SystemTx, AuthError> {
        let tx = self.platform.db.system().await?;
        let now = self.platform.clock.now();
        let factor = store::find(&tx, user).await?.ok_or(AuthError::SecondFactorAbsent)?;
        if factor.confirmed_at.is_some() {
            return Err(AuthError::SecondFactorActive);
        }
        if !is_pending(factor.created_at, now) {
            return Err(AuthError::SecondFactorAbsent);
        }
        let code = Code::parse(code).ok_or(AuthError::CodeInvalid)?;
        let step = self.open_secret(user, &factor)?.find_step(&code, steps_at(now)).ok_or(AuthError::CodeInvalid)?;
        // Another secret, or another confirmation, came between.
        let is_confirmed = store::confirm(&tx, user, (factor.secret_enc, step), now).await?;
        if is_confirmed { Ok(tx) } else { Err(AuthError::CodeInvalid) }
    }

    /// Takes the factor away. The code proves that it is its owner who asks, and the password alone signs in then.
    pub async fn second_factor_remove(&self, actor: &Actor, code: &str, call: &Call) -> Result<Session, AuthError> {
        let (_, user) = person(actor)?;
        let tx = self.counting(user.user, self.proved(user.user, code)).await?;
        store::delete(&tx, user.user).await?;
        let (session, touched) = self.go_on_alone(tx, actor, call).await?;
        self.announce(touched).await;
        Ok(session)
    }

    /// Takes somebody's factor away, for the installation's operator: they lost it and the recovery codes too.
    /// All their sessions end. False if there was none.
    pub async fn reset_second_factor_in(
        &self,
        tx: &SystemTx,
        user: UserId,
    ) -> Result<Option<TouchedSessions>, ApiError> {
        if !store::delete(tx, user).await? {
            return Ok(None);
        }
        let ending = Ending { whose: user, except: None, reason: EndReason::SecondFactorChanged };
        self.end_sessions_of_user_in(tx, ending).await.map(Some)
    }

    /// Gives new recovery codes; those before are good for nothing any more.
    pub async fn recovery_codes_renew(&self, actor: &Actor, code: &str, call: &Call) -> Result<Renewed, AuthError> {
        let (scope, user) = person(actor)?;
        let tx = self.counting(user.user, self.proved(user.user, code)).await?;
        let recovery_codes = self.renew_codes_in(&tx, user.user).await?;
        let tx = self.platform.db.enter(tx, scope).await?;
        self.commit_recorded(tx, actor, call).await?;
        Ok(Renewed { recovery_codes })
    }

    async fn renew_codes_in(&self, tx: &SystemTx, user: UserId) -> Result<Vec<String>, ApiError> {
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| self.platform.random.signs::<10>(5)).collect();
        let tokens = FactorTokens(&self.platform.master);
        let hashes = codes.iter().map(|code| tokens.recovery_mark(user, &code.replace('-', ""))).collect();
        store::replace_recovery_codes(tx, user, hashes, self.platform.clock.now()).await?;
        Ok(codes)
    }

    /// Ends the person's sessions in all tenants but the one they ask from, which goes on with new tokens and has
    /// just proved who uses it.
    async fn go_on_alone(
        &self,
        tx: SystemTx,
        actor: &Actor,
        call: &Call,
    ) -> Result<(Session, TouchedSessions), AuthError> {
        let (scope, user) = person(actor)?;
        let except = Some((user.tenant, user.session));
        let ending = Ending { whose: user.user, except, reason: EndReason::SecondFactorChanged };
        let touched = self.end_sessions_of_user_in(&tx, ending).await?;
        let tx = self.platform.db.enter(tx, scope).await?;
        let stepped_up = self.step_up_in(&tx, user).await?;
        let session = self.renew_in(&tx, user, call.origin()).await?;
        self.commit_recorded(tx, actor, call).await?;
        Ok((session, touched.and(stepped_up)))
    }
}

/// Whoever has a second factor, or is to get one: a person, also one who may do nothing else yet.
pub(super) fn person(actor: &Actor) -> Result<(TenantScope, &UserActor), ApiError> {
    let scope = actor.home_before_factor()?;
    Ok((scope, actor.user().ok_or(Denied::PeopleOnly)?))
}

/// The associated data of a secret.
pub(super) fn secret_place(user: UserId) -> String {
    format!("|second_factors|secret|{user}")
}
