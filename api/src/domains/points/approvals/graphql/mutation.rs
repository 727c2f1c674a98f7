//! Setting the limit, and deciding on what waits.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::super::service_asking::Asked;
use super::object::PointsApproval;
use super::query::{find_asked, policy};
use crate::actor::Scope;
use crate::domains::points::Points;
use crate::domains::tenants::graphql::PointsPolicy;
use crate::error::{ApiError, Failure};
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::scalars::BigInt;
use crate::payloads;
use crate::platform::idempotency::Call;

/// What is to hold for points from now on; what is left out stays.
#[derive(InputObject)]
pub struct PointsPolicyUpdateInput {
    /// The most points that are given to a member by hand within 24 hours without a second person's approval, and the
    /// most that are taken so, or go to other members, 0 to 1,000,000,000; null for as many as anybody likes.
    approval_above: MaybeUndefined<BigInt>,
    /// Whether members may give each other points.
    transfers_enabled: Option<bool>,
    /// The same key and input have one effect. 1 to 255 characters.
    idempotency_key: String,
}

/// The request to be approved.
#[derive(InputObject)]
pub struct PointsApprovalApproveInput {
    /// `apr_…`, in the state PENDING.
    approval_id: ID,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    idempotency_key: String,
}

/// The request to be rejected.
#[derive(InputObject)]
pub struct PointsApprovalRejectInput {
    /// `apr_…`, in the state PENDING.
    approval_id: ID,
    /// Why, 1 to 200 characters. Members do not see it.
    reason: String,
    /// The same key and input have one effect. 1 to 255 characters.
    idempotency_key: String,
}

/// The request to be taken back.
#[derive(InputObject)]
pub struct PointsApprovalWithdrawInput {
    /// `apr_…`, in the state PENDING.
    approval_id: ID,
    /// The same key and input have one effect. 1 to 255 characters.
    idempotency_key: String,
}

payloads! {
    /// The policy, or why it was not changed.
    PointsPolicyUpdatePayload { points_policy: PointsPolicy }
    /// The request with what was posted by it, or why nothing was.
    PointsApprovalApprovePayload { approval: PointsApproval }
    /// The request, or why it was not rejected.
    PointsApprovalRejectPayload { approval: PointsApproval }
    /// The request, or why it was not taken back.
    PointsApprovalWithdrawPayload { approval: PointsApproval }
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct ApprovalMutation;

/// Sets the limit, and decides on requests.
#[Object]
impl ApprovalMutation {
    /// Changes above how many points by hand a second person has to approve, and whether members may give each other
    /// points. What waits already keeps waiting. A person must have proved within five minutes who they are. Needs
    /// `tenant:write`.
    #[graphql(directive = requires_scopes::apply(vec!["tenant:write".to_owned()]))]
    async fn points_policy_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to hold.")] input: PointsPolicyUpdateInput,
    ) -> Result<PointsPolicyUpdatePayload, ApiError> {
        let call = call(ctx, "pointsPolicyUpdate", Some(&input.idempotency_key), &input)?;
        let limit = match input.approval_above {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(limit) => Some(Some(limit.0)),
        };
        let transfers = input.transfers_enabled;
        let result = ctx.service::<Points>()?.policy_update(ctx.actor()?, (limit, transfers), &call).await;
        let (changed, user_errors) = settle(ctx, &call, result)?;
        let shown = match changed {
            Some(_) => Some(policy(ctx, ctx.request()?.fresh_reader()?.as_ref()).await?),
            None => None,
        };
        Ok(PointsPolicyUpdatePayload::new(shown, user_errors))
    }

    /// Posts points that somebody else asked for, as of now: what the ledger refuses today is refused, and the request
    /// stays as it is. SELF_APPROVAL for whoever asked, and for those who were given a secret of the key that did. Only
    /// for people, who must have proved within five minutes who they are. Needs `points:approve`.
    #[graphql(directive = requires_scopes::apply(vec!["points:approve".to_owned()]))]
    async fn points_approval_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request.")] input: PointsApprovalApproveInput,
    ) -> Result<PointsApprovalApprovePayload, ApiError> {
        let call = call(ctx, "pointsApprovalApprove", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsApprove)?;
        let result = match parse_input_id("approvalId", &input.approval_id) {
            Ok(id) => ctx.service::<Points>()?.approve(ctx.actor()?, id, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Rejects points that somebody else asked for: nothing is posted. SELF_APPROVAL for whoever asked, and for those who
    /// were given a secret of the key that did. Only for people, who must have proved within five minutes who they are.
    /// Needs `points:approve`.
    #[graphql(directive = requires_scopes::apply(vec!["points:approve".to_owned()]))]
    async fn points_approval_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request, and why.")] input: PointsApprovalRejectInput,
    ) -> Result<PointsApprovalRejectPayload, ApiError> {
        let call = call(ctx, "pointsApprovalReject", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsApprove)?;
        let result = match parse_input_id("approvalId", &input.approval_id) {
            Ok(id) => ctx.service::<Points>()?.reject(ctx.actor()?, (id, input.reason), &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Takes back points that the caller asked for: nothing is posted. ASKED_BY_ANOTHER for everybody else. Needs
    /// `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_approval_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request.")] input: PointsApprovalWithdrawInput,
    ) -> Result<PointsApprovalWithdrawPayload, ApiError> {
        let call = call(ctx, "pointsApprovalWithdraw", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match parse_input_id("approvalId", &input.approval_id) {
            Ok(id) => ctx.service::<Points>()?.withdraw(ctx.actor()?, id, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<PointsApproval>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Asked, Failure>,
) -> Result<P, ApiError> {
    let (ended, user_errors) = settle(ctx, call, result)?;
    let Some(Asked { approval, .. }) = ended else { return Ok(P::new(None, user_errors)) };
    let reader = ctx.request()?.fresh_reader()?;
    Ok(P::new(find_asked(ctx, &reader, &[approval]).await?.remove(&approval), user_errors))
}
