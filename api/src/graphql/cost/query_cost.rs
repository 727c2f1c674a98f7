//! `queryCost`: what a document would cost, without running it.

use std::sync::Arc;

use async_graphql::{Context, Object, ServerError, SimpleObject};
use serde_json::{Map, Value};

use super::explain;
use super::plan::{Plan, Sizes};
use super::prices::PriceList;
use super::shown::costs;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::document::{Documents, Unreadable, Validator, check_lists, complete};

/// What pricing needs; cheap to clone.
#[derive(Clone)]
pub struct Pricing {
    /// What fields cost.
    pub prices: Arc<PriceList>,
    /// Documents read before.
    pub documents: Documents,
    /// The schema, for what is no valid document.
    pub validator: Validator,
    /// What one operation may cost.
    pub limit: u64,
}

/// What a document would cost.
#[derive(SimpleObject)]
pub struct QueryCost {
    /// What it costs at most, before it runs; 2147483647 stands for all that is more.
    requested: i32,
    /// What one operation may cost.
    limit: i32,
    /// Whether it would be let run.
    fits: bool,
    /// The fields that cost something, in the order of the document; at most 200.
    fields: Vec<QueryCostField>,
    /// The smallest change of a page size with which it would fit, such as `communities.members.first: 100 → 40` or
    /// `$first: 100 → 40`. Null when it fits, and when no page size would do: then select fewer lists or fields.
    suggestion: Option<String>,
}

/// What a field costs. Costs nothing.
#[derive(SimpleObject)]
#[graphql(directive = costs::apply(0))]
pub struct QueryCostField {
    /// Where it is: response keys from the root, with dots between.
    path: String,
    /// What it costs with all that is below it, over all the objects it is read from.
    cost: i32,
}

/// The root field that prices.
#[derive(Default)]
pub struct CostQuery;

/// Prices documents.
#[Object]
impl CostQuery {
    /// What a document would cost, field by field, without running it. For whoever is signed in. Costs 20 itself.
    #[graphql(directive = costs::apply(20))]
    async fn query_cost(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The document, within the limits of every document.")] query: String,
        #[graphql(desc = "Its variables, as an object.")] variables: Option<Value>,
        #[graphql(desc = "Which of its operations, if it has several.")] operation_name: Option<String>,
    ) -> Option<Result<QueryCost, ApiError>> {
        nullable(async {
            ctx.actor()?.home()?;
            let variables = object(variables)?;
            ctx.service::<Pricing>()?.price(&query, variables, operation_name).await.map(Some)
        })
        .await
    }
}

fn object(variables: Option<Value>) -> Result<Map<String, Value>, ApiError> {
    match variables {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(ApiError::argument(ErrorCode::InputInvalid, "variables", "This must be an object.")),
    }
}

impl Pricing {
    async fn price(
        &self,
        text: &str,
        mut variables: Map<String, Value>,
        name: Option<String>,
    ) -> Result<QueryCost, ApiError> {
        check_lists(&variables).map_err(|error| about("variables", &error))?;
        let document = self.documents.read(text).map_err(|problem| match problem {
            Unreadable::Refused(error) => about("query", &error),
            Unreadable::NotGraphql(error) => placed(ErrorCode::ParseFailed, &error),
        })?;
        let (operation, _) = document.operation(name.as_deref()).map_err(|error| match error.code() {
            ErrorCode::DocumentTooComplex => about("query", &error),
            _ => error,
        })?;
        complete(operation, &mut variables)?;
        if let Some(error) = self.validator.validate(&document, name.clone(), variables.clone()).await.first() {
            return Err(placed(ErrorCode::ValidationFailed, error));
        }
        let price = |sizes: &Sizes| Plan::with_sizes(&self.prices, document.parsed(), operation, (&variables, sizes));
        Ok(self.report(price))
    }

    fn report(&self, price: impl Fn(&Sizes) -> Plan) -> QueryCost {
        let plan = price(&Sizes::default());
        let fits = plan.requested() <= self.limit;
        let field = |field: explain::FieldCost| QueryCostField { path: field.path, cost: saturated(field.cost) };
        QueryCost {
            requested: saturated(plan.requested()),
            limit: saturated(self.limit),
            fits,
            fields: explain::fields(&plan).into_iter().map(field).collect(),
            suggestion: if fits { None } else { explain::suggestion(&plan, self.limit, price) },
        }
    }
}

fn saturated(cost: u64) -> i32 {
    i32::try_from(cost).unwrap_or(i32::MAX)
}

/// The same refusal, of what this argument holds.
fn about(argument: &'static str, error: &ApiError) -> ApiError {
    ApiError::argument(error.code(), argument, error.message().to_owned())
}

/// The library's complaint, about the argument and with its place in it.
fn placed(code: ErrorCode, error: &ServerError) -> ApiError {
    let message = match error.locations.first() {
        Some(place) => format!("Line {}, column {}: {}", place.line, place.column, error.message),
        None => error.message.clone(),
    };
    ApiError::argument(code, "query", message)
}
