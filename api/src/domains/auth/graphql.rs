//! Sign-in, sessions and the viewer, as clients see them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::model::{Session as IssuedSession, SignIn, Viewer as ViewerData};
use super::{Auth, AuthError, Credentials};
use crate::actor::Role;
use crate::error::{ApiError, Failure, UserError};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::scalars::DateTime;
use crate::platform::idempotency::check_key;

/// The tokens of a session.
#[derive(SimpleObject)]
pub struct Session {
    /// For the header `Authorization: Bearer …`; good until `expiresAt`, ten minutes at most.
    access_token: String,
    /// For `sessionRefresh`, once: each refresh gives a new one. Keep it secret.
    refresh_token: String,
    /// When the access token ends.
    expires_at: DateTime,
}

impl From<IssuedSession> for Session {
    fn from(session: IssuedSession) -> Self {
        Self {
            access_token: session.access_token,
            refresh_token: session.refresh_token,
            expires_at: session.expires_at.into(),
        }
    }
}

/// A person who signs in, across tenants.
#[derive(SimpleObject)]
pub struct User {
    /// `usr_…`
    id: ID,
    /// The address they sign in with.
    email: String,
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

/// The signed-in person in the tenant of the session.
#[derive(SimpleObject)]
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
}

impl From<ViewerData> for Viewer {
    fn from(viewer: ViewerData) -> Self {
        Self {
            user: User { id: viewer.user.into(), email: viewer.email },
            tenant: Tenant {
                id: viewer.tenant.id.into(),
                slug: viewer.tenant.slug,
                name: viewer.tenant.name,
                timezone: viewer.tenant.timezone.name().to_owned(),
                country: viewer.tenant.country,
            },
            role: viewer.role,
            display_name: viewer.display_name,
            scopes: viewer.role.scopes().iter().map(|scope| scope.as_str().to_owned()).collect(),
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

/// Which session to go on with.
#[derive(InputObject)]
pub struct SessionRefreshInput {
    /// The newest refresh token of the session.
    #[graphql(secret)]
    refresh_token: String,
    /// Accepted as everywhere, 1 to 255 characters, and not needed: a refresh may be repeated for 30 seconds.
    idempotency_key: Option<String>,
}

/// Which session to end.
#[derive(InputObject)]
pub struct SignOutInput {
    /// A refresh token of the session; without one the caller's own session ends.
    #[graphql(secret)]
    refresh_token: Option<String>,
    /// Accepted as everywhere, 1 to 255 characters, and not needed: a session that is over stays so.
    idempotency_key: Option<String>,
}

/// A session, or why there is none.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// The tokens; null when refused.
    session: Option<Session>,
    /// Who is signed in now; null when refused.
    viewer: Option<Viewer>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A session's next tokens, or why there are none.
#[derive(SimpleObject)]
pub struct SessionRefreshPayload {
    /// The tokens; null when refused.
    session: Option<Session>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// Whether the session ended.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// True when the session is over, also when it had been before.
    signed_out: bool,
    /// Why nothing was done; empty on success.
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
            let reader = request.reader().await?;
            let viewer = ctx.service::<Auth>()?.viewer(user, &reader).await?;
            Ok(Some(viewer.into()))
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
    /// Starts a session. Needs none. Refuses with CREDENTIALS_INVALID, whatever was wrong. Failures are counted for
    /// the account and for the caller's address; after too many it fails with THROTTLED, also for accounts that do
    /// not exist, and says in `retryAfterSeconds` when to try again.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose session.")] input: SignInInput,
    ) -> Result<SignInPayload, ApiError> {
        check_key(input.idempotency_key.as_deref())?;
        let auth = ctx.service::<Auth>()?;
        let credentials = Credentials { tenant: &input.tenant, email: &input.email, password: input.password };
        match refusals(auth.sign_in(credentials, ctx.request()?.origin()).await)? {
            Ok(SignIn { session, actor }) => {
                let viewer = auth.viewer(&actor, &auth.reader(&actor).await?).await?;
                Ok(SignInPayload {
                    session: Some(session.into()),
                    viewer: Some(viewer.into()),
                    user_errors: Vec::new(),
                })
            }
            Err(user_errors) => Ok(SignInPayload { session: None, viewer: None, user_errors }),
        }
    }

    /// Exchanges a refresh token for new tokens. Needs no access token. An older refresh token than the
    /// newest ends the session with SESSION_INVALID; the one before it may be repeated for 30 seconds.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: SessionRefreshInput,
    ) -> Result<SessionRefreshPayload, ApiError> {
        check_key(input.idempotency_key.as_deref())?;
        match refusals(ctx.service::<Auth>()?.refresh(&input.refresh_token).await)? {
            Ok(SignIn { session, .. }) => {
                Ok(SessionRefreshPayload { session: Some(session.into()), user_errors: Vec::new() })
            }
            Err(user_errors) => Ok(SessionRefreshPayload { session: None, user_errors }),
        }
    }

    /// Ends a session everywhere within a second.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session; the caller's own unless told otherwise.")] input: Option<SignOutInput>,
    ) -> Result<SignOutPayload, ApiError> {
        let (token, key) = input.map_or((None, None), |input| (input.refresh_token, input.idempotency_key));
        check_key(key.as_deref())?;
        match refusals(ctx.service::<Auth>()?.sign_out(ctx.actor()?, token.as_deref()).await)? {
            Ok(()) => Ok(SignOutPayload { signed_out: true, user_errors: Vec::new() }),
            Err(user_errors) => Ok(SignOutPayload { signed_out: false, user_errors }),
        }
    }
}

fn refusals<T>(result: Result<T, AuthError>) -> Result<Result<T, Vec<UserError>>, ApiError> {
    match result.map_err(Failure::from) {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Refused(errors)) => Ok(Err(errors)),
        Err(Failure::Failed(error)) => Err(error),
    }
}
