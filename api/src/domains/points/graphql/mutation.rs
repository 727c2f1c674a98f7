//! Giving points, taking them away, undoing either, and clearing a frozen account.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::approvals::{Awarded, ByHand};
use super::super::service::{Posted, user_errors as refusals};
use super::super::{AwardOutcome, AwardOutcomes, Points, PointsError};
use super::input::{
    PointsAwardBulkInput, PointsAwardInput, PointsAwardRow, PointsDeductInput, PointsReverseInput, PointsUnfreezeInput,
};
use super::object::PointsEntry;
use super::query::find_posted;
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::domains::points::approvals::graphql::{PointsApproval, find_asked};
use crate::error::{ApiError, Failure, UserError};
use crate::graph::member::Member;
use crate::graphql::batch::Ref;
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, parse_each, settle};
use crate::graphql::selection::Selection;
use crate::payloads;
use crate::platform::idempotency::Call;
use crate::platform::ids::PointsApprovalId;

/// What a posting, or a request for one, shows.
#[derive(Default)]
struct Shown {
    entry: Option<PointsEntry>,
    member: Option<Member>,
    approval: Option<PointsApproval>,
}

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! by_hand_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The new entry, also for a caller who may read no others (`lots` and `reversedById` are null then); null when
            /// refused.
            entry: Option<PointsEntry>,
            /// The member as they are now; null when refused, or where the caller may not read members.
            member: Option<Member>,
            /// What waits for a second person where APPROVAL_REQUIRED is the answer; null otherwise. Asked for again under
            /// the same key, it is the same.
            approval: Option<PointsApproval>,
            /// Why nothing was posted; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<Shown> for $name {
            fn new(shown: Option<Shown>, user_errors: Vec<UserError>) -> Self {
                let Shown { entry, member, approval } = shown.unwrap_or_default();
                Self { entry, member, approval, user_errors }
            }
        }
    )+ };
}

by_hand_payloads! {
    /// The award, what waits instead of it, or why nothing was given.
    PointsAwardPayload
    /// The deduction, what waits instead of it, or why nothing was taken.
    PointsDeductPayload
}

/// The reversal, or why nothing was undone.
#[derive(SimpleObject)]
pub struct PointsReversePayload {
    /// The new entry, also for a caller who may read no others (`lots` and `reversedById` are null then); null when
    /// refused.
    entry: Option<PointsEntry>,
    /// The member as they are now; null when refused, or where the caller may not read members.
    member: Option<Member>,
    /// Why nothing was posted; empty on success.
    user_errors: Vec<UserError>,
}

impl Payload<Shown> for PointsReversePayload {
    fn new(shown: Option<Shown>, user_errors: Vec<UserError>) -> Self {
        let Shown { entry, member, .. } = shown.unwrap_or_default();
        Self { entry, member, user_errors }
    }
}

payloads! {
    /// The member, or why the account was not cleared.
    PointsUnfreezePayload { member: Member }
}

/// What became of one award.
#[derive(SimpleObject)]
pub struct PointsAwardOutcome {
    /// The new entry: `pen_…`; null when refused.
    entry_id: Option<ID>,
    /// What waits for a second person where APPROVAL_REQUIRED is the answer; null otherwise.
    approval: Option<PointsApproval>,
    /// Why nothing was given; empty on success. `field` is below the award.
    user_errors: Vec<UserError>,
}

/// An outcome for each award, or why none was looked at.
#[derive(SimpleObject)]
pub struct PointsAwardBulkPayload {
    /// What became of each, in their order; null when none was looked at.
    outcomes: Option<Vec<PointsAwardOutcome>>,
    /// Why none was looked at; empty otherwise.
    user_errors: Vec<UserError>,
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct PointsMutation;

/// Gives points, takes them away and undoes either.
#[Object]
impl PointsMutation {
    /// Gives points to a member. Over the limit of `pointsPolicy` nothing is given: the answer is APPROVAL_REQUIRED, and
    /// `approval` waits for a second person. A person must have proved within five minutes who they are. Needs
    /// `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_award(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To whom, how many, and what for.")] input: PointsAwardInput,
    ) -> Result<PointsAwardPayload, ApiError> {
        let call = call(ctx, "pointsAward", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match input.award.draft() {
            Ok(draft) => ctx.service::<Points>()?.award(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Gives points to up to 1,000 members; each award is given, refused, or kept for a second person as by `pointsAward`,
    /// for itself, all in one transaction. A person must have proved within five minutes who they are. Costs 1 for each
    /// award. Needs `points:write`.
    #[graphql(
        directive = list_size::apply(None, Some(vec!["input.awards".to_owned()]), Some(vec!["outcomes".to_owned()])),
        directive = requires_scopes::apply(vec!["points:write".to_owned()]),
    )]
    async fn points_award_bulk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To whom, how many, and what for.")] input: PointsAwardBulkInput,
    ) -> Result<PointsAwardBulkPayload, ApiError> {
        let call = call(ctx, "pointsAwardBulk", Some(&input.idempotency_key), &input)?;
        let actor = ctx.actor()?;
        actor.require(Scope::PointsWrite)?;
        let result = match parse_each("awards", &input.awards, PointsAwardRow::draft) {
            Ok(drafts) => ctx.service::<Points>()?.award_many(actor, drafts, &call).await,
            Err(errors) => Err(Failure::Refused(errors)),
        };
        let (outcomes, user_errors) = settle(ctx, &call, result)?;
        let outcomes = match outcomes {
            Some(outcomes) => Some(outcomes_shown(ctx, outcomes).await?),
            None => None,
        };
        Ok(PointsAwardBulkPayload { outcomes, user_errors })
    }

    /// Takes points from a member, those that expire first before the others. Over the limit of `pointsPolicy` nothing is
    /// taken: the answer is APPROVAL_REQUIRED, and `approval` waits for a second person. A person must have proved within
    /// five minutes who they are. Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_deduct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From whom, how many, and what for.")] input: PointsDeductInput,
    ) -> Result<PointsDeductPayload, ApiError> {
        let call = call(ctx, "pointsDeduct", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match input.spending() {
            Ok(spending) => ctx.service::<Points>()?.deduct(ctx.actor()?, spending, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result.map(Awarded::from)).await
    }

    /// Undoes an award, a deduction or a transfer, as a whole and once. An award is taken from its own lot first and from
    /// the member's others then, and not undone where too little is left or part of it has expired; a deduction goes back
    /// into the lots it took, which keep their dates. A transfer is undone by any of its entries: it is taken from whoever
    /// got it as an award is, and goes back to the giver, whose entry is the answer. A person must have proved within five
    /// minutes who they are. Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry, and why.")] input: PointsReverseInput,
    ) -> Result<PointsReversePayload, ApiError> {
        let call = call(ctx, "pointsReverse", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match parse_input_id("entryId", &input.entry_id) {
            Ok(entry) => ctx.service::<Points>()?.reverse(ctx.actor()?, (entry, input.reason), &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result.map(ByHand::Posted).map(Awarded::from)).await
    }

    /// Lets points be posted again to an account that was frozen and adds up by now. A person must have proved within
    /// five minutes who they are. Needs `points:write`.
    #[graphql(directive = requires_scopes::apply(vec!["points:write".to_owned()]))]
    async fn points_unfreeze(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: PointsUnfreezeInput,
    ) -> Result<PointsUnfreezePayload, ApiError> {
        let call = call(ctx, "pointsUnfreeze", input.idempotency_key.as_deref(), &input)?;
        ctx.actor()?.require(Scope::PointsWrite)?;
        let result = match parse_input_id("memberId", &input.member_id) {
            Ok(member) => ctx.service::<Points>()?.unfreeze(ctx.actor()?, member, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (member, user_errors) = settle(ctx, &call, result)?;
        let member = match member {
            Some(member) => members::find_shown(ctx, ctx.request()?.fresh_reader()?, member).await?,
            None => None,
        };
        Ok(PointsUnfreezePayload::new(member, user_errors))
    }
}

async fn payload<P: Payload<Shown>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Awarded, Failure>,
) -> Result<P, ApiError> {
    let (done, user_errors) = settle(ctx, call, result)?;
    let wants = Selection::at(ctx, &[&[]]);
    let Some(Awarded { by_hand, entry: row }) = done else { return Ok(P::new(None, user_errors)) };
    match by_hand {
        ByHand::Posted(Posted { entry, member }) => {
            // One for both: whoever waits for a second one while holding the first may wait for each other.
            let reader = ctx.request()?.fresh_reader()?;
            let entry = match row {
                _ if !wants.has("entry") => None,
                Some(row) => Some(PointsEntry::new(Ref::single(Arc::clone(&reader), row))),
                None => find_posted(ctx, &reader, entry).await?,
            };
            let member = if wants.has("member") { members::find_shown(ctx, reader, member).await? } else { None };
            Ok(P::new(Some(Shown { entry, member, approval: None }), user_errors))
        }
        ByHand::Kept(asked) => {
            let kept = if wants.has("approval") { Some(asked.approval) } else { None };
            let approval = kept_ones(ctx, kept).await?.remove(&asked.approval);
            Ok(P::new(Some(Shown { approval, ..Shown::default() }), refused_for_approval()))
        }
    }
}

/// The answer where something waits.
pub(super) fn refused_for_approval() -> Vec<UserError> {
    refusals(PointsError::ApprovalRequired)
}

/// What waits, by id.
pub(super) async fn kept_ones(
    ctx: &Context<'_>,
    ids: impl IntoIterator<Item = PointsApprovalId>,
) -> Result<HashMap<PointsApprovalId, PointsApproval>, ApiError> {
    let ids: Vec<_> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let reader = ctx.request()?.fresh_reader()?;
    find_asked(ctx, &reader, &ids).await
}

async fn outcomes_shown(ctx: &Context<'_>, outcomes: AwardOutcomes) -> Result<Vec<PointsAwardOutcome>, ApiError> {
    let wants = Selection::at(ctx, &[&["outcomes"]]);
    let kept = outcomes.0.iter().filter_map(|outcome| outcome.approval.filter(|_| wants.has("approval")));
    let mut kept = kept_ones(ctx, kept).await?;
    let shown = |AwardOutcome { entry, approval, errors, .. }: AwardOutcome| PointsAwardOutcome {
        entry_id: entry.map(Into::into),
        approval: approval.and_then(|id| kept.remove(&id)),
        user_errors: errors,
    };
    Ok(outcomes.0.into_iter().map(shown).collect())
}
