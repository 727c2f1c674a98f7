//! Who belongs to which community, as what: tiers, quota and drift, joining and leaving.
//!
//! Owns `community_memberships`. Every join and leave is told in the same transaction as
//! `community.members_changed`, from which the communities slice keeps its counts.

pub mod graphql;
mod model;
mod service;
mod store;

pub use model::{Churn, Tier, TierReport, TierShare};
pub use service::{CommunityMember, Filter, Sort};
pub use store::Joining;
pub use store::stays::Stay;

pub(super) use service::{leave_all, members_changed};
pub(super) use store::put_many;
