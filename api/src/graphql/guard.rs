//! The directive that shows which scopes a field needs. It shows; `Actor::require` in the use case decides.

use async_graphql::TypeDirective;

/// The scopes a caller needs for this field. Without them the field is null and the error FORBIDDEN names them.
#[TypeDirective(location = "FieldDefinition", name = "requiresScopes")]
pub fn requires_scopes(scopes: Vec<String>) {}

/// For `#[graphql(directive = …)]`: one scope.
#[must_use]
pub fn requires(scope: crate::actor::Scope) -> async_graphql::registry::MetaDirectiveInvocation {
    requires_scopes::apply(vec![scope.as_str().to_owned()])
}
