//! Reading a request's body within bounds of size and time, whatever its headers claim.

use std::time::Duration;

use actix_web::web;
use futures_util::StreamExt as _;

use crate::error::{ApiError, ErrorCode};

/// The most bytes somebody who is not signed in may send.
pub(super) const ANONYMOUS_LIMIT: usize = 64 * 1024;
/// The most bytes a signed-in caller may send.
pub(super) const SIGNED_IN_LIMIT: usize = 2 * 1024 * 1024;
/// The time in which the whole body must arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

/// The whole body, or why not.
pub(super) async fn read(payload: web::Payload, limit: usize) -> Result<Vec<u8>, ApiError> {
    tokio::time::timeout(ARRIVAL, collect(payload, limit))
        .await
        .map_err(|_| ApiError::new(ErrorCode::RequestTimeout, "The body did not arrive within 10 seconds."))?
}

async fn collect(mut payload: web::Payload, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::new(ErrorCode::BadRequest, "The body could not be read."))?;
        if body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Refuses a body by what its headers say, before any of it is read.
pub(super) fn check_announced(content_length: Option<&str>, limit: usize) -> Result<(), ApiError> {
    match content_length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > limit => Err(too_large(limit)),
        _ => Ok(()),
    }
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(ErrorCode::BodyTooLarge, format!("The body has more than {limit} bytes."))
}
