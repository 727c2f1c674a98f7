//! Use cases: starting a session, going on with it, seeing and ending one's own.

use futures_util::FutureExt as _;

use super::TouchedSessions;
use super::model::{
    ACCESS_LIFE, EndReason, Place, REMEMBERED_FOR, Refresh, Session, SessionOwner, SessionRow, SessionView, SignIn,
    decide_refresh, surplus,
};
use super::service_state::{actor_of, note_ended};
use super::store;
use crate::actor::{Actor, Scope, UserActor};
use crate::domains::auth::{Auth, AuthError, store as accounts};
use crate::error::{ApiError, Denied, Failure, UserErrorCode};
use crate::platform::audit::{Ended, Entry, Subject};
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::SessionId;
use crate::platform::origin::Origin;

impl Auth {
    /// Starts a session for somebody who has proved who they are.
    pub async fn start_session(&self, owner: SessionOwner, call: &Call) -> Result<SignIn, AuthError> {
        let tx = self.platform.db.write(Actor::System(owner.tenant).home().map_err(ApiError::from)?).await?;
        let (signed_in, touched) = self.start_session_in(&tx, owner, call.origin()).await?;
        self.commit_of(tx, &signed_in.actor, call).await?;
        self.announce(touched).await;
        Ok(signed_in)
    }

    /// The same in the transaction of the proof; those that it touched are to be announced.
    pub(in crate::domains::auth) async fn start_session_in(
        &self,
        tx: &TenantTx,
        owner: SessionOwner,
        origin: &Origin,
    ) -> Result<(SignIn, TouchedSessions), AuthError> {
        let now = self.platform.clock.now();
        // Held to the end: of sign-ins at the same time each sees the sessions of those before.
        let membership = accounts::lock_membership(tx, owner.membership).await?;
        let unchanged = |present: &accounts::Membership| present.is_active && present.epoch == owner.epoch;
        let membership = membership.filter(unchanged).ok_or_else(|| {
            // The password or the role that was looked at before is not theirs any more.
            ApiError::unavailable("the account changed while it signed in")
        })?;
        let too_many = surplus(store::list_live(tx, owner.user, now).await?);
        store::end(tx, &too_many, EndReason::TooMany, now).await?;
        store::delete_before(tx, owner.user, now - REMEMBERED_FOR).await?;
        let session = SessionRow::starting(self.platform.new_id(), owner, membership.role, now);
        store::insert(tx, &session, place(origin)).await?;
        let actor = actor_of(&self.tenants, tx, &session).await?;
        let signed_in = SignIn { session: self.issue(&session, session.generation)?, actor };
        Ok((signed_in, TouchedSessions::ended_in(owner.tenant, too_many)))
    }

    /// Gives the next pair of tokens for a refresh token, or ends the session if an old one comes back.
    pub async fn refresh(&self, token: &str, call: &Call) -> Result<SignIn, AuthError> {
        let token = self.tokens.read_refresh_token(token).ok_or(AuthError::SessionInvalid)?;
        let tx = self.platform.db.write(Actor::System(token.tenant).home().map_err(ApiError::from)?).await?;
        let session = store::lock(&tx, token.session).await?.ok_or(AuthError::SessionInvalid)?;
        let now = self.platform.clock.now();
        let generation = match decide_refresh(&session, token.generation, now) {
            Refresh::Rotate => {
                store::rotate(&tx, &session, place(call.origin()), now).await?;
                session.generation + 1
            }
            Refresh::Repeat => session.generation,
            Refresh::Ended => return self.refuse_refresh(tx, &session, call).await,
            Refresh::Reused => {
                store::end(&tx, &[session.id], EndReason::RefreshTokenReused, now).await?;
                // The request fails, and what it found out stays.
                let refused = self.refuse_refresh(tx, &session, call).await;
                note_ended(&self.platform, session.tenant, session.id).await;
                tracing::warn!(session.id = %session.id, "session.refresh_token_reused");
                return refused;
            }
        };
        let actor = actor_of(&self.tenants, &tx, &session).await?;
        self.commit_of(tx, &actor, call).await?;
        Ok(SignIn { session: self.issue(&session, generation)?, actor })
    }

    /// Commits what was found out about a token that is ours and good for nothing.
    async fn refuse_refresh(&self, tx: TenantTx, session: &SessionRow, call: &Call) -> Result<SignIn, AuthError> {
        let actor = Actor::User(actor_of(&self.tenants, &tx, session).await?);
        let call = call.clone().about(Subject::of(session.id));
        let ended = Ended::Refused(vec![UserErrorCode::SessionInvalid]);
        self.platform.commit_recorded(tx, Entry { actor: &actor, call: &call, ended }).await?;
        Err(AuthError::SessionInvalid)
    }

    /// Commits what somebody did whose session is the only thing that says who they are.
    pub(in crate::domains::auth) async fn commit_of(
        &self,
        tx: TenantTx,
        user: &UserActor,
        call: &Call,
    ) -> Result<(), ApiError> {
        let (actor, ended) = (Actor::User(user.clone()), Ended::Succeeded(Subject::of(user.session)));
        self.platform.commit_recorded(tx, Entry { actor: &actor, call, ended }).await
    }

    /// Gives the caller's own session its next tokens, in the transaction of what made the present ones worthless.
    pub(in crate::domains::auth) async fn renew_in(
        &self,
        tx: &TenantTx,
        actor: &UserActor,
        origin: &Origin,
    ) -> Result<Session, AuthError> {
        let now = self.platform.clock.now();
        let session = store::lock(tx, actor.session).await?.filter(|session| session.is_live(now));
        let session = session.ok_or(Denied::Unauthenticated).map_err(ApiError::from)?;
        store::rotate(tx, &session, place(origin), now).await?;
        Ok(self.issue(&session, session.generation + 1)?)
    }

    fn issue(&self, session: &SessionRow, generation: i32) -> Result<Session, ApiError> {
        let now = self.platform.clock.now();
        let expires_at = now + ACCESS_LIFE;
        Ok(Session {
            access_token: self.tokens.sign(session, now, expires_at)?,
            refresh_token: self.tokens.refresh_token(session.tenant, session.id, generation),
            expires_at,
        })
    }

    /// Ends the session of the refresh token, or else the caller's own.
    pub async fn sign_out(&self, actor: &Actor, refresh_token: Option<&str>, call: &Call) -> Result<(), AuthError> {
        let (tenant, session) = match refresh_token {
            Some(token) => {
                let token = self.tokens.read_refresh_token(token).ok_or(AuthError::SessionInvalid)?;
                (token.tenant, token.session)
            }
            None => {
                actor.home_before_factor().map_err(ApiError::from)?;
                let user = actor.user().ok_or(AuthError::SessionInvalid)?;
                (user.tenant, user.session)
            }
        };
        let tx = self.platform.db.write(Actor::System(tenant).home().map_err(ApiError::from)?).await?;
        store::end(&tx, &[session], EndReason::SignedOut, self.platform.clock.now()).await?;
        let ended = Ended::Succeeded(Subject::of(session));
        self.platform.commit_recorded(tx, Entry { actor, call, ended }).await?;
        note_ended(&self.platform, tenant, session).await;
        Ok(())
    }

    /// A person's own live sessions in the tenant of the transaction, the one used last first.
    pub async fn sessions(&self, actor: &UserActor, tx: &TenantTx) -> Result<Vec<SessionView>, ApiError> {
        store::list_live(tx, actor.user, self.platform.clock.now()).await
    }

    /// Ends a session of the caller, or of a colleague with `staff:write`; that it was over before is no failure.
    pub async fn session_revoke(&self, actor: &Actor, id: SessionId, call: &Call) -> Result<SessionId, Failure> {
        let scope = actor.home()?;
        let own = actor.user().ok_or(Denied::PeopleOnly)?.user;
        let may_end_all = actor.require(Scope::StaffWrite).is_ok();
        let now = self.platform.clock.now();
        let ended: TouchedSessions = self
            .platform
            .once(scope, (actor, call), |tx| {
                async move {
                    let session = store::lock(tx, id).await?;
                    let session = session.filter(|session| may_end_all || own == session.user);
                    let session = session.ok_or(AuthError::SessionUnknown)?;
                    store::end(tx, &[session.id], EndReason::Revoked, now).await?;
                    Ok::<_, AuthError>(TouchedSessions::ended_in(tx.tenant(), vec![session.id]))
                }
                .boxed()
            })
            .await?;
        self.announce(ended).await;
        Ok(id)
    }

    /// Ends the caller's other sessions in this tenant.
    pub async fn session_revoke_others(&self, actor: &Actor, call: &Call) -> Result<Vec<SessionId>, Failure> {
        let scope = actor.home()?;
        let (user, own) = actor.user().map(|user| (user.user, user.session)).ok_or(Denied::PeopleOnly)?;
        let now = self.platform.clock.now();
        let ended: TouchedSessions = self
            .platform
            .once(scope, (actor, call), |tx| {
                async move {
                    let live = store::list_live(tx, user, now).await?;
                    let others: Vec<_> = live.into_iter().map(|view| view.id).filter(|id| *id != own).collect();
                    store::end(tx, &others, EndReason::Revoked, now).await?;
                    Ok::<_, AuthError>(TouchedSessions::ended_in(tx.tenant(), others))
                }
                .boxed()
            })
            .await?;
        let ids = ended.ended_ids();
        self.announce(ended).await;
        Ok(ids)
    }
}

fn place(origin: &Origin) -> Place {
    Place { client: origin.user_agent.clone(), address: origin.address.to_string() }
}
