//! Public ids at the edge.

use async_graphql::ID;

use crate::actor::Actor;
use crate::error::{ApiError, ErrorCode, UserError, UserErrorCode};
use crate::platform::ids::{Id, Kind, is_id};

/// Reads an argument of a query.
pub fn parse_id<K: Kind>(argument: &'static str, id: &ID) -> Result<Id<K>, ApiError> {
    Id::parse(id).ok_or_else(|| ApiError::argument(ErrorCode::IdInvalid, argument, expectation::<K>()))
}

/// Reads an input field of a mutation.
pub fn parse_input_id<K: Kind>(field: &str, id: &ID) -> Result<Id<K>, UserError> {
    Id::parse(id).ok_or_else(|| UserError::at(field, UserErrorCode::Invalid, expectation::<K>()))
}

/// Who did something, by the label that was kept of them ([`Actor::label`]): nobody where the program did, nor for a
/// member's own token, which is never told who works for the tenant.
#[must_use]
pub fn told_actor(reader: &Actor, label: &str) -> Option<ID> {
    let is_told = !matches!(reader, Actor::Member(_)) && is_id(label);
    is_told.then(|| label.into())
}

fn expectation<K: Kind>() -> String {
    format!("Expected an id that starts with {}_ and goes on with 26 characters.", K::PREFIX)
}
