//! What members do for themselves: checking in, and making a missed day up.

use async_graphql::{Context, Object, SimpleObject};

use super::super::Engagement;
use super::super::service::CheckedIn;
use super::input::{MyCheckInInput, MyCheckInMakeUpInput};
use super::mutation::find_made;
use crate::actor::Scope;
use crate::domains::members::access::graphql::find_me_in;
use crate::error::{ApiError, Failure, UserError};
use crate::graph::check_in::CheckIn;
use crate::graph::me::Me;
use crate::graphql::context::ContextExt as _;
use crate::graphql::guard::requires_scopes;
use crate::graphql::mutation::{Payload, call, settle_own};
use crate::graphql::selection::Selection;
use crate::platform::idempotency::Call;

/// Declares a payload type for each mutation, so that one can gain a field without the others.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The day that counts now; null when refused.
            check_in: Option<CheckIn>,
            /// The member as they are now; null when refused.
            me: Option<Me>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl Payload<(Option<CheckIn>, Option<Me>)> for $name {
            fn new(made: Option<(Option<CheckIn>, Option<Me>)>, user_errors: Vec<UserError>) -> Self {
                let (check_in, me) = made.unwrap_or_default();
                Self { check_in, me, user_errors }
            }
        }
    )+ };
}

payloads! {
    /// The check-in, or why there is none.
    MyCheckInPayload
    /// The day that was made up, or why it was not.
    MyCheckInMakeUpPayload
}

/// The slice's part of the mutation root for members.
#[derive(Default)]
pub struct MyEngagementMutation;

/// What members do for themselves.
#[Object]
impl MyEngagementMutation {
    /// Checks the member who asks in, as `checkIn` does. For a member's token that was made for `engagement:write`;
    /// FORBIDDEN to everybody else.
    #[graphql(directive = requires_scopes::apply(vec!["engagement:write".to_owned()]))]
    async fn my_check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, if that matters.")] input: MyCheckInInput,
    ) -> Result<MyCheckInPayload, ApiError> {
        let call = call(ctx, "myCheckIn", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require_own(Scope::EngagementWrite)?;
        let result = match input.community() {
            Ok(community) => ctx.service::<Engagement>()?.check_in_oneself(ctx.actor()?, community, &call).await,
            Err(error) => Err(Failure::Refused(vec![error])),
        };
        payload(ctx, &call, result).await
    }

    /// Makes up a day that the member who asks missed, with one of their cards, as `checkInMakeUp` does. For a member's
    /// token that was made for `engagement:write`; FORBIDDEN to everybody else.
    #[graphql(directive = requires_scopes::apply(vec!["engagement:write".to_owned()]))]
    async fn my_check_in_make_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which day.")] input: MyCheckInMakeUpInput,
    ) -> Result<MyCheckInMakeUpPayload, ApiError> {
        let call = call(ctx, "myCheckInMakeUp", Some(&input.idempotency_key), &input)?;
        ctx.actor()?.require_own(Scope::EngagementWrite)?;
        let result = ctx.service::<Engagement>()?.make_up_oneself(ctx.actor()?, input.day.0, &call).await;
        payload(ctx, &call, result).await
    }
}

async fn payload<P: Payload<(Option<CheckIn>, Option<Me>)>>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<CheckedIn, Failure>,
) -> Result<P, ApiError> {
    let (made, user_errors) = settle_own(ctx, call, result)?;
    let Some(made) = made else { return Ok(P::new(None, user_errors)) };
    let wants = Selection::at(ctx, &[&[]]);
    let reader = ctx.request()?.fresh_member_reader().await?;
    let check_in = if wants.has("checkIn") { find_made(ctx, &reader, made.check_in).await? } else { None };
    let me = if wants.has("me") { find_me_in(ctx, reader).await? } else { None };
    Ok(P::new(Some((check_in, me)), user_errors))
}
