//! Approvals in the schema: the policy for points, and what waits for a second person.

mod mutation;
mod object;
mod query;

pub use mutation::ApprovalMutation;
pub use object::{PointsApproval, approval_of};
pub use query::{ApprovalQuery, find_asked};
