//! Memberships, as clients see them: the parts of `Community` and `Member` that lead to each other, tiers
//! and their reports, joining and leaving.

mod community;
mod member;
mod mutation;
mod report;

pub use community::{CommunityMemberEdge, CommunityMembers};
pub use member::{MemberCommunities, MemberCommunityEdge};
pub use mutation::MembershipMutation;
pub use report::MembershipQuery;

pub(in crate::domains::members) use member::{cut, position};
