//! Leaderboards: who earned most in a community, in a day, a week or a month.
//!
//! Owns `leaderboard_scores`, `leaderboard_zones` and `leaderboard_cursors`. A task reads new entries of the ledger in
//! commit order and adds them to the scores of the day, the week and the month of the award. Guarantees that each entry
//! is counted once, on a day that no later change of the tenant's zone moves, and that ranks are those of one moment.
//! Never posts points, and is no part of posting them. Who belongs to a community is asked when a board is read.
//!
//! In reading order: `model`, `row`, `store` (reading), `store_counting`; `service`, `service_counting` (the task);
//! `graphql`.

pub mod graphql;
mod model;
mod row;
mod service;
mod service_counting;
mod store;
mod store_counting;

pub use model::{Period, Span};
pub use service_counting::count_forever;
