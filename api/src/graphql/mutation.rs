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
