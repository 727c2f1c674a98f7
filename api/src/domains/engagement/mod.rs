//! Engagement: what members do day by day. So far they check in, and keep a streak.
//!
//! Owns `check_in_members`, `check_ins` and `check_in_card_moves`. Guarantees that a member checks in once a calendar day
//! of the tenant, by the server's clock and never the client's, that where a member stands says the same as their days,
//! that no number of cards is negative, and that every card that came or went is on record. Never decides what a
//! check-in is worth: whoever does is told within its transaction, by the port [`CheckInReward`].
//!
//! In reading order: `model` (days, streaks, what making a day up changes), `row`, `store`, `service` (checking in, cards,
//! making up), `service_reading`, `graphql`.

mod error;
pub mod graphql;
mod model;
mod row;
mod service;
mod service_reading;
mod store;

pub use error::EngagementError;
pub use model::{CheckInFact, Kind, Moment, Record};
pub use row::CheckInRow;
pub use service::{CardsDraft, CheckInDraft, CheckInReward, Engagement};
