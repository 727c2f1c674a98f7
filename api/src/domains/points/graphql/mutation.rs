//! Giving points, taking them away, undoing either, and clearing a frozen account.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::super::service::Posted;
use super::super::{AwardOutcome, Points};
use super::input::{
    PointsAwardBulkInput, PointsAwardInput, PointsDeductInput, PointsReverseInput, PointsUnfreezeInput,
};
use super::object::PointsEntry;
use super::query::find_posted;
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::error::{ApiError, Failure, UserError, UserErrorCode};
use crate::graph::member::Member;
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::selection::Selection;
use crate::payloads;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::MemberId;

/// Awards in one request.
const MOST_AWARDS: usize = 1_000;

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! posting_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The new entry, also for a caller who may read no others (`lots` and `reversedById` are null then); null when
            /// refused.
            entry: Option<PointsEntry>,
            /// The member as they are now; null when refused, or where the caller may not read members.
            member: Option<Member>,
            /// Why nothing was posted; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<PointsEntry>, Option<Member>)> for $name {
            fn new(posted: Option<(Option<PointsEntry>, Option<Member>)>, user_errors: Vec<UserError>) -> Self {
                let (entry, member) = posted.unwrap_or_default();
                Self { entry, member, user_errors }
            }
        }
    )+ };
}

posting_payloads! {
    /// The award, or why nothing was given.
    PointsAwardPayload
    /// The deduction, or why nothing was taken.
    PointsDeductPayload
    /// The reversal, or why nothing was undone.
    PointsReversePayload
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
    /// Why nothing was given; empty on success. `field` is below the award.
    user_errors: Vec<UserError>,
}

impl From<AwardOutcome> for PointsAwardOutcome {
    fn from(outcome: AwardOutcome) -> Self {
        Self { entry_id: outcome.entry.map(Into::into), user_errors: outcome.errors }
    }
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
    /// Gives points to a member. A person must have proved within five minutes who they are. Needs `points:write`.
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

    /// Gives points to up to 1,000 members; each award is given or refused for itself, all in one transaction. A person
    /// must have proved within five minutes who they are. Costs 1 for each award. Needs `points:write`.
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
        let result = match drafts(&input) {
            Ok(drafts) => ctx.service::<Points>()?.award_many(actor, drafts, &call).await,
            Err(errors) => Err(Failure::Refused(errors)),
        };
        let (outcomes, user_errors) = settle(ctx, &call, result)?;
        let outcomes = outcomes.map(|outcomes| outcomes.0.into_iter().map(Into::into).collect());
        Ok(PointsAwardBulkPayload { outcomes, user_errors })
    }

    /// Takes points from a member, those that expire first before the others. A person must have proved within five
    /// minutes who they are. Needs `points:write`.
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
        payload(ctx, &call, result).await
    }

    /// Undoes an award or a deduction, as a whole and once. An award is taken from its own lot first and from the
    /// member's others then, and not undone where too little is left or part of it has expired; a deduction goes back
    /// into the lots it took, which keep their dates. A person must have proved within five minutes who they are.
    /// Needs `points:write`.
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
        payload(ctx, &call, result).await
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
            Some(member) => find_member(ctx, ctx.request()?.fresh_reader().await?, member).await?,
            None => None,
        };
        Ok(PointsUnfreezePayload::new(member, user_errors))
    }
}

/// Ids that are none are refused one by one, and so is a list that is too long, before anything is given.
fn drafts(input: &PointsAwardBulkInput) -> Result<Vec<super::super::AwardDraft>, Vec<UserError>> {
    if input.awards.is_empty() {
        return Err(vec![UserError::at("awards", UserErrorCode::Required, "At least one award.")]);
    }
    if input.awards.len() > MOST_AWARDS {
        return Err(vec![UserError::at("awards", UserErrorCode::TooLong, "At most 1,000 awards at a time.")]);
    }
    let (mut drafts, mut errors) = (Vec::with_capacity(input.awards.len()), Vec::new());
    for (place, award) in input.awards.iter().enumerate() {
        match award.draft() {
            Ok(draft) => drafts.push(draft),
            Err(error) => errors.push(error.below(&["awards", &place.to_string()])),
        }
    }
    if errors.is_empty() { Ok(drafts) } else { Err(errors) }
}

async fn payload<P: Payload<(Option<PointsEntry>, Option<Member>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Posted, Failure>,
) -> Result<P, ApiError> {
    let (posted, user_errors) = settle(ctx, call, result)?;
    let Some(Posted { entry, member }) = posted else { return Ok(P::new(None, user_errors)) };
    let wants = Selection::at(ctx, &[&[]]);
    // One for both: whoever waits for a second one while holding the first may wait for each other.
    let reader = ctx.request()?.fresh_reader().await?;
    let entry = if wants.has("entry") { find_posted(ctx, &reader, entry).await? } else { None };
    let member = if wants.has("member") { find_member(ctx, reader, member).await? } else { None };
    Ok(P::new(Some((entry, member)), user_errors))
}

/// Whoever posts points may not read members: the field is null for them.
pub(super) async fn find_member(
    ctx: &Context<'_>,
    reader: Arc<TenantTx>,
    id: MemberId,
) -> Result<Option<Member>, ApiError> {
    if !ctx.actor()?.may(Scope::MembersRead) {
        return Ok(None);
    }
    members::find(ctx, reader, id, &Selection::at(ctx, &[&["member"]])).await
}
