//! The caller behind the `Authorization` header.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use crate::error::{ApiError, ErrorCode};

/// The bearer token, if there is a header; another scheme or a second header is an error.
pub(super) fn bearer_token(request: &HttpRequest) -> Result<Option<String>, ApiError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else { return Ok(None) };
    let invalid =
        || ApiError::new(ErrorCode::Unauthenticated, "The Authorization header must be `Bearer` and a token.");
    if headers.next().is_some() {
        return Err(invalid());
    }
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token.trim().to_owned())) } else { Err(invalid()) }
}
