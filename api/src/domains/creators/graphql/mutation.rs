//! Handing in, deciding, and changing the programme.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};

use super::super::Creators;
use super::super::service::Handled;
use super::input::{
    CreatorProgrammeUpdateInput, SubmissionCreateInput, SubmissionReopenInput, SubmissionReviewInput,
    SubmissionReviseInput, SubmissionWithdrawInput,
};
use super::programme::CreatorProgramme;
use super::query;
use super::submission::Submission;
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::member::Member;
use crate::graphql::batch::Ref;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::selection::Selection;
use crate::payloads;
use crate::platform::idempotency::Call;

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! submission_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The submission as it is now, also for a caller who may read no others; null when refused.
            submission: Option<Submission>,
            /// The member as they are now; null when refused, or where the caller may not read members.
            member: Option<Member>,
            /// Why nothing was done; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<Submission>, Option<Member>)> for $name {
            fn new(made: Option<(Option<Submission>, Option<Member>)>, user_errors: Vec<UserError>) -> Self {
                let (submission, member) = made.unwrap_or_default();
                Self { submission, member, user_errors }
            }
        }
    )+ };
}

submission_payloads! {
    /// What was handed in, or why it was not.
    SubmissionCreatePayload
    /// The submission, or why it was not revised.
    SubmissionRevisePayload
    /// The submission, or why it was not taken back.
    SubmissionWithdrawPayload
    /// The submission, or why nothing was decided.
    SubmissionReviewPayload
    /// The submission, or why nothing was undone.
    SubmissionReopenPayload
}

payloads! {
    /// The programme, or why it was not changed.
    CreatorProgrammeUpdatePayload { creator_programme: CreatorProgramme }
}

/// The slice's part of the mutation root that is about submissions.
#[derive(Default)]
pub struct SubmissionMutation;

/// Hands in, and decides.
#[Object]
impl SubmissionMutation {
    /// Hands something in for a member: it waits for a review. LIMIT_REACHED where nobody has decided on 20 of theirs, or
    /// they handed in 50 within 24 hours. Needs `submissions:write`.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:write".to_owned()]))]
    async fn submission_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and whose.")] input: SubmissionCreateInput,
    ) -> Result<SubmissionCreatePayload, ApiError> {
        let call = call(ctx, "submissionCreate", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::SubmissionsWrite)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Creators>()?.submit(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Makes the next revision of a submission that nobody has decided on (else CLOSED): it waits for a review again. At
    /// most 20 (else LIMIT_REACHED). Needs `submissions:write`.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:write".to_owned()]))]
    async fn submission_revise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which submission, and what it says.")] input: SubmissionReviseInput,
    ) -> Result<SubmissionRevisePayload, ApiError> {
        let call = call(ctx, "submissionRevise", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::SubmissionsWrite)?;
        let result = match input.what.revision() {
            Ok(revision) => ctx.service::<Creators>()?.revise(ctx.actor()?, revision, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Takes back a submission that nobody has decided on (else CLOSED). Needs `submissions:write`.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:write".to_owned()]))]
    async fn submission_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which submission.")] input: SubmissionWithdrawInput,
    ) -> Result<SubmissionWithdrawPayload, ApiError> {
        let call = call(ctx, "submissionWithdraw", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::SubmissionsWrite)?;
        let result = match parse_input_id("submissionId", &input.submission_id) {
            Ok(id) => ctx.service::<Creators>()?.withdraw(ctx.actor()?, id, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Decides on a submission that waits (else CLOSED); of the twentieth revision no more changes are asked for. An approval records SUBMISSION_APPROVED with the score as its
    /// quantity, and pays at once what rules say for it, multiplied by the level that the member had before. Needs
    /// `submissions:review`.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:review".to_owned()]))]
    async fn submission_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which submission, and what is decided.")] input: SubmissionReviewInput,
    ) -> Result<SubmissionReviewPayload, ApiError> {
        let call = call(ctx, "submissionReview", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::SubmissionsReview)?;
        let result = match input.review() {
            Ok(review) => ctx.service::<Creators>()?.review(ctx.actor()?, review, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Undoes an approval or a rejection (else CLOSED): the submission waits for a review again, and what was paid is taken
    /// back, all of it or nothing: INSUFFICIENT_POINTS where the member has spent it, NOT_REVERSIBLE where a part of it has
    /// expired, ACCOUNT_FROZEN where their account does not add up. Needs `submissions:review`.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:review".to_owned()]))]
    async fn submission_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which submission, and why.")] input: SubmissionReopenInput,
    ) -> Result<SubmissionReopenPayload, ApiError> {
        let call = call(ctx, "submissionReopen", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::SubmissionsReview)?;
        let result = match parse_input_id("submissionId", &input.submission_id) {
            Ok(id) => ctx.service::<Creators>()?.reopen(ctx.actor()?, (id, input.reason), &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<(Option<Submission>, Option<Member>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Handled, Failure>,
) -> Result<P, ApiError> {
    let (made, user_errors) = settle(ctx, call, result)?;
    let Some(Handled { submission, member }) = made else { return Ok(P::new(None, user_errors)) };
    let wants = Selection::at(ctx, &[&[]]);
    // One for both: whoever waits for a second one while holding the first may wait for each other.
    let reader = ctx.request()?.fresh_reader()?;
    let submission = if wants.has("submission") {
        let row = ctx.service::<Creators>()?.find_handled(ctx.actor()?, &reader, submission).await?;
        row.map(|row| Submission(Ref::single(Arc::clone(&reader), row)))
    } else {
        None
    };
    let member = if wants.has("member") { members::find_shown(ctx, reader, member).await? } else { None };
    Ok(P::new(Some((submission, member)), user_errors))
}

/// The slice's part of the mutation root that is about the programme.
#[derive(Default)]
pub struct CreatorProgrammeMutation;

/// Changes the programme.
#[Object]
impl CreatorProgrammeMutation {
    /// Changes how submissions are marked, and which level approvals make: levels are other ones at once, and what was
    /// decided and paid stays as it is. `creatorProgramme` is null for a caller who may not read it. Not for a key that is
    /// restricted to communities. A person must have proved within five minutes who they are. Needs `points:rules`.
    #[graphql(directive = requires_scopes::apply(vec!["points:rules".to_owned()]))]
    async fn creator_programme_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "All of the programme, and the version it replaces.")] input: CreatorProgrammeUpdateInput,
    ) -> Result<CreatorProgrammeUpdatePayload, ApiError> {
        let call = call(ctx, "creatorProgrammeUpdate", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::PointsRules)?;
        let result = ctx.service::<Creators>()?.programme_update(ctx.actor()?, input.into(), &call).await;
        let (made, user_errors) = settle(ctx, &call, result)?;
        let programme = match made.is_some() && ctx.actor()?.may(Scope::CreatorsRead) {
            true => Some(query::programme(ctx, ctx.request()?.fresh_reader()?.as_ref()).await?),
            false => None,
        };
        Ok(CreatorProgrammeUpdatePayload::new(programme, user_errors))
    }
}
