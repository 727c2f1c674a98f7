//! Prices a selection set from below.
//!
//! A set is priced once for each object that it can be read from and each number of items, and remembered, so
//! that fragments take as many steps as they have lines, however often they are spread. Page sizes are clamped
//! before anything is multiplied.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Pos, Positioned};
use async_graphql_value::Value as Literal;
use serde_json::{Map, Value as Json};

use super::plan::{FieldStep, PageSize, Place, Sizes, Step, Steps, count};
use super::prices::{FieldPrice, PriceList, Size};
use crate::graphql::pagination::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};

/// What the field above a selection set says of the number of items.
#[derive(Clone, Copy)]
struct Above<'a> {
    items: u64,
    size: Option<&'a Size>,
}

/// Prices one operation.
pub(super) struct Planner<'a> {
    prices: &'a PriceList,
    document: &'a ExecutableDocument,
    variables: &'a Map<String, Json>,
    changes: &'a Sizes,
    known: HashMap<(*const SelectionSet, &'a str, u64), Arc<Steps>>,
    sizes: Vec<PageSize>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        prices: &'a PriceList,
        document: &'a ExecutableDocument,
        variables: &'a Map<String, Json>,
        changes: &'a Sizes,
    ) -> Self {
        Self { prices, document, variables, changes, known: HashMap::new(), sizes: Vec::new() }
    }

    pub(super) fn operation(mut self, operation: &'a OperationDefinition) -> (Arc<Steps>, Vec<PageSize>) {
        let root = self.prices.root(operation.ty == OperationType::Mutation);
        let root = self.steps(&operation.selection_set.node, root, Above { items: 1, size: None });
        (root, self.sizes)
    }

    fn steps(&mut self, set: &'a SelectionSet, object: &'a str, above: Above<'a>) -> Arc<Steps> {
        let key = (std::ptr::from_ref(set), object, above.items);
        if let Some(known) = self.known.get(&key) {
            return Arc::clone(known);
        }
        let mut steps = Steps::default();
        for selection in &set.items {
            if !self.is_skipped(selection.node.directives()) {
                let step = self.step(&selection.node, object, above);
                steps.requested = steps.requested.saturating_add(step.as_ref().map_or(0, Step::requested));
                steps.steps.extend(step);
            }
        }
        let steps = Arc::new(steps);
        self.known.insert(key, Arc::clone(&steps));
        steps
    }

    fn step(&mut self, selection: &'a Selection, object: &'a str, above: Above<'a>) -> Option<Step> {
        let (condition, set) = match selection {
            Selection::Field(field) => return self.field(&field.node, (object, above), field.pos).map(Step::Field),
            Selection::InlineFragment(inline) => (inline.node.type_condition.as_ref(), &inline.node.selection_set),
            Selection::FragmentSpread(spread) => {
                let fragment = &self.document.fragments.get(&spread.node.fragment_name.node)?.node;
                (Some(&fragment.type_condition), &fragment.selection_set)
            }
        };
        if condition.is_some_and(|condition| !self.prices.is_a(object, &condition.node.on.node)) {
            return None;
        }
        let steps = self.steps(&set.node, object, above);
        (!steps.steps.is_empty()).then_some(Step::Fragment(steps))
    }

    fn field(&mut self, field: &'a Field, (object, above): (&'a str, Above<'a>), place: Pos) -> Option<FieldStep> {
        let name = field.name.node.as_str();
        let key = field.response_key().node.clone();
        let Some(price) = self.prices.field(object, name) else {
            let cost = PriceList::introspection(name);
            return (cost > 0).then(|| FieldStep::fixed(key, cost));
        };
        let has_items_of_above = above.size.is_some_and(|size| size.sizes(name));
        let (items, size) = if has_items_of_above { (above.items, None) } else { self.items(field, price, place) };
        let inside = Above { items: if price.is_list { 1 } else { items }, size: Some(&price.size) };
        let prices = self.prices;
        let below: Vec<_> = prices
            .objects(&price.of)
            .iter()
            .map(|object| self.steps(&field.selection_set.node, object, inside))
            .filter(|steps| !steps.steps.is_empty())
            .collect();
        let dearest = below.iter().map(|steps| steps.requested).max().unwrap_or(0);
        let times = if price.is_list { items } else { 1 };
        // Items that the field above has are paid there.
        let item = if has_items_of_above { 0 } else { price.item };
        let requested =
            price.base.saturating_add(items.saturating_mul(item)).saturating_add(times.saturating_mul(dearest));
        let step = FieldStep {
            key,
            requested,
            size,
            base: price.base,
            item,
            items,
            is_list: price.is_list,
            has_items_of_above,
            below,
        };
        (step.requested > 0 || has_items_of_above).then_some(step)
    }

    /// How many items the field has, and where its page size is kept.
    fn items(&mut self, field: &Field, price: &FieldPrice, place: Pos) -> (u64, Option<usize>) {
        match &price.size {
            Size::Given => (1, None),
            Size::Assumed(items) => (*items, None),
            Size::Argument { path, .. } => {
                let argument = path.split_first().and_then(|(name, inside)| Some((field.get_argument(name)?, inside)));
                (argument.map_or(0, |(value, inside)| self.length(&value.node, inside)), None)
            }
            Size::Page => {
                let place = Place::Field(place.line, place.column);
                let size = ["first", "last"]
                    .into_iter()
                    .filter_map(|argument| self.page_size(field, argument, &place))
                    .max_by_key(|size| size.items);
                let size = size.unwrap_or(PageSize { place, argument: "first", items: DEFAULT_PAGE_SIZE });
                let items = self.changes.changed.get(&size.place).copied().unwrap_or(size.items);
                let items = items.min(self.changes.at_most.unwrap_or(MAX_PAGE_SIZE));
                let known = self.sizes.iter().position(|known| known.place == size.place);
                let index = known.unwrap_or_else(|| {
                    self.sizes.push(PageSize { items, ..size });
                    self.sizes.len() - 1
                });
                (items, Some(index))
            }
        }
    }

    /// The size in an argument, clamped to what a page can have; none if it is absent or null.
    fn page_size(&self, field: &Field, argument: &'static str, place: &Place) -> Option<PageSize> {
        let (number, place) = match &field.get_argument(argument)?.node {
            Literal::Null => return None,
            Literal::Variable(name) => match self.variables.get(name.as_str()) {
                None | Some(Json::Null) => return None,
                Some(given) => (given.as_number(), Place::Variable(name.to_string())),
            },
            Literal::Number(number) => (Some(number), place.clone()),
            _ => (None, place.clone()),
        };
        let items = match number.map(|number| (number.as_u64(), number.as_i64())) {
            Some((Some(items), _)) => items.clamp(1, MAX_PAGE_SIZE),
            Some((None, Some(_))) => 1,
            // Refused before it runs.
            _ => MAX_PAGE_SIZE,
        };
        Some(PageSize { place, argument, items })
    }

    /// The length of the list at `path`; a single value is a list of one.
    fn length(&self, literal: &Literal, path: &[String]) -> u64 {
        match (literal, path.split_first()) {
            (Literal::Variable(name), _) => length(self.variables.get(name.as_str()), path),
            (Literal::Null, _) => 0,
            (Literal::Object(fields), Some((part, rest))) => {
                fields.get(part.as_str()).map_or(0, |value| self.length(value, rest))
            }
            (Literal::List(items), None) => count(items.len()),
            (_, None) => 1,
            (_, Some(_)) => 0,
        }
    }

    /// As the library decides it: what is no truth value is false.
    fn is_skipped(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let is_kept_by = match directive.node.name.node.as_str() {
                "include" => true,
                "skip" => false,
                _ => return false,
            };
            let is_true = match directive.node.get_argument("if").map(|value| &value.node) {
                None => return false,
                Some(Literal::Boolean(value)) => *value,
                Some(Literal::Variable(name)) => self.variables.get(name.as_str()) == Some(&Json::Bool(true)),
                Some(_) => false,
            };
            is_true != is_kept_by
        })
    }
}

fn length(value: Option<&Json>, path: &[String]) -> u64 {
    match (value, path.split_first()) {
        (None | Some(Json::Null), _) => 0,
        (Some(value), Some((part, rest))) => length(value.get(part), rest),
        (Some(Json::Array(items)), None) => count(items.len()),
        (Some(_), None) => 1,
    }
}
