//! Sessions as clients see them: going on, seeing and ending one's own.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::model::{Session as IssuedSession, SessionView, SignIn};
use crate::actor::UserActor;
use crate::domains::auth::Auth;
use crate::error::{ApiError, Failure, UserError};
use crate::graphql::context::ContextExt as _;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{call, settle};
use crate::graphql::scalars::DateTime;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;

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

/// A session of a person: where and when somebody signed in as them.
#[derive(SimpleObject)]
pub struct UserSession {
    /// `ses_…`
    id: ID,
    /// What the client called itself when last used, at most 200 characters: its `User-Agent`. Anybody can claim anything here.
    client: Option<String>,
    /// The network address it was last used from.
    address: Option<String>,
    /// When somebody signed in.
    created_at: DateTime,
    /// When its tokens were last refreshed.
    last_used_at: DateTime,
    /// When it ends unless it is refreshed before: 14 days after the last use, 90 days after sign-in at most.
    expires_at: DateTime,
    /// Whether it is the session that asks.
    is_current: bool,
}

impl UserSession {
    fn new(view: SessionView, actor: &UserActor) -> Self {
        Self {
            is_current: view.id == actor.session,
            id: view.id.into(),
            client: view.client,
            address: view.address,
            created_at: view.created_at.into(),
            last_used_at: view.last_used_at.into(),
            expires_at: view.expires_at.into(),
        }
    }
}

pub(in crate::domains::auth) async fn list_sessions(
    ctx: &Context<'_>,
    actor: &UserActor,
    reader: &TenantTx,
) -> Result<Vec<UserSession>, ApiError> {
    let views = ctx.service::<Auth>()?.sessions(actor, reader).await?;
    Ok(views.into_iter().map(|view| UserSession::new(view, actor)).collect())
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

/// Which session to end.
#[derive(InputObject)]
pub struct SessionRevokeInput {
    /// `ses_…`, one of the caller's own or, with `staff:write`, of anybody in the tenant.
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Nothing to choose: the sessions are the caller's.
#[derive(InputObject)]
pub struct SessionRevokeOthersInput {
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
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

/// The session that is over, or why it is not.
#[derive(SimpleObject)]
pub struct SessionRevokePayload {
    /// `ses_…`, over now, also when it had been before; null when refused.
    revoked_session_id: Option<ID>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The sessions that ended, or why none did.
#[derive(SimpleObject)]
pub struct SessionRevokeOthersPayload {
    /// `ses_…` of each; empty when there were no others, null when refused.
    revoked_session_ids: Option<Vec<ID>>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct SessionMutation;

/// Goes on with sessions and ends them.
#[Object]
impl SessionMutation {
    /// Exchanges a refresh token for new tokens. Needs no access token. An older refresh token than the
    /// newest ends the session with SESSION_INVALID; the one before it may be repeated for 30 seconds.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: SessionRefreshInput,
    ) -> Result<SessionRefreshPayload, ApiError> {
        let call = call(ctx, "sessionRefresh", input.idempotency_key.as_deref(), &input)?;
        match refusals(&call, ctx.service::<Auth>()?.refresh(&input.refresh_token, &call).await)? {
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
        let input = input.unwrap_or(SignOutInput { refresh_token: None, idempotency_key: None });
        let call = call(ctx, "signOut", input.idempotency_key.as_deref(), &input)?;
        let signed_out = ctx.service::<Auth>()?.sign_out(ctx.actor()?, input.refresh_token.as_deref(), &call).await;
        match refusals(&call, signed_out)? {
            Ok(()) => Ok(SignOutPayload { signed_out: true, user_errors: Vec::new() }),
            Err(user_errors) => Ok(SignOutPayload { signed_out: false, user_errors }),
        }
    }

    /// Ends one of the caller's own sessions, everywhere within a second. With `staff:write` it may be anybody's
    /// in the tenant; without, a session of somebody else is NOT_FOUND.
    async fn session_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: SessionRevokeInput,
    ) -> Result<SessionRevokePayload, ApiError> {
        let call = call(ctx, "sessionRevoke", input.idempotency_key.as_deref(), &input)?;
        let result = match parse_input_id("id", &input.id) {
            Ok(id) => ctx.service::<Auth>()?.session_revoke(ctx.actor()?, id, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (id, user_errors) = settle(ctx, &call, result)?;
        Ok(SessionRevokePayload { revoked_session_id: id.map(ID::from), user_errors })
    }

    /// Ends all of the caller's sessions in this tenant but the one that asks, everywhere within a second.
    async fn session_revoke_others(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing to choose; a key to repeat it by.")] input: Option<SessionRevokeOthersInput>,
    ) -> Result<SessionRevokeOthersPayload, ApiError> {
        let input = input.unwrap_or(SessionRevokeOthersInput { idempotency_key: None });
        let call = call(ctx, "sessionRevokeOthers", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Auth>()?.session_revoke_others(ctx.actor()?, &call).await;
        let (ids, user_errors) = settle(ctx, &call, result)?;
        let revoked_session_ids = ids.map(|ids| ids.into_iter().map(ID::from).collect());
        Ok(SessionRevokeOthersPayload { revoked_session_ids, user_errors })
    }
}

/// Splits a result that is not remembered under a key: refusals for the payload, failures on up.
pub(in crate::domains::auth) fn refusals<T, E: Into<Failure>>(
    call: &Call,
    result: Result<T, E>,
) -> Result<Result<T, Vec<UserError>>, ApiError> {
    match result.map_err(Into::into) {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Refused(errors)) => {
            call.note_refusal(&errors);
            Ok(Err(errors))
        }
        Err(Failure::Failed(error)) => Err(error),
    }
}
