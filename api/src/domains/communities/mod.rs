//! Communities: groups of members on one platform, with a type, a positioning and a value proposition.
//!
//! Owns `communities`. Guarantees that a change names the version it was made from when the caller gives
//! one, and that the member count moves only by events. Never knows who the members are: that is `members`.

mod consumer;
mod error;
pub mod graphql;
mod model;
mod report;
mod row;
mod service;
mod store;

pub use consumer::{MEMBERS_CHANGED, MemberCensus, MemberCounts};
pub use error::CommunityError;
pub use graphql::{CommunityCore, CommunityRef};
pub use model::{
    Changes, CommunityType, Draft, Filter, LifecycleStage, MessageKind, Monetisation, Platform, Positioning,
    QuotaOverride, Sort, Touchpoint,
};
pub use report::Survival;
pub use row::CommunityRow;
pub use service::{Archiving, Communities};
