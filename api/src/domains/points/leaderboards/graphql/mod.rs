//! Leaderboards in the schema.

mod object;
mod query;

pub use query::LeaderboardQuery;
