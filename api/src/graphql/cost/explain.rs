//! A price field by field, and the cheapest change that would fit a limit.

use std::collections::HashMap;

use super::plan::{FieldStep, PageSize, Place, Plan, Sizes, Step, Steps};

/// The most fields that are listed.
const MOST_LISTED: usize = 200;
/// The most fields that are looked at for a suggestion: more than a document can have.
const MOST_VISITED: usize = 5_000;
/// The most page sizes that are tried, the dearest first: each takes a handful of prices.
const MOST_TRIED: usize = 5;

/// What a field costs with all that is below it, over all the objects it is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldCost {
    /// Response keys from the root, with dots between.
    pub(super) path: String,
    pub(super) cost: u64,
}

/// The fields that cost something, in the order of the document.
pub(super) fn fields(plan: &Plan) -> Vec<FieldCost> {
    let mut listed = Vec::new();
    let mut walk = Walk {
        left: MOST_LISTED,
        visit: |_: &FieldStep, path: &str, cost| {
            listed.push(FieldCost { path: path.to_owned(), cost });
        },
    };
    walk.steps(&plan.root, "", 1);
    listed
}

/// The one page size whose change loses the smallest part of a page and fits the limit; else one for all pages. None
/// where no page size would do. `price` prices the operation with other sizes.
pub(super) fn suggestion(plan: &Plan, limit: u64, price: impl Fn(&Sizes) -> Plan) -> Option<String> {
    let fits = |sizes: &Sizes| price(sizes).requested() <= limit;
    let mut best: Option<(Spent<'_>, u64)> = None;
    for spent in dearest(plan) {
        let with = |items| Sizes { changed: HashMap::from([(spent.size.place.clone(), items)]), at_most: None };
        let Some(items) = largest(spent.size.items, |items| fits(&with(items))) else { continue };
        // Parts of pages compared without dividing.
        let is_better = best
            .as_ref()
            .is_none_or(|(other, kept)| items.saturating_mul(other.size.items) > kept.saturating_mul(spent.size.items));
        if is_better {
            best = Some((spent, items));
        }
    }
    if let Some((spent, items)) = best {
        let name = match &spent.size.place {
            Place::Variable(name) => format!("${name}"),
            Place::Field(..) => format!("{}.{}", spent.path, spent.size.argument),
        };
        return Some(format!("{name}: {} → {items}", spent.size.items));
    }
    let largest_page = plan.sizes.iter().map(|size| size.items).max()?;
    let items = largest(largest_page, |items| fits(&Sizes { at_most: Some(items), ..Sizes::default() }))?;
    Some(format!("every page: at most {items}"))
}

/// A page size, where it first stands, and what its fields cost.
struct Spent<'a> {
    size: &'a PageSize,
    path: String,
    cost: u64,
}

fn dearest(plan: &Plan) -> Vec<Spent<'_>> {
    let mut spent: HashMap<usize, (String, u64)> = HashMap::new();
    let mut walk = Walk {
        left: MOST_VISITED,
        visit: |step: &FieldStep, path: &str, cost: u64| {
            if let Some(size) = step.size {
                let (_, sum) = spent.entry(size).or_insert_with(|| (path.to_owned(), 0));
                *sum = sum.saturating_add(cost);
            }
        },
    };
    walk.steps(&plan.root, "", 1);
    let mut dearest: Vec<_> = spent
        .into_iter()
        .filter_map(|(index, (path, cost))| Some(Spent { size: plan.sizes.get(index)?, path, cost }))
        .collect();
    dearest.sort_by(|a, b| b.cost.cmp(&a.cost).then_with(|| a.path.cmp(&b.path)));
    dearest.truncate(MOST_TRIED);
    dearest
}

/// The largest number below `items` that fits, if any from 1 does; what fits stays so below.
fn largest(items: u64, fits: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut fitting, mut failing) = (0, items);
    while failing.saturating_sub(fitting) > 1 {
        let middle = u64::midpoint(fitting, failing);
        if fits(middle) { fitting = middle } else { failing = middle }
    }
    (fitting > 0).then_some(fitting)
}

/// Visits fields with their paths and costs, until it has visited enough.
struct Walk<V> {
    left: usize,
    visit: V,
}

impl<V: FnMut(&FieldStep, &str, u64)> Walk<V> {
    fn steps(&mut self, steps: &Steps, above: &str, times: u64) {
        for step in &steps.steps {
            match step {
                Step::Field(field) => self.field(field, above, times),
                Step::Fragment(steps) => self.steps(steps, above, times),
            }
        }
    }

    fn field(&mut self, field: &FieldStep, above: &str, times: u64) {
        let cost = field.requested.saturating_mul(times);
        if self.left == 0 || cost == 0 {
            return;
        }
        self.left -= 1;
        let path = if above.is_empty() { field.key.to_string() } else { format!("{above}.{}", field.key) };
        (self.visit)(field, &path, cost);
        let times = if field.is_list { times.saturating_mul(field.items) } else { times };
        // Of the objects that it can be, the one that the price is for.
        if let Some(dearest) = field.below.iter().max_by_key(|steps| steps.requested) {
            self.steps(dearest, &path, times);
        }
    }
}
