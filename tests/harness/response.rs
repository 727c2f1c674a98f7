//! An answer, and what tests ask of it.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::Json;

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    /// As sent: the order of keys is in here only.
    pub raw: String,
    /// Null when the body is not JSON.
    pub body: Value,
}

impl Response {
    pub(crate) async fn receive(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("the server answers");
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let raw = answer.text().await.expect("the answer arrives whole");
        let body = serde_json::from_str(&raw).unwrap_or(Value::Null);
        Self { status, headers, raw, body }
    }

    /// The value at a path of dots below `data`; fails unless the answer has no errors.
    pub fn data(&self, path: &str) -> &Value {
        assert!(self.body.get("errors").is_none(), "errors: {}", self.raw);
        self.partial(path)
    }

    /// The value at a path of dots below `data`, errors or not; null when absent.
    pub fn partial(&self, path: &str) -> &Value {
        let mut value = &self.body["data"];
        for key in path.split('.').filter(|key| !key.is_empty()) {
            value = match key.parse::<usize>() {
                Ok(place) => &value[place],
                Err(_) => &value[key],
            };
        }
        value
    }

    /// The payload of a mutation that must have succeeded.
    pub fn payload(&self, mutation: &str) -> &Value {
        let payload = self.data(mutation);
        assert_eq!(payload["userErrors"], serde_json::json!([]), "{}", self.raw);
        payload
    }

    /// The codes of a mutation's `userErrors`; fails when the mutation failed otherwise.
    pub fn user_error_codes(&self, mutation: &str) -> Vec<&str> {
        let errors = self.data(mutation)["userErrors"].as_array();
        let errors = errors.unwrap_or_else(|| panic!("no userErrors: {}", self.raw));
        errors.iter().filter_map(|error| error["code"].as_str()).collect()
    }

    /// `CODE at field.path` of each of a mutation's `userErrors`.
    pub fn user_errors(&self, mutation: &str) -> Vec<String> {
        let errors = self.data(mutation)["userErrors"].as_array();
        let errors = errors.unwrap_or_else(|| panic!("no userErrors: {}", self.raw));
        errors.iter().map(|error| format!("{} at {}", text(&error["code"]), place(&error["field"]))).collect()
    }

    /// The code of the error at this place; "" when there is none.
    pub fn error_code(&self, place: usize) -> &str {
        self.body["errors"][place]["extensions"]["code"].as_str().unwrap_or_default()
    }

    /// The codes of all errors, in order.
    pub fn error_codes(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("no code")).collect()
    }

    /// Fails unless this is a request error: this one code, a request id, and no `data`.
    pub fn expect_request_error(&self, code: &str) {
        assert_eq!(self.error_codes(), [code], "status {}: {}", self.status, self.raw);
        assert!(self.body.get("data").is_none(), "data in a request error: {}", self.raw);
        let request_id = self.body["errors"][0]["extensions"]["requestId"].as_str();
        assert!(request_id.is_some_and(|id| !id.is_empty()), "no requestId: {}", self.raw);
    }

    /// The media type without parameters.
    pub fn media_type(&self) -> &str {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().split(';').next().unwrap_or_default()
    }

    /// As sent, without what the caller has left to spend, which differs between any two answers.
    pub fn raw_without_throttle(&self) -> String {
        match self.raw.split_once(",\"throttle\":{") {
            Some((before, rest)) => format!("{before}{}", rest.split_once('}').map_or("", |(_, after)| after)),
            None => self.raw.clone(),
        }
    }

    /// The body with its keys in the order in which they were sent.
    pub fn ordered(&self) -> Json {
        serde_json::from_str(&self.raw).unwrap_or_else(|error| panic!("{error}: {}", self.raw))
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A `field` is a list of path segments, or one text.
fn place(field: &Value) -> String {
    match field.as_array() {
        Some(segments) => segments.iter().map(text).collect::<Vec<_>>().join("."),
        None => text(field),
    }
}
