//! Sign-in, the viewer and the viewer's password, as clients see them.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::factors::SignInStep;
use super::factors::graphql::{SecondFactor, SignInChallenge, second_factor};
use super::model::Viewer as ViewerData;
use super::sessions::SignIn;
use super::sessions::graphql::{Session, UserSession, list_sessions, refusals};
use super::staff::Staff;
use super::staff::graphql::ViewerTenant;
use super::{Auth, Credentials, PasswordChange};
use crate::actor::{Role, UserActor};
use crate::domains::tenants::Tenant as TenantData;
use crate::error::{ApiError, UserError};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::mutation::call;
use crate::platform::db::TenantTx;

/// A person who signs in, across tenants.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct User {
    /// `usr_…`
    id: ID,
    /// The address they sign in with.
    email: String,
    #[graphql(skip)]
    actor: UserActor,
    #[graphql(skip)]
    reader: Arc<TenantTx>,
}

/// What is loaded only when asked for.
#[ComplexObject]
impl User {
    /// What the person has besides the password.
    async fn second_factor(&self, ctx: &Context<'_>) -> Result<SecondFactor, ApiError> {
        second_factor(ctx, &self.actor, &self.reader).await
    }
}

/// A company that runs communities.
#[derive(SimpleObject)]
pub struct Tenant {
    /// `ten_…`
    id: ID,
    /// Its name at sign-in.
    slug: String,
    /// Its name for people.
    name: String,
    /// The IANA time zone in which its days and weeks are counted.
    timezone: String,
    /// Two letters of ISO 3166: where phone numbers without a country code belong.
    country: String,
}

impl From<TenantData> for Tenant {
    fn from(tenant: TenantData) -> Self {
        Self {
            id: tenant.id.into(),
            slug: tenant.slug,
            name: tenant.name,
            timezone: tenant.timezone.name().to_owned(),
            country: tenant.country,
        }
    }
}

/// The signed-in person in the tenant of the session.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Viewer {
    /// Who.
    user: User,
    /// In which tenant.
    tenant: Tenant,
    /// As what.
    role: Role,
    /// Their name in this tenant.
    display_name: String,
    /// What the role allows, such as `members:read`.
    scopes: Vec<String>,
    #[graphql(skip)]
    actor: UserActor,
    #[graphql(skip)]
    reader: Arc<TenantTx>,
}

/// What is loaded only when asked for.
#[ComplexObject]
impl Viewer {
    /// The person's live sessions in this tenant, the one used last first. There are ten at most: an eleventh
    /// sign-in ends the one least recently used.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<UserSession>, ApiError> {
        list_sessions(ctx, &self.actor, &self.reader).await
    }

    /// The tenants the person works for, this one among them, by name: where `tenantSwitch` leads.
    async fn tenants(&self, ctx: &Context<'_>) -> Result<Vec<ViewerTenant>, ApiError> {
        let places = ctx.service::<Staff>()?.workplaces(&self.actor).await?;
        Ok(places.into_iter().map(ViewerTenant::from).collect())
    }
}

impl Viewer {
    pub(super) async fn load(auth: &Auth, actor: &UserActor, reader: Arc<TenantTx>) -> Result<Self, ApiError> {
        let viewer = auth.viewer(actor, &reader).await?;
        Ok(Self::new(viewer, actor.clone(), reader))
    }

    /// Of somebody who has just signed in.
    pub(in crate::domains::auth) async fn of_sign_in(auth: &Auth, signed_in: &SignIn) -> Result<Self, ApiError> {
        Self::load(auth, &signed_in.actor, Arc::new(auth.reader(&signed_in.actor).await?)).await
    }

    fn new(viewer: ViewerData, actor: UserActor, reader: Arc<TenantTx>) -> Self {
        Self {
            user: User {
                id: viewer.user.into(),
                email: viewer.email,
                actor: actor.clone(),
                reader: Arc::clone(&reader),
            },
            tenant: viewer.tenant.into(),
            role: viewer.role,
            display_name: viewer.display_name,
            scopes: viewer.role.scopes().iter().map(|scope| scope.as_str().to_owned()).collect(),
            actor,
            reader,
        }
    }
}

/// Which account to sign in to.
#[derive(InputObject)]
pub struct SignInInput {
    /// The tenant's slug.
    tenant: String,
    /// The account's e-mail address.
    email: String,
    /// The account's password.
    #[graphql(secret)]
    password: String,
    /// Accepted as everywhere, 1 to 255 characters, but tokens are not kept: a repeated sign-in is another session.
    idempotency_key: Option<String>,
}

/// The present password and the one to come.
#[derive(InputObject)]
pub struct PasswordChangeInput {
    /// The password that the account has now.
    #[graphql(secret)]
    current_password: String,
    /// The new one: 8 to 128 characters, and none of the common ones.
    #[graphql(secret)]
    new_password: String,
    /// Accepted as everywhere, 1 to 255 characters, but tokens are not kept: a repeated change is refused, since the current password is another then.
    idempotency_key: Option<String>,
}

/// A session, or what is still to be shown for one, or why there is none.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// The tokens; null when refused or challenged.
    session: Option<Session>,
    /// Who is signed in now; null when refused or challenged.
    viewer: Option<Viewer>,
    /// For an account with a second factor, when the password was right: answer it by `signInConfirm`.
    challenge: Option<SignInChallenge>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The caller's session after the change, or why nothing was changed.
#[derive(SimpleObject)]
pub struct PasswordChangePayload {
    /// New tokens of the caller's own session, since the old ones end with the old password; null when refused.
    session: Option<Session>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

/// The slice's part of the query root.
#[derive(Default)]
pub struct AuthQuery;

/// Reads the data of the caller's tenant. Needs a session, unless said otherwise.
#[Object]
impl AuthQuery {
    /// The signed-in person; null for nobody.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Result<Viewer, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            let Some(user) = request.actor().user() else { return Ok(None) };
            Viewer::load(ctx.service::<Auth>()?, user, request.own_reader().await?).await.map(Some)
        })
        .await
    }
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct AuthMutation;

/// Changes the data of the caller's tenant; each field is one transaction.
#[Object]
impl AuthMutation {
    /// Starts a session, or asks by a challenge for the second factor. Needs none. Refuses with CREDENTIALS_INVALID,
    /// whatever was wrong. Failures are counted for the account and for the caller's address; after too many it fails
    /// with THROTTLED, also for accounts that do not exist, and says in `retryAfterSeconds` when to try again.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose session.")] input: SignInInput,
    ) -> Result<SignInPayload, ApiError> {
        let call = call(ctx, "signIn", input.idempotency_key.as_deref(), &input)?;
        let auth = ctx.service::<Auth>()?;
        let credentials = Credentials { tenant: &input.tenant, email: &input.email, password: input.password };
        match refusals(&call, auth.sign_in(credentials, &call).await)? {
            Ok(SignInStep::Done(signed_in)) => {
                let viewer = Some(Viewer::of_sign_in(auth, &signed_in).await?);
                let session = Some(signed_in.session.into());
                Ok(SignInPayload { session, viewer, challenge: None, user_errors: Vec::new() })
            }
            Ok(SignInStep::Challenge(challenge)) => {
                let challenge = Some(challenge.into());
                Ok(SignInPayload { session: None, viewer: None, challenge, user_errors: Vec::new() })
            }
            Err(user_errors) => Ok(SignInPayload { session: None, viewer: None, challenge: None, user_errors }),
        }
    }

    /// Gives the caller's account another password, in all tenants. Every session of the account ends within a
    /// second but the caller's own, which goes on with the tokens of the answer. Refuses with CREDENTIALS_INVALID
    /// when the current password is another.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password and the one to come.")] input: PasswordChangeInput,
    ) -> Result<PasswordChangePayload, ApiError> {
        let call = call(ctx, "passwordChange", input.idempotency_key.as_deref(), &input)?;
        let change = PasswordChange { current: input.current_password, new: input.new_password };
        let changed = ctx.service::<Auth>()?.password_change(ctx.actor()?, change, &call).await;
        Ok(match refusals(&call, changed)? {
            Ok(session) => PasswordChangePayload { session: Some(session.into()), user_errors: Vec::new() },
            Err(user_errors) => PasswordChangePayload { session: None, user_errors },
        })
    }
}
