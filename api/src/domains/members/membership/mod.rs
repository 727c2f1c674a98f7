//! Who belongs to which community, as what: tiers, quota and drift, joining and leaving.
//!
//! Owns `community_memberships`. Every join and leave is told in the same transaction as
//! `community.members_changed`, from which the communities slice keeps its counts.

pub mod graphql;
mod model;
mod row;
mod service;
mod store;

pub use model::{Churn, Filter, Joining, Sort, Stay, Tier, TierReport, TierShare};
pub use row::CommunityMember;
pub use service::MembershipWatch;
pub use store::present_in;

pub(super) use service::{leave_all, members_changed};
pub(super) use store::{list_of_members, put_many};
