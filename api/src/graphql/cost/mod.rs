//! What an operation costs, known before it runs.
//!
//! Prices stand in the schema (`shown`) and are read from it once (`prices`). The `planner` makes a `plan` of an
//! operation: what it asks for at most and, given the answer, what it got. `explain` says it field by field and
//! finds the cheapest change; `query_cost` is how clients ask. Why so: ADR 0013.

mod explain;
mod plan;
mod planner;
mod prices;
mod query_cost;
pub mod shown;

pub use plan::Plan;
pub use prices::{PriceList, PriceListError};
pub use query_cost::{CostQuery, Pricing};
