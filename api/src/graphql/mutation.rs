//! What all mutations share: the call with its idempotency key, and the split of results into payloads.

use async_graphql::{Context, InputType};

use super::context::ContextExt as _;
use crate::error::{ApiError, Failure, UserError};
use crate::platform::idempotency::Call;

const KEY_FIELD: &str = "idempotencyKey";

/// The call of `operation` with this typed input, ready for a use case.
pub fn call<I: InputType>(operation: &'static str, key: Option<&str>, input: &I) -> Result<Call, ApiError> {
    let mut value = input.to_value();
    if let async_graphql::Value::Object(fields) = &mut value {
        fields.swap_remove(KEY_FIELD);
    }
    // Fields stand in the order of the type, so that equal inputs have equal bytes.
    let canonical = serde_json::to_vec(&value).map_err(ApiError::internal)?;
    Call::new(operation, key, &canonical)
}

/// A payload: the object it shows, or why there is none.
pub trait Payload<T> {
    /// From the two halves of [`settle`].
    fn new(object: Option<T>, user_errors: Vec<UserError>) -> Self;
}

/// Declares a payload type for each mutation, so that one can gain a field without the others.
#[macro_export]
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $field:ident: $object:ty })+) => { $(
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            /// The object as it is now; null when refused.
            $field: Option<$object>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<$crate::error::UserError>,
        }

        impl $crate::graphql::mutation::Payload<$object> for $name {
            fn new(object: Option<$object>, user_errors: Vec<$crate::error::UserError>) -> Self {
                Self { $field: object, user_errors }
            }
        }
    )+ };
}

/// Splits a use case's result for the payload: the object or the refusals; failures go on up.
pub fn settle<T>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<T, Failure>,
) -> Result<(Option<T>, Vec<UserError>), ApiError> {
    if call.was_replayed() {
        ctx.request()?.note_replay();
    }
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Failure::Refused(errors)) => Ok((None, errors)),
        Err(Failure::Failed(error)) => Err(error),
    }
}
