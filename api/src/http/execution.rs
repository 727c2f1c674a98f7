//! One GraphQL request: parsed, judged, executed under a deadline, written as JSON.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{PathSegment, Request, Response, ServerError, Variables};
use serde::Serialize;
use serde_json::{Map, Value};

use super::attempts;
use super::request::GraphqlRequest;
use super::throttle::{Purse, Throttle};
use super::trusted::Gate;
use crate::actor::Actor;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::context::RequestContext;
use crate::graphql::cost::{Plan, Pricing};
use crate::graphql::document::{Document, Shape, Unreadable, complete};
use crate::platform::Platform;
use crate::platform::buckets::Rate;
use crate::platform::db::Cancel;
use crate::platform::origin::Origin;
use crate::schema::ApiSchema;

/// How long a client waits for an answer at most.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const MAX_ANSWER: usize = 5 * 1024 * 1024;
/// What an operation costs that is refused for its cost.
const REFUSAL: u64 = 1;

/// What executing needs; cheap to clone.
#[derive(Clone)]
pub(super) struct Executor {
    pub(super) schema: ApiSchema,
    pub(super) platform: Platform,
    /// Which documents run.
    pub(super) gate: Gate,
    pub(super) pricing: Pricing,
    /// What each caller may spend.
    pub(super) rate: Rate,
    /// Whether the schema may be read by callers who are not signed in.
    pub(super) open_introspection: bool,
}

/// An answer before it is written.
#[derive(Serialize, Default)]
pub(super) struct Answer {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorBody>,
    /// Absent when nothing was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<async_graphql::Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    extensions: Map<String, Value>,
    /// The failure that kept the request from being executed.
    #[serde(skip)]
    refusal: Option<ErrorCode>,
    /// When to come back after a refusal, if that is known.
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
    /// What the caller has left, if the request was priced.
    #[serde(skip)]
    throttle: Option<Throttle>,
}

#[derive(Serialize)]
struct ErrorBody {
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<async_graphql::Pos>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<PathSegment>,
    extensions: Map<String, Value>,
}

impl Answer {
    /// A request that was not executed.
    pub(super) fn refused(error: ApiError, request_id: &str) -> Self {
        let (code, retry_after_seconds) = (error.code(), error.retry_after_seconds());
        log(&error, request_id);
        let error = async_graphql::Error::from(error).into_server_error(async_graphql::Pos::default());
        let error = ServerError { locations: Vec::new(), ..error };
        Self { retry_after_seconds, ..Self::refused_by_library(error, code, request_id) }
    }

    fn refused_by_library(error: ServerError, code: ErrorCode, request_id: &str) -> Self {
        Self { errors: vec![error_body(error, code, request_id)], refusal: Some(code), ..Self::default() }
    }

    /// Whether any field failed.
    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// When to come back, for whom the request as a whole was refused.
    pub(super) fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds
    }

    /// What the caller has left, if the request was priced.
    pub(super) fn throttle(&self) -> Option<Throttle> {
        self.throttle
    }

    /// Says what it cost.
    fn with_cost(mut self, mut cost: Map<String, Value>, throttle: Throttle) -> Self {
        cost.insert("throttle".to_owned(), throttle.extension());
        self.extensions.insert("cost".to_owned(), Value::Object(cost));
        Self { throttle: Some(throttle), ..self }
    }

    /// The JSON text, or a refusal of one that is too large.
    pub(super) fn write(self, request_id: &str) -> (Option<ErrorCode>, Vec<u8>) {
        match serde_json::to_vec(&self) {
            Ok(body) if body.len() <= MAX_ANSWER => (self.refusal, body),
            Ok(_) => {
                let error = ApiError::new(ErrorCode::ResponseTooLarge, "The answer has more than 5 MiB; ask for less.");
                Self::refused(error, request_id).write(request_id)
            }
            Err(error) => Self::refused(ApiError::internal(error), request_id).write(request_id),
        }
    }
}

/// A request that may run.
struct Prepared {
    document: Arc<Document>,
    shape: Shape,
    operation_name: Option<String>,
    variables: Map<String, Value>,
    plan: Plan,
}

impl Executor {
    /// Answers a request. Raising `cancel` stops a query between two statements; a mutation ends as it must.
    pub(super) async fn answer(
        &self,
        actor: Actor,
        request: GraphqlRequest,
        allow_mutation: bool,
        cancel: Cancel,
        origin: Arc<Origin>,
    ) -> Answer {
        let request_id = origin.request_id.as_str();
        let prepared = match self.prepare(&actor, request, allow_mutation, request_id).await {
            Ok(prepared) => prepared,
            Err(refusal) => return *refusal,
        };
        let requested = prepared.plan.requested();
        let is_too_high = requested > self.pricing.limit;
        let purse = Purse::of(&actor, &origin, &self.platform, self.rate);
        let (throttle, paid) = purse.pay(&self.platform, if is_too_high { REFUSAL } else { requested }).await;
        if let Err(error) = paid {
            return Answer::refused(error, request_id).with_cost(cost_of(requested, None), throttle);
        }
        if is_too_high {
            let limit = self.pricing.limit;
            let message =
                format!("This costs {requested}; one operation may cost {limit}. Ask queryCost what would fit.");
            let mut cost = cost_of(requested, None);
            cost.insert("limit".to_owned(), limit.into());
            return Answer::refused(ApiError::new(ErrorCode::CostTooHigh, message), request_id)
                .with_cost(cost, throttle);
        }
        let (answer, actual) = self.run(actor, prepared, cancel, &origin).await;
        let throttle = purse.put_back(&self.platform, requested.saturating_sub(actual), throttle);
        answer.with_cost(cost_of(requested, Some(actual)), throttle)
    }

    /// Runs under the deadline; gives what was got in points, which is all that was paid if nobody knows.
    async fn run(&self, actor: Actor, prepared: Prepared, cancel: Cancel, origin: &Arc<Origin>) -> (Answer, u64) {
        let (request_id, shape, plan) = (origin.request_id.as_str(), prepared.shape, prepared.plan);
        let context = Arc::new(RequestContext::new(actor, Arc::clone(origin), self.platform.clone(), cancel.clone()));
        // The text was parsed before.
        let mut call = Request::new("")
            .variables(Variables::from_json(Value::Object(prepared.variables)))
            .data(Arc::clone(&context));
        call.operation_name = prepared.operation_name;
        call.set_parsed_query(prepared.document.parsed().clone());
        let schema = self.schema.clone();
        // In a task of its own: a deadline or a dropped connection must not drop it in the middle.
        let attempts = Arc::clone(&context);
        let task = tokio::spawn(async move {
            let response = schema.execute(call).await;
            attempts::record(&attempts, &response).await;
            response
        });
        let answer = match tokio::time::timeout(DEADLINE, task).await {
            Ok(Ok(response)) => {
                // Nobody can tell how much was done before a field failed: nothing is put back then.
                let has_failed = response.errors.iter().any(|error| !error.path.is_empty());
                let actual = if has_failed { plan.requested() } else { plan.actual(&response.data) };
                return (finish(response, shape, &context, request_id), actual);
            }
            Ok(Err(panic)) => Answer::refused(ApiError::internal(panic), request_id),
            Err(_) => {
                cancel.raise();
                let mut answer =
                    Answer::refused(ApiError::new(ErrorCode::Timeout, "This took longer than 5 seconds."), request_id);
                if shape.is_mutation {
                    answer.extensions.insert("outcome".to_owned(), "UNKNOWN".into());
                }
                answer
            }
        };
        (answer, plan.requested())
    }

    async fn prepare(
        &self,
        actor: &Actor,
        request: GraphqlRequest,
        allow_mutation: bool,
        request_id: &str,
    ) -> Result<Prepared, Box<Answer>> {
        let refuse = |error: ApiError| Box::new(Answer::refused(error, request_id));
        let document = self.gate.document(actor, &request, request_id).await.map_err(|problem| match problem {
            Unreadable::Refused(error) => refuse(error),
            Unreadable::NotGraphql(error) => {
                Box::new(Answer::refused_by_library(error, ErrorCode::ParseFailed, request_id))
            }
        })?;
        let GraphqlRequest { operation_name, mut variables, .. } = request;
        let (operation, shape) = document.operation(operation_name.as_deref()).map_err(refuse)?;
        complete(operation, &mut variables).map_err(refuse)?;
        if shape.is_mutation && !allow_mutation {
            return Err(refuse(ApiError::new(ErrorCode::MethodNotAllowed, "Mutations are sent by POST.")));
        }
        if shape.has_introspection && !self.open_introspection && matches!(actor, Actor::Anonymous) {
            return Err(refuse(ApiError::new(ErrorCode::Unauthenticated, "Sign in to read the schema.")));
        }
        let plan = Plan::new(&self.pricing.prices, document.parsed(), operation, &variables);
        Ok(Prepared { document, shape, operation_name, variables, plan })
    }
}

fn cost_of(requested: u64, actual: Option<u64>) -> Map<String, Value> {
    let mut cost = Map::new();
    cost.insert("requested".to_owned(), requested.into());
    if let Some(actual) = actual {
        cost.insert("actual".to_owned(), actual.into());
    }
    cost
}

fn finish(response: Response, shape: Shape, context: &RequestContext, request_id: &str) -> Answer {
    let refusal = refusal_of(&response, shape);
    let default_code = refusal.unwrap_or(ErrorCode::InputInvalid);
    let retry_after_seconds = refusal.and_then(|_| {
        response.errors.iter().filter_map(|error| error.source::<ApiError>()?.retry_after_seconds()).max()
    });
    let errors = response
        .errors
        .into_iter()
        .map(|error| {
            let known = error.source::<ApiError>().cloned();
            if let Some(known) = &known {
                log(known, request_id);
            }
            error_body(error, known.map_or(default_code, |error| error.code()), request_id)
        })
        .collect();
    let mut extensions = Map::new();
    if context.was_replayed() {
        extensions.insert("idempotentReplay".to_owned(), true.into());
    }
    Answer {
        errors,
        data: refusal.is_none().then_some(response.data),
        extensions,
        refusal,
        retry_after_seconds,
        throttle: None,
    }
}

/// Why the request as a whole counts as refused, if it does.
fn refusal_of(response: &Response, shape: Shape) -> Option<ErrorCode> {
    if response.errors.is_empty() {
        return None;
    }
    let has_no_data = response.data == async_graphql::Value::Null;
    // Errors of validation have no path; nothing was executed then.
    if has_no_data && response.errors.iter().all(|error| error.path.is_empty()) {
        return Some(ErrorCode::ValidationFailed);
    }
    let has_code = |error: &ServerError, code| error.source::<ApiError>().is_some_and(|error| error.code() == code);
    if has_no_data && response.errors.iter().all(|error| has_code(error, ErrorCode::Throttled)) {
        return Some(ErrorCode::Throttled);
    }
    // Half an answer for want of the database is none: 503 tells the client to come back. What a mutation
    // has done is shown.
    let is_away = response.errors.iter().any(|error| has_code(error, ErrorCode::Unavailable));
    ((has_no_data || !shape.is_mutation) && is_away).then_some(ErrorCode::Unavailable)
}

fn error_body(error: ServerError, code: ErrorCode, request_id: &str) -> ErrorBody {
    let mut extensions = Map::new();
    extensions.insert("code".to_owned(), code.as_str().into());
    extensions.insert("requestId".to_owned(), request_id.into());
    for key in ["argument", "requiredScopes", "retryAfterSeconds"] {
        let value = error.extensions.as_ref().and_then(|extensions| extensions.get(key));
        if let Some(value) = value.and_then(|value| value.clone().into_json().ok()) {
            extensions.insert(key.to_owned(), value);
        }
    }
    ErrorBody { message: error.message, locations: error.locations, path: error.path, extensions }
}

/// Logs what went wrong on our side, once.
fn log(error: &ApiError, request_id: &str) {
    if let Some(source) = error.source() {
        let mut causes = vec![source.to_string()];
        let mut next = source.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        tracing::error!(request.id = request_id, error.code = error.code().as_str(), error.causes = ?causes, "request.failed");
    }
}
