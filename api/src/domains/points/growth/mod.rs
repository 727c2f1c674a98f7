//! The growth path: nodes that members come to by the points they were awarded, and what a node is worth.
//!
//! Owns `growth_paths`, `growth_positions`, `growth_moves` and `growth_cursors`. A task reads new entries of the ledger
//! in commit order and counts the values of those concerned anew; time and a changed path move members too. Guarantees
//! that each move goes on from the one before and is never changed, and that members stand where the ledger says, or
//! higher until a day that somebody set. Never posts points, and is no part of posting them.
//!
//! In reading order: `model`, `model_review` (what a review makes of a position), `row`, `store`, `store_feed` (what is
//! to be reviewed), `store_review` (what a review reads and writes); `service`, `service_review` (the task); `graphql`.

pub mod graphql;
mod model;
mod model_review;
mod row;
mod service;
mod service_review;
mod store;
mod store_feed;
mod store_review;

pub use service_review::grow_forever;
