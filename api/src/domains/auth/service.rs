//! Use cases: signing in, and the staff of a tenant.

use std::time::Duration;

use super::attempts::{Attempts, SignInLimits};
use super::factors::SignInStep;
use super::model::{Viewer, normalise_email};
use super::partner_keys::PartnerKeys;
use super::passwords::Passwords;
use super::sessions::{TouchedSessions, resume};
use super::tokens::TokenKeys;
use super::tokens_member::is_members;
use super::tokens_signing::PublicKey;
use super::{AuthError, store};
use crate::actor::{Actor, Role, UserActor};
use crate::domains::tenants::Tenants;
use crate::error::{ApiError, UserErrorCode};
use crate::platform::Platform;
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::crypto::CryptoError;
use crate::platform::db::{SystemTx, TenantTx};
use crate::platform::idempotency::Call;
use crate::platform::ids::{MembershipId, TenantId, UserId};
use crate::platform::origin::Origin;

/// What somebody says who they are.
pub struct Credentials<'a> {
    /// The tenant's slug.
    pub tenant: &'a str,
    /// The account's address.
    pub email: &'a str,
    /// Its password.
    pub password: String,
}

/// A person who is to work for a tenant.
pub struct NewStaff {
    /// The tenant.
    pub tenant: TenantId,
    /// Where they are reached; the account is found or made by it.
    pub email: String,
    /// Used when the account is new; an existing account keeps its own.
    pub password: String,
    /// Their name in this tenant.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
}

/// The slice's service.
#[derive(Clone)]
pub struct Auth {
    pub(super) platform: Platform,
    pub(super) tenants: Tenants,
    pub(super) tokens: TokenKeys,
    pub(super) passwords: Passwords,
    pub(super) attempts: Attempts,
    pub(super) partner_keys: PartnerKeys,
}

impl Auth {
    /// For `app.rs`.
    pub fn new(
        platform: Platform,
        tenants: Tenants,
        limits: SignInLimits,
        token_generation: u32,
    ) -> Result<Self, ApiError> {
        let tokens = TokenKeys::new(&platform.master, token_generation);
        let passwords = Passwords::new(platform.random.clone())?;
        let attempts = Attempts::new(platform.clone(), limits);
        let partner_keys = PartnerKeys::new(platform.clone());
        Ok(Self { platform, tenants, tokens, passwords, attempts, partner_keys })
    }

    /// How many passwords this process has checked: what a guesser is after.
    #[must_use]
    pub fn password_checks(&self) -> u64 {
        self.passwords.checks()
    }

    /// The keys of partner systems.
    #[must_use]
    pub fn partner_keys(&self) -> &PartnerKeys {
        &self.partner_keys
    }

    /// The actor behind an access token, a partner's key that comes from there, or a member's token. An invalid one
    /// is an error, no token is nobody.
    pub async fn authenticate(&self, token: Option<&str>, origin: &Origin) -> Result<Actor, ApiError> {
        let Some(token) = token else { return Ok(Actor::Anonymous) };
        if PartnerKeys::is_key(token) {
            return self.partner_keys.authenticate(token, origin).await.map(Actor::Key);
        }
        if is_members(token) {
            return self.authenticate_member(token).await;
        }
        let over =
            || ApiError::new(crate::error::ErrorCode::Unauthenticated, "The access token is not valid any more.");
        let subject = self.tokens.check(token, self.platform.clock.now())?.ok_or_else(over)?;
        resume(self, subject).await?.map(Actor::User).ok_or_else(over)
    }

    /// The keys that verify access tokens now, for `/.well-known/jwks.json`.
    pub fn public_keys(&self) -> Result<Vec<PublicKey>, ApiError> {
        self.tokens.public_keys(self.platform.clock.now())
    }

    /// Starts a session, or asks for the second factor. Unknown tenant, unknown account and wrong password are one
    /// answer in one time. Who tried too often is throttled, and that is one answer too.
    pub async fn sign_in(&self, credentials: Credentials<'_>, call: &Call) -> Result<SignInStep, AuthError> {
        let attempt = self.attempts.begin(credentials.email, call.origin().address).await?;
        let signed_in = self.try_credentials(credentials, call).await;
        if !matches!(signed_in, Err(AuthError::CredentialsInvalid)) {
            self.attempts.forget(&attempt).await;
        }
        signed_in
    }

    async fn try_credentials(&self, credentials: Credentials<'_>, call: &Call) -> Result<SignInStep, AuthError> {
        let (tenant, account) = self.find_account(credentials.tenant, credentials.email).await?;
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let fits = self.passwords.verify(credentials.password, hash).await?;
        match account {
            Some(account) if fits && account.owner.has_second_factor => {
                let step = SignInStep::Challenge(self.challenge(&account));
                let ended = Ended::Succeeded(Subject::of(account.owner.user));
                let scope = Actor::System(tenant).home().map_err(ApiError::from)?;
                self.platform.record(scope, vec![Entry { actor: &Actor::Anonymous, call, ended }]).await?;
                call.note_recorded();
                Ok(step)
            }
            Some(account) if fits => self.start_session(account.owner, call).await.map(SignInStep::Done),
            account => {
                let user = account.map(|account| account.owner.user);
                self.record_refused(tenant, user, UserErrorCode::CredentialsInvalid, call);
                Err(AuthError::CredentialsInvalid)
            }
        }
    }

    /// Records a failed attempt in the trail of the tenant that was named, if there is one. Behind the answer and by
    /// chance later, so that no answer takes longer for it.
    pub(super) fn record_refused(&self, tenant: TenantId, user: Option<UserId>, code: UserErrorCode, call: &Call) {
        call.note_recorded();
        let (platform, call) = (self.platform.clone(), call.clone());
        let call = call.about(user.map_or_else(Subject::none, Subject::of));
        let [chance] = platform.random.bytes::<1>();
        let later = Duration::from_millis(100 + u64::from(chance));
        tokio::spawn(async move {
            tokio::time::sleep(later).await;
            let Ok(scope) = Actor::System(tenant).home() else { return };
            if tenant == nobody() {
                return;
            }
            let ended = Ended::Refused(vec![code]);
            let entry = Entry { actor: &Actor::Anonymous, call: &call, ended };
            if let Err(error) = platform.record(scope, vec![entry]).await {
                tracing::error!(error.code = error.code().as_str(), "sign_in.refusal_not_recorded");
            }
        });
    }

    async fn find_account(&self, slug: &str, email: &str) -> Result<(TenantId, Option<store::Account>), AuthError> {
        let tx = self.platform.db.system_reader().await?;
        let tenant = self.tenants.find_by_slug_in(&tx, slug.trim()).await?;
        // An unknown tenant costs the same look-ups: the id of nobody finds nothing.
        let tenant = tenant.map_or_else(nobody, |tenant| tenant.id);
        let index = self.email_index(&normalise_email(email).unwrap_or_default());
        Ok((tenant, store::find_account(&tx, tenant, &index).await?))
    }

    /// The signed-in person, for showing to themselves.
    pub async fn viewer(&self, actor: &UserActor, tx: &TenantTx) -> Result<Viewer, ApiError> {
        let (email, display_name) = store::get_profile(tx, actor.membership).await?;
        let email = self.platform.master.accounts.open(&email_place(actor.user), &email).map_err(ApiError::internal)?;
        Ok(Viewer {
            user: actor.user,
            email: String::from_utf8(email).map_err(ApiError::internal)?,
            tenant: self.tenants.get_in(tx).await?,
            role: actor.role,
            display_name,
        })
    }

    /// A snapshot of the tenant of somebody who has just signed in.
    pub async fn reader(&self, actor: &UserActor) -> Result<TenantTx, ApiError> {
        let scope = Actor::User(actor.clone()).home_before_factor()?;
        Ok(self.platform.db.read(scope, crate::platform::db::Cancel::never()).await?)
    }

    /// Makes somebody staff of a tenant, for the installation's operator.
    pub async fn add_staff_in(&self, tx: &SystemTx, new: NewStaff) -> Result<(), AuthError> {
        let email = normalise_email(&new.email).ok_or(AuthError::EmailInvalid)?;
        let now = self.platform.clock.now();
        let user = match store::find_user(tx, &self.email_index(&email)).await? {
            Some(user) => user,
            None => {
                let hash = self.passwords.hash(new.password).await?;
                let user = self.new_user(&email, hash).map_err(ApiError::internal)?;
                let id = user.id;
                store::insert_user(tx, user, now).await?;
                id
            }
        };
        if store::find_membership(tx, new.tenant, user).await?.is_some() {
            return Err(AuthError::AlreadyStaff);
        }
        let membership = store::NewMembership {
            tenant: new.tenant,
            id: self.platform.new_id(),
            user,
            display_name: &new.display_name,
            role: new.role,
        };
        Ok(store::insert_membership(tx, membership, now).await?)
    }

    /// The person with this address, for the installation's operator.
    pub async fn find_user_in(&self, tx: &SystemTx, email: &str) -> Result<UserId, AuthError> {
        let email = normalise_email(email).ok_or(AuthError::EmailInvalid)?;
        store::find_user(tx, &self.email_index(&email)).await?.ok_or(AuthError::NobodyThere)
    }

    /// The place in a tenant of the person with this address, for the installation's operator.
    pub async fn find_membership_in(
        &self,
        tx: &SystemTx,
        email: &str,
        tenant: TenantId,
    ) -> Result<MembershipId, AuthError> {
        let user = self.find_user_in(tx, email).await?;
        store::find_membership(tx, tenant, user).await?.ok_or(AuthError::NobodyThere)
    }

    /// Gives somebody another role; their sessions go on with it.
    pub async fn change_role_in(
        &self,
        tx: &TenantTx,
        membership: MembershipId,
        role: Role,
    ) -> Result<TouchedSessions, ApiError> {
        store::update_role(tx, membership, role, self.platform.clock.now()).await?;
        self.end_tokens_of_membership_in(tx, membership).await
    }

    /// The row of an account to be made.
    pub(super) fn new_user(&self, email: &str, password_hash: String) -> Result<store::NewUser, CryptoError> {
        let id: UserId = self.platform.new_id();
        let email_enc =
            self.platform.master.accounts.seal(&self.platform.random, &email_place(id), email.as_bytes())?;
        Ok(store::NewUser { id, email_enc, email_bidx: self.email_index(email), password_hash })
    }

    pub(super) fn email_index(&self, normalised: &str) -> Vec<u8> {
        self.platform.master.account_index.mac(normalised.as_bytes()).to_vec()
    }
}

/// No tenant's id.
fn nobody() -> TenantId {
    TenantId::from_uuid(uuid::Uuid::nil())
}

/// The associated data of an account's address.
pub(super) fn email_place(user: UserId) -> String {
    format!("|users|email|{user}")
}
