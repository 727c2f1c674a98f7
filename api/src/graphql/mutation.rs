//! What all mutations share: the call with its idempotency key, and the split of results into payloads.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, InputType, Value};

use super::context::ContextExt as _;
use crate::error::{ApiError, ErrorCode, Failure, UserError, UserErrorCode};
use crate::platform::audit::Subject;
use crate::platform::idempotency::{Call, Given};
use crate::platform::ids::is_id;

const KEY_FIELD: &str = "idempotencyKey";

/// The call of `operation` with this typed input, ready for a use case. The first thing a resolver does: from here
/// on the audit trail knows of the attempt, however it ends.
pub fn call<I: InputType>(
    ctx: &Context<'_>,
    operation: &'static str,
    key: Option<&str>,
    input: &I,
) -> Result<Call, ApiError> {
    let request = ctx.request()?;
    let mut value = input.to_value();
    if let Value::Object(fields) = &mut value {
        fields.swap_remove(KEY_FIELD);
    }
    let given = Given { fields: given_fields(ctx, &value), named: named(&value) };
    // Fields stand in the order of the type, so that equal inputs have equal bytes.
    let canonical = serde_json::to_vec(&value).map_err(ApiError::internal)?;
    let call = Call::new(operation, &canonical, Arc::clone(request.origin()), given);
    let field = ctx.field();
    request.note_call(field.alias().unwrap_or(field.name()), call.clone());
    call.keyed(key)
}

/// The input fields as the client gave them: the typed input does not tell what was left out from what was null. But
/// it alone has the type's own names: beside a variable that was left out the library lets others pass.
fn given_fields(ctx: &Context<'_>, typed: &Value) -> Vec<String> {
    let (mut given, mut known) = (BTreeSet::new(), BTreeSet::new());
    for (_, value) in ctx.field().arguments().unwrap_or_default() {
        collect_paths(&value, "", &mut given);
    }
    collect_paths(typed, "", &mut known);
    given.intersection(&known).cloned().collect()
}

fn collect_paths(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                collect_paths(value, &path, paths);
            }
        }
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Object(_))) => {
            items.iter().for_each(|item| collect_paths(item, path, paths));
        }
        _ if path.is_empty() => {}
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

/// What the input itself names: its last id, in the larger thing that its first one names. What looks like anything
/// but an id of ours is no id.
fn named(input: &Value) -> Subject {
    let Value::Object(fields) = input else { return Subject::none() };
    let ids: Vec<&String> = fields
        .iter()
        .filter(|(name, _)| *name == "id" || name.ends_with("Id"))
        .filter_map(|(_, value)| if let Value::String(text) = value { Some(text) } else { None })
        .filter(|text| is_id(text))
        .collect();
    match ids.as_slice() {
        [] => Subject::none(),
        [id] => Subject { object: Some((*id).clone()), within: None },
        [first, .., last] => Subject { object: Some((*last).clone()), within: Some((*first).clone()) },
    }
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

/// The most rows of a bulk mutation.
const MOST_ROWS: usize = 1_000;

/// Reads the rows of a bulk mutation's `field`. Ids that are none are refused one by one, and so is a list that is empty
/// or too long, before anything is done.
pub fn parse_each<R, T>(
    field: &str,
    rows: &[R],
    parse: impl Fn(&R) -> Result<T, UserError>,
) -> Result<Vec<T>, Vec<UserError>> {
    if rows.is_empty() {
        return Err(vec![UserError::at(field, UserErrorCode::Required, "At least one.")]);
    }
    if rows.len() > MOST_ROWS {
        return Err(vec![UserError::at(field, UserErrorCode::TooLong, "At most 1,000 at a time.")]);
    }
    let (mut parsed, mut errors) = (Vec::with_capacity(rows.len()), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        match parse(row) {
            Ok(row) => parsed.push(row),
            Err(error) => errors.push(error.below(&[field, &place.to_string()])),
        }
    }
    if errors.is_empty() { Ok(parsed) } else { Err(errors) }
}

/// As [`settle`], for what members do for themselves: what speaks against the member is at no field, since none names
/// them. A token whose member is archived, or out of its key's sight, is over.
pub fn settle_own<T>(
    ctx: &Context<'_>,
    call: &Call,
    result: Result<T, Failure>,
) -> Result<(Option<T>, Vec<UserError>), ApiError> {
    let (made, mut errors) = settle(ctx, call, result)?;
    for error in &mut errors {
        let member = error.field.take_if(|path| path.first().is_some_and(|field| field == "memberId"));
        if member.is_some() && [UserErrorCode::NotFound, UserErrorCode::Archived].contains(&error.code) {
            return Err(ApiError::new(ErrorCode::Unauthenticated, "The member's token is not valid any more."));
        }
    }
    Ok((made, errors))
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
        Err(Failure::Refused(errors)) => {
            call.note_refusal(&errors);
            Ok((None, errors))
        }
        Err(Failure::Failed(error)) => Err(error),
    }
}
