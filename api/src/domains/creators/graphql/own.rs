//! What members see of what they handed in, and hand in for themselves.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::super::service::Handled;
use super::super::{Creators, SubmissionKind, SubmissionRow, SubmissionState};
use super::input::{SubmissionContentInput, SubmissionRevisionInput};
use super::member::{creator_of, list};
use super::programme::MemberCreator;
use super::submission::content_of;
use crate::actor::Scope;
use crate::domains::members::MemberRef;
use crate::domains::members::access::graphql::find_me_in;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::me::Me;
use crate::graphql::batch::Ref;
use crate::graphql::connection::{Connection, Edge, Noun};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{Payload, call, settle_own};
use crate::graphql::pagination::PageArgs;
use crate::graphql::scalars::{BigInt, DateTime};
use crate::graphql::selection::Selection;
use crate::platform::idempotency::Call;

/// The slice's part of `Me`.
#[derive(Clone)]
pub struct MyCreatorPart(pub MemberRef);

/// What the member who asks made.
#[Object]
impl MyCreatorPart {
    /// Where they stand in the creator programme. Costs 1.
    #[graphql(directive = costs::apply(1))]
    async fn creator(&self, ctx: &Context<'_>) -> Option<Result<MemberCreator, ApiError>> {
        nullable(async { creator_of(ctx, &self.0).await.map(Some) }).await
    }

    /// What they handed in, newest first.
    async fn submissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the front, 1 to 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Items from the back, 1 to 100; not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor; needs last.")] before: Option<String>,
    ) -> Option<Result<Connection<Edge<MySubmission>>, ApiError>> {
        let args = PageArgs { first, after, last, before };
        nullable(async { list(ctx, &self.0, &args, MySubmission).await.map(Some) }).await
    }
}

/// What the member who asks handed in.
#[derive(Clone)]
pub struct MySubmission(Ref<SubmissionRow>);

impl Noun for MySubmission {
    const NAME: &'static str = "MySubmission";
}

/// What the member who asks handed in.
#[Object]
impl MySubmission {
    /// `sbm_…`
    async fn id(&self) -> Result<ID, ApiError> {
        Ok(self.0.row()?.id.into())
    }

    /// What it is.
    async fn kind(&self) -> Result<SubmissionKind, ApiError> {
        Ok(self.0.row()?.kind)
    }

    /// What it is called now.
    async fn title(&self) -> Result<&str, ApiError> {
        Ok(&self.0.row()?.title)
    }

    /// The text itself, as it is now; null where there are links only. Costs 5.
    #[graphql(directive = costs::apply(5))]
    async fn body(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        nullable(async { Ok(content_of(ctx, &self.0).await?.and_then(|said| said.body)) }).await
    }

    /// Where the rest is, as it is now. Costs 5.
    #[graphql(directive = costs::apply(5))]
    async fn links(&self, ctx: &Context<'_>) -> Option<Result<Vec<String>, ApiError>> {
        nullable(async { Ok(content_of(ctx, &self.0).await?.map(|said| said.links)) }).await
    }

    /// What has become of it.
    async fn state(&self) -> Result<SubmissionState, ApiError> {
        Ok(self.0.row()?.state)
    }

    /// The number of its latest revision; 1 for the first.
    async fn revision(&self) -> Result<i32, ApiError> {
        Ok(self.0.row()?.revision)
    }

    /// What the marks of its approval come to, 0 to 100; null unless it is approved.
    async fn quality_score(&self) -> Result<Option<i32>, ApiError> {
        Ok(self.0.row()?.score)
    }

    /// What they earned by it; 0 unless it is approved.
    async fn points_paid(&self) -> Result<BigInt, ApiError> {
        Ok(self.0.row()?.points.into())
    }

    /// What the last decision said.
    async fn note(&self) -> Result<Option<&str>, ApiError> {
        Ok(self.0.row()?.note.as_deref())
    }

    /// When it was handed in first.
    async fn submitted_at(&self) -> Result<DateTime, ApiError> {
        Ok(self.0.row()?.submitted_at.into())
    }

    /// When somebody last decided on it.
    async fn reviewed_at(&self) -> Result<Option<DateTime>, ApiError> {
        Ok(self.0.row()?.reviewed_at.map(Into::into))
    }
}

/// What the member who asks hands in.
#[derive(InputObject)]
pub struct MySubmissionCreateInput {
    /// What it is, and what it says.
    #[graphql(flatten)]
    what: SubmissionContentInput,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    idempotency_key: String,
}

/// What a submission of the member who asks says from now on.
#[derive(InputObject)]
pub struct MySubmissionReviseInput {
    /// Which submission, and what it says.
    #[graphql(flatten)]
    what: SubmissionRevisionInput,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    idempotency_key: String,
}

/// What the member who asks takes back.
#[derive(InputObject)]
pub struct MySubmissionWithdrawInput {
    /// `sbm_…`
    submission_id: ID,
    /// The same key and input have one effect, for ever. 1 to 255 characters.
    idempotency_key: String,
}

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! my_submission_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The submission as it is now; null when refused.
            submission: Option<MySubmission>,
            /// The member as they are now; null when refused.
            me: Option<Me>,
            /// Why nothing was done; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<MySubmission>, Option<Me>)> for $name {
            fn new(made: Option<(Option<MySubmission>, Option<Me>)>, user_errors: Vec<UserError>) -> Self {
                let (submission, me) = made.unwrap_or_default();
                Self { submission, me, user_errors }
            }
        }
    )+ };
}

my_submission_payloads! {
    /// What the member has handed in, or why it was not.
    MySubmissionCreatePayload
    /// The submission, or why it was not revised.
    MySubmissionRevisePayload
    /// The submission, or why it was not taken back.
    MySubmissionWithdrawPayload
}

/// The slice's part of the mutation root for members.
#[derive(Default)]
pub struct MySubmissionMutation;

/// What members hand in for themselves.
#[Object]
impl MySubmissionMutation {
    /// Hands something in for the member who asks, as `submissionCreate` does, and refused for the same reasons. For a
    /// member's token that was made for `submissions:write`; FORBIDDEN to everybody else.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:write".to_owned()]))]
    async fn my_submission_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What.")] input: MySubmissionCreateInput,
    ) -> Result<MySubmissionCreatePayload, ApiError> {
        let call = call(ctx, "mySubmissionCreate", Some(&input.idempotency_key), &input)?;
        let (member, _) = ctx.actor()?.require_own(Scope::SubmissionsWrite)?;
        let result = match input.what.draft(member) {
            Ok(draft) => ctx.service::<Creators>()?.submit_oneself(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Makes the next revision of what the member who asks handed in, as `submissionRevise` does. For a member's token that
    /// was made for `submissions:write`; FORBIDDEN to everybody else.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:write".to_owned()]))]
    async fn my_submission_revise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which submission, and what it says.")] input: MySubmissionReviseInput,
    ) -> Result<MySubmissionRevisePayload, ApiError> {
        let call = call(ctx, "mySubmissionRevise", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require_own(Scope::SubmissionsWrite)?;
        let result = match input.what.revision() {
            Ok(revision) => ctx.service::<Creators>()?.revise_oneself(ctx.actor()?, revision, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Takes back what the member who asks handed in, as `submissionWithdraw` does. For a member's token that was made for
    /// `submissions:write`; FORBIDDEN to everybody else.
    #[graphql(directive = requires_scopes::apply(vec!["submissions:write".to_owned()]))]
    async fn my_submission_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which submission.")] input: MySubmissionWithdrawInput,
    ) -> Result<MySubmissionWithdrawPayload, ApiError> {
        let call = call(ctx, "mySubmissionWithdraw", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require_own(Scope::SubmissionsWrite)?;
        let result = match parse_input_id("submissionId", &input.submission_id) {
            Ok(id) => ctx.service::<Creators>()?.withdraw_oneself(ctx.actor()?, id, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<(Option<MySubmission>, Option<Me>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<Handled, Failure>,
) -> Result<P, ApiError> {
    let (made, user_errors) = settle_own(ctx, call, result)?;
    let Some(made) = made else { return Ok(P::new(None, user_errors)) };
    let wants = Selection::at(ctx, &[&[]]);
    let reader = ctx.request()?.fresh_member_reader().await?;
    let submission = if wants.has("submission") {
        let row = ctx.service::<Creators>()?.find_handled(ctx.actor()?, &reader, made.submission).await?;
        row.map(|row| MySubmission(Ref::single(Arc::clone(&reader), row)))
    } else {
        None
    };
    let me = if wants.has("me") { find_me_in(ctx, reader).await? } else { None };
    Ok(P::new(Some((submission, me)), user_errors))
}
