//! Inviting, sending again, taking back.

use async_graphql::{Context, ID, InputObject, Object};

use super::super::Staff;
use super::super::model::Draft;
use super::object::Invitation;
use super::query::find_invitation;
use crate::actor::{Role, Scope};
use crate::error::{ApiError, Failure, UserError};
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::InvitationId;
use crate::platform::locale::Locale;

/// Somebody who is to work for the tenant.
#[derive(InputObject)]
pub struct StaffInviteInput {
    /// Where the letter goes, and what they will sign in with.
    email: String,
    /// Their name in the tenant, 1 to 80 characters, unless they choose another.
    display_name: String,
    /// What they are to be; not above the caller's own role: only an owner makes an owner.
    role: Role,
    /// The language of the letter; that of the tenant's country unless told otherwise.
    locale: Option<Locale>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

impl From<StaffInviteInput> for Draft {
    fn from(input: StaffInviteInput) -> Self {
        Self { email: input.email, display_name: input.display_name, role: input.role, locale: input.locale }
    }
}

/// Which invitation to send again.
#[derive(InputObject)]
pub struct InvitationResendInput {
    /// `inv_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Which invitation to take back.
#[derive(InputObject)]
pub struct InvitationRevokeInput {
    /// `inv_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The invitation, or why there is none.
    StaffInvitePayload { invitation: Invitation }
    /// The invitation with its new end, or why it was not sent.
    InvitationResendPayload { invitation: Invitation }
    /// The invitation that is none any more, or why it stays.
    InvitationRevokePayload { invitation: Invitation }
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct InvitationMutation;

/// Invites people.
#[Object]
impl InvitationMutation {
    /// Sends somebody a letter with a link by which they join the tenant within 7 days. The answer is the same
    /// whether the address has an account elsewhere or not. Refuses with ALREADY_STAFF, ALREADY_INVITED,
    /// ROLE_ABOVE_OWN, and MAIL_NOT_CONFIGURED where the installation sends no mail. For people, not for keys.
    /// Needs `staff:write` and a proof of the last
    /// five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["staff:write".to_owned()]))]
    async fn staff_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and as what.")] input: StaffInviteInput,
    ) -> Result<StaffInvitePayload, ApiError> {
        let call = call(ctx, "staffInvite", input.idempotency_key.as_deref(), &input)?;
        let result = ctx.service::<Staff>()?.invite(ctx.actor()?, input.into(), &call).await;
        payload(ctx, &call, result).await
    }

    /// Sends an invitation again, for another 7 days; the link of the letter before is void. Refuses with
    /// INVITATION_CLOSED when it was accepted or revoked. Needs `staff:write` and a proof of the last
    /// five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["staff:write".to_owned()]))]
    async fn invitation_resend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: InvitationResendInput,
    ) -> Result<InvitationResendPayload, ApiError> {
        let call = call(ctx, "invitationResend", input.idempotency_key.as_deref(), &input)?;
        let result = match parse_input_id("id", &input.id) {
            Ok(id) => ctx.service::<Staff>()?.invitation_resend(ctx.actor()?, id, &call).await,
            Err(error) => refuse(ctx, error),
        };
        payload(ctx, &call, result).await
    }

    /// Takes an invitation back; its link is void at once. Refuses with INVITATION_CLOSED when it was accepted or
    /// revoked. Needs `staff:write`.
    #[graphql(directive = requires_scopes::apply(vec!["staff:write".to_owned()]))]
    async fn invitation_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: InvitationRevokeInput,
    ) -> Result<InvitationRevokePayload, ApiError> {
        let call = call(ctx, "invitationRevoke", input.idempotency_key.as_deref(), &input)?;
        let result = match parse_input_id("id", &input.id) {
            Ok(id) => ctx.service::<Staff>()?.invitation_revoke(ctx.actor()?, id, &call).await,
            Err(error) => refuse(ctx, error),
        };
        payload(ctx, &call, result).await
    }
}

/// A malformed id is refused after the permission, like everything else about the input.
fn refuse(ctx: &Context<'_>, error: UserError) -> Result<InvitationId, Failure> {
    ctx.actor()?.require_whole(Scope::StaffWrite)?;
    Err(Failure::Refused(vec![error]))
}

async fn payload<P: Payload<Invitation>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<InvitationId, Failure>,
) -> Result<P, ApiError> {
    let (id, user_errors) = settle(ctx, call, result)?;
    let invitation = match id {
        Some(id) => find_invitation(ctx, ctx.request()?.fresh_reader()?, id).await?,
        None => None,
    };
    Ok(P::new(invitation, user_errors))
}
