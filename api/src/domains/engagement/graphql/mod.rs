//! Check-ins in the schema: the object, what members have of them, and what makes them.

mod input;
mod member;
mod mutation;
mod object;
mod own;

pub use member::{MemberCheckInsPart, MyCheckInsPart};
pub use mutation::EngagementMutation;
pub use object::{CheckInCore, CheckInRef};
pub use own::MyEngagementMutation;
