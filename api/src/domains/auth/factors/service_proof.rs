//! Proving a second factor, and proving again who one is.

use chrono::{DateTime, Utc};

use super::model::{Code, StepUp, steps_at};
use super::tokens::FactorTokens;
use super::totp::Secret;
use super::{service, store};
use crate::actor::{Actor, STEP_UP_LIFE, UserActor};
use crate::domains::auth::{Auth, AuthError, store as accounts};
use crate::error::ApiError;
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::buckets::Rate;
use crate::platform::db::{Cancel, SystemTx, TenantScope, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::UserId;
use crate::platform::kv::KvKey;

/// What one person may try in vain. The second bounds whoever has the password and all the time in the world: a
/// guess is right one time in 300,000.
const TRIES: [(&str, Rate); 2] = [
    ("second-factor", Rate { maximum: 5, per_second: 5.0 / 300.0 }),
    ("second-factor-day", Rate { maximum: 50, per_second: 50.0 / 86_400.0 }),
];

impl Auth {
    /// Notes that the caller has just proved again who they are, for what needs that.
    pub async fn step_up(&self, actor: &Actor, proof: StepUp, call: &Call) -> Result<DateTime<Utc>, AuthError> {
        let (scope, user) = service::person(actor)?;
        let tx = self.counting(user.user, self.prove_again(scope, user, proof)).await?;
        let touched = self.step_up_in(&tx, user).await?;
        self.commit_recorded(tx, actor, call).await?;
        self.announce(touched).await;
        Ok(self.platform.clock.now() + STEP_UP_LIFE)
    }

    async fn prove_again(&self, scope: TenantScope, user: &UserActor, proof: StepUp) -> Result<TenantTx, AuthError> {
        match proof {
            StepUp::Code(code) => {
                let tx = self.proved(user.user, &code).await?;
                Ok(self.platform.db.enter(tx, scope).await?)
            }
            StepUp::Password(password) => {
                self.check_password_alone(scope.clone(), user, password).await?;
                Ok(self.platform.db.write(scope).await?)
            }
        }
    }

    /// Commits with the call's event. Its outcome is not remembered under a key, so nobody else records it.
    pub(super) async fn commit_recorded(&self, tx: TenantTx, actor: &Actor, call: &Call) -> Result<(), ApiError> {
        let subject = actor.user().map_or_else(Subject::none, |user| Subject::of(user.user));
        self.platform.commit_recorded(tx, Entry { actor, call, ended: Ended::Succeeded(subject) }).await
    }

    /// The password is proof enough only for whoever has nothing better.
    async fn check_password_alone(
        &self,
        scope: TenantScope,
        user: &UserActor,
        password: String,
    ) -> Result<(), AuthError> {
        let tx = self.platform.db.read(scope, Cancel::never()).await?;
        let (confirmed_at, _) = store::look(&tx, user.user).await?;
        if confirmed_at.is_some() {
            return Err(AuthError::CodeRequired);
        }
        let stored = accounts::get_password_hash(&tx, user.membership).await?;
        drop(tx);
        if self.passwords.verify(password, Some(stored)).await? { Ok(()) } else { Err(AuthError::PasswordWrong) }
    }

    /// A transaction in which a code was right and is used up.
    pub(super) async fn proved(&self, user: UserId, code: &str) -> Result<SystemTx, AuthError> {
        let tx = self.platform.db.system().await?;
        self.use_code_in(&tx, user, code).await?;
        Ok(tx)
    }

    /// Uses up a code of a factor that is in force, or a recovery code.
    async fn use_code_in(&self, tx: &SystemTx, user: UserId, code: &str) -> Result<(), AuthError> {
        let code = Code::parse(code).ok_or(AuthError::CodeInvalid)?;
        let now = self.platform.clock.now();
        let factor = store::find(tx, user).await?.filter(|factor| factor.confirmed_at.is_some());
        let factor = factor.ok_or(AuthError::SecondFactorAbsent)?;
        let is_used = match &code {
            Code::Recovery(signs) => {
                let hash = FactorTokens(&self.platform.master).recovery_mark(user, signs);
                store::use_recovery_code(tx, user, hash, now).await?
            }
            Code::Totp(_) => match self.open_secret(user, &factor)?.find_step(&code, steps_at(now)) {
                Some(step) => store::use_step(tx, user, (factor.secret_enc, step)).await?,
                None => false,
            },
        };
        if is_used { Ok(()) } else { Err(AuthError::CodeInvalid) }
    }

    pub(super) fn open_secret(&self, user: UserId, factor: &store::Factor) -> Result<Secret, ApiError> {
        let secret = self.platform.master.accounts.open(&service::secret_place(user), &factor.secret_enc);
        Ok(Secret(secret.map_err(ApiError::internal)?.into()))
    }

    /// Counts a try before anything is compared, or refuses it. Only what was a guess, and wrong, stays counted.
    pub(super) async fn counting<T>(
        &self,
        user: UserId,
        work: impl Future<Output = Result<T, AuthError>>,
    ) -> Result<T, AuthError> {
        for (place, (family, rate)) in TRIES.into_iter().enumerate() {
            let take = self.platform.buckets.take(&KvKey::outside_tenants(family, user), rate, 1).await;
            if !take.is_granted {
                self.put_back(user, place).await;
                let message = "Too many codes or passwords were wrong; wait before the next.";
                return Err(ApiError::throttled(message, take.retry_after).into());
            }
        }
        let result = work.await;
        if !matches!(result, Err(AuthError::CodeInvalid | AuthError::PasswordWrong)) {
            self.put_back(user, TRIES.len()).await;
        }
        result
    }

    async fn put_back(&self, user: UserId, taken: usize) {
        for (family, rate) in TRIES.into_iter().take(taken) {
            self.platform.buckets.put_back(&KvKey::outside_tenants(family, user), rate, 1).await;
        }
    }
}
