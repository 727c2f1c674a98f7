//! Checking in, giving cards, and making a missed day up.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};

use super::super::Engagement;
use super::super::service::CheckedIn;
use super::input::{CheckInCardsGrantInput, CheckInInput, CheckInMakeUpInput};
use crate::actor::Scope;
use crate::domains::members::graphql as members;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::check_in::CheckIn;
use crate::graph::member::Member;
use crate::graphql::batch::Ref;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::mutation::{Payload, call, settle};
use crate::graphql::selection::Selection;
use crate::payloads;
use crate::platform::db::TenantTx;
use crate::platform::idempotency::Call;
use crate::platform::ids::CheckInId;

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! check_in_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The day that counts now, also for a caller who may read no others; null when refused.
            check_in: Option<CheckIn>,
            /// The member as they are now; null when refused, or where the caller may not read members.
            member: Option<Member>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<CheckIn>, Option<Member>)> for $name {
            fn new(made: Option<(Option<CheckIn>, Option<Member>)>, user_errors: Vec<UserError>) -> Self {
                let (check_in, member) = made.unwrap_or_default();
                Self { check_in, member, user_errors }
            }
        }
    )+ };
}

check_in_payloads! {
    /// The check-in, or why there is none.
    CheckInPayload
    /// The day that was made up, or why it was not.
    CheckInMakeUpPayload
}

payloads! {
    /// The member, or why no cards were given.
    CheckInCardsGrantPayload { member: Member }
}

/// The slice's part of the mutation root.
#[derive(Default)]
pub struct EngagementMutation;

/// Checks members in.
#[Object]
impl EngagementMutation {
    /// Checks a member in, once a calendar day in the tenant's zone (else ALREADY_CHECKED_IN), by the server's clock.
    /// What streaks and check-ins are worth is given at once, on time only: nothing is for days that are made up.
    /// Needs `engagement:write`.
    #[graphql(directive = requires_scopes::apply(vec!["engagement:write".to_owned()]))]
    async fn check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who checks in.")] input: CheckInInput,
    ) -> Result<CheckInPayload, ApiError> {
        let call = call(ctx, "checkIn", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::EngagementWrite)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Engagement>()?.check_in(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Gives a member cards, with each of which they can make up a day. Needs `engagement:write`.
    #[graphql(directive = requires_scopes::apply(vec!["engagement:write".to_owned()]))]
    async fn check_in_cards_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To whom, how many, and what for.")] input: CheckInCardsGrantInput,
    ) -> Result<CheckInCardsGrantPayload, ApiError> {
        let call = call(ctx, "checkInCardsGrant", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::EngagementWrite)?;
        let result = match input.draft() {
            Ok(draft) => ctx.service::<Engagement>()?.grant_cards(ctx.actor()?, draft, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        let (member, user_errors) = settle(ctx, &call, result)?;
        let member = match member {
            Some(id) => members::find_shown(ctx, ctx.request()?.fresh_reader()?, id).await?,
            None => None,
        };
        Ok(CheckInCardsGrantPayload::new(member, user_errors))
    }

    /// Makes up a day that the member missed after their first check-in, with one of their cards (else NO_CARDS). The
    /// runs of days before and behind it become one, and the streaks of later days grow. It earns nothing: what a streak
    /// is worth is given by a check-in on time, on the day that reaches the number. Needs `engagement:write`.
    #[graphql(directive = requires_scopes::apply(vec!["engagement:write".to_owned()]))]
    async fn check_in_make_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose day, and which.")] input: CheckInMakeUpInput,
    ) -> Result<CheckInMakeUpPayload, ApiError> {
        let call = call(ctx, "checkInMakeUp", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require(Scope::EngagementWrite)?;
        let result = match input.missed() {
            Ok(missed) => ctx.service::<Engagement>()?.make_up(ctx.actor()?, missed, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<(Option<CheckIn>, Option<Member>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<CheckedIn, Failure>,
) -> Result<P, ApiError> {
    let (made, user_errors) = settle(ctx, call, result)?;
    let Some(CheckedIn { check_in, member }) = made else { return Ok(P::new(None, user_errors)) };
    let wants = Selection::at(ctx, &[&[]]);
    // One for both: whoever waits for a second one while holding the first may wait for each other.
    let reader = ctx.request()?.fresh_reader()?;
    let check_in = if wants.has("checkIn") { find_made(ctx, &reader, check_in).await? } else { None };
    let member = if wants.has("member") { members::find_shown(ctx, reader, member).await? } else { None };
    Ok(P::new(Some((check_in, member)), user_errors))
}

/// The check-in that the caller has just made.
pub(super) async fn find_made(
    ctx: &Context<'_>,
    reader: &Arc<TenantTx>,
    id: CheckInId,
) -> Result<Option<CheckIn>, ApiError> {
    let row = ctx.service::<Engagement>()?.find_made(ctx.actor()?, reader, id).await?;
    Ok(row.map(|row| CheckIn::new(Ref::single(Arc::clone(reader), row))))
}
