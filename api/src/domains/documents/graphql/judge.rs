//! Whether a text may be registered: the guards of every document first, then the schema.

use async_graphql::ServerError;
use serde_json::Map;

use super::super::{Fit, Unfit};
use crate::error::{ApiError, ErrorCode, UserErrorCode};
use crate::graphql::cost::Pricing;
use crate::graphql::document::{Document, Unreadable};

/// Judges a text. It is not remembered: a manifest would push out what is being asked.
pub(super) async fn judge(pricing: Pricing, text: String) -> Result<Fit, Unfit> {
    let document = Document::of(&text).map_err(|problem| match problem {
        Unreadable::Refused(error) => refused(&error),
        Unreadable::NotGraphql(error) => placed(&error),
    })?;
    document.shapes().find_map(Result::err).map_or(Ok(()), |error| Err(refused(&error)))?;
    let operation_names = document.operation_names();
    let problems = pricing.validator.validate(&document, operation_names.first().cloned(), Map::new()).await;
    match problems.first() {
        Some(error) => Err(placed(error)),
        None => Ok(Fit { operation_names }),
    }
}

fn refused(error: &ApiError) -> Unfit {
    let code = match error.code() {
        ErrorCode::DocumentTooComplex => UserErrorCode::DocumentTooComplex,
        _ => UserErrorCode::DocumentInvalid,
    };
    Unfit::new(code, error.message())
}

fn placed(error: &ServerError) -> Unfit {
    let place = error.locations.first().map(|at| format!("line {}, column {}: ", at.line, at.column));
    Unfit::new(UserErrorCode::DocumentInvalid, place.unwrap_or_default() + &error.message)
}
