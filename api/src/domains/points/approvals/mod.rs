//! Approvals: points by hand over the tenant's limit, which one person asks for and another decides on.
//!
//! Owns `points_approvals`. Guarantees that nothing is posted before a second person approves, that whoever asked, or
//! may be behind the key that did, is not that person, that what was approved is posted once, in the same commit, and
//! that what is split into parts within 24 hours counts as one. A request lapses after seven days. Never decides
//! whether points may be posted: that is judged when they are, by the ledger.
//!
//! In reading order: `model`, `row`, `store`; `service_asking` (what is posted at once, and what is kept), `service`
//! (deciding, and taking back), `service_reading`; `graphql`.

pub mod graphql;
mod model;
mod row;
mod service;
mod service_asking;
mod service_reading;
mod store;

pub use model::{Filter, State};
pub use row::ApprovalRow;
pub(super) use service_asking::{Asker, Awarded, ByHand};
