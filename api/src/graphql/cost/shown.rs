//! The directives that show prices: those of IBM's GraphQL cost specification, in the spelling of the gateways
//! that read them. What a field costs without them is said in their descriptions.

#![expect(missing_docs, reason = "the derive makes a struct of the function and does not carry its comment over")]

use async_graphql::TypeDirective;

/// What the field costs once, or an object of the type each time. Without it a scalar costs 0, an object 1, and a
/// mutation 10. A connection costs 1 and 1 for each item of the page, whether `edges` or `nodes` are selected;
/// what is selected below an item is paid for each item.
#[TypeDirective(location = "FieldDefinition", location = "Object", name = "cost")]
pub fn costs(weight: i32) {}

/// How many items a list is reckoned to have: `assumedSize`, or as many as the list in the argument has. Without it
/// a list of objects counts as 10 items.
#[TypeDirective(location = "FieldDefinition", name = "listSize")]
pub fn list_size(
    #[graphql(desc = "So many.")] assumed_size: Option<i32>,
    #[graphql(desc = "As many as the list in this argument, `input.rows` for one inside an input.")]
    slicing_arguments: Option<Vec<String>>,
    #[graphql(desc = "Fields of the result that have as many items.")] sized_fields: Option<Vec<String>>,
) {
}
