//! What a mutation leaves in the audit trail when nothing of it was committed: who was denied, refused or failed.
//!
//! What succeeded recorded itself in its own transaction. The rest is recorded here, before the answer goes out, in
//! one short transaction; a caller of no tenant leaves no trace in any.

use async_graphql::{PathSegment, Response};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::context::RequestContext;
use crate::platform::audit::{Ended, Entry};
use crate::platform::idempotency::Call;

/// Records the calls of an operation that has ended and that are not recorded yet.
pub(super) async fn record(context: &RequestContext, response: &Response) {
    let actor = context.actor();
    let Some(scope) = actor.home_before_factor().ok().or_else(|| actor.own().map(|(_, scope)| scope)) else { return };
    let calls = context.calls();
    let entries: Vec<_> = calls
        .iter()
        .filter(|(_, call)| !call.is_recorded())
        .filter_map(|(key, call)| Some(Entry { actor, call, ended: ended(key, call, response)? }))
        .collect();
    if entries.is_empty() {
        return;
    }
    if let Err(error) = context.platform().record(scope, entries).await {
        tracing::error!(
            request.id = context.origin().request_id,
            error.code = error.code().as_str(),
            "audit.attempt_not_recorded"
        );
    }
}

fn ended(response_key: &str, call: &Call, response: &Response) -> Option<Ended> {
    let is_of_call =
        |path: &[PathSegment]| matches!(path.first(), Some(PathSegment::Field(key)) if key == response_key);
    let error = response.errors.iter().find(|error| is_of_call(&error.path));
    match error {
        Some(error) => {
            let code = error.source::<ApiError>().map_or(ErrorCode::InputInvalid, ApiError::code);
            // What has found no database would find none for its event either, and wait for it again.
            (code != ErrorCode::Unavailable).then_some(Ended::Failed(code))
        }
        None => call.refusal().map(Ended::Refused),
    }
}
