//! Accepting an invitation.

use async_graphql::{Context, InputObject, Object};

use super::super::Staff;
use super::super::service_acceptance::Acceptance;
use crate::domains::auth::graphql::Tenant;
use crate::error::ApiError;
use crate::graphql::context::ContextExt as _;
use crate::graphql::mutation::{Payload as _, call, settle};
use crate::payloads;

/// How somebody accepts an invitation.
#[derive(InputObject)]
pub struct InvitationAcceptInput {
    /// The secret of the letter's link: what follows `#invitation=`.
    #[graphql(secret)]
    token: String,
    /// For an address without an account: the password of the account that this makes, 8 to 128 characters. For one
    /// with an account: its password; not needed when its owner is signed in.
    #[graphql(secret)]
    password: Option<String>,
    /// Another name than the one invited by, 1 to 80 characters.
    display_name: Option<String>,
    /// Accepted as everywhere, 1 to 255 characters, and not needed: a link works once.
    idempotency_key: Option<String>,
}

payloads! {
    /// Where the person works now, or why they do not.
    InvitationAcceptPayload { tenant: Tenant }
}

/// The slice's part of the mutation root that needs no session.
#[derive(Default)]
pub struct AcceptanceMutation;

/// Answers letters.
#[Object]
impl AcceptanceMutation {
    /// Joins the tenant that sent the letter, once. Needs no session; starts none: sign in afterwards. Refuses with
    /// LINK_INVALID when the link was used, replaced, taken back or is too old, and with CREDENTIALS_INVALID when
    /// the address has an account that was not proved by its password or by being signed in.
    async fn invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By which link, and with what.")] input: InvitationAcceptInput,
    ) -> Result<InvitationAcceptPayload, ApiError> {
        let call = call(ctx, "invitationAccept", input.idempotency_key.as_deref(), &input)?;
        let acceptance = Acceptance { token: input.token, password: input.password, display_name: input.display_name };
        let request = ctx.request()?;
        let result = ctx.service::<Staff>()?.accept((request.actor(), &call), acceptance).await;
        let (tenant, user_errors) = settle(ctx, &call, result)?;
        Ok(InvitationAcceptPayload::new(tenant.map(Tenant::from), user_errors))
    }
}
