//! Public ids at the edge.

use async_graphql::ID;

use crate::error::{ApiError, ErrorCode, UserError, UserErrorCode};
use crate::platform::ids::{Id, Kind};

/// Reads an argument of a query.
pub fn parse_id<K: Kind>(argument: &'static str, id: &ID) -> Result<Id<K>, ApiError> {
    Id::parse(id).ok_or_else(|| ApiError::argument(ErrorCode::IdInvalid, argument, expectation::<K>()))
}

/// Reads an input field of a mutation.
pub fn parse_input_id<K: Kind>(field: &str, id: &ID) -> Result<Id<K>, UserError> {
    Id::parse(id).ok_or_else(|| UserError::at(field, UserErrorCode::Invalid, expectation::<K>()))
}

fn expectation<K: Kind>() -> String {
    format!("Expected an id that starts with {}_ and goes on with 26 characters.", K::PREFIX)
}
