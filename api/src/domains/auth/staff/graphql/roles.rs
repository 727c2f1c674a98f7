//! Other roles, and the end of somebody's work.

use async_graphql::{Context, ID, InputObject, Object};

use super::super::Staff;
use super::super::model::Change;
use super::object::StaffMember;
use super::query::find_staff;
use crate::actor::{Role, Scope};
use crate::error::{ApiError, Failure};
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::MembershipId;

/// Who gets which role.
#[derive(InputObject)]
pub struct StaffRoleSetInput {
    /// `tmb_…`
    id: ID,
    /// The new role; not above the caller's own: only an owner makes an owner.
    role: Role,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Whose work ends.
#[derive(InputObject)]
pub struct StaffRemoveInput {
    /// `tmb_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// Whose work begins anew.
#[derive(InputObject)]
pub struct StaffRestoreInput {
    /// `tmb_…`
    id: ID,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The person in the new role, or why it is the old one.
    StaffRoleSetPayload { staff_member: StaffMember }
    /// The person who was removed, or why they were not.
    StaffRemovePayload { staff_member: StaffMember }
    /// The person who is back, or why they are not.
    StaffRestorePayload { staff_member: StaffMember }
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct RoleMutation;

/// Changes what people are to the tenant.
#[Object]
impl RoleMutation {
    /// Gives somebody another role. It counts from within a second: access tokens made before are refused, and the
    /// next refresh brings the new role. Refuses with ROLE_ABOVE_OWN, and with LAST_OWNER where the tenant would have
    /// no owner left. For people, not for keys. Needs `staff:write` and a
    /// proof of the last five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["staff:write".to_owned()]))]
    async fn staff_role_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and what they are to be.")] input: StaffRoleSetInput,
    ) -> Result<StaffRoleSetPayload, ApiError> {
        let call = call(ctx, "staffRoleSet", input.idempotency_key.as_deref(), &input)?;
        change(ctx, &call, &input.id, Change::Role(input.role)).await
    }

    /// Ends somebody's work for the tenant, and their sessions in it within a second; the account stays, with what
    /// they are elsewhere. Refuses with ROLE_ABOVE_OWN, LAST_OWNER and STAFF_ENDED. For people, not for keys. Needs
    /// `staff:write` and a proof of the last five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["staff:write".to_owned()]))]
    async fn staff_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: StaffRemoveInput,
    ) -> Result<StaffRemovePayload, ApiError> {
        let call = call(ctx, "staffRemove", input.idempotency_key.as_deref(), &input)?;
        change(ctx, &call, &input.id, Change::End).await
    }

    /// Lets somebody who was removed work for the tenant again, in the role they had. Refuses with ROLE_ABOVE_OWN and
    /// ALREADY_STAFF. For people, not for keys. Needs `staff:write` and a
    /// proof of the last five minutes (`stepUp`).
    #[graphql(directive = requires_scopes::apply(vec!["staff:write".to_owned()]))]
    async fn staff_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: StaffRestoreInput,
    ) -> Result<StaffRestorePayload, ApiError> {
        let call = call(ctx, "staffRestore", input.idempotency_key.as_deref(), &input)?;
        change(ctx, &call, &input.id, Change::Restore).await
    }
}

async fn change<P: Payload<StaffMember>>(
    ctx: &Context<'_>,
    call: &Call,
    id: &ID,
    change: Change,
) -> Result<P, ApiError> {
    let result: Result<MembershipId, Failure> = match parse_input_id("id", id) {
        Ok(id) => ctx.service::<Staff>()?.change(ctx.actor()?, id, change, call).await,
        Err(error) => {
            // A malformed id is refused after the permission, like everything else about the input.
            ctx.actor()?.require_whole(Scope::StaffWrite)?;
            Err(Failure::Refused(vec![error]))
        }
    };
    let (id, user_errors) = settle(ctx, call, result)?;
    let staff_member = match id {
        Some(id) => find_staff(ctx, ctx.request()?.fresh_reader()?, id).await?,
        None => None,
    };
    Ok(P::new(staff_member, user_errors))
}
