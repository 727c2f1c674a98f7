//! What a parsed document may ask for, counted in one linear pass with a memory of its fragments.
//!
//! The library's own limits run after its validation, which a few fragments that spread one another
//! twice keep busy for seconds. This pass expands nothing: each fragment is measured once.

use std::collections::{HashMap, HashSet};

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, OperationType, Selection, SelectionSet};

use crate::error::{ApiError, ErrorCode};

const MAX_FRAGMENTS: usize = 50;
const MAX_NODES: usize = 5_000;
const MAX_DEPTH: usize = 12;
/// Tools ask for types within types within types.
const MAX_INTROSPECTION_DEPTH: usize = 20;
const MAX_ALIASES: usize = 30;
const MAX_ROOT_FIELDS: usize = 20;
const MAX_DIRECTIVES: usize = 50;
/// Fields of one object, those of its fragments and repeated ones included: each is resolved, and costs nothing.
const MAX_WIDTH: usize = 200;
/// Lists within lists of types: each multiplies, and none costs anything. As the reference implementation has it.
const MAX_INTROSPECTION_LISTS: usize = 2;
const INTROSPECTION_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// What whoever runs an operation has to know of it.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Whether it changes anything.
    pub is_mutation: bool,
    /// Whether it asks for the schema.
    pub has_introspection: bool,
}

/// The shape of each operation, or why it is refused; the only one may have no name.
pub(super) type Shapes = HashMap<Option<String>, Result<Shape, ApiError>>;

/// Measures of a selection set, its fragments included.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    nodes: usize,
    depth: usize,
    introspection_depth: usize,
    /// Fields of the object itself, and the most of any below it.
    width: usize,
    widest: usize,
    /// Levels of what would be lists of types in an introspection, and those that are.
    lists: usize,
    introspection_lists: usize,
    aliases: usize,
    directives: usize,
    root_fields: usize,
    has_introspection: bool,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.has_introspection |= other.has_introspection;
        self.width = self.width.saturating_add(other.width);
        self.widest = self.widest.max(other.widest);
        self.lists = self.lists.max(other.lists);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    known: HashMap<&'a Name, Size>,
    open: HashSet<&'a Name>,
}

/// Accepts or refuses each operation of `document`, by its name.
pub(super) fn check(document: &ExecutableDocument) -> Result<Shapes, ApiError> {
    if document.fragments.len() > MAX_FRAGMENTS {
        return Err(too_complex(format!("More than {MAX_FRAGMENTS} fragments.")));
    }
    let mut measure = Measure { document, known: HashMap::new(), open: HashSet::new() };
    // Fragments that are not used are validated all the same.
    let mut whole = Size::default();
    for name in document.fragments.keys() {
        whole.nodes = whole.nodes.saturating_add(measure.fragment(name)?.nodes);
    }
    let mut shapes = Shapes::new();
    for (name, operation) in document.operations.iter() {
        let mut size = measure.set(&operation.node.selection_set.node)?;
        size.directives += operation.node.directives.len();
        let shape = judge(size, whole).map(|()| Shape {
            is_mutation: operation.node.ty == OperationType::Mutation,
            has_introspection: size.has_introspection,
        });
        shapes.insert(name.map(ToString::to_string), shape);
    }
    Ok(shapes)
}

fn judge(size: Size, whole: Size) -> Result<(), ApiError> {
    let limits = [
        (size.nodes, MAX_NODES, "fields once fragments are expanded"),
        (whole.nodes, MAX_NODES, "fields once fragments are expanded"),
        (size.depth, MAX_DEPTH, "levels of fields"),
        (size.introspection_depth, MAX_INTROSPECTION_DEPTH, "levels of introspection"),
        (size.introspection_lists, MAX_INTROSPECTION_LISTS, "lists of types within lists of types"),
        (size.width.max(size.widest), MAX_WIDTH, "fields of one object"),
        (size.aliases, MAX_ALIASES, "aliases"),
        (size.root_fields, MAX_ROOT_FIELDS, "root fields"),
        (size.directives, MAX_DIRECTIVES, "directives"),
    ];
    match limits.into_iter().find(|(found, limit, _)| found > limit) {
        Some((_, limit, what)) => Err(too_complex(format!("More than {limit} {what}."))),
        None => Ok(()),
    }
}

fn too_complex(message: String) -> ApiError {
    ApiError::new(ErrorCode::DocumentTooComplex, message)
}

impl<'a> Measure<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Size, ApiError> {
        let mut size = Size::default();
        for selection in &set.items {
            let one = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(inline) => {
                    let mut one = self.set(&inline.node.selection_set.node)?;
                    one.directives += inline.node.directives.len();
                    one
                }
                Selection::FragmentSpread(spread) => {
                    let mut one = self.fragment(&spread.node.fragment_name.node)?;
                    one.directives += spread.node.directives.len();
                    one
                }
            };
            size.add(one);
        }
        Ok(size)
    }

    fn field(&mut self, field: &'a Field) -> Result<Size, ApiError> {
        let below = self.set(&field.selection_set.node)?;
        let is_introspection = matches!(field.name.node.as_str(), "__schema" | "__type");
        let (depth, introspection_depth) = if is_introspection {
            (0, below.depth.max(below.introspection_depth) + 1)
        } else {
            (below.depth + 1, below.introspection_depth)
        };
        Ok(Size {
            nodes: below.nodes.saturating_add(1),
            depth,
            introspection_depth,
            width: 1,
            widest: below.widest.max(below.width),
            lists: below.lists + usize::from(INTROSPECTION_LISTS.contains(&field.name.node.as_str())),
            introspection_lists: if is_introspection { below.lists } else { below.introspection_lists },
            aliases: below.aliases.saturating_add(usize::from(field.alias.is_some())),
            directives: below.directives.saturating_add(field.directives.len()),
            root_fields: 1,
            has_introspection: is_introspection || below.has_introspection,
        })
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Size, ApiError> {
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        // An unknown fragment is the library's to report.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        if !self.open.insert(name) {
            return Err(ApiError::new(ErrorCode::ValidationFailed, "A fragment contains itself."));
        }
        let mut size = self.set(&fragment.node.selection_set.node)?;
        size.directives += fragment.node.directives.len();
        self.open.remove(name);
        self.known.insert(name, size);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<ErrorCode> {
        let document = async_graphql::parser::parse_query(text).unwrap();
        let shapes = check(&document).map_err(|error| error.code());
        shapes.map_or_else(Some, |shapes| shapes[&None].as_ref().err().map(ApiError::code))
    }

    #[test]
    fn fragments_that_double_are_refused_without_expanding_them() {
        let mut text = "{ ...f0 }".to_owned();
        for i in 0..40 {
            text.push_str(&format!(" fragment f{i} on Query {{ ...f{} ...f{} }}", i + 1, i + 1));
        }
        text.push_str(" fragment f40 on Query { viewer { role } }");
        assert_eq!(code(&text), Some(ErrorCode::DocumentTooComplex));
    }

    #[test]
    fn a_fragment_that_contains_itself_is_refused() {
        assert_eq!(
            code("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
            Some(ErrorCode::ValidationFailed)
        );
    }

    #[test]
    fn lists_of_types_do_not_multiply() {
        let nested = |lists: usize| {
            let open = "possibleTypes { interfaces { ".repeat(lists / 2);
            let rest = if lists % 2 == 1 { "fields { name }" } else { "name" };
            format!("{{ __type(name: \"Node\") {{ {open} {rest} {} }} }}", "} } ".repeat(lists / 2))
        };
        assert_eq!(code(&nested(2)), None);
        assert_eq!(code(&nested(3)), Some(ErrorCode::DocumentTooComplex));
        assert_eq!(code("{ a { fields { fields { fields { b } } } } }"), None, "these are ours");
        let hidden = "{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...b } } }
            fragment b on __Type { fields { type { fields { name } } } }";
        assert_eq!(code(hidden), Some(ErrorCode::DocumentTooComplex));
    }

    #[test]
    fn the_fields_of_one_object_are_bounded_through_fragments() {
        let wide = |direct: usize, spread: usize| {
            format!(
                "{{ a {{ {} {} }} }} fragment f on A {{ {} }}",
                "b ".repeat(direct),
                "...f ".repeat(spread),
                "c ".repeat(50)
            )
        };
        assert_eq!(code(&wide(100, 2)), None);
        assert_eq!(code(&wide(101, 2)), Some(ErrorCode::DocumentTooComplex));
        assert_eq!(code(&wide(0, 5)), Some(ErrorCode::DocumentTooComplex));
    }

    #[test]
    fn depth_aliases_and_root_fields_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "{ a ".repeat(depth), "}".repeat(depth));
        assert_eq!(code(&nested(12)), None);
        assert_eq!(code(&nested(13)), Some(ErrorCode::DocumentTooComplex));
        let aliases = |n: usize| (0..n).map(|i| format!("a{i}: b ")).collect::<String>();
        assert_eq!(code(&format!("{{ a {{ {} }} }}", aliases(30))), None);
        assert_eq!(code(&format!("{{ a {{ {} }} }}", aliases(31))), Some(ErrorCode::DocumentTooComplex));
        assert_eq!(code(&format!("{{ {} }}", "a ".repeat(21))), Some(ErrorCode::DocumentTooComplex));
    }
}
