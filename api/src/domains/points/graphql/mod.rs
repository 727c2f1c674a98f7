//! Points in the schema: what members have, the ledger's entries and holds, and what posts them.

mod holds;
mod input;
mod lot;
mod member;
mod mutation;
mod object;
mod own;
mod query;
mod transfer;

pub use holds::HoldMutation;
pub use member::MemberPointsPart;
pub use mutation::PointsMutation;
pub use object::{PointsEntry, PointsHold};
pub use own::MyPointsPart;
pub use query::PointsQuery;
pub use transfer::TransferMutation;
