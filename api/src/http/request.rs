//! From bytes to a GraphQL request: `{query, documentId, operationName, variables, extensions}`.

use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::document::{check_json, check_lists};

/// A request as it came, checked for shape and size.
#[derive(Debug, Default)]
pub(super) struct GraphqlRequest {
    /// Absent only where there is a document id.
    pub(super) query: Option<String>,
    /// What the caller's registry calls the document.
    pub(super) document_id: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
}

impl GraphqlRequest {
    fn checked(self) -> Result<Self, ApiError> {
        if self.query.is_none() && self.document_id.is_none() {
            return Err(bad_parameter("query", "query is missing, and so is documentId."));
        }
        check_lists(&self.variables)?;
        Ok(self)
    }
}

fn bad(message: &'static str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

fn bad_parameter(parameter: &'static str, message: &'static str) -> ApiError {
    ApiError::argument(ErrorCode::BadRequest, parameter, message)
}

/// Reads a POST body.
pub(super) fn from_json(body: &[u8]) -> Result<GraphqlRequest, ApiError> {
    check_json(body).map_err(|_| bad("The JSON is nested deeper than 64 levels."))?;
    let text = std::str::from_utf8(body).map_err(|error| {
        let place = error.valid_up_to();
        ApiError::new(ErrorCode::BadRequest, format!("The body is not UTF-8: byte {place} does not fit."))
    })?;
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ApiError::new(ErrorCode::BadRequest, format!("The body is not JSON: line {line}, column {column}."))
    })?;
    let Value::Object(mut fields) = value else {
        return Err(match value {
            Value::Array(_) => bad("Lists of requests are not accepted; send one request at a time."),
            _ => bad("The body must be a JSON object."),
        });
    };
    let query = fields.remove("query").unwrap_or(Value::Null);
    let request = GraphqlRequest {
        query: text_parameter("query", query)?,
        document_id: text_parameter("documentId", fields.remove("documentId").unwrap_or(Value::Null))?,
        operation_name: text_parameter("operationName", fields.remove("operationName").unwrap_or(Value::Null))?,
        variables: object_parameter("variables", fields.remove("variables").unwrap_or(Value::Null))?,
    };
    object_parameter("extensions", fields.remove("extensions").unwrap_or(Value::Null))?;
    request.checked()
}

/// Reads the query string of a GET request.
pub(super) fn from_query_string(text: &str) -> Result<GraphqlRequest, ApiError> {
    let pairs: Vec<(String, String)> = actix_web::web::Query::<Vec<(String, String)>>::from_query(text)
        .map_err(|_| bad("The query string cannot be read."))?
        .into_inner();
    let mut request = GraphqlRequest::default();
    for (key, value) in pairs {
        match key.as_str() {
            "query" => request.query = Some(value),
            "documentId" if !value.is_empty() => request.document_id = Some(value),
            "operationName" if !value.is_empty() => request.operation_name = Some(value),
            "variables" if !value.is_empty() => {
                request.variables = object_parameter("variables", parse(&value, "variables")?)?
            }
            "extensions" if !value.is_empty() => {
                object_parameter("extensions", parse(&value, "extensions")?)?;
            }
            _ => {}
        }
    }
    request.checked()
}

fn parse(text: &str, parameter: &'static str) -> Result<Value, ApiError> {
    check_json(text.as_bytes()).map_err(|_| bad_parameter(parameter, "This is nested deeper than 64 levels."))?;
    serde_json::from_str(text).map_err(|_| bad_parameter(parameter, "This is not JSON."))
}

fn text_parameter(name: &'static str, value: Value) -> Result<Option<String>, ApiError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(bad_parameter(name, "This must be a string.")),
    }
}

fn object_parameter(name: &'static str, value: Value) -> Result<Map<String, Value>, ApiError> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(fields) => Ok(fields),
        _ => Err(bad_parameter(name, "This must be an object.")),
    }
}
