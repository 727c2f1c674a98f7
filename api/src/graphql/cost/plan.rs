//! One operation, priced: what it asks for at most, and what it got. All sums saturate.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};
use async_graphql::{Name, Value};
use serde_json::{Map, Value as Json};

use super::planner::Planner;
use super::prices::PriceList;

/// Nothing is free: an operation costs at least this.
const LEAST: u64 = 1;

/// An operation's price, and what is needed to say what was got for it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) root: Arc<Steps>,
    pub(super) sizes: Vec<PageSize>,
}

/// A selection set read from one object.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) requested: u64,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) enum Step {
    Field(FieldStep),
    Fragment(Arc<Steps>),
}

/// A field that costs something, or has items that somebody else counts.
#[derive(Debug)]
pub(super) struct FieldStep {
    pub(super) key: Name,
    pub(super) requested: u64,
    /// Where in [`Plan::sizes`] its page size is.
    pub(super) size: Option<usize>,
    pub(super) base: u64,
    pub(super) item: u64,
    pub(super) items: u64,
    pub(super) is_list: bool,
    /// Its items are those of the field above.
    pub(super) has_items_of_above: bool,
    /// What is below, for each object it can be.
    pub(super) below: Vec<Arc<Steps>>,
}

/// A page size that stands in the operation, or should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageSize {
    pub(super) place: Place,
    /// `first` or `last`.
    pub(super) argument: &'static str,
    pub(super) items: u64,
}

/// What would have to be changed to change a page size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Variable(String),
    /// Line and column of the field.
    Field(usize, usize),
}

/// Page sizes to reckon with instead of those in the operation.
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    pub(super) changed: HashMap<Place, u64>,
    pub(super) at_most: Option<u64>,
}

impl Plan {
    /// Prices an operation with its variables, defaults filled in.
    #[must_use]
    pub fn new(
        prices: &PriceList,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Map<String, Json>,
    ) -> Self {
        Self::with_sizes(prices, document, operation, (variables, &Sizes::default()))
    }

    pub(super) fn with_sizes(
        prices: &PriceList,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        (variables, changes): (&Map<String, Json>, &Sizes),
    ) -> Self {
        let (root, sizes) = Planner::new(prices, document, variables, changes).operation(operation);
        Self { root, sizes }
    }

    /// What the operation costs at most.
    #[must_use]
    pub fn requested(&self) -> u64 {
        self.root.requested.max(LEAST)
    }

    /// What an answer's `data` costs by the same prices: pages count the items they have.
    #[must_use]
    pub fn actual(&self, data: &Value) -> u64 {
        let actual = if let Value::Object(fields) = data { self.root.actual(fields) } else { 0 };
        actual.clamp(LEAST, self.requested())
    }
}

type Fields = async_graphql::indexmap::IndexMap<Name, Value>;

impl Steps {
    fn actual(&self, object: &Fields) -> u64 {
        let one = |step: &Step| match step {
            Step::Field(field) => field.actual(object),
            Step::Fragment(steps) => steps.actual(object),
        };
        self.steps.iter().map(one).fold(0, u64::saturating_add)
    }

    /// The number of items that fields of `object` have because the field above it has them.
    fn items(&self, object: &Fields) -> Option<u64> {
        let one = |step: &Step| match step {
            Step::Field(field) if field.has_items_of_above => match object.get(&field.key) {
                Some(Value::List(items)) => Some(count(items.len())),
                _ => None,
            },
            Step::Field(_) => None,
            Step::Fragment(steps) => steps.items(object),
        };
        self.steps.iter().filter_map(one).max()
    }
}

impl FieldStep {
    fn actual(&self, object: &Fields) -> u64 {
        let got = match object.get(&self.key) {
            // Not of this object's kind.
            None => return 0,
            Some(Value::List(items)) => items
                .iter()
                .filter(|item| **item != Value::Null)
                .map(|item| self.item.saturating_add(self.below(item)))
                .fold(0, u64::saturating_add),
            Some(Value::Null) => 0,
            Some(value) if self.item > 0 => {
                let items = if let Value::Object(fields) = value {
                    self.below.iter().filter_map(|steps| steps.items(fields)).max()
                } else {
                    None
                };
                // A page of which only the total is shown was read all the same.
                items.unwrap_or(self.items).saturating_mul(self.item).saturating_add(self.below(value))
            }
            Some(value) => self.below(value),
        };
        self.base.saturating_add(got)
    }

    /// What is below one object. Which object an interface stood for is not said: the dearest that fits.
    fn below(&self, value: &Value) -> u64 {
        let Value::Object(fields) = value else { return 0 };
        self.below.iter().map(|steps| steps.actual(fields)).max().unwrap_or(0)
    }
}

impl Step {
    pub(super) fn requested(&self) -> u64 {
        match self {
            Self::Field(field) => field.requested,
            Self::Fragment(steps) => steps.requested,
        }
    }
}

impl FieldStep {
    /// A field that costs the same whatever is below.
    pub(super) fn fixed(key: Name, cost: u64) -> Self {
        Self {
            key,
            requested: cost,
            size: None,
            base: cost,
            item: 0,
            items: 1,
            is_list: false,
            has_items_of_above: false,
            below: Vec::new(),
        }
    }
}

pub(super) fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}
