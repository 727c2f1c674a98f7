//! Points in the schema: what members have, the ledger's entries and holds, and what posts them.

mod input;
mod member;
mod mutation;
mod object;
mod posting;
mod query;

pub use member::MemberPointsPart;
pub use mutation::PointsMutation;
pub use posting::HoldMutation;
pub use query::PointsQuery;
