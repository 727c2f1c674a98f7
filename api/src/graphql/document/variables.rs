//! Variables, before anything runs.

use async_graphql::parser::types::{BaseType, OperationDefinition};
use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorCode};

/// The most items in any list among the variables.
const MAX_LIST: usize = 1_000;

/// Refuses long lists, however deep they are.
pub fn check_lists(variables: &Map<String, Value>) -> Result<(), ApiError> {
    match variables.iter().find(|(_, value)| has_long_list(value)) {
        Some((name, _)) => Err(ApiError::argument(
            ErrorCode::InputInvalid,
            name.clone(),
            "A list among the variables has more than 1,000 items.",
        )),
        None => Ok(()),
    }
}

/// The nesting was bounded before the JSON was parsed, so this recursion is too.
fn has_long_list(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > MAX_LIST || items.iter().any(has_long_list),
        Value::Object(fields) => fields.values().any(has_long_list),
        _ => false,
    }
}

/// Checks the variables and fills in defaults. The library notices a missing variable, and an Int that is none,
/// only when it runs the field, and forgets defaults where `@include` and `@skip` use them; the specification
/// wants both before, and so does the price.
pub fn complete(operation: &OperationDefinition, variables: &mut Map<String, Value>) -> Result<(), ApiError> {
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let name = variable.name.node.as_str();
        if let (None, Some(default)) = (variables.get(name), &variable.default_value) {
            let default = default.node.clone().into_json().map_err(ApiError::internal)?;
            variables.insert(name.to_owned(), default);
        }
        let is_required = !variable.var_type.node.nullable;
        let given = variables.get(name);
        if is_required && given.is_none_or(Value::is_null) {
            let kind = match &variable.var_type.node.base {
                BaseType::Named(name) => format!("{name}!"),
                BaseType::List(_) => "list".to_owned(),
            };
            return Err(refused(name, format!("The variable ${name} of type {kind} is missing.")));
        }
        let is_int = matches!(&variable.var_type.node.base, BaseType::Named(name) if name == "Int");
        if is_int && given.is_some_and(is_beyond_int) {
            return Err(refused(name, format!("The variable ${name} is not an Int: it has 32 bits.")));
        }
    }
    Ok(())
}

fn refused(name: &str, message: String) -> ApiError {
    ApiError::argument(ErrorCode::ValidationFailed, format!("variables.{name}"), message)
}

fn is_beyond_int(value: &Value) -> bool {
    let is_integer = value.is_i64() || value.is_u64();
    is_integer && value.as_i64().is_none_or(|number| i32::try_from(number).is_err())
}
