//! Second factors as clients see them: getting, proving, renewing and losing one's own.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{Challenge, SecondFactor as Factor, StepUp};
use crate::actor::UserActor;
use crate::domains::auth::Auth;
use crate::domains::auth::graphql::Viewer;
use crate::domains::auth::sessions::graphql::Session;
use crate::error::{ApiError, Failure, UserError, UserErrorCode};
use crate::graphql::context::ContextExt as _;
use crate::graphql::mutation::{call, settle};
use crate::graphql::scalars::DateTime;
use crate::platform::db::TenantTx;

/// What a person has besides their password.
#[derive(SimpleObject)]
pub struct SecondFactor {
    /// Whether sign-in asks for a code.
    is_active: bool,
    /// Since when; null without one.
    confirmed_at: Option<DateTime>,
    /// Recovery codes that have not been used, of ten.
    recovery_codes_left: i32,
    /// Whether the tenant asks everybody for a second factor: without one there is nothing to do here but get it.
    is_required: bool,
}

impl From<Factor> for SecondFactor {
    fn from(factor: Factor) -> Self {
        Self {
            is_active: factor.confirmed_at.is_some(),
            confirmed_at: factor.confirmed_at.map(Into::into),
            recovery_codes_left: i32::try_from(factor.recovery_codes_left).unwrap_or(i32::MAX),
            is_required: factor.is_required,
        }
    }
}

pub(in crate::domains::auth) async fn second_factor(
    ctx: &Context<'_>,
    actor: &UserActor,
    reader: &TenantTx,
) -> Result<SecondFactor, ApiError> {
    Ok(ctx.service::<Auth>()?.second_factor(actor, reader).await?.into())
}

/// The right password of somebody whose second factor is still to be shown.
#[derive(SimpleObject)]
pub struct SignInChallenge {
    /// For `signInConfirm`, together with a code. Keep it secret.
    token: String,
    /// When it is good for nothing any more: five minutes after the password.
    expires_at: DateTime,
}

impl From<Challenge> for SignInChallenge {
    fn from(challenge: Challenge) -> Self {
        Self { token: challenge.token, expires_at: challenge.expires_at.into() }
    }
}

/// A secret for an authenticator; nobody can ask for it again.
#[derive(SimpleObject)]
pub struct SecondFactorEnrolment {
    /// For typing into the authenticator: base32.
    secret: String,
    /// For a QR code: `otpauth://totp/…`.
    uri: String,
}

/// The answer to a challenge.
#[derive(InputObject)]
pub struct SignInConfirmInput {
    /// The `token` of the challenge.
    #[graphql(secret)]
    challenge_token: String,
    /// Six digits of the authenticator, or a recovery code.
    #[graphql(secret)]
    code: String,
    /// Accepted as everywhere, 1 to 255 characters, but tokens are not kept: a repeated code is refused.
    idempotency_key: Option<String>,
}

/// How to prove that the session was not left open.
#[derive(InputObject)]
pub struct SecondFactorEnrolInput {
    /// The account's password. Not needed within five minutes of sign-in or `stepUp`.
    #[graphql(secret)]
    password: Option<String>,
    /// Accepted as everywhere, 1 to 255 characters, but secrets are not kept: a repeated enrolment is another secret.
    idempotency_key: Option<String>,
}

/// The first code.
#[derive(InputObject)]
pub struct SecondFactorConfirmInput {
    /// Six digits of the authenticator.
    #[graphql(secret)]
    code: String,
    /// Accepted as everywhere, 1 to 255 characters, but codes are not kept: a repeated one is refused.
    idempotency_key: Option<String>,
}

/// The last code.
#[derive(InputObject)]
pub struct SecondFactorRemoveInput {
    /// Six digits of the authenticator, or a recovery code.
    #[graphql(secret)]
    code: String,
    /// Accepted as everywhere, 1 to 255 characters, but codes are not kept: a repeated one is refused.
    idempotency_key: Option<String>,
}

/// Who asks for new recovery codes.
#[derive(InputObject)]
pub struct RecoveryCodesRenewInput {
    /// Six digits of the authenticator, or a recovery code.
    #[graphql(secret)]
    code: String,
    /// Accepted as everywhere, 1 to 255 characters, but codes are not kept: a repeated one is refused.
    idempotency_key: Option<String>,
}

/// One proof: the code with a second factor, the password without one.
#[derive(InputObject)]
pub struct StepUpInput {
    /// Six digits of the authenticator, or a recovery code.
    #[graphql(secret)]
    code: Option<String>,
    /// The account's password.
    #[graphql(secret)]
    password: Option<String>,
    /// Accepted as everywhere, 1 to 255 characters, but codes are not kept: a repeated one is refused.
    idempotency_key: Option<String>,
}

impl StepUpInput {
    fn proof(self) -> Result<StepUp, UserError> {
        match (self.code, self.password) {
            (Some(code), None) => Ok(StepUp::Code(code)),
            (None, Some(password)) => Ok(StepUp::Password(password)),
            (Some(_), Some(_)) => Err(UserError::at("password", UserErrorCode::Invalid, "Give one of the two.")),
            (None, None) => Err(UserError::at("code", UserErrorCode::Required, "Give the code, or the password.")),
        }
    }
}

/// A session, or why there is none.
#[derive(SimpleObject)]
pub struct SignInConfirmPayload {
    /// The tokens; null when refused.
    session: Option<Session>,
    /// Who is signed in now; null when refused.
    viewer: Option<Viewer>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A secret, or why there is none.
#[derive(SimpleObject)]
pub struct SecondFactorEnrolPayload {
    /// The secret, good for fifteen minutes; null when refused.
    enrolment: Option<SecondFactorEnrolment>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// Recovery codes, or why the factor is not in force.
#[derive(SimpleObject)]
pub struct SecondFactorConfirmPayload {
    /// Ten codes, each good once in the place of the authenticator's. Shown now and never again; null when refused.
    recovery_codes: Option<Vec<String>>,
    /// New tokens of the caller's own session, since the old ones are good for nothing; null when refused.
    session: Option<Session>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

/// The caller's session after the change, or why nothing was changed.
#[derive(SimpleObject)]
pub struct SecondFactorRemovePayload {
    /// New tokens of the caller's own session, since the old ones are good for nothing; null when refused.
    session: Option<Session>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

/// Recovery codes, or why those before are still the ones.
#[derive(SimpleObject)]
pub struct RecoveryCodesRenewPayload {
    /// Ten codes, each good once. Shown now and never again; null when refused.
    recovery_codes: Option<Vec<String>>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

/// How long the proof lasts, or why it is none.
#[derive(SimpleObject)]
pub struct StepUpPayload {
    /// Until when this session may do what needs a fresh proof: five minutes; null when refused.
    expires_at: Option<DateTime>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct FactorMutation;

/// Proves second factors, and gives and takes them.
#[Object]
impl FactorMutation {
    /// Ends a sign-in that `signIn` answered with a challenge. Needs no session. Refuses with CHALLENGE_INVALID what is
    /// too old, was made before the account changed, or was never ours, and with CODE_INVALID a code that is wrong or
    /// used. Wrong codes are counted for the person; after too many it fails with THROTTLED.
    async fn sign_in_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The challenge and the code.")] input: SignInConfirmInput,
    ) -> Result<SignInConfirmPayload, ApiError> {
        let call = call(ctx, "signInConfirm", input.idempotency_key.as_deref(), &input)?;
        let auth = ctx.service::<Auth>()?;
        let result = auth.sign_in_confirm(&input.challenge_token, &input.code, &call).await;
        let (signed_in, user_errors) = settle(ctx, &call, result.map_err(Into::into))?;
        let viewer = match &signed_in {
            Some(signed_in) => Some(Viewer::of_sign_in(auth, signed_in).await?),
            None => None,
        };
        let session = signed_in.map(|signed_in| signed_in.session.into());
        Ok(SignInConfirmPayload { session, viewer, user_errors })
    }

    /// Proves again who the caller is, for five minutes and this session. Operations that need that answer
    /// STEP_UP_REQUIRED without it. Signing in counts as one. With a second factor it takes a code, without one the
    /// password. Wrong ones are counted; after too many it fails with THROTTLED.
    async fn step_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof.")] input: StepUpInput,
    ) -> Result<StepUpPayload, ApiError> {
        let (call, actor) = (call(ctx, "stepUp", input.idempotency_key.as_deref(), &input)?, ctx.actor()?);
        let result = match input.proof() {
            Ok(proof) => ctx.service::<Auth>()?.step_up(actor, proof, &call).await.map_err(Into::into),
            Err(error) => Err(actor.home_before_factor().map_or_else(Into::into, |_| Failure::Refused(vec![error]))),
        };
        let (expires_at, user_errors) = settle(ctx, &call, result)?;
        Ok(StepUpPayload { expires_at: expires_at.map(Into::into), user_errors })
    }

    /// Makes a secret for the caller's authenticator. Sign-in asks for its codes only after `secondFactorConfirm`. Needs
    /// the password, or a fresh sign-in or `stepUp`.
    async fn second_factor_enrol(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How to prove that the session was not left open.")] input: Option<SecondFactorEnrolInput>,
    ) -> Result<SecondFactorEnrolPayload, ApiError> {
        let input = input.unwrap_or(SecondFactorEnrolInput { password: None, idempotency_key: None });
        let call = call(ctx, "secondFactorEnrol", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Auth>()?.second_factor_enrol(ctx.actor()?, input.password, &call).await;
        let (made, user_errors) = settle(ctx, &call, result.map_err(Into::into))?;
        let enrolment = made.map(|made| SecondFactorEnrolment { secret: made.secret, uri: made.uri });
        Ok(SecondFactorEnrolPayload { enrolment, user_errors })
    }

    /// Puts the caller's second factor in force, in all tenants, by the first code of the secret. Every session of the
    /// account ends within a second but the caller's own, which goes on with the tokens of the answer.
    async fn second_factor_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first code.")] input: SecondFactorConfirmInput,
    ) -> Result<SecondFactorConfirmPayload, ApiError> {
        let call = call(ctx, "secondFactorConfirm", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Auth>()?.second_factor_confirm(ctx.actor()?, &input.code, &call).await;
        let (confirmed, user_errors) = settle(ctx, &call, result.map_err(Into::into))?;
        let (recovery_codes, session) =
            confirmed.map(|confirmed| (confirmed.recovery_codes, confirmed.session.into())).unzip();
        Ok(SecondFactorConfirmPayload { recovery_codes, session, user_errors })
    }

    /// Takes the caller's second factor away, in all tenants. The code is the fresh proof that this needs. Every session
    /// of the account ends but the caller's own, which goes on with the tokens of the answer.
    async fn second_factor_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last code.")] input: SecondFactorRemoveInput,
    ) -> Result<SecondFactorRemovePayload, ApiError> {
        let call = call(ctx, "secondFactorRemove", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Auth>()?.second_factor_remove(ctx.actor()?, &input.code, &call).await;
        let (session, user_errors) = settle(ctx, &call, result.map_err(Into::into))?;
        Ok(SecondFactorRemovePayload { session: session.map(Into::into), user_errors })
    }

    /// Gives the caller ten new recovery codes; those before are good for nothing any more. The code is the fresh proof
    /// that this needs.
    async fn recovery_codes_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who asks.")] input: RecoveryCodesRenewInput,
    ) -> Result<RecoveryCodesRenewPayload, ApiError> {
        let call = call(ctx, "recoveryCodesRenew", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Auth>()?.recovery_codes_renew(ctx.actor()?, &input.code, &call).await;
        let (renewed, user_errors) = settle(ctx, &call, result.map_err(Into::into))?;
        Ok(RecoveryCodesRenewPayload { recovery_codes: renewed.map(|renewed| renewed.recovery_codes), user_errors })
    }
}
