//! The directive that shows which scopes a field needs. It shows; `Actor::require` in the use case decides.

#![expect(missing_docs, reason = "the derive makes a struct of the function and does not carry its comment over")]

use async_graphql::TypeDirective;

/// The scopes a caller needs for this field. Without them the field is null and the error FORBIDDEN names them.
#[TypeDirective(location = "FieldDefinition", name = "requiresScopes")]
pub fn requires_scopes(scopes: Vec<String>) {}
