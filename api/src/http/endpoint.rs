//! `/graphql`: GraphQL over HTTP.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{
    ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use tokio::runtime::Handle;

use super::body::{self, ANONYMOUS_LIMIT, SIGNED_IN_LIMIT};
use super::execution::{Answer, Executor};
use super::metrics::Metrics;
use super::negotiation::{self, MediaType};
use super::request::{self, GraphqlRequest};
use super::{authenticate, server};
use crate::actor::Actor;
use crate::app::App;
use crate::error::{ApiError, ErrorCode};
use crate::platform::db::Cancel;
use crate::platform::origin::{Origin, TrustedProxies};

/// Names the request in answers and logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the endpoint works with.
pub(super) struct Endpoint {
    pub(super) app: App,
    pub(super) executor: Executor,
    pub(super) metrics: Metrics,
    pub(super) trusted_proxies: TrustedProxies,
    /// The runtime that outlives connections: everything that touches the database runs there.
    pub(super) runtime: Handle,
}

/// Raises the flag when the connection goes and the handler with it.
struct CancelWhenDropped(Cancel);

impl Drop for CancelWhenDropped {
    fn drop(&mut self) {
        self.0.raise();
    }
}

/// Answers a request.
pub(super) async fn handle(http: HttpRequest, payload: web::Payload, endpoint: web::Data<Endpoint>) -> HttpResponse {
    let started = server::now();
    let request_id = endpoint.app.platform.new_id::<RequestKind>().to_string();
    let accept = header(&http, &ACCEPT);
    let Some(media) = negotiation::choose(accept) else {
        let error =
            ApiError::new(ErrorCode::NotAcceptable, "Accept application/graphql-response+json or application/json.");
        return respond(&endpoint, Answer::refused(error, &request_id), MediaType::Json, &request_id, started);
    };
    let answer = match answer(&http, payload, &endpoint, (&request_id, started)).await {
        Ok(answer) => answer,
        Err(error) => Answer::refused(error, &request_id),
    };
    respond(&endpoint, answer, media, &request_id, started)
}

/// How long a body may be on its way before its sender is looked at again: what ended meanwhile is over.
const TRUSTED_FOR: Duration = Duration::from_millis(250);

/// The kind of request ids.
enum RequestKind {}

impl crate::platform::ids::Kind for RequestKind {
    const PREFIX: &'static str = "req";
}

async fn answer(
    http: &HttpRequest,
    payload: web::Payload,
    endpoint: &Endpoint,
    (request_id, started): (&str, Instant),
) -> Result<Answer, ApiError> {
    let is_post = match *http.method() {
        Method::POST => true,
        Method::GET => false,
        _ => return Err(ApiError::new(ErrorCode::MethodNotAllowed, "Send GraphQL by POST, or queries by GET.")),
    };
    if is_post && !negotiation::is_json(header(http, &CONTENT_TYPE)) {
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, "Send the body as application/json in UTF-8."));
    }
    let origin = Arc::new(origin(http, endpoint, request_id));
    let token = authenticate::bearer_token(http)?;
    let mut actor = authenticated(endpoint, token.clone(), Arc::clone(&origin)).await?;
    let request = read(http, payload, &actor, is_post).await?;
    if started.elapsed() > TRUSTED_FOR {
        actor = authenticated(endpoint, token, Arc::clone(&origin)).await?;
    }

    let cancel = Cancel::new();
    let _guard = CancelWhenDropped(cancel.clone());
    let executor = endpoint.executor.clone();
    let task = endpoint.runtime.spawn(async move { executor.answer(actor, request, is_post, cancel, origin).await });
    task.await.map_err(ApiError::internal)
}

fn origin(http: &HttpRequest, endpoint: &Endpoint, request_id: &str) -> Origin {
    // A peer without an address is a socket of this machine.
    let peer = http.peer_addr().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
    let forwarded: Vec<&str> =
        http.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    let address = endpoint.trusted_proxies.caller(peer, &forwarded);
    Origin::new(address, header(http, &USER_AGENT), request_id.to_owned())
}

async fn authenticated(endpoint: &Endpoint, token: Option<String>, origin: Arc<Origin>) -> Result<Actor, ApiError> {
    let Some(token) = token else { return Ok(Actor::Anonymous) };
    let auth = endpoint.app.auth.clone();
    let task = endpoint.runtime.spawn(async move { auth.authenticate(Some(&token), &origin).await });
    task.await.map_err(ApiError::internal)?
}

async fn read(
    http: &HttpRequest,
    payload: web::Payload,
    actor: &Actor,
    is_post: bool,
) -> Result<GraphqlRequest, ApiError> {
    if !is_post {
        return request::from_query_string(http.query_string());
    }
    // A member's token is in everybody's hands, and what it opens takes no large input.
    let is_public = matches!(actor, Actor::Anonymous | Actor::Member(_));
    let limit = if is_public { ANONYMOUS_LIMIT } else { SIGNED_IN_LIMIT };
    body::check_announced(header(http, &CONTENT_LENGTH), limit)?;
    request::from_json(&body::read(payload, limit).await?)
}

fn header<'a>(http: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    http.headers().get(name).and_then(|value| value.to_str().ok())
}

fn respond(endpoint: &Endpoint, answer: Answer, media: MediaType, request_id: &str, started: Instant) -> HttpResponse {
    let has_errors = answer.has_errors();
    let (retry_after_seconds, throttle) = (answer.retry_after_seconds(), answer.throttle());
    let (refusal, body) = answer.write(request_id);
    let status = refusal.map_or(200, |code| status(code, media));
    let elapsed = started.elapsed();
    endpoint.metrics.note_request(status, has_errors, elapsed);
    tracing::info!(
        request.id = request_id,
        http.status = status,
        error.code = refusal.map(ErrorCode::as_str),
        duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "request.answered"
    );
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response
        .insert_header((CONTENT_TYPE, media.content_type()))
        .insert_header((REQUEST_ID, request_id))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-content-type-options", "nosniff"));
    if let Some(throttle) = throttle {
        throttle.write_headers(&mut response);
    }
    match refusal {
        Some(ErrorCode::MethodNotAllowed) => {
            // POST carries everything; that GET carries queries is no help to whom this is said.
            response.insert_header((ALLOW, "POST"));
        }
        Some(ErrorCode::Unauthenticated) => {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        Some(ErrorCode::Unavailable) => {
            response.insert_header((RETRY_AFTER, "1"));
        }
        Some(ErrorCode::Throttled) => {
            response.insert_header((RETRY_AFTER, retry_after_seconds.unwrap_or(1).to_string()));
        }
        // What is left of the body is not worth reading.
        Some(ErrorCode::BodyTooLarge | ErrorCode::RequestTimeout) => {
            response.force_close();
        }
        _ => {}
    }
    response.body(body)
}

/// With the older media type a well-formed request is answered with 200, whatever its document.
fn status(code: ErrorCode, media: MediaType) -> u16 {
    use ErrorCode::{CostTooHigh, DocumentNotFound, DocumentTooComplex, ParseFailed, ValidationFailed};
    match (media, code) {
        (MediaType::Json, ParseFailed | ValidationFailed | DocumentNotFound | DocumentTooComplex | CostTooHigh) => 200,
        _ => code.http_status(),
    }
}
