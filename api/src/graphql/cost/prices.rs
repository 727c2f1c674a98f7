//! The price list: for each field what it costs, what it leads to, and how many.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, ServiceDocument, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Positioned, Value};

/// An object costs 1 unless it says otherwise.
const OBJECT: u64 = 1;
/// A mutation costs 10 unless it says otherwise.
const MUTATION: u64 = 10;
/// Items of a list of objects that says nothing of its size.
const ASSUMED_SIZE: u64 = 10;
/// What `__schema` and `__type` cost with all that is below: they read nothing, and have limits of their own.
const INTROSPECTION: &[(&str, u64)] = &[("__schema", 10), ("__type", 1)];

/// The prices of a schema.
#[derive(Debug)]
pub struct PriceList {
    query: String,
    mutation: Option<String>,
    types: HashMap<String, TypePrices>,
}

/// The schema's own text cannot be read: a defect.
#[derive(Debug, thiserror::Error)]
#[error("the schema cannot be priced")]
pub struct PriceListError(#[source] async_graphql::parser::Error);

#[derive(Debug, Default)]
struct TypePrices {
    fields: HashMap<String, FieldPrice>,
    /// The objects it can be; itself, if it is one.
    objects: Vec<String>,
}

/// What a field costs: `base + items × item`, and what is below for each item, or once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPrice {
    pub(super) base: u64,
    pub(super) item: u64,
    /// The named type behind lists.
    pub(super) of: String,
    pub(super) is_list: bool,
    pub(super) size: Size,
}

/// Where a field's number of items comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// One, or as many as the field above says.
    Given,
    /// From `first` and `last`; the items are below, in `edges` and `nodes`.
    Page,
    /// So many.
    Assumed(u64),
    /// As many as the list at this path of an argument; `fields` below have as many.
    Argument { path: Vec<String>, fields: Vec<String> },
}

impl Size {
    /// Fields below with as many items.
    pub(super) fn sizes(&self, field: &str) -> bool {
        match self {
            Self::Page => matches!(field, "edges" | "nodes"),
            Self::Argument { fields, .. } => fields.iter().any(|sized| sized == field),
            Self::Given | Self::Assumed(_) => false,
        }
    }
}

impl PriceList {
    /// Reads the prices from a schema in the definition language.
    pub fn read(sdl: &str) -> Result<Self, PriceListError> {
        let document = parse_schema(sdl).map_err(PriceListError)?;
        let (query, mutation) = roots(&document);
        let weights: HashMap<&str, Kind> = definitions(&document).map(|kind| (name(kind), Kind::of(kind))).collect();
        let types = definitions(&document).filter_map(|kind| {
            let fields = match &kind.kind {
                TypeKind::Object(object) => &object.fields[..],
                TypeKind::Interface(interface) => &interface.fields[..],
                TypeKind::Union(_) => &[],
                TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_) => return None,
            };
            let is_mutation = mutation.as_deref() == Some(name(kind));
            let price = |field: &Positioned<FieldDefinition>| {
                let price = price_of(&field.node, name(kind), is_mutation, &weights);
                (field.node.name.node.to_string(), price)
            };
            let prices = TypePrices { fields: fields.iter().map(price).collect(), objects: objects(&document, kind) };
            Some((name(kind).to_owned(), prices))
        });
        let types = types.collect();
        Ok(Self { query, mutation, types })
    }

    /// The root type of queries, or of mutations.
    pub(super) fn root(&self, is_mutation: bool) -> &str {
        self.mutation.as_deref().filter(|_| is_mutation).unwrap_or(&self.query)
    }

    /// The objects that something of this type can be.
    pub(super) fn objects(&self, kind: &str) -> &[String] {
        self.types.get(kind).map(|kind| kind.objects.as_slice()).unwrap_or_default()
    }

    /// Whether `object` can stand where a fragment says `condition`.
    pub(super) fn is_a(&self, object: &str, condition: &str) -> bool {
        object == condition || self.objects(condition).iter().any(|known| known == object)
    }

    /// The price of a field; none for what the schema does not have.
    pub(super) fn field(&self, object: &str, field: &str) -> Option<&FieldPrice> {
        self.types.get(object)?.fields.get(field)
    }

    /// What a field about the schema costs, whatever is below.
    pub(super) fn introspection(field: &str) -> u64 {
        INTROSPECTION.iter().find(|(name, _)| *name == field).map_or(0, |(_, cost)| *cost)
    }
}

/// What the price of a field needs to know of the type it leads to.
#[derive(Clone, Copy)]
struct Kind {
    is_object: bool,
    weight: u64,
}

impl Kind {
    fn of(kind: &TypeDefinition) -> Self {
        let is_object = matches!(kind.kind, TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_));
        let weight = weight(&kind.directives).unwrap_or(if is_object { OBJECT } else { 0 });
        Self { is_object, weight }
    }
}

fn price_of(field: &FieldDefinition, parent: &str, is_mutation: bool, kinds: &HashMap<&str, Kind>) -> FieldPrice {
    let (of, is_list) = named(&field.ty.node);
    let kind = kinds.get(of).copied().unwrap_or(Kind { is_object: false, weight: 0 });
    let has = |argument: &str| field.arguments.iter().any(|known| known.node.name.node == argument);
    let size = match declared_size(&field.directives) {
        Some(size) => size,
        None if has("first") && has("last") => Size::Page,
        // The items of a connection are counted where its page size is.
        None if parent.ends_with("Connection") || !is_list || !kind.is_object => Size::Given,
        None => Size::Assumed(ASSUMED_SIZE),
    };
    let is_the_item_itself = parent.ends_with("Edge") && field.name.node == "node";
    let usual = match (is_mutation, is_list || is_the_item_itself) {
        (true, _) => MUTATION,
        (false, true) => 0,
        (false, false) => kind.weight,
    };
    let item = match &size {
        Size::Given => 0,
        Size::Page => OBJECT,
        Size::Assumed(_) => kind.weight,
        Size::Argument { .. } => {
            if is_list {
                kind.weight
            } else {
                OBJECT
            }
        }
    };
    let base = weight(&field.directives).unwrap_or(usual);
    FieldPrice { base, item, of: of.to_owned(), is_list, size }
}

fn declared_size(directives: &[Positioned<ConstDirective>]) -> Option<Size> {
    let directive = &directives.iter().find(|directive| directive.node.name.node == "listSize")?.node;
    let texts = |name: &str| -> Vec<String> {
        let Some(Value::List(texts)) = directive.get_argument(name).map(|value| &value.node) else {
            return Vec::new();
        };
        let text = |value: &Value| if let Value::String(text) = value { Some(text.clone()) } else { None };
        texts.iter().filter_map(text).collect()
    };
    match texts("slicingArguments").first() {
        Some(path) => {
            let path = path.split('.').map(str::to_owned).collect();
            Some(Size::Argument { path, fields: texts("sizedFields") })
        }
        None => directive.get_argument("assumedSize").and_then(|value| number(&value.node)).map(Size::Assumed),
    }
}

fn weight(directives: &[Positioned<ConstDirective>]) -> Option<u64> {
    let directive = directives.iter().find(|directive| directive.node.name.node == "cost")?;
    directive.node.get_argument("weight").and_then(|value| number(&value.node))
}

fn number(value: &Value) -> Option<u64> {
    if let Value::Number(number) = value { number.as_u64() } else { None }
}

/// The type behind `!` and lists, and whether there is a list.
fn named(kind: &Type) -> (&str, bool) {
    match &kind.base {
        BaseType::Named(name) => (name.as_str(), false),
        BaseType::List(inner) => (named(inner).0, true),
    }
}

fn definitions(document: &ServiceDocument) -> impl Iterator<Item = &TypeDefinition> {
    document.definitions.iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(kind) => Some(&kind.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    })
}

fn name(kind: &TypeDefinition) -> &str {
    kind.name.node.as_str()
}

fn roots(document: &ServiceDocument) -> (String, Option<String>) {
    let schema = document.definitions.iter().find_map(|definition| match definition {
        TypeSystemDefinition::Schema(schema) => Some(&schema.node),
        _ => None,
    });
    let root = |named: fn(&async_graphql::parser::types::SchemaDefinition) -> Option<String>| schema.and_then(named);
    let query = root(|schema| schema.query.as_ref().map(|name| name.node.to_string()));
    (query.unwrap_or_default(), root(|schema| schema.mutation.as_ref().map(|name| name.node.to_string())))
}

fn objects(document: &ServiceDocument, kind: &TypeDefinition) -> Vec<String> {
    match &kind.kind {
        TypeKind::Interface(_) => {
            let implements = |candidate: &&TypeDefinition| match &candidate.kind {
                TypeKind::Object(object) => object.implements.iter().any(|known| known.node == kind.name.node),
                _ => false,
            };
            definitions(document).filter(implements).map(|object| name(object).to_owned()).collect()
        }
        TypeKind::Union(union) => union.members.iter().map(|member| member.node.to_string()).collect(),
        _ => vec![name(kind).to_owned()],
    }
}
