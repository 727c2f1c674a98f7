//! Asks the schema about a document without running it.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::{Executor, Request, Response, ServerError, Variables};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::cache::Document;

type Run = dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync;

/// A schema with [`ValidateOnly`]; cheap to clone.
#[derive(Clone)]
pub struct Validator(Arc<Run>);

impl Validator {
    /// From a schema that was built with [`ValidateOnly`]: an extension costs each field of each answer, so
    /// that the schema which serves has none.
    #[must_use]
    pub fn new(schema: impl Executor) -> Self {
        Self(Arc::new(move |request| {
            let schema = schema.clone();
            Box::pin(async move { schema.execute(request).await })
        }))
    }

    /// What the schema has against the document with these variables.
    pub async fn validate(
        &self,
        document: &Document,
        operation: Option<String>,
        variables: Map<String, Value>,
    ) -> Vec<ServerError> {
        let mut request = Request::new("").variables(Variables::from_json(Value::Object(variables)));
        request.operation_name = operation;
        request.set_parsed_query(document.parsed().clone());
        (self.0)(request).await.errors
    }
}

/// Ends every request where execution would begin.
pub struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for ValidateOnly {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::new(async_graphql::Value::Null)
    }
}
