//! One's own account: a forgotten password, and the tenants one works for.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::Staff;
use super::super::model::Workplace;
use super::super::service_resets::PasswordReset;
use crate::actor::Role;
use crate::domains::auth::Auth;
use crate::domains::auth::graphql::{Tenant, Viewer};
use crate::domains::auth::sessions::graphql::{Session, refusals};
use crate::error::{ApiError, UserError};
use crate::graphql::context::ContextExt as _;
use crate::graphql::mutation::call;
use crate::platform::locale::Locale;

/// A tenant that the signed-in person works for.
#[derive(SimpleObject)]
pub struct ViewerTenant {
    /// Which.
    tenant: Tenant,
    /// As what.
    role: Role,
}

impl From<Workplace> for ViewerTenant {
    fn from(place: Workplace) -> Self {
        Self { tenant: place.tenant.into(), role: place.role }
    }
}

/// Whose password was forgotten.
#[derive(InputObject)]
pub struct PasswordResetRequestInput {
    /// The address of the account.
    email: String,
    /// The language of the letter; ZH_CN unless told otherwise.
    locale: Option<Locale>,
    /// Accepted as everywhere, 1 to 255 characters, and not needed: what a request does is not told.
    idempotency_key: Option<String>,
}

/// A new password, and the right to set it.
#[derive(InputObject)]
pub struct PasswordResetInput {
    /// The secret of the letter's link: what follows `#reset=`.
    #[graphql(secret)]
    token: String,
    /// 8 to 128 characters, and none of the common ones.
    #[graphql(secret)]
    new_password: String,
    /// Accepted as everywhere, 1 to 255 characters, and not needed: a link works once.
    idempotency_key: Option<String>,
}

/// Where to go.
#[derive(InputObject)]
pub struct TenantSwitchInput {
    /// The tenant's slug, one of `viewer { tenants }`.
    tenant: String,
    /// Accepted as everywhere, 1 to 255 characters, but tokens are not kept: a repeated switch is another session.
    idempotency_key: Option<String>,
}

/// That the request was heard; not whether there is such an account.
#[derive(SimpleObject)]
pub struct PasswordResetRequestPayload {
    /// True for every address: if it has an account, a letter is on its way.
    accepted: bool,
    /// Why no letter goes to anybody: this installation sends none. Empty otherwise.
    user_errors: Vec<UserError>,
}

/// Whether the password is the new one.
#[derive(SimpleObject)]
pub struct PasswordResetPayload {
    /// True when it is: sign in with it.
    changed: bool,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

/// A session in the other tenant, or why there is none.
#[derive(SimpleObject)]
pub struct TenantSwitchPayload {
    /// The tokens; null when refused.
    session: Option<Session>,
    /// Who one is there; null when refused.
    viewer: Option<Viewer>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// The slice's part of the mutation root that is about oneself.
#[derive(Default)]
pub struct AccountMutation;

/// Changes one's own account, and where one works.
#[Object]
impl AccountMutation {
    /// Sends a letter with a link to a new password, good for 30 minutes and once, if the address has an account.
    /// Needs no session; the answer is the same for every address. THROTTLED after a few for one address.
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose password.")] input: PasswordResetRequestInput,
    ) -> Result<PasswordResetRequestPayload, ApiError> {
        let call = call(ctx, "passwordResetRequest", input.idempotency_key.as_deref(), &input)?;
        let (origin, locale) = (call.origin(), input.locale.unwrap_or(Locale::ZhCn));
        let result = ctx.service::<Staff>()?.request_password_reset(&input.email, locale, origin).await;
        Ok(match refusals(&call, result)? {
            Ok(()) => PasswordResetRequestPayload { accepted: true, user_errors: Vec::new() },
            Err(user_errors) => PasswordResetRequestPayload { accepted: false, user_errors },
        })
    }

    /// Sets a password by a letter's link. Every session of the account ends, in all tenants; a second factor stays
    /// as it is. Needs no session. Refuses with LINK_INVALID when the link was used, is too old, or the password has
    /// changed since.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By which link, and which password.")] input: PasswordResetInput,
    ) -> Result<PasswordResetPayload, ApiError> {
        let call = call(ctx, "passwordReset", input.idempotency_key.as_deref(), &input)?;
        let reset = PasswordReset { token: input.token, new_password: input.new_password };
        Ok(match refusals(&call, ctx.service::<Staff>()?.reset_password(reset, &call).await)? {
            Ok(()) => PasswordResetPayload { changed: true, user_errors: Vec::new() },
            Err(user_errors) => PasswordResetPayload { changed: false, user_errors },
        })
    }

    /// Starts a session in another tenant that the signed-in person works for; the one in this tenant goes on.
    /// Refuses with NOT_FOUND, whether there is no such tenant or they do not work there.
    async fn tenant_switch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: TenantSwitchInput,
    ) -> Result<TenantSwitchPayload, ApiError> {
        let call = call(ctx, "tenantSwitch", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Staff>()?.switch_tenant(ctx.actor()?, &input.tenant, &call).await;
        match refusals(&call, result)? {
            Ok(signed_in) => {
                let viewer = Some(Viewer::of_sign_in(ctx.service::<Auth>()?, &signed_in).await?);
                let session = Some(signed_in.session.into());
                Ok(TenantSwitchPayload { session, viewer, user_errors: Vec::new() })
            }
            Err(user_errors) => Ok(TenantSwitchPayload { session: None, viewer: None, user_errors }),
        }
    }
}
