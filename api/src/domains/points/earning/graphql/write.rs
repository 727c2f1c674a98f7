//! Writing rules, changing them, and letting them pay.

use async_graphql::{Context, Object};

use super::super::RuleRow;
use super::input::{EarningRuleCreateInput, EarningRuleStateSetInput, EarningRuleUpdateInput};
use super::rule::EarningRule;
use crate::actor::Scope;
use crate::domains::points::Points;
use crate::error::{ApiError, Failure};
use crate::graphql::batch::Ref;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::EarningRuleId;

payloads! {
    /// The new rule, or why there is none.
    EarningRuleCreatePayload { rule: EarningRule }
    /// The rule, or why it was not changed.
    EarningRuleUpdatePayload { rule: EarningRule }
    /// The rule, or why its state was not changed.
    EarningRuleStateSetPayload { rule: EarningRule }
}

/// The sub-slice's part of the mutation root that is about rules.
#[derive(Default)]
pub struct EarningRuleMutation;

/// Writes rules, changes them, and lets them pay.
#[Object]
impl EarningRuleMutation {
    /// Writes a rule, as a DRAFT that pays nothing yet. At most 200 that are not archived. A person must have proved
    /// within five minutes who they are. Needs `points:rules`.
    #[graphql(directive = requires_scopes::apply(vec!["points:rules".to_owned()]))]
    async fn earning_rule_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it answers, and what it says.")] input: EarningRuleCreateInput,
    ) -> Result<EarningRuleCreatePayload, ApiError> {
        let call = call(ctx, "earningRuleCreate", input.idempotency_key.as_deref(), &input)?;
        ctx.actor()?.require(Scope::PointsRules)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Points>()?.create_rule(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Changes a rule: what it says from now on is a new version. What was paid stays as it is, and so do the events that
    /// were scored. A person must have proved within five minutes who they are. Needs `points:rules`.
    #[graphql(directive = requires_scopes::apply(vec!["points:rules".to_owned()]))]
    async fn earning_rule_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rule, and what becomes of it.")] input: EarningRuleUpdateInput,
    ) -> Result<EarningRuleUpdatePayload, ApiError> {
        let call = call(ctx, "earningRuleUpdate", input.idempotency_key.as_deref(), &input)?;
        ctx.actor()?.require(Scope::PointsRules)?;
        let parsed = parse_input_id("ruleId", &input.rule_id).and_then(|id| Ok((id, input.change()?)));
        let result = match parsed {
            Ok(change) => ctx.service::<Points>()?.update_rule(ctx.actor()?, change, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Lets a rule pay for what is recorded from now on, or not any more. A person must have proved within five minutes
    /// who they are. Needs `points:rules`.
    #[graphql(directive = requires_scopes::apply(vec!["points:rules".to_owned()]))]
    async fn earning_rule_state_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rule, and whether it pays.")] input: EarningRuleStateSetInput,
    ) -> Result<EarningRuleStateSetPayload, ApiError> {
        let call = call(ctx, "earningRuleStateSet", input.idempotency_key.as_deref(), &input)?;
        ctx.actor()?.require(Scope::PointsRules)?;
        let result = match parse_input_id("ruleId", &input.rule_id) {
            Ok(id) => ctx.service::<Points>()?.set_rule_state(ctx.actor()?, (id, input.state), &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<EarningRule>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<EarningRuleId, Failure>,
) -> Result<P, ApiError> {
    let (id, user_errors) = settle(ctx, call, result)?;
    let Some(id) = id else { return Ok(P::new(None, user_errors)) };
    let reader = ctx.request()?.fresh_reader()?;
    let row: Option<RuleRow> = ctx.service::<Points>()?.find_written_rule(ctx.actor()?, &reader, id).await?;
    Ok(P::new(row.map(|row| EarningRule(Ref::single(reader, row))), user_errors))
}
